//! What the operator does about controls: scopes, which controls apply in them, implementations in every state of their life,
//! tests, evidence and exceptions.
//!
//! It is the same for every seed and size: an operator of ten times the size has ten times the assets, not ten times the
//! controls. Controls are named by their ids in `x1051-2023`. Times are given in days from today.

/// The catalogue that everything here is about.
pub const CATALOGUE: &str = "x1051-2023";

/// What the operator does about controls.
#[derive(Clone, Copy, Debug)]
pub struct Programme {
    /// What it looks at.
    pub scopes: &'static [Scope],
    /// What it does.
    pub implementations: &'static [Implementation],
    /// Where it does not do what it should, and who knows.
    pub exceptions: &'static [Exception],
}

/// A scope with its Statement of Applicability.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its id, and that of its statement.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Who answers for it.
    pub owner: &'static str,
    /// The controls that do not apply, and why. What is neither here nor undecided applies.
    pub not_applicable: &'static [(&'static str, &'static str)],
    /// The controls that nobody has decided on. While there are any, the statement stays a draft; else it is approved.
    pub undecided: &'static [&'static str],
}

/// How far an implementation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// Thought of.
    Proposed,
    /// To be approved.
    Designed,
    /// To be carried out.
    Approved,
    /// Being carried out.
    Implementing,
    /// Does its work.
    Operating,
    /// In doubt.
    UnderReview,
    /// Being repaired, since a test failed.
    Remediation,
    /// Over.
    Retired,
}

/// What is done about a control.
#[derive(Clone, Copy, Debug)]
pub struct Implementation {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// The id of the control.
    pub control: &'static str,
    /// How it works.
    pub design: &'static str,
    /// Who answers for it.
    pub owner: &'static str,
    /// What it costs each year, in euro.
    pub yearly_cost: f64,
    /// What energy it takes each year, in kilowatt hours.
    pub yearly_kwh: f64,
    /// How far it has come.
    pub life: Life,
    /// What is tested of it, where it operates or has.
    pub test: Option<Test>,
    /// In how many days its evidence ends, where it has one.
    pub evidence_days: Option<i64>,
}

/// A test of an implementation.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// What is done.
    pub procedure: &'static str,
    /// Of what.
    pub population: &'static str,
    /// How many there are of it.
    pub population_size: i64,
    /// How many are looked at.
    pub sample_size: i64,
    /// How often, in days.
    pub period_days: i32,
}

/// How an exception has ended, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Asked for.
    Requested,
    /// Granted.
    Granted,
    /// Not granted.
    Refused,
    /// Granted, and taken back.
    Revoked,
}

/// A control that is not done as it should be, for a time.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// The id of the implementation.
    pub implementation: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What is done instead.
    pub compensating_measures: &'static str,
    /// For how many days it is asked for.
    pub days: i64,
    /// How it stands.
    pub standing: Standing,
}

/// What the operator does about controls.
#[must_use]
pub fn programme() -> Programme {
    Programme { scopes: SCOPES, implementations: IMPLEMENTATIONS, exceptions: EXCEPTIONS }
}

const SCOPES: &[Scope] = &[
    Scope {
        id: "network",
        display_name: "Network",
        description: "Everything that carries traffic of customers, and the people who run it.",
        owner: "head of network operations",
        not_applicable: &[(
            "8.30",
            "No development is given to others: network software comes from makers, and is accepted by 8.29.",
        )],
        undecided: &["5.11", "5.32", "6.7", "7.7", "8.12", "8.33"],
    },
    Scope {
        id: "emergency-calls",
        display_name: "Emergency calls",
        description: "The service that carries calls for help to the rescue coordination centre.",
        owner: "head of services",
        not_applicable: &[
            ("tel-spam", "Nobody is reached in bulk by this service: it is only ever called."),
            ("8.30", "No development is given to others."),
        ],
        undecided: &[],
    },
];

const CALLS: Test = Test {
    procedure: "Place test calls from every region at a time nobody was told, and compare the records on both sides.",
    population: "Regions with emergency call routing",
    population_size: 12,
    sample_size: 12,
    period_days: 90,
};
const ROOMS: Test = Test {
    procedure: "Open a door of the sampled rooms, and see in how many minutes the operations centre calls.",
    population: "Equipment rooms",
    population_size: 240,
    sample_size: 25,
    period_days: 180,
};
const FLOOD: Test = Test {
    procedure: "Have an agreed flood of traffic sent to a test address, and measure when it is filtered.",
    population: "Border routers",
    population_size: 8,
    sample_size: 4,
    period_days: 90,
};
const LOGS: Test = Test {
    procedure: "Pick changes from the change records and find each in the log of the element.",
    population: "Changes of the last quarter",
    population_size: 1800,
    sample_size: 40,
    period_days: 90,
};
const PATCHES: Test = Test {
    procedure: "Compare the versions that run with those that were published, and count those later than the policy allows.",
    population: "Elements of the core network",
    population_size: 310,
    sample_size: 60,
    period_days: 30,
};

const IMPLEMENTATIONS: &[Implementation] = &[
    Implementation {
        id: "ddos-filtering",
        display_name: "Filtering of floods at the border",
        control: "tel-ddos",
        design: "Flow records of every border router are compared with the usual; what is flooded is led through the filters within \
            three minutes, and the customer is told.",
        owner: "head of security operations",
        yearly_cost: 420_000.0,
        yearly_kwh: 86_000.0,
        life: Life::Operating,
        test: Some(FLOOD),
        evidence_days: Some(200),
    },
    Implementation {
        id: "emergency-priority",
        display_name: "Priority of emergency calls",
        control: "tel-essential",
        design: "Calls of the registered lines go first at every exchange; the list is renewed each night from the register.",
        owner: "head of services",
        yearly_cost: 60_000.0,
        yearly_kwh: 900.0,
        life: Life::Operating,
        test: Some(CALLS),
        evidence_days: Some(14),
    },
    Implementation {
        id: "room-alarms",
        display_name: "Alarms of equipment rooms",
        control: "tel-equip-room",
        design: "Doors, smoke, water and temperature are reported to the operations centre, which sends somebody within the hour.",
        owner: "head of facilities",
        yearly_cost: 310_000.0,
        yearly_kwh: 42_000.0,
        life: Life::Operating,
        test: Some(ROOMS),
        evidence_days: None,
    },
    Implementation {
        id: "element-logging",
        display_name: "Logs of what is done on network elements",
        control: "8.15",
        design: "Every command on a network element is sent to the log store at once, with who gave it, and kept for two years.",
        owner: "head of security operations",
        yearly_cost: 150_000.0,
        yearly_kwh: 120_000.0,
        life: Life::UnderReview,
        test: Some(LOGS),
        evidence_days: Some(90),
    },
    Implementation {
        id: "core-patching",
        display_name: "Patches of the core network",
        control: "8.8",
        design: "Advisories are rated within two days; what is critical is patched within fourteen days, in a maintenance window.",
        owner: "head of network operations",
        yearly_cost: 240_000.0,
        yearly_kwh: 2_000.0,
        life: Life::Remediation,
        test: Some(PATCHES),
        evidence_days: None,
    },
    Implementation {
        id: "interconnect-isolation",
        display_name: "Cutting off another network",
        control: "tel-interconnect",
        design: "Each interconnect has a written procedure by which the operations centre shuts it within five minutes, exercised yearly.",
        owner: "head of network operations",
        yearly_cost: 35_000.0,
        yearly_kwh: 100.0,
        life: Life::Implementing,
        test: None,
        evidence_days: None,
    },
    Implementation {
        id: "mast-monitoring",
        display_name: "Watch over radio sites",
        control: "tel-isolated",
        design: "Cabinets of radio sites report opening, tilt and loss of power; batteries last four hours.",
        owner: "head of facilities",
        yearly_cost: 520_000.0,
        yearly_kwh: 210_000.0,
        life: Life::Approved,
        test: None,
        evidence_days: None,
    },
    Implementation {
        id: "leaver-access",
        display_name: "Access of those who leave",
        control: "5.18",
        design: "Human resources end an account on the last day; what is left is looked for each night.",
        owner: "head of information technology",
        yearly_cost: 20_000.0,
        yearly_kwh: 50.0,
        life: Life::Designed,
        test: None,
        evidence_days: None,
    },
    Implementation {
        id: "spam-agreements",
        display_name: "Agreements against unsolicited messages",
        control: "tel-spam",
        design: "",
        owner: "",
        yearly_cost: 0.0,
        yearly_kwh: 0.0,
        life: Life::Proposed,
        test: None,
        evidence_days: None,
    },
    Implementation {
        id: "paper-visitor-book",
        display_name: "Visitors' book on paper",
        control: "7.2",
        design: "Visitors write their names into a book at the gate.",
        owner: "head of facilities",
        yearly_cost: 4_000.0,
        yearly_kwh: 0.0,
        life: Life::Retired,
        test: None,
        evidence_days: None,
    },
];

const EXCEPTIONS: &[Exception] = &[
    Exception {
        id: "old-signalling-gateway",
        display_name: "The old signalling gateway is not patched",
        implementation: "core-patching",
        reason: "Its maker has ended support; it is replaced with the next release of the core.",
        compensating_measures: "It is reached from the management network alone, and its traffic is watched.",
        days: 25,
        standing: Standing::Granted,
    },
    Exception {
        id: "log-store-move",
        display_name: "Logs of the access network come a day late",
        implementation: "element-logging",
        reason: "The log store moves to the second data centre.",
        compensating_measures: "Elements keep their own log for a week.",
        days: 60,
        standing: Standing::Requested,
    },
    Exception {
        id: "no-flood-test",
        display_name: "No test of the filters this quarter",
        implementation: "ddos-filtering",
        reason: "There is no window for it.",
        compensating_measures: "",
        days: 90,
        standing: Standing::Refused,
    },
    Exception {
        id: "door-contacts",
        display_name: "Rooms without door contacts",
        implementation: "interconnect-isolation",
        reason: "Contacts for twelve rooms are on order.",
        compensating_measures: "A guard passes twice a night.",
        days: 120,
        standing: Standing::Revoked,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_state_is_shown_and_everything_named_exists() {
        let programme = programme();
        let lives: HashSet<Life> = programme.implementations.iter().map(|one| one.life).collect();
        assert_eq!(lives.len(), 8);
        let standings: HashSet<Standing> = programme.exceptions.iter().map(|one| one.standing).collect();
        assert_eq!(standings.len(), 4);
        let ids: HashSet<&str> = programme.implementations.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), programme.implementations.len());
        for exception in programme.exceptions {
            assert!(ids.contains(exception.implementation), "{exception:?}");
        }
        // What is tested is what works or has worked, and what is repaired is repaired because a test failed.
        for one in programme.implementations {
            assert!(one.test.is_none() || one.life >= Life::Operating, "{one:?}");
            assert!(one.life != Life::Remediation || one.test.is_some(), "{one:?}");
            assert_eq!(one.design.is_empty(), one.life == Life::Proposed, "{one:?}");
        }
        assert!(programme.scopes.iter().any(|scope| scope.undecided.is_empty()));
        assert!(programme.scopes.iter().any(|scope| !scope.undecided.is_empty()));
    }
}
