//! What comes in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How bad its sender holds it to be (X.733).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The condition is gone.
    Cleared,
    /// Not known.
    #[default]
    Indeterminate,
    /// It may come to harm.
    Warning,
    /// No harm to a service.
    Minor,
    /// A service is harmed.
    Major,
    /// A service is gone.
    Critical,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Alarm {
    /// Who sent it.
    pub source: String,
    /// What its sender calls it: with the source, the key it is known by.
    pub id: String,
    /// What it is about.
    pub device: String,
    /// What kind of alarm it is: what rules name.
    pub kind: String,
    /// The probable cause its sender names; may be empty.
    #[serde(default)]
    pub cause: String,
    /// When it was raised, at most the instant it was received: intake sees to that, since one alarm from the future would make the
    /// engine forget all that came before it.
    pub at: Timestamp,
    /// How bad.
    #[serde(default)]
    pub severity: Severity,
}
