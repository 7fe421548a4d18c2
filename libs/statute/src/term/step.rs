//! What may be done to a term that runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// What was done to a term that runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// It stands still.
    Pause {
        /// When.
        at: Timestamp,
        /// Why; not empty.
        reason: String,
    },
    /// It runs on; its end is later by as long as it stood still.
    Resume {
        /// When.
        at: Timestamp,
    },
    /// It ends later.
    Extend {
        /// When that was decided.
        at: Timestamp,
        /// By how much.
        by: Period,
        /// Why; not empty.
        reason: String,
    },
    /// What it runs from was another instant than believed. Pauses and extensions keep their lengths.
    Restart {
        /// When that was found.
        at: Timestamp,
        /// The instant it runs from.
        start: Timestamp,
        /// Why; not empty.
        reason: String,
    },
}

impl Step {
    /// When it was done.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Pause { at, .. } | Self::Resume { at } | Self::Extend { at, .. } | Self::Restart { at, .. } => *at,
        }
    }

    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Pause { reason, .. } | Self::Extend { reason, .. } | Self::Restart { reason, .. } => Some(reason),
            Self::Resume { .. } => None,
        }
    }
}
