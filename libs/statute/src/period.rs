//! How long: an amount of one unit, written as people say it (`72 hours`, `1 month`, `7 working days`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Elapsed time; holidays and clock changes do not stop it.
    Minutes,
    /// Elapsed time; holidays and clock changes do not stop it.
    Hours,
    /// Days of the calendar, in its time zone.
    Days,
    /// Days that are neither weekend nor holiday.
    WorkingDays,
    /// The same weekday, so many weeks on.
    Weeks,
    /// The same date of a later month, or that month's last day where it has no such date.
    Months,
    /// The same date of a later year, or its 28 February where it has no such date.
    Years,
}

impl Unit {
    /// Whether it is elapsed time, which no calendar changes (Regulation 1182/71 Article 3(2)(a)).
    #[must_use]
    pub fn elapses(self) -> bool {
        matches!(self, Self::Minutes | Self::Hours)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Minutes => ("minute", "minutes"),
            Self::Hours => ("hour", "hours"),
            Self::Days => ("day", "days"),
            Self::WorkingDays => ("working day", "working days"),
            Self::Weeks => ("week", "weeks"),
            Self::Months => ("month", "months"),
            Self::Years => ("year", "years"),
        }
    }
}

/// A length of time as a law states it: 1 to [`Period::MOST`] of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    amount: u32,
    unit: Unit,
}

impl Period {
    /// Most of a unit.
    pub const MOST: u32 = 100_000;
    const UNITS: [Unit; 7] =
        [Unit::Minutes, Unit::Hours, Unit::Days, Unit::WorkingDays, Unit::Weeks, Unit::Months, Unit::Years];

    /// So many of a unit; nothing unless 1 to [`Period::MOST`].
    #[must_use]
    pub fn new(amount: u32, unit: Unit) -> Option<Self> {
        (1..=Self::MOST).contains(&amount).then_some(Self { amount, unit })
    }

    /// How many.
    #[must_use]
    pub fn amount(self) -> u32 {
        self.amount
    }

    /// Of what.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.unit
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, many) = self.unit.words();
        write!(f, "{} {}", self.amount, if self.amount == 1 { one } else { many })
    }
}

/// What is written is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no period; write 1 to {most} minutes, hours, days, working days, weeks, months or years, as in \"72 hours\"", most = Period::MOST)]
pub struct NoPeriod(String);

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let refused = || NoPeriod(text.chars().take(60).collect());
        let (amount, unit) = text.trim().split_once(' ').ok_or_else(refused)?;
        let amount: u32 = amount.parse().map_err(|_| refused())?;
        let said = unit.trim();
        let unit = Self::UNITS.into_iter().find(|unit| {
            let (one, many) = unit.words();
            said == one || said == many
        });
        unit.and_then(|unit| Self::new(amount, unit)).ok_or_else(refused)
    }
}

impl TryFrom<String> for Period {
    type Error = NoPeriod;

    fn try_from(text: String) -> Result<Self, NoPeriod> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}
