//! What is known of an incident, as expressions see it. What is not known yet is left out, and an expression that hangs on it is undecided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of value a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// true or false.
    Truth,
    /// A number; none has a unit of its own, its name says it.
    Number,
    /// A text.
    Text,
    /// Texts, each once.
    Texts,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// true or false.
    Truth(bool),
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
    /// Texts, each once.
    Texts(BTreeSet<String>),
}

impl Fact {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Truth(_) => Kind::Truth,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Texts(_) => Kind::Texts,
        }
    }
}

/// How likely the rights of persons suffer (GDPR Articles 33 and 34).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalRisk {
    /// A risk is unlikely.
    Unlikely,
    /// There is a risk.
    Risk,
    /// There is a high risk.
    High,
}

/// What an incident does to one service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ServiceImpact {
    /// The kind, for example `mobile_telephony`.
    pub kind: String,
    /// Users hit.
    pub users_affected: Option<f64>,
    /// Users hit, in percent of all national users of the service, 0 to 100.
    pub users_percent: Option<f64>,
    /// How long, in hours.
    pub hours: Option<f64>,
}

/// What is known of an incident.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Facts {
    /// When it was detected.
    pub detected: Option<Timestamp>,
    /// When the operator became aware of what starts the regime's clocks, where that was another instant.
    pub aware: Option<Timestamp>,
    /// When its handling ended.
    pub handled: Option<Timestamp>,
    /// What the operator is, for example `public_electronic_communications_provider`. Always known.
    pub operator_kinds: BTreeSet<String>,
    /// Where it is answerable, for example `EU`, `IT`. Always known.
    pub jurisdictions: BTreeSet<String>,
    /// Personal data was destroyed, lost, altered, disclosed or accessed.
    pub personal_data_breach: Option<bool>,
    /// Whether subscribers or other persons are likely to be adversely affected.
    pub adverse_effect_likely: Option<bool>,
    /// Whether nobody who has the data can read it.
    pub data_unintelligible: Option<bool>,
    /// The risk to persons.
    pub personal_risk: Option<PersonalRisk>,
    /// Severe operational disruption is or can be caused.
    pub severe_disruption: Option<bool>,
    /// Severe financial loss is or can be caused.
    pub severe_financial_loss: Option<bool>,
    /// Others suffer or can suffer considerable damage.
    pub damage_to_others: Option<bool>,
    /// Unlawful or malicious action is suspected.
    pub malicious: Option<bool>,
    /// It reaches, or may reach, other countries.
    pub cross_border: Option<bool>,
    /// Calls to emergency numbers fail.
    pub emergency_calls: Option<bool>,
    /// Users hit, of all services.
    pub users_affected: Option<f64>,
    /// Its length in hours.
    pub hours: Option<f64>,
    /// Users times hours.
    pub user_hours: Option<f64>,
    /// Its E.409 level.
    pub level: Option<String>,
    /// Its RSIT class or type.
    pub class: Option<String>,
    /// The outage thresholds it crosses ([`crate::outage`]).
    pub thresholds: Option<BTreeSet<String>>,
    /// The thresholds of which it is not known whether it crosses them; `thresholds` has those that it does cross.
    pub thresholds_open: BTreeSet<String>,
    /// What it does to each service.
    pub services: Option<Vec<ServiceImpact>>,
    /// What was asked for, and when: `regime/stage`.
    pub requested: BTreeMap<String, Timestamp>,
    /// Facts that the operator's own regimes declare.
    pub own: BTreeMap<String, Fact>,
}

/// The facts of every book, with their kinds; `services` aside.
pub(crate) const KNOWN: [(&str, Kind); 19] = [
    ("operator_kinds", Kind::Texts),
    ("jurisdictions", Kind::Texts),
    ("personal_data_breach", Kind::Truth),
    ("adverse_effect_likely", Kind::Truth),
    ("data_unintelligible", Kind::Truth),
    ("personal_risk", Kind::Text),
    ("severe_disruption", Kind::Truth),
    ("severe_financial_loss", Kind::Truth),
    ("damage_to_others", Kind::Truth),
    ("malicious", Kind::Truth),
    ("cross_border", Kind::Truth),
    ("emergency_calls", Kind::Truth),
    ("users_affected", Kind::Number),
    ("hours", Kind::Number),
    ("user_hours", Kind::Number),
    ("level", Kind::Text),
    ("class", Kind::Text),
    ("thresholds", Kind::Texts),
    ("handled", Kind::Truth),
];

/// The fields of one of `services`.
pub(crate) const SERVICE: [(&str, Kind); 4] =
    [("kind", Kind::Text), ("users_affected", Kind::Number), ("users_percent", Kind::Number), ("hours", Kind::Number)];

impl Facts {
    /// Most services, and most texts of one fact, that an expression looks through.
    pub const MOST_ITEMS: usize = 10_000;

    /// The names expressions know in every book.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(name, _)| *name).chain(["services"])
    }

    /// What clocks run from unless a regime says otherwise: awareness, or else detection.
    #[must_use]
    pub fn awareness(&self) -> Option<Timestamp> {
        self.aware.or(self.detected)
    }

    /// Whether it crosses a threshold; nothing where that is not known.
    pub(crate) fn crosses(&self, threshold: &str) -> Option<bool> {
        let crossed = self.thresholds.as_ref().filter(|crossed| crossed.len() <= Self::MOST_ITEMS)?;
        let so = crossed.contains(threshold);
        (so || !self.thresholds_open.contains(threshold)).then_some(so)
    }

    /// The known facts by name, `services` aside.
    pub(crate) fn named(&self) -> BTreeMap<String, Fact> {
        // What every book knows is told by its own field alone.
        let own = self.own.iter().filter(|(name, _)| KNOWN.iter().all(|(known, _)| known != name));
        let mut named: BTreeMap<String, Fact> = own.map(|(name, fact)| (name.clone(), fact.clone())).collect();
        let truths = [
            ("personal_data_breach", self.personal_data_breach),
            ("adverse_effect_likely", self.adverse_effect_likely),
            ("data_unintelligible", self.data_unintelligible),
            ("severe_disruption", self.severe_disruption),
            ("severe_financial_loss", self.severe_financial_loss),
            ("damage_to_others", self.damage_to_others),
            ("malicious", self.malicious),
            ("cross_border", self.cross_border),
            ("emergency_calls", self.emergency_calls),
            ("handled", Some(self.handled.is_some())),
        ];
        named.extend(truths.into_iter().filter_map(|(name, truth)| Some((name.to_owned(), Fact::Truth(truth?)))));
        let numbers = [("users_affected", self.users_affected), ("hours", self.hours), ("user_hours", self.user_hours)];
        named.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), Fact::Number(number?)))));
        let risk = self.personal_risk.map(|risk| match risk {
            PersonalRisk::Unlikely => "unlikely".to_owned(),
            PersonalRisk::Risk => "risk".to_owned(),
            PersonalRisk::High => "high".to_owned(),
        });
        let texts = [("personal_risk", risk), ("level", self.level.clone()), ("class", self.class.clone())];
        named.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Fact::Text(text?)))));
        let lists = [
            ("operator_kinds", Some(self.operator_kinds.clone())),
            ("jurisdictions", Some(self.jurisdictions.clone())),
            ("thresholds", self.thresholds.clone()),
        ];
        named.extend(lists.into_iter().filter_map(|(name, list)| Some((name.to_owned(), Fact::Texts(list?)))));
        named
    }
}
