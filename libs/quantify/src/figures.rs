//! What many simulated years say about a year's loss, each figure with its Monte Carlo standard error.

mod order;

use rayon::prelude::*;
use serde::Serialize;

use crate::curve::Curve;
use order::SPAN;

pub(crate) use order::{Classes, Ordered};

/// Figures of an annual amount, in the model's currency; each `*_error` is the standard error of the figure before it, from
/// the number of simulated years alone.
///
/// A percentile p is the least amount that at least p % of the years do not exceed. VaR95 is the 95 % percentile, TVaR95 the
/// mean of the worst 5 % of the years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the figures")]
pub struct Figures {
    pub mean: f64,
    pub mean_error: f64,
    pub sd: f64,
    pub sd_error: f64,
    pub p05: f64,
    pub p05_error: f64,
    pub p50: f64,
    pub p50_error: f64,
    pub p90: f64,
    pub p90_error: f64,
    pub p95: f64,
    pub p95_error: f64,
    pub p99: f64,
    pub p99_error: f64,
    pub var95: f64,
    pub var95_error: f64,
    pub tvar95: f64,
    pub tvar95_error: f64,
    pub var99: f64,
    pub var99_error: f64,
    pub tvar99: f64,
    pub tvar99_error: f64,
}

/// By how much a variant is below the current state, year by year on the same draws. Negative where it is above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the figures")]
pub struct Reduction {
    pub mean: f64,
    pub mean_error: f64,
    pub var95: f64,
    pub var99: f64,
    pub tvar95: f64,
    pub tvar95_error: f64,
    pub tvar99: f64,
    pub tvar99_error: f64,
}

/// What one pass over the values tells: their sum, the least that is not 0 (infinite if all are), and the most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) sum: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Extent {
    /// Sums are taken in lanes within spans, then over the spans: the same on every machine, with less rounding than in one go.
    pub(crate) fn of(values: &[f64]) -> Self {
        let span = |values: &[f64]| pulp::Arch::new().dispatch(ExtentOf(values));
        let spans: Vec<Self> = values.par_chunks(SPAN).map(span).collect();
        let none = Self { sum: 0.0, least: f64::INFINITY, most: 0.0 };
        spans.into_iter().fold(none, |all, span| Self {
            sum: all.sum + span.sum,
            least: lower(all.least, span.least),
            most: higher(all.most, span.most),
        })
    }
}

/// Sums that are taken side by side.
const LANES: usize = 16;

// Jobs, not closures: only what is compiled into `dispatch` has the lanes of the processor it finds.
struct ExtentOf<'a>(&'a [f64]);

impl pulp::NullaryFnOnce for ExtentOf<'_> {
    type Output = Extent;

    #[inline(always)]
    fn call(self) -> Extent {
        let (mut sum, mut least, mut most) = ([0.0; LANES], [f64::INFINITY; LANES], [0.0; LANES]);
        rows(
            self.0,
            0.0,
            #[inline(always)]
            |row: &[f64; LANES]| {
                // One after the other: that is how the compiler finds the lanes.
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                let some = row.map(|value| if value == 0.0 { f64::INFINITY } else { value });
                least.iter_mut().zip(some).for_each(|(least, value)| *least = lower(*least, value));
                most.iter_mut().zip(row).for_each(|(most, value)| *most = higher(*most, *value));
            },
        );
        Extent { sum: folded(sum, |x, y| x + y), least: folded(least, lower), most: folded(most, higher) }
    }
}

// The rows of values, the last one filled up.
#[inline(always)]
fn rows(values: &[f64], with: f64, mut see: impl FnMut(&[f64; LANES])) {
    let (whole, rest) = values.as_chunks::<LANES>();
    for row in whole {
        see(row);
    }
    let mut last = [with; LANES];
    last.iter_mut().zip(rest).for_each(|(place, &value)| *place = value);
    see(&last);
}

// Halves on halves.
#[inline(always)]
fn folded(mut lanes: [f64; LANES], of: impl Fn(f64, f64) -> f64) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(low, high)| *low = of(*low, *high));
        half /= 2;
    }
    lanes.first().copied().unwrap_or_default()
}

#[inline(always)]
fn lower(one: f64, other: f64) -> f64 {
    if other < one { other } else { one }
}

#[inline(always)]
fn higher(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// The sums of the second and fourth powers of the distances from the mean.
fn moments(values: &[f64], mean: f64) -> (f64, f64) {
    let span = |values: &[f64]| pulp::Arch::new().dispatch(MomentsOf(values, mean));
    let spans: Vec<(f64, f64)> = values.par_chunks(SPAN).map(span).collect();
    spans.into_iter().fold((0.0, 0.0), |(second, fourth), (more, most)| (second + more, fourth + most))
}

struct MomentsOf<'a>(&'a [f64], f64);

impl pulp::NullaryFnOnce for MomentsOf<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn call(self) -> (f64, f64) {
        let Self(values, mean) = self;
        let (mut second, mut fourth) = ([0.0; LANES], [0.0; LANES]);
        rows(
            values,
            mean,
            #[inline(always)]
            |row: &[f64; LANES]| {
                let squares = row.map(|value| (value - mean) * (value - mean));
                second.iter_mut().zip(squares).for_each(|(second, square)| *second += square);
                fourth.iter_mut().zip(squares).for_each(|(fourth, square)| *fourth += square * square);
            },
        );
        (folded(second, |x, y| x + y), folded(fourth, |x, y| x + y))
    }
}

impl Figures {
    /// The figures of a column of annual amounts, none negative.
    pub(crate) fn of(values: &[f64]) -> Self {
        let extent = Extent::of(values);
        let ordered = Ordered::of(values, extent.least, extent.most, &[]);
        Self::from_order(values, &extent, &ordered)
    }

    /// The same, and the column's curve.
    pub(crate) fn and_curve(values: &[f64]) -> (Self, Curve) {
        let extent = Extent::of(values);
        let levels = Curve::levels(values.len());
        let ordered = Ordered::of(values, extent.least, extent.most, &levels);
        (Self::from_order(values, &extent, &ordered), Curve::of(&ordered, &levels, &extent, values.len()))
    }

    fn from_order(values: &[f64], extent: &Extent, ordered: &Ordered) -> Self {
        let years = values.len().max(1) as f64;
        let mean = extent.sum / years;
        let (second, fourth) = moments(values, mean);
        let variance = if values.len() > 1 { second / (years - 1.0) } else { 0.0 };
        let sd = libm::sqrt(variance);
        // The error of a variance is √((m₄ − σ⁴) ÷ n); that of its root follows by the slope of the root.
        let spread = fourth / years - variance * variance;
        let sd_error = if sd > 0.0 && spread > 0.0 { libm::sqrt(spread / years) / (2.0 * sd) } else { 0.0 };
        let (p05, p05_error) = ordered.percentile(0.05);
        let (p50, p50_error) = ordered.percentile(0.5);
        let (p90, p90_error) = ordered.percentile(0.9);
        let (p95, p95_error) = ordered.percentile(0.95);
        let (p99, p99_error) = ordered.percentile(0.99);
        let (tvar95, tvar95_error) = ordered.tail(0.95);
        let (tvar99, tvar99_error) = ordered.tail(0.99);
        Self {
            mean,
            mean_error: sd / libm::sqrt(years),
            sd,
            sd_error,
            p05,
            p05_error,
            p50,
            p50_error,
            p90,
            p90_error,
            p95,
            p95_error,
            p99,
            p99_error,
            var95: p95,
            var95_error: p95_error,
            tvar95,
            tvar95_error,
            var99: p99,
            var99_error: p99_error,
            tvar99,
            tvar99_error,
        }
    }

    /// Adds an error that does not come from the years: that of a share the mean is proportional to.
    pub(crate) fn with_share_error(mut self, relative: f64) -> Self {
        let more = self.mean * relative;
        self.mean_error = libm::sqrt(self.mean_error * self.mean_error + more * more);
        self
    }
}

impl Reduction {
    /// From the current state's years and figures, and the variant's.
    pub(crate) fn of(current: (&[f64], &Figures), variant: (&[f64], &Figures)) -> Self {
        let ((before, was), (after, is)) = (current, variant);
        let (mean, mean_error) = paired(before, after, |before, after| before - after);
        let excess = |value: f64, level: f64| if value > level { value - level } else { 0.0 };
        let tail_error = |level: f64, was: f64, is: f64| {
            let of = |before, after| excess(before, was) - excess(after, is);
            paired(before, after, of).1 / (1.0 - level)
        };
        Self {
            mean,
            mean_error,
            var95: was.var95 - is.var95,
            var99: was.var99 - is.var99,
            tvar95: was.tvar95 - is.tvar95,
            tvar95_error: tail_error(0.95, was.var95, is.var95),
            tvar99: was.tvar99 - is.tvar99,
            tvar99_error: tail_error(0.99, was.var99, is.var99),
        }
    }
}

// The mean of what pairs give, and its standard error.
fn paired(first: &[f64], second: &[f64], of: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let years = first.len().max(2) as f64;
    let mean = first.iter().zip(second).map(|(&x, &y)| of(x, y)).sum::<f64>() / years;
    let square = first.iter().zip(second).map(|(&x, &y)| of(x, y) - mean).map(|off| off * off).sum::<f64>();
    (mean, libm::sqrt(square / (years - 1.0) / years))
}
