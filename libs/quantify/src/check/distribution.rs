//! Distributions and frequencies.

use super::{Checker, Range};
use crate::{
    distribution::{Distribution, Pert, Variant, lognormal_from_interval},
    frequency::Frequency,
    input::{self, Distribution as Input},
    model::{Amount, Model},
};

/// Most values of a list.
const MOST_VALUES: usize = 100_000;
/// Largest σ of a lognormal: above it, means are decided by draws that no run makes.
const MOST_SIGMA: f64 = 5.0;
/// Largest ratio of a negative binomial's variance to its mean.
const MOST_OVER: f64 = 1e4;

impl Checker {
    /// A distribution of a quantity.
    pub(crate) fn distribution(&mut self, place: &str, input: &Input, range: Range) -> Option<Distribution> {
        let drawn = match input {
            Input::Constant { value } => self.number(&at(place, "value"), *value, range).map(Distribution::constant),
            Input::Uniform { low, high } => {
                let (low, high) = self.ordered(place, *low, *high, range)?;
                Some(Distribution::uniform(low, high))
            }
            Input::Triangular { low, mode, high } => {
                let (low, mode, high) = self.three(place, *low, *mode, *high, range)?;
                Some(Distribution::triangular(low, mode, high))
            }
            Input::Pert { low, mode, high, lambda, variant } => {
                let three = self.three(place, *low, *mode, *high, range);
                self.pert(place, three, lambda.unwrap_or(4.0), *variant)
            }
            Input::Lognormal { p05, p95, mu, sigma } => self.lognormal(place, [*p05, *p95, *mu, *sigma], range),
            Input::Exponential { mean } => {
                self.unbounded(place, "an exponential", range)?;
                self.number(&at(place, "mean"), *mean, range).map(Distribution::exponential)
            }
            Input::Discrete { values, weights } => self.discrete(place, values, weights, range),
            Input::Empirical { values } => {
                self.values(place, "values", values, range).map(|()| Distribution::empirical(values.clone()))
            }
            Input::Poisson { .. } | Input::NegativeBinomial { .. } | Input::Bernoulli { .. } => {
                self.refuse(place, "counts events and is no distribution of a quantity", "use it under `frequency`");
                None
            }
            Input::Outage { .. } => {
                self.refuse(place, "an outage is a severity only", "use it under `severity` or `losses`");
                None
            }
        }?;
        if range == Range::Rate && !(drawn.mean() <= range.most() && drawn.variance() <= range.most() * range.most()) {
            let most = range.most();
            self.refuse(place, format!("its mean or deviation is above {most} a year"), "narrow the distribution");
            return None;
        }
        Some(drawn)
    }

    /// How often events happen: counts, or the rate of a Poisson.
    pub(crate) fn frequency(&mut self, place: &str, input: &Input) -> Option<Frequency> {
        match input {
            Input::Poisson { rate } => {
                let rate = self.number(&at(place, "rate"), *rate, Range::Rate)?;
                Some(Frequency::Poisson { rate })
            }
            Input::NegativeBinomial { mean, variance } => self.negative_binomial(place, *mean, *variance),
            Input::Bernoulli { probability } => {
                let probability = self.number(&at(place, "probability"), *probability, Range::Share)?;
                Some(Frequency::Bernoulli { probability })
            }
            _ => self.distribution(place, input, Range::Rate).map(|rate| Frequency::rates(vec![rate])),
        }
    }

    /// A rate within a FAIR tree: a distribution, or the rate of a Poisson.
    pub(crate) fn rate(&mut self, place: &str, input: &Input) -> Option<Distribution> {
        match input {
            Input::Poisson { rate } => self.number(&at(place, "rate"), *rate, Range::Rate).map(Distribution::constant),
            _ => self.distribution(place, input, Range::Rate),
        }
    }

    /// What an event costs.
    pub(crate) fn amount(&mut self, place: &str, input: &Input) -> Option<Amount> {
        let Input::Outage { hours, rate_per_hour } = input else {
            return self.distribution(place, input, Range::Amount).map(Amount::Drawn);
        };
        let rate = self.number(&at(place, "rate_per_hour"), *rate_per_hour, Range::Amount);
        let hours = self.distribution(&at(place, "hours"), hours, Range::Hours);
        Some(Amount::Outage(hours?, rate?))
    }

    fn negative_binomial(&mut self, place: &str, mean: f64, variance: f64) -> Option<Frequency> {
        let mean_field = at(place, "mean");
        let given = self.number(&mean_field, mean, Range::Rate);
        let mean = given.filter(|&mean| mean >= 1e-9);
        if given.is_some() && mean.is_none() {
            self.refuse(&mean_field, "is below 1e-9", "give a mean above 0, or a poisson of rate 0");
        }
        let field = at(place, "variance");
        let mean = mean?;
        // A variance a hair above the mean has a size beyond reckoning.
        let (least, most) = (mean * (1.0 + 1e-6), mean * MOST_OVER);
        if !(variance > least && variance <= most) {
            let problem = format!("{variance} is not above the mean {mean} and at most {most}");
            self.refuse(&field, problem, "give a larger variance, or use poisson, whose variance is its mean");
            return None;
        }
        Some(Frequency::NegativeBinomial { mean, variance })
    }

    fn ordered(&mut self, place: &str, low: f64, high: f64, range: Range) -> Option<(f64, f64)> {
        let low = self.number(&at(place, "low"), low, range);
        let high = self.number(&at(place, "high"), high, range);
        let (low, high) = (low?, high?);
        if low > high {
            self.refuse(&at(place, "high"), format!("{high} is below low {low}"), "give low ≤ high");
            return None;
        }
        Some((low, high))
    }

    fn three(&mut self, place: &str, low: f64, mode: f64, high: f64, range: Range) -> Option<(f64, f64, f64)> {
        let ends = self.ordered(place, low, high, range);
        let field = at(place, "mode");
        let mode = self.number(&field, mode, range);
        let ((low, high), mode) = (ends?, mode?);
        if mode < low || mode > high {
            self.refuse(&field, format!("{mode} is outside of low {low} to high {high}"), "give low ≤ mode ≤ high");
            return None;
        }
        Some((low, mode, high))
    }

    fn pert(
        &mut self,
        place: &str,
        three: Option<(f64, f64, f64)>,
        lambda: f64,
        variant: Option<input::Variant>,
    ) -> Option<Distribution> {
        let (variant, least) = match variant {
            Some(input::Variant::Moment) => (Variant::Moment, 1.0),
            Some(input::Variant::Standard) | None => (Variant::Standard, 0.01),
        };
        if !(least..=1_000.0).contains(&lambda) {
            let problem = format!("{lambda} is outside of {least} to 1000");
            self.refuse(&at(place, "lambda"), problem, "give a number in this range; 4 is usual");
            return None;
        }
        let (low, mode, high) = three?;
        Pert::new(low, mode, high, lambda, variant).map(Distribution::pert)
    }

    fn lognormal(&mut self, place: &str, given: [Option<f64>; 4], range: Range) -> Option<Distribution> {
        self.unbounded(place, "a lognormal", range)?;
        let (mu, sigma, field) = match given {
            [Some(p05), Some(p95), None, None] => {
                let low = self.number(&at(place, "p05"), p05, range);
                let high = self.number(&at(place, "p95"), p95, range);
                let (low, high) = (low?, high?);
                if low < 1e-9 {
                    self.refuse(&at(place, "p05"), format!("{low} is not above 1e-9"), "give a number above 0");
                    return None;
                }
                if low >= high {
                    self.refuse(&at(place, "p95"), format!("{high} is not above p05 {low}"), "give p05 < p95");
                    return None;
                }
                let (mu, sigma) = lognormal_from_interval(low, high);
                (mu, sigma, "p95")
            }
            [None, None, Some(mu), Some(sigma)] => (mu, sigma, "sigma"),
            _ => {
                self.refuse(place, "needs p05 and p95, or mu and sigma", "give one of the two pairs");
                return None;
            }
        };
        let most = libm::log(range.most());
        if !(-25.0..=most).contains(&mu) {
            self.refuse(
                &at(place, "mu"),
                format!("{mu} is outside of -25 to {most:.2}"),
                "give a number in this range",
            );
            return None;
        }
        if !(sigma > 0.0 && sigma <= MOST_SIGMA) {
            let problem = format!("sigma is {sigma}, where it is above 0 and at most {MOST_SIGMA}");
            self.refuse(&at(place, field), problem, "narrow the interval");
            return None;
        }
        Some(Distribution::lognormal(mu, sigma))
    }

    fn unbounded(&mut self, place: &str, what: &str, range: Range) -> Option<()> {
        if range != Range::Share {
            return Some(());
        }
        self.refuse(place, format!("{what} goes above 1, and this is a probability"), "use one with an upper end");
        None
    }

    fn discrete(&mut self, place: &str, values: &[f64], weights: &[f64], range: Range) -> Option<Distribution> {
        let listed = self.values(place, "values", values, range);
        let mut good = true;
        for (index, &weight) in weights.iter().enumerate() {
            if !(weight > 0.0 && weight <= 1e12) {
                let field = format!("{place}.weights[{index}]");
                self.refuse(
                    &field,
                    format!("{weight} is not above 0 and at most 1e12"),
                    "give what is impossible no place",
                );
                good = false;
            }
        }
        if values.len() != weights.len() {
            let problem = format!("{} weights for {} values", weights.len(), values.len());
            self.refuse(&at(place, "weights"), problem, "give each value one weight");
            good = false;
        }
        listed?;
        good.then(|| Distribution::discrete(values.to_vec(), weights.to_vec()))
    }

    fn values(&mut self, place: &str, name: &str, values: &[f64], range: Range) -> Option<()> {
        if !(1..=MOST_VALUES).contains(&values.len()) {
            let problem = format!("{} values, where 1 to {MOST_VALUES} are allowed", values.len());
            self.refuse(&at(place, name), problem, "list what was observed, or fit a distribution");
            return None;
        }
        let found = values
            .iter()
            .enumerate()
            .map(|(at, &value)| self.number(&format!("{place}.{name}[{at}]"), value, range).map(drop));
        // All of them, not only up to the first that is refused.
        found.collect::<Vec<_>>().into_iter().collect()
    }
}

/// The field of a name under a place.
pub(crate) fn at(place: &str, name: &str) -> String {
    format!("{place}.{name}")
}

const _: () = assert!(Model::MOST_RATE <= 1e5, "the tables of counts are sized for this");
