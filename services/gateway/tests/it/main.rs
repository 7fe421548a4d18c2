//! The door as its callers meet it: over a real port, with two services of the test behind it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; clippy knows only functions marked as tests"
)]

mod browsers;
mod changes;
mod closing;
mod fake;
mod grpc;
mod limits;
mod rest;
mod standard;
mod suite;
mod web;
