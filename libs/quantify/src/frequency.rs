//! How many events a year has.

use crate::{
    distribution::Distribution,
    exponent::exponentials,
    lookup::Lookup,
    slices::times,
    stream::{Key, Stream},
};

/// Above this mean a Poisson count of a drawn rate is found by rejection instead of by search.
const SEARCH: f64 = 16.0;
/// No year has more events; the check of a model keeps expectations far below.
pub(crate) const MOST_A_YEAR: u32 = 10_000_000;

/// A checked frequency, in events a year.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frequency {
    /// Poisson with one rate.
    Poisson { rate: f64 },
    /// Poisson mixed over a gamma: variance above the mean.
    NegativeBinomial { mean: f64, variance: f64 },
    /// One event or none.
    Bernoulli { probability: f64 },
    /// Poisson with a rate that is itself uncertain: the product of what is drawn, times a factor.
    Rates { factors: Vec<Distribution>, factor: f64 },
}

impl Frequency {
    /// A product of rates; one Poisson when nothing of it is uncertain.
    pub(crate) fn rates(factors: Vec<Distribution>) -> Self {
        match factors.iter().map(Distribution::fixed).product() {
            Some(rate) => Self::Poisson { rate },
            None => Self::Rates { factors, factor: 1.0 },
        }
    }

    /// Each event is one with probability `share` (0 to 1), by itself.
    pub(crate) fn thinned(&self, share: f64) -> Self {
        match self {
            Self::Poisson { rate } => Self::Poisson { rate: rate * share },
            Self::NegativeBinomial { mean, variance } if share > 0.0 => {
                let over = (variance - mean) * share * share;
                Self::NegativeBinomial { mean: mean * share, variance: mean * share + over }
            }
            Self::NegativeBinomial { .. } => Self::Poisson { rate: 0.0 },
            Self::Bernoulli { probability } => Self::Bernoulli { probability: probability * share },
            Self::Rates { factors, factor } => Self::Rates { factors: factors.clone(), factor: factor * share },
        }
    }

    pub(crate) fn mean(&self) -> f64 {
        match self {
            Self::Poisson { rate } => *rate,
            Self::NegativeBinomial { mean, .. } => *mean,
            Self::Bernoulli { probability } => *probability,
            Self::Rates { factors, factor } => factors.iter().map(Distribution::mean).product::<f64>() * factor,
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Poisson { rate } => format!("poisson rate {rate}"),
            Self::NegativeBinomial { mean, variance } => format!("negative binomial mean {mean}, variance {variance}"),
            Self::Bernoulli { probability } => format!("bernoulli probability {probability}"),
            Self::Rates { factors, factor } => {
                let names: Vec<String> = factors.iter().map(Distribution::describe).collect();
                format!("poisson of ({}) times {factor}", names.join(") times ("))
            }
        }
    }

    /// Made ready to be drawn from.
    pub(crate) fn counter(&self, key: &Key) -> Counter {
        let (lowest, weights) = match self {
            Self::Poisson { rate } => poisson_weights(*rate),
            Self::NegativeBinomial { mean, variance } => negative_binomial_weights(*mean, *variance),
            Self::Bernoulli { probability } => (0, vec![1.0 - probability, *probability]),
            Self::Rates { factors, factor } => {
                let factors = factors.iter().enumerate();
                let keyed = factors.map(|(at, rate)| (key.purpose(&format!("rate {at}")), rate.clone()));
                return Counter { key: key.purpose("count"), how: How::Rates(keyed.collect(), *factor) };
            }
        };
        Counter { key: key.purpose("count"), how: How::Table(lowest, Lookup::new(&weights)) }
    }
}

/// Draws counts of events.
pub(crate) struct Counter {
    key: Key,
    how: How,
}

enum How {
    /// The lowest count, and which above it.
    Table(u32, Lookup),
    Rates(Vec<(Key, Distribution)>, f64),
}

impl Counter {
    /// The counts of the years of one block. `rates` is working space of as many places.
    pub(crate) fn fill(&self, block: u64, rates: &mut Vec<f64>, out: &mut [u32]) {
        let mut stream = self.key.block(block);
        match &self.how {
            How::Table(lowest, lookup) => {
                for count in out {
                    *count = lowest + lookup.draw(&mut stream) as u32;
                }
            }
            How::Rates(factors, factor) => {
                fill_rates(factors, *factor, block, out.len(), rates);
                let mut zero = rates.clone();
                exponentials(&mut zero, -1.0, 0.0);
                for ((count, &rate), &zero) in out.iter_mut().zip(rates.iter()).zip(&zero) {
                    *count = poisson(rate, zero, &mut stream);
                }
            }
        }
    }
}

/// The rates of the years of one block: the product of the factors' draws.
pub(crate) fn fill_rates(factors: &[(Key, Distribution)], factor: f64, block: u64, years: usize, out: &mut Vec<f64>) {
    out.resize(years, factor);
    let Some(((key, first), others)) = factors.split_first() else { return out.fill(factor) };
    first.fill(&mut key.block(block), out);
    if factor != 1.0 {
        out.iter_mut().for_each(|rate| *rate *= factor);
    }
    if others.is_empty() {
        return;
    }
    let mut drawn = vec![0.0; years];
    for (key, distribution) in others {
        distribution.fill(&mut key.block(block), &mut drawn);
        times(out, &drawn);
    }
}

// `zero` is e^-rate, the probability of no event.
#[inline]
fn poisson(rate: f64, zero: f64, stream: &mut Stream) -> u32 {
    if rate >= SEARCH {
        return rejected(rate, stream);
    }
    let u = stream.uniform();
    let (mut count, mut probability, mut below) = (0_u32, zero, zero);
    while u >= below && count < 200 {
        count += 1;
        probability *= rate / f64::from(count);
        below += probability;
    }
    count
}

// Hörmann's transformed rejection with squeeze (PTRS, 1993), for rates of 10 and more.
fn rejected(rate: f64, stream: &mut Stream) -> u32 {
    let b = 0.931 + 2.53 * libm::sqrt(rate);
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.123_9 + 1.132_8 / (b - 3.4);
    let v_r = 0.927_7 - 3.622_4 / (b - 2.0);
    let log_rate = libm::log(rate);
    loop {
        let u = stream.open() - 0.5;
        let v = stream.open();
        let us = 0.5 - u.abs();
        let k = libm::floor((2.0 * a / us + b) * u + rate + 0.43);
        if us >= 0.07 && v <= v_r {
            return bounded(k);
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let left = libm::log(v) + libm::log(inverse_alpha) - libm::log(a / (us * us) + b);
        if left <= k * log_rate - rate - libm::lgamma(k + 1.0) {
            return bounded(k);
        }
    }
}

fn bounded(k: f64) -> u32 {
    // Saturates, also for what is not a number.
    (k as u32).min(MOST_A_YEAR)
}

/// Weights of the counts that a uniform of 53 bits can tell apart, and the lowest of them. From the mode outwards, so that
/// nothing under- or overflows.
fn outwards(mode: u32, up: impl Fn(f64) -> f64) -> (u32, Vec<f64>) {
    const LEAST: f64 = 1e-19;
    // up(k) is the weight of k + 1 over that of k.
    let mut lower = Vec::new();
    let (mut weight, mut count) = (1.0, mode);
    while count > 0 && weight > LEAST {
        weight /= up(f64::from(count - 1));
        count -= 1;
        lower.push(weight);
    }
    lower.reverse();
    lower.push(1.0);
    let (mut weight, mut k) = (1.0, f64::from(mode));
    while weight > LEAST && lower.len() < MOST_A_YEAR as usize {
        weight *= up(k);
        k += 1.0;
        lower.push(weight);
    }
    (count, lower)
}

fn poisson_weights(rate: f64) -> (u32, Vec<f64>) {
    outwards(rate as u32, |k| rate / (k + 1.0))
}

fn negative_binomial_weights(mean: f64, variance: f64) -> (u32, Vec<f64>) {
    // Size r and the probability of one more.
    let size = mean * mean / (variance - mean);
    let more = 1.0 - mean / variance;
    let mode = if size > 1.0 { ((size - 1.0) * more / (1.0 - more)) as u32 } else { 0 };
    outwards(mode, |k| (k + size) / (k + 1.0) * more)
}
