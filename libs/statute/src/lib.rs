//! When the law wants something done.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use statute::{Book, Facts, assess};
//! let book = Book::shipped()?;
//! let facts = Facts {
//!     detected: Some("2026-03-01T10:00:00Z".parse()?),
//!     operator_kinds: ["public_electronic_communications_provider".to_owned()].into(),
//!     jurisdictions: ["EU".to_owned()].into(),
//!     personal_data_breach: Some(true),
//!     ..Facts::default()
//! };
//! let assessment = assess(&book, &facts, &[], "2026-03-01T11:00:00Z".parse()?)?;
//! let first = assessment.obligations.iter().find(|one| one.regime == "eu-611-2013" && one.stage == "initial");
//! assert_eq!(first.and_then(|one| one.due), Some("2026-03-02T10:00:00Z".parse()?));
//! # Ok(())
//! # }
//! ```
//!
//! `docs/clocks.md` has every key of a book. What holds:
//!
//! - **No clock in code.** Regimes, their stages, calendars and thresholds are data with spans of validity; what is uncertain says so.
//! - **One library for every legal deadline.** A [`Term`] is a period, a [`Reading`] of its end, and what the law allows: pauses,
//!   extensions. Requests of persons, acceptances and exceptions use it without any regime.
//! - **Pure.** Values in, values out: [`assess`] is given facts, what stands and the instant; a second look changes nothing. What fires
//!   when something is due is the crate `deadline`.
//! - **Nothing is lost.** A deadline that moves keeps its former ends, until when they held, and why.
//! - **Not known is not false.** An expression over facts that are not known is undecided, and told with the time left to find out.
//! - **Refused, never panicking.** All that is wrong with a book is told at once, with field, limit and remedy; expressions are typed and
//!   bounded before they are kept.
//!
//! The way of a book: `form` (YAML within a budget) → `book::check` (the rules) → [`Book`] → [`assess`]. The way of a deadline: `period` →
//! `count` (with a [`Calendar`]) → `term` (pauses, extensions) → `obligation`. `outage` measures intervals and crosses thresholds.

mod book;
mod calendar;
mod count;
mod expression;
mod fact;
mod form;
mod obligation;
pub mod outage;
mod period;
mod term;

pub use book::{Book, Event, Field, Regime, Stage, Start};
pub use calendar::Calendar;
pub use count::{End, Reading, TooFar};
pub use expression::{Answer, Expression};
pub use fact::{Fact, Facts, Kind, PersonalRisk, ServiceImpact};
pub use obligation::{Assessment, Change, Obligation, State, Undecided, assess};
pub use period::{NoPeriod, Period, Unit};
pub use term::{Extension, Former, Refusal, Standing, Step, Term};
