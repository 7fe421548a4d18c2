//! Rows laid over the documents they were made of, and documents made of rows alone. Pure.
//!
//! What was not changed here comes out as it came in. What was changed since (a title, a text, an attribute), added or deleted shows.

pub(crate) mod catalogue;
pub(crate) mod mapping;
pub(crate) mod profile;

use jiff::Timestamp;
use serde_json::{Value, json};

/// When something last changed, as OSCAL writes it.
pub(super) fn changed(times: impl Iterator<Item = Option<prost_types::Timestamp>>) -> Timestamp {
    let newest = times.flatten().map(|time| store::micros(Some(&time))).max();
    newest.and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Metadata of a document that is made here.
fn metadata(title: &str, version: &str, changed: Timestamp) -> Value {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let version = Some(line(version)).filter(|version| !version.is_empty()).unwrap_or_else(|| "1".to_owned());
    json!({
        "title": line(title), "last-modified": changed.to_string(), "version": version,
        "oscal-version": crate::oscal::OSCAL_VERSION,
    })
}
