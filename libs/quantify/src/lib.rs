//! What a risk costs in a year.

mod block;
mod check;
mod distribution;
mod exponent;
mod figures;
mod frequency;
mod gamma;
mod input;
mod lookup;
mod model;
mod normal;
mod policy;
mod rank;
mod read;
mod stream;
mod violation;
mod watch;

pub use distribution::{Distribution, NORMAL_95, Pert, Variant, lognormal_from_interval};
pub use input::OptionKind;
pub use model::Model;
pub use policy::{Layer, Terms, Waiting, WaitingKind};
pub use violation::{Violation, Violations};
pub use watch::{Progress, Watch};
