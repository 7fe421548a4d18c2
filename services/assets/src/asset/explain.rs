//! Why an asset is worth what it is (X.1057 clause 7.4): its own rating, or what depends on it and by which way.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use wire::assets::v1::asset_policy::ValuationRule;
use wire::assets::v1::{Asset, ExplainAssetValueRequest, ExplainAssetValueResponse, ExplainedObjective, ExplainedStep};

use super::recovery::{self, Objective};
use crate::Registry;
use crate::dependency::{Way, back, walk};

pub(crate) async fn explain(
    registry: &Registry,
    context: &Context,
    request: &ExplainAssetValueRequest,
) -> Outcome<ExplainAssetValueResponse> {
    let asset = registry.assets.get(context, &request.name).await?;
    let organization = crate::organization_of(&asset.name);
    let policy = crate::asset_policy::active_now(registry, organization).await?;
    let path = path(registry, organization, &asset).await?;
    let since = since(registry, &asset).await?;
    let objectives = objectives(registry, organization, &asset).await?;
    let rule = match policy.valuation_rule() {
        ValuationRule::Unspecified => ValuationRule::Sum,
        rule => rule,
    };
    Ok(ExplainAssetValueResponse {
        effective_value: asset.effective_value,
        grade: asset.grade,
        own_value: asset.value,
        rule: rule.into(),
        policy: policy.name,
        confidentiality: asset.confidentiality,
        integrity: asset.integrity,
        availability: asset.availability,
        inherited_value: asset.inherited_value,
        inherited_from: asset.inherited_from,
        path,
        since: store::timestamp(since.at),
        since_method: since.method,
        since_actor: since.actor,
        value_override: asset.value_override,
        objectives,
    })
}

/// The shortest way by which the inherited value comes: from the asset whose value it is to the one asked about.
async fn path(registry: &Registry, organization: &str, asset: &Asset) -> Outcome<Vec<ExplainedStep>> {
    if asset.inherited_from.is_empty() {
        return Ok(Vec::new());
    }
    let source = asset.inherited_from.as_str();
    let reached = walk(registry, organization, &asset.name, Way::Dependents, i64::MAX, Some(source)).await?;
    let way = back(&reached, source);
    if way.is_empty() {
        // The dependencies changed between the two reads; a way that does not begin at the source would be no explanation.
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = way.iter().map(|(name, _)| crate::id_of(name)).chain([crate::id_of(&asset.name)]).collect();
    let found = registry.assets.find(organization, |sql| {
        sql.is_in("id", &ids);
    });
    let known: HashMap<String, Asset> = found.await?.into_iter().map(|asset| (asset.name.clone(), asset)).collect();
    let step = |name: &str, dependency: String, kind: String| {
        let (display_name, value) = known
            .get(name)
            .map(|known| (known.display_name.clone(), super::valuation::flowing(known)))
            .unwrap_or_default();
        ExplainedStep { asset: name.to_owned(), display_name, value, dependency, kind }
    };
    let mut steps: Vec<ExplainedStep> = way
        .iter()
        .map(|(name, on)| {
            let dependency = format!("organizations/{organization}/dependencies/{}", on.dependency);
            step(name, dependency, on.kind.clone())
        })
        .collect();
    steps.push(step(&asset.name, String::new(), String::new()));
    Ok(steps)
}

/// The recovery objectives that the asset has or inherits, with whose they are.
async fn objectives(registry: &Registry, organization: &str, asset: &Asset) -> Outcome<Vec<ExplainedObjective>> {
    let sources: Vec<&str> = Objective::ALL
        .iter()
        .filter_map(|objective| Some(crate::id_of(recovery::inherited(asset, *objective)?.1)))
        .collect();
    let found = match sources.as_slice() {
        [] => Vec::new(),
        ids => {
            let found = registry.assets.find(organization, |sql| {
                sql.is_in("id", ids);
            });
            found.await?
        }
    };
    let explain = |objective: Objective| {
        let (own, inherited) = (recovery::own(asset, objective), recovery::inherited(asset, objective));
        let effective = recovery::effective(asset, objective)?;
        let from = inherited.map(|(_, from)| from).unwrap_or_default();
        let source = found.iter().find(|source| source.name == from);
        Some(ExplainedObjective {
            objective: objective.key().to_owned(),
            own: own.map(recovery::duration),
            inherited: inherited.map(|(seconds, _)| recovery::duration(seconds)),
            inherited_from: from.to_owned(),
            inherited_from_display_name: source.map(|source| source.display_name.clone()).unwrap_or_default(),
            effective: Some(recovery::duration(effective)),
        })
    };
    Ok(Objective::ALL.into_iter().filter_map(explain).collect())
}

/// When the value became what it is, and by whom.
#[derive(Default)]
struct Since {
    at: i64,
    method: String,
    actor: String,
}

async fn since(registry: &Registry, asset: &Asset) -> Outcome<Since> {
    let mut since = Since { at: i64::MIN, ..Since::default() };
    let (mut after, mut value) = (0, None);
    loop {
        let page = registry.database.life(&asset.name, after, 500).await?;
        for (_, entry) in &page {
            let now = Asset::decode(entry.after.as_slice()).map_err(Fault::defect)?.effective_value;
            if value != Some(now) {
                since = Since { at: entry.at, method: entry.method.clone(), actor: entry.actor.clone() };
                value = Some(now);
            }
        }
        match page.last() {
            Some((place, _)) => after = *place,
            None => return Ok(since),
        }
    }
}
