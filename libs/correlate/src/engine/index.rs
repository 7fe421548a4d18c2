//! The cause rules by what they ask for.

use std::collections::HashMap;

use crate::rules::Rules;

type Sides = HashMap<String, HashMap<String, Vec<usize>>>;

/// Cause rules, by effect and by cause.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    by_effect: Sides,
    by_cause: Sides,
    /// Most links a rule reaches.
    pub(super) furthest: u8,
    /// Longest window of a cause rule, in seconds.
    pub(super) longest: i64,
}

impl Index {
    pub(super) fn new(rules: &Rules) -> Self {
        let mut index = Self::default();
        for (at, rule) in rules.causes.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            index.furthest = index.furthest.max(rule.hops);
            index.longest = index.longest.max(rule.within.0);
            for cause in &rule.cause {
                for effect in &rule.effect {
                    index.by_effect.entry(effect.clone()).or_default().entry(cause.clone()).or_default().push(at);
                    index.by_cause.entry(cause.clone()).or_default().entry(effect.clone()).or_default().push(at);
                }
            }
        }
        index
    }

    /// The kinds that cause one, with the rules that say so.
    pub(super) fn causes_of(&self, effect: &str) -> Option<&HashMap<String, Vec<usize>>> {
        self.by_effect.get(effect)
    }

    /// The kinds that one causes.
    pub(super) fn effects_of(&self, cause: &str) -> Option<&HashMap<String, Vec<usize>>> {
        self.by_cause.get(cause)
    }
}
