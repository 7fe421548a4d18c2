//! The graph of what needs what, read back from the export.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Dependencies by id.
pub(super) struct Graph {
    /// Of each asset, how many it depends on in any way, and which it inherits its value to.
    pub(super) needs: HashMap<String, (usize, Vec<String>)>,
    /// Of each asset, how many depend on it in any way.
    pub(super) needed: HashMap<String, usize>,
}

/// The kind and the target of every relationship of a resource.
pub(super) fn relationships(resource: &Value) -> impl Iterator<Item = (&str, &str)> {
    resource["resourceRelationship"].as_array().into_iter().flatten().map(|relationship| {
        (relationship["relationshipType"].as_str().unwrap(), relationship["resource"]["id"].as_str().unwrap())
    })
}

impl Graph {
    pub(super) fn new(resources: &[Value]) -> Self {
        let mut graph = Self { needs: HashMap::new(), needed: HashMap::new() };
        for resource in resources {
            let inherits = relationships(resource).filter(|(kind, _)| *kind != "adjacent");
            let inherits = inherits.map(|(_, target)| target.to_owned()).collect();
            for (_, target) in relationships(resource) {
                *graph.needed.entry(target.to_owned()).or_default() += 1;
            }
            let id = resource["id"].as_str().unwrap().to_owned();
            graph.needs.insert(id, (relationships(resource).count(), inherits));
        }
        graph
    }

    /// All that value reaches from `id`.
    pub(super) fn below<'a>(&'a self, id: &'a str) -> HashSet<&'a str> {
        let mut found = HashSet::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(self.needs[next].1.iter().map(String::as_str));
            }
        }
        found
    }

    /// The cycles (strongly connected assets, Tarjan's algorithm) and the steps of the longest chain, a cycle
    /// counting as one asset.
    pub(super) fn cycles_and_depth(&self) -> (Vec<Vec<&str>>, usize) {
        let mut search = Search::of(self);
        for id in self.needs.keys() {
            if !search.order.contains_key(id.as_str()) {
                search.visit(id);
            }
        }
        (search.cycles, search.depth.into_values().max().unwrap_or(0))
    }
}

struct Search<'a> {
    graph: &'a Graph,
    order: HashMap<&'a str, usize>,
    low: HashMap<&'a str, usize>,
    stack: Vec<&'a str>,
    depth: HashMap<&'a str, usize>,
    cycles: Vec<Vec<&'a str>>,
}

impl<'a> Search<'a> {
    fn of(graph: &'a Graph) -> Self {
        Self {
            graph,
            order: HashMap::new(),
            low: HashMap::new(),
            stack: Vec::new(),
            depth: HashMap::new(),
            cycles: Vec::new(),
        }
    }

    fn visit(&mut self, id: &'a str) {
        let number = self.order.len();
        self.order.insert(id, number);
        self.low.insert(id, number);
        self.stack.push(id);
        let graph = self.graph;
        for target in graph.needs[id].1.iter().map(String::as_str) {
            if !self.order.contains_key(target) {
                self.visit(target);
            }
            // A component that is closed has a depth; one that is still open may reach back to this asset.
            if !self.depth.contains_key(target) {
                let low = self.low[target].min(self.low[id]);
                self.low.insert(id, low);
            }
        }
        if self.low[id] == number {
            self.close(id);
        }
    }

    /// Closes the component whose first asset is `id`.
    fn close(&mut self, id: &'a str) {
        let from = self.stack.iter().rposition(|open| *open == id).unwrap();
        let component = self.stack.split_off(from);
        let targets = component.iter().flat_map(|member| &self.graph.needs[*member].1);
        let depth = targets.filter_map(|target| self.depth.get(target.as_str())).map(|below| below + 1).max();
        self.depth.extend(component.iter().map(|member| (*member, depth.unwrap_or(0))));
        if component.len() > 1 {
            self.cycles.push(component);
        }
    }
}
