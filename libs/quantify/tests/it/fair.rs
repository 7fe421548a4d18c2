//! The FAIR tree: input at any node, and what the nodes make of it.

use crate::{near, outcome};

fn fair(form: &str, nodes: &str) -> quantify::ScenarioOutcome {
    let yaml = format!("scenarios:\n  - id: x\n    form: {form}\n    fair:\n{nodes}");
    outcome(&yaml, 200_000).scenarios.remove("x").unwrap()
}

const FORMS: [&str; 2] = ["product", "compound"];

#[test]
fn the_mean_is_frequency_times_magnitude_from_every_node() {
    // Threat events 6 · 0.5 = 3 a year; vulnerability 0.25 (a threat uniform on 0–1 against a strength uniform on 0.5–1);
    // loss events 0.75. Primary 100; secondary in 0.2 of the events 400: together 180. 135 a year.
    let frequencies = [
        "      loss_event_frequency: {distribution: constant, value: 0.75}\n",
        "      threat_event_frequency: {distribution: uniform, low: 2, high: 4}
      vulnerability: {distribution: constant, value: 0.25}\n",
        "      contact_frequency: {distribution: poisson, rate: 6}
      probability_of_action: {distribution: uniform, low: 0.4, high: 0.6}
      vulnerability: {distribution: triangular, low: 0.1, mode: 0.25, high: 0.4}\n",
        "      threat_event_frequency: {distribution: constant, value: 3}
      threat_capability: {distribution: uniform, low: 0, high: 1}
      resistance_strength: {distribution: uniform, low: 0.5, high: 1}\n",
    ];
    let magnitudes = [
        "      loss_magnitude: {distribution: uniform, low: 100, high: 260}\n",
        "      primary_loss: {distribution: uniform, low: 50, high: 150}
      secondary_loss: {distribution: uniform, low: 0, high: 160}\n",
        "      primary_loss: {distribution: constant, value: 100}
      secondary_loss_event_frequency: {distribution: uniform, low: 0.1, high: 0.3}
      secondary_loss_magnitude: {distribution: uniform, low: 300, high: 500}\n",
        "      primary_loss_forms:
        productivity: {distribution: uniform, low: 0, high: 80}
        response: {distribution: constant, value: 60}
      secondary_loss_forms:
        fines_and_judgements: {frequency: {distribution: constant, value: 0.1}, magnitude: {distribution: constant, value: 500}}
        reputation: {frequency: {distribution: constant, value: 0.3}, magnitude: {distribution: uniform, low: 50, high: 150}}\n",
    ];
    for frequency in frequencies {
        for magnitude in magnitudes {
            for form in FORMS {
                let found = fair(form, &format!("{frequency}{magnitude}")).losses.gross;
                near(&format!("{form}\n{frequency}{magnitude}"), found.mean, found.mean_error, 135.0);
            }
        }
    }
}

#[test]
fn vulnerability_comes_from_pairs_and_has_its_error() {
    let nodes = "      threat_event_frequency: {distribution: constant, value: 3}
      threat_capability: {distribution: uniform, low: 0, high: 1}
      resistance_strength: {distribution: uniform, low: 0.5, high: 1}
      loss_magnitude: {distribution: constant, value: 1}\n";
    let found = fair("product", nodes);
    let (share, error) = (found.vulnerability.unwrap(), found.vulnerability_error.unwrap());
    near("vulnerability", share, error, 0.25);
    near("its error", error, 0.01 * error, (0.25 * 0.75 / 200_000.0_f64).sqrt());
    // Nothing else is drawn: the error of the mean is that of the vulnerability.
    near("mean error", found.losses.gross.mean_error, 0.01 * 3.0 * error, 3.0 * error);
}

#[test]
fn six_forms_of_secondary_loss_sum_right() {
    // pyfair's multi-form input gives 101 for two forms of 0.5 · 20 each (Derive-Risk/pyfair#43).
    let names =
        ["productivity", "response", "replacement", "fines_and_judgements", "competitive_advantage", "reputation"];
    for forms in 1..=6 {
        let mut nodes = String::from(
            "      loss_event_frequency: {distribution: constant, value: 1}
      primary_loss: {distribution: constant, value: 0}
      secondary_loss_forms:\n",
        );
        for name in &names[..forms] {
            nodes += &format!(
                "        {name}: {{frequency: {{distribution: constant, value: 0.5}}, magnitude: {{distribution: constant, value: 20}}}}\n"
            );
        }
        assert_eq!(fair("product", &nodes).losses.gross.mean, 10.0 * forms as f64);
    }
}

#[test]
fn frequencies_are_not_rounded() {
    let nodes = "      loss_event_frequency: {distribution: constant, value: 0.01}
      loss_magnitude: {distribution: constant, value: 1000}\n";
    let product = fair("product", nodes).losses.gross;
    assert!((product.mean - 10.0).abs() < 1e-9 && product.sd < 1e-9);
    let compound = fair("compound", nodes).losses.gross;
    near("one event in a hundred years", compound.mean, compound.mean_error, 10.0);
    assert_eq!((compound.p95, compound.p99 <= 1_000.0), (0.0, true));
}

#[test]
fn the_result_names_the_variant() {
    let nodes = "      loss_event_frequency: {distribution: constant, value: 1}
      loss_magnitude: {distribution: pert, low: 10000, mode: 50000, high: 500000, variant: moment}\n";
    let found = fair("product", nodes).inputs.losses;
    assert_eq!(found[0].1, "PERT moment lambda 4, 10000, 50000, 500000: alpha 1.149549, beta 4.049951");
}
