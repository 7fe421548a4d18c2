//! What the clocks of the law are held to.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod books;
mod expressions;
mod outages;
mod periods;
mod properties;
mod regimes;
mod terms;

use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
