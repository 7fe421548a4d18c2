//! Agreement with pyfair on Open FAIR's product form, by the script the benchmark also starts.

use std::process::Command;

use crate::{near, outcome};

#[test]
fn the_product_form_agrees() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/pyfair_scenario.py");
    let output = Command::new("python3").arg(script).args(["200000", "1"]).output();
    let found = output.ok().and_then(|output| serde_json::from_slice::<serde_json::Value>(&output.stdout).ok());
    let Some(peer) = found else {
        eprintln!("SKIPPED: agreement with pyfair was NOT tested, since python3 has no pyfair here");
        return;
    };
    let figure = |name: &str| peer[name].as_f64().unwrap();
    let yaml = "
scenarios:
  - id: x
    form: product
    fair:
      threat_event_frequency: {distribution: pert, low: 1, mode: 4, high: 10, variant: moment}
      threat_capability: {distribution: pert, low: 0.1, mode: 0.5, high: 0.9, variant: moment}
      resistance_strength: {distribution: pert, low: 0.3, mode: 0.6, high: 0.95, variant: moment}
      primary_loss: {distribution: pert, low: 10000, mode: 50000, high: 500000, variant: moment}
      secondary_loss_event_frequency: {distribution: pert, low: 0.05, mode: 0.1, high: 0.4, variant: moment}
      secondary_loss_magnitude: {distribution: pert, low: 50000, mode: 200000, high: 2000000, variant: moment}
";
    let ours = outcome(yaml, 200_000).scenarios.remove("x").unwrap();
    // Both are estimates of as many draws: the error of the difference is √2 times ours.
    let both = std::f64::consts::SQRT_2;
    let gross = ours.losses.gross;
    near(
        "vulnerability",
        ours.vulnerability.unwrap(),
        both * ours.vulnerability_error.unwrap(),
        figure("vulnerability"),
    );
    near("mean", gross.mean, both * gross.mean_error, figure("mean"));
    let scale = ours.vulnerability_error.unwrap() / ours.vulnerability.unwrap();
    near("sd", gross.sd, both * (gross.sd_error + scale * gross.sd), figure("sd"));
    near("p95", gross.p95, both * (gross.p95_error + scale * gross.p95), figure("p95"));
}
