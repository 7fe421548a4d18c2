//! From a flood of alarms to few cases.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use correlate::{Alarm, Engine, Kind, Rules, Severity, Topology};
//! let mut topology = Topology::default();
//! topology.link("mast-7", "mast-8");
//! let rules = "
//! edition: ours
//! duplicates: 1 hours
//! repeats: 24 hours
//! late: 60 seconds
//! causes:
//!   - {id: power-takes-the-link, cause: [power_lost], effect: [link_down], hops: 1, within: 5 minutes}
//! ";
//! let mut engine = Engine::new(Rules::from_yaml(rules)?, topology);
//! let alarm = |id: &str, device: &str, kind: &str, at: &str| -> Result<Alarm, jiff::Error> {
//!     let (source, cause) = ("ems".to_owned(), String::new());
//!     let (id, device, kind) = (id.to_owned(), device.to_owned(), kind.to_owned());
//!     Ok(Alarm { source, id, device, kind, cause, at: at.parse()?, severity: Severity::Major })
//! };
//! let first = engine.decide(&alarm("1", "mast-7", "power_lost", "2026-03-01T10:00:00Z")?);
//! let second = engine.decide(&alarm("2", "mast-8", "link_down", "2026-03-01T10:00:04Z")?);
//! assert_eq!((first.kind, second.kind), (Kind::Opens, Kind::Attaches));
//! assert_eq!(second.case, first.case);
//! assert_eq!(second.rule.as_deref(), Some("power-takes-the-link"));
//! # Ok(())
//! # }
//! ```
//!
//! `docs/correlation.md` has every key of a rule, and how good they are on a real network's alarms. What holds:
//!
//! - **One alarm in, one decision out**, with the rule and the alarm it rests on. The engine has no clock: time is what alarms say.
//! - **State is bounded by the rules' windows**: what is older than the longest of them behind the latest alarm is forgotten.
//! - **The same alarms in the same order give the same decisions.** After a restart the alarms of the last window are told again
//!   ([`Engine::recall`]).
//! - **Rules are data.** [`learn`] proposes cause rules from history with the counts they rest on; people read, change and switch them.
//!
//! The way of an alarm: `engine` (duplicate? caused? repeated? cause of what came before? together with something? a case of its own?).

mod alarm;
mod engine;
mod learn;
mod rules;
mod topology;

pub use alarm::{Alarm, Severity};
pub use engine::{CaseId, Decision, Engine, Kind, Origin};
pub use learn::{Learning, learn};
pub use rules::{CauseRule, Common, Learnt, Rules, TogetherRule, Within};
pub use topology::Topology;
