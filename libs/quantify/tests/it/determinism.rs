//! The same to the byte: whatever the threads, and whoever else is in the model. And: progress and cancel.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use quantify::{Settings, Stopped, Watch, run};

use crate::{model, settings};

/// Something of everything.
const MODEL: &str = "
scenarios:
  - id: ransomware
    frequency: {distribution: poisson, rate: 2}
    severity: {distribution: lognormal, p05: 50000, p95: 2000000}
    policy: {excess: 50000, limit: 150000, aggregate_limit: 200000, premium: 90000}
    controls: [{id: backups, state: implemented, severity_factor: 0.5}, {id: mfa, state: planned, frequency_factor: 0.4}]
  - id: outage
    frequency: {distribution: negative_binomial, mean: 1.5, variance: 3}
    severity: {distribution: outage, hours: {distribution: exponential, mean: 9}, rate_per_hour: 25000}
  - id: fraud
    frequency: {distribution: pert, low: 0, mode: 20, high: 90}
    severity: {distribution: pert, low: 100, mode: 900, high: 20000}
  - id: leak
    form: product
    fair:
      threat_event_frequency: {distribution: uniform, low: 1, high: 9}
      threat_capability: {distribution: pert, low: 0, mode: 0.4, high: 1}
      resistance_strength: {distribution: pert, low: 0.2, mode: 0.6, high: 1}
      primary_loss: {distribution: triangular, low: 10, mode: 500, high: 90000}
      secondary_loss_forms:
        reputation: {frequency: {distribution: uniform, low: 0, high: 1}, magnitude: {distribution: exponential, mean: 70000}}
policies: [{id: cyber, scenarios: [outage, fraud], terms: {excess: 1000, aggregate_limit: 900000}}]
common_causes: [{id: grid, frequency: {distribution: poisson, rate: 0.3}, hits: [{scenario: outage}, {scenario: fraud, probability: 0.5}]}]
correlations: [{between: [ransomware, outage], rank: 0.4}, {between: [leak, fraud], rank: -0.2}]
options:
  - {id: mfa, kind: modify, cost: 9000, energy_kwh: 120, effects: [{scenario: ransomware, frequency_factor: 0.5}]}
appetite: {capacity: 3000000, percentile: 99, line: [{loss: 1000000, probability: 0.5}, {loss: 5000000, probability: 0.05}]}
";

#[test]
fn the_same_bytes_on_one_two_and_seven_threads() {
    let model = model(MODEL);
    let bytes = |threads| {
        let settings = Settings { threads, curves: true, ..settings(70_001) };
        serde_json::to_string(&run(&model, &settings, &Watch::new()).unwrap()).unwrap()
    };
    let one = bytes(1);
    assert!(!one.contains("null,\"") || one.contains("capacity"), "no figure is missing");
    assert_eq!(one, bytes(2));
    assert_eq!(one, bytes(7));
    assert_eq!(one, bytes(7), "and again");
}

#[test]
fn another_seed_is_another_run() {
    let model = model(MODEL);
    let of =
        |seed| run(&model, &Settings { seed, ..settings(2_000) }, &Watch::new()).unwrap().portfolio.losses.gross.mean;
    assert_ne!(of(1), of(2));
}

#[test]
fn one_more_scenario_changes_no_other() {
    let more = MODEL.replacen(
        "scenarios:\n",
        "scenarios:\n  - {id: first, frequency: {distribution: poisson, rate: 5}, severity: {distribution: exponential, mean: 7}}\n",
        1,
    );
    let of = |yaml: &str| run(&model(yaml), &settings(30_000), &Watch::new()).unwrap().scenarios;
    let (before, mut after) = (of(MODEL), of(&more));
    assert!(after.remove("first").is_some());
    assert_eq!(serde_json::to_string(&before).unwrap(), serde_json::to_string(&after).unwrap());
}

#[test]
fn progress_reaches_its_total() {
    let told = Arc::new(AtomicU64::new(0));
    let heard = told.clone();
    let watch = Watch::telling(move |progress| {
        heard.fetch_max(progress.done, Ordering::Relaxed);
    });
    run(&model(MODEL), &settings(10_000), &watch).unwrap();
    let progress = watch.progress();
    assert_eq!((progress.done, progress.total), (40_000, 40_000));
    assert_eq!(told.load(Ordering::Relaxed), 40_000);
}

#[test]
fn cancelling_ends_a_run_at_once() {
    let watch = Watch::new();
    let other = watch.clone();
    let cancelled = std::thread::spawn(move || {
        let given_up = Instant::now() + Duration::from_secs(20);
        while other.progress().done == 0 && Instant::now() < given_up {
            std::thread::sleep(Duration::from_millis(1));
        }
        other.cancel();
        Instant::now()
    });
    let stopped = run(&model(MODEL), &settings(2_000_000), &watch);
    let took = cancelled.join().unwrap().elapsed();
    assert_eq!(stopped.unwrap_err(), Stopped::Cancelled);
    assert!(took < Duration::from_millis(800), "{took:?}");
    let before = Watch::new();
    before.cancel();
    assert_eq!(run(&model(MODEL), &settings(1_000), &before).unwrap_err(), Stopped::Cancelled);
}
