//! Scenarios together: sums, common causes, rank correlation.

use quantify::{Watch, annual_losses};

use crate::{model, near, outcome, settings};

fn pair(extra: &str) -> String {
    format!(
        "scenarios:
  - {{id: a, frequency: {{distribution: poisson, rate: 8}}, severity: {{distribution: lognormal, mu: 10, sigma: 1}}}}
  - {{id: b, frequency: {{distribution: poisson, rate: 5}}, severity: {{distribution: exponential, mean: 40000}}}}
{extra}"
    )
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&x, &y| values[x].total_cmp(&values[y]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let same = order[at..].iter().take_while(|&&other| values[other] == values[order[at]]).count();
        order[at..at + same].iter().for_each(|&year| ranks[year] = at as f64 + (same as f64 - 1.0) / 2.0);
        at += same;
    }
    ranks
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(&a, &b)| f(a - mx, b - my)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

fn rank_correlation(yaml: &str, years: u64) -> f64 {
    let losses = annual_losses(&model(yaml), &settings(years), &Watch::new()).unwrap();
    correlation(&ranks(&losses["a"]), &ranks(&losses["b"]))
}

#[test]
fn equal_scenarios_are_independent() {
    // pyfair seeds every model alike: two equal scenarios have identical draws there, and a tail twice too heavy.
    let years = 100_000;
    let mut yaml = String::from("scenarios:\n");
    for at in 0..50 {
        yaml += &format!(
            "  - {{id: s{at}, frequency: {{distribution: poisson, rate: 1}}, severity: {{distribution: lognormal, mu: 10, sigma: 1}}}}\n"
        );
    }
    let losses = annual_losses(&model(&yaml), &settings(years), &Watch::new()).unwrap();
    let found = correlation(&losses["s0"], &losses["s1"]);
    assert!(found.abs() < 5.0 / (years as f64).sqrt(), "correlation {found}");
    // Independent sums have variances that add up.
    let found = outcome(&yaml, years).portfolio.losses.gross;
    let one = (2.0 * 10.0 + 2.0_f64).exp();
    near("sd of the sum", found.sd, found.sd_error, (50.0 * one).sqrt());
    let mean = 50.0 * 10.5_f64.exp();
    assert!(found.p95 / mean < 1.5, "the tail of fifty is near their mean: {}", found.p95 / mean);
}

#[test]
fn rank_correlation_is_the_one_asked_for() {
    for rank in [-0.6, 0.3, 0.8] {
        let found = rank_correlation(&pair(&format!("correlations: [{{between: [a, b], rank: {rank}}}]\n")), 100_000);
        near(&format!("rank {rank}"), found, 1.0 / 100_000_f64.sqrt(), rank);
    }
}

#[test]
fn correlation_leaves_the_scenarios_as_they_are() {
    let alone = outcome(&pair(""), 50_000);
    let tied = outcome(&pair("correlations: [{between: [a, b], rank: 0.7}]\n"), 50_000);
    for id in ["a", "b"] {
        let (x, y) = (&alone.scenarios[id].losses.gross, &tied.scenarios[id].losses.gross);
        // The same years in another order: all but the rounding of sums is equal.
        assert_eq!((x.p05, x.p50, x.p90, x.p95, x.p99), (y.p05, y.p50, y.p90, y.p95, y.p99));
        assert!((x.mean / y.mean - 1.0).abs() < 1e-12 && (x.sd / y.sd - 1.0).abs() < 1e-12);
    }
    let (alone, tied) = (alone.portfolio.losses.gross, tied.portfolio.losses.gross);
    assert!((alone.mean / tied.mean - 1.0).abs() < 1e-12);
    assert!(tied.tvar99 > alone.tvar99 + 5.0 * (tied.tvar99_error + alone.tvar99_error), "the tail is heavier");
}

#[test]
fn a_common_cause_hits_several_in_one_year() {
    // One shared event a year of rate 0.5 that hits a always and b in 0.4 of the cases; nothing else happens.
    let yaml = "
scenarios:
  - {id: a, frequency: {distribution: constant, value: 0}, severity: {distribution: constant, value: 100}}
  - {id: b, frequency: {distribution: constant, value: 0}, severity: {distribution: constant, value: 1000}}
common_causes:
  - {id: power, frequency: {distribution: poisson, rate: 0.5}, hits: [{scenario: a}, {scenario: b, probability: 0.4}]}
";
    let found = outcome(yaml, 200_000);
    let (a, b) = (&found.scenarios["a"].losses.gross, &found.scenarios["b"].losses.gross);
    near("a", a.mean, a.mean_error, 50.0);
    near("b", b.mean, b.mean_error, 200.0);
    // An event costs 100, or 1 100 in 0.4 of the cases: Var = rate · E[X²].
    let sum = found.portfolio.losses.gross;
    near("sd", sum.sd, sum.sd_error, (0.5 * (0.6 * 100.0_f64.powi(2) + 0.4 * 1_100.0_f64.powi(2))).sqrt());
    let losses = annual_losses(&model(yaml), &settings(20_000), &Watch::new()).unwrap();
    let without = losses["b"].iter().zip(&losses["a"]).filter(|(b, a)| **b > 0.0 && **a == 0.0).count();
    assert_eq!(without, 0, "b is hit only where a is");
}

#[test]
fn a_common_cause_raises_the_tail() {
    // The same events a year of each scenario, by themselves or together.
    let scenarios = |rate: f64| {
        (0..20)
            .map(|at| {
                format!(
                    "  - {{id: s{at}, frequency: {{distribution: poisson, rate: {rate}}}, severity: {{distribution: exponential, mean: 1000}}}}\n"
                )
            })
            .collect::<String>()
    };
    let hits: Vec<String> = (0..20).map(|at| format!("{{scenario: s{at}}}")).collect();
    let cause = format!(
        "common_causes: [{{id: grid, frequency: {{distribution: poisson, rate: 0.2}}, hits: [{}]}}]\n",
        hits.join(", ")
    );
    let apart = outcome(&format!("scenarios:\n{}", scenarios(1.0)), 50_000).portfolio.losses.gross;
    let tied = outcome(&format!("scenarios:\n{}{cause}", scenarios(0.8)), 50_000).portfolio.losses.gross;
    near("mean", tied.mean, tied.mean_error, 20_000.0);
    assert!(tied.tvar99 > 1.5 * apart.tvar99, "{} against {}", tied.tvar99, apart.tvar99);
}

#[test]
fn causes_and_correlations_go_together() {
    // The order of a scenario's own years is changed, what a cause adds stays in its year.
    let yaml = "
scenarios:
  - {id: a, frequency: {distribution: poisson, rate: 3}, severity: {distribution: exponential, mean: 1}}
  - {id: b, frequency: {distribution: poisson, rate: 3}, severity: {distribution: exponential, mean: 1}}
correlations: [{between: [a, b], rank: 0.5}]
common_causes: [{id: c, frequency: {distribution: poisson, rate: 0.1}, hits: [{scenario: a}, {scenario: b}]}]
";
    let found = outcome(yaml, 100_000);
    near("mean", found.portfolio.losses.gross.mean, found.portfolio.losses.gross.mean_error, 6.2);
    assert!(rank_correlation(yaml, 100_000) > 0.45);
}

#[test]
fn a_portfolio_of_one_is_its_scenario() {
    // Also beside a scenario that never has a loss, where the years are added up.
    let one = "scenarios:\n  - {id: x, frequency: {distribution: poisson, rate: 2}, severity: {distribution: exponential, mean: 9}}\n";
    let two = format!(
        "{one}  - {{id: nothing, frequency: {{distribution: poisson, rate: 0}}, severity: {{distribution: constant, value: 1}}}}\n"
    );
    let (alone, beside) = (crate::outcome(one, 70_001), crate::outcome(&two, 70_001));
    assert_eq!(alone.portfolio, beside.portfolio);
    assert_eq!(alone.portfolio.losses, alone.scenarios["x"].losses);
    assert_eq!(alone.scenarios["x"], beside.scenarios["x"]);
}
