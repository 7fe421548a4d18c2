//! What an operator relies on when alarms come in.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail loudly")]

mod decisions;
mod network {
    pub(crate) mod data;
    pub(crate) mod storm;
    pub(crate) mod truth;
}
mod real;
mod rules;
