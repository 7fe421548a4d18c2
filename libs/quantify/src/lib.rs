//! What a risk costs in a year: FAIR scenarios, insurance policies and controls, simulated the same way every time.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use quantify::{Model, Settings, Watch, run};
//! let model = Model::from_yaml(
//!     "
//! scenarios:
//!   - id: ransomware
//!     frequency: {distribution: poisson, rate: 2}
//!     severity: {distribution: lognormal, p05: 50000, p95: 2000000}
//!     policy: {excess: 50000, limit: 150000, aggregate_limit: 200000}
//! ",
//! )?;
//! let outcome = run(&model, &Settings { years: 10_000, seed: 1, ..Settings::default() }, &Watch::new())?;
//! let losses = &outcome.scenarios["ransomware"].losses;
//! assert!(losses.borne().tvar99 < losses.gross.tvar99);
//! # Ok(())
//! # }
//! ```
//!
//! `docs/quantify.md` has every key of a model. What holds:
//!
//! - **Events, not products.** A year has events, each with a loss; a policy pays for events, then its terms of the year apply
//!   (X.1061 10.3, 10.4). Open FAIR's frequency × magnitude is there as the form `product`.
//! - **Every figure has its standard error**, differences too.
//! - **What-ifs share the draws.** An option or a stage of control is seen on the draws of the current state: what changes nothing differs by
//!   exactly 0.
//! - **The same to the byte.** Streams are keyed by seed, id, purpose and block of years (`stream`), sums are taken in a fixed order, and
//!   nothing is asked of the platform's mathematics. Threads, processors and other scenarios change no bit.
//! - **Refused, never panicking.** All that is wrong with a model is told at once, with field, limit and remedy.
//!
//! The way of a run: `read` (YAML within a budget) → `check` (the rules) → [`Model`] → `simulate` (batches of scenarios) → `block` (a
//! scenario in a block of years: counts, amounts, controls, payouts, sums, a slice at a time) → `figures` → [`Outcome`]. To add a
//! distribution: its form in `input`, its rules in `check::distribution`, its draws and moments in `distribution`, a row in the guide, a row in
//! the grid of `tests/it/closed_forms.rs`.

mod block;
mod check;
mod curve;
mod decision;
mod distribution;
mod exponent;
mod figures;
mod frequency;
mod gamma;
mod input;
mod lanes;
mod lookup;
mod model;
mod normal;
mod outcome;
mod policy;
mod rank;
mod read;
mod run;
mod simulate;
mod slices;
mod stream;
mod strips;
mod violation;
mod watch;

pub use curve::{Class, Curve, Labels, Point, plain_curve, svg_curve};
pub use decision::{AppetiteOutcome, Decision, LineOutcome, PolicyFigures};
pub use distribution::{Distribution, NORMAL_95, Pert, Variant, lognormal_from_interval};
pub use figures::{Figures, Reduction};
pub use input::OptionKind;
pub use model::Model;
pub use outcome::{Changed, Inputs, Losses, OptionOutcome, Outcome, PortfolioOutcome, ScenarioOutcome};
pub use policy::{Layer, Terms, Waiting, WaitingKind};
pub use read::document;
pub use run::{Settings, Stopped, annual_losses, run};
pub use violation::{Violation, Violations};
pub use watch::{Progress, Watch};
