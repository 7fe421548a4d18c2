//! How value flows from what depends to what supports: pure, safe on circles.

use std::collections::{BinaryHeap, HashMap};

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) value: f64,
    pub(crate) source: usize,
}

/// One asset of the affected part of the graph, or one that borders on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Its own value.
    pub(crate) own: f64,
    /// For a bordering asset: what it inherits already, as (value, source).
    pub(crate) inherited: Option<Label>,
    /// Whether it is affected, and so gets a new inherited value.
    pub(crate) affected: bool,
}

#[derive(PartialEq)]
struct Candidate {
    value: f64,
    source: usize,
    at: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// The greatest value first; among equals the smaller numbers, so that the answer does not depend on chance.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.total_cmp(&other.value).then(other.source.cmp(&self.source)).then(other.at.cmp(&self.at))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest own value among all that depend on each affected asset, directly or through others, and whose it is. An
/// asset never inherits from itself. `edges` are (dependent, supporting); every edge into an affected asset must be there.
///
/// Labels settle in falling order, so each asset is settled when first reached. Each keeps the two best labels of different
/// sources: on a circle the best one may be its own, and then the second counts.
pub(crate) fn inherit(nodes: &[Node], edges: &[(usize, usize)]) -> HashMap<usize, Option<Label>> {
    let mut supporters: HashMap<usize, Vec<usize>> = HashMap::new();
    for &(dependent, supporting) in edges {
        supporters.entry(dependent).or_default().push(supporting);
    }
    let mut queue = BinaryHeap::new();
    let offer = |queue: &mut BinaryHeap<Candidate>, from: usize, label: &Label| {
        for &at in supporters.get(&from).map(Vec::as_slice).unwrap_or_default() {
            if nodes.get(at).is_some_and(|node| node.affected) {
                queue.push(Candidate { value: label.value, source: label.source, at });
            }
        }
    };
    for (from, node) in nodes.iter().enumerate() {
        if node.own > 0.0 {
            offer(&mut queue, from, &Label { value: node.own, source: from });
        }
        if let Some(label) = node.inherited.as_ref().filter(|_| !node.affected) {
            offer(&mut queue, from, label);
        }
    }
    let mut settled: HashMap<usize, Vec<Label>> = HashMap::new();
    while let Some(Candidate { value, source, at }) = queue.pop() {
        let labels = settled.entry(at).or_default();
        if labels.len() >= 2 || labels.iter().any(|label| label.source == source) {
            continue;
        }
        let label = Label { value, source };
        labels.push(label.clone());
        offer(&mut queue, at, &label);
    }
    let affected = nodes.iter().enumerate().filter(|(_, node)| node.affected);
    affected
        .map(|(at, _)| (at, settled.remove(&at).unwrap_or_default().into_iter().find(|label| label.source != at)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn affected(own: f64) -> Node {
        Node { own, inherited: None, affected: true }
    }

    fn got(nodes: &[Node], edges: &[(usize, usize)], at: usize) -> Option<(f64, usize)> {
        inherit(nodes, edges).remove(&at).flatten().map(|label| (label.value, label.source))
    }

    #[test]
    fn value_flows_through_several_assets() {
        let nodes = [affected(9.0), affected(4.0), affected(0.0)];
        let edges = [(0, 1), (1, 2)];
        assert_eq!(got(&nodes, &edges, 1), Some((9.0, 0)));
        assert_eq!(got(&nodes, &edges, 2), Some((9.0, 0)));
        assert_eq!(got(&nodes, &edges, 0), None);
    }

    #[test]
    fn on_a_circle_each_inherits_from_the_others_only() {
        let nodes = [affected(8.0), affected(5.0), affected(3.0)];
        let edges = [(0, 1), (1, 2), (2, 0)];
        assert_eq!(got(&nodes, &edges, 0), Some((5.0, 1)));
        assert_eq!(got(&nodes, &edges, 1), Some((8.0, 0)));
        assert_eq!(got(&nodes, &edges, 2), Some((8.0, 0)));
    }

    #[test]
    fn a_bordering_asset_passes_on_what_it_inherits() {
        let border = Node { own: 1.0, inherited: Some(Label { value: 7.0, source: 2 }), affected: false };
        let nodes = [affected(0.0), border, Node::default()];
        assert_eq!(got(&nodes, &[(1, 0)], 0), Some((7.0, 2)));
    }

    /// What the words say, with no cleverness: walk back from each asset over everything that depends on it.
    fn plain(own: &[f64], edges: &[(usize, usize)], at: usize) -> f64 {
        let (mut seen, mut open) = (vec![false; own.len()], vec![at]);
        while let Some(next) = open.pop() {
            for &(dependent, _) in edges.iter().filter(|(_, supporting)| *supporting == next) {
                if !std::mem::replace(&mut seen[dependent], true) {
                    open.push(dependent);
                }
            }
        }
        (0..own.len()).filter(|&other| seen[other] && other != at).map(|other| own[other]).fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn it_is_what_the_words_say(own in prop::collection::vec(0_u8..6, 1..12), pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..40)) {
            let own: Vec<f64> = own.into_iter().map(f64::from).collect();
            let edges: Vec<_> = pairs.into_iter().filter(|(a, b)| a != b && *a < own.len() && *b < own.len()).collect();
            let nodes: Vec<Node> = own.iter().map(|&own| affected(own)).collect();
            let mut labels = inherit(&nodes, &edges);
            for at in 0..own.len() {
                let value = labels.remove(&at).flatten().map_or(0.0, |label| label.value);
                prop_assert_eq!(value, plain(&own, &edges, at));
            }
        }
    }
}
