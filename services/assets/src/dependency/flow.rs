//! The database side of what is inherited, values and recovery objectives: which part of the graph is affected, and what it becomes.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::Transaction;
use wire::assets::v1::{Dependency, ErrorReason};

use super::graph::Graph;
use super::walk::{Way, back, walk};
use crate::asset::recovery::{self, Objective};
use crate::{Registry, id_of, taxonomy};

/// The condition that an edge carries value: ` AND alias.kind NOT IN ('adjacent')`. Kinds are ours, not callers' text.
pub(crate) fn flowing(alias: &str) -> String {
    let still: Vec<String> = taxonomy::dependency_kinds()
        .iter()
        .filter(|(_, inherits)| !**inherits)
        .map(|(kind, _)| format!("'{kind}'"))
        .collect();
    format!(" AND {alias}.kind NOT IN ({})", still.join(", "))
}

/// Lets one transaction at a time work out the values of an organization, until it ends. Who claimed an asset has it already
/// (`locks.rs`).
async fn alone(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    crate::locks::values(tx, organization).await
}

/// Values and objectives flow anew out of assets (named in full) of which either changed.
pub(crate) async fn flow_from(tx: &mut Transaction, organization: &str, changed: Vec<String>) -> Outcome<()> {
    if changed.is_empty() {
        return Ok(());
    }
    if tx.is_bulk() {
        // What supports them is found when the load ends; till then others may work out values.
        return flow_into(tx, organization, changed).await;
    }
    alone(tx, organization).await?;
    let seeds = supporting(tx, organization, &changed).await?;
    flow_into(tx, organization, seeds).await
}

/// What directly supports any of the assets, by dependencies that carry value; an asset may come several times. To ask for
/// distinct ones, or for an order, would make SQLite read every dependency of the organization by the index that has it.
async fn supporting(tx: &mut Transaction, organization: &str, of: &[String]) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for chunk in of.chunks(5000) {
        let names: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let mut sql = tx.sql("SELECT supporting FROM dependency d WHERE d.organization = ");
        sql.bind(organization).push(&flowing("d")).push(" AND ").is_in("d.dependent", &names);
        for row in tx.rows(sql).await? {
            found.push(text(&row, 0)?);
        }
    }
    Ok(found)
}

/// Value flows anew into assets (named in full) and all that support them. In a bulk load this is put off: the names wait
/// in a table, written in the same transaction, until the load ends or the service starts again.
pub(crate) async fn flow_into(tx: &mut Transaction, organization: &str, seeds: Vec<String>) -> Outcome<()> {
    let seeds: HashSet<String> = seeds.into_iter().collect();
    if seeds.is_empty() {
        return Ok(());
    }
    if !tx.is_bulk() {
        alone(tx, organization).await?;
        return revalue(tx, organization.to_owned(), seeds).await.map(|_| ());
    }
    let waiting = seeds.into_iter().map(|name| vec![organization.into(), name.into()]).collect();
    tx.insert("valuation_queue", &["organization", "asset"], waiting).await
}

/// Gives the assets that wait for it their inherited values. Gives how many changed.
pub(crate) async fn drain(tx: &mut Transaction, organization: &str) -> Outcome<u64> {
    alone(tx, organization).await?;
    // Taken, not read and later removed: what another load adds meanwhile stays for its own end.
    let mut sql = tx.sql("DELETE FROM valuation_queue WHERE organization = ");
    sql.bind(organization).push(" RETURNING asset");
    let seeds = tx.rows(sql).await?.iter().map(|row| text(row, 0)).collect::<Outcome<HashSet<_>>>()?;
    if seeds.is_empty() {
        return Ok(0);
    }
    revalue(tx, organization.to_owned(), seeds).await
}

/// Boxed, since changing assets may ask for revaluation, and the compiler cannot see that it asks in vain.
fn revalue(
    tx: &mut Transaction,
    organization: String,
    seeds: HashSet<String>,
) -> Pin<Box<dyn Future<Output = Outcome<u64>> + Send + '_>> {
    Box::pin(async move {
        let affected = closure(tx, &organization, seeds).await?;
        let graph = Graph::load(tx, &organization, affected).await?;
        let values = graph.values.becomes(&graph);
        let objectives = Objective::ALL.map(|objective| (objective, graph.objectives(objective).becomes(&graph)));
        let names: HashSet<&str> =
            values.keys().chain(objectives.iter().flat_map(|(_, becomes)| becomes.keys())).copied().collect();
        let mut ids: Vec<&str> = names.into_iter().map(id_of).collect();
        ids.sort_unstable();
        let assets = crate::asset::register(tx.database());
        assets
            .change_allowed(tx, &organization, &ids, |old, new| {
                if let Some(becomes) = values.get(old.name.as_str()) {
                    let (value, from) = becomes.map_or((0.0, ""), |(value, from)| (value.0, from));
                    new.inherited_value = value;
                    from.clone_into(&mut new.inherited_from);
                }
                for (objective, becomes) in &objectives {
                    if let Some(becomes) = becomes.get(old.name.as_str()) {
                        recovery::inherit(new, *objective, becomes.map(|(seconds, from)| (seconds.0, from)));
                    }
                }
            })
            .await
    })
}

/// The seeds and everything that supports them, directly or through others.
async fn closure(tx: &mut Transaction, organization: &str, seeds: HashSet<String>) -> Outcome<HashSet<String>> {
    let mut level: Vec<String> = seeds.iter().cloned().collect();
    let mut reached = seeds;
    while !level.is_empty() {
        level = supporting(tx, organization, &level).await?;
        level.retain(|name| reached.insert(name.clone()));
    }
    Ok(reached)
}

/// Refuses an edge that would close a circle, and tells the way around.
pub(super) async fn refuse_circle(registry: &Registry, organization: &str, edge: &Dependency) -> Outcome<()> {
    if edge.dependent == edge.supporting || !taxonomy::dependency_kinds().get(&edge.kind).copied().unwrap_or(true) {
        return Ok(());
    }
    let reached =
        walk(registry, organization, &edge.supporting, Way::Supporting, i64::MAX, Some(&edge.dependent)).await?;
    let way = back(&reached, &edge.dependent);
    if way.is_empty() {
        return Ok(());
    }
    let around = way.iter().map(|(name, _)| *name).chain([edge.supporting.as_str(), edge.dependent.as_str()]);
    let way: Vec<&str> = around.collect();
    let path: Vec<&str> = way.iter().rev().map(|name| id_of(name)).collect();
    let path = path.join(" > ");
    let message = format!(
        "the dependency would close the circle {path}: leave it out, or set allow_cycle where these assets really support each other"
    );
    Err(Fault::precondition(ErrorReason::DependencyCycle, message).with("path", path).on("dependency.supporting"))
}

pub(super) fn text(row: &QueryResult, index: usize) -> Outcome<String> {
    row.try_get_by_index(index).map_err(Fault::defect)
}
