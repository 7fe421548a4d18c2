//! Distributions of amounts, rates and shares, with what is known of them in closed form.

mod pert;

use std::sync::{Arc, OnceLock};

use crate::{
    exponent::exponentials,
    gamma::Beta,
    lookup::Lookup,
    normal::Ziggurat,
    stream::Stream,
    strips::{Strips, Tables},
};

pub use pert::{Pert, Variant};

/// The 95 % point of the standard normal: half the width of a 90 % interval in standard deviations.
pub const NORMAL_95: f64 = 1.644_853_626_951_472_2;

/// A distribution whose parameters have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Constant(f64),
    Uniform { low: f64, high: f64 },
    Triangular { low: f64, mode: f64, high: f64 },
    Pert(Pert, Shape),
    Lognormal { mu: f64, sigma: f64 },
    Exponential { mean: f64 },
    Discrete { values: Vec<f64>, weights: Vec<f64>, lookup: Lookup },
    Empirical(Vec<f64>),
}

/// How a beta is drawn: by strips, or by two gammas where its density has no bound.
#[derive(Clone, Debug)]
enum Shape {
    /// Made ready by a run, or when they are first needed.
    Strips {
        alpha: f64,
        beta: f64,
        strips: OnceLock<Option<Arc<Strips>>>,
    },
    Gammas(Beta),
}

// It follows from the PERT it is in.
impl PartialEq for Shape {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// μ and σ of the lognormal whose 5 % and 95 % points are `p05` and `p95`: μ = (ln p05 + ln p95) ÷ 2,
/// σ = (ln p95 − ln p05) ÷ (2 · 1.644853627).
#[must_use]
pub fn lognormal_from_interval(p05: f64, p95: f64) -> (f64, f64) {
    let (low, high) = (libm::log(p05), libm::log(p95));
    ((low + high) / 2.0, (high - low) / (2.0 * NORMAL_95))
}

impl Distribution {
    pub(crate) fn constant(value: f64) -> Self {
        Self(Kind::Constant(value))
    }

    pub(crate) fn uniform(low: f64, high: f64) -> Self {
        Self(if low < high { Kind::Uniform { low, high } } else { Kind::Constant(low) })
    }

    pub(crate) fn triangular(low: f64, mode: f64, high: f64) -> Self {
        Self(if low < high { Kind::Triangular { low, mode, high } } else { Kind::Constant(low) })
    }

    pub(crate) fn pert(pert: Pert) -> Self {
        if pert.low() < pert.high() {
            let (alpha, beta) = (pert.alpha(), pert.beta());
            let shape = if Strips::serve(alpha, beta) {
                Shape::Strips { alpha, beta, strips: OnceLock::new() }
            } else {
                Shape::Gammas(Beta::new(alpha, beta))
            };
            Self(Kind::Pert(pert, shape))
        } else {
            Self::constant(pert.low())
        }
    }

    pub(crate) fn lognormal(mu: f64, sigma: f64) -> Self {
        Self(Kind::Lognormal { mu, sigma })
    }

    pub(crate) fn exponential(mean: f64) -> Self {
        Self(if mean > 0.0 { Kind::Exponential { mean } } else { Kind::Constant(0.0) })
    }

    pub(crate) fn discrete(values: Vec<f64>, weights: Vec<f64>) -> Self {
        let lookup = Lookup::new(&weights);
        Self(Kind::Discrete { values, weights, lookup })
    }

    pub(crate) fn empirical(values: Vec<f64>) -> Self {
        Self(Kind::Empirical(values))
    }

    /// The one value it always has.
    pub(crate) fn fixed(&self) -> Option<f64> {
        match self.0 {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The expected value.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { low, high } => (low + high) / 2.0,
            Kind::Triangular { low, mode, high } => (low + mode + high) / 3.0,
            Kind::Pert(pert, _) => pert.mean(),
            Kind::Lognormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Kind::Exponential { mean } => *mean,
            Kind::Discrete { values, weights, .. } => {
                let total: f64 = weights.iter().sum();
                values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / total
            }
            Kind::Empirical(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
        }
    }

    /// The variance, in the square of the unit.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match &self.0 {
            Kind::Constant(_) => 0.0,
            Kind::Uniform { low, high } => (high - low) * (high - low) / 12.0,
            Kind::Triangular { low, mode, high } => {
                (low * low + mode * mode + high * high - low * mode - low * high - mode * high) / 18.0
            }
            Kind::Pert(pert, _) => pert.sd() * pert.sd(),
            Kind::Lognormal { mu, sigma } => libm::expm1(sigma * sigma) * libm::exp(2.0 * mu + sigma * sigma),
            Kind::Exponential { mean } => mean * mean,
            Kind::Discrete { values, weights, .. } => {
                let (mean, total) = (self.mean(), weights.iter().sum::<f64>());
                values.iter().zip(weights).map(|(value, weight)| (value - mean) * (value - mean) * weight).sum::<f64>()
                    / total
            }
            Kind::Empirical(values) => {
                let mean = self.mean();
                values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len().max(1) as f64
            }
        }
    }

    /// What it is, with the variant and the parameters that follow from those given; for results.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.0 {
            Kind::Constant(value) => format!("constant {value}"),
            Kind::Uniform { low, high } => format!("uniform {low} to {high}"),
            Kind::Triangular { low, mode, high } => format!("triangular {low}, {mode}, {high}"),
            Kind::Pert(pert, _) => pert.describe(),
            Kind::Lognormal { mu, sigma } => format!("lognormal mu {mu:.6}, sigma {sigma:.6}"),
            Kind::Exponential { mean } => format!("exponential mean {mean}"),
            Kind::Discrete { values, .. } => format!("discrete of {} values", values.len()),
            Kind::Empirical(values) => format!("empirical of {} values", values.len()),
        }
    }

    /// Takes what draws need from the tables of a run.
    pub(crate) fn prepare(&self, tables: &Tables) {
        if let Kind::Pert(_, Shape::Strips { alpha, beta, strips }) = &self.0 {
            strips.get_or_init(|| tables.beta(*alpha, *beta));
        }
    }

    /// A draw for each place.
    pub(crate) fn fill(&self, stream: &mut Stream, out: &mut [f64]) {
        let ziggurat = Ziggurat::get();
        match &self.0 {
            Kind::Constant(value) => out.fill(*value),
            Kind::Uniform { low, high } => each(out, || low + (high - low) * stream.uniform()),
            Kind::Triangular { low, mode, high } => each(out, || triangular(*low, *mode, *high, stream.uniform())),
            Kind::Pert(pert, shape) => {
                let (low, range) = (pert.low(), pert.high() - pert.low());
                match shape {
                    Shape::Strips { alpha, beta, strips } => {
                        match strips.get_or_init(|| Strips::beta(*alpha, *beta).map(Arc::new)) {
                            Some(strips) => strips.fill(low, range, stream, out),
                            None => {
                                let beta = Beta::new(*alpha, *beta);
                                each(out, || low + range * beta.draw(ziggurat, stream));
                            }
                        }
                    }
                    Shape::Gammas(beta) => each(out, || low + range * beta.draw(ziggurat, stream)),
                }
            }
            Kind::Lognormal { mu, sigma } => {
                ziggurat.fill(stream, out);
                exponentials(out, *sigma, *mu);
            }
            Kind::Exponential { mean } => each(out, || -mean * libm::log(stream.open())),
            Kind::Discrete { values, lookup, .. } => {
                each(out, || values.get(lookup.draw(stream)).copied().unwrap_or_default());
            }
            Kind::Empirical(values) => each(out, || {
                let at = (stream.uniform() * values.len() as f64) as usize;
                values.get(at).copied().unwrap_or_default()
            }),
        }
    }
}

#[inline]
fn each(out: &mut [f64], mut draw: impl FnMut() -> f64) {
    for place in out {
        *place = draw();
    }
}

#[inline]
fn triangular(low: f64, mode: f64, high: f64, u: f64) -> f64 {
    let range = high - low;
    let drawn = if u * range < mode - low {
        low + libm::sqrt(u * range * (mode - low))
    } else {
        high - libm::sqrt((1.0 - u) * range * (high - mode))
    };
    drawn.clamp(low, high)
}
