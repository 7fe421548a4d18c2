//! Whole-suite tests: the story, the rules over descriptors, the layout of the house.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

mod authorization;
mod bad_input;
mod controls;
mod crash;
mod deploy;
mod descriptors;
mod errors;
mod first_use;
mod house;
mod http;
mod incidents;
mod insurance;
mod money;
mod posture;
mod program;
mod registers;
mod risk;
mod story;
mod telemetry;
