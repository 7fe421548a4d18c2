//! Compound means and deviations over a grid: E[S] = E[N] E[X], Var[S] = E[N] Var[X] + Var[N] E[X]².

use crate::{figures, near, scenario};

/// A text, its mean and its variance, worked out from the distribution's own formulas.
type Given = (&'static str, f64, f64);

fn severities() -> Vec<Given> {
    let lognormal = (2.0 * 11.0 + 0.64_f64).exp();
    vec![
        ("{distribution: constant, value: 70000}", 70_000.0, 0.0),
        ("{distribution: uniform, low: 100, high: 300}", 200.0, 200.0 * 200.0 / 12.0),
        // (a² + m² + b² − am − ab − mb) ÷ 18
        ("{distribution: triangular, low: 0, mode: 30, high: 60}", 30.0, 150.0),
        ("{distribution: exponential, mean: 40000}", 40_000.0, 1.6e9),
        ("{distribution: lognormal, mu: 11, sigma: 0.8}", (11.0 + 0.32_f64).exp(), lognormal * (0.64_f64.exp() - 1.0)),
        // mean (a + 4m + b) ÷ 6, sd 76 855.36 from its α and β
        ("{distribution: pert, low: 10000, mode: 50000, high: 500000}", 710_000.0 / 6.0, 76_855.358 * 76_855.358),
        // sd (b − a) ÷ 6 by definition; with the mode at an end, α is below 1
        ("{distribution: pert, low: 0, mode: 0, high: 600, variant: moment}", 100.0, 100.0 * 100.0),
        ("{distribution: pert, low: 0, mode: 600, high: 600, lambda: 2}", 450.0, 600.0 * 600.0 * 3.0 / 80.0),
        ("{distribution: discrete, values: [10, 20, 60], weights: [1, 2, 1]}", 27.5, 368.75),
        ("{distribution: empirical, values: [5, 5, 11, 19]}", 10.0, 33.0),
    ]
}

fn frequencies() -> Vec<Given> {
    vec![
        ("{distribution: poisson, rate: 0.01}", 0.01, 0.01),
        ("{distribution: poisson, rate: 3.5}", 3.5, 3.5),
        ("{distribution: negative_binomial, mean: 1.5, variance: 3}", 1.5, 3.0),
        ("{distribution: negative_binomial, mean: 0.2, variance: 4}", 0.2, 4.0),
        ("{distribution: bernoulli, probability: 0.3}", 0.3, 0.21),
        // Poisson of an uncertain rate: variance E[rate] + Var[rate].
        ("{distribution: uniform, low: 0, high: 12}", 6.0, 6.0 + 12.0),
        ("{distribution: constant, value: 0.7}", 0.7, 0.7),
    ]
}

#[test]
fn mean_and_deviation_over_a_grid() {
    for (frequency, events, events_variance) in frequencies() {
        for (severity, mean, variance) in severities() {
            let found = figures(&scenario(frequency, severity), 60_000);
            let what = format!("{frequency} {severity}");
            near(&format!("mean of {what}"), found.mean, found.mean_error, events * mean);
            let sd = (events * variance + events_variance * mean * mean).sqrt();
            // A sample's deviation is itself skewed where events are rare; its own error is found from the same sample.
            near(&format!("sd of {what}"), found.sd, found.sd_error * 1.3, sd);
        }
    }
}

#[test]
fn many_events_a_year() {
    // More than a piece of events holds, and rates above and below where counting changes its method.
    for (frequency, events, variance) in [
        ("{distribution: poisson, rate: 9000}", 9_000.0, 9_000.0),
        ("{distribution: uniform, low: 10, high: 22}", 16.0, 16.0 + 12.0),
        ("{distribution: uniform, low: 0, high: 2400}", 1_200.0, 1_200.0 + 480_000.0),
        ("{distribution: negative_binomial, mean: 300, variance: 9000}", 300.0, 9_000.0),
    ] {
        let found = figures(&scenario(frequency, "{distribution: exponential, mean: 10}"), 5_000);
        near(frequency, found.mean, found.mean_error, events * 10.0);
        near(frequency, found.sd, found.sd_error, (events * 100.0 + variance * 100.0_f64).sqrt());
    }
}

#[test]
fn errors_are_those_of_repetition() {
    // The spread of a figure over many seeds is what its standard error promises.
    let yaml = scenario("{distribution: poisson, rate: 2}", "{distribution: lognormal, mu: 10, sigma: 0.9}");
    let model = crate::model(&yaml);
    let runs: Vec<quantify::Figures> = (0..200)
        .map(|seed| {
            let settings = quantify::Settings { seed, ..crate::settings(4_000) };
            quantify::run(&model, &settings, &quantify::Watch::new()).unwrap().scenarios["x"].losses.gross
        })
        .collect();
    let check = |what: &str, of: &dyn Fn(&quantify::Figures) -> (f64, f64)| {
        let n = runs.len() as f64;
        let mean = runs.iter().map(|run| of(run).0).sum::<f64>() / n;
        let spread = (runs.iter().map(|run| (of(run).0 - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let promised = runs.iter().map(|run| of(run).1).sum::<f64>() / n;
        assert!((0.75..1.33).contains(&(promised / spread)), "{what}: promised {promised}, spread {spread}");
    };
    check("mean", &|run| (run.mean, run.mean_error));
    check("sd", &|run| (run.sd, run.sd_error * 1.1));
    check("p50", &|run| (run.p50, run.p50_error));
    check("p95", &|run| (run.p95, run.p95_error));
    check("p99", &|run| (run.p99, run.p99_error));
    check("tvar95", &|run| (run.tvar95, run.tvar95_error));
    check("tvar99", &|run| (run.tvar99, run.tvar99_error));
}

#[test]
fn percentiles_are_in_order_and_figures_agree() {
    let found = figures(&scenario("{distribution: poisson, rate: 1}", "{distribution: exponential, mean: 9}"), 20_000);
    assert!(found.p05 <= found.p50 && found.p50 <= found.p90 && found.p90 <= found.p95 && found.p95 <= found.p99);
    assert!(found.tvar95 > found.var95 && found.tvar99 > found.tvar95 && found.var99 == found.p99);
}
