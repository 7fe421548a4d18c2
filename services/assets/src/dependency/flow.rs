//! The database side of what is inherited, values and recovery objectives: which part of the graph is affected, and what it becomes.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::Transaction;
use wire::assets::v1::{Dependency, ErrorReason};

use super::propagate::{Greatest, Label, Node, Shortest, inherit};
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

/// Values and objectives flow anew out of assets (named in full) of which either changed.
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
        let values = graph.values.becomes(&graph);
        let objectives = Objective::ALL.map(|objective| (objective, graph.objectives(objective).becomes(&graph)));
        let names: HashSet<&str> =
            values.keys().chain(objectives.iter().flat_map(|(_, becomes)| becomes.keys())).copied().collect();
        let mut ids: Vec<&str> = names.into_iter().map(id_of).collect();
        ids.sort_unstable();
        let assets = crate::asset::register(tx.database());
        assets
            .change_many(tx, &organization, &ids, |old, new| {
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

/// What flows of one sort: what each asset of the graph has, and what it is known to inherit.
struct Track<L> {
    nodes: Vec<Node<L>>,
    stored: Vec<Option<(L, String)>>,
}

impl<L> Default for Track<L> {
    fn default() -> Self {
        Self { nodes: Vec::new(), stored: Vec::new() }
    }
}

impl<L: Copy + Ord> Track<L> {
    fn grow(&mut self) {
        self.nodes.push(Node::default());
        self.stored.push(None);
    }

    /// Takes in what the database says of an asset; `source` is the number of the one that it inherits from.
    fn read(&mut self, at: usize, own: Option<L>, inherited: Option<(L, String, usize)>) {
        if let (Some(node), Some(stored)) = (self.nodes.get_mut(at), self.stored.get_mut(at)) {
            node.own = own;
            node.inherited = inherited.as_ref().map(|(value, _, source)| Label { value: *value, source: *source });
            *stored = inherited.map(|(value, from, _)| (value, from));
        }
    }

    /// What each affected asset inherits now, where it is not what it did.
    fn becomes<'a>(&self, graph: &'a Graph) -> HashMap<&'a str, Option<(L, &'a str)>> {
        if self.nodes.iter().all(|node| node.own.is_none() && node.inherited.is_none()) {
            return HashMap::new();
        }
        let mut becomes = HashMap::new();
        for (at, label) in inherit(&self.nodes, &graph.edges) {
            let Some(name) = graph.names.get(at) else { continue };
            let label = label.and_then(|label| Some((label.value, graph.names.get(label.source)?.as_str())));
            let stored = self.stored.get(at).and_then(Option::as_ref).map(|(value, from)| (*value, from.as_str()));
            if stored != label {
                becomes.insert(name.as_str(), label);
            }
        }
        becomes
    }
}

/// The affected assets, what depends on them, and the edges between.
#[derive(Default)]
struct Graph {
    names: Vec<String>,
    edges: Vec<(usize, usize)>,
    numbers: HashMap<String, usize>,
    values: Track<Greatest>,
    rto: Track<Shortest>,
    rpo: Track<Shortest>,
    mtd: Track<Shortest>,
}

impl Graph {
    async fn load(tx: &mut Transaction, organization: &str, affected: HashSet<String>) -> Outcome<Self> {
        let mut graph = Self::default();
        let mut affected: Vec<String> = affected.into_iter().collect();
        affected.sort_unstable();
        for name in &affected {
            let at = graph.number(name);
            graph.affect(at);
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
        let names = graph.names.clone();
        for chunk in names.chunks(5000) {
            let ids: Vec<&str> = chunk.iter().map(|name| id_of(name)).collect();
            graph.read_values(tx, organization, &ids).await?;
            graph.read_objectives(tx, organization, &ids).await?;
        }
        Ok(graph)
    }

    async fn read_values(&mut self, tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<()> {
        let mut sql = tx
            .sql("SELECT id, value, value_override, inherited_value, inherited_from FROM asset WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", ids);
        for row in tx.rows(sql).await? {
            let number = |index| row.try_get_by_index::<f64>(index).map_err(Fault::defect);
            let at = self.number(&asset_name(organization, &text(&row, 0)?));
            // What overrides the own value also flows in its place.
            let own = if number(2)? > 0.0 { number(2)? } else { number(1)? };
            let (inherited, from) = (Greatest(number(3)?), text(&row, 4)?);
            let inherited = (!from.is_empty()).then(|| (inherited, from.clone(), self.number(&from)));
            self.values.read(at, (own > 0.0).then_some(Greatest(own)), inherited);
        }
        Ok(())
    }

    async fn read_objectives(&mut self, tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<()> {
        let mut sql = tx.sql("SELECT id, objective, own, inherited, source FROM asset_objective WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", ids);
        for row in tx.rows(sql).await? {
            let seconds = |index| -> Outcome<Option<Shortest>> {
                let kept = text(&row, index)?;
                let seconds = (!kept.is_empty()).then(|| kept.parse().map(std::cmp::Reverse)).transpose();
                seconds.map_err(Fault::defect)
            };
            let at = self.number(&asset_name(organization, &text(&row, 0)?));
            let from = text(&row, 4)?;
            let source = if from.is_empty() { at } else { self.number(&from) };
            let inherited = seconds(3)?.map(|inherited| (inherited, from, source));
            let Some(objective) = Objective::of(&text(&row, 1)?) else { continue };
            self.objectives_mut(objective).read(at, seconds(2)?, inherited);
        }
        Ok(())
    }

    fn objectives(&self, objective: Objective) -> &Track<Shortest> {
        match objective {
            Objective::Rto => &self.rto,
            Objective::Rpo => &self.rpo,
            Objective::Mtd => &self.mtd,
        }
    }

    fn objectives_mut(&mut self, objective: Objective) -> &mut Track<Shortest> {
        match objective {
            Objective::Rto => &mut self.rto,
            Objective::Rpo => &mut self.rpo,
            Objective::Mtd => &mut self.mtd,
        }
    }

    fn affect(&mut self, at: usize) {
        if let Some(node) = self.values.nodes.get_mut(at) {
            node.affected = true;
        }
        for objective in Objective::ALL {
            if let Some(node) = self.objectives_mut(objective).nodes.get_mut(at) {
                node.affected = true;
            }
        }
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let at = self.names.len();
        self.names.push(name.to_owned());
        self.values.grow();
        for objective in Objective::ALL {
            self.objectives_mut(objective).grow();
        }
        self.numbers.insert(name.to_owned(), at);
        at
    }
}

fn asset_name(organization: &str, id: &str) -> String {
    format!("organizations/{organization}/assets/{id}")
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
