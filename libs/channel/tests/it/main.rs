//! The channel against real servers on this machine.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod balance;
mod deadline;
mod limits;
mod local;
mod passing;
mod replica;
mod retry;
mod security;
