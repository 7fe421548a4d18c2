//! The database side of what is inherited, values and recovery objectives: which part of the graph is affected, and what it becomes.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use fault::{Fault, Outcome};
use store::Transaction;
use wire::assets::v1::{Dependency, ErrorReason};

use super::graph::Graph;
use super::walk::{MOST, Walk, Way, edges_at, id_in, name, text};
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
    let changed: Vec<Arc<str>> = changed.iter().map(|name| id_of(name).into()).collect();
    let found = supporting(tx, organization, &changed).await?;
    let seeds: HashSet<Arc<str>> = found.iter().flat_map(|ids| ids.lines()).map(Arc::from).collect();
    if seeds.is_empty() {
        return Ok(());
    }
    revalue(tx, organization.to_owned(), seeds).await.map(drop)
}

/// What directly supports any of the assets, by dependencies that carry value: ids, of which one may come several times. To ask for
/// distinct ones, or for an order, would make SQLite read every dependency of the organization by the index that has it.
async fn supporting(tx: &mut Transaction, organization: &str, of: &[Arc<str>]) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let column = id_in(organization, "d.supporting");
    for chunk in of.chunks(MOST) {
        let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
        let mut sql = tx.sql("SELECT ");
        sql.lines(&[&column]);
        edges_at(&mut sql, organization, "dependent", &ids);
        found.push(tx.row(sql).await?.map_or(Ok(String::new()), |row| text(&row, 0))?);
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
        let seeds = seeds.iter().map(|name| id_of(name).into()).collect();
        return revalue(tx, organization.to_owned(), seeds).await.map(drop);
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
    let seeds = tx.rows(sql).await?;
    let seeds: HashSet<Arc<str>> = seeds.iter().map(|row| Ok(id_of(&text(row, 0)?).into())).collect::<Outcome<_>>()?;
    if seeds.is_empty() {
        return Ok(0);
    }
    revalue(tx, organization.to_owned(), seeds).await
}

/// Boxed, since changing assets may ask for revaluation, and the compiler cannot see that it asks in vain.
fn revalue(
    tx: &mut Transaction,
    organization: String,
    seeds: HashSet<Arc<str>>,
) -> Pin<Box<dyn Future<Output = Outcome<u64>> + Send + '_>> {
    Box::pin(async move {
        let affected = closure(tx, &organization, seeds).await?;
        let graph = Graph::load(tx, &organization, affected).await?;
        let becomes = graph.becomes();
        let assets = crate::asset::register(tx.database());
        assets
            .change_allowed(tx, &organization, &becomes.ids(), |old, new| {
                let id = id_of(&old.name);
                if let Some(label) = becomes.value(id) {
                    new.inherited_value = label.map_or(0.0, |(value, _)| value);
                    new.inherited_from = label.map(|(_, from)| name(&organization, from)).unwrap_or_default();
                }
                for objective in Objective::ALL {
                    if let Some(label) = becomes.objective(objective, id) {
                        let label = label.map(|(seconds, from)| (seconds, name(&organization, from)));
                        recovery::inherit(
                            new,
                            objective,
                            label.as_ref().map(|(seconds, from)| (*seconds, from.as_str())),
                        );
                    }
                }
            })
            .await
    })
}

/// The seeds and everything that supports them, directly or through others.
async fn closure(tx: &mut Transaction, organization: &str, seeds: HashSet<Arc<str>>) -> Outcome<HashSet<Arc<str>>> {
    let mut level: Vec<Arc<str>> = seeds.iter().cloned().collect();
    let mut reached = seeds;
    while !level.is_empty() {
        let found = supporting(tx, organization, &level).await?;
        level.clear();
        for id in found.iter().flat_map(|ids| ids.lines()) {
            if !reached.contains(id) {
                let id: Arc<str> = id.into();
                reached.insert(Arc::clone(&id));
                level.push(id);
            }
        }
        level.sort_unstable();
    }
    Ok(reached)
}

/// Refuses an edge that would close a circle, and tells the way around.
pub(super) async fn refuse_circle(registry: &Registry, organization: &str, edge: &Dependency) -> Outcome<()> {
    if edge.dependent == edge.supporting || !taxonomy::dependency_kinds().get(&edge.kind).copied().unwrap_or(true) {
        return Ok(());
    }
    if [&edge.dependent, &edge.supporting].iter().any(|name| crate::organization_of(name) != organization) {
        // Refused by name when it is written; nothing is looked up in another organization.
        return Ok(());
    }
    let dependent = id_of(&edge.dependent);
    let mut walk = Walk::new(&edge.supporting, Way::Supporting, false);
    walk.until(&registry.database, dependent).await?;
    let way = walk.back(dependent);
    if way.is_empty() {
        return Ok(());
    }
    let around = way.iter().map(|step| step.id.as_ref()).chain([id_of(&edge.supporting), dependent]);
    let way: Vec<&str> = around.collect();
    let path: Vec<&str> = way.iter().rev().copied().collect();
    let path = path.join(" > ");
    let message = format!(
        "the dependency would close the circle {path}: leave it out, or set allow_cycle where these assets really support each other"
    );
    Err(Fault::precondition(ErrorReason::DependencyCycle, message).with("path", path).on("dependency.supporting"))
}
