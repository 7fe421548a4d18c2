//! The ways of edges over the sheet, pure: an edge that passes a row of nodes goes through a gap of the row, not behind a node.

use super::layout::{Layout, Sizes};

/// How far an edge stays away from the nodes it passes.
const CLEAR: f64 = 6.0;

/// A row of nodes: its upper edge, and the left edges of its nodes in order.
#[derive(Debug)]
struct Row {
    top: f64,
    lefts: Vec<f64>,
}

/// The rows of a sheet, from the top.
#[derive(Debug)]
pub struct Rows {
    rows: Vec<Row>,
    sizes: Sizes,
}

impl Rows {
    /// The rows of a layout.
    #[must_use]
    pub fn of(layout: &Layout, sizes: Sizes) -> Self {
        let mut places = layout.places.clone();
        places.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)));
        let mut rows: Vec<Row> = Vec::new();
        for (left, top) in places {
            match rows.last_mut().filter(|row| (row.top - top).abs() < 1.0) {
                Some(row) => row.lefts.push(left),
                None => rows.push(Row { top, lefts: vec![left] }),
            }
        }
        Self { rows, sizes }
    }

    /// The way from the lower edge of a node down to the upper edge of another, as a path; the other way round where `upwards`.
    /// `lane`, from -0.5 to 0.5, keeps edges that share a gap apart. It stays straight down for as long as it passes rows of its
    /// own level, which ends at `leaves`, and then comes down beside its end.
    #[must_use]
    pub fn path(&self, from: (f64, f64), to: (f64, f64), leaves: f64, lane: f64, upwards: bool) -> String {
        let mut points = vec![from];
        let mut at = from.0;
        for row in self.rows.iter().filter(|row| row.top > from.1 + 1.0 && row.top < to.1 - 1.0) {
            at = self.gap(row, if row.top < leaves { at } else { to.0 }, lane);
            points.push((at, row.top - CLEAR));
            points.push((at, row.top + self.sizes.height + CLEAR));
        }
        points.push(to);
        if upwards {
            points.reverse();
        }
        let mut path = String::new();
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in points {
            match before {
                None => path.push_str(&format!("M{x:.1} {y:.1}")),
                Some((x1, _)) if (x1 - x).abs() < 0.05 => path.push_str(&format!("V{y:.1}")),
                Some((x1, y1)) => {
                    let bend = (y - y1) * 0.5;
                    path.push_str(&format!("C{x1:.1} {:.1} {x:.1} {:.1} {x:.1} {y:.1}", y1 + bend, y - bend));
                }
            }
            before = Some((x, y));
        }
        path
    }

    /// The place in a gap of a row that is nearest to the one wished for.
    fn gap(&self, row: &Row, wish: f64, lane: f64) -> f64 {
        let mut best: Option<f64> = None;
        let mut from = f64::MIN;
        let ends = row.lefts.iter().map(|left| (*left, left + self.sizes.width)).chain([(f64::MAX, f64::MAX)]);
        for (left, right) in ends {
            // Outside the row an edge keeps as near to it as in a gap.
            let (low, high) = match (from == f64::MIN, left == f64::MAX) {
                (true, _) => (left - self.sizes.beside, left),
                (_, true) => (from, from + self.sizes.beside),
                _ => (from, left),
            };
            let place = if wish > low + CLEAR && wish < high - CLEAR && high - low > 2.0 * self.sizes.beside {
                wish
            } else {
                let near = if high - low <= 2.0 * self.sizes.beside {
                    f64::midpoint(low, high)
                } else {
                    wish.clamp(low + self.sizes.beside / 2.0, high - self.sizes.beside / 2.0)
                };
                near + lane * (self.sizes.beside - CLEAR)
            };
            if best.is_none_or(|best| (place - wish).abs() < (best - wish).abs()) {
                best = Some(place);
            }
            from = right;
        }
        best.unwrap_or(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { width: 100.0, height: 40.0, beside: 20.0, between_rows: 20.0, between_levels: 60.0 };

    #[test]
    fn an_edge_goes_through_a_gap_and_straight_where_nothing_is_in_its_way() {
        let places = vec![(120.0, 0.0), (0.0, 100.0), (120.0, 100.0), (240.0, 100.0), (120.0, 160.0)];
        let rows = Rows::of(&Layout { places, ..Default::default() }, SIZES);
        let path = rows.path((170.0, 40.0), (170.0, 160.0), 0.0, 0.0, false);
        assert!(path.contains("110.0 94.0V146.0") || path.contains("230.0 94.0V146.0"), "{path}");
        assert_eq!(rows.path((170.0, 40.0), (170.0, 100.0), 0.0, 0.0, false), "M170.0 40.0V100.0");
        let up = rows.path((170.0, 40.0), (170.0, 160.0), 0.0, 0.0, true);
        assert!(up.starts_with("M170.0 160.0") && up.ends_with("170.0 40.0"), "{up}");
    }
}
