//! The incidents of the operator: some over and learnt from, some being handled while clocks of the law run, one that was none.
//!
//! They are the same for every seed and size. Assets are named as the inventory names them. Times are in hours before now.

/// How far an incident came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Somebody says that it happens.
    Reported,
    /// It was none.
    Dismissed,
    /// It was looked at and has its level.
    Triaged,
    /// It is being kept from spreading.
    Containing,
    /// Services are back; it is watched.
    Monitoring,
    /// It is over and learnt from.
    Reviewed,
}

/// A service that was hit.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// What kind of service.
    pub kind: &'static str,
    /// Whose users.
    pub population: &'static str,
    /// From and until how many hours ago; none while it goes on.
    pub hours_ago: (i64, Option<i64>),
    /// How many users.
    pub users: i64,
}

/// An incident.
#[derive(Clone, Copy, Debug)]
pub struct Incident {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// What happened.
    pub description: &'static str,
    /// The asset that it hits.
    pub asset: &'static str,
    /// How many hours ago it began and was detected.
    pub hours_ago: (i64, i64),
    /// What it is, as RSIT has it, and what it is to telecommunications.
    pub class: (&'static str, &'static str),
    /// The answers to the questions of E.409.
    pub answers: &'static [(&'static str, &'static str)],
    /// The services it hits.
    pub hits: &'static [Hit],
    /// Whether personal data is concerned, and whether a service is severely disrupted.
    pub facts: (bool, bool),
    /// How far it came.
    pub stage: Stage,
    /// What people wrote into its timeline: how many hours ago, what.
    pub notes: &'static [(i64, &'static str)],
    /// What is learnt: the id, what it is called, whether it goes into protecting, within how many days.
    pub lessons: &'static [(&'static str, &'static str, bool, i64)],
}

/// All users of a service in the operator's country, of every operator.
pub const NATIONAL_USERS: [(&str, i64); 3] =
    [("mobile_internet", 4_100_000), ("mobile_telephony", 4_300_000), ("fixed_internet", 1_700_000)];

/// The incidents of the operator.
#[must_use]
pub fn incidents() -> &'static [Incident] {
    &INCIDENTS
}

const CUT: &[(&str, &str)] = &[("real", "yes"), ("harmful", "yes"), ("security", "no"), ("presence", "yes")];
const FRAUD: &[(&str, &str)] = &[
    ("real", "yes"),
    ("harmful", "yes"),
    ("security", "yes"),
    ("severe", "no"),
    ("presence", "no"),
    ("conduct", "no"),
];
const FLOOD: &[(&str, &str)] = &[
    ("real", "yes"),
    ("harmful", "yes"),
    ("security", "yes"),
    ("severe", "yes"),
    ("short", "yes"),
    ("presence", "no"),
    ("conduct", "no"),
];

static INCIDENTS: [Incident; 6] = [
    Incident {
        id: "power-loss-north",
        display_name: "Mains lost at a northern hub, batteries flat after four hours",
        description: "The generator did not start; its fuel had not been exchanged for two years.",
        asset: "mobile-data-000001",
        hours_ago: (22 * 24, 22 * 24 - 1),
        class: ("availability/outage", "outage"),
        answers: CUT,
        hits: &[Hit {
            kind: "mobile_internet",
            population: "north",
            hours_ago: (22 * 24 - 4, Some(22 * 24 - 9)),
            users: 38_000,
        }],
        facts: (false, false),
        stage: Stage::Reviewed,
        notes: &[
            (22 * 24 - 2, "The batteries carry the site; the generator does not start."),
            (22 * 24 - 8, "Mains are back."),
        ],
        lessons: &[("exchange-fuel", "Exchange the fuel of every generator each year", true, 60)],
    },
    Incident {
        id: "sim-swap-wave",
        display_name: "SIM swaps by a bribed dealer",
        description: "Forty subscribers lost their numbers; their names, addresses and contracts were seen by the dealer.",
        asset: "mobile-voice-000001",
        hours_ago: (30, 9),
        class: ("fraud/unauthorised-use-of-resources", "fraud"),
        answers: FRAUD,
        hits: &[],
        facts: (true, false),
        stage: Stage::Containing,
        notes: &[(8, "The dealer's account is shut."), (5, "Forty subscribers are known by name so far.")],
        lessons: &[],
    },
    Incident {
        id: "signalling-flood",
        display_name: "Signalling flood from a roaming partner",
        description: "Registration requests at forty times the usual rate; the network's front end drops calls.",
        asset: "roaming-000001",
        hours_ago: (5, 4),
        class: ("availability/dos", "signalling"),
        answers: FLOOD,
        hits: &[Hit { kind: "mobile_telephony", population: "roaming-in", hours_ago: (4, None), users: 61_000 }],
        facts: (false, true),
        stage: Stage::Containing,
        notes: &[(3, "The partner was asked by telephone to stop; it is looking for the cause.")],
        lessons: &[],
    },
    Incident {
        id: "backhaul-cut",
        display_name: "Fibre cut by road works",
        description: "A digger cut the ring in two places within an hour.",
        asset: "broadband-000001",
        hours_ago: (50, 50),
        class: ("availability/outage", "outage"),
        answers: CUT,
        hits: &[Hit { kind: "fixed_internet", population: "south", hours_ago: (49, Some(44)), users: 9_400 }],
        facts: (false, false),
        stage: Stage::Monitoring,
        notes: &[(44, "Spliced; traffic is back on the ring.")],
        lessons: &[],
    },
    Incident {
        id: "diameter-probing",
        display_name: "Probing of Diameter interfaces",
        description: "Requests for locations of subscribers from a network without an agreement, all refused.",
        asset: "roaming-000001",
        hours_ago: (80, 70),
        class: ("information-gathering/scanner", "signalling"),
        answers: FRAUD,
        hits: &[],
        facts: (false, false),
        stage: Stage::Triaged,
        notes: &[],
        lessons: &[],
    },
    Incident {
        id: "alarm-drill",
        display_name: "Alarms from a drill that nobody had announced",
        description: "The team of the data centre tried its fire alarm.",
        asset: "border-router-000001",
        hours_ago: (200, 200),
        class: ("", ""),
        answers: &[],
        hits: &[],
        facts: (false, false),
        stage: Stage::Dismissed,
        notes: &[],
        lessons: &[],
    },
];
