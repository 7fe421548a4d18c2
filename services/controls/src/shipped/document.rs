//! The registry of documents and their editions.

use serde::Deserialize;

use super::load::shipped;
use super::mark::Mark;

/// One edition of one document. What rests on a document names an edition, never the number alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Stable key of this edition, such as `itu-x1051-2023`; usable as a resource id.
    pub key: String,
    /// Number as printed, such as `ITU-T X.1051`; the same for every edition.
    pub designation: String,
    /// Title of this edition.
    pub title: String,
    /// Whether the title is our own description because the printed one is not known here.
    #[serde(default)]
    pub title_is_ours: bool,
    /// Edition as printed: month and year (`06/2023`), year or version. None where it is not known.
    #[serde(default)]
    pub edition: Option<String>,
    /// Day of publication, `YYYY-MM-DD`. None where it is not known.
    #[serde(default)]
    pub published: Option<String>,
    /// Standing of this edition.
    pub status: Status,
    /// Keys of the editions that this one replaced.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Key of the edition that replaced this one.
    #[serde(default)]
    pub superseded_by: Option<String>,
    /// Keys of the same text, or the text it is made from, as published by another body.
    #[serde(default)]
    pub twins: Vec<String>,
    /// Designation of the document that this one supplements, in whichever edition.
    #[serde(default)]
    pub supplements: Option<String>,
    /// A remark of ours.
    #[serde(default)]
    pub note: Option<String>,
    /// How sure this row is.
    pub mark: Mark,
    /// Where the row comes from, and what of it is not certain.
    pub provenance: String,
}

impl Document {
    /// Whether work that rests on this edition should be moved: it is withdrawn, or another edition has replaced it.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        matches!(self.status, Status::Superseded | Status::Withdrawn) || self.superseded_by.is_some()
    }

    /// The edition at the end of the chain of replacements; this one, where none replaced it.
    #[must_use]
    pub fn latest(&self) -> &Self {
        let mut at = self;
        // Bounded, so that a circle in the data (which a test refuses) could not hang a caller.
        for _ in 0..documents().len() {
            match at.superseded_by.as_deref().and_then(document) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
}

/// Standing of an edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Published and current.
    InForce,
    /// Replaced by a later edition, with no word of withdrawal.
    Superseded,
    /// Withdrawn by its publisher.
    Withdrawn,
    /// Not yet published.
    Draft,
    /// Not known here.
    Unknown,
}

/// All documents, in the order of the registry: by number, then by edition.
#[must_use]
pub fn documents() -> &'static [Document] {
    &shipped().documents
}

/// The edition with this key.
#[must_use]
pub fn document(key: &str) -> Option<&'static Document> {
    documents().iter().find(|document| document.key == key)
}
