//! Which asset of the registry an exposure is: the one with its address, else with one of its names, else with the longest prefix around its
//! address. Asked for many at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use fault::{Fault, Outcome};
use ipnet::IpNet;
use sea_orm::QueryResult;
use store::{Choice as _, Collection, Sql, Transaction};
use wire::assets::v1::network_identifier::Kind;
use wire::risk::v1::Exposure;
use wire::risk::v1::exposure::{Match, State};

use super::{Exposures, host, rules};
use crate::id_of;

/// How many prefixes one statement looks into.
const PREFIXES: usize = 200;

/// What the registry knows by addresses, names and prefixes: names of assets.
#[derive(Debug, Default)]
pub(super) struct Registered {
    addresses: HashMap<String, String>,
    names: HashMap<String, String>,
    prefixes: HashMap<String, String>,
}

impl Registered {
    /// The asset that an exposure is, and by what it was found.
    pub(super) fn of(&self, exposure: &Exposure) -> Option<(&str, Match)> {
        let address = self.addresses.get(&exposure.ip).map(|asset| (asset.as_str(), Match::Ip));
        address
            .or_else(|| {
                rules::names(exposure).find_map(|name| self.names.get(name)).map(|asset| (asset.as_str(), Match::Fqdn))
            })
            .or_else(|| {
                let around = host::address(&exposure.ip).map(host::around).unwrap_or_default();
                around.iter().find_map(|prefix| self.prefixes.get(prefix)).map(|asset| (asset.as_str(), Match::Prefix))
            })
    }
}

/// What the registry knows by the addresses and names of exposures: three questions, however many they are.
pub(super) async fn registered(
    tx: &mut Transaction,
    organization: &str,
    exposures: &[&Exposure],
) -> Outcome<Registered> {
    let addresses: BTreeSet<&str> = exposures.iter().map(|one| one.ip.as_str()).filter(|ip| !ip.is_empty()).collect();
    let names: BTreeSet<&str> = exposures.iter().flat_map(|one| rules::names(one)).collect();
    let around: BTreeSet<String> = addresses.iter().filter_map(|ip| host::address(ip)).flat_map(host::around).collect();
    Ok(Registered {
        addresses: known_by(tx, organization, Kind::Ip, addresses.into_iter()).await?,
        names: known_by(tx, organization, Kind::Fqdn, names.into_iter()).await?,
        prefixes: known_by(tx, organization, Kind::Prefix, around.iter().map(String::as_str)).await?,
    })
}

/// By identifier of a kind, the name of the asset; of several the first by id, so that it is always the same.
async fn known_by(
    tx: &mut Transaction,
    organization: &str,
    kind: Kind,
    values: impl Iterator<Item = &str>,
) -> Outcome<HashMap<String, String>> {
    let values: Vec<&str> = values.collect();
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT value, MIN(asset) FROM estate_identifier WHERE organization = ");
    sql.bind(organization).push(" AND kind = ").bind(kind.text()).push(" AND ").is_in("value", &values);
    sql.push(" GROUP BY value");
    let rows = tx.rows(sql).await?;
    rows.iter().map(|row| Ok((text(row, 0)?, name_of(organization, &text(row, 1)?)))).collect()
}

/// The values of assets, by id; those that are not known are left out.
pub(super) async fn values(tx: &mut Transaction, organization: &str, assets: &[&str]) -> Outcome<HashMap<String, f64>> {
    if assets.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT id, value FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = 'asset' AND ").is_in("id", assets);
    let rows = tx.rows(sql).await?;
    rows.iter().map(|row| Ok((text(row, 0)?, row.try_get_by_index(1).map_err(Fault::defect)?))).collect()
}

fn name_of(organization: &str, asset: &str) -> String {
    format!("organizations/{organization}/assets/{asset}")
}

pub(super) fn text(row: &QueryResult, at: usize) -> Outcome<String> {
    row.try_get_by_index(at).map_err(Fault::defect)
}

async fn ids(tx: &mut Transaction, sql: Sql) -> Outcome<Vec<String>> {
    tx.rows(sql).await?.iter().map(|row| text(row, 0)).collect()
}

/// Follows the registry, after what is known of these assets (by id) was written: exposures by which they are known find them, and those
/// that were theirs lose them where they are gone.
///
/// # Errors
/// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
pub(crate) async fn follow(tx: &mut Transaction, organization: &str, assets: &[&str]) -> Outcome<()> {
    let mut sql = tx.sql("SELECT id FROM exposure WHERE organization = ");
    sql.bind(organization).push(" LIMIT 1");
    if assets.is_empty() || tx.row(sql).await?.is_none() {
        return Ok(());
    }
    let touched = touched(tx, organization, assets).await?;
    let all: Vec<&str> = touched.iter().map(String::as_str).collect();
    let exposures = Collection::<Exposures>::new(tx.database().clone());
    for portion in all.chunks(1000) {
        let rows = exposures.load(tx, organization, portion).await?;
        let registered = registered(tx, organization, &rows.iter().collect::<Vec<_>>()).await?;
        let named: HashSet<&str> = rows.iter().map(|one| id_of(&one.asset)).filter(|id| !id.is_empty()).collect();
        let alive = values(tx, organization, &named.into_iter().collect::<Vec<_>>()).await?;
        let now = tx.context().clock.now();
        let rule = |old: &Exposure, new: &mut Exposure| {
            let alive = alive.contains_key(id_of(&old.asset));
            place(new, registered.of(old), alive, now);
        };
        exposures.change_allowed(tx, organization, portion, rule).await?;
    }
    Ok(())
}

/// The exposures that a change of these assets may touch: those that are theirs, and those by which they are known.
async fn touched(tx: &mut Transaction, organization: &str, assets: &[&str]) -> Outcome<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let names: Vec<String> = assets.iter().map(|id| name_of(organization, id)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    found.extend(exposures_with(tx, organization, "exposure", "asset", &names).await?);
    let mut sql = tx.sql("SELECT kind, value FROM estate_identifier WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("asset", assets);
    let mut by_kind: HashMap<String, Vec<String>> = HashMap::new();
    for row in tx.rows(sql).await? {
        by_kind.entry(text(&row, 0)?).or_default().push(text(&row, 1)?);
    }
    for (kind, table, column) in [(Kind::Ip, "exposure", "ip"), (Kind::Fqdn, "exposure_name", "value")] {
        let values: Vec<&str> = by_kind.get(kind.text()).into_iter().flatten().map(String::as_str).collect();
        found.extend(exposures_with(tx, organization, table, column, &values).await?);
    }
    let prefixes = by_kind.get(Kind::Prefix.text()).into_iter().flatten();
    let prefixes: Vec<IpNet> = prefixes.filter_map(|prefix| host::prefix(prefix)).collect();
    found.extend(within(tx, organization, &prefixes).await?);
    Ok(found)
}

async fn exposures_with(
    tx: &mut Transaction,
    organization: &str,
    table: &str,
    column: &str,
    values: &[&str],
) -> Outcome<Vec<String>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql(format!("SELECT id FROM {table} WHERE organization = "));
    sql.bind(organization).push(" AND ").is_in(column, values);
    ids(tx, sql).await
}

/// The ids of exposures whose addresses lie within prefixes.
pub(super) async fn within(tx: &mut Transaction, organization: &str, prefixes: &[IpNet]) -> Outcome<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for portion in prefixes.chunks(PREFIXES) {
        let mut sql = tx.sql("SELECT id FROM exposure_address WHERE organization = ");
        sql.bind(organization).push(" AND (");
        for (at, (first, last)) in portion.iter().map(host::range).enumerate() {
            sql.push(if at > 0 { " OR (value >= " } else { "(value >= " }).bind(first);
            sql.push(" AND value <= ").bind(last).push(")");
        }
        sql.push(")");
        found.extend(ids(tx, sql).await?);
    }
    Ok(found)
}

/// Puts an exposure where the registry has it now. What somebody claimed stays theirs while the asset is there.
fn place(new: &mut Exposure, found: Option<(&str, Match)>, alive: bool, now: i64) {
    if new.state() == State::Withdrawn {
        return;
    }
    rules::ask_score(new);
    let unclaimed = matches!(new.state(), State::Discovered | State::Unknown) && new.matched_by() != Match::Claim;
    if alive && !unclaimed {
        return;
    }
    let gone = std::mem::take(&mut new.asset);
    let (asset, by) = found.unwrap_or(("", Match::Unspecified));
    asset.clone_into(&mut new.asset);
    new.set_matched_by(by);
    if !alive && !gone.is_empty() && !unclaimed {
        let state = if new.asset.is_empty() { State::Unknown } else { State::Discovered };
        new.case = None;
        rules::enter(new, state, &format!("{gone} left the registry"), now);
    }
}
