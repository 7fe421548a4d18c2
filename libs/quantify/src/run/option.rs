//! The portfolio under an option.

use std::collections::BTreeMap;

use crate::{
    decision::{AppetiteOutcome, Decision},
    figures::Reduction,
    input::OptionKind,
    model::{Model, Plan},
    outcome::{Changed, Losses, OptionOutcome},
    run::portfolio::Year,
};

/// The reduction of what is borne.
pub(super) fn changed(current: (&[f64], &Losses), variant: (&[f64], &Losses)) -> Reduction {
    Reduction::of((current.0, current.1.borne()), (variant.0, variant.1.borne()))
}

/// What an option costs, as it was given.
pub(super) struct Costs {
    pub(super) kind: OptionKind,
    pub(super) cost: f64,
    pub(super) energy_kwh: f64,
}

pub(super) fn outcome(model: &Model, plan: &Plan, costs: &Costs, then: &Year, change: Changed) -> OptionOutcome {
    let premium = model.premium(plan);
    let before = model.plans.first().map_or(0.0, |current| model.premium(current));
    let borne = change.losses.borne();
    OptionOutcome {
        kind: costs.kind,
        cost: costs.cost,
        premium,
        energy_kwh: costs.energy_kwh,
        expected_total_cost: costs.cost + premium + borne.mean,
        net_benefit: change.reduction.mean - costs.cost - (premium - before),
        curve: then.borne_curve().clone(),
        policies: then.policies.iter().cloned().collect::<BTreeMap<_, _>>(),
        decision: Decision::of(premium, &change.losses, &model.appetite),
        appetite: AppetiteOutcome::of(&model.appetite, then.borne(), borne),
        changed: change,
    }
}

impl Model {
    /// The premiums of a year under a plan.
    pub(super) fn premium(&self, plan: &Plan) -> f64 {
        let own = self.scenarios.iter().zip(&plan.variants).filter_map(|(scenario, &at)| {
            let variant = scenario.variants.get(at).filter(|variant| !variant.shared)?;
            variant.terms.as_ref()?.premium
        });
        own.chain(plan.policies.iter().filter_map(|(_, terms)| terms.premium)).sum()
    }
}
