//! The form of a book as it is written: what can be read at all. What it means is judged in `book`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{calendar::CalendarForm, fact::Kind, term::Term};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) edition: String,
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, Kind>,
    #[serde(default)]
    pub(crate) calendars: Vec<CalendarForm>,
    #[serde(default)]
    pub(crate) thresholds: Vec<ThresholdForm>,
    #[serde(default)]
    pub(crate) regimes: Vec<RegimeForm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThresholdForm {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) provenance: String,
    #[serde(default)]
    pub(crate) provisional: Vec<String>,
    pub(crate) any: Vec<RungForm>,
}

/// All that is given must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RungForm {
    pub(crate) longer_than: Option<String>,
    pub(crate) at_least: Option<String>,
    pub(crate) users_percent_above: Option<f64>,
    pub(crate) users_at_least: Option<f64>,
    pub(crate) user_hours_above: Option<f64>,
    pub(crate) user_minutes_at_least: Option<f64>,
    pub(crate) emergency_calls: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegimeForm {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) jurisdiction: String,
    pub(crate) valid_from: Option<Date>,
    pub(crate) valid_to: Option<Date>,
    pub(crate) superseded_by: Option<String>,
    pub(crate) provenance: String,
    #[serde(default)]
    pub(crate) provisional: Vec<String>,
    pub(crate) calendar: String,
    pub(crate) applies_if: String,
    pub(crate) trigger: String,
    pub(crate) stages: Vec<StageForm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageForm {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) recipient: String,
    pub(crate) when: Option<String>,
    pub(crate) starts: Vec<StartForm>,
    pub(crate) term: Option<Term>,
    #[serde(default)]
    pub(crate) fields: Vec<FieldForm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartForm {
    pub(crate) from: String,
    pub(crate) after_sent: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldForm {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) path: Option<String>,
    #[serde(default = "yes")]
    pub(crate) required: bool,
}

fn yes() -> bool {
    true
}
