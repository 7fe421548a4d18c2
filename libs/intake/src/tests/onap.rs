//! ONAP: the cells of the shared data counted by their text, without this crate, and by hand what the data has none of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

use super::{Taken, attempt, shared, take};
use crate::{Format, IntakeError, Settings};

fn read(file: &Value) -> Taken {
    take(Format::Onap, &file.to_string())
}

fn cell(node: &str, neighbours: &Value) -> Value {
    json!({"Cell": {"nodeId": node, "pnfId": "north-1", "networkId": "ran-9", "physicalCellId": 7, "sectorNumber": 0,
        "latitude": 48.5, "longitude": 9.25}, "neighbor": neighbours})
}

/// `position reason` of what was rejected.
fn rejected(taken: &Taken) -> Vec<String> {
    taken.report.rejected.iter().map(|refused| format!("{} {}", refused.origin, refused.reason)).collect()
}

#[test]
fn the_cells_of_the_shared_data_are_all_there() {
    let Some(bytes) = shared("inventory/onap-5gson-ran-cells.json") else { return };
    let text = String::from_utf8(bytes.clone()).expect("text");
    // Counted line by line: the file is printed one value a line.
    let cells = text.lines().filter(|line| line.trim_start().starts_with("\"nodeId\":")).count();
    let relations = text.lines().filter(|line| line.trim_start().starts_with("\"Chn")).count();
    let functions: BTreeSet<&str> =
        text.lines().filter(|line| line.trim_start().starts_with("\"pnfId\":")).map(str::trim).collect();
    assert_eq!((cells, relations, functions.len()), (1001, 23_764, 67));
    let taken = attempt(Format::Onap, &bytes, &Settings::default()).expect("the file can be read");
    assert_eq!((taken.report.objects["Cell"], taken.report.objects["neighbor"]), (1001, 23_764));
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for record in taken.assets() {
        *types.entry(record.asset.as_ref().expect("an asset").r#type.as_str()).or_default() += 1;
    }
    assert_eq!(types, BTreeMap::from([("cell", 1001), ("gnodeb", 67)]));
    assert_eq!(taken.sites().len(), 1001, "no two cells stand at the same point");
    // A relation that both cells state is one dependency, since being a neighbour has no direction.
    let plain: Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut pairs = BTreeSet::new();
    for entry in plain["cellList"].as_array().expect("a list") {
        let one = entry["Cell"]["nodeId"].as_str().expect("an id");
        for other in entry["neighbor"].as_array().expect("a list") {
            let other = other.as_str().expect("an id");
            pairs.insert(if one < other { (one, other) } else { (other, one) });
        }
    }
    let adjacent = taken.dependencies().iter().filter(|edge| edge.kind == "adjacent").count();
    assert_eq!((pairs.len(), adjacent), (11_882, 11_882));
    assert_eq!(taken.report.not_imported["dependency, repeated"].count, 23_764 - 11_882);
    assert_eq!(taken.dependencies().iter().filter(|edge| edge.kind == "runs-on").count(), 1001);
    assert!(taken.report.rejected.is_empty(), "{:?}", taken.report.rejected);
}

#[test]
fn a_cell_runs_on_its_network_function_and_stands_at_its_point() {
    let taken = read(&json!({"cellList": [cell("a1", &json!(["a2"])), cell("a2", &json!(["a1", {"nodeId": "a3"}]))]}));
    let asset = taken.asset("cell.a1");
    assert_eq!((asset.r#type.as_str(), asset.display_name.as_str()), ("cell", "a1"));
    assert_eq!((asset.network_identifiers[0].kind(), asset.network_identifiers[0].value.as_str()), (Kind::Cell, "a1"));
    let kept: Vec<(&str, &str)> = asset.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(kept, [("networkId", "ran-9"), ("physicalCellId", "7"), ("pnfId", "north-1"), ("sectorNumber", "0")]);
    assert_eq!(taken.asset("pnf.north-1").r#type, "gnodeb");
    let expected = [
        "cell.a1 runs-on pnf.north-1",
        "cell.a1 adjacent cell.a2",
        "cell.a2 runs-on pnf.north-1",
        "cell.a2 adjacent cell.a3",
    ];
    assert_eq!(taken.edges(), expected);
    let sites = taken.sites();
    assert_eq!(sites.len(), 1, "both cells stand at the same point");
    let site = sites[0].site.as_ref().expect("a site");
    assert_eq!((sites[0].external_id.as_str(), site.r#type.as_str()), ("place:48.5,9.25", "isolated-area"));
    assert_eq!(taken.items.iter().map(|item| item.origin.as_str()).collect::<Vec<_>>()[..2], ["$.cellList[0]"; 2]);
}

#[test]
fn bad_cells_are_rejected_by_place_and_the_others_land() {
    let taken = read(&json!({"cellList": [
        cell("good", &json!(null)),
        {"Cell": {"pnfId": "north-1"}, "neighbor": []},
        {"Cell": 7},
        "no cell",
        {"Cell": {"nodeId": 12, "latitude": "4000000.5", "longitude": "12"}, "neighbor": ["", "12"]},
    ]}));
    let ids: Vec<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(ids, ["pnf.north-1", "cell.good", "cell.12"]);
    let expected = [
        "$.cellList[1] FIELD_INVALID",
        "$.cellList[2] BODY_INVALID",
        "$.cellList[3] BODY_INVALID",
        "$.cellList[4].neighbor[0] FIELD_INVALID",
        "$.cellList[4].neighbor[1] DEPENDENCY_ON_SELF",
    ];
    assert_eq!(rejected(&taken), expected);
    assert_eq!(taken.asset("cell.12").attributes["latitude"], "4000000.5", "no degrees, so no site, but kept");
    assert_eq!(taken.sites().len(), 1);
}

fn network_function(name: &str, role: &str, relations: &Value) -> Value {
    json!({"pnf-name": name, "serial-number": "S-77", "equip-vendor": "Acme Radio", "equip-model": "AR-9", "sw-version": "7.1.2",
        "ipaddress-v4-oam": "192.0.2.9", "ipaddress-v6-oam": "not an address", "in-maint": false, "prov-status": "PROV",
        "nf-role": role, "relationship-list": {"relationship": relations}})
}

fn to(kind: &str, key: &str, value: &str, label: &str) -> Value {
    json!({"related-to": kind, "relationship-label": format!("org.onap.relationships.inventory.{label}"),
        "relationship-data": [{"relationship-key": "other.key", "relationship-value": "x"}, {"relationship-key": format!("{kind}.{key}"), "relationship-value": value}]})
}

#[test]
fn objects_of_the_inventory_become_assets_sites_and_dependencies() {
    let place = to("complex", "physical-location-id", "hill", "LocatedIn");
    let taken = read(&json!([
        {"pnf": [network_function("gnb-7", "gNB", &json!([place, to("generic-vnf", "vnf-id", "v1", "PartOf"), {"related-to": "pnf"}]))]},
        {"results": [
            {"generic-vnf": {"vnf-id": "v1", "vnf-name": "core amf", "nf-type": "AMF", "prov-status": "NVTPROV", "relationship-list": {"relationship": [to("vserver", "vserver-id", "s1", "Uses"), to("service-instance", "id", "x", "Uses")]}}},
            {"vserver": {"vserver-id": "s1", "vserver-name": "amf-0", "relationship-list": {"relationship": [{"related-to": "pserver", "related-link": "/aai/v24/cloud-infrastructure/pservers/pserver/host9"}]}}},
            {"pserver": {"hostname": "host9", "fqdn": "Host9.example.net", "relationship-list": {"relationship": [to("vserver", "vserver-id", "s1", "HostedOn"), to("complex", "physical-location-id", "dune", "LocatedIn")]}}},
            {"complex": {"physical-location-id": "hill", "complex-name": "Hill", "physical-location-type": "central office", "latitude": "47.5", "longitude": 8.5, "street1": "Way 1", "city": "Town", "region": "South", "data-center-code": "H1"}},
        ], "count": 4},
        {"event-header": {"entity-type": "pnf", "action": "UPDATE"}, "entity": network_function("gnb-8", "zzz", &json!([to("pnf", "pnf-name", "gnb-7", "ComposedOf")]))},
        {"event-header": {"entity-type": "pnf", "action": "DELETE"}, "entity": {"pnf-name": "gnb-9"}},
    ]));
    let asset = taken.asset("pnf.gnb-7");
    assert_eq!(
        (asset.r#type.as_str(), asset.serial_number.as_str(), asset.vendor.as_str()),
        ("gnodeb", "S-77", "Acme Radio")
    );
    assert_eq!(
        (asset.model.as_str(), asset.software_version.as_str(), asset.state()),
        ("AR-9", "7.1.2", State::InService)
    );
    assert_eq!(asset.network_identifiers.len(), 1, "what is no address stays an attribute");
    assert_eq!(
        (asset.network_identifiers[0].value.as_str(), asset.attributes["ipaddress-v6-oam"].as_str()),
        ("192.0.2.9", "not an address")
    );
    assert_eq!(
        (taken.asset("generic-vnf.v1").r#type.as_str(), taken.asset("generic-vnf.v1").state()),
        ("amf", State::Identified)
    );
    assert_eq!(taken.asset("vserver.s1").display_name, "amf-0");
    assert_eq!(taken.asset("pnf.gnb-8").r#type, "unclassified");
    let found: BTreeSet<String> = taken.edges().into_iter().collect();
    let wanted: BTreeSet<String> = [
        "generic-vnf.v1 runs-on vserver.s1",
        "vserver.s1 runs-on pserver.host9",
        "generic-vnf.v1 runs-on pnf.gnb-7",
        "pnf.gnb-7 part-of pnf.gnb-8",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(found, wanted, "what the two are says more than the label");
    let sites: Vec<(&str, &str)> = taken
        .sites()
        .iter()
        .map(|record| (record.external_id.as_str(), record.site.as_ref().expect("a site").r#type.as_str()))
        .collect();
    assert_eq!(sites, [("complex.hill", "communication-centre"), ("complex.dune", "equipment-room")]);
    let hill = taken.sites()[0].site.clone().expect("a site");
    assert_eq!(
        (hill.address.as_str(), hill.region.as_str(), hill.labels["data-center-code"].as_str()),
        ("Way 1, Town", "South", "H1")
    );
    assert_eq!(hill.position.map(|point| (point.latitude, point.longitude)), Some((47.5, 8.5)));
    let stands =
        taken.assets().iter().find(|record| record.external_id == "pnf.gnb-7").map(|r| r.site_external_id.clone());
    assert_eq!(stands.as_deref(), Some("complex.hill"), "the complex came later in the file");
    assert_eq!(taken.report.not_imported["A&AI event, DELETE"].count, 1);
    assert_eq!(taken.report.not_imported["relationship"].count, 2, "one without a key, one to a kind that is no asset");
    assert!(taken.report.rejected.is_empty(), "{:?}", taken.report.rejected);
}

#[test]
fn a_bare_object_is_told_by_its_key_and_bad_objects_are_named() {
    let taken = take(
        Format::Onap,
        "{\"pnf-name\": \"p\"}\n{\"vserver\": {\"vserver-name\": \"no id\"}}\n{\"complex\": [{\"complex-name\": \"no id\"}, 7]}\n{\"hello\": \"you\"}\n{\"pnf\": 3, \"x\": \"y\"}",
    );
    assert_eq!(taken.assets().len(), 1);
    let expected = [
        "line 2.vserver FIELD_INVALID",
        "line 3 $.complex[0] FIELD_INVALID",
        "line 3 $.complex[1] BODY_INVALID",
        "line 4 BODY_INVALID",
        "line 5.pnf BODY_INVALID",
    ];
    assert_eq!(rejected(&taken), expected);
}

#[test]
fn json_of_another_kind_is_not_read_as_onap() {
    for text in [
        "[1, 2]",
        r#"{"ietf-network-inventory:network-inventory": {}}"#,
        r#"[{"model": "dcim.site", "pk": 1, "fields": {}}]"#,
    ] {
        let error = attempt(Format::Onap, text.as_bytes(), &Settings::default()).err().expect("another kind");
        assert!(matches!(error, IntakeError::Unexpected { .. }), "{text}: {error}");
    }
    assert_eq!(take(Format::Onap, r#"{"cellList": []}"#).report.warnings.len(), 1, "an empty list is told");
}
