//! What is hit when an asset fails: one indexed query a level of the graph, whatever the size of the estate.

use std::collections::HashMap;

use access::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::{Fault, Outcome};
use wire::assets::v1::{AnalyzeAssetImpactRequest, AnalyzeAssetImpactResponse, Count, ImpactedAsset};
use wire::fault::v1::ErrorReason;

use crate::Registry;
use crate::dependency::{Way, walk};

pub(crate) async fn impact(
    registry: &Registry,
    context: &Context,
    request: &AnalyzeAssetImpactRequest,
) -> Outcome<AnalyzeAssetImpactResponse> {
    let asset = registry.assets.get(context, &request.name).await?;
    let organization = crate::organization_of(&asset.name);
    let size = if request.page_size == 0 { 100 } else { request.page_size.min(1000) };
    // Depth is bounded so that a circle costs at most its own size times the bound; 64 is far beyond any real chain.
    let depth = if request.max_depth == 0 { 64 } else { request.max_depth };
    let reached = walk(registry, organization, &asset.name, Way::Dependents, i64::from(depth), None).await?;
    let after = place(&request.page_token)?;
    let mut names: Vec<(&str, i64)> = reached.iter().map(|(name, step)| (name.as_str(), step.depth)).collect();
    names.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(b.0)));
    let start = names.partition_point(|(name, depth)| (*depth, *name) <= (after.0, after.1.as_str()));
    let page: Vec<(&str, i64)> = names.iter().skip(start).take(usize::try_from(size).unwrap_or(100)).copied().collect();
    let more = start + page.len() < names.len();
    let next_page_token = match page.last().filter(|_| more) {
        Some((name, depth)) => URL_SAFE_NO_PAD.encode(format!("{depth} {name}")),
        None => String::new(),
    };
    let via = |name: &str| reached.get(name).map(|step| step.via.clone()).unwrap_or_default();
    let ids: Vec<&str> = page.iter().map(|(name, _)| crate::id_of(name)).collect();
    let found = registry
        .assets
        .find(organization, |sql| {
            sql.is_in("id", &ids);
        })
        .await?;
    let assets = page
        .iter()
        .filter_map(|(name, depth)| {
            let asset = found.iter().find(|asset| asset.name == *name)?;
            Some(ImpactedAsset {
                asset: asset.name.clone(),
                display_name: asset.display_name.clone(),
                r#type: asset.r#type.clone(),
                depth: i32::try_from(*depth).unwrap_or(i32::MAX),
                via: via(name),
                effective_value: asset.effective_value,
            })
        })
        .collect();
    let all: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let (types, sites, greatest_value) = counts(registry, organization, &all).await?;
    let total = i64::try_from(reached.len()).unwrap_or(i64::MAX);
    let behind = super::subscribers::behind(registry, organization, &asset.name, &all).await?;
    Ok(AnalyzeAssetImpactResponse {
        assets,
        next_page_token,
        total,
        types,
        sites,
        greatest_value,
        subscribers: behind.subscribers,
        services_total: behind.services,
        services: behind.largest,
    })
}

/// How many of each type and at each site, and the greatest value among them.
async fn counts(registry: &Registry, organization: &str, names: &[&str]) -> Outcome<(Vec<Count>, Vec<Count>, f64)> {
    let (mut types, mut sites, mut greatest) = (HashMap::new(), HashMap::new(), 0.0_f64);
    for chunk in names.chunks(5000) {
        let ids: Vec<&str> = chunk.iter().map(|name| crate::id_of(name)).collect();
        // Joined to nothing, so that SQLite finds the ids by their index instead of reading all assets by the index of the type.
        let mut sql = registry
            .database
            .sql("SELECT type || '', site, COUNT(*), MAX(effective_value) FROM asset WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &ids).push(" GROUP BY type || '', site");
        for row in registry.database.rows(sql).await? {
            let count: i64 = row.try_get_by_index(2).map_err(Fault::defect)?;
            *types.entry(row.try_get_by_index::<String>(0).map_err(Fault::defect)?).or_insert(0) += count;
            *sites.entry(row.try_get_by_index::<String>(1).map_err(Fault::defect)?).or_insert(0) += count;
            greatest = greatest.max(row.try_get_by_index(3).map_err(Fault::defect)?);
        }
    }
    Ok((crate::most_frequent(types, 1000), crate::most_frequent(sites, 100), greatest))
}

fn place(token: &str) -> Outcome<(i64, String)> {
    if token.is_empty() {
        return Ok((0, String::new()));
    }
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    let place = parts.and_then(|(depth, name)| Some((depth.parse().ok()?, name.to_owned())));
    place.ok_or_else(|| {
        let message = "the page token was not made by this call: take the next_page_token of the page before";
        Fault::invalid(ErrorReason::PageTokenInvalid, message).on("page_token")
    })
}
