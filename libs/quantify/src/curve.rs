//! The loss exceedance curve, and a histogram small enough to plot.

mod plain;
mod svg;

use serde::{Deserialize, Serialize};

use crate::figures::{Classes, Extent, Ordered};

pub use plain::plain_curve;
pub use svg::{Labels, svg_curve};

/// How likely a year's loss is above an amount.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Point {
    /// The amount.
    pub loss: f64,
    /// P(S > loss), the part of the simulated years above it.
    pub probability: f64,
    /// Its standard error, √(p(1−p) ÷ n).
    pub probability_error: f64,
}

/// The years with a loss from `from` up to, not including, `to` (the last class includes it).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Class {
    pub from: f64,
    pub to: f64,
    pub years: u64,
}

/// What a plot needs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Curve {
    /// By rising loss; each loss once.
    pub exceedance: Vec<Point>,
    /// Years without any loss.
    pub years_without_loss: u64,
    /// The others in at most 40 classes of nearly equal width on a logarithmic axis.
    pub histogram: Vec<Class>,
}

/// Classes of the histogram, at most.
const CLASSES: usize = 40;
/// At which probabilities of exceedance the curve has points; the rarer ones only as far as ten years are above.
const PROBABILITIES: [f64; 32] = [
    0.99, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07,
    0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 0.000_5, 0.000_2, 0.000_1, 0.000_01, 0.000_001,
];

impl Curve {
    /// The percentiles a curve of so many years has its points at.
    pub(crate) fn levels(years: usize) -> Vec<f64> {
        let shown = PROBABILITIES.into_iter().filter(|&probability| probability * years as f64 >= 10.0);
        [0.0].into_iter().chain(shown.map(|probability| 1.0 - probability)).collect()
    }

    /// The curve of a column of annual losses, none negative.
    pub(crate) fn of(ordered: &Ordered, levels: &[f64], extent: &Extent, years: usize) -> Self {
        let mut exceedance: Vec<Point> = Vec::new();
        for &level in levels {
            let loss = ordered.value(level);
            if exceedance.last().is_none_or(|last| last.loss < loss) {
                exceedance.push(point(ordered.above_level(level), years, loss));
            }
        }
        let classes = ordered.classes();
        let histogram = histogram(classes, extent.least, extent.most);
        Self { exceedance, years_without_loss: classes.zeros(), histogram }
    }

    /// P(S > loss) of a column in any order.
    pub(crate) fn point_of(values: &[f64], loss: f64) -> Point {
        point(values.iter().filter(|&&value| value > loss).count(), values.len(), loss)
    }

    /// P(S > loss) as the curve has it, on a straight line in the logarithm of the loss between its points.
    #[must_use]
    pub fn probability(&self, loss: f64) -> f64 {
        let after = self.exceedance.partition_point(|point| point.loss <= loss);
        let before = after.checked_sub(1).and_then(|at| self.exceedance.get(at));
        match (before, self.exceedance.get(after)) {
            (None, _) => 1.0,
            (Some(before), None) => before.probability,
            (Some(before), Some(next)) if before.loss > 0.0 => {
                let way = libm::log(loss / before.loss) / libm::log(next.loss / before.loss);
                before.probability + (next.probability - before.probability) * way
            }
            (Some(before), Some(_)) => before.probability,
        }
    }
}

fn point(above: usize, years: usize, loss: f64) -> Point {
    let years = years.max(1) as f64;
    let probability = above as f64 / years;
    Point { loss, probability, probability_error: libm::sqrt(probability * (1.0 - probability) / years) }
}

// Joins the fine classes of the leading bits, which are nearly of equal width in the logarithm.
fn histogram(fine: &Classes, least: f64, most: f64) -> Vec<Class> {
    if least > most {
        return Vec::new();
    }
    let used = fine.filled().take_while(|(from, _)| *from <= most).count();
    let width = used.div_ceil(CLASSES).max(1);
    let all: Vec<(f64, u32)> = fine.filled().take(used).collect();
    let starts = all.chunks(width).filter_map(|chunk| chunk.first()).map(|(from, _)| *from);
    let ends = starts.clone().skip(1).chain([most]);
    let years = all.chunks(width).map(|chunk| chunk.iter().map(|(_, count)| u64::from(*count)).sum());
    starts.zip(ends).zip(years).map(|((from, to), years)| Class { from, to, years }).collect()
}
