//! The ranges of quantities.

use super::Checker;
use crate::model::Model;

/// What a number is, and so how large it may be. None is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// Money.
    Amount,
    /// Events a year.
    Rate,
    /// A probability or a part of a whole.
    Share,
    Hours,
    /// Capability and strength are compared with each other only.
    Strength,
    /// By which a severity is multiplied.
    Factor,
}

impl Range {
    pub(crate) fn most(self) -> f64 {
        match self {
            Self::Amount => Model::MOST_AMOUNT,
            Self::Rate => Model::MOST_RATE,
            Self::Share => 1.0,
            Self::Hours => 1e6,
            Self::Strength => 1e9,
            Self::Factor => 1e3,
        }
    }
}

impl Checker {
    /// A finite number from 0 to the most of its range; nothing after a violation.
    pub(crate) fn number(&mut self, field: &str, value: f64, range: Range) -> Option<f64> {
        let most = range.most();
        if value.is_finite() && (0.0..=most).contains(&value) {
            // -0 becomes 0: it would show in results.
            return Some(value + 0.0);
        }
        self.refuse(field, format!("{value} is outside of 0 to {most}"), "give a finite number in this range");
        None
    }

    /// The same for a number that may be left out.
    pub(crate) fn number_or(&mut self, field: &str, value: Option<f64>, range: Range, otherwise: f64) -> Option<f64> {
        value.map_or(Some(otherwise), |value| self.number(field, value, range))
    }
}
