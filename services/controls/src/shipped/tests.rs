//! What holds of everything that ships: counts, references, provenance.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

mod documents;
mod findings;
mod references;

/// The shipped catalogue with this key.
fn shipped(key: &str) -> &'static Catalogue {
    catalogue(key).unwrap_or_else(|| panic!("no catalogue {key}"))
}

/// The rule for ids of resources: 1 to 63 of `a-z 0-9 - . _`, the first a letter or digit.
fn valid_id(text: &str) -> bool {
    let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63
        && text.bytes().next().is_some_and(letter_or_digit)
        && text.bytes().all(|byte| letter_or_digit(byte) || matches!(byte, b'-' | b'.' | b'_'))
}

/// Fails where one of `ids` comes twice or could not be the id of a resource.
fn unique_and_valid<'a>(what: &str, ids: impl IntoIterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        assert!(valid_id(id), "{what}: {id} cannot be the id of a resource");
        assert!(seen.insert(id), "{what}: {id} comes twice");
    }
}

#[test]
fn everything_that_ships_can_be_read() {
    assert!(unreadable().is_empty(), "{:?}", unreadable());
    assert_eq!(catalogues().len(), 4);
    assert!(!documents().is_empty() && !groupings().is_empty() && !mapping_sets().is_empty() && !rules().is_empty());
}

#[test]
fn every_catalogue_has_as_many_controls_as_its_document() {
    let count = |key: &str, layer: Layer| shipped(key).layer(layer).count();
    assert_eq!((count("x1051-2016", Layer::Base), count("x1051-2016", Layer::Extended)), (114, 13));
    assert_eq!((count("x1051-2023", Layer::Base), count("x1051-2023", Layer::Extended)), (93, 14));
    assert_eq!(shipped("x1051-2016").controls.len(), 127);
    assert_eq!(shipped("x1051-2023").controls.len(), 107);
    assert_eq!(shipped("x1058-2017").controls.len(), 28);
    assert_eq!(shipped("x1058-2017").controls.iter().filter(|control| control.assessable).count(), 27);
    assert_eq!(shipped("nist-csf-2.0").controls.len(), 106);
}

#[test]
fn every_theme_clause_and_category_has_as_many_controls_as_in_its_document() {
    let base_in = |key: &str, group: &str| {
        shipped(key).controls_in(group).iter().filter(|control| control.layer == Layer::Base).count()
    };
    for (theme, controls) in [("organizational", 37), ("people", 8), ("physical", 14), ("technological", 34)] {
        assert_eq!(base_in("x1051-2023", theme), controls, "{theme}");
    }
    let clauses = [2, 7, 6, 10, 14, 2, 15, 14, 7, 13, 5, 7, 4, 8];
    for (clause, controls) in (5..=18).zip(clauses) {
        assert_eq!(base_in("x1051-2016", &clause.to_string()), controls, "clause {clause}");
    }
    assert_eq!(shipped("x1051-2016").groups.iter().filter(|group| group.parent.is_some()).count(), 35);
    let categories = [
        ("gv", vec![("oc", 5), ("rm", 7), ("rr", 4), ("po", 2), ("ov", 3), ("sc", 10)]),
        ("id", vec![("am", 7), ("ra", 10), ("im", 4)]),
        ("pr", vec![("aa", 6), ("at", 2), ("ds", 4), ("ps", 6), ("ir", 4)]),
        ("de", vec![("cm", 5), ("ae", 6)]),
        ("rs", vec![("ma", 5), ("an", 4), ("co", 2), ("mi", 2)]),
        ("rc", vec![("rp", 6), ("co", 2)]),
    ];
    let framework = shipped("nist-csf-2.0");
    assert_eq!(framework.groups.iter().filter(|group| group.parent.is_none()).count(), 6);
    assert_eq!(framework.groups.iter().filter(|group| group.parent.is_some()).count(), 22);
    for (function, categories) in categories {
        let all: usize = categories.iter().map(|(_, subcategories)| subcategories).sum();
        assert_eq!(framework.controls_in(function).len(), all, "{function}");
        for (category, subcategories) in categories {
            assert_eq!(
                framework.controls_in(&format!("{function}.{category}")).len(),
                subcategories,
                "{function}.{category}"
            );
        }
    }
}

#[test]
fn ids_are_unique_and_can_be_ids_of_resources() {
    unique_and_valid("documents", documents().iter().map(|document| document.key.as_str()));
    unique_and_valid("catalogues", catalogues().iter().map(|catalogue| catalogue.key.as_str()));
    for catalogue in catalogues() {
        unique_and_valid(&catalogue.key, catalogue.controls.iter().map(|control| control.id.as_str()));
        unique_and_valid(&catalogue.key, catalogue.groups.iter().map(|group| group.id.as_str()));
        let labels: Vec<_> = catalogue.controls.iter().filter_map(|control| control.label.as_deref()).collect();
        assert_eq!(
            labels.iter().collect::<BTreeSet<_>>().len(),
            labels.len(),
            "{}: a label comes twice",
            catalogue.key
        );
    }
    unique_and_valid("groupings", groupings().iter().map(|grouping| grouping.key.as_str()));
    for grouping in groupings() {
        unique_and_valid(&grouping.key, grouping.parts.iter().map(|part| part.key.as_str()));
    }
    unique_and_valid("mapping sets", mapping_sets().iter().map(|set| set.key.as_str()));
    unique_and_valid("facts", facts().iter().map(|fact| fact.key.as_str()));
    unique_and_valid("rules", rules().iter().map(|rule| rule.key.as_str()));
    unique_and_valid("size classes", size_classes().iter().map(|class| class.key.as_str()));
    unique_and_valid("attributes", attributes().iter().map(|attribute| attribute.key.as_str()));
}

#[test]
fn every_row_says_where_it_comes_from_and_a_provisional_one_says_it_of_itself() {
    for catalogue in catalogues() {
        assert!(!catalogue.provenance.is_empty());
        for control in &catalogue.controls {
            assert!(!control.provenance.is_empty(), "{} {}", catalogue.key, control.id);
            let own = control.provenance != catalogue.provenance;
            assert!(own || !control.mark.is_provisional(), "{} {}", catalogue.key, control.id);
        }
    }
    let others = documents()
        .iter()
        .map(|row| (&row.key, &row.provenance))
        .chain(groupings().iter().map(|row| (&row.key, &row.provenance)))
        .chain(size_classes().iter().map(|row| (&row.key, &row.provenance)))
        .chain(mapping_sets().iter().map(|row| (&row.key, &row.provenance)))
        .chain(attributes().iter().map(|row| (&row.key, &row.provenance)))
        .chain(rules().iter().map(|row| (&row.key, &row.provenance)));
    for (key, provenance) in others {
        assert!(!provenance.is_empty(), "{key}");
    }
}

#[test]
fn what_is_not_known_is_provisional_and_has_no_label() {
    let provisional: BTreeSet<_> =
        shipped("x1051-2023").provisional().map(|control| control.key.as_deref().unwrap_or_default()).collect();
    assert_eq!(provisional.len(), 13);
    assert!(!provisional.contains("TEL-NDC") && provisional.contains("TEL-UNKNOWN-14"));
    for catalogue in catalogues() {
        for control in &catalogue.controls {
            assert!(control.label.is_some() || control.mark.is_provisional(), "{} {}", catalogue.key, control.id);
            assert!(control.group.is_some() || control.mark.is_provisional(), "{} {}", catalogue.key, control.id);
        }
    }
    let known = shipped("x1051-2023").control("tel-ndc").unwrap();
    assert_eq!((known.label.as_deref(), known.mark), (Some("5.42 TEL"), Mark::Found));
}

#[test]
fn purposes_are_single_sentences_of_our_own() {
    for catalogue in catalogues() {
        let mut written = BTreeMap::new();
        for control in &catalogue.controls {
            let purpose = control.purpose.as_deref().unwrap_or_default();
            let one = purpose.ends_with('.') && !purpose.trim_end_matches('.').contains(". ");
            assert!(one, "{} {}: {purpose}", catalogue.key, control.id);
            // "Shall" is how a standard speaks: a purpose with it would have been taken from one.
            assert!(!purpose.contains(" shall "), "{} {}: {purpose}", catalogue.key, control.id);
            assert_eq!(written.insert(purpose, &control.id), None, "{} {}", catalogue.key, control.id);
        }
    }
    // An extended control is for the same in every edition.
    for control in shipped("x1051-2016").layer(Layer::Extended) {
        assert_eq!(shipped("x1051-2023").control(&control.id).unwrap().purpose, control.purpose, "{}", control.id);
    }
}
