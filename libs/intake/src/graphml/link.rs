//! Edges as dependencies.

use std::collections::{BTreeMap, HashMap};

use super::document::Edge;
use super::node::Nodes;
use super::{source, tables};
use crate::lines::Place;
use crate::out::{ADJACENT, Out};
use crate::text;

const KIND: &str = "edge";
/// At most so many different labels of the edges between the same two nodes are kept.
const MOST_LABELS: usize = 32;

/// All edges between the same two nodes.
#[derive(Debug)]
struct Link {
    source: String,
    target: String,
    /// Where the first edge stands.
    at: Place,
    /// How many edges there are.
    count: u64,
    labels: BTreeMap<String, u64>,
}

/// The edges that were read.
#[derive(Debug, Default)]
pub(super) struct Links {
    all: Vec<Link>,
    places: HashMap<(String, String), usize>,
}

impl Links {
    /// Keeps an edge until all nodes are known.
    pub(super) fn add(&mut self, edge: Edge, out: &mut Out<'_>) {
        out.count(KIND);
        let Edge { source: one, target: other, at, data } = edge;
        let missing = match (one.is_empty(), other.is_empty()) {
            (true, _) => "source",
            (_, true) => "target",
            _ => "",
        };
        if !missing.is_empty() {
            let message = format!("the edge has no `{missing}`, so it joins nothing; name both of its nodes");
            out.reject(&source(at, KIND), "FIELD_INVALID", message, missing);
            return;
        }
        if one == other {
            out.not_imported("edge from a node to itself", "an asset does not depend on itself");
            return;
        }
        let label = text::line(tables::first(&data, tables::LINKS), 100);
        let key = if one < other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) };
        let place = *self.places.entry(key).or_insert(self.all.len());
        match self.all.get_mut(place) {
            Some(link) => {
                link.count += 1;
                if link.labels.len() < MOST_LABELS || link.labels.contains_key(&label) {
                    *link.labels.entry(label).or_default() += 1;
                }
            }
            None => self.all.push(Link { source: one, target: other, at, count: 1, labels: [(label, 1)].into() }),
        }
    }

    /// Holds the dependencies back: of edges, and of nodes inside of others.
    pub(super) fn take(&self, nodes: &Nodes<'_>, out: &mut Out<'_>) {
        for link in &self.all {
            let from = source(link.at, KIND);
            let ends = [("source", &link.source), ("target", &link.target)];
            if let Some((field, missing)) = ends.iter().find(|(_, end)| nodes.get(end).is_none()) {
                let missing = text::line(missing, 60);
                let message = format!("the edge joins the node `{missing}`, which is not in the file; export it too");
                for _ in 0..link.count {
                    out.reject(&from, "FIELD_INVALID", message.clone(), field);
                }
                continue;
            }
            let known = |id: &str| nodes.get(id).flatten();
            let Some((one, other)) = known(&link.source).zip(known(&link.target)) else {
                for _ in 0..link.count {
                    out.not_imported("edge of a rejected node", "one of its nodes was not taken");
                }
                continue;
            };
            out.dependency(one, other, ADJACENT, &link.description(), &from);
            for _ in 1..link.count {
                let why = "folded into the first edge between the same two nodes, which counts them";
                out.not_imported("edge, parallel", why);
            }
        }
        for (inner, outer, at) in nodes.inside() {
            let known = |id: &str| nodes.get(id).flatten();
            if let Some((inner, outer)) = known(inner).zip(known(outer)) {
                out.dependency(inner, outer, "part-of", "", &source(*at, "node"));
            }
        }
    }
}

impl Link {
    /// What the edges say: the label of one, else how many there are of each.
    fn description(&self) -> String {
        let labels: Vec<(&str, u64)> = self.labels.iter().map(|(label, count)| (label.as_str(), *count)).collect();
        match labels.as_slice() {
            [(label, 1)] => (*label).to_owned(),
            many => {
                let name = |label: &str| if label.is_empty() { "without a label".to_owned() } else { label.to_owned() };
                let each: Vec<String> =
                    many.iter().map(|(label, count)| format!("{count} x {}", name(label))).collect();
                format!("{} links: {}", self.count, each.join(", "))
            }
        }
    }
}
