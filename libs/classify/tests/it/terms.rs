//! RSIT and the terms of others.

use std::{collections::BTreeSet, path::PathBuf};

use classify::{Glossary, Relation};

#[test]
fn rsit_has_its_classes_and_types() {
    let glossary = Glossary::shipped().unwrap();
    let rsit = glossary.taxonomy("rsit").unwrap();
    assert_eq!(rsit.edition, "1003");
    let (types, classes): (Vec<_>, Vec<_>) = rsit.terms.iter().partition(|term| term.id.contains('/'));
    assert_eq!((classes.len(), types.len()), (11, 39));
}

/// A file of the shared data; nothing, loudly, where the data is not here.
fn shared(path: &str) -> Option<String> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let file = root.join(path);
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
    }
    text
}

#[test]
fn rsit_is_as_published() {
    let Some(text) = shared("incidents/rsit/rsit-machinev1.json") else { return };
    let published: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for class in published["values"].as_array().unwrap() {
        let id = class["predicate"].as_str().unwrap();
        expected.insert(id.to_owned());
        expected.extend(
            class["entry"].as_array().unwrap().iter().map(|entry| format!("{id}/{}", entry["value"].as_str().unwrap())),
        );
    }
    let shipped = Glossary::shipped().unwrap();
    let ours: BTreeSet<String> = shipped.taxonomy("rsit").unwrap().terms.iter().map(|term| term.id.clone()).collect();
    assert_eq!(ours, expected);
}

#[test]
fn terms_are_translated_both_ways_with_the_relation_turned() {
    let glossary = Glossary::shipped().unwrap();
    let there = glossary.translate("gsma-attack", "denial-of-service", "rsit");
    let terms: Vec<(&str, Relation)> = there.iter().map(|one| (one.term.as_str(), one.relation)).collect();
    assert_eq!(terms, [("availability/dos", Relation::Superset), ("availability/ddos", Relation::Superset)]);
    let back = glossary.translate("rsit", "availability/ddos", "gsma-attack");
    assert_eq!(
        (back[0].term.as_str(), back[0].relation, back[0].provisional),
        ("denial-of-service", Relation::Subset, true)
    );
    assert_eq!(glossary.translate("isi", "IEX/DOS.1", "rsit")[0].term, "availability/dos");
    assert!(glossary.translate("isi", "iex/none", "rsit").is_empty());
}

#[test]
fn a_part_without_a_mapping_has_its_classs_and_never_all_of_it() {
    let glossary = Glossary::shipped().unwrap();
    let found = glossary.translate("veris-action", "malware/ransomware", "rsit");
    assert_eq!((found[0].term.as_str(), found[0].relation), ("malicious-code/infected-system", Relation::Related));
    assert!(found[0].why.contains("malware/ransomware lies in malware"));
    let found = glossary.translate("gsma-fraud", "business/wangiri", "rsit");
    assert_eq!((found[0].term.as_str(), found[0].relation), ("fraud", Relation::Subset));
}

#[test]
fn every_class_and_type_of_rsit_suggests_a_level_with_its_reason() {
    let glossary = Glossary::shipped().unwrap();
    for term in &glossary.taxonomy("rsit").unwrap().terms {
        let levels = glossary.translate("rsit", &term.id, "e409-level");
        assert_eq!(levels.len(), 1, "{}", term.id);
        assert!(!levels[0].why.is_empty());
    }
}

#[test]
fn mappings_to_what_is_not_there_are_refused() {
    let refused = Glossary::from_yaml(
        "
edition: wrong
taxonomies:
  - {id: a, edition: '1', title: t, provenance: p, terms: [{id: x, title: t}, {id: x, title: t}, {id: Y, title: t}]}
  - {id: a, edition: '2', title: t, provenance: p, terms: []}
mappings:
  - {from: a, to: b, provenance: p, terms: [{from: z, to: y, relation: equal}]}
",
    )
    .unwrap_err();
    let fields: Vec<&str> = refused.list().iter().map(|violation| violation.field.as_str()).collect();
    for field in [
        "taxonomies[0].terms[1].id",
        "taxonomies[0].terms[2].id",
        "taxonomies[1].id",
        "mappings[0].terms[0].from",
        "mappings[0].terms[0].to",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
}

#[test]
fn every_published_incident_has_a_class_and_a_level_with_their_reasons() {
    let Some(text) = shared("incidents/vcdb-veris-1.3.4.jsonl") else { return };
    let glossary = Glossary::shipped().unwrap();
    let (mut incidents, mut actions) = (0, 0);
    for line in text.lines() {
        let incident: serde_json::Value = serde_json::from_str(line).unwrap();
        incidents += 1;
        let confirmed = incident["security_incident"].as_str().unwrap();
        assert_eq!(glossary.translate("veris-confirmation", confirmed, "e409-level").len(), 1, "{confirmed}");
        for (action, about) in incident["action"].as_object().unwrap() {
            let varieties = about["variety"].as_array().cloned().unwrap_or_default();
            let varieties = varieties.iter().map(|variety| format!("{action}/{}", variety.as_str().unwrap()));
            for term in varieties.chain([action.clone()]) {
                let found = glossary.translate("veris-action", &term, "rsit");
                assert!(found.first().is_some_and(|first| !first.why.is_empty()), "{term}");
                actions += 1;
            }
        }
    }
    println!("{incidents} incidents, {actions} actions and varieties, each with a class");
    assert_eq!(incidents, 2_000);
}
