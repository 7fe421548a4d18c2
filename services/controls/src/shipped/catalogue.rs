//! Catalogues of controls.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::load::shipped;
use super::mark::Mark;

/// The controls of one edition of one document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Stable key, such as `x1051-2023`; usable as a resource id.
    pub key: String,
    /// Key of the edition whose controls these are.
    pub document: String,
    /// Short title, ours.
    pub title: String,
    /// Key of the catalogue whose ids stand in [`Control::origins`]. None where this catalogue continues no other.
    #[serde(default)]
    pub origins_catalogue: Option<String>,
    /// Provenance of every control that states none of its own.
    pub provenance: String,
    /// Themes, clauses, functions or categories, in the order of the document; a parent stands before its children.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// The controls, in the order of the document, extended ones last.
    #[serde(rename = "control")]
    pub controls: Vec<Control>,
}

/// A theme, clause, function or category. Groups order controls and are not decided on themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Id, unique within the catalogue; usable as a resource id.
    pub id: String,
    /// Number or code as printed.
    pub label: String,
    /// Short title.
    pub title: String,
    /// Id of the wider group.
    #[serde(default)]
    pub parent: Option<String>,
    /// What the group is for, in our own words.
    #[serde(default)]
    pub purpose: Option<String>,
}

/// One control.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Id, unique within the catalogue; usable as a resource id. Extended controls keep theirs from edition to edition.
    pub id: String,
    /// Our own stable key where the label moves between editions, such as `TEL-ISOLATED`.
    #[serde(default)]
    pub key: Option<String>,
    /// Number as printed in this edition, such as `5.7` or `TEL.11.1.9`. None where it is not known: it is never invented.
    #[serde(default)]
    pub label: Option<String>,
    /// Short title.
    pub title: String,
    /// Whether the title is our own wording: the document has none that is short, or it is not known here.
    #[serde(default)]
    pub title_is_ours: bool,
    /// Id of its theme, clause or category. None where it is not known.
    #[serde(default)]
    pub group: Option<String>,
    /// Whether it comes from the base standard or from the sector's extension.
    pub layer: Layer,
    /// Whether anything can be decided about it; false for an entry that only introduces others.
    #[serde(default = "yes")]
    pub assessable: bool,
    /// What it is for, in one sentence of our own. None where none was written.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Values by attribute key (see [`attributes`](super::attributes)). Empty where they are not known or there are none.
    #[serde(default)]
    pub attributes: BTreeMap<String, BTreeSet<String>>,
    /// Ids, in [`Catalogue::origins_catalogue`], of the controls that this one continues. Empty: new in this edition.
    #[serde(default)]
    pub origins: Vec<String>,
    /// How sure this row is.
    pub mark: Mark,
    /// Where the row comes from, and what of it is not certain.
    #[serde(default)]
    pub provenance: String,
}

/// Where a control comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The general standard that the document builds on, or the document itself where it builds on none.
    Base,
    /// The document's own extension, for telecommunications or for personal data.
    Extended,
}

impl Catalogue {
    /// The control with this id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The controls of a group and of the groups within it, in the order of the document.
    #[must_use]
    pub fn controls_in(&self, group: &str) -> Vec<&Control> {
        self.controls.iter().filter(|control| self.is_within(control.group.as_deref(), group)).collect()
    }

    /// The controls of a layer, in the order of the document.
    pub fn layer(&self, layer: Layer) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(move |control| control.layer == layer)
    }

    /// The controls that must be shown as provisional.
    pub fn provisional(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(|control| control.mark.is_provisional())
    }

    fn is_within(&self, start: Option<&str>, group: &str) -> bool {
        let mut at = start;
        // A parent is never deeper than there are groups; the bound keeps wrong data from hanging a caller.
        for _ in 0..=self.groups.len() {
            match at {
                Some(id) if id == group => return true,
                Some(id) => at = self.group(id).and_then(|found| found.parent.as_deref()),
                None => return false,
            }
        }
        false
    }

    /// Gives every control a provenance: its own, or that of the catalogue.
    pub(super) fn fill_provenance(&mut self) {
        for control in self.controls.iter_mut().filter(|control| control.provenance.is_empty()) {
            control.provenance.clone_from(&self.provenance);
        }
    }
}

fn yes() -> bool {
    true
}

/// All catalogues.
#[must_use]
pub fn catalogues() -> &'static [Catalogue] {
    &shipped().catalogues
}

/// The catalogue with this key: `x1051-2016`, `x1051-2023`, `x1058-2017` or `nist-csf-2.0`.
#[must_use]
pub fn catalogue(key: &str) -> Option<&'static Catalogue> {
    catalogues().iter().find(|catalogue| catalogue.key == key)
}
