//! What belongs together and what caused what, as data people read and change.

use std::collections::BTreeSet;

use datafile::Violations;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::topology::Topology;

/// A length of time in whole seconds, written `90 seconds`, `15 minutes`, `24 hours`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Within(pub(crate) i64);

impl Within {
    /// So many seconds.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self(i64::from(seconds))
    }

    /// As a duration.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.0)
    }
}

impl TryFrom<String> for Within {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refused = || {
            format!(
                "{:?} is no length; write it as 90 seconds, 15 minutes or 24 hours, at most 31 days",
                text.chars().take(40).collect::<String>()
            )
        };
        let (amount, unit) = text.trim().split_once(' ').ok_or_else(refused)?;
        let amount: u32 = amount.parse().map_err(|_| refused())?;
        let unit = match unit.trim() {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => 3_600,
            "day" | "days" => 86_400,
            _ => return Err(refused()),
        };
        let seconds = i64::from(amount) * unit;
        if (1..=31 * 86_400).contains(&seconds) { Ok(Self(seconds)) } else { Err(refused()) }
    }
}

impl From<Within> for String {
    fn from(within: Within) -> Self {
        let seconds = within.0;
        let (amount, unit) = match seconds {
            _ if seconds % 86_400 == 0 => (seconds / 86_400, "days"),
            _ if seconds % 3_600 == 0 => (seconds / 3_600, "hours"),
            _ if seconds % 60 == 0 => (seconds / 60, "minutes"),
            _ => (seconds, "seconds"),
        };
        format!("{amount} {unit}")
    }
}

/// A book of rules.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Which edition.
    pub edition: String,
    /// How long the same source may send the same id again without it being a new alarm.
    pub duplicates: Within,
    /// How long after its last alarm a device's alarm of the same kind still belongs to the same case.
    pub repeats: Within,
    /// How much later than its effect a cause may be told: senders are slow, and clocks differ.
    pub late: Within,
    /// What caused what.
    #[serde(default)]
    pub causes: Vec<CauseRule>,
    /// What belongs together, without saying what caused it.
    #[serde(default)]
    pub together: Vec<TogetherRule>,
}

/// Alarms of some kinds make alarms of others, on the same device or near it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CauseRule {
    /// What it is called by.
    pub id: String,
    /// Kinds that are the cause.
    pub cause: BTreeSet<String>,
    /// Kinds that are the effect.
    pub effect: BTreeSet<String>,
    /// How far apart, in links; 0 is the same device.
    pub hops: u8,
    /// How long after the cause's last alarm.
    pub within: Within,
    /// How sure, above 0 and up to 1: of several causes the surest is the one.
    #[serde(default = "sure")]
    pub confidence: f64,
    /// Whether it is used.
    #[serde(default = "used")]
    pub enabled: bool,
    /// What history it was learnt from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learnt: Option<Learnt>,
}

/// What a learnt rule rests on.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Learnt {
    /// Effects that came after a cause in reach.
    pub seen: u64,
    /// How many would have by chance.
    pub expected: f64,
    /// Effects in all.
    pub of: u64,
}

/// Alarms that have something in common belong together.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TogetherRule {
    /// What it is called by.
    pub id: String,
    /// What they have in common; all of it.
    #[serde(default)]
    pub same: BTreeSet<Common>,
    /// How far apart their devices may be, in links; not at all, if it is left out and `same` says enough.
    pub hops: Option<u8>,
    /// The kinds it is about; all of them, if empty.
    #[serde(default)]
    pub kinds: BTreeSet<String>,
    /// How long after the last alarm of the case's.
    pub within: Within,
    /// Whether it is used.
    #[serde(default = "used")]
    pub enabled: bool,
}

/// What alarms may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Common {
    /// The device.
    Device,
    /// The site the device stands at; a device whose site is not known has none in common.
    Site,
    /// The probable cause the sender names; an empty one is not in common.
    Cause,
    /// The kind.
    Kind,
    /// The source.
    Source,
}

fn sure() -> f64 {
    1.0
}

fn used() -> bool {
    true
}

/// The rules that ship: duplicates, repeats, one site, one device. What caused what is the operator's to say, or to learn.
const SHIPPED: &str = include_str!("../data/rules.yaml");

impl Rules {
    /// Most bytes of a file.
    pub const MOST_BYTES: usize = 4 << 20;
    /// Most rules of each sort.
    pub const MOST_RULES: usize = 10_000;

    /// Reads and checks rules.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, with field, problem and remedy.
    pub fn from_yaml(text: &str) -> Result<Self, Violations> {
        let rules: Self = datafile::read(text, Self::MOST_BYTES, "docs/correlation.md")?;
        rules.check()?;
        Ok(rules)
    }

    /// The rules that ship with the program.
    ///
    /// # Errors
    ///
    /// None that a build with green tests has.
    pub fn shipped() -> Result<Self, Violations> {
        Self::from_yaml(SHIPPED)
    }

    /// Whether rules that were changed still hold together.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        let mut seen = BTreeSet::new();
        for (field, count) in [("causes", self.causes.len()), ("together", self.together.len())] {
            if count > Self::MOST_RULES {
                violations.refuse(
                    field,
                    format!("{count} rules, where {} are allowed", Self::MOST_RULES),
                    "join rules of the same reach",
                );
            }
        }
        for (at, rule) in self.causes.iter().enumerate().take(Self::MOST_RULES) {
            let place = format!("causes[{at}]");
            named(&mut violations, &place, &rule.id, &mut seen);
            reach(&mut violations, &place, rule.hops);
            if rule.cause.is_empty() || rule.effect.is_empty() {
                violations.refuse(&place, "names no cause or no effect", "name at least one kind of each");
            }
            if let Some(both) = rule.cause.intersection(&rule.effect).next() {
                let problem = format!("{both:?} is cause and effect");
                violations.refuse(&place, problem, "name it on one side; alarms of one kind repeat without a rule");
            }
            if !(rule.confidence > 0.0 && rule.confidence <= 1.0) {
                violations.refuse(
                    &format!("{place}.confidence"),
                    "is not above 0 and up to 1",
                    "give a share, as in 0.8",
                );
            }
        }
        for (at, rule) in self.together.iter().enumerate().take(Self::MOST_RULES) {
            let place = format!("together[{at}]");
            named(&mut violations, &place, &rule.id, &mut seen);
            reach(&mut violations, &place, rule.hops.unwrap_or_default());
            if rule.same.is_empty() && rule.hops.is_none() {
                violations.refuse(
                    &place,
                    "has nothing in common, so everything would be one case",
                    "give same, or hops",
                );
            }
        }
        if violations.list().is_empty() { Ok(()) } else { Err(violations) }
    }
}

fn named<'a>(violations: &mut Violations, place: &str, id: &'a str, seen: &mut BTreeSet<&'a str>) {
    let field = format!("{place}.id");
    if id.trim().is_empty() || id.chars().count() > 100 || id.chars().any(char::is_control) {
        violations.refuse(&field, "is not an id", "give 1 to 100 visible characters");
    } else if !seen.insert(id) {
        violations.refuse(
            &field,
            format!("{id:?} is there twice"),
            "give each rule an id of its own: decisions name it",
        );
    }
}

fn reach(violations: &mut Violations, place: &str, hops: u8) {
    if hops > Topology::MOST_HOPS {
        let problem = format!("{hops} links, where at most {} are looked at", Topology::MOST_HOPS);
        violations.refuse(&format!("{place}.hops"), problem, "reach less far, and let causes chain");
    }
}
