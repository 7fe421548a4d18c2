//! The insurance of the operator: who bears a part, the tower that is in force, quotes for the next year, what an insurer was told, a claim whose
//! notice clock runs, and a policy of another line.
//!
//! It is the same for every seed and size. Risks and implementations are named by their ids; words are those of `services/risk/data/insurance.toml`.
//! Amounts are in euro. Times are in days or hours from now.

/// An insurer.
#[derive(Clone, Copy, Debug)]
pub struct Insurer {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// How its strength is rated.
    pub rating: &'static str,
    /// Of how many claims something is known, how many were paid, and within how many days half of them.
    pub claims: (i32, i32, i32),
}

/// A policy or quote.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// The insurer, by id.
    pub insurer: &'static str,
    /// The tower it is a layer of; empty for none.
    pub tower: &'static str,
    /// Whether it is one of property, and not of cyber risks.
    pub property: bool,
    /// Where its layer begins, how far it goes, and the part of it that is borne.
    pub layer: (f64, f64, f64),
    /// What the insured bears of each event before it pays.
    pub excess: f64,
    /// The most of a year.
    pub aggregate_limit: f64,
    /// What it costs a year.
    pub premium: f64,
    /// The waiting period, in hours.
    pub waiting_hours: f64,
    /// What it covers, each with a sublimit, 0 for none.
    pub coverages: &'static [(&'static str, f64)],
    /// What it excludes, each with the clause and the perils that are covered all the same.
    pub exclusions: &'static [(&'static str, &'static str, &'static [&'static str])],
    /// When it begins and ends.
    pub days: (i64, i64),
    /// Whether it is bound and covers, or only offered.
    pub bound: bool,
}

/// What an insurer asks, what is answered, and the implementation that makes it true.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Its id.
    pub id: &'static str,
    /// What is asked.
    pub question: &'static str,
    /// What is answered.
    pub answer: &'static str,
    /// The implementation; none for none.
    pub implementation: Option<&'static str>,
}

/// A claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// What happened.
    pub description: &'static str,
    /// The policy, by id.
    pub policy: &'static str,
    /// The risk that came true, by id.
    pub risk: &'static str,
    /// How many hours ago it was found out.
    pub hours_ago: i64,
    /// What it cost, by cost type.
    pub costs: &'static [(&'static str, f64)],
}

/// All of it.
#[derive(Clone, Copy, Debug)]
pub struct Insurance {
    /// Who bears a part.
    pub insurers: &'static [Insurer],
    /// Policies and quotes.
    pub policies: &'static [Policy],
    /// Risks in the words of insurance: the id, the peril, and what one event costs, 0 where nobody knows.
    pub perils: &'static [(&'static str, &'static str, f64)],
    /// What the insurer of the tower was told, with the id of the questionnaire and of the policy it is for.
    pub questionnaire: (&'static str, &'static str),
    /// The answers.
    pub answers: &'static [Answer],
    /// The claim.
    pub claim: Claim,
    /// The silent cover review: its id, and the policy that is looked through.
    pub review: (&'static str, &'static str),
}

/// The hours within which the insurer of the tower is to be told.
pub const CLAIM_NOTICE_HOURS: i32 = 72;

/// The insurance of the operator.
#[must_use]
pub fn insurance() -> &'static Insurance {
    &INSURANCE
}

const COVERAGES: &[(&str, f64)] = &[
    ("business-interruption", 0.0),
    ("incident-response", 5_000_000.0),
    ("data-restoration", 0.0),
    ("legal", 0.0),
    ("cyber-extortion", 0.0),
    ("privacy", 0.0),
    ("network-security", 0.0),
    ("regulatory-investigation", 0.0),
];

const CYBER: Policy = Policy {
    id: "cyber-primary",
    display_name: "Cyber, first layer",
    insurer: "nordhaven",
    tower: "cyber",
    property: false,
    layer: (0.0, 10_000_000.0, 1.0),
    excess: 250_000.0,
    aggregate_limit: 20_000_000.0,
    premium: 420_000.0,
    waiting_hours: 12.0,
    coverages: COVERAGES,
    exclusions: &[
        ("war", "6.1", &[]),
        ("infrastructure", "6.4", &[]),
        ("bodily-injury-and-property-damage", "6.2", &[]),
    ],
    days: (-320, 45),
    bound: true,
};

static INSURANCE: Insurance = Insurance {
    insurers: &[
        Insurer { id: "nordhaven", display_name: "Nordhaven Mutual", rating: "A", claims: (120, 84, 90) },
        Insurer { id: "skerry", display_name: "Skerry Re", rating: "A+", claims: (40, 38, 45) },
    ],
    policies: &[
        CYBER,
        Policy {
            id: "cyber-excess",
            display_name: "Cyber, second layer",
            insurer: "skerry",
            layer: (10_250_000.0, 15_000_000.0, 0.8),
            excess: 0.0,
            aggregate_limit: 15_000_000.0,
            premium: 180_000.0,
            ..CYBER
        },
        Policy {
            id: "property",
            display_name: "Property and equipment",
            tower: "",
            property: true,
            layer: (0.0, 40_000_000.0, 1.0),
            excess: 100_000.0,
            aggregate_limit: 0.0,
            premium: 95_000.0,
            waiting_hours: 0.0,
            coverages: &[],
            exclusions: &[("war", "3.1", &[])],
            ..CYBER
        },
        Policy {
            id: "cyber-next-nordhaven",
            display_name: "Cyber, offer for the next year",
            premium: 440_000.0,
            days: (45, 410),
            bound: false,
            ..CYBER
        },
        Policy {
            id: "cyber-next-skerry",
            display_name: "Cyber, another offer for the next year",
            insurer: "skerry",
            excess: 150_000.0,
            premium: 560_000.0,
            waiting_hours: 8.0,
            exclusions: &[("war", "9.1", &[]), ("infrastructure", "9.3", &["infrastructure-outage", "system-failure"])],
            days: (45, 410),
            bound: false,
            ..CYBER
        },
    ],
    perils: &[
        ("flood-border", "denial-of-service", 1_200_000.0),
        ("emergency-overload", "infrastructure-outage", 6_000_000.0),
        ("core-unpatched", "network-intrusion", 14_000_000.0),
        ("signalling-tracking", "data-breach", 3_500_000.0),
        ("room-fire", "physical-damage", 9_000_000.0),
        ("maintainer-access", "ransomware", 5_000_000.0),
        ("log-gap", "system-failure", 400_000.0),
    ],
    questionnaire: ("cyber-renewal", "cyber-primary"),
    answers: &[
        Answer {
            id: "floods",
            question: "Is traffic that floods the border filtered, and is that tested?",
            answer: "Yes: at every border router, tested each quarter.",
            implementation: Some("ddos-filtering"),
        },
        Answer {
            id: "logs",
            question: "Is what is done on network elements logged, out of reach of who does it?",
            answer: "Yes, in a store of its own.",
            implementation: Some("element-logging"),
        },
        Answer {
            id: "plans",
            question: "Is there a plan for the loss of a data centre?",
            answer: "Yes, rehearsed last spring.",
            implementation: None,
        },
    ],
    claim: Claim {
        id: "mediation-ransom",
        display_name: "Ransomware in mediation",
        description: "Charging records of two days were encrypted through a maintainer's account; they were restored from copies.",
        policy: "cyber-primary",
        risk: "maintainer-access",
        hours_ago: 30,
        costs: &[
            ("specialist-expertise", 85_000.0),
            ("data-restoration", 140_000.0),
            ("business-interruption", 210_000.0),
            ("crisis-response", 25_000.0),
        ],
    },
    review: ("property-silent", "property"),
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_that_is_named_exists() {
        let of = insurance();
        let risks: HashSet<&str> = crate::risks().iter().map(|risk| risk.id).collect();
        let insurers: HashSet<&str> = of.insurers.iter().map(|one| one.id).collect();
        let policies: HashSet<&str> = of.policies.iter().map(|one| one.id).collect();
        let implementations: HashSet<&str> = crate::programme().implementations.iter().map(|one| one.id).collect();
        assert_eq!(policies.len(), of.policies.len());
        assert!(of.policies.iter().all(|one| insurers.contains(one.insurer)));
        assert!(of.perils.iter().all(|(id, ..)| risks.contains(id)) && risks.contains(of.claim.risk));
        assert!([of.questionnaire.1, of.claim.policy, of.review.1].iter().all(|id| policies.contains(id)));
        assert!(of.answers.iter().filter_map(|one| one.implementation).all(|id| implementations.contains(id)));
        assert!(of.claim.hours_ago < CLAIM_NOTICE_HOURS.into(), "its clock still runs");
        let tower: Vec<_> = of.policies.iter().filter(|one| one.bound && one.tower == "cyber").collect();
        assert_eq!(tower.len(), 2);
        assert_eq!(tower[1].layer.0, tower[0].excess + tower[0].layer.1, "one layer begins where the other ends");
    }
}
