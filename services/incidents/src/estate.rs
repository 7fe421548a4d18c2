//! What this service knows of the asset registry: a projection fed by the registry's feed, so that nothing is asked of it while signals come in, and they
//! go on coming in while it is away.

mod projection;

use std::collections::{BTreeSet, HashMap, HashSet};

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::{Sql, Transaction};

pub(crate) use projection::{KINDS, Projection};

/// An asset, as the registry knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    /// Its id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) display_name: String,
    /// The id of its site; may be empty.
    pub(crate) site: String,
    /// Its effective value.
    pub(crate) value: f64,
    /// Its grade, 1 the highest; 0 where it has none.
    pub(crate) grade: i64,
}

/// What a source says that something is about: the source, and the device as it calls it.
pub(crate) type Told = (String, String);

/// How many assets are looked at, at most, for who is behind one: past them the number says "very many" anyway.
const MOST_BEHIND: usize = 10_000;

/// The assets that devices are, as far as they are known and no two could be meant. A name that the same source gives goes before all others.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn resolve(
    tx: &mut Transaction,
    organization: &str,
    told: &BTreeSet<Told>,
) -> Outcome<HashMap<Told, Known>> {
    let names: BTreeSet<String> = told.iter().map(|(_, device)| device.to_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sql = tx.sql("SELECT name, system, asset FROM estate_name WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("name", &names);
    let mut candidates: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for row in tx.rows(sql).await? {
        candidates.entry(text(&row, 0)?).or_default().push((text(&row, 1)?, text(&row, 2)?));
    }
    let meant = told.iter().filter_map(|one| {
        let (source, device) = one;
        let found = candidates.get(&device.to_lowercase())?;
        let only = |of: &dyn Fn(&str) -> bool| {
            let assets: BTreeSet<&str> =
                found.iter().filter(|(system, _)| of(system)).map(|(_, asset)| asset.as_str()).collect();
            (assets.len() == 1).then(|| assets.into_iter().next()).flatten().map(str::to_owned)
        };
        let asset = only(&|system| system == source).or_else(|| only(&|_| true))?;
        Some((one.clone(), asset))
    });
    let meant: Vec<(Told, String)> = meant.collect();
    let ids: BTreeSet<&str> = meant.iter().map(|(_, asset)| asset.as_str()).collect();
    let known = assets(tx, organization, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(meant.into_iter().filter_map(|(one, asset)| Some((one, known.get(&asset)?.clone()))).collect())
}

/// Assets by id.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn assets(tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<HashMap<String, Known>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT id, display_name, site, value, grade FROM estate_asset WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("id", ids);
    let read = |row: &QueryResult| {
        let value = row.try_get_by_index(3).map_err(Fault::defect)?;
        let grade = row.try_get_by_index(4).map_err(Fault::defect)?;
        let known = Known { id: text(row, 0)?, display_name: text(row, 1)?, site: text(row, 2)?, value, grade };
        Ok((known.id.clone(), known))
    };
    tx.rows(sql).await?.iter().map(read).collect()
}

/// What touches any of these assets, whichever of the two depends: pairs of ids, at most so many.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn links(
    tx: &mut Transaction,
    organization: &str,
    ids: &[&str],
    most: usize,
) -> Outcome<Vec<(String, String)>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for (mine, other) in [("dependent", "supporting"), ("supporting", "dependent")] {
        let mut sql = tx.sql(format!("SELECT {mine}, {other} FROM estate_link WHERE organization = "));
        sql.bind(organization).push(" AND ").is_in(mine, ids);
        sql.push(&format!(" ORDER BY {mine}, {other} LIMIT ")).bind(most);
        found.extend(pairs(tx, sql).await?);
    }
    Ok(found)
}

/// How many subscribers are behind an asset: its own and those of everything that depends on it, each asset counted once.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn users_behind(tx: &mut Transaction, organization: &str, asset: &str) -> Outcome<i64> {
    let mut seen: HashSet<String> = HashSet::from([asset.to_owned()]);
    let mut level = vec![asset.to_owned()];
    let mut users: i64 = 0;
    while !level.is_empty() && seen.len() <= MOST_BEHIND {
        let ids: Vec<&str> = level.iter().map(String::as_str).collect();
        let mut sql =
            tx.sql("SELECT CAST(COALESCE(SUM(subscribers), 0) AS BIGINT) FROM estate_asset WHERE organization = ");
        sql.bind(organization).push(" AND subscribers > 0 AND ").is_in("id", &ids);
        let row = tx.row(sql).await?;
        users = users.saturating_add(row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?);
        let mut sql = tx.sql("SELECT supporting, dependent FROM estate_link WHERE organization = ");
        sql.bind(organization).push(" AND kind <> 'adjacent' AND ").is_in("supporting", &ids);
        sql.push(" ORDER BY supporting, dependent LIMIT ").bind(i64::try_from(MOST_BEHIND).unwrap_or(i64::MAX));
        let further = pairs(tx, sql).await?;
        level = further.into_iter().map(|(_, dependent)| dependent).filter(|id| seen.insert(id.clone())).collect();
    }
    Ok(users)
}

async fn pairs(tx: &mut Transaction, sql: Sql) -> Outcome<Vec<(String, String)>> {
    tx.rows(sql).await?.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect()
}

pub(crate) fn text(row: &QueryResult, index: usize) -> Outcome<String> {
    row.try_get_by_index(index).map_err(Fault::defect)
}
