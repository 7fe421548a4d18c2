//! The feed of one service followed by another, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

mod bench;
mod following;
mod many;
mod metrics;
mod parking;
mod reading;
mod replicas;
