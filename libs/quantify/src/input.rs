//! The form of a model as it is written: what can be read at all. What it means is judged in `check`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) scenarios: Vec<Scenario>,
    #[serde(default)]
    pub(crate) common_causes: Vec<CommonCause>,
    #[serde(default)]
    pub(crate) correlations: Vec<Correlation>,
    #[serde(default)]
    pub(crate) policies: Vec<SharedPolicy>,
    #[serde(default)]
    pub(crate) options: Vec<TreatmentOption>,
    pub(crate) appetite: Option<Appetite>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) id: String,
    pub(crate) frequency: Option<Distribution>,
    pub(crate) severity: Option<Distribution>,
    pub(crate) losses: Option<Vec<Loss>>,
    pub(crate) fair: Option<Fair>,
    pub(crate) form: Option<Form>,
    pub(crate) policy: Option<Policy>,
    #[serde(default)]
    pub(crate) controls: Vec<Control>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Compound,
    Product,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loss {
    pub(crate) coverage: String,
    pub(crate) severity: Distribution,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "distribution", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Distribution {
    Constant { value: f64 },
    Uniform { low: f64, high: f64 },
    Triangular { low: f64, mode: f64, high: f64 },
    Pert { low: f64, mode: f64, high: f64, lambda: Option<f64>, variant: Option<Variant> },
    Lognormal { p05: Option<f64>, p95: Option<f64>, mu: Option<f64>, sigma: Option<f64> },
    Exponential { mean: f64 },
    Discrete { values: Vec<f64>, weights: Vec<f64> },
    Empirical { values: Vec<f64> },
    Poisson { rate: f64 },
    NegativeBinomial { mean: f64, variance: f64 },
    Bernoulli { probability: f64 },
    Outage { hours: Box<Distribution>, rate_per_hour: f64 },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variant {
    Standard,
    Moment,
}

/// The nodes of the FAIR tree; any may be given instead of those under it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fair {
    pub(crate) loss_event_frequency: Option<Distribution>,
    pub(crate) threat_event_frequency: Option<Distribution>,
    pub(crate) contact_frequency: Option<Distribution>,
    pub(crate) probability_of_action: Option<Distribution>,
    pub(crate) vulnerability: Option<Distribution>,
    pub(crate) threat_capability: Option<Distribution>,
    pub(crate) resistance_strength: Option<Distribution>,
    pub(crate) loss_magnitude: Option<Distribution>,
    pub(crate) primary_loss: Option<Distribution>,
    pub(crate) primary_loss_forms: Option<BTreeMap<LossForm, Distribution>>,
    pub(crate) secondary_loss: Option<Distribution>,
    pub(crate) secondary_loss_event_frequency: Option<Distribution>,
    pub(crate) secondary_loss_magnitude: Option<Distribution>,
    pub(crate) secondary_loss_forms: Option<BTreeMap<LossForm, SecondaryForm>>,
}

/// The six forms of loss.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossForm {
    Productivity,
    Response,
    Replacement,
    FinesAndJudgements,
    CompetitiveAdvantage,
    Reputation,
}

impl LossForm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Productivity => "productivity",
            Self::Response => "response",
            Self::Replacement => "replacement",
            Self::FinesAndJudgements => "fines_and_judgements",
            Self::CompetitiveAdvantage => "competitive_advantage",
            Self::Reputation => "reputation",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondaryForm {
    pub(crate) frequency: Distribution,
    pub(crate) magnitude: Distribution,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) excess: Option<f64>,
    pub(crate) limit: Option<f64>,
    pub(crate) coinsurance: Option<f64>,
    pub(crate) aggregate_limit: Option<f64>,
    pub(crate) aggregate_deductible: Option<f64>,
    pub(crate) layers: Option<Vec<Layer>>,
    #[serde(default)]
    pub(crate) sublimits: BTreeMap<String, f64>,
    pub(crate) waiting_hours: Option<f64>,
    pub(crate) waiting: Option<WaitingKind>,
    pub(crate) premium: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) attachment: f64,
    pub(crate) limit: f64,
    pub(crate) share: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitingKind {
    TimeExcess,
    Qualifying,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedPolicy {
    pub(crate) id: String,
    pub(crate) scenarios: Vec<String>,
    pub(crate) terms: Policy,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Control {
    pub(crate) id: String,
    pub(crate) state: ControlState,
    pub(crate) frequency_factor: Option<f64>,
    pub(crate) severity_factor: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ControlState {
    Implemented,
    Planned,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommonCause {
    pub(crate) id: String,
    pub(crate) frequency: Distribution,
    pub(crate) hits: Vec<Hit>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hit {
    pub(crate) scenario: String,
    pub(crate) probability: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correlation {
    pub(crate) between: Vec<String>,
    pub(crate) rank: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TreatmentOption {
    pub(crate) id: String,
    pub(crate) kind: OptionKind,
    pub(crate) cost: Option<f64>,
    pub(crate) energy_kwh: Option<f64>,
    #[serde(default)]
    pub(crate) effects: Vec<Effect>,
    pub(crate) policies: Option<Vec<SharedPolicy>>,
}

/// What an option does about a risk (ISO/IEC 27005).
#[derive(Clone, Copy, Debug, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Change it by controls.
    Modify,
    /// Share it by insurance.
    Share,
    /// Bear it.
    Retain,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effect {
    pub(crate) scenario: String,
    pub(crate) frequency_factor: Option<f64>,
    pub(crate) severity_factor: Option<f64>,
    pub(crate) frequency: Option<Distribution>,
    pub(crate) severity: Option<Distribution>,
    pub(crate) fair: Option<Fair>,
    pub(crate) policy: Option<Policy>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Appetite {
    pub(crate) capacity: Option<f64>,
    pub(crate) percentile: Option<f64>,
    pub(crate) payout_threshold: Option<f64>,
    #[serde(default)]
    pub(crate) line: Vec<LinePoint>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinePoint {
    pub(crate) loss: f64,
    pub(crate) probability: f64,
}
