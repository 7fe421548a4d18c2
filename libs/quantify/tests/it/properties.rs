//! Whatever comes in, nothing panics, and what comes out is finite.

use proptest::prelude::*;
use quantify::{Model, Settings, Watch, run};

fn distribution() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("0".to_owned()),
        Just("1".to_owned()),
        Just(".nan".to_owned()),
        Just("-1".to_owned()),
        Just("1e15".to_owned()),
        Just("1e300".to_owned()),
        (0.0..10.0_f64).prop_map(|x| x.to_string()),
        (0.0..1e7_f64).prop_map(|x| x.to_string()),
    ];
    let name = prop::sample::select(vec![
        ("constant", &["value"][..]),
        ("uniform", &["low", "high"]),
        ("triangular", &["low", "mode", "high"]),
        ("pert", &["low", "mode", "high", "lambda"]),
        ("lognormal", &["p05", "p95"]),
        ("lognormal", &["mu", "sigma"]),
        ("exponential", &["mean"]),
        ("poisson", &["rate"]),
        ("negative_binomial", &["mean", "variance"]),
        ("bernoulli", &["probability"]),
    ]);
    (name, prop::collection::vec(number, 4)).prop_map(|((name, keys), numbers)| {
        let pairs: Vec<String> = keys.iter().zip(numbers).map(|(key, number)| format!("{key}: {number}")).collect();
        format!("{{distribution: {name}, {}}}", pairs.join(", "))
    })
}

/// Only what is likely to be good.
fn small() -> impl Strategy<Value = String> {
    (0.0..3.0_f64, 0.0..3.0_f64, 0.0..3.0_f64, 0..6_u8).prop_map(|(a, b, c, which)| match which {
        0 => format!("{{distribution: constant, value: {a}}}"),
        1 => format!("{{distribution: uniform, low: {a}, high: {}}}", a + b),
        2 => format!("{{distribution: pert, low: {a}, mode: {}, high: {}}}", a + b, a + b + c),
        3 => format!("{{distribution: pert, low: {a}, mode: {}, high: {}, variant: moment}}", a + b, a + b + c),
        4 => format!("{{distribution: lognormal, mu: {a}, sigma: {}}}", b / 3.0 + 0.01),
        _ => format!("{{distribution: exponential, mean: {a}}}"),
    })
}

fn survive(text: &str) {
    if let Ok(model) = Model::from_yaml(text) {
        let settings = Settings { years: 50, seed: 3, threads: 1, curves: true };
        if let Ok(outcome) = run(&model, &settings, &Watch::new()) {
            let json = serde_json::to_value(&outcome).unwrap();
            let gross = &json["portfolio"];
            for figure in ["mean", "mean_error", "sd", "sd_error", "p99", "tvar99", "tvar99_error"] {
                assert!(gross[figure].as_f64().is_some_and(f64::is_finite), "{figure} of {text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_of_yaml(text in "[-a-z0-9 :\\[\\]{},&*.|>'\"\n!%]{0,200}") {
        survive(&text);
    }

    #[test]
    fn a_good_file_with_something_broken(at in 0_usize..900, with in "[-a-z0-9 :\\[\\]{},.\n]{0,6}") {
        let good = "scenarios:\n  - id: a\n    frequency: {distribution: poisson, rate: 2}\n    severity: {distribution: lognormal, p05: 5, p95: 9}\n    policy: {excess: 5, limit: 7, layers: [{attachment: 5, limit: 7}]}\n    controls: [{id: c, state: planned, frequency_factor: 0.5}]\noptions: [{id: o, kind: share, effects: [{scenario: a, policy: {excess: 3}}]}]\n";
        let at = at % good.len();
        survive(&format!("{}{with}{}", &good[..at], &good[at..]));
        survive(&good.replacen(&good[at..(at + 3).min(good.len())], &with, 1));
    }

    #[test]
    fn any_numbers(frequency in distribution(), severity in distribution(), factor in -1.0..3.0_f64) {
        survive(&format!(
            "scenarios:\n  - id: x\n    frequency: {frequency}\n    severity: {severity}\n    controls: [{{id: c, state: implemented, severity_factor: {factor}}}]\n"
        ));
    }

    #[test]
    fn retained_and_transferred_are_the_gross_loss(
        frequency in small(),
        severity in small(),
        excess in 0.0..3.0_f64,
        limit in 0.0..5.0_f64,
        coinsurance in 0.0..1.0_f64,
        deductible in 0.0..3.0_f64,
        aggregate in 0.0..20.0_f64,
    ) {
        let policy = format!(
            "{{excess: {excess}, limit: {limit}, coinsurance: {coinsurance}, aggregate_deductible: {deductible}, aggregate_limit: {aggregate}}}"
        );
        let yaml = format!("{}    policy: {policy}\n", crate::scenario(&frequency, &severity));
        let found = crate::outcome(&yaml, 200).scenarios.remove("x").unwrap().losses;
        let (retained, transferred) = (found.retained.unwrap(), found.transferred.unwrap());
        prop_assert!((retained.mean + transferred.mean - found.gross.mean).abs() <= 1e-9 * (1.0 + found.gross.mean));
        prop_assert!(transferred.tvar99 <= aggregate * (1.0 + 1e-9) + 1e-9);
        prop_assert!(retained.p05 >= 0.0 && retained.p99 <= found.gross.p99 + 1e-9);
    }
}
