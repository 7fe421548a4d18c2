//! Circles of implementations that depend on each other. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// What each depends on, by name.
pub(crate) type Graph = BTreeMap<String, Vec<String>>;

/// The circle that `name` would close by depending on these: its way from `name` back to `name`; none where there is none.
pub(crate) fn closed(graph: &Graph, name: &str, depends_on: &[String]) -> Option<Vec<String>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<(&str, &str)> = depends_on.iter().map(|one| (one.as_str(), name)).collect();
    while let Some((at, before)) = next.pop() {
        if at == name {
            let mut way = vec![name.to_owned(), before.to_owned()];
            let mut here = before;
            while here != name {
                here = from.get(here)?;
                way.push(here.to_owned());
            }
            way.reverse();
            return Some(way);
        }
        if seen.insert(at) {
            from.insert(at, before);
            next.extend(graph.get(at).into_iter().flatten().map(|one| (one.as_str(), at)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        let names = |of: &[&str]| of.iter().map(|&name| name.to_owned()).collect();
        edges.iter().map(|(name, of)| ((*name).to_owned(), names(of))).collect()
    }

    #[test]
    fn a_circle_is_told_from_its_beginning_to_its_end() {
        let known = graph(&[("b", &["c", "d"]), ("c", &["e"]), ("d", &["a"]), ("e", &[])]);
        assert_eq!(closed(&known, "a", &["b".to_owned()]).unwrap_or_default(), ["a", "b", "d", "a"]);
        assert_eq!(closed(&known, "a", &["a".to_owned()]).unwrap_or_default(), ["a", "a"]);
        assert_eq!(closed(&known, "x", &["b".to_owned(), "c".to_owned()]), None);
    }

    #[test]
    fn what_is_reached_on_two_ways_is_no_circle() {
        let known = graph(&[("b", &["d"]), ("c", &["d"]), ("d", &["b"])]);
        assert_eq!(closed(&known, "a", &["b".to_owned(), "c".to_owned()]), None);
    }
}
