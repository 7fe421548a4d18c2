//! No bytes and no JSON bring the library down, and whatever it reads it writes as it came.

use super::small;
use crate::oscal::{Body, Document, Limits, Settings, read, render, resolve};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn everything() -> Vec<Value> {
    let select = json!([{"with-ids": ["a-1", "top"], "matching": [{"pattern": "a*"}], "with-child-controls": "yes"}]);
    let profile = json!({"profile": {"uuid": "u", "metadata": super::metadata("m"),
        "imports": [{"href": "#r", "include-controls": select, "exclude-controls": [{"with-ids": ["a-2"]}]},
                    {"href": "self", "include-all": {}}],
        "merge": {"combine": {"method": "use-first"}, "custom": {"groups": [
            {"id": "g", "title": "G", "insert-controls": [{"order": "ascending", "include-all": {}}]}]}},
        "modify": {"set-parameters": [{"param-id": "loose", "values": ["v"], "select": {"choice": ["x"]}}],
            "alters": [{"control-id": "a-1", "removes": [{"by-name": "item"}],
                        "adds": [{"by-id": "a-1_smt", "position": "after", "parts": [{"name": "n"}]}]}]},
        "back-matter": {"resources": [{"uuid": "r", "rlinks": [{"href": "small", "media-type": "json"}]}]}}});
    let map = json!({"uuid": "1", "relationship": "equal-to", "sources": [{"type": "control", "id-ref": "a"}],
        "targets": [{"type": "control", "id-ref": "b"}]});
    let end = json!({"type": "catalog", "href": "x"});
    let mapping = json!({"mapping-collection": {"uuid": "u", "metadata": super::metadata("m"), "provenance": {"method": "human"},
        "mappings": [{"uuid": "v", "source-resource": end, "target-resource": end, "maps": [map]}]}});
    vec![small(), profile, mapping]
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts something else in the place of the value with this number, counted depth first.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        value.clone_from(with);
    }
    *at = at.wrapping_sub(1);
    if *at > usize::MAX / 2 {
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, with)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, at, with)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof![
            Just("a-1"),
            Just("top"),
            Just(""),
            Just(" "),
            Just("{{ insert: param, loose }}"),
            Just("yes"),
            Just("#a-1")
        ]
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("id"),
        Just("title"),
        Just("controls"),
        Just("groups"),
        Just("parts"),
        Just("params"),
        Just("name"),
        Just("value"),
        Just("href"),
        Just("with-ids"),
        Just("x")
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

/// Does with a document whatever can be done with it.
fn use_it(document: Document) {
    match &document.body {
        Body::Catalog(catalog) => {
            let parameters = catalog.all_parameters();
            for control in &catalog.controls {
                assert!(catalog.group_path(control).len() <= catalog.groups.len());
                for part in &control.parts {
                    let prose = part.prose.as_deref().unwrap_or_default();
                    let shown = render(prose, &|id| parameters.get(id).copied(), &|_| None);
                    assert!(prose.contains("{{") || shown == prose);
                }
            }
            let Body::Profile(profile) = read(everything()[1].to_string().as_bytes(), &Limits::default()).unwrap().body
            else {
                panic!("a profile")
            };
            let document = Arc::new(document);
            resolve(&profile, &|_: &str| Some(Arc::clone(&document)), &Settings::new(jiff::Timestamp::UNIX_EPOCH, "s"))
                .unwrap();
        }
        Body::Profile(profile) => {
            let small = Arc::new(read(small().to_string().as_bytes(), &Limits::default()).unwrap());
            let own = Arc::new(document.clone());
            let library = |href: &str| Some(Arc::clone(if href == "self" { &own } else { &small }));
            if let Ok(resolution) = resolve(profile, &library, &Settings::new(jiff::Timestamp::UNIX_EPOCH, "s")) {
                assert!(resolution.catalog.to_value().is_object());
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(document) = read(&bytes, &Limits::default()) {
            use_it(document);
        }
    }

    #[test]
    fn bytes_that_are_damaged_are_read_or_refused(which in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = everything()[which].to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(document) = read(bytes, &Limits::default()) {
                use_it(document);
            }
        }
    }

    #[test]
    fn whatever_is_read_is_written_as_it_came(which in 0..3_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4)) {
        let mut value = everything()[which].clone();
        for (at, with) in &changes {
            let mut at = at.index(count(&value));
            replace(&mut value, &mut at, with);
        }
        if let Ok(document) = read(value.to_string().as_bytes(), &Limits::default()) {
            prop_assert_eq!(&document.to_value(), &value);
            use_it(document);
        }
    }
}
