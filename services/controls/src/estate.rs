//! What this service knows of the asset registry: a projection fed by the registry's feed, so that nothing is asked of it when a
//! control is judged, and controls go on working while the registry is away.

mod projection;

use std::collections::{BTreeMap, HashSet};

use fault::{Fault, Outcome};
use store::{Database, Sql, Transaction};

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
    read(database, sql).await
}

/// The facts that rows of kind and key tell.
async fn read(database: &Database, sql: Sql) -> Outcome<Facts> {
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

/// The facts about the part of an organization's estate that a scope is: what stands at its sites, and its services. What the
/// registry ties to no site here (interconnects, essential users) counts for every scope; a scope that names nothing is the
/// whole estate.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn facts_of(
    database: &Database,
    organization: &str,
    sites: &[String],
    services: &[String],
) -> Outcome<Facts> {
    let ids = |names: &[String]| -> Vec<String> { names.iter().map(|name| crate::id_of(name).to_owned()).collect() };
    let (sites, services) = (ids(sites), ids(services));
    let (sites, services): (Vec<&str>, Vec<&str>) =
        (sites.iter().map(String::as_str).collect(), services.iter().map(String::as_str).collect());
    let mut sql = database.sql("SELECT DISTINCT kind, key FROM estate_thing WHERE organization = ");
    sql.bind(organization);
    if !(sites.is_empty() && services.is_empty()) {
        sql.push(" AND (kind IN ('interconnect', 'essential-user') OR ").is_in("site", &sites);
        sql.push(" OR (kind = 'site' AND ").is_in("id", &sites);
        sql.push(") OR (kind IN ('asset', 'service') AND ").is_in("id", &services).push("))");
    }
    read(database, sql).await
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
