//! The change stream: the ledger of one service as an ordered feed, and what follows it in another.
//!
//! Guarantees, in etcd's words: *ordered* (by sequence), *unique* (per cursor), *atomic* (a transaction's changes are never
//! split), *reliable* (no gaps), *resumable* (from any cursor), *bookmarkable* (a heartbeat's cursor promises that nothing
//! older will come). They rest on the ledger being numbered in the order of visibility (see `store`).
//!
//! [`service`] serves the feed; a [`Consumer`] follows one, and keeps in its own database what its service needs to know. What
//! a handler gets are [`Change`](wire::changes::v1::Change)s; [`before`] and [`after`] give the resource in them, and [`react`]
//! lets what follows from a change be written on the service's own account, in the trace of the change.

mod consumer;
mod cursor;
mod decode;
mod reaction;
mod restricted;
mod server;
mod view;

pub use consumer::{Consumer, Handler, Parked, Running, Standing, TABLE, parked, rewind};
pub use decode::{after, before};
pub use reaction::react;
pub use server::{Feed, HEARTBEAT, service};
