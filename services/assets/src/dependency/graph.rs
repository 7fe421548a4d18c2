//! The part of the graph that is affected, as the database has it, and what each asset of it comes to inherit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fault::{Fault, Outcome};
use store::{Dialect, Transaction};

use super::propagate::{Greatest, Label, Node, Shortest, inherit};
use super::walk::{MOST, edges_at, id_in, text};
use crate::asset::recovery::Objective;
use crate::id_of;

/// What flows of one sort: what assets of the graph have, and what they are known to inherit, by their numbers. Few have
/// objectives, so only what there is takes room.
struct Track<L> {
    own: HashMap<usize, L>,
    inherited: HashMap<usize, Label<L>>,
}

impl<L> Default for Track<L> {
    fn default() -> Self {
        Self { own: HashMap::new(), inherited: HashMap::new() }
    }
}

impl<L: Copy + Ord> Track<L> {
    /// What each affected asset inherits now, by its number, where it is not what it did.
    fn becomes(&self, graph: &Graph) -> Vec<(usize, Option<Label<L>>)> {
        if self.own.is_empty() && self.inherited.is_empty() {
            return Vec::new();
        }
        let node = |at: usize| Node {
            own: self.own.get(&at).copied(),
            inherited: self.inherited.get(&at).cloned(),
            affected: at < graph.affected,
        };
        let nodes: Vec<Node<L>> = (0..graph.ids.len()).map(node).collect();
        let mut becomes = inherit(&nodes, &graph.edges);
        becomes.retain(|(at, label)| nodes.get(*at).is_none_or(|node| node.inherited != *label));
        becomes
    }
}

/// The affected assets, what depends on them, and the edges between. Assets have numbers, those that are affected the first.
#[derive(Default)]
pub(super) struct Graph {
    ids: Vec<Arc<str>>,
    affected: usize,
    numbers: HashMap<Arc<str>, usize>,
    /// (dependent, supporting)
    edges: Vec<(usize, usize)>,
    values: Track<Greatest>,
    /// In the order of [`Objective::ALL`].
    objectives: [Track<Shortest>; 3],
}

impl Graph {
    pub(super) async fn load(tx: &mut Transaction, organization: &str, affected: HashSet<Arc<str>>) -> Outcome<Self> {
        let mut affected: Vec<Arc<str>> = affected.into_iter().collect();
        affected.sort_unstable();
        let numbers = affected.iter().cloned().zip(0..).collect();
        let mut graph = Self { affected: affected.len(), ids: affected, numbers, ..Self::default() };
        let dependent = id_in(organization, "d.dependent");
        for (chunk, first) in graph.chunks() {
            let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
            let mut sql = tx.sql("SELECT ");
            sql.lines(&["j.key", &dependent]);
            edges_at(&mut sql, organization, "supporting", &ids);
            for line in told(tx, sql).await?.lines() {
                let (key, dependent) = line.split_once(' ').unwrap_or_default();
                let edge = (graph.number(dependent), first + number(key)?);
                graph.edges.push(edge);
            }
        }
        for (chunk, first) in graph.chunks() {
            let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
            graph.read_values(tx, organization, &ids, first).await?;
            graph.read_objectives(tx, organization, &ids, first).await?;
        }
        Ok(graph)
    }

    /// The assets known by now, in portions, each with the number of its first.
    fn chunks(&self) -> Vec<(Vec<Arc<str>>, usize)> {
        self.ids.chunks(MOST).zip(0..).map(|(chunk, at)| (chunk.to_vec(), at * MOST)).collect()
    }

    async fn read_values(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        first: usize,
    ) -> Outcome<()> {
        // A number as text that reads as the very same number.
        let exact = |column: &str| match tx.database().dialect() {
            Dialect::Sqlite => format!("quote(a.{column})"),
            Dialect::Postgres => format!("a.{column}"),
        };
        // What overrides the own value also flows in its place.
        let own =
            format!("CASE WHEN a.value_override > 0 THEN {} ELSE {} END", exact("value_override"), exact("value"));
        let mut sql = tx.sql("SELECT ");
        sql.lines(&["j.key", &own, &exact("inherited_value"), &id_in(organization, "a.inherited_from")]);
        sql.push(" FROM ").numbered(ids, "j").push(" CROSS JOIN asset a WHERE a.organization = ").bind(organization);
        sql.push(" AND a.id = j.value AND (a.value > 0 OR a.value_override > 0 OR a.inherited_from <> '')");
        for line in told(tx, sql).await?.lines() {
            let mut parts = line.split(' ');
            let mut part = || parts.next().unwrap_or_default();
            let (at, own, inherited, from) = (first + number(part())?, real(part())?, real(part())?, part());
            if own > 0.0 {
                self.values.own.insert(at, Greatest(own));
            }
            if !from.is_empty() {
                let label = Label { value: Greatest(inherited), source: self.number(from) };
                self.values.inherited.insert(at, label);
            }
        }
        Ok(())
    }

    async fn read_objectives(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        first: usize,
    ) -> Outcome<()> {
        let mut sql = tx.sql("SELECT j.key, o.objective, o.own, o.inherited, o.source FROM ");
        sql.numbered(ids, "j").push(" CROSS JOIN asset_objective o WHERE o.organization = ").bind(organization);
        sql.push(" AND o.id = j.value");
        for row in tx.rows(sql).await? {
            let seconds = |index| -> Outcome<Option<Shortest>> {
                let kept = text(&row, index)?;
                let seconds = (!kept.is_empty()).then(|| kept.parse().map(std::cmp::Reverse)).transpose();
                seconds.map_err(Fault::defect)
            };
            let key: i64 = row.try_get_by_index(0).map_err(Fault::defect)?;
            let at = first + usize::try_from(key).map_err(Fault::defect)?;
            let (objective, own, inherited, from) = (text(&row, 1)?, seconds(2)?, seconds(3)?, text(&row, 4)?);
            let source = if from.is_empty() { at } else { self.number(id_of(&from)) };
            let tracks = Objective::ALL.iter().zip(&mut self.objectives);
            for (_, track) in tracks.filter(|(known, _)| known.key() == objective) {
                track.own.extend(own.map(|own| (at, own)));
                track.inherited.extend(inherited.map(|value| (at, Label { value, source })));
            }
        }
        Ok(())
    }

    /// What becomes of the affected assets.
    pub(super) fn becomes(&self) -> Becoming<'_> {
        let [rto, rpo, mtd] = &self.objectives;
        let objectives = [rto.becomes(self), rpo.becomes(self), mtd.becomes(self)];
        Becoming { graph: self, values: self.values.becomes(self), objectives }
    }

    fn id(&self, number: usize) -> &str {
        self.ids.get(number).map(AsRef::as_ref).unwrap_or_default()
    }

    fn number(&mut self, id: &str) -> usize {
        if let Some(known) = self.numbers.get(id) {
            return *known;
        }
        let (at, id): (usize, Arc<str>) = (self.ids.len(), id.into());
        self.ids.push(Arc::clone(&id));
        self.numbers.insert(id, at);
        at
    }
}

/// What each asset comes to inherit of each sort, by its number and in their order, where it is not what it did.
pub(super) struct Becoming<'a> {
    graph: &'a Graph,
    values: Vec<(usize, Option<Label<Greatest>>)>,
    /// In the order of [`Objective::ALL`].
    objectives: [Vec<(usize, Option<Label<Shortest>>)>; 3],
}

impl Becoming<'_> {
    /// The ids of the assets that inherit something else, in their order.
    pub(super) fn ids(&self) -> Vec<&str> {
        let objectives = self.objectives.iter().flatten().map(|(at, _)| *at);
        let mut numbers: Vec<usize> = self.values.iter().map(|(at, _)| *at).chain(objectives).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|at| self.graph.id(at)).collect()
    }

    /// The value that an asset comes to inherit, and the id of whose it is; nothing where it inherits what it did.
    pub(super) fn value(&self, id: &str) -> Option<Option<(f64, &str)>> {
        let label = self.of(&self.values, id)?;
        Some(label.as_ref().map(|label| (label.value.0, self.graph.id(label.source))))
    }

    /// As [`Becoming::value`], of an objective, in seconds.
    pub(super) fn objective(&self, objective: Objective, id: &str) -> Option<Option<(i64, &str)>> {
        let place = Objective::ALL.iter().position(|known| *known == objective)?;
        let label = self.of(self.objectives.get(place)?, id)?;
        Some(label.as_ref().map(|label| (label.value.0, self.graph.id(label.source))))
    }

    fn of<'b, L>(&self, becomes: &'b [(usize, Option<L>)], id: &str) -> Option<&'b Option<L>> {
        let number = self.graph.numbers.get(id)?;
        let place = becomes.binary_search_by_key(number, |(at, _)| *at).ok()?;
        becomes.get(place).map(|(_, label)| label)
    }
}

/// The lines that a statement tells.
async fn told(tx: &mut Transaction, sql: store::Sql) -> Outcome<String> {
    tx.row(sql).await?.map_or(Ok(String::new()), |row| text(&row, 0))
}

fn number(text: &str) -> Outcome<usize> {
    text.parse().map_err(Fault::defect)
}

fn real(text: &str) -> Outcome<f64> {
    text.parse().map_err(Fault::defect)
}
