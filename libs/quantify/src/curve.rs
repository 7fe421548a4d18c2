//! The loss exceedance curve, and a histogram small enough to plot.

mod plain;
mod svg;

use serde::Serialize;

use crate::figures::Ordered;

pub use plain::plain_curve;
pub use svg::{Labels, svg_curve};

/// How likely a year's loss is above an amount.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The amount.
    pub loss: f64,
    /// P(S > loss), the part of the simulated years above it.
    pub probability: f64,
    /// Its standard error, √(p(1−p) ÷ n).
    pub probability_error: f64,
}

/// The years with a loss from `from` up to, not including, `to` (the last class includes it).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Class {
    pub from: f64,
    pub to: f64,
    pub years: u64,
}

/// What a plot needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// By rising loss; each loss once.
    pub exceedance: Vec<Point>,
    /// Years without any loss.
    pub years_without_loss: u64,
    /// The others in classes of equal width on a logarithmic axis.
    pub histogram: Vec<Class>,
}

/// Classes of the histogram.
const CLASSES: usize = 40;
/// At which probabilities of exceedance the curve has points; the rarer ones only as far as ten years are above.
const PROBABILITIES: [f64; 32] = [
    0.99, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03,
    0.02, 0.01, 0.005, 0.002, 0.001, 0.000_5, 0.000_2, 0.000_1, 0.000_01, 0.000_001,
];

impl Curve {
    /// The curve of a column of annual losses, none negative.
    pub(crate) fn of(values: &[f64]) -> Self {
        let ordered = Ordered::all(values);
        let sorted = ordered.sorted();
        let years = sorted.len();
        let mut exceedance: Vec<Point> = Vec::new();
        for probability in PROBABILITIES {
            if probability * (years as f64) < 10.0 && !exceedance.is_empty() {
                break;
            }
            let (loss, _) = ordered.percentile(1.0 - probability);
            if exceedance.last().is_none_or(|last| last.loss < loss) {
                let above = years - sorted.partition_point(|&value| value <= loss);
                exceedance.push(point(above, years, loss));
            }
        }
        let zeros = sorted.partition_point(|&loss| loss <= 0.0);
        Self {
            exceedance,
            years_without_loss: zeros as u64,
            histogram: histogram(sorted.get(zeros..).unwrap_or_default()),
        }
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

fn histogram(losses: &[f64]) -> Vec<Class> {
    let (Some(&least), Some(&most)) = (losses.first(), losses.last()) else { return Vec::new() };
    if least == most {
        return vec![Class { from: least, to: most, years: losses.len() as u64 }];
    }
    let (low, range) = (libm::log(least), libm::log(most / least));
    let edge = |at: usize| match at {
        0 => least,
        CLASSES => most,
        _ => libm::exp(low + range * at as f64 / CLASSES as f64),
    };
    let below = |at: usize| match at {
        CLASSES => losses.len(),
        _ => losses.partition_point(|&loss| loss < edge(at)),
    };
    (0..CLASSES)
        .map(|at| Class { from: edge(at), to: edge(at + 1), years: below(at + 1).saturating_sub(below(at)) as u64 })
        .collect()
}
