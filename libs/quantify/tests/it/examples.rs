//! The examples of docs/quantify.md are good, and give what the text says.

use quantify::{Model, Settings, Watch, run};

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/quantify.md"));

fn examples() -> Vec<&'static str> {
    GUIDE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_runs() {
    let found = examples();
    assert!(found.len() >= 6, "the guide has examples");
    for example in found {
        let model = Model::from_yaml(example).unwrap_or_else(|violations| panic!("{violations}\n{example}"));
        run(&model, &Settings { years: 2_000, ..Settings::default() }, &Watch::new()).unwrap();
    }
}

#[test]
fn the_first_example_has_the_documented_figures() {
    let found = crate::outcome(examples()[0], 200_000);
    let ransomware = &found.scenarios["ransomware"].losses;
    // λ E[X] = 2 · 200 000, √(λ E[X²]) = √(2 · 5·10¹⁰).
    crate::near("mean", ransomware.gross.mean, ransomware.gross.mean_error, 400_000.0);
    crate::near("sd", ransomware.gross.sd, ransomware.gross.sd_error, 316_227.77);
    assert_eq!(ransomware.transferred.unwrap().p99, 200_000.0);
    let outage = &found.scenarios["outage"].losses.gross;
    crate::near("outage", outage.mean, outage.mean_error, 1.5 * 592_982.05);
}

#[test]
fn every_key_is_documented() {
    for key in [
        "frequency",
        "severity",
        "losses",
        "coverage",
        "fair",
        "form",
        "policy",
        "controls",
        "common_causes",
        "hits",
        "correlations",
        "between",
        "rank",
        "policies",
        "terms",
        "options",
        "kind",
        "cost",
        "energy_kwh",
        "effects",
        "frequency_factor",
        "severity_factor",
        "appetite",
        "capacity",
        "percentile",
        "payout_threshold",
        "line",
        "excess",
        "limit",
        "coinsurance",
        "aggregate_limit",
        "aggregate_deductible",
        "layers",
        "attachment",
        "share",
        "sublimits",
        "waiting_hours",
        "waiting",
        "premium",
        "constant",
        "uniform",
        "triangular",
        "pert",
        "lognormal",
        "exponential",
        "discrete",
        "empirical",
        "poisson",
        "negative_binomial",
        "bernoulli",
        "outage",
        "rate_per_hour",
        "loss_event_frequency",
        "threat_event_frequency",
        "contact_frequency",
        "probability_of_action",
        "vulnerability",
        "threat_capability",
        "resistance_strength",
        "loss_magnitude",
        "primary_loss",
        "primary_loss_forms",
        "secondary_loss",
        "secondary_loss_event_frequency",
        "secondary_loss_magnitude",
        "secondary_loss_forms",
        "lambda",
        "variant",
        "state",
        "probability",
    ] {
        assert!(GUIDE.contains(&format!("`{key}`")), "docs/quantify.md does not explain `{key}`");
    }
}
