use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

use super::{attempt, shared, take};
use crate::{Format, IntakeError, Settings};

const LIST: &str = r#"[
 {"id": "r1", "@type": "Router", "@baseType": "PhysicalResource", "name": "core1", "serialNumber": "S1", "lifecycleState": "installed",
  "resourceCharacteristic": [
   {"name": "security.confidentiality", "value": 3}, {"name": "security.integrity", "value": "2"}, {"name": "security.availability", "value": "high"},
   {"name": "security.classification", "value": "Confidential"}, {"name": "security.legalTags", "value": ["traffic-data", "pii"]},
   {"name": "security.criticalityReason", "value": "carries emergency calls"}, {"name": "powerWatts", "value": 450.5},
   {"name": "ipAddress", "value": "2001:DB8::1"}, {"name": "colour", "value": {"a": 1}}, {"name": "endOfLifeDate", "value": "2031-12-31"}],
  "relatedParty": [{"role": "Owner", "name": "Core IP"}, {"role": "operator", "id": "7", "name": "Jane Doe", "@referredType": "Individual"},
   {"role": "manufacturer", "name": "Juniper"}],
  "place": [{"id": "p1", "name": "Berlin 1", "siteType": "data-centre", "region": "East", "manned": true, "address": "Street 1",
   "geographicLocation": {"geometry": {"type": "Point", "coordinates": [13.4, 52.5]}}}],
  "resourceRelationship": [{"relationshipType": "runsOn", "resource": {"id": "r2"}}, {"type": "contains", "resource": {"id": "r3"}},
   {"relationshipType": "connectedTo", "resource": {"id": "r2"}}, {"relationshipType": "loves", "resource": {"id": "r2"}}, {}],
  "supportingResource": [{"id": "r2"}], "fancy": {"x": [1, 2]}},
 {"id": "r2", "@type": "Contraption", "value": "AS64500", "lifecycleState": "pendingRemoval", "place": {"id": "p1", "name": "Other name"},
  "externalIdentifier": [{"owner": "sap", "id": "99"}, {"id": "lonely"}],
  "resourceRelationship": [{"relationshipType": "adjacent", "resource": {"id": "r1"}}, {"relationshipType": "requires", "resource": {"id": "r2"}}]},
 {"id": "r3", "characteristic": [{"name": "assetType", "value": "operators-own"}], "@type": "Router", "lifecycleState": "planned",
  "place": {"id": "p2", "latitude": 500000.0, "longitude": 400.0}},
 {"name": "no id"}, 7
]"#;

#[test]
fn characteristics_parties_and_places_go_to_their_fields() {
    let taken = take(Format::Tmf639, LIST);
    let asset = taken.asset("r1");
    assert_eq!((asset.confidentiality, asset.integrity, asset.availability, asset.power_watts), (3, 2, 3, 450.5));
    assert_eq!(
        (asset.classification.as_str(), asset.criticality_reason.as_str()),
        ("confidential", "carries emergency calls")
    );
    assert_eq!(asset.legal_tags, ["traffic-data", "pii"]);
    assert_eq!((asset.owner.as_str(), asset.vendor.as_str()), ("Core IP", "Juniper"));
    assert_eq!(asset.custodian, "individual 7", "names of persons are not copied");
    assert_eq!(asset.end_of_life_time.map(|end| end.seconds), Some(1_956_441_600), "2031-12-31 in UTC");
    assert_eq!(asset.attributes["colour"], r#"{"a":1}"#);
    assert_eq!(asset.attributes["fancy"], r#"{"x":[1,2]}"#);
    assert_eq!(
        (asset.network_identifiers[0].kind(), asset.network_identifiers[0].value.as_str()),
        (Kind::Ip, "2001:db8::1")
    );
    assert_eq!(taken.assets()[0].site_external_id, "p1");
    let sites = taken.sites();
    let site = sites[0].site.as_ref().expect("a site");
    assert_eq!(
        (site.display_name.as_str(), site.r#type.as_str(), site.manned),
        ("Berlin 1", "data-centre", true),
        "the first one seen wins"
    );
    assert_eq!(
        site.position.map(|point| (point.latitude, point.longitude)),
        Some((52.5, 13.4)),
        "GeoJSON has the longitude first"
    );
    assert_eq!(sites.len(), 2);
    assert_eq!(sites[1].site.as_ref().and_then(|site| site.position), None, "projected numbers are no position");
}

#[test]
fn types_and_states_follow_the_tables() {
    let taken = take(Format::Tmf639, LIST);
    let found: Vec<(&str, State)> =
        ["r1", "r2", "r3"].iter().map(|id| taken.asset(id)).map(|a| (a.r#type.as_str(), a.state())).collect();
    assert_eq!(
        found,
        [("router", State::InService), ("unclassified", State::Retired), ("operators-own", State::Identified)]
    );
    assert_eq!(taken.asset("r2").attributes["source_type"], "Contraption");
    assert_eq!(taken.asset("r2").attributes["lifecycleState"], "pendingRemoval");
    assert_eq!(taken.asset("r2").external_ids[0].system, "sap");
    assert!(taken.asset("r2").attributes["externalIdentifier"].contains("lonely"));
}

#[test]
fn relationships_have_the_right_direction_and_come_once() {
    let taken = take(Format::Tmf639, LIST);
    assert_eq!(taken.edges(), ["r1 runs-on r2", "r3 part-of r1", "r1 adjacent r2", "r1 uses r2"]);
    assert_eq!(taken.report.not_imported["dependency, repeated"].count, 1, "adjacent has no direction");
    assert_eq!(taken.report.not_imported["resourceRelationship, unknown type"].count, 1);
    assert_eq!(taken.report.not_imported["resourceRelationship"].count, 1);
    let rejected: Vec<(&str, &str)> =
        taken.report.rejected.iter().map(|r| (r.origin.as_str(), r.reason.as_str())).collect();
    assert_eq!(rejected, [("$[1]", "DEPENDENCY_ON_SELF"), ("$[3]", "FIELD_INVALID"), ("$[4]", "BODY_INVALID")]);
}

#[test]
fn resources_inside_of_others_become_assets_and_references_do_not() {
    let file = r#"[
 {"id": "node", "@type": "Router", "resourceRelationship": [
   {"relationshipType": "contains", "resource": {"id": "card", "@type": "Card", "serialNumber": "C1", "resourceRelationship": [
      {"relationshipType": "contains", "resource": {"id": "port", "@type": "Port", "name": "ge-0", "value": "192.0.2.4"}}]}},
   {"relationshipType": "contains", "resource": {"id": "known", "description": "says less here"}},
   {"relationshipType": "requires", "resource": {"id": "elsewhere", "href": "/resource/elsewhere", "name": "E", "@referredType": "Router"}},
   {"relationshipType": "requires", "resource": {"href": "https://n/resource/by-href/"}},
   {"relationshipType": "requires", "id": "flat", "href": "/resource/flat"},
   {"relationshipType": "requires", "resource": "text"},
   {"relationshipType": "contains", "resource": {"name": "no id", "serialNumber": "X"}}],
  "supportingResource": [{"id": "power", "@type": "Rectifier", "lifecycleState": "installed"}, {"resource": {"id": "ups", "category": "UPS"}}, {"id": "grid"}]},
 {"id": "known", "@type": "Card", "serialNumber": "K1", "description": "says more"}
]"#;
    let taken = take(Format::Tmf639, file);
    let order: Vec<(&str, &str)> =
        taken.items.iter().zip(taken.assets()).map(|(i, a)| (i.origin.as_str(), a.external_id.as_str())).collect();
    let expected = [
        ("$[0]", "node"),
        ("$[1]", "known"),
        ("$[0].resourceRelationship[0].resource", "card"),
        ("$[0].supportingResource[0]", "power"),
        ("$[0].supportingResource[1].resource", "ups"),
        ("$[0].resourceRelationship[0].resource.resourceRelationship[0].resource", "port"),
    ];
    assert_eq!(order, expected);
    assert_eq!(taken.asset("known").description, "says more", "the one that stands on its own counts");
    assert_eq!(
        (taken.asset("card").serial_number.as_str(), taken.asset("ups").r#type.as_str()),
        ("C1", "power-supply")
    );
    assert_eq!(taken.asset("port").network_identifiers[0].value, "192.0.2.4");
    let edges = [
        "card part-of node",
        "known part-of node",
        "node uses elsewhere",
        "node uses by-href",
        "node uses flat",
        "node uses text",
        "node uses power",
        "node uses ups",
        "node uses grid",
        "port part-of card",
    ];
    assert_eq!(taken.edges(), edges);
    assert_eq!(taken.report.not_imported["resource inside of another"].count, 1);
    let rejected: Vec<&str> = taken.report.rejected.iter().map(|refused| refused.origin.as_str()).collect();
    assert_eq!(rejected, ["$[0].resourceRelationship[6].resource"]);
}

#[test]
fn a_single_object_and_one_object_a_line_are_read_too() {
    let taken = take(Format::Tmf639, r#"{"id": "a", "@type": "Switch"}"#);
    assert_eq!(taken.asset("a").display_name, "Switch:a");
    let taken = take(Format::Tmf639, "\u{feff}{\"id\": \"a\"}\n\n{\"id\": \"b\"}\r\n{\"id\": 3}");
    let found: Vec<(&str, &str)> =
        taken.items.iter().zip(taken.assets()).map(|(i, a)| (i.origin.as_str(), a.external_id.as_str())).collect();
    assert_eq!(found, [("line 1", "a"), ("line 3", "b"), ("line 4", "3")]);
}

#[test]
fn the_samples_of_tm_forum_are_read() {
    let mut ids = Vec::new();
    for name in ["LogicalResource.value.json", "Resource.example.json", "Resource.value.json"] {
        let Some(bytes) = shared(&format!("tmf/samples/TMF639_Resource_Inventory/{name}")) else { return };
        let plain: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let taken = attempt(Format::Tmf639, &bytes, &Settings::default()).expect("readable");
        let record = taken.assets()[0].clone();
        assert_eq!(Some(record.external_id.as_str()), plain["id"].as_str());
        let asset = record.asset.expect("an asset");
        assert_eq!(asset.r#type, "numbering-resource");
        assert_eq!(Some(asset.attributes["administrativeState"].as_str()), plain["administrativeState"].as_str());
        assert!(!format!("{asset:?}").contains("John Doe"), "names of persons are not copied");
        ids.push((record.external_id, record.site_external_id, taken.dependencies().len()));
    }
    let expected = [("444", "", 0), ("8044", "9912", 1), ("444", "9912", 0)];
    assert_eq!(ids, expected.map(|(id, site, edges)| (id.to_owned(), site.to_owned(), edges)));
}

#[test]
fn the_malformed_sample_is_named_by_line_and_column() {
    let Some(bytes) = shared("tmf/samples-malformed/TMF639_Resource_Inventory/PhysicalResource.value.json.txt") else {
        return;
    };
    let plain = serde_json::from_slice::<serde_json::Value>(&bytes).expect_err("malformed");
    let error = attempt(Format::Tmf639, &bytes, &Settings::default()).err().expect("malformed");
    let IntakeError::Malformed { at, .. } = &error else { panic!("{error}") };
    assert_eq!(*at, format!("line {} column {}", plain.line(), plain.column()));
}

#[test]
fn subscribers_and_recovery_objectives_go_to_their_fields() {
    let file = r#"[{"id": "voice", "@type": "Service", "characteristic": [
  {"name": "subscribers", "value": 22000}, {"name": "subscribersBasis", "value": "active lines in billing"},
  {"name": "subscribersCounted", "value": "2025-06-30"}, {"name": "serviceAreas", "value": "north; south,"},
  {"name": "recovery.rto", "value": "PT15M"}, {"name": "RPO", "value": "30 min"}, {"name": "Maximum Tolerable Downtime", "value": "P1D"}]},
 {"id": "odd", "@type": "Service", "characteristic": [
  {"name": "subscribers", "value": "about 500"}, {"name": "subscriberCount", "value": -1}, {"name": "rto", "value": 4},
  {"name": "rpo", "value": "P1M"}, {"name": "mtd", "value": "-PT1H"}, {"name": "serviceArea", "value": []}]}]"#;
    let taken = take(Format::Tmf639, file);
    let voice = taken.asset("voice");
    let service = voice.service.as_ref().expect("a service");
    assert_eq!((service.subscribers, service.basis.as_str()), (22_000, "active lines in billing"));
    assert_eq!(service.service_areas, ["north", "south"]);
    assert_eq!(service.count_time.map(|time| time.seconds), Some(1_751_241_600), "2025-06-30 in UTC");
    let recovery = voice.recovery.expect("objectives");
    let seconds = [recovery.rto, recovery.rpo, recovery.mtd].map(|found| found.map_or(0, |found| found.seconds));
    assert_eq!(seconds, [900, 1800, 86_400]);
    assert_eq!(voice.attributes.keys().collect::<Vec<_>>(), ["@type"]);
    let odd = taken.asset("odd");
    assert_eq!((odd.recovery, odd.service.as_ref().map_or(0, |service| service.subscribers)), (None, 0));
    assert_eq!(odd.attributes["rto"], "4", "a number without a unit is not guessed at");
    assert_eq!(odd.attributes["subscribers"], "about 500");
    let told = taken.report.warnings.iter().filter(|warning| warning.contains("its field cannot hold")).count();
    assert_eq!(told, 6, "{:?}", taken.report.warnings);
}

#[test]
fn characteristics_that_name_identifiers_become_identifiers() {
    for (name, value, kind, kept) in [
        ("ipPrefix", "10.1.2.3/24", Kind::Prefix, "10.1.2.0/24"),
        ("msisdnRange", "+999000010000-+999000019999", Kind::E164, "+999000010000..+999000019999"),
        ("e164Range", "+999000010000..+999000019999", Kind::E164, "+999000010000..+999000019999"),
        ("telephone number", "+999 00001 0000", Kind::E164, "+999000010000"),
        ("imsiRange", "001010000000000..001010000999999", Kind::Imsi, "001010000000000..001010000999999"),
        ("asNumber", "AS4200000001", Kind::Asn, "AS4200000001"),
        ("asn", "64500", Kind::Asn, "AS64500"),
        ("pointCode", "1-2-3", Kind::PointCode, "1-2-3"),
        ("cellId", "001-01-00000000a", Kind::Cell, "001-01-00000000a"),
        ("plmn", "00101", Kind::Plmn, "001-01"),
    ] {
        let text = serde_json::json!([{"id": "a", "@type": "Router", "resourceCharacteristic": [{"name": name, "value": value}]}]);
        let taken = take(Format::Tmf639, &text.to_string());
        let asset = taken.asset("a");
        let found: Vec<_> = asset.network_identifiers.iter().map(|one| (one.kind(), one.value.as_str())).collect();
        assert_eq!(found, [(kind, kept)], "{name}: {:?}", asset.attributes);
    }
}
