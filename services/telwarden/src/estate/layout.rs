//! A layered layout, pure: levels from top to bottom by distance, within a level ordered so that few edges cross, wide levels
//! broken into rows so that the whole has the form of a sheet of paper.

use std::collections::BTreeMap;

/// A node's size and the space around it, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// How wide a node is.
    pub width: f64,
    /// How high a node is.
    pub height: f64,
    /// The space between two nodes of a row.
    pub beside: f64,
    /// The space between two rows of a level, in which edges turn.
    pub between_rows: f64,
    /// The space between two levels, in which edges run.
    pub between_levels: f64,
}

/// A level on the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Which level.
    pub level: i32,
    /// How many nodes.
    pub nodes: usize,
    /// Its upper edge.
    pub top: f64,
    /// Its height.
    pub height: f64,
}

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The upper left corner of each node, in the order given.
    pub places: Vec<(f64, f64)>,
    /// The levels, from the top.
    pub bands: Vec<Band>,
    /// How wide the whole is.
    pub width: f64,
    /// How high the whole is.
    pub height: f64,
}

/// A sheet of A4 or A3, lying.
const FORM: f64 = 1.41;

/// How often the levels are gone through to lessen crossings.
const SWEEPS: usize = 24;

/// Up to this many edges are compared with each other to count crossings.
const COUNTED: usize = 3000;

/// Lays nodes out: `levels` says the level of each, `edges` connects them by their places in it.
#[must_use]
pub fn lay_out(levels: &[i32], edges: &[(usize, usize)], sizes: Sizes) -> Layout {
    let mut rows: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (node, level) in levels.iter().enumerate() {
        rows.entry(*level).or_default().push(node);
    }
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); levels.len()];
    for (from, to) in edges {
        if let Some(of) = neighbours.get_mut(*from) {
            of.push(*to);
        }
        if let Some(of) = neighbours.get_mut(*to) {
            of.push(*from);
        }
    }
    let order = ordered(rows.into_iter().collect(), levels, edges, &neighbours);
    placed(&order, levels, edges, &neighbours, sizes)
}

/// The levels with their nodes from left to right.
type Order = Vec<(i32, Vec<usize>)>;

/// Orders each level by the mean place of its neighbours, downwards and upwards in turn, and keeps the best order seen.
fn ordered(mut order: Order, levels: &[i32], edges: &[(usize, usize)], neighbours: &[Vec<usize>]) -> Order {
    let mut best = order.clone();
    let mut fewest = crossings(&order, levels, edges);
    for sweep in 0..SWEEPS {
        let mut at = relative(&order, levels.len());
        let down = sweep % 2 == 0;
        let turn: Vec<usize> = if down { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for row in turn {
            let Some((level, nodes)) = order.get_mut(row) else { continue };
            let mean = |node: usize| {
                let near = neighbours.get(node).into_iter().flatten().filter(|other| {
                    let other = levels.get(**other).copied().unwrap_or_default();
                    // The last sweeps look both ways, so that neither end is torn apart.
                    sweep + 4 >= SWEEPS || if down { other <= *level } else { other >= *level }
                });
                let places: Vec<f64> = near.filter_map(|other| at.get(*other).copied()).collect();
                let own = at.get(node).copied().unwrap_or_default();
                if places.is_empty() { own } else { places.iter().sum::<f64>() / places.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = nodes.iter().map(|node| (mean(*node), *node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *nodes = keyed.into_iter().map(|(_, node)| node).collect();
            for (place, node) in spread(nodes) {
                if let Some(slot) = at.get_mut(node) {
                    *slot = place;
                }
            }
        }
        let crossed = crossings(&order, levels, edges);
        if crossed <= fewest {
            fewest = crossed;
            best.clone_from(&order);
        }
    }
    best
}

/// The nodes of a level with their places between 0 and 1.
fn spread(nodes: &[usize]) -> impl Iterator<Item = (f64, usize)> + '_ {
    nodes.iter().enumerate().map(|(index, node)| ((index as f64 + 0.5) / nodes.len() as f64, *node))
}

fn relative(order: &Order, nodes: usize) -> Vec<f64> {
    let mut at = vec![0.5; nodes];
    for (place, node) in order.iter().flat_map(|(_, nodes)| spread(nodes)) {
        if let Some(slot) = at.get_mut(node) {
            *slot = place;
        }
    }
    at
}

/// How many pairs of edges between the same two levels cross. 0 where there are too many edges to compare them all.
fn crossings(order: &Order, levels: &[i32], edges: &[(usize, usize)]) -> usize {
    if edges.len() > COUNTED {
        return 0;
    }
    let at = relative(order, levels.len());
    let mut between: BTreeMap<(i32, i32), Vec<(f64, f64)>> = BTreeMap::new();
    for (from, to) in edges {
        let level = |node: usize| levels.get(node).copied().unwrap_or_default();
        let place = |node: usize| at.get(node).copied().unwrap_or_default();
        let (upper, lower) = if level(*from) <= level(*to) { (*from, *to) } else { (*to, *from) };
        if level(upper) != level(lower) {
            between.entry((level(upper), level(lower))).or_default().push((place(upper), place(lower)));
        }
    }
    let mut crossed = 0;
    for ends in between.values() {
        for (index, one) in ends.iter().enumerate() {
            crossed += ends.iter().skip(index + 1).filter(|other| (one.0 - other.0) * (one.1 - other.1) < 0.0).count();
        }
    }
    crossed
}

/// How many columns give the whole the form nearest to a sheet of paper.
fn columns(order: &Order, sizes: Sizes) -> usize {
    let widest = order.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(1);
    let form = |columns: usize| {
        let rows = order.iter().map(|(_, nodes)| nodes.len().div_ceil(columns));
        let height: f64 =
            rows.map(|rows| rows as f64 * (sizes.height + sizes.between_rows) + sizes.between_levels).sum();
        (columns as f64 * (sizes.width + sizes.beside) / height / FORM).ln().abs()
    };
    let least = 4.min(widest);
    (least..=widest).min_by(|a, b| form(*a).total_cmp(&form(*b))).unwrap_or(widest).max(1)
}

fn placed(order: &Order, levels: &[i32], edges: &[(usize, usize)], neighbours: &[Vec<usize>], sizes: Sizes) -> Layout {
    let columns = columns(order, sizes);
    let step = sizes.width + sizes.beside;
    let width = columns as f64 * step - sizes.beside;
    let mut layout = Layout { places: vec![(0.0, 0.0); levels.len()], bands: Vec::new(), width, height: 0.0 };
    let mut top = 0.0;
    for (level, level_nodes) in order {
        let rows = level_nodes.len().div_ceil(columns).max(1);
        let height = rows as f64 * (sizes.height + sizes.between_rows) - sizes.between_rows;
        layout.bands.push(Band { level: *level, nodes: level_nodes.len(), top, height });
        // Column by column, so that neighbours in the order stay neighbours on the sheet; in a column, what depends stands
        // above what it depends on.
        let across = level_nodes.len().div_ceil(rows).max(1);
        let free = width - (across as f64 * step - sizes.beside);
        let depths = if rows > 1 { depths_within(levels, edges, rows) } else { Vec::new() };
        for (column, nodes) in level_nodes.chunks(rows).enumerate() {
            let mut nodes = nodes.to_vec();
            nodes.sort_by_key(|node| depths.get(*node).copied().unwrap_or_default());
            for (row, node) in nodes.into_iter().enumerate() {
                if let Some(place) = layout.places.get_mut(node) {
                    let y = top + row as f64 * (sizes.height + sizes.between_rows);
                    *place = (free / 2.0 + column as f64 * step, y);
                }
            }
        }
        top += height + sizes.between_levels;
    }
    layout.height = top - sizes.between_levels;
    for turn in 0..6 {
        let levels: Vec<usize> =
            if turn % 2 == 0 { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for (_, nodes) in
            levels.into_iter().filter_map(|level| order.get(level)).filter(|level| level.1.len() <= columns)
        {
            settle(nodes, neighbours, &mut layout, step, width + sizes.beside);
        }
    }
    layout
}

/// How deep each node stands within its own level, by the edges of the level alone; circles end at `most`.
fn depths_within(levels: &[i32], edges: &[(usize, usize)], most: usize) -> Vec<usize> {
    let mut depths = vec![0_usize; levels.len()];
    for _ in 0..most {
        let mut moved = false;
        for (from, to) in edges.iter().filter(|(from, to)| levels.get(*from) == levels.get(*to)) {
            let least = depths.get(*from).copied().unwrap_or_default() + 1;
            if let Some(depth) = depths.get_mut(*to).filter(|depth| **depth < least && least <= most) {
                *depth = least;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    depths
}

/// Moves the nodes of a single row towards the middle of their neighbours, without overlap and on the sheet.
fn settle(nodes: &[usize], neighbours: &[Vec<usize>], layout: &mut Layout, step: f64, width: f64) {
    let x = |node: usize| layout.places.get(node).map_or(0.0, |place| place.0);
    let wished: Vec<f64> = nodes
        .iter()
        .map(|node| {
            let near: Vec<f64> = neighbours.get(*node).into_iter().flatten().map(|other| x(*other)).collect();
            if near.is_empty() { x(*node) } else { near.iter().sum::<f64>() / near.len() as f64 }
        })
        .collect();
    // From the left as near to the wish as the one before allows, from the right likewise; the mean of both keeps the distance.
    let mut left = Vec::with_capacity(wished.len());
    let mut least = f64::MIN;
    for wish in &wished {
        let place = wish.max(least);
        left.push(place);
        least = place + step;
    }
    let mut right = Vec::with_capacity(wished.len());
    let mut most = f64::MAX;
    for wish in wished.iter().rev() {
        let place = wish.min(most);
        right.push(place);
        most = place - step;
    }
    let count = nodes.len();
    for (index, node) in nodes.iter().enumerate() {
        let from_left = left.get(index).copied().unwrap_or_default();
        let from_right = right.get(count - 1 - index).copied().unwrap_or_default();
        let lowest = index as f64 * step;
        let highest = width - (count - index) as f64 * step;
        if let Some(place) = layout.places.get_mut(*node) {
            place.0 = ((from_left + from_right) / 2.0).clamp(lowest, highest.max(lowest));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZES: Sizes = Sizes { width: 100.0, height: 40.0, beside: 10.0, between_rows: 20.0, between_levels: 60.0 };

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        // Three pairs, given crosswise.
        let levels = [0, 0, 0, 1, 1, 1];
        let edges = [(0, 5), (1, 4), (2, 3)];
        let layout = lay_out(&levels, &edges, SIZES);
        let x = |node: usize| layout.places[node].0;
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let ((a, b), (c, d)) = (edges[one], edges[other]);
            assert!((x(a) - x(c)) * (x(b) - x(d)) > 0.0, "{:?}", layout.places);
        }
    }

    #[test]
    fn a_wide_level_is_broken_into_rows() {
        let levels: Vec<i32> = std::iter::once(0).chain(std::iter::repeat_n(1, 200)).collect();
        let edges: Vec<(usize, usize)> = (1..=200).map(|node| (0, node)).collect();
        let layout = lay_out(&levels, &edges, SIZES);
        let form = layout.width / layout.height;
        assert!((1.0..2.0).contains(&form), "{form}");
        let middle = layout.places[0].0 + SIZES.width / 2.0;
        assert!((middle - layout.width / 2.0).abs() < SIZES.width, "the root is above the middle of what it leads to");
    }

    proptest! {
        #[test]
        fn no_two_nodes_overlap_and_all_are_on_the_sheet(
            levels in prop::collection::vec(-3_i32..4, 1..60),
            ends in prop::collection::vec((0_usize..60, 0_usize..60), 0..120),
        ) {
            let count = levels.len();
            let edges: Vec<(usize, usize)> = ends.into_iter().map(|(a, b)| (a % count, b % count)).collect();
            let layout = lay_out(&levels, &edges, SIZES);
            for (index, (x, y)) in layout.places.iter().enumerate() {
                prop_assert!(*x >= -0.01 && x + SIZES.width <= layout.width + 0.01, "{x} of {}", layout.width);
                prop_assert!(*y >= -0.01 && y + SIZES.height <= layout.height + 0.01);
                for (x2, y2) in &layout.places[..index] {
                    prop_assert!((x - x2).abs() >= SIZES.width - 0.01 || (y - y2).abs() >= SIZES.height - 0.01);
                }
            }
        }
    }
}
