//! Assets found by what another system or the network calls them.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::assets::v1::{ErrorReason, LookupAssetsRequest, LookupAssetsResponse, LookupMatch};

use crate::{Registry, asset::network, enter};

const MOST: usize = 100;

pub(crate) async fn lookup(
    registry: &Registry,
    context: &Context,
    request: &LookupAssetsRequest,
) -> Outcome<LookupAssetsResponse> {
    let organization = enter(context, &request.parent)?;
    let (column, keys) = match (&request.external_id, request.network_identifier.as_str()) {
        (Some(external), "") => {
            let found = by_external_id(registry, &organization, &external.system, &external.value).await?;
            return answer(registry, &organization, found).await;
        }
        (None, text) if !text.is_empty() => {
            let refused =
                |error: String| Fault::invalid(ErrorReason::NetworkIdentifierInvalid, error).on("network_identifier");
            ("\"key\"", network::probes(Some(request.kind()), text).map_err(refused)?)
        }
        _ => {
            let message = "give an external_id or a network_identifier, and only one of them";
            return Err(Fault::invalid(ErrorReason::LookupEmpty, message).on("network_identifier"));
        }
    };
    let wanted: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut sql = registry.database.sql("SELECT id, \"key\", \"value\" FROM asset_network_key WHERE organization = ");
    sql.bind(organization.as_str()).push(" AND ").is_in(column, &wanted).push(" LIMIT 1000");
    let mut found: Vec<(usize, String, String)> = Vec::new();
    for row in registry.database.rows(sql).await? {
        let text = |index| row.try_get_by_index::<String>(index).map_err(Fault::defect);
        let key = text(1)?;
        let closeness = keys.iter().position(|known| *known == key).unwrap_or(usize::MAX);
        found.push((closeness, text(0)?, text(2)?));
    }
    found.sort();
    answer(registry, &organization, found.into_iter().map(|(_, id, matched)| (id, matched)).collect()).await
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
