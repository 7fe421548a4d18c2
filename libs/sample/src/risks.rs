//! The risks of the operator: what may happen to what, how likely and how bad, what is done about it, and who bears it until when.
//!
//! It is the same for every seed and size. Assets are named by the id of the inventory export, implementations by that of the
//! programme of controls. Likelihood and consequences are positions on the scales of the criteria `matrix-5x5`, from 1. Times are given in
//! days from today.

/// What a risk is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// An asset.
    Asset(&'static str),
    /// A service.
    Service(&'static str),
    /// The assets that a selector selects.
    Selector,
}

/// How far a risk has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stand {
    /// Written down.
    Identified,
    /// Its likelihood and consequences are known.
    Analysed,
    /// Compared with the criteria.
    Evaluated,
    /// What is to be done is planned.
    TreatmentPlanned,
    /// It is being done.
    Treating,
    /// What is left is known.
    ResidualAssessed,
    /// Borne, for so many days.
    Accepted(i64),
    /// Looked at anew.
    Reopened,
    /// Over.
    Closed,
}

/// A risk.
#[derive(Clone, Copy, Debug)]
pub struct Risk {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// Event, cause and effect.
    pub description: &'static str,
    /// What it is about.
    pub about: About,
    /// Who or what brings it about.
    pub threat_source: &'static str,
    /// The threat of the operator's list that it is about, by key; none for none.
    pub threat: Option<&'static str>,
    /// How likely it is if nothing is done.
    pub likelihood: i32,
    /// How bad it would be for availability, and for users.
    pub consequence: i32,
    /// The implementation that lowers it, and by how many positions of likelihood and of consequence.
    pub control: Option<(&'static str, i32, i32)>,
    /// Who answers for it.
    pub owner: &'static str,
    /// How far it has come.
    pub stand: Stand,
    /// What is to be done about it.
    pub treatment: Option<Treatment>,
}

/// What is done with a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// It is lowered.
    Modify,
    /// It is borne as it is.
    Retain,
    /// Others bear a part of it.
    Share,
}

/// What is to be done about a risk.
#[derive(Clone, Copy, Debug)]
pub struct Treatment {
    /// What people call it.
    pub display_name: &'static str,
    /// What is done with the risk.
    pub way: Way,
    /// What it costs each year, in euro.
    pub yearly_cost: f64,
    /// What energy it takes each year, in kilowatt hours.
    pub yearly_kwh: f64,
    /// In how many days it is due.
    pub due_days: i64,
    /// The position of likelihood and of consequence that it aims at.
    pub target: (i32, i32),
    /// The part of the events that it prevents, and of each event's loss that it saves.
    pub reductions: (f64, f64),
}

/// The selector that one of the risks is about: its id, what people call it, and its filter.
pub const SELECTOR: (&str, &str, &str) = ("border-routers", "Border routers", "display_name:\"Border router\"");

/// The risks of the operator.
#[must_use]
pub fn risks() -> &'static [Risk] {
    RISKS
}

const RISKS: &[Risk] = &[
    Risk {
        id: "flood-border",
        display_name: "A flood of traffic shuts the border",
        description: "Somebody rents a network of taken-over devices and floods the border routers; customers lose the internet for hours.",
        about: About::Selector,
        threat_source: "extortion for money",
        threat: Some("NT-1"),
        likelihood: 4,
        consequence: 3,
        control: Some(("ddos-filtering", 3, 0)),
        owner: "head of security operations",
        stand: Stand::Accepted(20),
        treatment: Some(Treatment {
            display_name: "Keep the filters as they are",
            way: Way::Retain,
            yearly_cost: 0.0,
            yearly_kwh: 0.0,
            due_days: 20,
            target: (1, 3),
            reductions: (0.0, 0.0),
        }),
    },
    Risk {
        id: "emergency-overload",
        display_name: "Emergency calls do not get through when everybody calls",
        description: "A storm or an attack fills the exchanges; calls for help wait with all others.",
        about: About::Service("emergency-calls-000001"),
        threat_source: "mass event",
        threat: None,
        likelihood: 3,
        consequence: 5,
        control: Some(("emergency-priority", 4, 1)),
        owner: "head of services",
        stand: Stand::Treating,
        treatment: Some(Treatment {
            display_name: "A second way into the rescue coordination centres",
            way: Way::Modify,
            yearly_cost: 180_000.0,
            yearly_kwh: 9_000.0,
            due_days: 120,
            target: (1, 4),
            reductions: (0.5, 0.2),
        }),
    },
    Risk {
        id: "core-unpatched",
        display_name: "An old weakness of the core is used before it is patched",
        description: "A weakness that is known and used elsewhere stays in the core longer than the policy allows; somebody reads or diverts traffic.",
        about: About::Service("mobile-voice-000001"),
        threat_source: "state actor",
        threat: None,
        likelihood: 4,
        consequence: 4,
        control: Some(("core-patching", 2, 0)),
        owner: "head of network operations",
        stand: Stand::Reopened,
        treatment: None,
    },
    Risk {
        id: "signalling-tracking",
        display_name: "Customers are located by signalling from another network",
        description: "Messages that only a home network should send come in over an interconnect and are answered.",
        about: About::Service("roaming-000001"),
        threat_source: "hired trackers",
        threat: Some("NT-2"),
        likelihood: 4,
        consequence: 3,
        control: Some(("interconnect-isolation", 1, 0)),
        owner: "head of network operations",
        stand: Stand::TreatmentPlanned,
        treatment: Some(Treatment {
            display_name: "A filter for signalling at every interconnect",
            way: Way::Modify,
            yearly_cost: 260_000.0,
            yearly_kwh: 21_000.0,
            due_days: 200,
            target: (2, 2),
            reductions: (0.7, 0.3),
        }),
    },
    Risk {
        id: "room-fire",
        display_name: "Fire in an equipment room",
        description: "A fault in a power supply burns out a room; the region behind it is cut off for days.",
        about: About::Asset("border-router-000001"),
        threat_source: "technical failure",
        threat: None,
        likelihood: 2,
        consequence: 4,
        control: Some(("room-alarms", 1, 2)),
        owner: "head of facilities",
        stand: Stand::ResidualAssessed,
        treatment: Some(Treatment {
            display_name: "Insurance of equipment and of lost revenue",
            way: Way::Share,
            yearly_cost: 95_000.0,
            yearly_kwh: 0.0,
            due_days: 30,
            target: (1, 3),
            reductions: (0.0, 0.0),
        }),
    },
    Risk {
        id: "maintainer-access",
        display_name: "A maintainer's account is used by somebody else",
        description: "A supplier's engineer is deceived; with his account elements are changed from outside.",
        about: About::Service("enterprise-vpn-000001"),
        threat_source: "organized crime",
        threat: Some("NT-3"),
        likelihood: 3,
        consequence: 4,
        control: Some(("leaver-access", 1, 0)),
        owner: "head of information technology",
        stand: Stand::Evaluated,
        treatment: None,
    },
    Risk {
        id: "log-gap",
        display_name: "What was done on an element cannot be shown",
        description: "The log store loses a day; who changed what cannot be proven to the regulator.",
        about: About::Service("mobile-data-000001"),
        threat_source: "own error",
        threat: None,
        likelihood: 3,
        consequence: 2,
        control: Some(("element-logging", 1, 0)),
        owner: "head of security operations",
        stand: Stand::Analysed,
        treatment: None,
    },
    Risk {
        id: "mast-theft",
        display_name: "Batteries and copper are stolen from radio sites",
        description: "Sites far from any road lose power or grounding; cells fall silent until somebody drives there.",
        about: About::Service("broadband-000001"),
        threat_source: "thieves",
        threat: None,
        likelihood: 0,
        consequence: 0,
        control: None,
        owner: "head of facilities",
        stand: Stand::Identified,
        treatment: None,
    },
    Risk {
        id: "paper-visitors",
        display_name: "Visitors' names lie open at the gate",
        description: "The book on paper could be read by anybody who waits at the gate.",
        about: About::Asset("border-router-000001"),
        threat_source: "curiosity",
        threat: None,
        likelihood: 2,
        consequence: 1,
        control: None,
        owner: "head of facilities",
        stand: Stand::Closed,
        treatment: None,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_state_is_shown_and_every_control_exists() {
        let order: HashSet<_> = risks().iter().map(|risk| std::mem::discriminant(&risk.stand)).collect();
        assert_eq!((order.len(), risks().len()), (9, 9));
        let known: HashSet<&str> = crate::programme().implementations.iter().map(|one| one.id).collect();
        for risk in risks() {
            assert!(risk.control.is_none_or(|(id, ..)| known.contains(id)), "{risk:?}");
            let listed = |key: &str| crate::surface().threats.iter().any(|threat| threat.key == key);
            assert!(risk.threat.is_none_or(listed), "{risk:?}");
            // A treatment is planned before it is done.
            let planned = risk.stand >= Stand::TreatmentPlanned && risk.stand < Stand::Reopened;
            assert_eq!(risk.treatment.is_some(), planned, "{risk:?}");
            assert!((risk.stand == Stand::Identified) == (risk.likelihood == 0), "{risk:?}");
        }
    }
}
