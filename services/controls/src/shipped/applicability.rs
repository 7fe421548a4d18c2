//! Rules that suggest, from what is known about an estate, which controls apply.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::load::shipped;
use super::mark::Mark;

/// Something that can be known about an estate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Stable key, such as `site-type`.
    pub key: String,
    /// Title.
    pub title: String,
    /// What its values are.
    pub description: String,
}

/// A rule: when the fact has one of the values, the controls are suggested as applicable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable key.
    pub key: String,
    /// Key of the fact it looks at.
    pub fact: String,
    /// Values of which one is enough. Empty: any value is.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// The condition in words, to follow "because" or "when".
    pub condition: String,
    /// Ids of the controls, the same in every edition of X.1051.
    pub controls: Vec<String>,
    /// Why the controls apply then, as a sentence to put into the justification.
    pub reason: String,
    /// How sure it is.
    pub mark: Mark,
    /// Where it comes from.
    pub provenance: String,
}

/// Values by key of fact.
pub type Facts = BTreeMap<String, BTreeSet<String>>;

/// A control that is suggested as applicable, and the rules that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Id of the control.
    pub control: String,
    /// The rules that fired, in the order in which they ship; at least one.
    pub rules: Vec<&'static Rule>,
}

impl Rule {
    /// Whether the rule fires on these facts.
    #[must_use]
    pub fn fires(&self, facts: &Facts) -> bool {
        facts.get(&self.fact).is_some_and(|values| {
            if self.any_of.is_empty() {
                !values.is_empty()
            } else {
                self.any_of.iter().any(|value| values.contains(value))
            }
        })
    }
}

/// The controls that these facts make applicable, by id. A control that is not named is not thereby inapplicable: the rules
/// know telecommunication controls only, and somebody decides.
#[must_use]
pub fn suggestions(facts: &Facts) -> Vec<Suggestion> {
    let mut found: BTreeMap<&str, Vec<&'static Rule>> = BTreeMap::new();
    for rule in rules().iter().filter(|rule| rule.fires(facts)) {
        for control in &rule.controls {
            found.entry(control).or_default().push(rule);
        }
    }
    found.into_iter().map(|(control, rules)| Suggestion { control: control.to_owned(), rules }).collect()
}

/// All facts that rules look at.
#[must_use]
pub fn facts() -> &'static [Fact] {
    &shipped().facts
}

/// All rules.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &shipped().rules
}
