//! Regimes as dated data: read, checked, kept.

mod check;

use datafile::Violations;
use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use crate::{calendar::Calendar, expression::Expression, fact::Kind, outage::Threshold, term::Term};

/// A checked book: calendars, regimes and thresholds that fit each other.
#[derive(Clone, Debug)]
pub struct Book {
    pub(crate) edition: String,
    pub(crate) facts: BTreeMap<String, Kind>,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) regimes: Vec<Regime>,
}

/// One law's demands, as long as it is in force.
#[derive(Clone, Debug)]
pub struct Regime {
    /// What it is called by, for example `eu-611-2013`; once for each span of validity.
    pub id: String,
    /// A short title.
    pub title: String,
    /// Where it holds.
    pub jurisdiction: String,
    /// The first day it holds, if it is known.
    pub valid_from: Option<Date>,
    /// The last day it holds, if there is one.
    pub valid_to: Option<Date>,
    /// What came in its place.
    pub superseded_by: Option<String>,
    /// Where its facts come from.
    pub provenance: String,
    /// What of it is uncertain; empty if nothing is.
    pub provisional: Vec<String>,
    /// The index of its calendar.
    pub(crate) calendar: usize,
    /// Whether it concerns the operator at all.
    pub applies_if: Expression,
    /// Whether an incident is one it asks about.
    pub trigger: Expression,
    /// What it asks for, in order.
    pub stages: Vec<Stage>,
}

/// One thing a regime asks for.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What it is called by within its regime.
    pub id: String,
    /// A short title.
    pub title: String,
    /// Who is to be told.
    pub recipient: String,
    /// Whether it is asked for; always, unless given.
    pub when: Option<Expression>,
    /// What its clock runs from: the first that is applicable.
    pub starts: Vec<Start>,
    /// The term; none where the law says "without undue delay" only.
    pub term: Option<Term>,
    /// What must be told.
    pub fields: Vec<Field>,
}

/// What a clock may run from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The event.
    pub from: Event,
    /// Applicable only once that stage of the regime was sent.
    pub after_sent: Option<String>,
}

/// The events clocks run from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The incident was detected.
    Detected,
    /// The operator became aware; detection, where nothing else is known.
    Aware,
    /// Its handling ended.
    Handled,
    /// It was asked for.
    Requested,
    /// That stage of the regime was sent.
    Sent(String),
}

/// Something a stage must tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the payload.
    pub key: String,
    /// A short title.
    pub title: String,
    /// Where the incident has it; nothing if it is written by hand.
    pub path: Option<String>,
    /// Whether nothing may be sent without it.
    pub required: bool,
}

/// The regimes that ship.
const SHIPPED: &str = include_str!("../data/regimes.yaml");

impl Book {
    /// Most bytes of a file.
    pub const MOST_BYTES: usize = 4 << 20;
    /// Most regimes, calendars and thresholds, each.
    pub const MOST_ENTRIES: usize = 1_000;
    /// Most stages of a regime, and fields of a stage.
    pub const MOST_PARTS: usize = 200;

    /// Reads and checks a book.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with field, limit and remedy. What cannot be read as the form at all is one violation with its
    /// line and column.
    pub fn from_yaml(text: &str) -> Result<Self, Violations> {
        check::book(&datafile::read(text, Self::MOST_BYTES, "docs/clocks.md")?)
    }

    /// The regimes that ship with the program.
    ///
    /// # Errors
    ///
    /// None that a build with green tests has.
    pub fn shipped() -> Result<Self, Violations> {
        Self::from_yaml(SHIPPED)
    }

    /// This book, and another in whose place its entries step where they are named alike: an operator's own over those shipped.
    ///
    /// A regime of the other book is one of its own calendars'; facts are of both.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        let offset = self.calendars.len();
        self.regimes.retain(|regime| !other.regimes.iter().any(|own| own.id == regime.id));
        self.thresholds.retain(|threshold| !other.thresholds.iter().any(|own| own.id == threshold.id));
        self.regimes.extend(other.regimes.into_iter().map(|mut regime| {
            regime.calendar += offset;
            regime
        }));
        self.calendars.extend(other.calendars);
        self.thresholds.extend(other.thresholds);
        self.facts.extend(other.facts);
        self.edition = format!("{} + {}", self.edition, other.edition);
        self
    }

    /// Which edition it is.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// All regimes, in force or not.
    #[must_use]
    pub fn regimes(&self) -> &[Regime] {
        &self.regimes
    }

    /// One regime by its id, on a day it holds; the last one of that name, where no day is given.
    #[must_use]
    pub fn regime(&self, id: &str, on: Option<Date>) -> Option<&Regime> {
        self.regimes.iter().rev().find(|regime| regime.id == id && on.is_none_or(|day| regime.in_force(day)))
    }

    /// The outage thresholds.
    #[must_use]
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// The calendar of a regime.
    #[must_use]
    pub fn calendar_of(&self, regime: &Regime) -> Option<&Calendar> {
        self.calendars.get(regime.calendar)
    }

    /// A calendar by its id.
    #[must_use]
    pub fn calendar(&self, id: &str) -> Option<&Calendar> {
        self.calendars.iter().rev().find(|calendar| calendar.id() == id)
    }

    /// The facts its regimes declare, beside those every book knows.
    #[must_use]
    pub fn facts(&self) -> &BTreeMap<String, Kind> {
        &self.facts
    }

    pub(crate) fn day_of(&self, regime: &Regime, at: Timestamp) -> Option<Date> {
        self.calendar_of(regime).map(|calendar| calendar.day_of(at))
    }
}

impl Regime {
    /// Whether it holds on a day.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// One of its stages.
    #[must_use]
    pub fn stage(&self, id: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }
}

impl Stage {
    /// The required fields a payload does not have; nothing may be sent while there are any.
    pub fn missing<'a>(&'a self, has: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.required && !has(&field.key))
    }
}
