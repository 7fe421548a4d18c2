//! Why a step of a term is not admitted.

use jiff::Timestamp;

use crate::{count::TooFar, period::Period};

/// Why a step is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The law knows no pause here.
    #[error(
        "this term cannot be paused: the law it comes from knows no pause; do what is due, or record why it is late"
    )]
    NoPause,
    /// The law knows no extension here.
    #[error(
        "this term cannot be extended: the law it comes from knows no extension; do what is due, or record why it is late"
    )]
    NoExtension,
    /// It was extended as often as the law allows.
    #[error("this term was extended {0} times, as often as its law allows; do what is due, or record why it is late")]
    ExtendedOften(u32),
    /// The extension ends later than the law allows.
    #[error("an extension by {by} is longer than {most}, the most its law allows; extend by {most} at most")]
    ExtendedLong {
        /// What was asked.
        by: Period,
        /// The most.
        most: Period,
    },
    /// It was over before the step.
    #[error("the term ended at {due}, before this at {at}; a term is paused and extended before its end only")]
    Over {
        /// When it ended.
        due: Timestamp,
        /// When the step was to be.
        at: Timestamp,
    },
    /// It stands still already.
    #[error("the term is paused since {0}; resume it first")]
    Paused(Timestamp),
    /// It does not stand still.
    #[error("the term is not paused, so it cannot be resumed")]
    NotPaused,
    /// No reason was given.
    #[error("a reason is needed: who reads the deadline later asks why it moved")]
    NoReason,
    /// Steps go forward in time.
    #[error(
        "a step at {at} comes after one at {after}; give steps in the order they were done, none before the term began"
    )]
    Backwards {
        /// When the step was to be.
        at: Timestamp,
        /// What was before it.
        after: Timestamp,
    },
    /// No calendar goes so far.
    #[error(transparent)]
    TooFar(#[from] TooFar),
}
