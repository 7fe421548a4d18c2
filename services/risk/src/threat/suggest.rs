//! Which threats an asset faces, by the segments of the network that its type belongs to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::Resource as _;
use wire::Choice as _;
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::suggest_threats_response::Suggestion;
use wire::risk::v1::threat::Evidence;
use wire::risk::v1::{SuggestThreatsRequest, SuggestThreatsResponse, Threat};

use super::segments;
use crate::threat_catalogue::ThreatCatalogues;
use crate::{Registry, id_of, organization_of};

/// How many come where nothing is said, and at most.
const PAGE: (usize, usize) = (50, 1000);

/// A threat that meets a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    id: String,
    key: String,
    evidence: i32,
    segments: Vec<String>,
}

pub(super) async fn suggest(
    registry: &Registry,
    context: &Context,
    request: &SuggestThreatsRequest,
) -> Outcome<SuggestThreatsResponse> {
    let organization = resource::parse_parent(&request.parent)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
    context.enter(&organization, &request.parent)?;
    let asset_type = asset_type(registry, &organization, request).await?;
    let from = Place::of(request)?;
    let catalogue = catalogue(registry, context, &organization, request).await?;
    let segments = segments::of_type(&asset_type);
    let found = ordered(found(registry, &organization, catalogue.as_deref(), &segments).await?, request.evidence());
    let size = usize::try_from(request.page_size).ok().filter(|size| *size > 0).unwrap_or(PAGE.0).min(PAGE.1);
    let page: Vec<Found> = found.iter().skip(from.0).take(size).cloned().collect();
    let through = from.0 + page.len();
    Ok(SuggestThreatsResponse {
        suggestions: told(registry, &organization, page).await?,
        asset_type,
        segments: segments.into_iter().map(str::to_owned).collect(),
        provisional: segments::provisional(),
        total_size: i32::try_from(found.len()).unwrap_or(i32::MAX),
        next_page_token: if through < found.len() { Place(through).token(request) } else { String::new() },
    })
}

/// The type that is asked about: the asset's, as the registry tells it, else the one that is given.
async fn asset_type(registry: &Registry, organization: &str, request: &SuggestThreatsRequest) -> Outcome<String> {
    let invalid = |message: &str, field: &str| Err(Fault::invalid(House::FieldInvalid, message).on(field.to_owned()));
    match (request.asset.as_str(), request.asset_type.as_str()) {
        ("", "") => return invalid("say of what: give `asset` or `asset_type`", "asset"),
        ("", key) => return Ok(key.to_owned()),
        (_, "") => {}
        _ => return invalid("give `asset` or `asset_type`, and not both", "asset_type"),
    }
    let name = request.asset.as_str();
    let parsed = resource::Name::parse(name, "assets")
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("asset"))?;
    if parsed.organization() != organization {
        return Err(Fault::not_found(name));
    }
    let mut sql = registry.database.sql("SELECT key FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = 'asset' AND id = ").bind(parsed.id());
    let row = registry.database.row(sql).await?.ok_or_else(|| Fault::not_found(name))?;
    row.try_get_by_index(0).map_err(Fault::defect)
}

/// The id of the one catalogue that is asked, where one is.
async fn catalogue(
    registry: &Registry,
    context: &Context,
    organization: &str,
    request: &SuggestThreatsRequest,
) -> Outcome<Option<String>> {
    let name = request.threat_catalogue.as_str();
    if name.is_empty() {
        return Ok(None);
    }
    resource::Name::parse(name, ThreatCatalogues::COLLECTION)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("threat_catalogue"))?;
    if organization_of(name) != organization {
        return Err(Fault::not_found(name));
    }
    registry.threat_catalogues.get(context, name).await?;
    Ok(Some(id_of(name).to_owned()))
}

/// The threats that meet any of the segments and are neither gone nor withdrawn.
async fn found(
    registry: &Registry,
    organization: &str,
    catalogue: Option<&str>,
    segments: &[&str],
) -> Outcome<Vec<Found>> {
    let database = &registry.database;
    let mut sql = database.sql(
        "SELECT t.id, t.key, t.evidence, s.value FROM threat t \
         JOIN threat_architecture_segment s ON s.organization = t.organization AND s.id = t.id WHERE t.organization = ",
    );
    sql.bind(organization).push(" AND t.gone = 0 AND t.revoked = 0 AND t.deprecated = 0 AND ");
    sql.is_in("s.value", segments);
    if let Some(catalogue) = catalogue {
        sql.push(" AND t.id > ").bind(format!("{catalogue}/")).push(" AND t.id < ").bind(format!("{catalogue}0"));
    }
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for row in database.rows(sql).await? {
        let text = |at: usize| row.try_get_by_index::<String>(at).map_err(Fault::defect);
        let (id, key, evidence, segment) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let evidence = Evidence::from_str_name(&evidence).unwrap_or_default().into();
        let one = found.entry(id.clone()).or_insert_with(|| Found { id, key, evidence, segments: Vec::new() });
        one.segments.push(segment);
    }
    Ok(found.into_values().collect())
}

/// Those with at least this evidence, the strongest first, then those that meet most segments, then by key.
fn ordered(mut found: Vec<Found>, least: Evidence) -> Vec<Found> {
    found.retain(|one| one.evidence >= i32::from(least));
    for one in &mut found {
        one.segments.sort();
    }
    found.sort_by(|a, b| {
        let rank = |one: &Found| (Reverse(one.evidence), Reverse(one.segments.len()));
        rank(a).cmp(&rank(b)).then_with(|| a.key.cmp(&b.key)).then_with(|| a.id.cmp(&b.id))
    });
    found
}

/// The threats of a page, as callers see them.
async fn told(registry: &Registry, organization: &str, page: Vec<Found>) -> Outcome<Vec<Suggestion>> {
    let ids: Vec<&str> = page.iter().map(|one| one.id.as_str()).collect();
    let rows = registry.threats.find(organization, |sql| {
        sql.is_in("id", &ids);
    });
    let by_name = |threat: Threat| (threat.name.clone(), threat);
    let threats: HashMap<String, Threat> = rows.await?.into_iter().map(by_name).collect();
    let told = page.into_iter().filter_map(|one| {
        let name = resource::written(organization, super::Threats::COLLECTION, &one.id);
        let threat = threats.get(&name)?;
        Some(Suggestion {
            threat: name,
            key: one.key,
            title: threat.title.clone(),
            evidence: threat.evidence,
            segments: one.segments,
            tactics: threat.tactics.clone(),
        })
    });
    Ok(told.collect())
}

/// How many were shown before this page.
struct Place(usize);

impl Place {
    /// A token holds what was asked, so that it is of no use to another call.
    fn asked(request: &SuggestThreatsRequest) -> String {
        let evidence = request.evidence().text();
        [&request.asset, &request.asset_type, &request.threat_catalogue, evidence].join("|")
    }

    fn of(request: &SuggestThreatsRequest) -> Outcome<Self> {
        if request.page_token.is_empty() {
            return Ok(Self(0));
        }
        let asked = Self::asked(request);
        let rest = request.page_token.strip_prefix(&asked).and_then(|rest| rest.strip_prefix('|')?.parse().ok());
        let message = "the page token was not made by this call: take the next_page_token of the page before";
        rest.map(Self).ok_or_else(|| Fault::invalid(House::PageTokenInvalid, message).on("page_token"))
    }

    fn token(&self, request: &SuggestThreatsRequest) -> String {
        format!("{}|{}", Self::asked(request), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, evidence: Evidence, segments: &[&str]) -> Found {
        Found {
            id: format!("c/{key}"),
            key: key.to_owned(),
            evidence: evidence.into(),
            segments: segments.iter().map(|&segment| segment.to_owned()).collect(),
        }
    }

    #[test]
    fn what_was_seen_comes_first_then_what_meets_most() {
        let all = vec![
            one("a", Evidence::Theoretical, &["RAN", "UE"]),
            one("b", Evidence::Observed, &["RAN"]),
            one("c", Evidence::Observed, &["UE", "RAN"]),
            one("d", Evidence::Unspecified, &["RAN"]),
            one("e", Evidence::ProofOfConcept, &["RAN"]),
        ];
        let keys = |found: Vec<Found>| found.into_iter().map(|one| one.key).collect::<String>();
        assert_eq!(keys(ordered(all.clone(), Evidence::Unspecified)), "cbead");
        assert_eq!(keys(ordered(all, Evidence::ProofOfConcept)), "cbe");
    }
}
