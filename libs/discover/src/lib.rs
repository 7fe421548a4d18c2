//! Where personal and telecom data is in text, CSV and JSON lines: positions, counts and verdicts, never the data.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::ops::ControlFlow;
//!
//! use discover::{Scanner, Settings, Watch};
//! let scanner = Scanner::new(Settings::default())?;
//! let sample = "imsi,caller\n001010123456789,+491711234567\n";
//! let mut kinds = Vec::new();
//! let report = scanner.scan(sample.as_bytes(), &Watch::new(), &mut |finding| {
//!     kinds.push((finding.kind.to_owned(), finding.start, finding.end));
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(kinds, [("IMSI".to_owned(), 12, 27), ("MSISDN".to_owned(), 28, 41)]);
//! assert_eq!(report.columns[0].verdicts[0].kind, "IMSI");
//! assert_eq!(scanner.find("call me: 0049 171 1234567")[0].kind, "MSISDN");
//! # Ok(())
//! # }
//! ```
//!
//! `docs/discover.md` says what is found, how sure, how to add a recogniser, and what cannot be found. What holds:
//!
//! - **Form, then check digits, then words.** A candidate has the form of its kind; what fails the kind's arithmetic (Luhn, MOD 97, numbering
//!   plans, country codes) is none; words of its line, or its column's name and first values, make it surer or less sure.
//! - **Flat memory.** Blocks of a megabyte, whatever is read: a line without end, a quotation that never closes, a column for every value.
//! - **The same result** for one thread and many, for any size of reads: nothing is found across records, and sums are of whole numbers.
//! - **Nothing of the sample is kept** but positions, counts and the names of columns; a name that may be data is not kept either.
//! - **Refused, never panicking.** All that is wrong with settings is told at once; bytes that are no UTF-8 are looked at like others.
//!
//! The way of a scan: `blocks` (whole records) → `layout` (from the first bytes: format, columns, what their first values are) → `look` (a block:
//! its values) → `recognise` (a value: candidates) → `context` (judged) → `candidate` (the surest of those that overlap) → `tally` → `report`;
//! `work` does blocks in threads. To add a kind: its number and category in `kind`, its form in `recognise`, its words in `words`, its values in
//! `generate`, a row in the guide, floors in `tests/it/measured.rs`. An identifier that a pattern and a check digit tell needs no code:
//! `data/national.yaml`.

mod ascii;
mod blocks;
mod candidate;
mod category;
pub mod checksum;
mod columns;
mod context;
pub mod generate;
mod kind;
mod layout;
mod look;
mod national;
mod objects;
mod quoted;
mod recognise;
mod report;
mod scanner;
mod settings;
mod tally;
mod violation;
mod watch;
mod words;
mod work;

pub use category::{Category, Proposal, categories};
pub use kind::built_in_kinds;
pub use layout::{Recognised, Shape};
pub use national::{national_kinds, national_recognisers};
pub use report::{ColumnReport, KindReport, Report, Verdict};
pub use scanner::{Finding, Scanner, Stopped};
pub use settings::{Format, Recogniser, Settings, Validator};
pub use violation::{Violation, Violations};
pub use watch::{Progress, Watch};
