//! What lies around an asset, for drawing: one indexed statement a level and way, one for the assets, one for the edges.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::assets::v1::explore_asset_neighbourhood_request::Direction;
use wire::assets::v1::{
    Asset, ExploreAssetNeighbourhoodRequest, ExploreAssetNeighbourhoodResponse, NeighbourhoodAsset,
    NeighbourhoodDependency,
};

use crate::dependency::{Way, around, name};
use crate::{Registry, id_of, taxonomy};

/// How many dependencies are told at most.
const MOST_DEPENDENCIES: usize = 10_000;

pub(crate) async fn explore(
    registry: &Registry,
    context: &Context,
    request: &ExploreAssetNeighbourhoodRequest,
) -> Outcome<ExploreAssetNeighbourhoodResponse> {
    let start = registry.assets.get(context, &request.name).await?;
    let organization = crate::organization_of(&start.name);
    let depth = i64::from(if request.max_depth == 0 { 3 } else { request.max_depth });
    let most = usize::try_from(if request.max_assets == 0 { 300 } else { request.max_assets }).unwrap_or(300);
    let mut levels: HashMap<String, i64> = HashMap::new();
    let ways: &[Way] = match request.direction() {
        Direction::Dependents => &[Way::Dependents],
        Direction::Supporting => &[Way::Supporting],
        Direction::Unspecified => &[Way::Supporting, Way::Dependents],
    };
    for way in ways {
        let sign = if *way == Way::Dependents { -1 } else { 1 };
        for step in around(registry, &start.name, *way, depth).await?.reached() {
            let level = levels.entry(name(organization, &step.id)).or_insert(i64::MAX);
            if step.depth < level.abs() {
                *level = sign * step.depth;
            }
        }
    }
    let total = i64::try_from(levels.len()).unwrap_or(i64::MAX).saturating_add(1);
    let mut assets = vec![told(&start, 0)];
    assets.extend(nearest(registry, organization, &levels, most.saturating_sub(1)).await?);
    let names: Vec<&str> = assets.iter().map(|asset| asset.asset.as_str()).collect();
    let (dependencies, dependencies_cut) = between(registry, organization, &names).await?;
    Ok(ExploreAssetNeighbourhoodResponse { assets, dependencies, total, dependencies_cut })
}

/// The nearest assets, as many as are wished. Of the last level that does not go in whole, the most valuable.
async fn nearest(
    registry: &Registry,
    organization: &str,
    levels: &HashMap<String, i64>,
    most: usize,
) -> Outcome<Vec<NeighbourhoodAsset>> {
    let mut by_distance: Vec<(i64, &str)> = levels.iter().map(|(name, level)| (level.abs(), name.as_str())).collect();
    by_distance.sort_unstable();
    // The first level that does not go in whole, if there is one, begins after these.
    let beyond = by_distance.get(most).map_or(i64::MAX, |(distance, _)| *distance);
    let whole = by_distance.partition_point(|(distance, _)| *distance < beyond);
    let ids = |part: &[(i64, &str)]| part.iter().map(|(_, name)| id_of(name).to_owned()).collect::<Vec<String>>();
    let (within, at) = by_distance.split_at(whole);
    let at = at.split_at(at.partition_point(|(distance, _)| *distance <= beyond)).0;
    let mut found = Vec::with_capacity(most.min(by_distance.len()));
    for (ids, least) in [(ids(within), whole), (ids(at), most.min(by_distance.len()) - whole)] {
        if ids.is_empty() || least == 0 {
            continue;
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let least = i64::try_from(least).unwrap_or(i64::MAX);
        let assets = registry.assets.find(organization, |sql| {
            // A sum, so that SQLite finds the ids by their index instead of reading all assets by the index of the value.
            sql.is_in("id", &ids).push(" ORDER BY effective_value + 0.0 DESC, id LIMIT ").bind(least);
        });
        found.extend(assets.await?);
    }
    let mut told: Vec<NeighbourhoodAsset> =
        found.iter().map(|asset| told(asset, levels.get(&asset.name).copied().unwrap_or_default())).collect();
    told.sort_by(|a, b| {
        let nearer = a.level.abs().cmp(&b.level.abs()).then(a.level.cmp(&b.level));
        nearer.then(b.effective_value.total_cmp(&a.effective_value)).then_with(|| a.asset.cmp(&b.asset))
    });
    Ok(told)
}

fn told(asset: &Asset, level: i64) -> NeighbourhoodAsset {
    NeighbourhoodAsset {
        asset: asset.name.clone(),
        display_name: asset.display_name.clone(),
        r#type: asset.r#type.clone(),
        site: asset.site.clone(),
        effective_value: asset.effective_value,
        grade: asset.grade,
        level: i32::try_from(level).unwrap_or_default(),
    }
}

/// The dependencies between assets, and whether there are more.
async fn between(
    registry: &Registry,
    organization: &str,
    names: &[&str],
) -> Outcome<(Vec<NeighbourhoodDependency>, bool)> {
    let mut sql = registry.database.sql("SELECT id, dependent, supporting, kind FROM dependency WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("dependent", names).push(" AND ").is_in("supporting", names);
    sql.push(&format!(" ORDER BY dependent, supporting, id LIMIT {}", MOST_DEPENDENCIES + 1));
    let rows = registry.database.rows(sql).await?;
    let told = rows.iter().take(MOST_DEPENDENCIES).map(|row| {
        let text = |index| row.try_get_by_index::<String>(index).map_err(Fault::defect);
        let kind = text(3)?;
        Ok(NeighbourhoodDependency {
            dependency: format!("organizations/{organization}/dependencies/{}", text(0)?),
            dependent: text(1)?,
            supporting: text(2)?,
            carries_value: taxonomy::dependency_kinds().get(&kind).copied().unwrap_or(true),
            kind,
        })
    });
    Ok((told.collect::<Outcome<Vec<_>>>()?, rows.len() > MOST_DEPENDENCIES))
}
