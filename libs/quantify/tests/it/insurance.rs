//! Policies within the simulation: terms per event and per year, towers, coverages, waiting periods, the portfolio's policies.

use crate::{near, outcome, scenario};

const TWO_EVENTS: &str = "{distribution: discrete, values: [100000, 300000], weights: [0.5, 0.5]}";

/// Scenario `x` as given, under a policy.
fn insured(frequency: &str, severity: &str, policy: &str) -> quantify::ScenarioOutcome {
    let yaml = format!("{}    policy: {policy}\n", scenario(frequency, severity));
    outcome(&yaml, 200_000).scenarios.remove("x").unwrap()
}

#[test]
fn retained_and_transferred_make_the_whole() {
    let found = insured(
        "{distribution: poisson, rate: 2}",
        TWO_EVENTS,
        "{excess: 50000, limit: 150000, coinsurance: 0, aggregate_limit: 200000, aggregate_deductible: 0}",
    );
    let (retained, transferred) = (found.losses.retained.unwrap(), found.losses.transferred.unwrap());
    let sum = retained.mean + transferred.mean;
    assert!((sum / found.losses.gross.mean - 1.0).abs() < 1e-12);
    // The insurer never pays more than the aggregate limit.
    assert_eq!(transferred.p99, 200_000.0);
    assert_eq!(transferred.tvar99, 200_000.0);
}

#[test]
fn aggregate_terms_against_the_poisson() {
    // Every event costs 100 and pays 80 (excess 20): with a deductible of 100 a year and a limit of 150, a year of n events pays
    // min(max(80 n − 100, 0), 150).
    let found = insured(
        "{distribution: poisson, rate: 1.3}",
        "{distribution: constant, value: 100}",
        "{excess: 20, aggregate_deductible: 100, aggregate_limit: 150}",
    );
    let mut probability = (-1.3_f64).exp();
    let mut expected = 0.0;
    for n in 0..60 {
        expected += probability * (80.0 * f64::from(n) - 100.0).clamp(0.0, 150.0);
        probability *= 1.3 / f64::from(n + 1);
    }
    let transferred = found.losses.transferred.unwrap();
    near("transferred", transferred.mean, transferred.mean_error, expected);
}

#[test]
fn coinsurance_and_figures_of_the_policy() {
    let found = insured(
        "{distribution: poisson, rate: 2}",
        "{distribution: exponential, mean: 100000}",
        "{excess: 50000, limit: 150000, coinsurance: 0.2, premium: 100000}",
    );
    let policy = found.policy.unwrap();
    let expected = 2.0 * 0.8 * 47_119.54;
    near("payout", policy.expected_payout, policy.expected_payout_error, expected);
    assert_eq!(policy.rate_on_line.unwrap(), 100_000.0 / (150_000.0 * 0.8));
    assert_eq!(policy.expected_loss_ratio.unwrap(), policy.expected_payout / 100_000.0);
    let reduction = found.losses.gross.tvar99 - found.losses.retained.unwrap().tvar99;
    assert_eq!(policy.tvar99_reduction.unwrap(), reduction);
    assert_eq!(policy.net_benefit.unwrap(), reduction - (100_000.0 - policy.expected_payout));
}

#[test]
fn a_tower_pays_by_layers() {
    // 50 % of 100 above 50, all of 200 above 150: an event of 250 pays 50 + 100, one of 100 pays 25.
    let tower = "{layers: [{attachment: 50, limit: 100, share: 0.5}, {attachment: 150, limit: 200}]}";
    let severity = "{distribution: discrete, values: [100, 250], weights: [0.5, 0.5]}";
    let found = insured("{distribution: bernoulli, probability: 1}", severity, tower);
    let transferred = found.losses.transferred.unwrap();
    assert_eq!((transferred.p05, transferred.p99), (25.0, 150.0));
    near("transferred", transferred.mean, transferred.mean_error, (25.0 + 150.0) / 2.0);
}

#[test]
fn layers_put_together_are_the_policy_they_divide() {
    let whole = "{excess: 50000, limit: 300000}";
    let parts = "{layers: [{attachment: 50000, limit: 100000}, {attachment: 150000, limit: 200000}]}";
    let severity = "{distribution: lognormal, p05: 20000, p95: 900000}";
    let found = [whole, parts]
        .map(|policy| insured("{distribution: poisson, rate: 1}", severity, policy).losses.transferred.unwrap().mean);
    assert!((found[0] / found[1] - 1.0).abs() < 1e-12, "{found:?}");
}

#[test]
fn sublimits_come_before_the_limit_of_the_event() {
    // Response 80 capped to 30, interruption 100: 130 insured, less excess 10, up to 90.
    let yaml = "
scenarios:
  - id: x
    frequency: {distribution: bernoulli, probability: 1}
    losses:
      - {coverage: response, severity: {distribution: constant, value: 80}}
      - {coverage: interruption, severity: {distribution: constant, value: 100}}
    policy: {excess: 10, limit: LIMIT, sublimits: {response: 30}}
";
    for (limit, paid) in [("1000", 120.0), ("90", 90.0)] {
        let found = outcome(&yaml.replace("LIMIT", limit), 100);
        let losses = &found.scenarios["x"].losses;
        assert_eq!(losses.gross.mean, 180.0);
        assert_eq!(losses.transferred.unwrap().mean, paid);
    }
}

#[test]
fn waiting_period_of_business_interruption() {
    // An outage each year, 10 or 30 hours at 25 000 an hour; W 12 h, limit 400 000.
    let hours = "{distribution: discrete, values: [10, 30], weights: [0.5, 0.5]}";
    let severity = format!("{{distribution: outage, hours: {hours}, rate_per_hour: 25000}}");
    let always = "{distribution: bernoulli, probability: 1}";
    let paid = |policy: &str| {
        let found = insured(always, &severity, policy).losses;
        assert_eq!((found.gross.p05, found.gross.p99), (250_000.0, 750_000.0));
        (found.transferred.unwrap().p05, found.transferred.unwrap().p99)
    };
    assert_eq!(paid("{waiting_hours: 12, waiting: time_excess, limit: 400000}"), (0.0, 400_000.0));
    assert_eq!(paid("{waiting_hours: 12, waiting: time_excess}"), (0.0, 450_000.0));
    assert_eq!(paid("{waiting_hours: 12, waiting: qualifying}"), (0.0, 750_000.0));
    assert_eq!(paid("{waiting_hours: 12, waiting: qualifying, limit: 400000}"), (0.0, 400_000.0));
}

#[test]
fn waiting_period_of_exponential_outages() {
    // Outages of a mean of 8 h: what lies beyond 12 h has the mean 8 e^(−12/8) a event.
    let severity = "{distribution: outage, hours: {distribution: exponential, mean: 8}, rate_per_hour: 1000}";
    let policy = "{waiting_hours: 12, waiting: time_excess}";
    let found = insured("{distribution: poisson, rate: 3}", severity, policy).losses.transferred.unwrap();
    near("time excess", found.mean, found.mean_error, 3.0 * 8_000.0 * (-1.5_f64).exp());
    // Qualifying: the hours from the first, of those above 12: (12 + 8) e^(−12/8).
    let policy = "{waiting_hours: 12, waiting: qualifying}";
    let found = insured("{distribution: poisson, rate: 3}", severity, policy).losses.transferred.unwrap();
    near("qualifying", found.mean, found.mean_error, 3.0 * 20_000.0 * (-1.5_f64).exp());
}

const SHARED: &str = "
scenarios:
  - {id: a, frequency: {distribution: bernoulli, probability: 0.5}, severity: {distribution: constant, value: 100}}
  - {id: b, frequency: {distribution: bernoulli, probability: 0.5}, severity: {distribution: constant, value: 200}}
policies:
  - {id: cyber, scenarios: [a, b], terms: {excess: 20, aggregate_limit: 150, aggregate_deductible: 30, premium: 60}}
appetite: {capacity: 200, percentile: 95, payout_threshold: 0.9}
";

#[test]
fn aggregate_terms_of_the_portfolio_are_over_all_scenarios() {
    // Events pay 80 and 180; years: nothing, a, b, both, a quarter each: 0, 50, 150 and min(260 − 30, 150).
    let found = outcome(SHARED, 200_000);
    let transferred = found.portfolio.losses.transferred.unwrap();
    near("transferred", transferred.mean, transferred.mean_error, (50.0 + 150.0 + 150.0) / 4.0);
    assert_eq!(transferred.p99, 150.0);
    let policy = &found.portfolio.policies["cyber"];
    assert_eq!(policy.expected_payout, transferred.mean);
    assert_eq!(policy.rate_on_line, Some(60.0 / 150.0));
    assert_eq!(found.scenarios["a"].portfolio_policy.as_deref(), Some("cyber"));
    // Of a scenario alone it is not known what a policy of several retains.
    assert!(found.scenarios["a"].losses.retained.is_none());
}

#[test]
fn both_sides_of_the_decision_are_shown() {
    // Without the policy 300 in the worst quarter of years, with it 150: under the capacity of 200. The payout of 87.5 is above
    // 0.9 of the premium of 60.
    let found = outcome(SHARED, 50_000);
    let decision = found.portfolio.decision.unwrap();
    assert_eq!((decision.tail_without, decision.tail_with), (300.0, 150.0));
    assert!(decision.brings_under_capacity && decision.pays_enough && decision.buy);
    assert_eq!((decision.payout_needed, decision.percentile), (54.0, 95));
    let dear =
        outcome(&SHARED.replace("premium: 60", "premium: 600").replace("capacity: 200", "capacity: 100"), 50_000);
    let decision = dear.portfolio.decision.unwrap();
    assert!(!decision.brings_under_capacity && !decision.pays_enough && !decision.buy);
    assert_eq!(dear.portfolio.appetite.unwrap().within_capacity, Some(false));
}
