//! A checked model: every number in its range, every name found.

use std::collections::BTreeSet;

use crate::{
    distribution::Distribution, frequency::Frequency, input::OptionKind, policy::Terms, violation::Violations,
};

/// A model that can be run. Made by [`Model::from_yaml`].
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) correlation: Option<Correlation>,
    /// The first is the current state.
    pub(crate) plans: Vec<Plan>,
    pub(crate) appetite: Appetite,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) id: String,
    /// What is drawn. The first is the scenario itself; others are replaced by options.
    pub(crate) sources: Vec<Source>,
    /// What becomes of the draws under the plans. The first is the current state.
    pub(crate) variants: Vec<Variant>,
    /// Index and probability of the common causes that hit it.
    pub(crate) hits: Vec<(usize, f64)>,
    /// It has controls, so stages of control.
    pub(crate) controlled: bool,
    /// The options that name it, also if they change nothing.
    pub(crate) named: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) frequency: Frequency,
    /// Threat capability and resistance strength, when vulnerability is to be found from them.
    pub(crate) pairing: Option<(Distribution, Distribution)>,
    pub(crate) components: Vec<Component>,
    /// The year's loss is frequency × magnitude, with no single events.
    pub(crate) product: bool,
}

impl Source {
    /// All that is drawn but counts.
    pub(crate) fn distributions(&self) -> impl Iterator<Item = &Distribution> {
        let factors = if let Frequency::Rates { factors, .. } = &self.frequency { factors.as_slice() } else { &[] };
        let pair = self.pairing.iter().flat_map(|(threat, strength)| [threat, strength]);
        let amounts = self.components.iter().flat_map(|component| match &component.amount {
            Amount::Drawn(drawn) | Amount::Outage(drawn, _) => [Some(drawn), None],
            Amount::Secondary(probability, magnitude) => [Some(probability), Some(magnitude)],
        });
        factors.iter().chain(pair).chain(amounts.flatten())
    }
}

/// A part of an event's loss.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Component {
    pub(crate) coverage: String,
    pub(crate) amount: Amount,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Amount {
    Drawn(Distribution),
    /// Hours, and the loss an hour.
    Outage(Distribution, f64),
    /// Happens with a probability (itself drawn), then costs a magnitude.
    Secondary(Distribution, Distribution),
}

impl Amount {
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Drawn(amount) => amount.describe(),
            Self::Outage(hours, rate) => format!("outage of hours ({}) at {rate} an hour", hours.describe()),
            Self::Secondary(probability, magnitude) => {
                format!("secondary with probability ({}) of ({})", probability.describe(), magnitude.describe())
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub(crate) source: usize,
    pub(crate) frequency_factor: f64,
    pub(crate) severity_factor: f64,
    /// The terms events are under.
    pub(crate) terms: Option<Terms>,
    /// The terms of the year are those of a policy of the portfolio.
    pub(crate) shared: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) id: String,
    pub(crate) frequency: Frequency,
}

#[derive(Clone, Debug)]
pub(crate) struct Correlation {
    /// Indices of scenarios, in the order of their ids.
    pub(crate) members: Vec<usize>,
    /// The lower triangle of the Cholesky factor, row by row.
    pub(crate) factor: Vec<Vec<f64>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) stage: Stage,
    /// Which variant of each scenario.
    pub(crate) variants: Vec<usize>,
    pub(crate) policies: Vec<(String, Terms)>,
    /// Which of these policies each scenario is under.
    pub(crate) covered: Vec<Option<usize>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Stage {
    Current,
    Inherent,
    Residual,
    Named { id: String, kind: OptionKind, cost: f64, energy_kwh: f64 },
}

/// How much loss is bearable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Appetite {
    pub(crate) capacity: Option<f64>,
    /// 95 unless 99.
    pub(crate) at_99: bool,
    pub(crate) payout_threshold: f64,
    /// (loss, probability of more), by rising loss.
    pub(crate) line: Vec<(f64, f64)>,
}

impl Model {
    /// Most bytes of a file.
    pub const MOST_BYTES: usize = 8 << 20;
    /// Most scenarios.
    pub const MOST_SCENARIOS: usize = 10_000;
    /// Most options.
    pub const MOST_OPTIONS: usize = 50;
    /// Greatest amount of money a model may name.
    pub const MOST_AMOUNT: f64 = 1e15;
    /// Greatest rate of events a year.
    pub const MOST_RATE: f64 = 1e5;
    /// Most scenarios that may be correlated.
    pub const MOST_CORRELATED: usize = 500;

    /// Reads and checks a model.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with the field, the limit and the remedy. What cannot be read as the form at all
    /// (no YAML, an unknown key, a text where a number belongs) is one violation with its line and column.
    pub fn from_yaml(text: &str) -> Result<Self, Violations> {
        crate::read::document(text).and_then(|document| crate::check::model(&document))
    }

    /// The ids of the scenarios, in the order of the file.
    pub fn scenario_ids(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|scenario| scenario.id.as_str())
    }

    /// The ids of the options, in the order of the file.
    pub fn option_ids(&self) -> impl Iterator<Item = &str> {
        self.plans.iter().filter_map(|plan| match &plan.stage {
            Stage::Named { id, .. } => Some(id.as_str()),
            Stage::Current | Stage::Inherent | Stage::Residual => None,
        })
    }

    /// The distributions of one scenario's losses per event, by coverage; for checks against closed forms.
    pub fn severities(&self, id: &str) -> Vec<(&str, &Distribution)> {
        let found = self.scenarios.iter().find(|scenario| scenario.id == id);
        let source = found.and_then(|scenario| scenario.sources.first());
        let components = source.map_or(&[][..], |source| &source.components);
        components
            .iter()
            .filter_map(|component| match &component.amount {
                Amount::Drawn(drawn) => Some((component.coverage.as_str(), drawn)),
                Amount::Outage(..) | Amount::Secondary(..) => None,
            })
            .collect()
    }
}
