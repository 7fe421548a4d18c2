//! Assets found by what another system or the network calls them.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::assets::v1::{ErrorReason, LookupAssetsRequest, LookupAssetsResponse, LookupMatch};

use crate::asset::network::{self, Probes};
use crate::{Registry, enter};

/// How many assets a look-up tells.
const MOST: usize = 100;

/// How many identifiers an asset has at most.
const RANGES: usize = 256;

/// Up to this many identifiers are read as they come and put in order here.
const FEW: usize = 1000;

pub(crate) async fn lookup(
    registry: &Registry,
    context: &Context,
    request: &LookupAssetsRequest,
) -> Outcome<LookupAssetsResponse> {
    let organization = enter(context, &request.parent)?;
    let probes = match (&request.external_id, request.network_identifier.as_str()) {
        (Some(external), "") => {
            let found = by_external_id(registry, &organization, &external.system, &external.value).await?;
            return answer(registry, &organization, found).await;
        }
        (None, text) if !text.is_empty() => {
            let refused =
                |error: String| Fault::invalid(ErrorReason::NetworkIdentifierInvalid, error).on("network_identifier");
            network::probes(Some(request.kind()), text).map_err(refused)?
        }
        _ => {
            let message = "give an external_id or a network_identifier, and only one of them";
            return Err(Fault::invalid(ErrorReason::LookupEmpty, message).on("network_identifier"));
        }
    };
    let mut found: Vec<Found> = Vec::new();
    for probes in &probes {
        let mut these = kept(registry, &organization, probes).await?;
        if these.len() > FEW {
            these = closest(registry, &organization, probes).await?;
        }
        found.extend(these);
    }
    found.sort();
    answer(registry, &organization, found.into_iter().map(|found| (found.id, found.matched)).collect()).await
}

/// An identifier that holds what is looked up; the closest first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    breadth: u128,
    /// Where its key stands among those looked under: equally close kinds in their order.
    place: usize,
    id: String,
    matched: String,
}

/// What is kept under the keys: at most one more than [`FEW`], in no order.
async fn kept(registry: &Registry, organization: &str, probes: &Probes) -> Outcome<Vec<Found>> {
    let wanted: Vec<&str> = probes.keys.iter().map(String::as_str).collect();
    let mut sql = registry.database.sql("SELECT id, \"key\", \"value\" FROM asset_network_key k WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("\"key\"", &wanted);
    to_its_end(&mut sql, probes);
    sql.push(&format!(" LIMIT {}", FEW + 1));
    read(registry, sql, probes).await
}

/// Where much is kept under the same keys: of each key enough that the closest [`MOST`] assets are among them. An asset has at
/// most [`RANGES`] identifiers, so that is how often it may stand under a key of numbers; under another it stands once.
async fn closest(registry: &Registry, organization: &str, probes: &Probes) -> Outcome<Vec<Found>> {
    let mut sql = registry.database.sql("");
    for (index, key) in probes.keys.iter().enumerate() {
        sql.push(if index > 0 { " UNION ALL " } else { "" });
        sql.push(
            "SELECT * FROM (SELECT DISTINCT \"value\", id, \"key\" FROM asset_network_key k WHERE organization = ",
        );
        sql.bind(organization).push(" AND \"key\" = ").bind(key.as_str());
        to_its_end(&mut sql, probes);
        let most = if network::is_number(key) { MOST * RANGES } else { MOST };
        sql.push(&format!(" ORDER BY \"value\", id LIMIT {most}) AS of_key_{index}"));
    }
    read(registry, sql, probes).await
}

/// Keeps those that also hold the end of the range that is looked up.
fn to_its_end(sql: &mut store::Sql, probes: &Probes) {
    if !probes.ends.is_empty() {
        let ends: Vec<&str> = probes.ends.iter().map(String::as_str).collect();
        sql.push(
            " AND EXISTS (SELECT 1 FROM asset_network_key e WHERE e.organization = k.organization AND e.id = k.id",
        );
        sql.push(" AND e.\"value\" = k.\"value\" AND ").is_in("e.\"key\"", &ends).push(")");
    }
}

async fn read(registry: &Registry, sql: store::Sql, probes: &Probes) -> Outcome<Vec<Found>> {
    let place: HashMap<&str, usize> = probes.keys.iter().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
    let rows = registry.database.rows(sql).await?;
    let found = rows.iter().map(|row| {
        let text = |column| row.try_get::<String>("", column).map_err(Fault::defect);
        let (key, matched) = (text("key")?, text("value")?);
        let place = place.get(key.as_str()).copied().unwrap_or(usize::MAX);
        Ok(Found { breadth: network::breadth(&key, &matched), place, id: text("id")?, matched })
    });
    found.collect()
}

async fn by_external_id(
    registry: &Registry,
    organization: &str,
    system: &str,
    value: &str,
) -> Outcome<Vec<(String, String)>> {
    let mut sql = registry.database.sql("SELECT id FROM asset_external_id WHERE organization = ");
    sql.bind(organization).push(" AND \"system\" = ").bind(system).push(" AND \"value\" = ").bind(value);
    let rows = registry.database.rows(sql).await?;
    let matched = |id| (id, format!("{system} {value}"));
    rows.iter().map(|row| row.try_get_by_index(0).map(matched).map_err(Fault::defect)).collect()
}

async fn answer(
    registry: &Registry,
    organization: &str,
    found: Vec<(String, String)>,
) -> Outcome<LookupAssetsResponse> {
    let mut order: Vec<(String, String)> = Vec::new();
    for (id, matched) in found {
        if order.len() < MOST && !order.iter().any(|(known, _)| *known == id) {
            order.push((id, matched));
        }
    }
    let ids: Vec<&str> = order.iter().map(|(id, _)| id.as_str()).collect();
    let assets = registry
        .assets
        .find(organization, |sql| {
            sql.is_in("id", &ids);
        })
        .await?;
    let mut by_id: HashMap<String, _> =
        assets.into_iter().map(|asset| (crate::id_of(&asset.name).to_owned(), asset)).collect();
    let matches = order.into_iter().map(|(id, matched)| LookupMatch { asset: by_id.remove(&id), matched });
    Ok(LookupAssetsResponse { matches: matches.filter(|found| found.asset.is_some()).collect() })
}
