//! The part of the graph that is affected, as the database has it, and what each asset of it comes to inherit.

use std::collections::{HashMap, HashSet};

use fault::{Fault, Outcome};
use store::Transaction;

use super::flow::{flowing, text};
use super::propagate::{Greatest, Label, Node, Shortest, inherit};
use crate::asset::recovery::Objective;
use crate::id_of;

/// What flows of one sort: what each asset of the graph has, and what it is known to inherit.
pub(super) struct Track<L> {
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
    pub(super) fn becomes<'a>(&self, graph: &'a Graph) -> HashMap<&'a str, Option<(L, &'a str)>> {
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
pub(super) struct Graph {
    names: Vec<String>,
    edges: Vec<(usize, usize)>,
    numbers: HashMap<String, usize>,
    pub(super) values: Track<Greatest>,
    rto: Track<Shortest>,
    rpo: Track<Shortest>,
    mtd: Track<Shortest>,
}

impl Graph {
    pub(super) async fn load(tx: &mut Transaction, organization: &str, affected: HashSet<String>) -> Outcome<Self> {
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

    /// What flows of one objective.
    pub(super) fn objectives(&self, objective: Objective) -> &Track<Shortest> {
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
