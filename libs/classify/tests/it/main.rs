//! What an incident handler relies on when something gets its name.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

mod levels;
mod sharing;
mod terms;
