//! How labels flow from what depends to what supports: pure, safe on circles. A label is whatever an asset passes on of which
//! one wins: the greatest value, the shortest recovery objective.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A value, of which the greatest wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Greatest(pub(crate) f64);

impl Eq for Greatest {}

impl Ord for Greatest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Greatest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A duration in seconds, of which the shortest wins.
pub(crate) type Shortest = std::cmp::Reverse<i64>;

/// What an asset passes on, and where it comes from. The greater by its order wins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label<L> {
    pub(crate) value: L,
    pub(crate) source: usize,
}

/// One asset of the affected part of the graph, or one that borders on it.
#[derive(Clone, Debug)]
pub(crate) struct Node<L> {
    /// Its own; none where it passes on nothing of its own.
    pub(crate) own: Option<L>,
    /// For a bordering asset: what it inherits already.
    pub(crate) inherited: Option<Label<L>>,
    /// Whether it is affected, and so inherits anew.
    pub(crate) affected: bool,
}

impl<L> Default for Node<L> {
    fn default() -> Self {
        Self { own: None, inherited: None, affected: false }
    }
}

#[derive(PartialEq, Eq)]
struct Candidate<L> {
    value: L,
    source: usize,
    at: usize,
}

impl<L: Ord> Ord for Candidate<L> {
    /// The one that wins first; among equals the smaller numbers, so that the answer does not depend on chance.
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value).then(other.source.cmp(&self.source)).then(other.at.cmp(&self.at))
    }
}

impl<L: Ord> PartialOrd for Candidate<L> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What wins among the own labels of all that depend on each affected asset, directly or through others, and whose it is. An
/// asset never inherits from itself. `edges` are (dependent, supporting); every edge into an affected asset must be there.
///
/// Labels settle in falling order, so each asset is settled when first reached. Each keeps the two best labels of different
/// sources: on a circle the best one may be its own, and then the second counts.
///
/// Gives each affected asset by its place, in their order.
pub(crate) fn inherit<L: Copy + Ord>(nodes: &[Node<L>], edges: &[(usize, usize)]) -> Vec<(usize, Option<Label<L>>)> {
    let supporters = Supporters::new(nodes.len(), edges);
    let mut queue = BinaryHeap::new();
    let offer = |queue: &mut BinaryHeap<Candidate<L>>, from: usize, label: &Label<L>| {
        for &at in supporters.of(from) {
            if nodes.get(at).is_some_and(|node| node.affected) {
                queue.push(Candidate { value: label.value, source: label.source, at });
            }
        }
    };
    for (from, node) in nodes.iter().enumerate() {
        if let Some(value) = node.own {
            offer(&mut queue, from, &Label { value, source: from });
        }
        if let Some(label) = node.inherited.as_ref().filter(|_| !node.affected) {
            offer(&mut queue, from, label);
        }
    }
    let mut settled: Vec<[Option<Label<L>>; 2]> = nodes.iter().map(|_| [None, None]).collect();
    while let Some(Candidate { value, source, at }) = queue.pop() {
        let Some([first, second]) = settled.get_mut(at) else { continue };
        let free = match first {
            None => first,
            Some(best) if best.source != source && second.is_none() => second,
            Some(_) => continue,
        };
        let label = free.insert(Label { value, source });
        offer(&mut queue, at, label);
    }
    let affected = nodes.iter().zip(settled).enumerate().filter(|(_, (node, _))| node.affected);
    affected.map(|(at, (_, labels))| (at, labels.into_iter().flatten().find(|label| label.source != at))).collect()
}

/// What supports each asset: one list in the order of what depends, and where in it each one's part begins.
struct Supporters {
    begins: Vec<usize>,
    list: Vec<usize>,
}

impl Supporters {
    fn new(count: usize, edges: &[(usize, usize)]) -> Self {
        let mut begins = vec![0; count + 1];
        for (dependent, _) in edges {
            if let Some(end) = begins.get_mut(dependent + 1) {
                *end += 1;
            }
        }
        let mut before = 0;
        for begin in &mut begins {
            before += *begin;
            *begin = before;
        }
        let (mut free, mut list) = (begins.clone(), vec![0; edges.len()]);
        for &(dependent, supporting) in edges {
            let Some(at) = free.get_mut(dependent) else { continue };
            if let Some(place) = list.get_mut(*at) {
                *place = supporting;
            }
            *at += 1;
        }
        Self { begins, list }
    }

    fn of(&self, dependent: usize) -> &[usize] {
        let part = self.begins.get(dependent).zip(self.begins.get(dependent + 1));
        part.and_then(|(begin, end)| self.list.get(*begin..*end)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn affected(own: f64) -> Node<Greatest> {
        Node { own: (own > 0.0).then_some(Greatest(own)), inherited: None, affected: true }
    }

    fn by_place<L: Copy + Ord>(
        nodes: &[Node<L>],
        edges: &[(usize, usize)],
    ) -> std::collections::HashMap<usize, Option<Label<L>>> {
        inherit(nodes, edges).into_iter().collect()
    }

    fn got(nodes: &[Node<Greatest>], edges: &[(usize, usize)], at: usize) -> Option<(f64, usize)> {
        by_place(nodes, edges).remove(&at).flatten().map(|label| (label.value.0, label.source))
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
        let border = Node {
            own: Some(Greatest(1.0)),
            inherited: Some(Label { value: Greatest(7.0), source: 2 }),
            affected: false,
        };
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
            let nodes: Vec<Node<Greatest>> = own.iter().map(|&own| affected(own)).collect();
            let mut labels = by_place(&nodes, &edges);
            for at in 0..own.len() {
                let value = labels.remove(&at).flatten().map_or(0.0, |label| label.value.0);
                prop_assert_eq!(value, plain(&own, &edges, at));
            }
        }

        /// The oracle repeats what one dependency says until nothing changes: each asset knows, by whose objective it is, all
        /// that reach it. Slow, and with no order of its own.
        #[test]
        fn the_shortest_objective_is_what_repetition_comes_to(own in prop::collection::vec(0_i64..5, 1..12), pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..40)) {
            let edges: Vec<_> = pairs.into_iter().filter(|(a, b)| a != b && *a < own.len() && *b < own.len()).collect();
            let nodes: Vec<Node<Shortest>> = own
                .iter()
                .map(|&own| Node { own: (own > 0).then_some(std::cmp::Reverse(own)), inherited: None, affected: true })
                .collect();
            let mut reach: Vec<std::collections::BTreeSet<(i64, usize)>> = vec![Default::default(); own.len()];
            loop {
                let before = reach.clone();
                for &(dependent, supporting) in &edges {
                    let mut passed = before[dependent].clone();
                    passed.extend((own[dependent] > 0).then_some((own[dependent], dependent)));
                    reach[supporting].extend(passed.into_iter().filter(|(_, source)| *source != supporting));
                }
                if reach == before {
                    break;
                }
            }
            let mut labels = by_place(&nodes, &edges);
            for (at, reached) in reach.iter().enumerate() {
                let label = labels.remove(&at).flatten().map(|label| (label.value.0, label.source));
                prop_assert_eq!(label, reached.first().copied(), "asset {}", at);
            }
        }

        /// What only a part of the graph works out, from what its border inherits already, is what the whole graph does.
        #[test]
        fn a_part_comes_to_what_the_whole_does(own in prop::collection::vec(0_i64..5, 2..12), pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..40), seed in 0_usize..12) {
            let edges: Vec<_> = pairs.into_iter().filter(|(a, b)| a != b && *a < own.len() && *b < own.len()).collect();
            let node = |own: i64| Node { own: (own > 0).then_some(std::cmp::Reverse(own)), inherited: None, affected: true };
            let nodes: Vec<Node<Shortest>> = own.iter().map(|&own| node(own)).collect();
            let whole = by_place(&nodes, &edges);
            let mut part = std::collections::BTreeSet::from([seed % own.len()]);
            while let Some((_, to)) = edges.iter().find(|(from, to)| part.contains(from) && !part.contains(to)) {
                part.insert(*to);
            }
            let partly: Vec<Node<Shortest>> = nodes
                .iter()
                .enumerate()
                .map(|(at, node)| Node { affected: part.contains(&at), inherited: whole[&at].clone(), ..node.clone() })
                .collect();
            for (at, label) in inherit(&partly, &edges) {
                prop_assert_eq!(label.map(|label| label.value), whole[&at].as_ref().map(|label| label.value));
            }
        }
    }
}
