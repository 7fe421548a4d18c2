//! What a policy pays, in the form of `quantify` (docs/quantify.md, `policy`): of a policy alone, or of the tower it is a layer of.
//!
//! A tower has one set of terms there. What each layer has of its own is put into its share (coinsurance), or added up (limits of the year).

use std::collections::BTreeMap;

use quantify::{Layer as Band, Terms};
use wire::risk::v1::DescribeInsuranceTermsResponse as Described;
use wire::risk::v1::InsurancePolicy;
use wire::risk::v1::describe_insurance_terms_response::Layer;
use wire::risk::v1::insurance_policy::Waiting;

/// The part of its layer that an insurer bears: all of it where nothing is said.
pub(crate) fn share(policy: &InsurancePolicy) -> f64 {
    if policy.share > 0.0 { policy.share } else { 1.0 }
}

/// The loss of an event at which a policy begins to pay.
pub(crate) fn begins(policy: &InsurancePolicy) -> f64 {
    policy.attachment + policy.excess
}

/// The terms of a policy alone.
pub(crate) fn of_policy(policy: &InsurancePolicy) -> Described {
    let mut terms = described(policy);
    terms.aggregate_limit = policy.aggregate_limit;
    terms.aggregate_deductible = policy.aggregate_deductible;
    terms.premium = policy.premium;
    if policy.attachment > 0.0 || share(policy) < 1.0 {
        let share = share(policy) * (1.0 - policy.coinsurance);
        terms.layers = vec![Layer { attachment: begins(policy), limit: policy.limit, share }];
        if policy.coinsurance > 0.0 {
            terms.notes.push("coinsurance is taken off the share of the layer".to_owned());
        }
    } else {
        (terms.excess, terms.limit, terms.coinsurance) = (policy.excess, policy.limit, policy.coinsurance);
    }
    terms.yaml = yaml(&terms);
    terms
}

/// The terms of a tower, of its policies from the lowest layer on. None where there is no policy.
pub(crate) fn of_tower(policies: &[InsurancePolicy]) -> Option<Described> {
    let lowest = policies.first()?;
    let mut terms = described(lowest);
    for policy in policies {
        let share = share(policy) * (1.0 - policy.coinsurance);
        terms.layers.push(Layer { attachment: begins(policy), limit: policy.limit, share });
        terms.premium += policy.premium;
    }
    if policies.iter().any(|policy| policy.coinsurance > 0.0) {
        terms.notes.push("coinsurance is taken off the share of each layer".to_owned());
    }
    let limited = policies.iter().filter(|policy| policy.aggregate_limit > 0.0).count();
    if limited == policies.len() {
        terms.aggregate_limit = policies.iter().map(|policy| policy.aggregate_limit).sum();
    }
    if limited > 0 && policies.len() > 1 {
        let done = if limited == policies.len() { "added up" } else { "left out, since not every layer has one" };
        terms.notes.push(format!("the limits of the year are {done}: the form has one for the whole tower"));
    }
    terms.aggregate_deductible = policies.iter().map(|policy| policy.aggregate_deductible).sum();
    if policies.len() > 1 && terms.aggregate_deductible > 0.0 {
        terms.notes.push("the deductibles of the year are added up: the form has one for the whole tower".to_owned());
    }
    if policies.iter().skip(1).any(|policy| policy.coverages.iter().any(|one| one.sublimit > 0.0)) {
        terms.notes.push("sublimits are those of the lowest layer".to_owned());
    }
    terms.yaml = yaml(&terms);
    Some(terms)
}

/// What is the same for a policy and for the tower it is the lowest layer of.
fn described(policy: &InsurancePolicy) -> Described {
    let sublimited = policy.coverages.iter().filter(|one| one.sublimit > 0.0);
    let by_the_hour = "the waiting period wants a loss of the distribution `outage`";
    Described {
        notes: Some(by_the_hour.to_owned()).filter(|_| policy.waiting_hours > 0.0).into_iter().collect(),
        sublimits: sublimited.map(|one| (one.kind.clone(), one.sublimit)).collect(),
        waiting_hours: policy.waiting_hours,
        waiting: if policy.waiting() == Waiting::Unspecified { Waiting::TimeExcess } else { policy.waiting() }.into(),
        currency_code: policy.currency_code.clone(),
        ..Described::default()
    }
}

/// The terms as YAML in one line. What is nothing is left out, but for the five that a plain policy has.
fn yaml(terms: &Described) -> String {
    let mut parts = Vec::new();
    if terms.layers.is_empty() {
        parts.push(format!("excess: {}, limit: {}, coinsurance: {}", terms.excess, terms.limit, terms.coinsurance));
    } else {
        let layer =
            |one: &Layer| format!("{{attachment: {}, limit: {}, share: {}}}", one.attachment, one.limit, one.share);
        let layers: Vec<String> = terms.layers.iter().map(layer).collect();
        parts.push(format!("layers: [{}]", layers.join(", ")));
    }
    if terms.aggregate_limit > 0.0 {
        parts.push(format!("aggregate_limit: {}", terms.aggregate_limit));
    }
    parts.push(format!("aggregate_deductible: {}", terms.aggregate_deductible));
    if !terms.sublimits.is_empty() {
        let sorted: BTreeMap<&String, &f64> = terms.sublimits.iter().collect();
        let sublimits: Vec<String> = sorted.iter().map(|(kind, most)| format!("{kind}: {most}")).collect();
        parts.push(format!("sublimits: {{{}}}", sublimits.join(", ")));
    }
    if terms.waiting_hours > 0.0 {
        let waiting = if terms.waiting() == Waiting::Qualifying { "qualifying" } else { "time_excess" };
        parts.push(format!("waiting_hours: {}, waiting: {waiting}", terms.waiting_hours));
    }
    if terms.premium > 0.0 {
        parts.push(format!("premium: {}", terms.premium));
    }
    format!("{{{}}}", parts.join(", "))
}

/// What a policy pays for one event by the amounts under each kind of coverage, before the terms of the year; what no coverage is of is not insured.
pub(crate) fn payout(policy: &InsurancePolicy, amounts: &BTreeMap<&str, f64>) -> f64 {
    layer(policy, amounts.iter().map(|(kind, amount)| amount.min(most(policy, kind))).sum())
}

/// What a policy pays for one event of an insured loss, before the terms of the year.
pub(crate) fn layer(policy: &InsurancePolicy, insured: f64) -> f64 {
    let terms = Terms {
        layers: vec![Band { attachment: begins(policy), limit: policy.limit, share: share(policy) }],
        coinsurance: policy.coinsurance,
        ..Terms::plain(0.0, 0.0)
    };
    terms.event(insured)
}

/// The most that is insured of one event under a kind of coverage.
fn most(policy: &InsurancePolicy, kind: &str) -> f64 {
    policy
        .coverages
        .iter()
        .find(|one| one.kind == kind)
        .map_or(0.0, |one| if one.sublimit > 0.0 { one.sublimit } else { f64::INFINITY })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::insurance_policy::Coverage;

    fn plain() -> InsurancePolicy {
        InsurancePolicy { excess: 50_000.0, limit: 150_000.0, aggregate_limit: 200_000.0, ..InsurancePolicy::default() }
    }

    /// Reads the terms by the engine that is to take them. A waiting period wants losses by the hour.
    fn taken(terms: &Described) {
        let severity = if terms.waiting_hours > 0.0 {
            "{distribution: outage, hours: {distribution: constant, value: 30}, rate_per_hour: 25000}"
        } else {
            "{distribution: exponential, mean: 100000}"
        };
        let model = format!(
            "scenarios:\n  - id: s\n    frequency: {{distribution: poisson, rate: 1}}\n    losses:\n      - {{coverage: incident-response, \
             severity: {severity}}}\n    policy: {}\n",
            terms.yaml
        );
        quantify::Model::from_yaml(&model).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", terms.yaml));
    }

    #[test]
    fn a_plain_policy_reads_as_a_plain_policy() {
        let terms = of_policy(&plain());
        assert_eq!(
            terms.yaml,
            "{excess: 50000, limit: 150000, coinsurance: 0, aggregate_limit: 200000, aggregate_deductible: 0}"
        );
        assert!(terms.layers.is_empty() && terms.notes.is_empty());
        taken(&terms);
    }

    #[test]
    fn a_tower_is_its_layers_with_what_the_form_cannot_say_as_notes() {
        let sublimit = Coverage { kind: "incident-response".to_owned(), sublimit: 40_000.0, ..Coverage::default() };
        let low = InsurancePolicy {
            coinsurance: 0.1,
            waiting_hours: 12.0,
            premium: 70_000.0,
            coverages: vec![sublimit],
            ..plain()
        };
        let high = InsurancePolicy {
            attachment: 200_000.0,
            limit: 1_000_000.0,
            share: 0.6,
            premium: 30_000.0,
            ..InsurancePolicy::default()
        };
        let terms = of_tower(&[low.clone(), high]).unwrap();
        assert_eq!(terms.layers.len(), 2);
        assert_eq!((terms.layers[0].attachment, terms.layers[0].share), (50_000.0, 0.9));
        assert_eq!((terms.layers[1].attachment, terms.layers[1].share), (200_000.0, 0.6));
        assert_eq!((terms.premium, terms.aggregate_limit), (100_000.0, 0.0));
        assert_eq!(terms.notes.len(), 3, "{:?}", terms.notes);
        assert!(terms.yaml.contains("waiting_hours: 12, waiting: time_excess"));
        taken(&terms);
        assert!(of_tower(&[]).is_none());
        taken(&of_policy(&InsurancePolicy { attachment: 1.0, ..low }));
    }

    #[test]
    fn payouts_are_those_of_the_vectors() {
        let of = |amount: f64| {
            let policy = InsurancePolicy {
                coverages: vec![Coverage { kind: "incident-response".to_owned(), ..Coverage::default() }],
                ..plain()
            };
            payout(&policy, &BTreeMap::from([("incident-response", amount), ("legal", 1e9)]))
        };
        for (loss, paid) in
            [(30_000.0, 0.0), (50_000.0, 0.0), (200_000.0, 150_000.0), (250_000.0, 150_000.0), (1e6, 150_000.0)]
        {
            assert!((of(loss) - paid).abs() < 1e-9, "{loss}");
        }
    }
}
