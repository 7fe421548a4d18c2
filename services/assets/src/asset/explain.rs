//! Why an asset is worth what it is (X.1057 clause 7.4): its own rating, or what depends on it and by which way.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use wire::assets::v1::asset_policy::ValuationRule;
use wire::assets::v1::{Asset, ExplainAssetValueRequest, ExplainAssetValueResponse, ExplainedObjective, ExplainedStep};

use super::recovery::{self, Objective};
use crate::Registry;
use crate::dependency::{Walk, Way, name};

pub(crate) async fn explain(
    registry: &Registry,
    context: &Context,
    request: &ExplainAssetValueRequest,
) -> Outcome<ExplainAssetValueResponse> {
    let asset = registry.assets.get(context, &request.name).await?;
    let organization = crate::organization_of(&asset.name);
    let (policy, path, since, objectives) = tokio::try_join!(
        crate::asset_policy::active_now(registry, organization),
        path(registry, organization, &asset),
        since(registry, &asset),
        objectives(registry, organization, &asset),
    )?;
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
    let mut walk = Walk::new(&asset.name, Way::Dependents, true);
    let source = crate::id_of(&asset.inherited_from);
    walk.until(&registry.database, source).await?;
    let way = walk.back(source);
    if way.is_empty() {
        // The dependencies changed between the two reads; a way that does not begin at the source would be no explanation.
        return Ok(Vec::new());
    }
    let known = valued(registry, organization, way.iter().map(|step| step.id.as_ref())).await?;
    let mut steps: Vec<ExplainedStep> = way
        .iter()
        .map(|step| {
            let (dependency, kind) = step.edge();
            let (display_name, value) = known.get(step.id.as_ref()).cloned().unwrap_or_default();
            ExplainedStep {
                asset: name(organization, &step.id),
                display_name,
                value,
                dependency: format!("organizations/{organization}/dependencies/{dependency}"),
                kind: kind.to_owned(),
            }
        })
        .collect();
    steps.push(ExplainedStep {
        asset: asset.name.clone(),
        display_name: asset.display_name.clone(),
        value: super::valuation::flowing(asset),
        ..ExplainedStep::default()
    });
    Ok(steps)
}

/// What assets are called, and what flows on from each, by their ids.
async fn valued(
    registry: &Registry,
    organization: &str,
    ids: impl Iterator<Item = &str>,
) -> Outcome<HashMap<String, (String, f64)>> {
    let ids: Vec<&str> = ids.collect();
    let mut sql =
        registry.database.sql("SELECT id, display_name, value, value_override FROM asset WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("id", &ids);
    let rows = registry.database.rows(sql).await?;
    let read = |row: &sea_orm::QueryResult| {
        let (value, instead): (f64, f64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        Ok((row.try_get_by_index(0)?, (row.try_get_by_index(1)?, if instead > 0.0 { instead } else { value })))
    };
    rows.iter().map(|row| read(row).map_err(|error: sea_orm::DbErr| Fault::defect(error))).collect()
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
    let (mut since, mut before, mut most) = (Since { at: i64::MIN, ..Since::default() }, i64::MAX, 16);
    let value = |encoded: &[u8]| -> Outcome<f64> { Ok(Asset::decode(encoded).map_err(Fault::defect)?.effective_value) };
    // From the end: what is asked for is as a rule among the newest.
    loop {
        let page = registry.database.life_backwards(&asset.name, before, most).await?;
        for (place, entry) in &page {
            since = Since { at: entry.at, method: entry.method.clone(), actor: entry.actor.clone() };
            if entry.before.is_empty() || value(&entry.before)? != value(&entry.after)? {
                return Ok(since);
            }
            before = *place;
        }
        if i64::try_from(page.len()).unwrap_or_default() < most {
            return Ok(since);
        }
        most = 500;
    }
}
