//! What catalogues hold, counted from their rows.

use std::collections::BTreeSet;

use fault::{Fault, Outcome};
use store::{Hold, Resource as _, Transaction};
use wire::risk::v1::ThreatCatalogue;

use super::ThreatCatalogues;
use crate::Registry;

/// The lock of a catalogue, by its name: one write at a time brings it to an edition, counts what it holds, or deletes it with all that is in it. Two
/// would each flag as gone what the other brings, or count past each other.
pub(crate) const CATALOGUES: i32 = 7_310_660;

/// What a catalogue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    threats: i32,
    detailed: i32,
    withdrawn: i32,
    gone: i32,
    mitigations: i32,
}

impl Counts {
    /// Writes them into the catalogue.
    pub(crate) fn lay(self, catalogue: &mut ThreatCatalogue) {
        catalogue.threats = self.threats;
        catalogue.detailed_threats = self.detailed;
        catalogue.withdrawn_threats = self.withdrawn;
        catalogue.gone_threats = self.gone;
        catalogue.mitigations = self.mitigations;
    }
}

/// What a catalogue holds now, by its id.
pub(crate) async fn of(tx: &mut Transaction, organization: &str, catalogue: &str) -> Outcome<Counts> {
    let stands = "gone = 0 AND revoked = 0 AND deprecated = 0";
    let when = |condition: &str| format!("COUNT(CASE WHEN {condition} THEN 1 END)");
    let mut sql = tx.sql(format!(
        "SELECT {}, {}, {}, {} FROM threat WHERE organization = ",
        when(stands),
        when(&format!("{stands} AND parent_key <> ''")),
        when("gone = 0 AND (revoked = 1 OR deprecated = 1)"),
        when("gone = 1"),
    ));
    sql.bind(organization).push(" AND ").within(catalogue);
    let row = tx.row(sql).await?.ok_or_else(|| Fault::defect("a count counted nothing"))?;
    let number = |row: &sea_orm::QueryResult, at: usize| -> Outcome<i32> {
        let count: i64 = row.try_get_by_index(at).map_err(Fault::defect)?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    };
    let mut counts = Counts {
        threats: number(&row, 0)?,
        detailed: number(&row, 1)?,
        withdrawn: number(&row, 2)?,
        gone: number(&row, 3)?,
        mitigations: 0,
    };
    let mut sql = tx.sql("SELECT COUNT(*) FROM mitigation WHERE organization = ");
    sql.bind(organization).push(" AND gone = 0 AND ").within(catalogue);
    let row = tx.row(sql).await?.ok_or_else(|| Fault::defect("a count counted nothing"))?;
    counts.mitigations = number(&row, 0)?;
    Ok(counts)
}

/// Counts anew the catalogues that resources with these names are kept in. An import counts by itself, once.
pub(crate) async fn anew<'a>(
    tx: &mut Transaction,
    organization: &str,
    names: impl Iterator<Item = &'a str>,
) -> Outcome<()> {
    if tx.is_bulk() {
        return Ok(());
    }
    let catalogues: BTreeSet<String> = names.filter_map(|name| name.split('/').nth(3).map(str::to_owned)).collect();
    let registry = Registry::new(tx.database());
    for catalogue in catalogues {
        let name = resource::written(organization, ThreatCatalogues::COLLECTION, &catalogue);
        tx.hold(CATALOGUES, &name, Hold::Alone).await?;
        let counts = of(tx, organization, &catalogue).await?;
        let change = |_: &ThreatCatalogue, new: &mut ThreatCatalogue| counts.lay(new);
        registry.threat_catalogues.change_many(tx, organization, &[catalogue.as_str()], change).await?;
    }
    Ok(())
}
