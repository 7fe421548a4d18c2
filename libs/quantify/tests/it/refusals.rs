//! What is refused, with the field, the limit and the remedy; all of it at once.

use quantify::{Model, Settings, Stopped, Violations, Watch, run};

use crate::{model, scenario, settings};

fn refused(yaml: &str) -> Violations {
    match Model::from_yaml(yaml) {
        Ok(_) => panic!("not refused:\n{yaml}"),
        Err(violations) => violations,
    }
}

#[track_caller]
fn refuses(yaml: &str, field: &str, problem: &str) {
    let violations = refused(yaml);
    let found = violations.list().iter().any(|one| one.field == field && one.problem.contains(problem));
    assert!(found, "no {field}: {problem} in\n{violations}");
    assert!(violations.list().iter().all(|one| !one.remedy.is_empty()));
}

const FREQUENCY: &str = "{distribution: poisson, rate: 1}";
const SEVERITY: &str = "{distribution: constant, value: 1}";

#[test]
fn frequencies() {
    for (frequency, field, problem) in [
        ("{distribution: poisson, rate: -1}", "rate", "outside of 0"),
        ("{distribution: poisson, rate: .nan}", "rate", "NaN"),
        ("{distribution: poisson, rate: .inf}", "rate", "inf"),
        ("{distribution: poisson, rate: 1e6}", "rate", "100000"),
        ("{distribution: negative_binomial, mean: 3, variance: 3}", "variance", "not above the mean"),
        ("{distribution: negative_binomial, mean: 3, variance: .nan}", "variance", "not above the mean"),
        ("{distribution: negative_binomial, mean: 0, variance: 3}", "mean", "below"),
        ("{distribution: bernoulli, probability: 1.1}", "probability", "outside of 0 to 1"),
        ("{distribution: uniform, low: 3, high: 2}", "high", "below low"),
    ] {
        refuses(&scenario(frequency, SEVERITY), &format!("scenarios[0].frequency.{field}"), problem);
    }
    let heavy = scenario("{distribution: lognormal, p05: 1, p95: 90000}", SEVERITY);
    refuses(&heavy, "scenarios[0].frequency", "mean or deviation");
}

#[test]
fn severities() {
    for (severity, field, problem) in [
        ("{distribution: lognormal, p05: 5, p95: 5}", ".p95", "not above p05"),
        ("{distribution: lognormal, p05: 0, p95: 5}", ".p05", "not above"),
        ("{distribution: lognormal, p05: 1e-8, p95: 1e15}", ".p95", "sigma"),
        ("{distribution: lognormal, mu: 10, sigma: 0}", ".sigma", "above 0"),
        ("{distribution: lognormal, mu: .inf, sigma: 1}", ".mu", "outside"),
        ("{distribution: lognormal, p05: 1, sigma: 1}", "", "p05 and p95, or mu and sigma"),
        ("{distribution: pert, low: 1, mode: 9, high: 5}", ".mode", "outside of low"),
        ("{distribution: pert, low: 1, mode: 2, high: 5, lambda: 0}", ".lambda", "outside"),
        ("{distribution: triangular, low: 1, mode: 0, high: 5}", ".mode", "outside of low"),
        ("{distribution: constant, value: -.inf}", ".value", "outside"),
        ("{distribution: constant, value: 1e16}", ".value", "outside"),
        ("{distribution: discrete, values: [], weights: []}", ".values", "0 values"),
        ("{distribution: discrete, values: [1], weights: [1, 2]}", ".weights", "2 weights for 1"),
        ("{distribution: discrete, values: [1, 2], weights: [1, 0]}", ".weights[1]", "not above 0"),
        ("{distribution: discrete, values: [1, -2], weights: [1, .nan]}", ".values[1]", "outside"),
        ("{distribution: empirical, values: []}", ".values", "0 values"),
        ("{distribution: exponential, mean: -3}", ".mean", "outside"),
        ("{distribution: poisson, rate: 3}", "", "counts events"),
        (
            "{distribution: outage, hours: {distribution: constant, value: -1}, rate_per_hour: 5}",
            ".hours.value",
            "outside",
        ),
    ] {
        refuses(&scenario(FREQUENCY, severity), &format!("scenarios[0].severity{field}"), problem);
    }
}

#[test]
fn policies() {
    for (policy, field, problem) in [
        ("{excess: -1}", "excess", "outside"),
        ("{coinsurance: 2}", "coinsurance", "outside of 0 to 1"),
        ("{layers: []}", "layers", "0 layers"),
        ("{excess: 1, layers: [{attachment: 1, limit: 2}]}", "layers", "of its own"),
        ("{layers: [{attachment: 0, limit: 10}, {attachment: 5, limit: 10}]}", "layers[1]", "pay 2"),
        ("{sublimits: {elsewhere: 5}}", "sublimits.elsewhere", "no loss"),
        ("{waiting_hours: 12}", "waiting", "is missing"),
        ("{waiting_hours: 12, waiting: qualifying}", "waiting_hours", "by the hour"),
        ("{aggregate_limit: .nan}", "aggregate_limit", "NaN"),
    ] {
        let yaml = format!("{}    policy: {policy}\n", scenario(FREQUENCY, SEVERITY));
        refuses(&yaml, &format!("scenarios[0].policy.{field}"), problem);
    }
}

#[test]
fn trees() {
    let tree = |nodes: &str| format!("scenarios:\n  - id: x\n    fair: {nodes}\n");
    let loss = "loss_magnitude: {distribution: constant, value: 1}";
    let share = "{distribution: constant, value: 0.5}";
    refuses(&tree("{}"), "scenarios[0].fair.loss_event_frequency", "missing");
    refuses(&tree("{}"), "scenarios[0].fair.loss_magnitude", "missing");
    let both = format!("{{loss_event_frequency: {share}, vulnerability: {share}, {loss}}}");
    refuses(&tree(&both), "scenarios[0].fair.loss_event_frequency", "together with vulnerability");
    let above =
        format!("{{threat_event_frequency: {share}, vulnerability: {{distribution: constant, value: 2}}, {loss}}}");
    refuses(&tree(&above), "scenarios[0].fair.vulnerability.value", "outside of 0 to 1");
    let open =
        format!("{{threat_event_frequency: {share}, vulnerability: {{distribution: exponential, mean: 0.1}}, {loss}}}");
    refuses(&tree(&open), "scenarios[0].fair.vulnerability", "above 1");
    let half = format!("{{threat_event_frequency: {share}, threat_capability: {share}, {loss}}}");
    refuses(&tree(&half), "scenarios[0].fair.resistance_strength", "missing");
    let product = format!(
        "scenarios:\n  - id: x\n    form: product\n    fair: {{loss_event_frequency: {share}, {loss}}}\n    policy: {{excess: 1}}\n"
    );
    refuses(&product, "scenarios[0].policy", "no single events");
}

#[test]
fn what_ties_scenarios() {
    let with = |extra: &str| {
        let row = |id: &str| format!("  - {{id: {id}, frequency: {FREQUENCY}, severity: {SEVERITY}}}\n");
        format!("scenarios:\n{}{}{}{extra}\n", row("a"), row("b"), row("c"))
    };
    refuses(&with("correlations: [{between: [a, z], rank: 0.1}]"), "correlations[0].between", "no scenario");
    refuses(&with("correlations: [{between: [a, a], rank: 0.1}]"), "correlations[0].between", "with itself");
    refuses(&with("correlations: [{between: [a, b], rank: 1}]"), "correlations[0].rank", "between -1 and 1");
    let clash =
        "correlations: [{between: [a, b], rank: 0.9}, {between: [b, c], rank: 0.9}, {between: [a, c], rank: -0.9}]";
    refuses(&with(clash), "correlations", "positive definite");
    let cause = "common_causes: [{id: q, frequency: {distribution: poisson, rate: 1}, hits: []}]";
    refuses(&with(cause), "common_causes[0].hits", "empty");
    let twice = "policies: [{id: p, scenarios: [a], terms: {}}, {id: q, scenarios: [a], terms: {}}]";
    refuses(&with(twice), "policies[1].scenarios[0]", "another policy");
    let more = "options: [{id: o, kind: modify, effects: [{scenario: a, frequency_factor: 1.5}]}]";
    refuses(&with(more), "options[0].effects[0].frequency_factor", "outside of 0 to 1");
    refuses(&with("appetite: {percentile: 90}"), "appetite.percentile", "95 or 99");
    refuses(
        &with("appetite: {line: [{loss: 5, probability: 0.1}, {loss: 4, probability: 0.05}]}"),
        "appetite.line[1]",
        "go on",
    );
    let same =
        format!("{}  - {{id: x, frequency: {FREQUENCY}, severity: {SEVERITY}}}\n", scenario(FREQUENCY, SEVERITY));
    refuses(&same, "scenarios[1].id", "twice");
}

#[test]
fn all_violations_at_once() {
    let yaml = "
scenarios:
  - {id: a, frequency: {distribution: poisson, rate: -1}, severity: {distribution: lognormal, p05: 9, p95: 3}}
  - {id: a, frequency: {distribution: negative_binomial, mean: 2, variance: 1}, severity: {distribution: constant, value: .nan}}
policies: [{id: p, scenarios: [nobody], terms: {}}]
appetite: {capacity: -5}
";
    let fields: Vec<String> = refused(yaml).list().iter().map(|one| one.field.clone()).collect();
    for field in [
        "scenarios[0].frequency.rate",
        "scenarios[0].severity.p95",
        "scenarios[1].id",
        "scenarios[1].frequency.variance",
        "scenarios[1].severity.value",
        "policies[0].scenarios[0]",
        "appetite.capacity",
    ] {
        assert!(fields.iter().any(|found| found == field), "no {field} in {fields:?}");
    }
}

#[test]
fn what_cannot_be_read() {
    for yaml in [
        "",
        "scenarios: 5",
        "scenarios: []",
        "nonsense: [1]",
        "scenarios:\n  - {id: x, colour: blue}",
        "scenarios:\n  - id: x\n    frequency: {distribution: poisson, rate: many}",
        "a: &a [*a]",
        "\u{0}\u{1}",
        "{{{{",
    ] {
        assert_eq!(refused(yaml).list().len(), 1, "{yaml}");
    }
    let unknown = scenario("{distribution: poisson, rate: 1, colour: 3}", SEVERITY);
    assert!(refused(&unknown).list()[0].problem.contains("colour"));
    assert!(refused(&unknown).list()[0].field.starts_with("line "));
}

#[test]
fn bombs_of_aliases_nesting_and_size() {
    let mut laughs = String::from("a0: &a0 [x]\n");
    for at in 1..12 {
        laughs += &format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 10].join(", "));
    }
    for yaml in [laughs, format!("scenarios: {}{}", "[".repeat(50_000), "]".repeat(50_000)), "x".repeat(9 << 20)] {
        let begun = std::time::Instant::now();
        assert_eq!(refused(&yaml).list().len(), 1);
        assert!(begun.elapsed().as_secs() < 5);
    }
    let many =
        "  - {id: x, frequency: {distribution: poisson, rate: 1}, severity: {distribution: constant, value: 1}}\n";
    let million = format!("scenarios:\n{}", many.repeat(20_000));
    refuses(&million, "scenarios", "20000 scenarios");
    assert_eq!(refused(&format!("scenarios:\n{}", "  - {id: x}\n".repeat(1_000_000))).list().len(), 1);
}

#[test]
fn runs_that_are_too_large() {
    let busy = model(&scenario("{distribution: poisson, rate: 90000}", SEVERITY));
    for (settings, field) in [
        (Settings { years: 0, ..settings(1) }, "years"),
        (Settings { years: u64::MAX, ..settings(1) }, "years"),
        (Settings { threads: 10_000, ..settings(100) }, "threads"),
        (settings(5_000_000), "years"),
    ] {
        let Err(Stopped::Refused(violations)) = run(&busy, &settings, &Watch::new()) else { panic!("{settings:?}") };
        assert_eq!(violations.list()[0].field, field);
    }
}
