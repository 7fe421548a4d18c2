//! What this service knows of the asset registry: a projection fed by the registry's feed, so that nothing is asked of it when a
//! control is judged, and controls go on working while the registry is away.

mod projection;

use std::collections::{BTreeMap, BTreeSet};

use fault::{Fault, Outcome};
use store::Database;

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
        facts.entry(fact.to_owned()).or_insert_with(BTreeSet::new).insert(key);
    }
    Ok(facts)
}

/// How many assets each selector selects, and how often that changed, by the selector's id. A selector that is not known selects
/// nothing, and is left out.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn members(
    database: &Database,
    organization: &str,
    selectors: &BTreeSet<&str>,
) -> Outcome<BTreeMap<String, (i64, i64)>> {
    let ids: Vec<&str> = selectors.iter().copied().collect();
    let mut sql = database.sql("SELECT selector, members, changes FROM estate_selector WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("selector", &ids);
    let mut found = BTreeMap::new();
    for row in database.rows(sql).await? {
        let (selector, members, changes): (String, i64, i64) = (
            row.try_get_by_index(0).map_err(Fault::defect)?,
            row.try_get_by_index(1).map_err(Fault::defect)?,
            row.try_get_by_index(2).map_err(Fault::defect)?,
        );
        found.insert(selector, (members, changes));
    }
    Ok(found)
}

/// How many of the assets of `selector` are among those of any of `others`, by their ids.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn shared(database: &Database, organization: &str, selector: &str, others: &[&str]) -> Outcome<i64> {
    let mut sql =
        database.sql("SELECT COUNT(DISTINCT m.asset) FROM estate_membership AS m JOIN estate_membership AS o ");
    sql.push("ON o.organization = m.organization AND o.asset = m.asset AND ").is_in("o.selector", others);
    sql.push(" WHERE m.organization = ").bind(organization).push(" AND m.selector = ").bind(selector);
    let row = database.row(sql).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
}
