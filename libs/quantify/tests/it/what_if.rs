//! Controls and options on the draws of the current state.

use quantify::Reduction;

use crate::{near, outcome};

const BASE: &str = "
scenarios:
  - id: ransomware
    frequency: {distribution: poisson, rate: 2}
    severity: {distribution: lognormal, p05: 50000, p95: 2000000}
    policy: {excess: 50000, limit: 500000}
  - id: outage
    frequency: {distribution: negative_binomial, mean: 1.5, variance: 3}
    severity: {distribution: exponential, mean: 100000}
";

#[test]
fn an_option_without_effect_changes_exactly_nothing() {
    let found = outcome(
        &format!(
            "{BASE}options:
  - {{id: nothing, kind: retain}}
  - {{id: factors of one, kind: modify, effects: [{{scenario: ransomware, frequency_factor: 1, severity_factor: 1}}]}}
  - id: the same again
    kind: modify
    effects:
      - {{scenario: ransomware, frequency: {{distribution: poisson, rate: 2}}}}
      - {{scenario: outage, severity: {{distribution: exponential, mean: 100000}}}}
      "
        ),
        20_000,
    );
    for (id, option) in &found.options {
        assert_eq!(option.changed.reduction, Reduction::default(), "{id}");
        assert_eq!(option.changed.losses, found.portfolio.losses, "{id}");
    }
    assert_eq!(found.scenarios["ransomware"].options["factors of one"].reduction, Reduction::default());
    assert_eq!(found.options.len(), 3);
}

#[test]
fn an_option_draws_nothing_anew() {
    let with = outcome(
        &format!("{BASE}options: [{{id: o, kind: modify, effects: [{{scenario: outage, frequency_factor: 0.3}}]}}]\n"),
        20_000,
    );
    let without = outcome(BASE, 20_000);
    for (id, scenario) in &without.scenarios {
        assert_eq!(scenario.losses, with.scenarios[id].losses);
    }
    assert_eq!(without.portfolio, with.portfolio);
}

#[test]
fn reductions_have_small_errors_of_their_own() {
    let found = outcome(
        &format!(
            "{BASE}options:
  - {{id: fewer, kind: modify, cost: 7000, energy_kwh: 90, effects: [{{scenario: outage, frequency_factor: 0.9}}]}}
  - {{id: smaller, kind: modify, effects: [{{scenario: outage, severity_factor: 0.5}}]}}
"
        ),
        200_000,
    );
    let fewer = &found.options["fewer"];
    // A tenth of 1.5 events of 100 000 does not happen.
    let reduction = &fewer.changed.reduction;
    near("fewer", reduction.mean, reduction.mean_error, 15_000.0);
    assert!(reduction.mean_error < 0.2 * found.portfolio.losses.gross.mean_error, "common draws take the noise out");
    assert_eq!((fewer.cost, fewer.energy_kwh), (7_000.0, 90.0));
    assert_eq!(fewer.net_benefit, reduction.mean - 7_000.0);
    let smaller = &found.scenarios["outage"].options["smaller"].reduction;
    let half = found.scenarios["outage"].losses.gross.mean / 2.0;
    assert!((smaller.mean / half - 1.0).abs() < 1e-12, "every loss is halved");
}

#[test]
fn thinned_counts_have_the_right_spread() {
    // A negative binomial with a half of its events left: mean 0.75, variance 0.75 + (3 − 1.5) ÷ 4.
    let yaml = "
scenarios:
  - id: x
    frequency: {distribution: negative_binomial, mean: 1.5, variance: 3}
    severity: {distribution: constant, value: 1}
options: [{id: half, kind: modify, effects: [{scenario: x, frequency_factor: 0.5}]}]
";
    let found = outcome(yaml, 200_000).scenarios["x"].options["half"].losses.gross;
    near("mean", found.mean, found.mean_error, 0.75);
    near("sd", found.sd, found.sd_error, (0.75_f64 + 1.5 / 4.0).sqrt());
}

#[test]
fn stages_of_control() {
    let yaml = "
scenarios:
  - id: x
    frequency: {distribution: poisson, rate: 4}
    severity: {distribution: exponential, mean: 1000}
    controls:
      - {id: filter, state: implemented, frequency_factor: 0.5}
      - {id: backups, state: planned, severity_factor: 0.25}
";
    let found = outcome(yaml, 200_000);
    let scenario = &found.scenarios["x"];
    let (inherent, residual) = (&scenario.stages["inherent"], &scenario.stages["residual"]);
    near("current", scenario.losses.gross.mean, scenario.losses.gross.mean_error, 2_000.0);
    near("inherent", inherent.losses.gross.mean, inherent.losses.gross.mean_error, 4_000.0);
    near("residual", residual.losses.gross.mean, residual.losses.gross.mean_error, 500.0);
    near("added by taking away", inherent.reduction.mean, inherent.reduction.mean_error, -2_000.0);
    assert_eq!(found.portfolio.stages["residual"].losses.gross, residual.losses.gross);
}

#[test]
fn modify_share_and_retain_are_compared_on_the_same_years() {
    let yaml = "
scenarios:
  - id: x
    frequency: {distribution: poisson, rate: 2}
    severity: {distribution: exponential, mean: 100000}
options:
  - {id: retain, kind: retain}
  - {id: train, kind: modify, cost: 30000, energy_kwh: 400, effects: [{scenario: x, frequency_factor: 0.6}]}
  - id: insure
    kind: share
    policies: [{id: cyber, scenarios: [x], terms: {excess: 50000, limit: 150000, premium: 120000}}]
  - {id: own policy, kind: share, effects: [{scenario: x, policy: {excess: 50000, limit: 150000, premium: 120000}}]}
";
    let found = outcome(yaml, 200_000);
    let payout = 2.0 * 47_119.54;
    let insure = &found.options["insure"];
    near("payout", insure.changed.reduction.mean, insure.changed.reduction.mean_error, payout);
    assert_eq!(insure.premium, 120_000.0);
    assert_eq!(insure.expected_total_cost, 120_000.0 + insure.changed.losses.retained.unwrap().mean);
    assert_eq!(insure.changed.losses, found.options["own policy"].changed.losses);
    assert!(insure.decision.as_ref().is_some_and(|decision| !decision.pays_enough));
    assert!(insure.changed.losses.borne().tvar99 < found.options["retain"].changed.losses.borne().tvar99);
    near(
        "trained",
        found.options["train"].changed.losses.gross.mean,
        found.options["train"].changed.losses.gross.mean_error,
        120_000.0,
    );
}

#[test]
fn a_stronger_resistance_is_an_option_on_the_tree() {
    let yaml = "
scenarios:
  - id: x
    fair:
      threat_event_frequency: {distribution: constant, value: 4}
      threat_capability: {distribution: uniform, low: 0, high: 1}
      resistance_strength: {distribution: uniform, low: 0, high: 1}
      loss_magnitude: {distribution: exponential, mean: 100}
options:
  - id: stronger
    kind: modify
    effects: [{scenario: x, fair: {resistance_strength: {distribution: uniform, low: 0.5, high: 1}}}]
";
    let found = outcome(yaml, 200_000);
    let option = &found.scenarios["x"].options["stronger"];
    // Vulnerability 1/2 becomes 1/4.
    near("before", found.scenarios["x"].losses.gross.mean, found.scenarios["x"].losses.gross.mean_error, 200.0);
    near("after", option.losses.gross.mean, option.losses.gross.mean_error, 100.0);
}
