//! Walking the graph level by level: one indexed statement a level, so each asset is visited once even on circles.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use fault::{Fault, Outcome};

use super::flowing;
use crate::Registry;

/// Which way to go from an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To what depends on it: what is hit when it fails, and where its inherited value may come from.
    Dependents,
    /// To what it depends on: where its value flows.
    Supporting,
}

/// How an asset was reached.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// How many dependencies away from the start, from 1.
    pub(crate) depth: i64,
    /// The asset before it, one nearer to the start.
    pub(crate) via: String,
    /// The id of the dependency between the two.
    pub(crate) dependency: String,
    /// The kind of that dependency.
    pub(crate) kind: String,
}

/// Every asset (named in full) that is reached from one along dependencies that carry value, with the shortest way to it.
/// Ends early where `until` is reached.
pub(crate) async fn walk(
    registry: &Registry,
    organization: &str,
    start: &str,
    way: Way,
    most: i64,
    until: Option<&str>,
) -> Outcome<HashMap<String, Step>> {
    let (from, to) = match way {
        Way::Dependents => ("supporting", "dependent"),
        Way::Supporting => ("dependent", "supporting"),
    };
    let mut reached: HashMap<String, Step> = HashMap::new();
    let mut level = vec![start.to_owned()];
    for depth in 1..=most {
        if level.is_empty() || until.is_some_and(|until| reached.contains_key(until)) {
            break;
        }
        // Put in order here: asked for an order, SQLite reads every dependency of the organization by the index that has it.
        let mut steps = Vec::new();
        for chunk in level.chunks(5000) {
            let names: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let mut sql =
                registry.database.sql(format!("SELECT d.{to}, d.{from}, d.id, d.kind FROM dependency d WHERE "));
            sql.push("d.organization = ").bind(organization).push(&flowing("d")).push(" AND ");
            sql.is_in(&format!("d.{from}"), &names);
            for row in registry.database.rows(sql).await? {
                let text = |index| row.try_get_by_index::<String>(index).map_err(Fault::defect);
                steps.push((text(0)?, text(1)?, text(2)?, text(3)?));
            }
        }
        steps.sort_unstable();
        level.clear();
        for (name, via, dependency, kind) in steps {
            if name == start {
                continue;
            }
            if let Entry::Vacant(slot) = reached.entry(name) {
                level.push(slot.key().clone());
                slot.insert(Step { depth, via, dependency, kind });
            }
        }
    }
    Ok(reached)
}

/// The way from an asset that was reached back to the start: each with the step that leads on from it. The start is not in it.
pub(crate) fn back<'a>(reached: &'a HashMap<String, Step>, end: &'a str) -> Vec<(&'a str, &'a Step)> {
    let mut path = Vec::new();
    let mut at = end;
    while let Some(step) = reached.get(at) {
        path.push((at, step));
        at = &step.via;
    }
    path
}
