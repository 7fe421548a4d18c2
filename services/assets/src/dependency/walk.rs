//! Walking the graph level by level: one indexed statement a level, so each asset is visited once even on circles.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::Database;

use super::flowing;
use crate::{Registry, id_of};

/// How many assets one statement is asked about.
pub(super) const MOST: usize = 5000;

/// Which way to go from an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To what depends on it: what is hit when it fails, and where its inherited value may come from.
    Dependents,
    /// To what it depends on: where its value flows.
    Supporting,
}

impl Way {
    /// The column of where a step comes from, and of where it leads.
    pub(super) fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Dependents => ("supporting", "dependent"),
            Self::Supporting => ("dependent", "supporting"),
        }
    }
}

/// An asset that was reached.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its id.
    pub(crate) id: Arc<str>,
    /// How many dependencies away from the start.
    pub(crate) depth: i64,
    /// The number of the asset before it, one nearer to the start.
    via: usize,
    /// The id and the kind of the dependency between the two, where they were asked for.
    edge: Box<str>,
}

impl Step {
    /// The id and the kind of the dependency by which it was reached.
    pub(crate) fn edge(&self) -> (&str, &str) {
        self.edge.split_once(' ').unwrap_or_default()
    }
}

/// A walk from an asset along dependencies that carry value. What is reached comes in levels, each in the order of the ids, by the
/// shortest way; among equal ways by the one with the smaller ids.
pub(crate) struct Walk {
    organization: String,
    way: Way,
    /// Whether each step says by which dependency.
    edges: bool,
    /// The start, then all that was reached.
    steps: Vec<Step>,
    numbers: HashMap<Arc<str>, usize>,
    /// The newest level.
    level: Range<usize>,
}

impl Walk {
    /// A walk that stands at its start, an asset named in full.
    pub(crate) fn new(start: &str, way: Way, edges: bool) -> Self {
        let id: Arc<str> = id_of(start).into();
        let numbers = HashMap::from([(Arc::clone(&id), 0)]);
        let steps = vec![Step { id, depth: 0, via: 0, edge: Box::default() }];
        Self { organization: crate::organization_of(start).to_owned(), way, edges, steps, numbers, level: 0..1 }
    }

    /// All that was reached so far, the nearest first.
    pub(crate) fn reached(&self) -> &[Step] {
        self.steps.get(1..).unwrap_or_default()
    }

    /// What the last step reached: its ids.
    pub(crate) fn level(&self) -> Vec<Arc<str>> {
        self.steps.get(self.level.clone()).unwrap_or_default().iter().map(|step| Arc::clone(&step.id)).collect()
    }

    /// The name of the asset before one that was reached.
    pub(crate) fn via(&self, step: &Step) -> String {
        let before = self.steps.get(step.via).map(|step| step.id.as_ref()).unwrap_or_default();
        name(&self.organization, before)
    }

    /// The way from an asset that was reached, by its id, back to the start, which is not in it; empty where it was not reached.
    pub(crate) fn back(&self, id: &str) -> Vec<&Step> {
        let mut path = Vec::new();
        let mut at = self.numbers.get(id).copied().unwrap_or_default();
        while at > 0
            && let Some(step) = self.steps.get(at)
        {
            path.push(step);
            at = step.via;
        }
        path
    }

    /// Goes on until an asset is reached, by its id, or there is nothing more to reach.
    pub(crate) async fn until(&mut self, database: &Database, id: &str) -> Outcome<()> {
        while !self.numbers.contains_key(id) && self.advance(database).await? {}
        Ok(())
    }

    /// Goes one step from the whole level; false where that reaches nothing new.
    pub(crate) async fn advance(&mut self, database: &Database) -> Outcome<bool> {
        let from = self.level();
        let mut answers = Vec::new();
        for chunk in from.chunks(MOST) {
            let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
            let row = database.row(self.beyond(database, &ids)).await?;
            answers.push(row.map_or(Ok(String::new()), |row| text(&row, 0))?);
        }
        let mut found: HashMap<&str, (usize, &str)> = HashMap::new();
        for (chunk, answer) in answers.iter().enumerate() {
            for line in answer.lines() {
                let (key, rest) = line.split_once(' ').unwrap_or_default();
                let (id, edge) = rest.split_once(' ').unwrap_or((rest, ""));
                if self.numbers.contains_key(id) {
                    continue;
                }
                // The level is in the order of the ids, and so are these numbers.
                let via = self.level.start + chunk * MOST + key.parse::<usize>().map_err(Fault::defect)?;
                found.entry(id).and_modify(|known| *known = (via, edge).min(*known)).or_insert((via, edge));
            }
        }
        let mut found: Vec<(&str, (usize, &str))> = found.into_iter().collect();
        found.sort_unstable();
        let depth = self.steps.last().map_or(0, |step| step.depth) + 1;
        let begin = self.steps.len();
        for (id, (via, edge)) in found {
            let id: Arc<str> = id.into();
            self.numbers.insert(Arc::clone(&id), self.steps.len());
            self.steps.push(Step { id, depth, via, edge: edge.into() });
        }
        self.level = begin..self.steps.len();
        Ok(!self.level.is_empty())
    }

    /// What lies one step from assets: for each dependency the place of the one among them, and the id of the other.
    fn beyond(&self, database: &Database, ids: &[&str]) -> store::Sql {
        let (from, to) = self.way.columns();
        let to = id_in(&self.organization, &format!("d.{to}"));
        let mut sql = database.sql("SELECT ");
        let parts = ["j.key", to.as_str(), "d.id", "d.kind"];
        sql.lines(if self.edges { &parts } else { &parts[..2] });
        edges_at(&mut sql, &self.organization, from, ids);
        sql
    }
}

/// Adds ` FROM` the given assets, as `j`, and the dependencies `d` that carry value and have them in the column `at`. The
/// order of the join is said, since SQLite has no statistics.
pub(super) fn edges_at(sql: &mut store::Sql, organization: &str, at: &str, ids: &[&str]) {
    sql.push(" FROM ").numbered(ids, "j").push(" CROSS JOIN dependency d WHERE d.organization = ").bind(organization);
    sql.push(&format!(" AND d.{at} = ")).bind(name(organization, "")).push(" || j.value").push(&flowing("d"));
}

/// The id in a column that has the name of an asset of the organization.
pub(super) fn id_in(organization: &str, column: &str) -> String {
    format!("SUBSTR({column}, {})", name(organization, "").len() + 1)
}

/// The name of an asset.
pub(crate) fn name(organization: &str, id: &str) -> String {
    format!("organizations/{organization}/assets/{id}")
}

/// Every asset that is reached from one, named in full, in at most so many steps.
pub(crate) async fn around(registry: &Registry, start: &str, way: Way, most: i64) -> Outcome<Walk> {
    let mut walk = Walk::new(start, way, false);
    for _ in 0..most {
        if !walk.advance(&registry.database).await? {
            break;
        }
    }
    Ok(walk)
}

pub(super) fn text(row: &QueryResult, index: usize) -> Outcome<String> {
    row.try_get_by_index(index).map_err(Fault::defect)
}
