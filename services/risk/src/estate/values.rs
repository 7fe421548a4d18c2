//! What assets, and the assets of selectors, are worth.

use std::collections::HashMap;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::{Sql, Transaction};

/// The values of assets by id; those that are not known, or have retired, are left out.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn asset_values(
    tx: &mut Transaction,
    organization: &str,
    ids: &[&str],
) -> Outcome<HashMap<String, f64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT id, value FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = 'asset' AND ").is_in("id", ids);
    valued(tx, sql).await
}

/// The greatest value among the assets of selectors, by id; selectors that are not known are left out, one without assets is worth 0. What was
/// found is kept until something about the selector changes ([`forget`]); whoever calls this holds the tie of the organization.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn selector_values(
    tx: &mut Transaction,
    organization: &str,
    ids: &[&str],
) -> Outcome<HashMap<String, f64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT selector, value FROM estate_selector_value WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("selector", ids);
    let mut known = valued(tx, sql).await?;
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !known.contains_key(*id)).collect();
    if unknown.is_empty() {
        return Ok(known);
    }
    let mut sql = tx.sql("SELECT id, value FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = 'selector' AND ").is_in("id", &unknown);
    let mut found = valued(tx, sql).await?;
    let mut sql = tx.sql(
        "SELECT m.selector, MAX(t.value) FROM estate_membership m JOIN estate_thing t \
         ON t.organization = m.organization AND t.kind = 'asset' AND t.id = m.asset WHERE m.organization = ",
    );
    sql.bind(organization).push(" AND ").is_in("m.selector", &unknown).push(" GROUP BY m.selector");
    for (selector, value) in valued(tx, sql).await? {
        found.entry(selector).and_modify(|known| *known = value);
    }
    let rows = found.iter().map(|(id, value)| vec![organization.into(), id.as_str().into(), (*value).into()]).collect();
    tx.insert("estate_selector_value", &["organization", "selector", "value"], rows).await?;
    known.extend(found);
    Ok(known)
}

/// Forgets what the assets of selectors are worth.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn forget(tx: &mut Transaction, organization: &str, selectors: &[&str]) -> Outcome<()> {
    if selectors.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql("DELETE FROM estate_selector_value WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("selector", selectors);
    tx.run(sql).await.map(drop)
}

/// Rows of an id and a value.
async fn valued(tx: &mut Transaction, sql: Sql) -> Outcome<HashMap<String, f64>> {
    let read = |row: &QueryResult| {
        let id: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        Ok((id, row.try_get_by_index(1).map_err(Fault::defect)?))
    };
    tx.rows(sql).await?.iter().map(read).collect()
}
