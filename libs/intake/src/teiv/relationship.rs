//! Relationships as dependencies and as places.

use std::collections::HashMap;

use super::Relationship;
use super::tables::{self, Verb};
use crate::out::Out;

/// The site of each asset that a relationship places at a site that was handed over.
pub(super) fn places<'a>(all: &[(&str, &'a Relationship)], out: &mut Out<'_>) -> HashMap<&'a str, &'a str> {
    let mut places = HashMap::new();
    for (_, relationship) in all {
        if tables::verb(&relationship.kind) != Some(Verb::At) {
            continue;
        }
        if out.knows_site(&relationship.b) == Some(true) {
            out.not_imported("relationship to a site", "folded into the asset that stands there");
            places.entry(relationship.a.as_str()).or_insert(relationship.b.as_str());
        } else {
            out.not_imported("relationship to a site that is not there", "the file has no such site; export sites too");
        }
    }
    places
}

/// Holds the dependencies back.
pub(super) fn take(all: &[(&str, &Relationship)], out: &mut Out<'_>) {
    for (_, relationship) in all {
        let (a, b) = (relationship.a.as_str(), relationship.b.as_str());
        match tables::verb(&relationship.kind) {
            Some(Verb::OnB(kind)) => out.dependency(a, b, kind, tables::bare(&relationship.kind), &relationship.from),
            Some(Verb::OnA(kind)) => out.dependency(b, a, kind, tables::bare(&relationship.kind), &relationship.from),
            Some(Verb::At) | None => continue,
        };
    }
}
