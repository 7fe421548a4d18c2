use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

use super::{Taken, attempt, shared, take};
use crate::{Format, Settings};

const DUMP: &str = r#"[
 {"model": "contenttypes.contenttype", "fields": {"app_label": "dcim", "model": "device"}},
 {"model": "dcim.region", "pk": 1, "fields": {"name": "Europe", "parent": null}},
 {"model": "dcim.region", "pk": 2, "fields": {"name": "Germany", "parent": 1}},
 {"model": "dcim.sitegroup", "pk": 1, "fields": {"name": "Customer Sites", "parent": null}},
 {"model": "dcim.sitegroup", "pk": 2, "fields": {"name": "Large", "parent": 1}},
 {"model": "tenancy.tenant", "pk": 1, "fields": {"name": "Core"}},
 {"model": "tenancy.contactrole", "pk": 1, "fields": {"name": "Operational"}},
 {"model": "tenancy.contact", "pk": 1, "fields": {"name": "Jane Doe", "title": "", "email": "jane@example.com"}},
 {"model": "tenancy.contact", "pk": 2, "fields": {"name": "John Roe", "title": "Head of NOC"}},
 {"model": "tenancy.contactassignment", "pk": 1, "fields": {"content_type": ["dcim", "device"], "object_id": 1, "contact": 1, "role": 1, "priority": "secondary"}},
 {"model": "tenancy.contactassignment", "pk": 2, "fields": {"content_type": ["dcim", "device"], "object_id": 1, "contact": 2, "role": 1, "priority": "primary"}},
 {"model": "extras.tag", "pk": 1, "fields": {"name": "Gold"}},
 {"model": "extras.taggeditem", "pk": 1, "fields": {"content_type": ["dcim", "device"], "object_id": 1, "tag": 1}},
 {"model": "dcim.site", "pk": 1, "fields": {"name": "Berlin", "status": "active", "region": 2, "group": 2, "tenant": 1, "latitude": "52.5", "longitude": "13.4", "physical_address": "Street 1\r\nBerlin"}},
 {"model": "dcim.location", "pk": 1, "fields": {"name": "Row 1", "site": 1, "parent": null}},
 {"model": "dcim.rack", "pk": 1, "fields": {"name": "R1", "site": 1}},
 {"model": "dcim.manufacturer", "pk": 1, "fields": {"name": "Juniper"}},
 {"model": "dcim.devicetype", "pk": 1, "fields": {"model": "MX80", "manufacturer": 1, "part_number": "PN-1"}},
 {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "Edge Router", "slug": "edge-router-x"}},
 {"model": "dcim.devicerole", "pk": 2, "fields": {"name": "Weird", "slug": "weird"}},
 {"model": "dcim.device", "pk": 1, "fields": {"name": "r1", "role": 1, "device_type": 1, "site": 1, "location": 1, "rack": 1, "position": "4.0", "face": "front", "tenant": 1, "status": "active", "serial": "S1", "primary_ip4": 2, "cluster": 1, "custom_field_data": {"grade": "A", "none": null}}},
 {"model": "dcim.device", "pk": 2, "fields": {"name": null, "role": 2, "device_type": 1, "site": 1, "status": "offline"}},
 {"model": "dcim.device", "pk": 3, "fields": {"name": "blade", "role": 1, "device_type": 1, "site": 1, "status": "decommissioning"}},
 {"model": "dcim.devicebay", "pk": 1, "fields": {"device": 2, "installed_device": 3}},
 {"model": "dcim.interface", "pk": 1, "fields": {"device": 1, "name": "ge0", "mac_address": "AA:BB:CC:00:11:22"}},
 {"model": "dcim.interface", "pk": 2, "fields": {"device": 2, "name": "ge0"}},
 {"model": "dcim.interface", "pk": 3, "fields": {"device": 1, "name": "ge1"}},
 {"model": "dcim.interface", "pk": 4, "fields": {"device": 2, "name": "ge1"}},
 {"model": "dcim.rearport", "pk": 1, "fields": {"device": 2, "name": "rp"}},
 {"model": "dcim.powerport", "pk": 1, "fields": {"device": 1, "name": "psu"}},
 {"model": "dcim.powerport", "pk": 2, "fields": {"device": 2, "name": "psu"}},
 {"model": "dcim.poweroutlet", "pk": 1, "fields": {"device": 2, "name": "out"}},
 {"model": "dcim.powerpanel", "pk": 1, "fields": {"name": "P1", "site": 1}},
 {"model": "dcim.powerfeed", "pk": 1, "fields": {"name": "F1", "power_panel": 1, "status": "active"}},
 {"model": "ipam.ipaddress", "pk": 1, "fields": {"address": "192.0.2.1/24", "assigned_object_type": ["dcim", "interface"], "assigned_object_id": 1, "dns_name": "R1.example.net"}},
 {"model": "ipam.ipaddress", "pk": 2, "fields": {"address": "192.0.2.2/24", "assigned_object_type": ["dcim", "interface"], "assigned_object_id": 3, "dns_name": ""}},
 {"model": "ipam.ipaddress", "pk": 3, "fields": {"address": "192.0.2.3/24", "assigned_object_type": null, "assigned_object_id": null}},
 {"model": "virtualization.cluster", "pk": 1, "fields": {"name": "C1"}},
 {"model": "virtualization.virtualmachine", "pk": 1, "fields": {"name": "vm1", "cluster": 1, "status": "planned", "vcpus": 4}},
 {"model": "circuits.provider", "pk": 1, "fields": {"name": "Carrier"}},
 {"model": "circuits.circuit", "pk": 1, "fields": {"cid": "X-1", "provider": 1, "status": "active"}},
 {"model": "circuits.circuittermination", "pk": 1, "fields": {"circuit": 1, "term_side": "A", "site": 1}},
 {"model": "ipam.prefix", "pk": 1, "fields": {"prefix": "192.0.2.0/24", "status": "container"}},
 {"model": "ipam.asn", "pk": 1, "fields": {"asn": 64500}},
 {"model": "dcim.cable", "pk": 1, "fields": {"type": "smf", "label": ""}},
 {"model": "dcim.cable", "pk": 2, "fields": {}}, {"model": "dcim.cable", "pk": 3, "fields": {}}, {"model": "dcim.cable", "pk": 4, "fields": {}},
 {"model": "dcim.cable", "pk": 5, "fields": {}}, {"model": "dcim.cable", "pk": 6, "fields": {}},
 {"model": "dcim.cabletermination", "pk": 1, "fields": {"cable": 1, "cable_end": "A", "termination_type": ["dcim", "interface"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 2, "fields": {"cable": 1, "cable_end": "B", "termination_type": ["dcim", "interface"], "termination_id": 2}},
 {"model": "dcim.cabletermination", "pk": 3, "fields": {"cable": 2, "cable_end": "A", "termination_type": ["dcim", "interface"], "termination_id": 4}},
 {"model": "dcim.cabletermination", "pk": 4, "fields": {"cable": 2, "cable_end": "B", "termination_type": ["dcim", "interface"], "termination_id": 3}},
 {"model": "dcim.cabletermination", "pk": 5, "fields": {"cable": 3, "cable_end": "A", "termination_type": ["dcim", "poweroutlet"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 6, "fields": {"cable": 3, "cable_end": "B", "termination_type": ["dcim", "powerport"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 7, "fields": {"cable": 4, "cable_end": "A", "termination_type": ["dcim", "powerport"], "termination_id": 2}},
 {"model": "dcim.cabletermination", "pk": 8, "fields": {"cable": 4, "cable_end": "B", "termination_type": ["dcim", "powerfeed"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 9, "fields": {"cable": 5, "cable_end": "A", "termination_type": ["circuits", "circuittermination"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 10, "fields": {"cable": 5, "cable_end": "B", "termination_type": ["dcim", "rearport"], "termination_id": 1}},
 {"model": "dcim.cabletermination", "pk": 11, "fields": {"cable": 6, "cable_end": "A", "termination_type": ["dcim", "interface"], "termination_id": 1}},
 {"model": "plugin.thing", "pk": 1, "fields": {}},
 {"model": "dcim.device", "fields": {"name": "no key"}},
 {"pk": 3}, null
]"#;

#[test]
fn devices_get_name_type_place_people_and_addresses() {
    let taken = take(Format::Netbox, DUMP);
    let asset = taken.asset("dcim.device:1");
    assert_eq!((asset.display_name.as_str(), asset.r#type.as_str(), asset.owner.as_str()), ("r1", "router", "Core"));
    assert_eq!((asset.vendor.as_str(), asset.model.as_str(), asset.serial_number.as_str()), ("Juniper", "MX80", "S1"));
    assert_eq!(asset.location, "Row 1, rack R1, U4 front");
    assert_eq!(asset.custodian, "Head of NOC", "the function of the primary contact");
    assert!(!format!("{:?}", taken.items).contains("Jane Doe"), "names of persons are not copied");
    assert_eq!((asset.attributes["tags"].as_str(), asset.attributes["custom.grade"].as_str()), ("Gold", "A"));
    assert_eq!((asset.attributes["part_number"].as_str(), asset.attributes["role"].as_str()), ("PN-1", "Edge Router"));
    let identifiers: Vec<(Kind, &str)> =
        asset.network_identifiers.iter().map(|id| (id.kind(), id.value.as_str())).collect();
    let expected = [
        (Kind::Ip, "192.0.2.2"),
        (Kind::Ip, "192.0.2.1"),
        (Kind::Fqdn, "r1.example.net"),
        (Kind::Mac, "aa:bb:cc:00:11:22"),
    ];
    assert_eq!(identifiers, expected, "the primary address comes first");
    let unnamed = taken.asset("dcim.device:2");
    assert_eq!((unnamed.display_name.as_str(), unnamed.r#type.as_str()), ("weird-MX80-2", "hardware"));
    assert!(taken.report.warnings.iter().any(|warning| warning.contains("`weird`")));
}

#[test]
fn sites_carry_region_position_and_type() {
    let taken = take(Format::Netbox, DUMP);
    assert_eq!(taken.sites().len(), 1);
    let site = taken.sites()[0].site.clone().expect("a site");
    assert_eq!(
        (site.display_name.as_str(), site.region.as_str(), site.owner_party.as_str()),
        ("Berlin", "Europe / Germany", "Core")
    );
    assert_eq!((site.r#type.as_str(), site.address.as_str()), ("user-premises", "Street 1 Berlin"));
    assert_eq!(site.position.map(|point| (point.latitude, point.longitude)), Some((52.5, 13.4)));
    let stands = |id: &str| {
        taken.assets().into_iter().find(|record| record.external_id == id).map(|record| record.site_external_id.clone())
    };
    assert_eq!(stands("dcim.powerfeed:1").as_deref(), Some("dcim.site:1"), "a feed stands where its panel does");
}

#[test]
fn states_are_proposed_by_the_table() {
    let taken = take(Format::Netbox, DUMP);
    let state = |id: &str| taken.asset(id).state();
    assert_eq!(state("dcim.device:1"), State::InService);
    assert_eq!(state("dcim.device:2"), State::InService);
    assert_eq!(taken.asset("dcim.device:2").attributes["oper_state"], "offline");
    assert_eq!(state("dcim.device:3"), State::Retired);
    assert_eq!(taken.asset("dcim.device:3").attributes["change_proposed"], "DISPOSE");
    assert_eq!(state("virtualization.virtualmachine:1"), State::Identified);
    assert_eq!(taken.asset("ipam.prefix:1").attributes["netbox_status"], "container");
}

#[test]
fn dependencies_follow_stacks_cables_and_bays() {
    let taken = take(Format::Netbox, DUMP);
    let expected = [
        "virtualization.virtualmachine:1 runs-on virtualization.cluster:1",
        "virtualization.cluster:1 runs-on dcim.device:1",
        "dcim.powerfeed:1 powered-by dcim.powerpanel:1",
        "dcim.device:3 part-of dcim.device:2",
        "dcim.device:1 adjacent dcim.device:2",
        "dcim.device:1 powered-by dcim.device:2",
        "dcim.device:2 powered-by dcim.powerfeed:1",
        "dcim.device:2 carried-by circuits.circuit:1",
    ];
    assert_eq!(taken.edges(), expected);
    assert!(
        taken
            .report
            .warnings
            .iter()
            .any(|warning| warning.starts_with("of 6 cables 4 became dependencies, 1 repeat one, 1 became none"))
    );
    assert_eq!(taken.report.not_imported["dcim.cable, repeated"].count, 1);
    assert_eq!(taken.report.not_imported["dcim.cable, loose"].count, 1);
}

#[test]
fn what_is_left_out_is_told_with_the_reason() {
    let taken = take(Format::Netbox, DUMP);
    assert_eq!(taken.report.not_imported["ipam.ipaddress, assigned"].count, 2);
    assert_eq!(taken.report.not_imported["ipam.ipaddress, unassigned"].count, 1);
    assert!(taken.report.not_imported["plugin.thing"].why.contains("no table"));
    let rejected: Vec<(&str, &str)> =
        taken.report.rejected.iter().map(|r| (r.origin.as_str(), r.field.as_str())).collect();
    assert_eq!(rejected.len(), 3, "{rejected:?}");
    accounted(&taken);
}

/// Every object is an item, left out with a reason, or rejected; cables count by the warning.
fn accounted(taken: &Taken) {
    let objects: u64 = taken.report.objects.values().sum();
    let left: u64 = taken.report.not_imported.values().map(|entry| entry.count).sum();
    let cables: BTreeSet<&str> =
        taken.items.iter().filter(|i| i.source_kind == "dcim.cable").map(|i| i.origin.as_str()).collect();
    let things = (taken.sites().len() + taken.assets().len() + taken.report.rejected.len() + cables.len()) as u64;
    assert_eq!(objects, left + things, "{:#?}", taken.report);
}

/// Counts a dump without this crate.
fn counts(dump: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for object in dump.as_array().expect("a list") {
        *counts.entry(object["model"].as_str().expect("a model").to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn the_demo_dump_gives_the_counts_of_its_own_json() {
    let Some(bytes) = shared("inventory/netbox-demo-v3.6.json") else { return };
    let dump: Value = serde_json::from_slice(&bytes).expect("JSON");
    let counts = counts(&dump);
    let taken = attempt(Format::Netbox, &bytes, &Settings::default()).expect("readable");
    assert!(taken.report.rejected.is_empty(), "{:?}", taken.report.rejected);
    assert_eq!(taken.report.objects, counts);
    let of = |model: &str| {
        taken.assets().iter().filter(|record| record.external_id.starts_with(&format!("{model}:"))).count() as u64
    };
    for (model, oracle) in [
        ("dcim.device", 72),
        ("virtualization.virtualmachine", 180),
        ("virtualization.cluster", 32),
        ("circuits.circuit", 29),
        ("ipam.prefix", 90),
        ("ipam.asn", 5),
        ("ipam.iprange", 4),
        ("ipam.aggregate", 4),
        ("ipam.vrf", 6),
        ("ipam.vlan", 63),
        ("dcim.powerpanel", 4),
        ("dcim.powerfeed", 48),
    ] {
        assert_eq!((of(model), counts[model]), (oracle, oracle), "{model}");
    }
    assert_eq!((taken.sites().len() as u64, counts["dcim.site"]), (24, 24));
    accounted(&taken);
    let containers = taken
        .assets()
        .iter()
        .filter(|r| r.asset.as_ref().and_then(|a| a.attributes.get("netbox_status")).is_some_and(|s| s == "container"))
        .count();
    assert_eq!(containers, 21);
    let unnamed: Vec<&Value> = dump
        .as_array()
        .expect("a list")
        .iter()
        .filter(|o| o["model"] == "dcim.device" && o["fields"]["name"].as_str().is_none_or(str::is_empty))
        .collect();
    assert_eq!(unnamed.len(), 22);
    for device in unnamed {
        let name = &taken.asset(&format!("dcim.device:{}", device["pk"])).display_name;
        assert!(name.ends_with(&format!("-{}", device["pk"])), "{name}");
    }
    assert!(!format!("{:?}", taken.items).contains("Michael Scott"), "names of persons are not copied");
    println!("{:#?}", taken.report.warnings);
}

#[test]
fn the_cables_of_the_demo_dump_become_the_edges_its_json_has() {
    let Some(bytes) = shared("inventory/netbox-demo-v3.6.json") else { return };
    let dump: Value = serde_json::from_slice(&bytes).expect("JSON");
    // Followed without this crate: the two assets at the ends of each cable, whatever the order.
    let objects = dump.as_array().expect("a list");
    let by_key: BTreeMap<(String, String), &Value> = objects
        .iter()
        .map(|o| ((o["model"].as_str().unwrap_or_default().to_owned(), o["pk"].to_string()), &o["fields"]))
        .collect();
    let mut ends: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for end in objects.iter().filter(|o| o["model"] == "dcim.cabletermination").map(|o| &o["fields"]) {
        let model = format!(
            "{}.{}",
            end["termination_type"][0].as_str().expect("an app"),
            end["termination_type"][1].as_str().expect("a model")
        );
        let port = by_key[&(model, end["termination_id"].to_string())];
        let asset = if port["device"].is_null() {
            format!("circuits.circuit:{}", port["circuit"])
        } else {
            format!("dcim.device:{}", port["device"])
        };
        ends.entry(end["cable"].to_string()).or_default().insert(asset);
    }
    assert_eq!(ends.len(), 108);
    let expected: BTreeSet<BTreeSet<String>> = ends.into_values().filter(|pair| pair.len() == 2).collect();
    let taken = attempt(Format::Netbox, &bytes, &Settings::default()).expect("readable");
    let found: BTreeSet<BTreeSet<String>> = taken
        .items
        .iter()
        .zip(taken.items.iter().map(|item| &item.record))
        .filter(|(item, _)| item.source_kind == "dcim.cable")
        .filter_map(|(_, record)| match record {
            wire::assets::v1::import_item::Record::Dependency(edge) => {
                Some(BTreeSet::from([edge.dependent_external_id.clone(), edge.supporting_external_id.clone()]))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_default_type_holds_for_devices_whose_role_tells_nothing_and_for_no_others() {
    let settings = Settings { default_type: "cpe".to_owned(), ..Settings::default() };
    let taken = attempt(Format::Netbox, DUMP.as_bytes(), &settings).expect("readable");
    let kinds = ["dcim.device:1", "dcim.device:2", "circuits.circuit:1"].map(|id| taken.asset(id).r#type.as_str());
    assert_eq!(kinds, ["router", "cpe", "circuit"]);
}

#[test]
fn a_file_that_is_no_dump_is_rejected_object_by_object() {
    let taken = take(Format::Netbox, r#"[{"id": "r1", "@type": "Router"}, {"id": "r2"}]"#);
    assert!(taken.items.is_empty());
    assert_eq!(taken.report.rejected.len(), 2);
    assert!(taken.report.rejected[0].message.contains("is it a NetBox dump"));
}
