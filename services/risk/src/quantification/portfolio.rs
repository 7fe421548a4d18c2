//! One model of many risks: the scenarios of each, under the policies that pay for them, with what may be done about them as options beside each
//! other. Pure: what the register holds in, the form of docs/quantify.md out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A risk and the model it was last quantified by.
pub(super) struct Source {
    pub(super) risk: String,
    pub(super) model: Value,
}

/// A policy or tower: its terms, which risks it pays for, and under which kinds of coverage.
#[derive(Clone)]
pub(super) struct Cover {
    pub(super) id: String,
    pub(super) terms: Map<String, Value>,
    pub(super) risks: BTreeSet<String>,
    pub(super) coverages: BTreeSet<String>,
}

/// A quote: what would cover if it were taken.
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) covers: Vec<Cover>,
}

/// A treatment that prevents events or makes them smaller.
pub(super) struct Measure {
    pub(super) id: String,
    pub(super) risk: String,
    pub(super) yearly_cost: f64,
    pub(super) yearly_kwh: f64,
    pub(super) frequency_factor: f64,
    pub(super) severity_factor: f64,
}

/// What came of it.
pub(super) struct Portfolio {
    pub(super) model: Value,
    /// What the form cannot say, and what was left out.
    pub(super) notes: Vec<String>,
}

/// A scenario as it stands in the portfolio.
struct Scenario {
    id: String,
    risk: String,
    /// The kinds of coverage that its losses fall under, where it says so.
    coverages: BTreeSet<String>,
    /// Whether a loss of it is given by the hour, to which a waiting period applies.
    outage: bool,
    /// Whether it has events, to which a policy applies.
    events: bool,
}

/// The model of all of them together.
pub(super) fn compose(sources: Vec<Source>, covers: &[Cover], offers: &[Offer], measures: &[Measure]) -> Portfolio {
    let mut notes = BTreeSet::new();
    let mut parts: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut known = Vec::new();
    for source in sources {
        for (part, values) in renamed(source, &mut known, &mut notes) {
            parts.entry(part).or_default().extend(values);
        }
    }
    let policies = policies(covers, &known, &mut notes);
    let mut options: Vec<Value> = measures.iter().filter_map(|measure| modify(measure, &known)).collect();
    for offer in offers {
        let policies = self::policies(&offer.covers, &known, &mut notes);
        options.push(json!({"id": offer.id, "kind": "share", "policies": policies}));
    }
    if !policies.is_empty() {
        options.push(json!({"id": "without insurance", "kind": "retain", "policies": []}));
    }
    parts.insert("policies", policies);
    parts.insert("options", options);
    let kept = parts.into_iter().filter(|(part, values)| *part == "scenarios" || !values.is_empty());
    let model = kept.map(|(part, values)| (part.to_owned(), Value::Array(values))).collect();
    Portfolio { model: Value::Object(model), notes: notes.into_iter().collect() }
}

/// The scenarios of a risk and what ties them, by names that are of this risk alone.
fn renamed(source: Source, known: &mut Vec<Scenario>, notes: &mut BTreeSet<String>) -> Vec<(&'static str, Vec<Value>)> {
    let Source { risk, mut model } = source;
    let mut take = |part: &str| match model.get_mut(part).map(Value::take) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let mut scenarios = take("scenarios");
    let alone = scenarios.len() == 1;
    let mut names = BTreeMap::new();
    for (scenario, at) in scenarios.iter_mut().zip(1..) {
        let own = text(&scenario["id"]);
        let joined = format!("{risk}/{own}");
        let id = match alone {
            true => risk.clone(),
            false if joined.chars().count() > 100 => format!("{risk}/{at}"),
            false => joined,
        };
        scenario["id"] = id.clone().into();
        let fields = scenario.as_object_mut();
        if fields.and_then(|fields| fields.remove("policy")).is_some() {
            notes.insert(format!("{risk}: the policy within its model is left out; the register's apply"));
        }
        let losses = || scenario["losses"].as_array().into_iter().flatten();
        let by_the_hour = |of: &Value| of.pointer("/severity/distribution").is_some_and(|found| found == "outage");
        known.push(Scenario {
            id: id.clone(),
            risk: risk.clone(),
            coverages: losses().map(|loss| text(&loss["coverage"])).collect(),
            outage: by_the_hour(scenario) || losses().any(by_the_hour),
            events: scenario["form"] != "product",
        });
        names.insert(own, id);
    }
    let mut causes = take("common_causes");
    for cause in &mut causes {
        cause["id"] = format!("{risk}/{}", text(&cause["id"])).into();
        for hit in cause["hits"].as_array_mut().into_iter().flatten() {
            rename(&mut hit["scenario"], &names);
        }
    }
    let mut correlations = take("correlations");
    for between in correlations.iter_mut().filter_map(|one| one["between"].as_array_mut()) {
        between.iter_mut().for_each(|scenario| rename(scenario, &names));
    }
    for part in ["policies", "options", "appetite"] {
        if model.get(part).is_some_and(|part| !part.is_null()) {
            notes.insert(format!("{risk}: {part} of its model are left out"));
        }
    }
    vec![("scenarios", scenarios), ("common_causes", causes), ("correlations", correlations)]
}

/// The policies of the portfolio. A scenario is under the first that pays for it, since the form has each under one at most.
fn policies(covers: &[Cover], known: &[Scenario], notes: &mut BTreeSet<String>) -> Vec<Value> {
    let mut taken = BTreeSet::new();
    let mut policies = Vec::new();
    for cover in covers {
        let mut terms = cover.terms.clone();
        let mut insured = Vec::new();
        for scenario in known.iter().filter(|scenario| cover.risks.contains(&scenario.risk)) {
            if !scenario.events {
                notes.insert(format!("{}: of the product form, so no policy applies: it has no events", scenario.id));
            } else if taken.insert(scenario.id.as_str()) {
                insured.push(scenario.id.as_str());
                exclude(&mut terms, scenario.coverages.difference(&cover.coverages));
            } else {
                notes.insert(format!("{}: {} would pay for it too, after another", scenario.id, cover.id));
            }
        }
        let under = || known.iter().filter(|one| insured.contains(&one.id.as_str()));
        // Terms that meet no loss are refused by the engine.
        if let Some(sublimits) = terms.get_mut("sublimits").and_then(Value::as_object_mut) {
            sublimits.retain(|kind, _| under().any(|one| one.coverages.contains(kind)));
        }
        if !under().any(|one| one.outage) && terms.remove("waiting_hours").is_some() {
            terms.remove("waiting");
            notes.insert(format!("{}: its waiting period meets no loss that is given by the hour", cover.id));
        }
        if insured.is_empty() {
            notes.insert(format!("{}: pays for none of these risks", cover.id));
        } else {
            policies.push(json!({"id": cover.id, "scenarios": insured, "terms": terms}));
        }
    }
    policies
}

/// What a policy has no coverage for, it does not pay.
fn exclude<'a>(terms: &mut Map<String, Value>, kinds: impl Iterator<Item = &'a String>) {
    for kind in kinds {
        let sublimits = terms.entry("sublimits").or_insert_with(|| Value::Object(Map::new()));
        sublimits[kind.as_str()] = 0.0.into();
    }
}

/// A treatment as an option; none where its risk is not in the portfolio.
fn modify(measure: &Measure, known: &[Scenario]) -> Option<Value> {
    let effect = |scenario: &Scenario| json!({"scenario": scenario.id, "frequency_factor": measure.frequency_factor, "severity_factor": measure.severity_factor});
    let effects: Vec<Value> = known.iter().filter(|scenario| scenario.risk == measure.risk).map(effect).collect();
    let option = json!({
        "id": measure.id, "kind": "modify", "cost": measure.yearly_cost, "energy_kwh": measure.yearly_kwh, "effects": effects,
    });
    (!effects.is_empty()).then_some(option)
}

fn rename(scenario: &mut Value, names: &BTreeMap<String, String>) {
    if let Some(name) = names.get(&text(scenario)) {
        *scenario = name.clone().into();
    }
}

/// An id as text: one that reads as a number is one all the same.
fn text(of: &Value) -> String {
    of.as_str().map_or_else(|| of.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(risk: &str, model: &str) -> Source {
        Source { risk: risk.to_owned(), model: quantify::document(model).unwrap() }
    }

    fn cover(id: &str, risks: &[&str], coverages: &[&str]) -> Cover {
        let set = |of: &[&str]| of.iter().map(|&one| one.to_owned()).collect();
        let terms = json!({"excess": 10_000.0, "limit": 90_000.0, "premium": 5_000.0, "sublimits": {"media": 1_000.0}, "waiting_hours": 8.0, "waiting": "time_excess"});
        let Value::Object(terms) = terms else { unreachable!() };
        Cover { id: id.to_owned(), terms, risks: set(risks), coverages: set(coverages) }
    }

    const PLAIN: &str = "scenarios:\n- {id: x, frequency: {distribution: poisson, rate: 2}, severity: {distribution: constant, value: 50000}}\n";
    const TWO: &str = "scenarios:
- id: core
  frequency: {distribution: poisson, rate: 1}
  losses:
  - {coverage: business-interruption, severity: {distribution: constant, value: 30000}}
  - {coverage: legal-costs, severity: {distribution: constant, value: 20000}}
- {id: access, frequency: {distribution: poisson, rate: 1}, severity: {distribution: constant, value: 1000}, policy: {limit: 5}}
common_causes:
- {id: grid, frequency: {distribution: poisson, rate: 1}, hits: [{scenario: core}, {scenario: access}]}
correlations: [{between: [core, access], rank: 0.5}]
appetite: {capacity: 1}
";
    const PRODUCT: &str = "scenarios:\n- {id: p, form: product, fair: {loss_event_frequency: {distribution: constant, value: 1}, \
                           loss_magnitude: {distribution: constant, value: 1}}}\n";

    /// The engine takes what was composed, and gives the mean of a year.
    fn simulated(of: &Portfolio) -> quantify::Outcome {
        let model =
            quantify::Model::from_yaml(&of.model.to_string()).unwrap_or_else(|wrong| panic!("{wrong}\n{}", of.model));
        let settings = quantify::Settings { years: 20_000, seed: 1, ..Default::default() };
        quantify::run(&model, &settings, &quantify::Watch::new()).unwrap()
    }

    #[test]
    fn scenarios_go_by_their_risk_and_what_ties_them_follows() {
        let made = compose(vec![source("fire", PLAIN), source("outage", TWO)], &[], &[], &[]);
        let ids: Vec<&str> =
            made.model["scenarios"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
        assert_eq!(ids, ["fire", "outage/core", "outage/access"]);
        assert_eq!(made.model["common_causes"][0]["hits"][1]["scenario"], "outage/access");
        assert_eq!(made.model["correlations"][0]["between"], json!(["outage/core", "outage/access"]));
        let left_out = [
            "outage: appetite of its model are left out",
            "outage: the policy within its model is left out; the register's apply",
        ];
        assert_eq!(made.notes, left_out);
        let portfolio = simulated(&made).portfolio;
        // 2 · 50,000; of each of two causes of one event a year 50,000 and 1,000.
        let gross = &portfolio.losses.gross;
        assert!((gross.mean - 202_000.0).abs() < 5.0 * gross.mean_error, "{} ± {}", gross.mean, gross.mean_error);
        assert!(portfolio.losses.retained.is_none(), "nothing insures");
    }

    #[test]
    fn a_policy_pays_for_the_risks_and_the_kinds_of_loss_it_covers_and_for_no_other() {
        let sources = vec![source("fire", PLAIN), source("outage", TWO), source("fine", PRODUCT)];
        let covers =
            [cover("tower", &["outage", "fine"], &["business-interruption"]), cover("spare", &["outage"], &[])];
        let made = compose(sources, &covers, &[], &[]);
        let policy = &made.model["policies"][0];
        assert_eq!(
            (&policy["scenarios"], &policy["terms"]["sublimits"]),
            (&json!(["outage/core", "outage/access"]), &json!({"legal-costs": 0.0}))
        );
        assert_eq!(made.model["policies"].as_array().unwrap().len(), 1, "each scenario is under one policy");
        for note in ["fine: of the product form", "outage/core: spare would pay for it too", "spare: pays for none"] {
            assert!(made.notes.iter().any(|one| one.starts_with(note)), "{note}: {:?}", made.notes);
        }
        let seen = simulated(&made);
        // Of each outage of the core 30,000 less the excess is paid, and nothing of one of 1,000: two causes of one event a year.
        let paid = seen.portfolio.losses.transferred.unwrap();
        assert!((paid.mean - 40_000.0).abs() < 5.0 * paid.mean_error, "{} ± {}", paid.mean, paid.mean_error);
        assert!(seen.options.contains_key("without insurance"));
    }

    #[test]
    fn treatments_and_quotes_stand_beside_each_other_as_options() {
        let measure = |risk: &str| Measure {
            id: format!("{risk}/sprinklers"),
            risk: risk.to_owned(),
            yearly_cost: 7_000.0,
            yearly_kwh: 10.0,
            frequency_factor: 0.5,
            severity_factor: 1.0,
        };
        let measures = [measure("fire"), measure("flood")];
        let offer = Offer { id: "quote-a".to_owned(), covers: vec![cover("quote-a", &["fire"], &[])] };
        let made = compose(vec![source("fire", PLAIN)], &[], &[offer], &measures);
        let seen = simulated(&made);
        let ids: Vec<&str> = seen.options.keys().map(String::as_str).collect();
        assert_eq!(ids, ["fire/sprinklers", "quote-a"]);
        let halved = &seen.options["fire/sprinklers"];
        let gross = &halved.changed.losses.gross;
        assert!((gross.mean - 50_000.0).abs() < 5.0 * gross.mean_error, "{gross:?}");
        assert_eq!((halved.cost, halved.energy_kwh), (7_000.0, 10.0));
        // Of 50,000 all but the excess of 10,000, twice a year.
        let retained = seen.options["quote-a"].changed.losses.retained.unwrap();
        assert!((retained.mean - 20_000.0).abs() < 5.0 * retained.mean_error, "{retained:?}");
    }
}
