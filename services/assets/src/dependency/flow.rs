//! The database side of inherited values: which part of the graph is affected, and what it becomes.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::Transaction;
use wire::assets::v1::{Dependency, ErrorReason};

use super::propagate::{Label, Node, inherit};
use super::walk::{Way, back, walk};
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

/// Lets one transaction at a time work out the values of an organization, until it ends. On PostgreSQL two that overlap
/// would each miss the other's edge; SQLite writes one at a time anyway.
async fn alone(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    if tx.database().dialect() == store::Dialect::Postgres {
        let mut sql = tx.sql("SELECT 1 FROM (SELECT pg_advisory_xact_lock(7310602, hashtext(");
        sql.bind(organization).push("))) held");
        tx.rows(sql).await?;
    }
    Ok(())
}

/// Value flows anew out of assets (named in full) whose own value changed.
pub(crate) async fn flow_from(tx: &mut Transaction, organization: &str, changed: Vec<String>) -> Outcome<()> {
    if changed.is_empty() {
        return Ok(());
    }
    alone(tx, organization).await?;
    let from: Vec<&str> = changed.iter().map(String::as_str).collect();
    let mut seeds = Vec::new();
    for chunk in from.chunks(5000) {
        let mut sql = tx.sql("SELECT DISTINCT supporting FROM dependency d WHERE d.organization = ");
        sql.bind(organization).push(&flowing("d")).push(" AND ").is_in("d.dependent", chunk);
        for row in tx.rows(sql).await? {
            seeds.push(text(&row, 0)?);
        }
    }
    flow_into(tx, organization, seeds).await
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
    let mut sql = tx.sql("SELECT DISTINCT asset FROM valuation_queue WHERE organization = ");
    sql.bind(organization);
    let seeds = tx.rows(sql).await?.iter().map(|row| text(row, 0)).collect::<Outcome<HashSet<_>>>()?;
    if seeds.is_empty() {
        return Ok(0);
    }
    let changed = revalue(tx, organization.to_owned(), seeds).await?;
    let mut sql = tx.sql("DELETE FROM valuation_queue WHERE organization = ");
    sql.bind(organization);
    tx.run(sql).await?;
    Ok(changed)
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
        let labels = inherit(&graph.nodes, &graph.edges);
        let mut becomes: HashMap<&str, (f64, &str)> = HashMap::new();
        for (at, label) in &labels {
            let Some(name) = graph.names.get(*at) else { continue };
            let label = label.as_ref().and_then(|label| Some((label.value, graph.names.get(label.source)?.as_str())));
            let label = label.unwrap_or((0.0, ""));
            if graph.stored.get(*at).is_some_and(|(value, from)| (*value, from.as_str()) != label) {
                becomes.insert(name.as_str(), label);
            }
        }
        let mut ids: Vec<&str> = becomes.keys().map(|name| id_of(name)).collect();
        ids.sort_unstable();
        let assets = crate::asset::register(tx.database());
        assets
            .change_many(tx, &organization, &ids, |old, new| {
                if let Some((value, from)) = becomes.get(old.name.as_str()) {
                    new.inherited_value = *value;
                    (*from).clone_into(&mut new.inherited_from);
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
        let mut next = Vec::new();
        for chunk in level.chunks(5000) {
            let from: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let mut sql = tx.sql("SELECT DISTINCT supporting FROM dependency d WHERE d.organization = ");
            sql.bind(organization).push(&flowing("d")).push(" AND ").is_in("d.dependent", &from);
            for row in tx.rows(sql).await? {
                let name = text(&row, 0)?;
                if reached.insert(name.clone()) {
                    next.push(name);
                }
            }
        }
        level = next;
    }
    Ok(reached)
}

/// The affected assets, what depends on them, and the edges between.
#[derive(Default)]
struct Graph {
    names: Vec<String>,
    nodes: Vec<Node>,
    stored: Vec<(f64, String)>,
    edges: Vec<(usize, usize)>,
    numbers: HashMap<String, usize>,
}

impl Graph {
    async fn load(tx: &mut Transaction, organization: &str, affected: HashSet<String>) -> Outcome<Self> {
        let mut graph = Self::default();
        let mut affected: Vec<String> = affected.into_iter().collect();
        affected.sort_unstable();
        for name in &affected {
            let at = graph.number(name);
            if let Some(node) = graph.nodes.get_mut(at) {
                node.affected = true;
            }
        }
        for chunk in affected.chunks(5000) {
            let into: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let mut sql = tx.sql("SELECT dependent, supporting FROM dependency d WHERE d.organization = ");
            sql.bind(organization).push(&flowing("d")).push(" AND ").is_in("d.supporting", &into);
            for row in tx.rows(sql).await? {
                let edge = (graph.number(&text(&row, 0)?), graph.number(&text(&row, 1)?));
                graph.edges.push(edge);
            }
        }
        graph.read_values(tx, organization).await?;
        Ok(graph)
    }

    async fn read_values(&mut self, tx: &mut Transaction, organization: &str) -> Outcome<()> {
        let names = self.names.clone();
        for chunk in names.chunks(5000) {
            let ids: Vec<&str> = chunk.iter().map(|name| id_of(name)).collect();
            let mut sql = tx.sql("SELECT id, value, inherited_value, inherited_from FROM asset WHERE organization = ");
            sql.bind(organization).push(" AND ").is_in("id", &ids);
            for row in tx.rows(sql).await? {
                let at = self.number(&format!("organizations/{organization}/assets/{}", text(&row, 0)?));
                let own: f64 = row.try_get_by_index(1).map_err(Fault::defect)?;
                let inherited: f64 = row.try_get_by_index(2).map_err(Fault::defect)?;
                let from = text(&row, 3)?;
                let label = (!from.is_empty()).then(|| Label { value: inherited, source: self.number(&from) });
                if let (Some(node), Some(stored)) = (self.nodes.get_mut(at), self.stored.get_mut(at)) {
                    node.own = own;
                    node.inherited = label;
                    *stored = (inherited, from);
                }
            }
        }
        Ok(())
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let at = self.names.len();
        self.names.push(name.to_owned());
        self.nodes.push(Node::default());
        self.stored.push((0.0, String::new()));
        self.numbers.insert(name.to_owned(), at);
        at
    }
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

fn text(row: &QueryResult, index: usize) -> Outcome<String> {
    row.try_get_by_index(index).map_err(Fault::defect)
}
