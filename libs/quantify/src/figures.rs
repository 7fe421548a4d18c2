//! What many simulated years say about a year's loss, each figure with its Monte Carlo standard error.

mod order;

use serde::Serialize;

pub(crate) use order::Ordered;

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

/// Sums of values from a centre.
#[derive(Clone, Copy, Default)]
struct Moments {
    second: f64,
    fourth: f64,
}

/// The mean, added up in four lanes: the same on every machine, and less rounding than in one.
pub(crate) fn mean(values: &[f64]) -> f64 {
    sum(values, |x| x) / values.len().max(1) as f64
}

#[inline]
fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for four in fours {
        for (lane, &value) in lanes.iter_mut().zip(four) {
            *lane += of(value);
        }
    }
    let [a, b, c, d] = lanes;
    (a + b) + (c + d) + rest.iter().map(|&value| of(value)).sum::<f64>()
}

fn moments(values: &[f64], mean: f64) -> Moments {
    let (fours, rest) = values.as_chunks::<4>();
    let (mut second, mut fourth) = ([0.0; 4], [0.0; 4]);
    let mut add = |four: &[f64; 4]| {
        for ((second, fourth), &value) in second.iter_mut().zip(&mut fourth).zip(four) {
            let square = (value - mean) * (value - mean);
            *second += square;
            *fourth += square * square;
        }
    };
    fours.iter().for_each(&mut add);
    let mut last = [mean; 4];
    last.iter_mut().zip(rest).for_each(|(place, &value)| *place = value);
    add(&last);
    let total = |[a, b, c, d]: [f64; 4]| (a + b) + (c + d);
    Moments { second: total(second), fourth: total(fourth) }
}

impl Figures {
    /// The figures of a column of annual amounts, none negative.
    pub(crate) fn of(values: &[f64]) -> Self {
        let years = values.len().max(1) as f64;
        let mean = mean(values);
        let Moments { second, fourth } = moments(values, mean);
        let variance = if values.len() > 1 { second / (years - 1.0) } else { 0.0 };
        let sd = libm::sqrt(variance);
        // The error of a variance is √((m₄ − σ⁴) ÷ n); that of its root follows by the slope of the root.
        let spread = fourth / years - variance * variance;
        let sd_error = if sd > 0.0 && spread > 0.0 { libm::sqrt(spread / years) / (2.0 * sd) } else { 0.0 };
        let ordered = Ordered::of(values);
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
