//! Mappings between catalogues.

use serde::Deserialize;

use super::load::shipped;
use super::mark::Mark;

/// A set of mappings from one catalogue to another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingSet {
    /// Stable key; usable as a resource id.
    pub key: String,
    /// Key of the catalogue mapped from.
    pub from: String,
    /// Key of the catalogue mapped to.
    pub to: String,
    /// Title, ours.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Version, from 1; a change of any mapping is a new version.
    pub version: u32,
    /// How sure it is.
    pub mark: Mark,
    /// Where it comes from.
    pub provenance: String,
    /// The mappings.
    #[serde(rename = "mapping")]
    pub mappings: Vec<Mapping>,
}

/// How what some controls ask relates to what others ask.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Ids in the catalogue mapped from, taken together.
    pub from: Vec<String>,
    /// Ids in the catalogue mapped to, each of which the relation holds with.
    pub to: Vec<String>,
    /// How what `from` asks relates to what each of `to` asks.
    pub relation: Relation,
    /// Why, where it is worth saying.
    #[serde(default)]
    pub rationale: Option<String>,
}

/// How what one side asks relates to what the other side asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Both ask the same.
    Equal,
    /// The first asks part of what the second asks.
    Subset,
    /// The first asks all that the second asks, and more.
    Superset,
    /// Each asks something that the other asks, and something that it does not.
    Intersects,
    /// They concern each other, with nothing said about what they ask.
    Related,
}

impl Relation {
    /// The relation seen from the other side.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Subset => Self::Superset,
            Self::Superset => Self::Subset,
            same => same,
        }
    }

    /// Whether fulfilling the first fulfils the second. Over any other relation coverage is partial at most, and over
    /// [`Relation::Related`] it is none.
    #[must_use]
    pub fn fulfils(self) -> bool {
        matches!(self, Self::Equal | Self::Superset)
    }
}

/// All mapping sets that ship as data. The one between the editions of X.1051 is derived: see
/// [`Migration::mappings`](super::Migration::mappings).
#[must_use]
pub fn mapping_sets() -> &'static [MappingSet] {
    &shipped().mapping_sets
}

/// The mapping set with this key.
#[must_use]
pub fn mapping_set(key: &str) -> Option<&'static MappingSet> {
    mapping_sets().iter().find(|set| set.key == key)
}
