//! What is compared: the current state, the stages of control, and the options.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, Range, distribution::at};
use crate::{
    input::{self, Document, Effect, TreatmentOption},
    model::{Amount, Model, Plan, Scenario, Stage, Variant},
    policy::Terms,
};

const MOST_POLICIES: usize = 1_000;

type Places<'a> = BTreeMap<&'a str, usize>;

impl Checker {
    /// The plans, the current state first; variants they need are added to the scenarios.
    pub(crate) fn plans(
        &mut self,
        document: &Document,
        places: &Places<'_>,
        scenarios: &mut [Option<Scenario>],
    ) -> Vec<Plan> {
        let names = vec![0; scenarios.len()];
        let nobody = vec![None; scenarios.len()];
        let mut current = Plan { stage: Stage::Current, variants: names, policies: Vec::new(), covered: nobody };
        self.portfolio_policies("policies", &document.policies, places, scenarios, &mut current);
        let mut plans = vec![current];
        if document.scenarios.iter().any(|scenario| !scenario.controls.is_empty()) {
            plans.extend(self.stages(document, scenarios, plans.first().cloned()));
        }
        if document.options.len() > Model::MOST_OPTIONS {
            let problem = format!("{} options, where {} are allowed", document.options.len(), Model::MOST_OPTIONS);
            self.refuse("options", problem, "compare fewer at a time");
            return plans;
        }
        let mut seen = BTreeSet::new();
        for (index, option) in document.options.iter().enumerate() {
            let place = format!("options[{index}]");
            self.id(&at(&place, "id"), &option.id, &mut seen);
            let from = plans.first().cloned();
            plans.extend(from.and_then(|from| self.option(&place, option, from, document, places, scenarios)));
        }
        plans
    }

    fn stages(&mut self, document: &Document, scenarios: &mut [Option<Scenario>], from: Option<Plan>) -> Vec<Plan> {
        let Some(from) = from else { return Vec::new() };
        let mut inherent = Plan { stage: Stage::Inherent, ..from.clone() };
        let mut residual = Plan { stage: Stage::Residual, ..from };
        for (index, (input, scenario)) in document.scenarios.iter().zip(scenarios).enumerate() {
            if input.controls.is_empty() {
                continue;
            }
            // What is wrong with the controls has been said of the current state.
            let all = Self::default().controls("", input, true);
            let (Some(scenario), Some(all)) = (scenario, all) else { continue };
            for (plan, (frequency, severity)) in [(&mut inherent, (1.0, 1.0)), (&mut residual, all)] {
                let Some(now) = plan.variants.get(index).and_then(|&at| scenario.variants.get(at)) else { continue };
                let then = Variant { frequency_factor: frequency, severity_factor: severity, ..now.clone() };
                set(&mut plan.variants, index, scenario.variant(then));
            }
        }
        vec![inherent, residual]
    }

    /// Puts scenarios under policies of the portfolio.
    fn portfolio_policies(
        &mut self,
        field: &str,
        policies: &[input::SharedPolicy],
        places: &Places<'_>,
        scenarios: &mut [Option<Scenario>],
        plan: &mut Plan,
    ) {
        if policies.len() > MOST_POLICIES {
            self.refuse(field, format!("more than {MOST_POLICIES}"), "join policies");
            return;
        }
        let mut seen = BTreeSet::new();
        for (number, policy) in policies.iter().enumerate() {
            let place = format!("{field}[{number}]");
            self.id(&at(&place, "id"), &policy.id, &mut seen);
            if policy.scenarios.is_empty() {
                self.refuse(&at(&place, "scenarios"), "is empty", "name the scenarios it covers");
            }
            let found: Vec<Option<usize>> = (policy.scenarios.iter().enumerate())
                .map(|(index, id)| self.find(&format!("{place}.scenarios[{index}]"), id, places))
                .collect();
            let Some(terms) = self.shared_terms(&place, policy, &found, scenarios) else { continue };
            for (index, at) in found.into_iter().enumerate() {
                let field = format!("{place}.scenarios[{index}]");
                let Some((at, scenario)) = at.and_then(|at| Some((at, scenarios.get_mut(at)?.as_mut()?))) else {
                    continue;
                };
                self.cover(&field, at, scenario, plan, &terms);
            }
            plan.policies.push((policy.id.clone(), terms));
        }
    }

    fn shared_terms(
        &mut self,
        place: &str,
        policy: &input::SharedPolicy,
        found: &[Option<usize>],
        scenarios: &[Option<Scenario>],
    ) -> Option<Terms> {
        let covered = found.iter().filter_map(|at| scenarios.get((*at)?)?.as_ref());
        let parts: Vec<_> = covered.flat_map(|scenario| &scenario.sources).flat_map(|s| &s.components).collect();
        let coverages: BTreeSet<&str> = parts.iter().map(|part| part.coverage.as_str()).collect();
        let outage = parts.iter().any(|part| matches!(part.amount, Amount::Outage(..)));
        self.terms(&at(place, "terms"), &policy.terms, &coverages, outage)
    }

    fn cover(&mut self, field: &str, at: usize, scenario: &mut Scenario, plan: &mut Plan, terms: &Terms) {
        if scenario.sources.iter().any(|source| source.product) {
            let remedy = "use the form compound, whose events a policy can be applied to";
            self.refuse(field, "is of the form product, which has no single events", remedy);
        }
        let now = plan.variants.get(at).and_then(|&index| scenario.variants.get(index)).cloned();
        let Some(now) = now else { return };
        if now.terms.is_some() {
            let remedy = "insure each scenario once; a tower of layers is one policy";
            self.refuse(field, "the scenario is under another policy as well", remedy);
            return;
        }
        let then = Variant { terms: Some(terms.clone()), shared: true, ..now };
        // The current state is the scenario's first variant.
        let index = if matches!(plan.stage, Stage::Current) {
            set_first(&mut scenario.variants, then);
            0
        } else {
            scenario.variant(then)
        };
        set(&mut plan.variants, at, index);
        if let Some(place) = plan.covered.get_mut(at) {
            *place = Some(plan.policies.len());
        }
    }

    fn option(
        &mut self,
        place: &str,
        input: &TreatmentOption,
        from: Plan,
        document: &Document,
        places: &Places<'_>,
        scenarios: &mut [Option<Scenario>],
    ) -> Option<Plan> {
        let cost = self.number_or(&at(place, "cost"), input.cost, Range::Amount, 0.0);
        let energy = self.number_or(&at(place, "energy_kwh"), input.energy_kwh, Range::Amount, 0.0);
        let stage = Stage::Named { id: input.id.clone(), kind: input.kind, cost: cost?, energy_kwh: energy? };
        let mut plan = Plan { stage, ..from };
        if let Some(policies) = &input.policies {
            uncover(&mut plan, scenarios);
            self.portfolio_policies(&at(place, "policies"), policies, places, scenarios, &mut plan);
        }
        let mut seen = BTreeSet::new();
        for (index, effect) in input.effects.iter().enumerate() {
            let place = format!("{place}.effects[{index}]");
            let field = at(&place, "scenario");
            let Some(found) = self.find(&field, &effect.scenario, places) else { continue };
            if !seen.insert(effect.scenario.as_str()) {
                self.refuse(&field, "is there twice", "name each scenario once in an option");
            }
            let given = document.scenarios.get(found);
            let scenario = scenarios.get_mut(found).and_then(Option::as_mut);
            let (Some(given), Some(scenario)) = (given, scenario) else { continue };
            scenario.named.insert(input.id.clone());
            self.effect(&place, effect, given, found, scenario, &mut plan);
        }
        Some(plan)
    }

    fn effect(
        &mut self,
        place: &str,
        effect: &Effect,
        given: &input::Scenario,
        at_index: usize,
        scenario: &mut Scenario,
        plan: &mut Plan,
    ) -> Option<()> {
        let frequency = self.number_or(&at(place, "frequency_factor"), effect.frequency_factor, Range::Share, 1.0);
        let severity = self.number_or(&at(place, "severity_factor"), effect.severity_factor, Range::Factor, 1.0);
        let mut then = scenario.variants.get(plan.variants.get(at_index).copied()?).cloned()?;
        then.frequency_factor *= frequency?;
        then.severity_factor *= severity?;
        if effect.frequency.is_some() || effect.severity.is_some() || effect.fair.is_some() {
            let changed = replaced(given, effect);
            let source = self.source(place, &changed)?;
            then.source = scenario.source(source);
        }
        if let Some(policy) = &effect.policy {
            let field = at(place, "policy");
            if then.shared {
                let remedy = "give the option's `policies` instead";
                self.refuse(&field, "the scenario is under a policy of the portfolio", remedy);
            }
            let source = scenario.sources.get(then.source).cloned()?;
            then.terms = Some(self.policy_of(&field, policy, &source)?);
        }
        let index = scenario.variant(then);
        set(&mut plan.variants, at_index, index);
        Some(())
    }
}

impl Scenario {
    fn variant(&mut self, wanted: Variant) -> usize {
        position_or_push(&mut self.variants, wanted)
    }

    fn source(&mut self, wanted: crate::model::Source) -> usize {
        position_or_push(&mut self.sources, wanted)
    }
}

fn position_or_push<T: PartialEq>(list: &mut Vec<T>, wanted: T) -> usize {
    list.iter().position(|one| *one == wanted).unwrap_or_else(|| {
        list.push(wanted);
        list.len() - 1
    })
}

fn set(list: &mut [usize], at: usize, value: usize) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn set_first(list: &mut [Variant], value: Variant) {
    if let Some(place) = list.first_mut() {
        *place = value;
    }
}

// The option's own policies stand in the place of the portfolio's.
fn uncover(plan: &mut Plan, scenarios: &mut [Option<Scenario>]) {
    plan.policies.clear();
    for ((variant, covered), scenario) in plan.variants.iter_mut().zip(&mut plan.covered).zip(scenarios) {
        let Some(scenario) = scenario else { continue };
        if covered.take().is_some()
            && let Some(now) = scenario.variants.get(*variant).cloned()
        {
            *variant = scenario.variant(Variant { terms: None, shared: false, ..now });
        }
    }
}

fn replaced(given: &input::Scenario, effect: &Effect) -> input::Scenario {
    let mut changed = given.clone();
    if let Some(frequency) = &effect.frequency {
        changed.frequency = Some(frequency.clone());
    }
    if let Some(severity) = &effect.severity {
        changed.severity = Some(severity.clone());
        changed.losses = None;
    }
    if let Some(fair) = &effect.fair {
        changed.fair = Some(given.fair.as_ref().map_or_else(|| fair.clone(), |tree| tree.replaced(fair)));
    }
    changed
}
