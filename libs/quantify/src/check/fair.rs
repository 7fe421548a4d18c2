//! The FAIR tree: any node given instead of those under it.

use std::collections::BTreeMap;

use super::{Checker, Range, distribution::at};
use crate::{
    distribution::Distribution,
    frequency::Frequency,
    input::{Distribution as Input, Fair},
    model::{Amount, Component, Source},
};

impl Fair {
    /// These nodes, those of `other` in their place where it has them.
    pub(crate) fn replaced(&self, other: &Self) -> Self {
        macro_rules! either {
            ($($node:ident),+ $(,)?) => {
                Self { $($node: other.$node.clone().or_else(|| self.$node.clone())),+ }
            };
        }
        either!(
            loss_event_frequency,
            threat_event_frequency,
            contact_frequency,
            probability_of_action,
            vulnerability,
            threat_capability,
            resistance_strength,
            loss_magnitude,
            primary_loss,
            primary_loss_forms,
            secondary_loss,
            secondary_loss_event_frequency,
            secondary_loss_magnitude,
            secondary_loss_forms,
        )
    }
}

impl Checker {
    /// The tree of a scenario.
    pub(crate) fn fair(&mut self, place: &str, fair: &Fair, product: bool) -> Option<Source> {
        let frequency = self.event_frequency(place, fair);
        let components = self.magnitude(place, fair);
        let (factors, pairing) = frequency?;
        let frequency = if product { Frequency::Rates { factors, factor: 1.0 } } else { Frequency::rates(factors) };
        Some(Source { frequency, pairing, components: components?, product })
    }

    // A node or those under it: both is refused, neither is refused.
    fn either(&mut self, place: &str, node: (&str, bool), under: &[(&str, bool)]) -> Option<bool> {
        let given: Vec<&str> = under.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        let all: Vec<&str> = under.iter().map(|(name, _)| *name).collect();
        match (node.1, given.is_empty()) {
            (true, true) => Some(true),
            (false, false) => Some(false),
            (true, false) => {
                let problem = format!("is given together with {}", given.join(", "));
                self.refuse(&at(place, node.0), problem, "give the node or those under it");
                None
            }
            (false, true) => {
                self.refuse(&at(place, node.0), "is missing", &format!("give it, or {}", all.join(", ")));
                None
            }
        }
    }

    fn node(&mut self, place: &str, name: &str, input: Option<&Input>, range: Range) -> Option<Distribution> {
        let field = at(place, name);
        let Some(input) = input else {
            self.refuse(&field, "is missing", "give it, or the node above it");
            return None;
        };
        if range == Range::Rate { self.rate(&field, input) } else { self.distribution(&field, input, range) }
    }

    #[expect(clippy::type_complexity, reason = "the product's factors, and the pair that vulnerability is found from")]
    fn event_frequency(
        &mut self,
        place: &str,
        fair: &Fair,
    ) -> Option<(Vec<Distribution>, Option<(Distribution, Distribution)>)> {
        let lef = ("loss_event_frequency", fair.loss_event_frequency.is_some());
        let threat = [
            ("threat_event_frequency", fair.threat_event_frequency.is_some()),
            ("contact_frequency", fair.contact_frequency.is_some()),
            ("probability_of_action", fair.probability_of_action.is_some()),
        ];
        let pair = [
            ("threat_capability", fair.threat_capability.is_some()),
            ("resistance_strength", fair.resistance_strength.is_some()),
        ];
        let vulnerability = ("vulnerability", fair.vulnerability.is_some());
        let under: Vec<_> = threat.into_iter().chain([vulnerability]).chain(pair).collect();
        if self.either(place, lef, &under)? {
            let given = fair.loss_event_frequency.as_ref();
            return Some((vec![self.node(place, "loss_event_frequency", given, Range::Rate)?], None));
        }
        let [tef, contact, action] = threat;
        let factors = match self.either(place, tef, &[contact, action]) {
            Some(true) => {
                let given = fair.threat_event_frequency.as_ref();
                self.node(place, "threat_event_frequency", given, Range::Rate).map(|rate| vec![rate])
            }
            Some(false) => {
                let contact = self.node(place, "contact_frequency", fair.contact_frequency.as_ref(), Range::Rate);
                let given = fair.probability_of_action.as_ref();
                let action = self.node(place, "probability_of_action", given, Range::Share);
                contact.zip(action).map(|(contact, action)| vec![contact, action])
            }
            None => None,
        };
        let given = self.either(place, vulnerability, &pair)?;
        if given {
            let drawn = self.node(place, "vulnerability", fair.vulnerability.as_ref(), Range::Share);
            let mut factors = factors?;
            factors.push(drawn?);
            return Some((factors, None));
        }
        let capability = self.node(place, "threat_capability", fair.threat_capability.as_ref(), Range::Strength);
        let resistance = self.node(place, "resistance_strength", fair.resistance_strength.as_ref(), Range::Strength);
        Some((factors?, Some((capability?, resistance?))))
    }

    fn magnitude(&mut self, place: &str, fair: &Fair) -> Option<Vec<Component>> {
        let whole = ("loss_magnitude", fair.loss_magnitude.is_some());
        let primary = ("primary_loss", fair.primary_loss.is_some());
        let primary_forms = ("primary_loss_forms", fair.primary_loss_forms.is_some());
        let secondary = ("secondary_loss", fair.secondary_loss.is_some());
        let event = ("secondary_loss_event_frequency", fair.secondary_loss_event_frequency.is_some());
        let each = ("secondary_loss_magnitude", fair.secondary_loss_magnitude.is_some());
        let secondary_forms = ("secondary_loss_forms", fair.secondary_loss_forms.is_some());
        let under = [primary, primary_forms, secondary, event, each, secondary_forms];
        if self.either(place, whole, &under)? {
            let amount = self.node(place, "loss_magnitude", fair.loss_magnitude.as_ref(), Range::Amount)?;
            return Some(vec![component("loss", Amount::Drawn(amount))]);
        }
        let mut parts = Vec::new();
        let mut given = Some(());
        match self.either(place, primary, &[primary_forms]) {
            Some(true) => {
                let drawn = self.node(place, "primary_loss", fair.primary_loss.as_ref(), Range::Amount);
                parts.push(drawn.map(|amount| component("primary", Amount::Drawn(amount))));
            }
            Some(false) => {
                for (form, input) in fair.primary_loss_forms.iter().flatten() {
                    let field = format!("primary_loss_forms.{}", form.name());
                    let drawn = self.node(place, &field, Some(input), Range::Amount);
                    parts.push(drawn.map(|amount| component(form.name(), Amount::Drawn(amount))));
                }
            }
            None => given = None,
        }
        // There need be no secondary loss.
        if [secondary, event, each, secondary_forms].iter().any(|(_, given)| *given) {
            match self.either(place, secondary, &[event, each, secondary_forms]) {
                Some(true) => {
                    let drawn = self.node(place, "secondary_loss", fair.secondary_loss.as_ref(), Range::Amount);
                    parts.push(drawn.map(|amount| component("secondary", Amount::Drawn(amount))));
                }
                Some(false) => self.secondary(place, fair, &mut parts),
                None => given = None,
            }
        }
        given?;
        if parts.is_empty() {
            self.refuse(&at(place, "primary_loss_forms"), "is empty", "name at least one form of loss");
            return None;
        }
        parts.into_iter().collect()
    }

    fn secondary(&mut self, place: &str, fair: &Fair, parts: &mut Vec<Option<Component>>) {
        let mut add = |checker: &mut Self, name: &str, fields: [&str; 2], inputs: [Option<&Input>; 2]| {
            let [event, magnitude] = fields;
            let [event_input, magnitude_input] = inputs;
            let event = checker.node(place, event, event_input, Range::Share);
            let magnitude = checker.node(place, magnitude, magnitude_input, Range::Amount);
            let both = event.zip(magnitude);
            parts.push(both.map(|(event, magnitude)| component(name, Amount::Secondary(event, magnitude))));
        };
        let both = [fair.secondary_loss_event_frequency.as_ref(), fair.secondary_loss_magnitude.as_ref()];
        if both.iter().any(Option::is_some) {
            if fair.secondary_loss_forms.is_some() {
                let problem = "is given together with secondary_loss_event_frequency or secondary_loss_magnitude";
                self.refuse(&at(place, "secondary_loss_forms"), problem, "give the forms or their sum");
            }
            add(self, "secondary", ["secondary_loss_event_frequency", "secondary_loss_magnitude"], both);
            return;
        }
        let none = BTreeMap::new();
        for (form, input) in fair.secondary_loss_forms.as_ref().unwrap_or(&none) {
            let event = format!("secondary_loss_forms.{}.frequency", form.name());
            let magnitude = format!("secondary_loss_forms.{}.magnitude", form.name());
            let inputs = [Some(&input.frequency), Some(&input.magnitude)];
            add(self, form.name(), [&event, &magnitude], inputs);
        }
    }
}

fn component(coverage: &str, amount: Amount) -> Component {
    Component { coverage: coverage.to_owned(), amount }
}
