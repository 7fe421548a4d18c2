//! What criteria make of a risk: pure calculations over values, each step of which is told.
//!
//! Three kinds, one shape: two axes, a score, a level. A cell of the two axes always has one level, so that heat maps of all kinds are the same.
//! Levels and positions are ranks. They are compared and counted, and shifted along their scale, never added to each other; what ADDITIVE calls a
//! sum is a position on a scale of its own, as its document defines it.

mod additive;
mod annual;
mod matrix;
mod product;
mod steps;

use wire::risk::v1::RiskCriteria;
use wire::risk::v1::risk::{Consequences, Score, Step};
use wire::risk::v1::risk_method::Kind;

pub use additive::{additive, value_position};
pub use annual::{annual_loss, return_on_investment, single_loss};
pub use matrix::{Unsound, level_of, sound};
pub use product::{product, residual_product};
pub use steps::floored;

use steps::Told;

/// What is not known: something that a score needs is not set.
pub const UNKNOWN: i32 = -1;

/// What a control lowers, as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reduction {
    /// The control implementation.
    pub origin: String,
    /// By how many positions it lowers likelihood, and consequence.
    pub steps: (i32, i32),
    /// How that comes about.
    pub note: String,
}

/// What a treatment aims at, on the two axes; 0 where it does not lower that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The treatment.
    pub origin: String,
    /// What is left of likelihood.
    pub likelihood: i32,
    /// What is left of consequence.
    pub consequence: i32,
}

/// What is known of a risk.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The position of likelihood, from 1; 0 is not set.
    pub likelihood: i32,
    /// The position of ease of exploitation, from 1; 0 is not set.
    pub ease: i32,
    /// The positions of consequence, from 1; 0 is not set.
    pub consequences: Consequences,
    /// The value of the asset, as the registry tells it; 0 or less is not known.
    pub asset_value: f64,
}

/// The consequences by their names, in the order of the proto.
#[must_use]
pub fn dimensions(of: &Consequences) -> [(&'static str, i32); 9] {
    [
        ("confidentiality", of.confidentiality),
        ("integrity", of.integrity),
        ("availability", of.availability),
        ("finance", of.finance),
        ("service", of.service),
        ("users", of.users),
        ("legal", of.legal),
        ("safety", of.safety),
        ("reputation", of.reputation),
    ]
}

/// What is missing before criteria can score a risk, by the names of fields; empty where nothing is.
#[must_use]
pub fn missing(kind: Kind, inputs: &Inputs) -> Vec<&'static str> {
    let worst = |names: &[&str]| {
        let named =
            dimensions(&inputs.consequences).into_iter().filter(|(name, _)| names.is_empty() || names.contains(name));
        named.map(|(_, position)| position).max().unwrap_or_default()
    };
    let (consequence, field) = match kind {
        Kind::Additive => (inputs.asset_value > 0.0, "the value of the asset"),
        Kind::Product => (
            worst(&["confidentiality", "integrity", "availability"]) > 0,
            "consequences of confidentiality, integrity or availability",
        ),
        _ => (worst(&[]) > 0, "consequences"),
    };
    let needs_ease = matches!(kind, Kind::Additive | Kind::Product);
    [("likelihood", inputs.likelihood > 0), ("ease", !needs_ease || inputs.ease > 0), (field, consequence)]
        .into_iter()
        .filter_map(|(field, set)| (!set).then_some(field))
        .collect()
}

/// The three scores of a risk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// As if nothing were done.
    pub inherent: Score,
    /// Lowered by what controls do.
    pub current: Score,
    /// Lowered further to what treatments aim at.
    pub residual: Score,
}

/// Scores a risk. Each score goes on from the one before, and tells only its own steps.
#[must_use]
pub fn scores(criteria: &RiskCriteria, inputs: &Inputs, reductions: &[Reduction], targets: &[Target]) -> Scores {
    let missing = missing(criteria.kind(), inputs);
    if !missing.is_empty() {
        let unknown = unknown(&missing);
        return Scores { inherent: unknown.clone(), current: unknown.clone(), residual: unknown };
    }
    let mut told = Told::default();
    let at = match criteria.kind() {
        Kind::Additive => additive::inherent(criteria, inputs, &mut told),
        Kind::Product => product::inherent(inputs, &mut told),
        _ => matrix::inherent(inputs, &mut told),
    };
    let inherent = finished(criteria, at, told);
    let mut told = Told::default();
    let least = i32::from(criteria.kind() == Kind::Matrix);
    let at = match criteria.kind() {
        _ if reductions.is_empty() => at,
        Kind::Product => product::lowered(inputs, at, reductions, &mut told),
        _ => told.both_lowered(at, least, reductions),
    };
    let current = if reductions.is_empty() {
        same(&inherent, "inherent", "no control lowers it")
    } else {
        finished(criteria, at, told)
    };
    let mut told = Told::default();
    let aimed = if targets.is_empty() { at } else { told.both_aimed(at, least, targets) };
    let residual = if aimed == at {
        same(&current, "current", "no treatment aims at less")
    } else {
        finished(criteria, aimed, told)
    };
    Scores { inherent, current, residual }
}

/// A score that is not known, since something is not set.
fn unknown(missing: &[&str]) -> Score {
    let not_set = |field: &&str| Step {
        what: (*field).to_owned(),
        value: UNKNOWN,
        note: "not set".to_owned(),
        ..Step::default()
    };
    Score {
        likelihood: UNKNOWN,
        consequence: UNKNOWN,
        score: UNKNOWN,
        level: UNKNOWN,
        steps: missing.iter().map(not_set).collect(),
        ..Score::default()
    }
}

/// A score that is that of the view before.
fn same(before: &Score, view: &str, note: &str) -> Score {
    let mut told = Told::default();
    told.add("level", before.level, view, note);
    Score { steps: told.steps, level_label: before.level_label.clone(), ..*before }
}

/// The score and the level of two positions.
fn finished(criteria: &RiskCriteria, (likelihood, consequence): (i32, i32), mut told: Told) -> Score {
    let score = match criteria.kind() {
        Kind::Additive => additive(consequence, likelihood, 0),
        Kind::Product => likelihood.saturating_mul(consequence),
        _ => level_of(&criteria.matrix_rows, likelihood, consequence).unwrap_or(UNKNOWN),
    };
    let level = match criteria.kind() {
        Kind::Additive => {
            told.add("score", score, "likelihood and consequence", "their rank");
            banded(criteria, score)
        }
        Kind::Product => {
            told.add("score", score, "likelihood and consequence", "their product");
            banded(criteria, score)
        }
        _ => score,
    };
    let at = usize::try_from(level).ok().and_then(|level| criteria.levels.get(level));
    let level_label = at.map(|level| level.label.clone()).unwrap_or_default();
    told.add("level", level, &criteria.name, "");
    Score { likelihood, consequence, score, level, level_label, steps: told.steps }
}

/// The level of a cell of the two axes.
#[must_use]
pub fn level_at(criteria: &RiskCriteria, likelihood: i32, consequence: i32) -> i32 {
    match criteria.kind() {
        Kind::Additive => banded(criteria, likelihood.saturating_add(consequence)),
        Kind::Product => banded(criteria, likelihood.saturating_mul(consequence)),
        _ => level_of(&criteria.matrix_rows, likelihood, consequence).unwrap_or(UNKNOWN),
    }
}

/// The level of a score by the lowest scores of the levels.
#[must_use]
pub fn banded(criteria: &RiskCriteria, score: i32) -> i32 {
    let reached = criteria.levels.iter().zip(0..).filter(|(level, _)| level.lowest_score <= score);
    reached.map(|(_, at)| at).last().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests;
