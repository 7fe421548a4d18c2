//! What a risk manager relies on, checked against closed forms, Panjer's recursion and the standard's own vectors.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

mod closed_forms;
mod curve;
mod determinism;
mod examples;
mod fair;
mod insurance;
mod panjer;
mod portfolio;
mod properties;
mod pyfair;
mod refusals;
mod vectors;
mod what_if;

use quantify::{Figures, Model, Outcome, Settings, Watch, run};

/// A model that must be good.
fn model(yaml: &str) -> Model {
    Model::from_yaml(yaml).unwrap_or_else(|violations| panic!("{violations}\n{yaml}"))
}

fn settings(years: u64) -> Settings {
    Settings { years, seed: 7, threads: 2, curves: false }
}

fn outcome(yaml: &str, years: u64) -> Outcome {
    run(&model(yaml), &settings(years), &Watch::new()).unwrap()
}

/// One scenario `x` with a frequency and a severity.
fn scenario(frequency: &str, severity: &str) -> String {
    format!("scenarios:\n  - id: x\n    frequency: {frequency}\n    severity: {severity}\n")
}

/// The gross figures of scenario `x`.
fn figures(yaml: &str, years: u64) -> Figures {
    outcome(yaml, years).scenarios["x"].losses.gross
}

/// A simulated figure is within five of its standard errors of what it should be.
#[track_caller]
fn near(what: &str, found: f64, error: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 5.0 * error + 1e-9 * expected.abs(),
        "{what}: {found} ± {error}, where {expected} is right"
    );
}
