//! The door as its callers meet it: over a real port, with two services of the test behind it.

mod changes;
mod fake;
mod grpc;
mod limits;
mod rest;
mod standard;
mod suite;
mod web;
