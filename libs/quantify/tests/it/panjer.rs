//! Percentiles against Panjer's recursion (1981), which gives the exact distribution of a compound sum on a lattice.

use crate::{figures, near, scenario};

/// The probabilities of the sums 0, 1, 2, …, for a count with P(n) = (a + b ÷ n) P(n−1), and a severity on 1, 2, ….
fn panjer(a: f64, b: f64, none: f64, severity: &[f64], most: usize) -> Vec<f64> {
    let mut sums = vec![none];
    for s in 1..=most {
        let terms = (1..=s.min(severity.len())).map(|x| (a + b * x as f64 / s as f64) * severity[x - 1] * sums[s - x]);
        sums.push(terms.sum());
    }
    sums
}

/// The least sum that is not exceeded with at least this probability.
fn percentile(sums: &[f64], level: f64) -> f64 {
    let mut below = 0.0;
    sums.iter()
        .position(|probability| {
            below += probability;
            below >= level
        })
        .unwrap() as f64
}

/// (1 − level)⁻¹ ∫ of the percentiles above the level.
fn tail(sums: &[f64], level: f64) -> f64 {
    let var = percentile(sums, level);
    let above: f64 = sums.iter().enumerate().map(|(s, p)| (s as f64 - var).max(0.0) * p).sum();
    var + above / (1.0 - level)
}

const UNIT: f64 = 1_000.0;

fn check(frequency: &str, sums: &[f64], severity: &[f64]) {
    let total: f64 = sums.iter().sum();
    assert!((total - 1.0).abs() < 1e-9, "the recursion has all of the probability: {total}");
    let values: Vec<String> = (1..=severity.len()).map(|x| (x as f64 * UNIT).to_string()).collect();
    let weights: Vec<String> = severity.iter().map(f64::to_string).collect();
    let discrete =
        format!("{{distribution: discrete, values: [{}], weights: [{}]}}", values.join(", "), weights.join(", "));
    let found = figures(&scenario(frequency, &discrete), 300_000);
    // On a lattice an error of a percentile can come out as 0: a neighbouring point is as good.
    let percentiles = [
        (0.05, found.p05, found.p05_error),
        (0.5, found.p50, found.p50_error),
        (0.9, found.p90, found.p90_error),
        (0.95, found.p95, found.p95_error),
        (0.99, found.p99, found.p99_error),
    ];
    for (level, value, error) in percentiles {
        near(&format!("{frequency} at {level}"), value, error.max(0.2 * UNIT), percentile(sums, level) * UNIT);
    }
    near("tvar95", found.tvar95, found.tvar95_error, tail(sums, 0.95) * UNIT);
    near("tvar99", found.tvar99, found.tvar99_error, tail(sums, 0.99) * UNIT);
    let mean: f64 = sums.iter().enumerate().map(|(s, p)| s as f64 * p).sum();
    near("mean", found.mean, found.mean_error, mean * UNIT);
}

fn severity() -> Vec<f64> {
    // Falling weights with a second hump: nothing that a normal would fit.
    let raw: Vec<f64> = (1..=60).map(|x| (-f64::from(x) / 12.0).exp() + if x == 50 { 0.3 } else { 0.0 }).collect();
    let total: f64 = raw.iter().sum();
    raw.iter().map(|weight| weight / total).collect()
}

#[test]
fn poisson() {
    for rate in [0.3_f64, 2.0, 12.0] {
        let sums = panjer(0.0, rate, (-rate).exp(), &severity(), 1_500);
        check(&format!("{{distribution: poisson, rate: {rate}}}"), &sums, &severity());
    }
}

#[test]
fn negative_binomial() {
    let (mean, variance) = (1.5, 3.0);
    // Size r and β: P(0) = (1 + β)^−r, a = β ÷ (1 + β), b = (r − 1) a.
    let beta: f64 = variance / mean - 1.0;
    let size = mean / beta;
    let a = beta / (1.0 + beta);
    let sums = panjer(a, (size - 1.0) * a, (1.0 + beta).powf(-size), &severity(), 2_000);
    check("{distribution: negative_binomial, mean: 1.5, variance: 3}", &sums, &severity());
}

#[test]
fn lognormal_severities() {
    // The severity on a fine lattice, each point with the probability around it: the exact sum is between those of rounding.
    let (mu, sigma, rate, step) = (11.0_f64, 1.0_f64, 1.0_f64, 4_000.0);
    let below = |x: f64| if x <= 0.0 { 0.0 } else { normal((x.ln() - mu) / sigma) };
    let severity: Vec<f64> =
        (1..=6_000).map(|x| below((f64::from(x) + 0.5) * step) - below((f64::from(x) - 0.5) * step)).collect();
    let none = (-rate * (1.0 - below(step / 2.0))).exp();
    let sums = panjer(0.0, rate, none, &severity, 6_000);
    let found = figures(
        &scenario("{distribution: poisson, rate: 1}", "{distribution: lognormal, mu: 11, sigma: 1}"),
        1_000_000,
    );
    for (level, value, error) in
        [(0.9, found.p90, found.p90_error), (0.95, found.p95, found.p95_error), (0.99, found.p99, found.p99_error)]
    {
        near(&format!("{level}"), value, error + step / 5.0, percentile(&sums, level) * step);
    }
    near("tvar95", found.tvar95, found.tvar95_error + step / 10.0, tail(&sums, 0.95) * step);
}

/// Φ by integrating the density (Simpson), good to ten digits.
fn normal(z: f64) -> f64 {
    if z < -9.0 {
        return 0.0;
    }
    let steps = 400;
    let width = (z.min(9.0) + 9.0) / f64::from(steps);
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let inner: f64 =
        (1..steps).map(|at| density(-9.0 + f64::from(at) * width) * if at % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (density(-9.0) + inner + density(z.min(9.0))) * width / 3.0
}
