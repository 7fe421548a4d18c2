//! A scenario: what is drawn, and its own controls and policy.

use std::collections::BTreeSet;

use super::{Checker, Range, distribution::at};
use crate::{
    input::{self, Form},
    model::{Amount, Component, Scenario, Source, Variant},
    policy::Terms,
};

const MOST_LOSSES: usize = 20;
const MOST_CONTROLS: usize = 100;

/// What controls multiply frequency and severity by.
pub(crate) type Factors = (f64, f64);

impl Checker {
    /// A scenario with its current state as its one variant.
    pub(crate) fn scenario(&mut self, place: &str, input: &input::Scenario) -> Option<Scenario> {
        let source = self.source(place, input);
        let factors = self.controls(place, input, false);
        let policy = match (&input.policy, &source) {
            (Some(policy), Some(source)) => self.policy_of(&at(place, "policy"), policy, source).map(Some),
            (Some(_), None) => None,
            (None, _) => Some(None),
        };
        let (frequency_factor, severity_factor) = factors?;
        let current = Variant { source: 0, frequency_factor, severity_factor, terms: policy?, shared: false };
        Some(Scenario {
            id: input.id.clone(),
            sources: vec![source?],
            variants: vec![current],
            hits: Vec::new(),
            controlled: !input.controls.is_empty(),
            named: BTreeSet::new(),
        })
    }

    /// The terms of a policy on what a source draws.
    pub(crate) fn policy_of(&mut self, place: &str, policy: &input::Policy, source: &Source) -> Option<Terms> {
        if source.product {
            let remedy = "use the form compound, whose events a policy can be applied to";
            self.refuse(place, "the form product has no single events", remedy);
            return None;
        }
        let coverages: BTreeSet<&str> = source.components.iter().map(|part| part.coverage.as_str()).collect();
        let outage = source.components.iter().any(|part| matches!(part.amount, Amount::Outage(..)));
        self.terms(place, policy, &coverages, outage)
    }

    /// What the scenario draws.
    pub(crate) fn source(&mut self, place: &str, input: &input::Scenario) -> Option<Source> {
        let product = input.form == Some(Form::Product);
        if let Some(fair) = &input.fair {
            if input.frequency.is_some() || input.severity.is_some() || input.losses.is_some() {
                let remedy = "give fair, or frequency with severity or losses";
                self.refuse(&at(place, "fair"), "the scenario also has frequency, severity or losses", remedy);
            }
            return self.fair(&at(place, "fair"), fair, product);
        }
        if product {
            self.refuse(&at(place, "form"), "product is a form of a FAIR tree", "leave it out, or give fair");
        }
        let frequency = match &input.frequency {
            Some(frequency) => self.frequency(&at(place, "frequency"), frequency),
            None => {
                self.refuse(&at(place, "frequency"), "is missing", "give frequency, or fair");
                None
            }
        };
        let components = self.components(place, input);
        Some(Source { frequency: frequency?, pairing: None, components: components?, product: false })
    }

    fn components(&mut self, place: &str, input: &input::Scenario) -> Option<Vec<Component>> {
        match (&input.severity, &input.losses) {
            (Some(severity), None) => {
                let amount = self.amount(&at(place, "severity"), severity)?;
                Some(vec![Component { coverage: "loss".to_owned(), amount }])
            }
            (None, Some(losses)) => self.losses(&at(place, "losses"), losses),
            _ => {
                self.refuse(&at(place, "severity"), "needs severity or losses, one of the two", "give one of them");
                None
            }
        }
    }

    fn losses(&mut self, place: &str, losses: &[input::Loss]) -> Option<Vec<Component>> {
        if !(1..=MOST_LOSSES).contains(&losses.len()) {
            let problem = format!("{} losses, where 1 to {MOST_LOSSES} are allowed", losses.len());
            self.refuse(place, problem, "list the coverages an event costs under");
            return None;
        }
        let mut seen = BTreeSet::new();
        let components = losses.iter().enumerate().map(|(index, loss)| {
            let place = format!("{place}[{index}]");
            self.id(&at(&place, "coverage"), &loss.coverage, &mut seen);
            let amount = self.amount(&at(&place, "severity"), &loss.severity)?;
            Some(Component { coverage: loss.coverage.clone(), amount })
        });
        components.collect::<Vec<_>>().into_iter().collect()
    }

    /// What the controls of a scenario do together: those implemented, or also those planned.
    pub(crate) fn controls(&mut self, place: &str, input: &input::Scenario, planned: bool) -> Option<Factors> {
        let field = at(place, "controls");
        if input.controls.len() > MOST_CONTROLS {
            self.refuse(&field, format!("more than {MOST_CONTROLS} controls"), "join them");
            return None;
        }
        let (mut frequency, mut severity) = (Some(1.0), Some(1.0));
        let mut seen = BTreeSet::new();
        for (index, control) in input.controls.iter().enumerate() {
            let place = format!("{field}[{index}]");
            self.id(&at(&place, "id"), &control.id, &mut seen);
            let one = self.number_or(&at(&place, "frequency_factor"), control.frequency_factor, Range::Share, 1.0);
            let other = self.number_or(&at(&place, "severity_factor"), control.severity_factor, Range::Factor, 1.0);
            if planned || control.state == input::ControlState::Implemented {
                frequency = frequency.zip(one).map(|(product, factor)| product * factor);
                severity = severity.zip(other).map(|(product, factor)| product * factor);
            } else if one.is_none() || other.is_none() {
                frequency = None;
            }
        }
        if severity.is_some_and(|factor| factor > Range::Factor.most()) {
            self.refuse(&field, "together they multiply the severity by more than 1000", "give smaller factors");
            return None;
        }
        frequency.zip(severity)
    }
}
