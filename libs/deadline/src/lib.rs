//! When something is due: durable deadlines in a service's own database, and the timer that acts on them.
//!
//! A deadline is a row: *when* (`due`) something (`kind`) is to happen to a resource (`name`). It is set and cleared in the
//! transaction that writes the resource, most naturally in [`store::Rules::settled`], so the two never disagree:
//!
//! ```
//! # async fn example(tx: &mut store::Transaction) -> fault::Outcome<()> {
//! use deadline::Deadline;
//! let due = 1_767_225_600_000_000;
//! deadline::set(tx, &[Deadline::new("acme", "expire-exception", "organizations/acme/exceptions/e1", due)]).await?;
//! deadline::clear(tx, "acme", "expire-exception", &["organizations/acme/exceptions/e1"]).await
//! # }
//! ```
//!
//! [`Timer`] runs the handler of its kind when a deadline is due, in a transaction that also removes the deadline. What holds:
//!
//! - **Never early, never forgotten.** Time is the injected clock's. What fell due while nothing ran is taken up at the start.
//! - **At least once, effect once.** What a handler writes through its transaction is written exactly once, also with several
//!   replicas: they take turns by a lock of the database, and the row goes in the same commit. A handler that also acts
//!   outside of the database may do so again after a crash.
//! - **A handler is idempotent.** It looks at the resource as it is now: a call may have moved or cleared the deadline at the same
//!   moment. "Expire this if its expiry has passed" is right; "expire this" is not.
//! - **A failure waits, and holds nobody up.** A handler that fails is undone, told in the log, and tried again after 1 s, 2 s,
//!   4 s and so on up to an hour; the others go on.
//! - **At once.** A deadline nearer than all others wakes the timer of its process when it is committed; other replicas see it
//!   within [`POLL`].
//!
//! A service lists [`TABLE`] among its migrations (a copy of the file `deadline.sql`, and a test that it is one).

mod table;
mod timer;

pub use table::{Deadline, TABLE, clear, follow, set};
pub use timer::{Handler, POLL, Timer};
