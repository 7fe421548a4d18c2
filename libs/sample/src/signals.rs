//! The signals of a night in the operator's network: an outage, an attack, a customer who calls, work that was planned.
//!
//! They are the same for every seed and size. Devices are called as the inventory calls them. Times are in minutes before now.

/// What a signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalForm {
    /// An alarm of a network element.
    Alarm,
    /// An alarm of security.
    SecurityAlarm,
    /// An alarm that work which was planned brings about.
    PlannedAlarm,
    /// Somebody tells it.
    Report,
}

/// A signal.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    /// What its source calls it.
    pub id: &'static str,
    /// What it is about.
    pub device: &'static str,
    /// What it says, by the word that rules name.
    pub kind: &'static str,
    /// The probable cause.
    pub cause: &'static str,
    /// What it is.
    pub form: SignalForm,
    /// Whether a service is gone.
    pub critical: bool,
    /// How many minutes ago it was raised, and when the condition was gone; none while it is there.
    pub minutes_ago: (i64, Option<i64>),
    /// What else it says.
    pub text: &'static str,
}

/// The signals of the operator.
#[must_use]
pub fn signals() -> &'static [Signal] {
    &SIGNALS
}

/// What is decided about cases, by the kind they begin with: the one that belongs to an incident, and the one that is nothing.
pub const CASE_OF_INCIDENT: (&str, &str) = ("fibreCut", "backhaul-cut");
/// See [`CASE_OF_INCIDENT`].
pub const CASE_OF_NOTHING: &str = "lampTest";

const fn alarm(
    id: &'static str,
    device: &'static str,
    kind: &'static str,
    cause: &'static str,
    minutes_ago: (i64, Option<i64>),
) -> Signal {
    Signal { id, device, kind, cause, form: SignalForm::Alarm, critical: false, minutes_ago, text: "" }
}

static SIGNALS: [Signal; 9] = [
    Signal { critical: true, ..alarm("41001", "broadband-000001", "fibreCut", "Loss of signal", (300, Some(40))) },
    alarm("41002", "broadband-000001", "linkDown", "Loss of signal", (299, Some(40))),
    alarm("41003", "broadband-000001", "qualityDegraded", "Degraded signal", (298, Some(35))),
    Signal {
        form: SignalForm::SecurityAlarm,
        text: "forty refused logins within a minute",
        ..alarm("41010", "border-router-000001", "loginRefused", "Authentication failure", (25, None))
    },
    Signal {
        form: SignalForm::SecurityAlarm,
        ..alarm("41011", "border-router-000001", "loginRefused", "Authentication failure", (22, None))
    },
    Signal {
        form: SignalForm::PlannedAlarm,
        text: "exchange of the northern power supply, as announced",
        ..alarm("41020", "mobile-data-000001", "powerLost", "Power problem", (180, Some(120)))
    },
    alarm("41030", "mobile-voice-000001", "lampTest", "", (90, Some(90))),
    Signal {
        form: SignalForm::Report,
        text: "Several customers of one street are told that their bill is in another's name.",
        ..alarm("hotline-7", "roaming-000001", "wrongBill", "", (60, None))
    },
    Signal { critical: true, ..alarm("41040", "mobile-data-000001", "sessionsLost", "Congestion", (12, None)) },
];
