//! IETF network inventory: the examples of the shared data counted by their text, without this crate, and by hand what the examples have none of.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Taken, attempt, shared, take};
use crate::{Format, IntakeError, Settings};

fn read(file: &Value) -> Taken {
    take(Format::Ietf, &file.to_string())
}

/// A file with these network elements.
fn inventory(elements: &Value) -> Value {
    json!({"ietf-network-inventory:network-inventory": {"network-elements": {"network-element": elements}}})
}

fn count(text: &str, word: &str) -> usize {
    text.lines().filter(|line| line.trim_start().starts_with(word)).count()
}

#[test]
fn the_examples_of_the_draft_are_all_there() {
    // File, network elements, components, components that can be replaced.
    let files = [("pizza-box-example", 1, 9, 1), ("port-examples", 1, 5, 1), ("multi-chassis-examples", 3, 54, 27)];
    for (name, elements, components, replaceable) in files {
        let Some(bytes) = shared(&format!("inventory/ietf-network-inventory/{name}.json")) else { return };
        let text = String::from_utf8(bytes.clone()).expect("text");
        let counted = (count(&text, "\"ne-id\""), count(&text, "\"component-id\""), count(&text, "\"is-fru\": true"));
        assert_eq!(counted, (elements, components, replaceable), "{name}");
        let taken = attempt(Format::Ietf, &bytes, &Settings::default()).expect("the file can be read");
        assert_eq!(taken.report.objects["network-element"], elements as u64, "{name}");
        assert_eq!(taken.report.objects["component"], components as u64, "{name}");
        assert_eq!(taken.assets().len(), elements + replaceable, "{name}");
        assert_eq!(taken.report.not_imported["component"].count, (components - replaceable) as u64, "{name}");
        assert!(taken.report.rejected.is_empty(), "{name}: {:?}", taken.report.rejected);
        let parts: BTreeSet<&str> =
            taken.dependencies().iter().map(|edge| edge.dependent_external_id.as_str()).collect();
        assert_eq!(parts.len(), replaceable, "{name}: each part is part of something");
    }
}

#[test]
fn a_network_element_gets_its_fields_and_those_of_its_only_chassis() {
    let taken = read(&inventory(&json!([{
        "ne-id": "ne-7", "name": "hill-rt1", "alias": "old rt1", "ne-type": "acme:router", "uuid": "6f1e", "description": "Two lines.\nReally.",
        "mfg-name": "Acme", "product-name": "A9000", "product-rev": "B", "acme-extra:colour": "red",
        "software-rev": [{"name": "os", "revision": "7.4", "patch": [{"revision": "p1"}, {"revision": "p2"}]}, {"name": "boot"}],
        "components": {"component": [
            {"component-id": "c", "class": "iana-hardware:chassis", "serial-number": "SN1", "part-number": "PN1", "mfg-name": "other"}
        ]}
    }])));
    let asset = taken.asset("ne-7");
    assert_eq!((asset.display_name.as_str(), asset.r#type.as_str()), ("hill-rt1", "router"));
    assert_eq!((asset.vendor.as_str(), asset.model.as_str(), asset.serial_number.as_str()), ("Acme", "A9000", "SN1"));
    assert_eq!(asset.software_version, "os 7.4 (patch p1, patch p2), boot");
    let kept: Vec<(&str, &str)> = asset.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [
        ("alias", "old rt1"),
        ("colour", "red"),
        ("ne-type", "acme:router"),
        ("part-number", "PN1"),
        ("product-rev", "B"),
        ("uuid", "6f1e"),
    ];
    assert_eq!(kept, expected);
    assert_eq!(asset.network_identifiers[0].value, "ne-7");
    assert_eq!(
        taken.items[0].origin,
        r#"$["ietf-network-inventory:network-inventory"].network-elements.network-element[0]"#
    );
}

#[test]
fn parts_are_part_of_the_next_part_that_can_be_replaced() {
    let part = |id: &str, class: &str, parent: Value, fru: Value| json!({"component-id": id, "class": class, "parent": parent, "is-fru": fru});
    let taken = read(&inventory(&json!([{"ne-id": "n", "components": {"component": [
        part("chassis", "iana-hardware:chassis", json!([]), json!(true)),
        part("slot", "iana-hardware:container", json!(["chassis"]), json!(false)),
        part("board", "ietf-network-inventory:board", json!("slot"), json!("true")),
        part("psu", "iana-hardware:power-supply", json!(["chassis", "board"]), json!(true)),
        part("lost", "iana-hardware:fan", json!(["nowhere"]), json!(true)),
        part("round", "iana-hardware:module", json!(["round", "about"]), json!(true)),
        part("about", "zzz", json!(["round"]), json!(false)),
    ]}}])));
    let expected = [
        "n/chassis part-of n",
        "n/board part-of n/chassis",
        "n/psu part-of n/board",
        "n/psu part-of n/chassis",
        "n/lost part-of n",
        "n/round part-of n",
    ];
    assert_eq!(taken.edges(), expected);
    let types: Vec<&str> =
        taken.assets().iter().map(|record| record.asset.as_ref().expect("an asset").r#type.as_str()).collect();
    assert_eq!(types, ["unclassified", "hardware", "hardware", "power-supply", "climate-system", "hardware"]);
    assert!(taken.report.warnings.iter().any(|warning| warning.contains("`nowhere` is not in the file")));
    assert_eq!(taken.asset("n/board").display_name, "n board");
}

#[test]
fn bad_elements_and_components_are_rejected_by_place_and_the_others_land() {
    let taken = read(&inventory(&json!([
        {"name": "no id"},
        7,
        {"ne-id": "a", "components": {"component": [{"class": "x"}, "y", {"component-id": "c", "is-fru": true}, {"component-id": "c"}]}},
        {"ne-id": "b", "components": 7},
        {"ne-id": "x".repeat(300), "components": {"component": [{"component-id": "c", "is-fru": true}]}},
        {"ne-id": "d", "components": {}},
    ])));
    let ids: Vec<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(ids, ["a", "a/c", "b", "d"]);
    let list = r#"$["ietf-network-inventory:network-inventory"].network-elements.network-element"#;
    let found: Vec<String> =
        taken.report.rejected.iter().map(|r| format!("{} {}", r.origin.replace(list, ""), r.reason)).collect();
    let expected = [
        "[0] FIELD_INVALID",
        "[1] BODY_INVALID",
        "[2].components.component[0] FIELD_INVALID",
        "[2].components.component[1] BODY_INVALID",
        "[2].components.component[3] FIELD_INVALID",
        "[3] BODY_INVALID",
        "[4] FIELD_INVALID",
    ];
    assert_eq!(found, expected);
    assert_eq!(taken.report.not_imported["component of a rejected network element"].count, 1);
}

#[test]
fn answers_of_restconf_are_read_from_any_depth() {
    let element = json!({"ne-id": "n"});
    let files = [
        json!({"ietf-network-inventory:network-element": [element]}),
        json!({"ietf-network-inventory:network-elements": {"network-element": [element]}}),
        json!({"ietf-restconf:data": {"ietf-network-inventory:network-inventory": {"network-elements": {"network-element": [element]}, "locations": {}}}}),
        json!([inventory(&json!([element]))]),
        json!({"ne-id": "n"}),
    ];
    for file in files {
        assert_eq!(read(&file).assets().len(), 1, "{file}");
    }
    let two = format!("{}\n{}", inventory(&json!([{"ne-id": "a"}])), inventory(&json!([{"ne-id": "b"}])));
    assert_eq!(take(Format::Ietf, &two).assets().len(), 2);
    assert!(read(&inventory(&json!([]))).items.is_empty());
    for text in
        ["[7]", r#"{"cellList": {}}"#, r#"{"ietf-network:networks": {"network": []}}"#, r#"{"network-element": 7}"#]
    {
        let error = attempt(Format::Ietf, text.as_bytes(), &Settings::default()).err().expect("another kind");
        assert!(matches!(error, IntakeError::Unexpected { .. }), "{text}: {error}");
    }
}

#[test]
fn many_network_elements_stream_although_the_file_is_one_object() {
    // 18 MiB in one object: more than an element may have.
    let filler = "x".repeat(1 << 20);
    let elements: Vec<Value> = (0..18).map(|number| json!({"ne-id": format!("n{number}"), "note": filler})).collect();
    assert_eq!(read(&inventory(&Value::Array(elements))).assets().len(), 18);
}
