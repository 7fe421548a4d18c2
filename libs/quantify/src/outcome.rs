//! The result of a run. Its JSON is the same to the byte for the same model, seed, years and version, on any number of threads.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    curve::Curve,
    decision::{AppetiteOutcome, Decision, PolicyFigures},
    figures::{Figures, Reduction},
    input::OptionKind,
};

/// All results of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Of the arrangement of draws: results of two versions are not the same bytes.
    pub version: &'static str,
    /// The seed of the run.
    pub seed: u64,
    /// The simulated years.
    pub years: u64,
    /// By the id of the scenario.
    pub scenarios: BTreeMap<String, ScenarioOutcome>,
    /// All scenarios together.
    pub portfolio: PortfolioOutcome,
    /// The portfolio under each option, by its id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, OptionOutcome>,
}

/// Annual losses before and after insurance.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// Before insurance.
    #[serde(flatten)]
    pub gross: Figures,
    /// What is left after insurance; where there is a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained: Option<Figures>,
    /// What the insurers pay; where there is a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred: Option<Figures>,
}

impl Losses {
    /// What is borne: retained if there is a policy, otherwise all of it.
    #[must_use]
    pub fn borne(&self) -> &Figures {
        self.retained.as_ref().unwrap_or(&self.gross)
    }
}

/// A scenario in its current state, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioOutcome {
    /// The current state's figures.
    #[serde(flatten)]
    pub losses: Losses,
    /// What was drawn: the distributions with their variants and the parameters found.
    pub inputs: Inputs,
    /// P(threat capability ≥ resistance strength), where it was found from paired draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vulnerability: Option<f64>,
    /// Its standard error; it is part of `mean_error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vulnerability_error: Option<f64>,
    /// The figures of the scenario's own policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyFigures>,
    /// The portfolio's policy it is under; what that pays is known for all its scenarios together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio_policy: Option<String>,
    /// Without controls and with those planned, where there are any: `inherent` and `residual`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<&'static str, Changed>,
    /// Under the options that change it, by their ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Changed>,
    /// If asked for by [`crate::Settings::curves`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
}

/// The distributions of a scenario, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// Of the events.
    pub frequency: String,
    /// Of what an event costs: coverage (or form of loss) and distribution.
    pub losses: Vec<(String, String)>,
}

/// A variant on the draws of the current state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Its figures.
    #[serde(flatten)]
    pub losses: Losses,
    /// By how much the loss that is borne is below that of the current state. Exactly 0 where nothing changed.
    pub reduction: Reduction,
}

/// All scenarios together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortfolioOutcome {
    /// The current state's figures.
    #[serde(flatten)]
    pub losses: Losses,
    /// The curve of the gross loss.
    pub curve: Curve,
    /// The curve of what is retained, where there is a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_curve: Option<Curve>,
    /// The portfolio's policies, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, PolicyFigures>,
    /// Whether all policies together are worth their premiums, where these are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Without controls and with those planned, where there are any: `inherent` and `residual`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<&'static str, Changed>,
    /// The loss that is borne against the appetite, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appetite: Option<AppetiteOutcome>,
}

/// The portfolio under an option, beside its costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptionOutcome {
    /// Modify, share or retain.
    pub kind: OptionKind,
    /// What it costs a year, without premiums.
    pub cost: f64,
    /// The premiums a year that are paid under it.
    pub premium: f64,
    /// The energy it takes a year.
    pub energy_kwh: f64,
    /// Figures, and the reduction against the current state.
    #[serde(flatten)]
    pub changed: Changed,
    /// Cost, premium and expected loss that is borne.
    pub expected_total_cost: f64,
    /// The expected reduction minus the cost and what premiums rise by.
    pub net_benefit: f64,
    /// The curve of the loss that is borne.
    pub curve: Curve,
    /// The policies of the portfolio under it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, PolicyFigures>,
    /// Whether its policies are worth their premiums, where these are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The loss that is borne against the appetite, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appetite: Option<AppetiteOutcome>,
}
