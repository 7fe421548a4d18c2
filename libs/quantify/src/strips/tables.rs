//! Strips that several distributions of a run share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::Strips;

/// Shapes that are kept; beyond that all are let go: 24 kB each.
const MOST: usize = 256;

type Known = HashMap<(u64, u64), Option<Arc<Strips>>>;

/// The strips of a run by their shapes. PERTs of one shape differ by their range alone, and risks are often rated on one scale.
#[derive(Debug, Default)]
pub(crate) struct Tables(Mutex<Known>);

impl Tables {
    /// Beta(α, β); nothing if strips do not serve.
    pub(crate) fn beta(&self, alpha: f64, beta: f64) -> Option<Arc<Strips>> {
        let shape = (alpha.to_bits(), beta.to_bits());
        if let Some(known) = self.0.lock().ok().and_then(|known| known.get(&shape).cloned()) {
            return known;
        }
        // Not under the lock: should two threads cut the same strips, they are the same.
        let made = Strips::beta(alpha, beta).map(Arc::new);
        if let Ok(mut known) = self.0.lock() {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(shape, made.clone());
        }
        made
    }
}
