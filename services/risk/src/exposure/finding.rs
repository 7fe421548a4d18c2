//! What findings say about exposures: which count in their scores, how severe they are, which are overdue.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fault::{Fault, Outcome};
use store::{Changed, Choice as _, Transaction};
use wire::risk::v1::Finding;
use wire::risk::v1::finding::Severity;

use super::reconcile::text;
use super::rules;
use super::score::Weakness;
use crate::finding::moves::{OPEN, PRESENT};
use crate::id_of;

/// Findings that count, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// By the id of the exposure.
    exposures: HashMap<String, Vec<Weakness>>,
    /// By the id of the asset, those that name no exposure.
    assets: HashMap<String, Vec<Weakness>>,
}

impl Open {
    /// Those of an exposure and of its asset.
    pub(super) fn of(&self, exposure: &str, asset: &str) -> Vec<Weakness> {
        let own = self.exposures.get(exposure).into_iter().flatten();
        own.chain(self.assets.get(asset).into_iter().flatten()).copied().collect()
    }
}

/// Findings that count of exposures and assets, by id.
pub(super) async fn open(
    tx: &mut Transaction,
    organization: &str,
    exposures: &[&str],
    assets: &[&str],
) -> Outcome<Open> {
    let mut open = Open::default();
    for (column, collection, ids) in [("exposure", "exposures", exposures), ("asset", "assets", assets)] {
        if ids.is_empty() {
            continue;
        }
        let names: Vec<String> = ids.iter().map(|id| resource::written(organization, collection, id)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut sql =
            tx.sql(format!("SELECT {column}, cvss, epss, known_exploited FROM finding WHERE organization = "));
        sql.bind(organization).push(" AND ").is_in(column, &names);
        sql.push(" AND ").is_in("state", &PRESENT.map(|state| state.text()));
        if column == "asset" {
            sql.push(" AND exposure = ''");
        }
        let into = if column == "asset" { &mut open.assets } else { &mut open.exposures };
        for row in tx.rows(sql).await? {
            let real = |at| row.try_get_by_index::<f64>(at).map_err(Fault::defect);
            let exploited: i64 = row.try_get_by_index(3).map_err(Fault::defect)?;
            let weakness = Weakness { cvss: real(1)?, epss: real(2)?, known_exploited: exploited > 0 };
            into.entry(id_of(&text(&row, 0)?).to_owned()).or_default().push(weakness);
        }
    }
    Ok(open)
}

/// Works the scores of exposures out anew whose findings, or those of whose assets, were written.
///
/// # Errors
/// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
pub(crate) async fn follow_findings(
    tx: &mut Transaction,
    organization: &str,
    changed: &[Changed<Finding>],
) -> Outcome<()> {
    let (mut ids, mut assets) = (BTreeSet::new(), BTreeSet::new());
    for change in changed {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        if before.and_then(counted) == after.and_then(counted) {
            continue;
        }
        let Some(finding) = after.or(before) else { continue };
        if finding.exposure.is_empty() {
            assets.insert(finding.asset.as_str());
        } else {
            ids.insert(id_of(&finding.exposure).to_owned());
        }
    }
    if !assets.is_empty() {
        let mut sql = tx.sql("SELECT id FROM exposure WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("asset", &assets.into_iter().collect::<Vec<_>>());
        for row in tx.rows(sql).await? {
            ids.insert(text(&row, 0)?);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    rules::rescore(tx, organization, &ids).await.map(drop)
}

/// What of a finding counts in scores; none of one that does not count.
fn counted(finding: &Finding) -> Option<(f64, f64, bool)> {
    PRESENT.contains(&finding.state()).then_some((finding.cvss, finding.epss, finding.known_exploited))
}

/// How many open findings there are by severity, and how many of them are overdue.
pub(crate) struct Severities {
    pub(crate) by_severity: BTreeMap<String, i32>,
    pub(crate) overdue: i32,
}

/// Counts the open findings of an organization.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn severities(tx: &mut Transaction, organization: &str) -> Outcome<Severities> {
    let mut sql = tx.sql("SELECT severity, COUNT(*), COUNT(CASE WHEN overdue > 0 THEN 1 END) FROM finding ");
    sql.push("WHERE organization = ").bind(organization).push(" AND ");
    sql.is_in("state", &OPEN.map(|state| state.text())).push(" GROUP BY severity");
    let mut found = Severities { by_severity: BTreeMap::new(), overdue: 0 };
    for row in tx.rows(sql).await? {
        let number = |at| -> Outcome<i32> {
            let number: i64 = row.try_get_by_index(at).map_err(Fault::defect)?;
            Ok(i32::try_from(number).unwrap_or(i32::MAX))
        };
        let severity = text(&row, 0)?;
        let rated = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        let severity = rated.into_iter().find(|one| one.text() == severity).map_or("NONE", |one| one.text());
        *found.by_severity.entry(severity.to_owned()).or_default() += number(1)?;
        found.overdue = found.overdue.saturating_add(number(2)?);
    }
    Ok(found)
}
