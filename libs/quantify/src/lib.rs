//! What a risk costs in a year.

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
mod lookup;
mod model;
mod normal;
mod outcome;
mod policy;
mod rank;
mod read;
mod run;
mod simulate;
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
pub use run::{Settings, Stopped, annual_losses, run};
pub use violation::{Violation, Violations};
pub use watch::{Progress, Watch};
