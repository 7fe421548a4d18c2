//! What this service knows of the asset registry and of the service of controls: projections fed by their feeds, so that nothing is asked of
//! them when a risk is scored, and risks go on being kept while they are away.

pub(crate) mod implementation;
mod projection;
mod values;

pub(crate) use projection::{KINDS, Projection};
pub(crate) use values::{asset_values, forget, selector_values};
