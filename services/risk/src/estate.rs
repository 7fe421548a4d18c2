//! What this service knows of the asset registry: a projection fed by the registry's feed, so that nothing is asked of it when a
//! risk is scored, and risks go on being kept while the registry is away.

mod projection;

pub(crate) use projection::{KINDS, Projection};
