//! Etags (AIP-154): which version of a resource a caller has seen.
//!
//! The version of a row grows with every change, so its number is strong enough. To callers the etag is opaque.

/// The etag of a version: quoted, as HTTP has it.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether an etag that a caller sent is of `version`. An empty one always is: the caller asks for no check.
///
/// Quotes may be missing and a `W/` before is ignored, because proxies and shells take and give them.
#[must_use]
pub fn matches(etag: &str, version: i64) -> bool {
    if etag.is_empty() {
        return true;
    }
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    let opaque = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(opaque);
    opaque == version.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_matches_its_version_only() {
        assert_eq!(etag(3), "\"3\"");
        for text in ["", "\"3\"", "3", "W/\"3\"", "W/3"] {
            assert!(matches(text, 3), "{text}");
        }
        for text in ["\"4\"", "\"33\"", "\"+3\"", "\"03\"", " ", "\"", "\"\"", "\"3", "3\"", "w/\"3\"", "W/", "*", "é"]
        {
            assert!(!matches(text, 3), "{text}");
        }
        for version in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert!(matches(&etag(version), version));
        }
    }
}
