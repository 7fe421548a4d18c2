//! What a look at the facts comes to.

use jiff::Timestamp;
use serde::Serialize;

use crate::obligation::Obligation;

/// What a look at the facts comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// All obligations as they stand now: those given, changed, and those that are new. Assessed again, nothing changes.
    pub obligations: Vec<Obligation>,
    /// What is not as it was.
    pub changes: Vec<Change>,
    /// What cannot be told yet.
    pub undecided: Vec<Undecided>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// There is something to be told.
    Starts {
        /// Its regime.
        regime: String,
        /// Its stage.
        stage: String,
        /// When it is due, if its clock runs.
        due: Option<Timestamp>,
        /// Why.
        why: String,
    },
    /// It is due at another time.
    Moves {
        /// Its regime.
        regime: String,
        /// Its stage.
        stage: String,
        /// When it was due.
        from: Option<Timestamp>,
        /// When it is due.
        to: Option<Timestamp>,
        /// Why.
        why: String,
    },
    /// It need not be told any more.
    Ends {
        /// Its regime.
        regime: String,
        /// Its stage.
        stage: String,
        /// Why.
        why: String,
    },
}

/// A regime, or one of its stages, that hangs on what is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The regime.
    pub regime: String,
    /// The stage, where only that is undecided.
    pub stage: Option<String>,
    /// The facts it hangs on.
    pub missing: Vec<String>,
    /// When its first stage would be due, should it apply: the time left to find out.
    pub due_if: Option<Timestamp>,
}
