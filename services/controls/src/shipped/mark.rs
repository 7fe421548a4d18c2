//! How sure a shipped row is.

use serde::Deserialize;

/// How sure a shipped row is. The provenance beside it says why, and of which part of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Found in a public source.
    Found,
    /// Recalled and believed right, with no source that could be opened. To be relied on for what it does, less for its wording.
    Recalled,
    /// Inferred, recalled with little confidence, or our own choice where the document is silent or unknown. To be checked
    /// against the text, and changeable.
    Provisional,
}

impl Mark {
    /// Whether the row must be shown as provisional.
    #[must_use]
    pub fn is_provisional(self) -> bool {
        self == Self::Provisional
    }
}
