//! Other ways to group and to rank the controls of one catalogue.

use serde::Deserialize;

use super::load::shipped;
use super::mark::Mark;

/// A way to group or rank the controls of one catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
    /// Stable key, such as `suppl34-families`; usable as a resource id.
    pub key: String,
    /// Title, ours.
    pub title: String,
    /// Key of the edition whose idea the grouping is.
    pub document: String,
    /// Key of the catalogue whose controls it groups.
    pub catalogue: String,
    /// What kind of grouping it is, and so how its parts are to be read.
    pub kind: Kind,
    /// How sure it is.
    pub mark: Mark,
    /// Where it comes from, and what of it is our own choice.
    pub provenance: String,
    /// Controls that are knowingly in no part.
    #[serde(default)]
    pub unplaced: Vec<String>,
    /// The parts, in order.
    #[serde(rename = "group")]
    pub parts: Vec<Part>,
}

/// One part of a grouping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Key, unique within the grouping.
    pub key: String,
    /// Title.
    pub title: String,
    /// Rank, from 1, where the grouping is ordered.
    #[serde(default)]
    pub order: Option<u32>,
    /// A coarser rank, such as `basic`, where the grouping has one.
    #[serde(default)]
    pub tier: Option<String>,
    /// Keys of the parts that should be done before.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// Key of the document that goes into detail.
    #[serde(default)]
    pub detailed_in: Option<String>,
    /// What the part is for, in our own words.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Ids of its controls. In a baseline: those that this level adds.
    pub controls: Vec<String>,
}

/// What kind of grouping it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A partition: every control is in exactly one part, or among the unplaced.
    Families,
    /// Actions in order of priority; the controls named are helped by the action and not fulfilled by it.
    Priorities,
    /// A ladder of levels, each containing the ones before.
    Baseline,
    /// Management areas whose processes fulfil the controls; every control is in exactly one, or among the unplaced.
    Processes,
    /// A mark on some controls.
    Marking,
}

impl Grouping {
    /// The part with this key.
    #[must_use]
    pub fn part(&self, key: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.key == key)
    }

    /// The parts that a control is in, in order.
    pub fn parts_of<'a>(&'a self, control: &'a str) -> impl Iterator<Item = &'a Part> {
        self.parts.iter().filter(move |part| part.controls.iter().any(|id| id == control))
    }

    /// Ids of the controls of a part and of every part before it: what a level of a baseline asks in all. None where there is
    /// no such part.
    #[must_use]
    pub fn up_to(&self, key: &str) -> Option<Vec<&str>> {
        let last = self.parts.iter().position(|part| part.key == key)?;
        Some(self.parts.iter().take(last + 1).flat_map(|part| part.controls.iter().map(String::as_str)).collect())
    }
}

/// A size of operator, and the level of a baseline that it starts with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeClass {
    /// Key: `micro`, `small`, `medium` or `large`.
    pub key: String,
    /// Title.
    pub title: String,
    /// The class is for headcounts below this. None: without upper bound.
    #[serde(default)]
    pub below_headcount: Option<u32>,
    /// Key of the grouping, a baseline.
    pub grouping: String,
    /// Key of the part to start with.
    pub level: String,
    /// How sure it is.
    pub mark: Mark,
    /// Where it comes from.
    pub provenance: String,
}

/// All groupings.
#[must_use]
pub fn groupings() -> &'static [Grouping] {
    &shipped().groupings
}

/// The grouping with this key.
#[must_use]
pub fn grouping(key: &str) -> Option<&'static Grouping> {
    groupings().iter().find(|grouping| grouping.key == key)
}

/// The size classes, smallest first.
#[must_use]
pub fn size_classes() -> &'static [SizeClass] {
    &shipped().size_classes
}

/// The size class of an operator with this many people.
#[must_use]
pub fn size_class(headcount: u32) -> Option<&'static SizeClass> {
    size_classes().iter().find(|class| class.below_headcount.is_none_or(|bound| headcount < bound))
}
