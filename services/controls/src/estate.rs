//! What this service knows of the asset registry: a projection fed by the registry's feed, so that nothing is asked of it when a
//! control is judged, and controls go on working while the registry is away.

mod projection;

use std::collections::{BTreeMap, HashSet};

use fault::{Fault, Outcome};
use store::{Database, Transaction};

pub(crate) use projection::{KINDS, Projection};

use crate::shipped::Facts;

/// The facts about an organization's estate that rules of applicability look at: of the whole of it, or of some sites only.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn facts(database: &Database, organization: &str, sites: &[String]) -> Outcome<Facts> {
    let mut sql = database.sql("SELECT DISTINCT kind, key FROM estate_thing WHERE organization = ");
    sql.bind(organization);
    if !sites.is_empty() {
        let ids: Vec<&str> = sites.iter().map(|name| crate::id_of(name)).collect();
        sql.push(" AND (").is_in("site", &ids).push(" OR (kind = 'site' AND ").is_in("id", &ids).push("))");
    }
    let mut facts: Facts = BTreeMap::new();
    for row in database.rows(sql).await? {
        let (kind, key): (String, String) =
            (row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?);
        let fact = match kind.as_str() {
            "site" => "site-type",
            "asset" => "asset-type",
            "interconnect" => "interconnect-kind",
            "essential-user" => "essential-user-category",
            "service" => "service-offered",
            _ => continue,
        };
        facts.entry(fact.to_owned()).or_default().insert(key);
    }
    Ok(facts)
}

/// Which of the ids are known in an organization's estate as things of a kind (`asset`, `site`).
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn known(tx: &mut Transaction, organization: &str, kind: &str, ids: &[&str]) -> Outcome<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let mut sql = tx.sql("SELECT id FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = ").bind(kind).push(" AND ").is_in("id", ids);
    tx.rows(sql).await?.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}
