//! What is hit when an asset fails: one indexed query a level of the graph, and one for what stands on it, whatever the size of the
//! estate.

use std::collections::HashMap;
use std::sync::Arc;

use access::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::{Fault, Outcome};
use wire::assets::v1::{AnalyzeAssetImpactRequest, AnalyzeAssetImpactResponse, ImpactedAsset};
use wire::fault::v1::ErrorReason;

use super::subscribers::Behind;
use crate::Registry;
use crate::dependency::{Step, Walk, Way, name};

pub(crate) async fn impact(
    registry: &Registry,
    context: &Context,
    request: &AnalyzeAssetImpactRequest,
) -> Outcome<AnalyzeAssetImpactResponse> {
    let asset = registry.assets.get(context, &request.name).await?;
    let organization = crate::organization_of(&asset.name);
    let size = if request.page_size == 0 { 100 } else { request.page_size.min(1000) };
    let after = place(&request.page_token)?;
    // Depth is bounded so that a circle costs at most its own size times the bound; 64 is far beyond any real chain.
    let depth = if request.max_depth == 0 { 64 } else { request.max_depth };
    let mut walk = Walk::new(&asset.name, Way::Dependents, false);
    let (mut hit, mut level) = (Hit::default(), Vec::new());
    for _ in 0..depth {
        // What stands on a level is counted while the next one is looked for.
        tokio::try_join!(hit.add(registry, organization, &level), walk.advance(&registry.database))?;
        level = walk.level();
        if level.is_empty() {
            break;
        }
    }
    hit.add(registry, organization, &level).await?;
    hit.behind.own(&asset);
    let reached = walk.reached();
    let start = reached
        .partition_point(|step| (step.depth, name(organization, &step.id).as_str()) <= (after.0, after.1.as_str()));
    let page: Vec<&Step> = reached.iter().skip(start).take(usize::try_from(size).unwrap_or(100)).collect();
    let more = start + page.len() < reached.len();
    let next_page_token = match page.last().filter(|_| more) {
        Some(step) => URL_SAFE_NO_PAD.encode(format!("{} {}", step.depth, name(organization, &step.id))),
        None => String::new(),
    };
    let (mut shown, services) =
        tokio::try_join!(shown(registry, organization, &page), hit.behind.largest(registry, organization))?;
    let assets = page.iter().filter_map(|step| {
        let known = shown.remove(step.id.as_ref())?;
        Some(ImpactedAsset {
            asset: name(organization, &step.id),
            depth: i32::try_from(step.depth).unwrap_or(i32::MAX),
            via: walk.via(step),
            ..known
        })
    });
    Ok(AnalyzeAssetImpactResponse {
        assets: assets.collect(),
        next_page_token,
        total: i64::try_from(reached.len()).unwrap_or(i64::MAX),
        types: crate::most_frequent(hit.types, 1000),
        sites: crate::most_frequent(hit.sites, 100),
        greatest_value: hit.greatest,
        subscribers: hit.behind.subscribers,
        services_total: hit.behind.services,
        services,
    })
}

/// What was reached, summed up.
#[derive(Default)]
struct Hit {
    /// How many of each type.
    types: HashMap<String, i64>,
    /// How many at each site.
    sites: HashMap<String, i64>,
    greatest: f64,
    behind: Behind,
}

impl Hit {
    /// Adds assets by their ids.
    async fn add(&mut self, registry: &Registry, organization: &str, ids: &[Arc<str>]) -> Outcome<()> {
        for chunk in ids.chunks(5000) {
            let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
            let mut sql = registry.database.sql("SELECT ");
            sql.lines(&["type", "site", "CASE WHEN subscribers > 0 THEN subscribers || ' ' || id ELSE '' END"]);
            sql.push(", COALESCE(MAX(effective_value), 0.0) FROM asset WHERE organization = ").bind(organization);
            sql.push(" AND ").is_in("id", &ids);
            let Some(row) = registry.database.row(sql).await? else { continue };
            self.greatest = self.greatest.max(row.try_get_by_index(1).map_err(Fault::defect)?);
            let lines: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            let (mut types, mut sites) = (HashMap::<&str, i64>::new(), HashMap::<&str, i64>::new());
            for line in lines.lines() {
                let mut parts = line.split(' ');
                *types.entry(parts.next().unwrap_or_default()).or_default() += 1;
                *sites.entry(parts.next().unwrap_or_default()).or_default() += 1;
                if let (Some(subscribers), Some(id)) = (parts.next().and_then(|text| text.parse().ok()), parts.next()) {
                    self.behind.add(subscribers, id);
                }
            }
            for (all, some) in [(&mut self.types, types), (&mut self.sites, sites)] {
                for (key, count) in some {
                    *all.entry(key.to_owned()).or_default() += count;
                }
            }
        }
        Ok(())
    }
}

/// What a page tells of its assets, by their ids: all but how they were reached.
async fn shown(registry: &Registry, organization: &str, page: &[&Step]) -> Outcome<HashMap<String, ImpactedAsset>> {
    let ids: Vec<&str> = page.iter().map(|step| step.id.as_ref()).collect();
    let mut sql =
        registry.database.sql("SELECT id, display_name, type, effective_value FROM asset WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("id", &ids);
    let rows = registry.database.rows(sql).await?;
    let read = |row: &sea_orm::QueryResult| {
        let known = ImpactedAsset {
            display_name: row.try_get_by_index(1)?,
            r#type: row.try_get_by_index(2)?,
            effective_value: row.try_get_by_index(3)?,
            ..ImpactedAsset::default()
        };
        Ok((row.try_get_by_index(0)?, known))
    };
    rows.iter().map(|row| read(row).map_err(|error: sea_orm::DbErr| Fault::defect(error))).collect()
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
