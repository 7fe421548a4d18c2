//! Reading what is compiled in.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::applicability::{Fact, Rule};
use super::attribute::Attribute;
use super::catalogue::Catalogue;
use super::document::Document;
use super::grouping::{Grouping, SizeClass};
use super::mapping::MappingSet;

/// The catalogues, by the name of their file.
const CATALOGUES: [(&str, &str); 4] = [
    ("x1051-2016.toml", include_str!("../../data/x1051-2016.toml")),
    ("x1051-2023.toml", include_str!("../../data/x1051-2023.toml")),
    ("x1058-2017.toml", include_str!("../../data/x1058-2017.toml")),
    ("nist-csf-2.0.toml", include_str!("../../data/nist-csf-2.0.toml")),
];

/// Everything that ships.
#[derive(Debug, Default)]
pub(super) struct Shipped {
    pub(super) documents: Vec<Document>,
    pub(super) catalogues: Vec<Catalogue>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) groupings: Vec<Grouping>,
    pub(super) size_classes: Vec<SizeClass>,
    pub(super) mapping_sets: Vec<MappingSet>,
    pub(super) facts: Vec<Fact>,
    pub(super) rules: Vec<Rule>,
    unreadable: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    document: Vec<Document>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    attribute: Vec<Attribute>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Groupings {
    grouping: Vec<Grouping>,
    size_class: Vec<SizeClass>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mappings {
    set: Vec<MappingSet>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Applicability {
    fact: Vec<Fact>,
    rule: Vec<Rule>,
}

static SHIPPED: LazyLock<Shipped> = LazyLock::new(read);

/// Everything that ships, read on first use.
pub(super) fn shipped() -> &'static Shipped {
    &SHIPPED
}

/// What could not be read, one sentence per file. A build whose tests pass has none; a service refuses to start otherwise.
#[must_use]
pub fn unreadable() -> &'static [String] {
    &shipped().unreadable
}

fn read() -> Shipped {
    let mut unreadable = Vec::new();
    let documents = file::<Documents>("documents.toml", include_str!("../../data/documents.toml"), &mut unreadable)
        .unwrap_or_default();
    let attributes = file::<Attributes>("attributes.toml", include_str!("../../data/attributes.toml"), &mut unreadable)
        .unwrap_or_default();
    let groupings = file::<Groupings>("groupings.toml", include_str!("../../data/groupings.toml"), &mut unreadable)
        .unwrap_or_default();
    let mappings = file::<Mappings>("mappings.toml", include_str!("../../data/mappings.toml"), &mut unreadable)
        .unwrap_or_default();
    let applicability =
        file::<Applicability>("applicability.toml", include_str!("../../data/applicability.toml"), &mut unreadable)
            .unwrap_or_default();
    let mut catalogues: Vec<Catalogue> =
        CATALOGUES.iter().filter_map(|(name, text)| file(name, text, &mut unreadable)).collect();
    catalogues.iter_mut().for_each(Catalogue::fill_provenance);
    Shipped {
        documents: documents.document,
        catalogues,
        attributes: attributes.attribute,
        groupings: groupings.grouping,
        size_classes: groupings.size_class,
        mapping_sets: mappings.set,
        facts: applicability.fact,
        rules: applicability.rule,
        unreadable,
    }
}

/// Reads one file. One that cannot be read is reported and left out, so that the others can still be used.
fn file<T: DeserializeOwned>(name: &str, text: &str, unreadable: &mut Vec<String>) -> Option<T> {
    toml::from_str(text).map_err(|problem| unreadable.push(format!("{name}: {problem}"))).ok()
}
