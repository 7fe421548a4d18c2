//! NetBox dumps: counts and edges of the demo dump told by its own JSON, without this crate, and what no demo has by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

use super::{Taken, attempt, shared};
use crate::{Format, IntakeError, Settings};

fn take(dump: &Value) -> Taken {
    attempt(Format::Netbox, dump.to_string().as_bytes(), &Settings::default()).expect("the dump can be read")
}

#[expect(clippy::needless_pass_by_value, reason = "it reads better with `json!`")]
fn object(model: &str, pk: u64, fields: Value) -> Value {
    json!({"model": model, "pk": pk, "fields": fields})
}

/// One end of a cable: `("dcim", "interface", 7)`.
fn end(cable: u64, side: &str, at: (&str, &str, u64)) -> Value {
    let fields = json!({"cable": cable, "cable_end": side, "termination_type": [at.0, at.1], "termination_id": at.2});
    object("dcim.cabletermination", cable * 10 + u64::from(side == "B"), fields)
}

struct Demo {
    taken: Taken,
    objects: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Demo {
    fn read() -> Option<Self> {
        let bytes = shared("inventory/netbox-demo-v3.6.json")?;
        let plain: Vec<Value> = serde_json::from_slice(&bytes).expect("JSON");
        let mut objects: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for (index, one) in plain.into_iter().enumerate() {
            let key = if one["pk"].is_null() { format!("none {index}") } else { one["pk"].to_string() };
            let model = one["model"].as_str().expect("a model").to_owned();
            objects.entry(model).or_default().insert(key, one["fields"].clone());
        }
        let taken = attempt(Format::Netbox, &bytes, &Settings::default()).expect("the dump can be read");
        Some(Self { taken, objects })
    }

    fn count(&self, model: &str) -> usize {
        self.objects[model].len()
    }

    /// The asset a port belongs to.
    fn whole(&self, model: &str, key: &str) -> String {
        let port = &self.objects[model][key];
        match model {
            "circuits.circuittermination" => format!("circuits.circuit:{}", port["circuit"]),
            _ => format!("dcim.device:{}", port["device"]),
        }
    }

    /// The ports at both ends of every cable, as `(model, key)`.
    fn cables(&self) -> Vec<[(String, String); 2]> {
        let mut ends: BTreeMap<String, BTreeMap<&str, (String, String)>> = BTreeMap::new();
        for end in self.objects["dcim.cabletermination"].values() {
            let kind = &end["termination_type"];
            let model = format!("{}.{}", kind[0].as_str().expect("an app"), kind[1].as_str().expect("a model"));
            let side = end["cable_end"].as_str().expect("a side");
            ends.entry(end["cable"].to_string()).or_default().insert(side, (model, end["termination_id"].to_string()));
        }
        ends.into_values().map(|both| [both["A"].clone(), both["B"].clone()]).collect()
    }

    fn pairs(&self, kind: &str, source: &str) -> BTreeSet<(String, String)> {
        let found = self.taken.items.iter().filter(|item| item.source_kind == source);
        found
            .filter_map(|item| match &item.record {
                wire::assets::v1::import_item::Record::Dependency(edge) if edge.kind == kind => {
                    Some((edge.dependent_external_id.clone(), edge.supporting_external_id.clone()))
                }
                _ => None,
            })
            .collect()
    }
}

#[test]
fn the_demo_dump_gives_as_many_assets_and_sites_as_it_has_objects() {
    let Some(demo) = Demo::read() else { return };
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    for record in demo.taken.assets() {
        *given.entry(record.external_id.split(':').next().expect("a model")).or_default() += 1;
    }
    let models = [
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
    ];
    for (model, known) in models {
        assert_eq!((given[model], demo.count(model)), (known, known), "{model}");
    }
    assert_eq!(given.len(), models.len());
    assert_eq!((demo.taken.sites().len(), demo.count("dcim.site")), (24, 24));
    assert!(demo.taken.report.rejected.is_empty(), "{:?}", demo.taken.report.rejected);
}

#[test]
fn every_object_of_the_demo_dump_is_accounted_for_once() {
    let Some(demo) = Demo::read() else { return };
    let report = &demo.taken.report;
    for (model, objects) in &demo.objects {
        assert_eq!(report.objects[model], objects.len() as u64, "{model}");
        // Of one object several dependencies can come, and an asset its dependencies too.
        let origins: BTreeSet<&str> =
            demo.taken.items.iter().filter(|i| i.source_kind == *model).map(|i| i.origin.as_str()).collect();
        let left = report.not_imported.get(model).map_or(0, |entry| entry.count);
        if model == "dcim.cable" {
            // A cable that repeats another one may still begin a path that says something new.
            assert!(origins.len() as u64 + left >= objects.len() as u64);
            continue;
        }
        assert_eq!(origins.len() as u64 + left, objects.len() as u64, "{model}");
    }
    assert!(report.not_imported.values().all(|entry| !entry.why.is_empty()));
}

#[test]
fn devices_of_the_demo_dump_without_a_name_are_called_by_role_type_and_key() {
    let Some(demo) = Demo::read() else { return };
    let mut unnamed = 0;
    for (key, device) in &demo.objects["dcim.device"] {
        let name = &demo.taken.asset(&format!("dcim.device:{key}")).display_name;
        let (role, kind) = (device["role"].to_string(), device["device_type"].to_string());
        match device["name"].as_str() {
            Some(own) => assert_eq!(name, own),
            None => {
                let role = demo.objects["dcim.devicerole"][&role]["slug"].as_str().expect("a slug");
                let kind = demo.objects["dcim.devicetype"][&kind]["model"].as_str().expect("a model");
                assert_eq!(*name, format!("{role}-{kind}-{key}"));
                unnamed += 1;
            }
        }
    }
    assert_eq!(unnamed, 22);
}

#[test]
fn machines_and_feeds_of_the_demo_dump_depend_on_what_their_fields_say() {
    let Some(demo) = Demo::read() else { return };
    let expected = |model: &str, field: &str, other: &str| -> BTreeSet<(String, String)> {
        let all = demo.objects[model].iter().filter(|(_, fields)| !fields[field].is_null());
        all.map(|(key, fields)| (format!("{model}:{key}"), format!("{other}:{}", fields[field]))).collect()
    };
    let machines = expected("virtualization.virtualmachine", "cluster", "virtualization.cluster");
    assert_eq!(machines.len(), 180);
    assert_eq!(demo.pairs("runs-on", "virtualization.virtualmachine"), machines);
    let feeds = expected("dcim.powerfeed", "power_panel", "dcim.powerpanel");
    assert_eq!(feeds.len(), 48);
    assert_eq!(demo.pairs("powered-by", "dcim.powerfeed"), feeds);
}

#[test]
fn cables_of_the_demo_dump_become_dependencies_by_what_they_are_plugged_into() {
    let Some(demo) = Demo::read() else { return };
    let (mut power, mut circuits, mut adjacent) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for [(a, a_key), (b, b_key)] in demo.cables() {
        let (one, other) = (demo.whole(&a, &a_key), demo.whole(&b, &b_key));
        match (a.as_str(), b.as_str()) {
            ("dcim.powerport", "dcim.poweroutlet") => power.insert((one, other)),
            ("circuits.circuittermination", _) => circuits.insert((other, one)),
            _ => adjacent.insert(if one < other { (one, other) } else { (other, one) }),
        };
    }
    // NetBox has traced the paths through patch panels itself: interface, cable, front port, rear port, cable, circuit end.
    let traced = demo.objects["dcim.cablepath"].values().filter_map(|path| {
        let nodes = path["path"].as_array().expect("nodes");
        let key = |index: usize| Some(nodes.get(index)?[0].as_str()?.split_once(':')?.1.to_owned());
        (nodes.len() > 6).then(|| {
            let (interface, circuit) = (key(0).expect("a start"), key(5).expect("a circuit end"));
            (demo.whole("dcim.interface", &interface), demo.whole("circuits.circuittermination", &circuit))
        })
    });
    let before = circuits.len();
    circuits.extend(traced);
    assert!(before > 0 && circuits.len() > before && !power.is_empty() && !adjacent.is_empty());
    assert_eq!(demo.pairs("powered-by", "dcim.cable"), power);
    assert_eq!(demo.pairs("carried-by", "dcim.cable"), circuits);
    let found: BTreeSet<_> = demo.pairs("adjacent", "dcim.cable").into_iter().collect();
    let sorted: BTreeSet<_> = found.into_iter().map(|(a, b)| if a < b { (a, b) } else { (b, a) }).collect();
    assert_eq!(sorted, adjacent);
}

#[test]
fn owners_of_the_demo_dump_are_tenants_and_no_person_is_copied() {
    let Some(demo) = Demo::read() else { return };
    for (key, device) in &demo.objects["dcim.device"] {
        let tenant = demo.objects["tenancy.tenant"].get(&device["tenant"].to_string());
        let expected = tenant.and_then(|tenant| tenant["name"].as_str()).unwrap_or_default();
        assert_eq!(demo.taken.asset(&format!("dcim.device:{key}")).owner, expected);
    }
    let all = format!("{:?}", demo.taken.items);
    for contact in demo.objects["tenancy.contact"].values() {
        for field in ["name", "phone", "email"] {
            assert!(!all.contains(contact[field].as_str().expect("a text")), "{contact}");
        }
    }
}

/// A little of everything the demo has none of.
fn little() -> Value {
    let mut dump = vec![
        object("dcim.sitegroup", 1, json!({"name": "Data Centers", "slug": "data-center", "parent": null})),
        object("dcim.region", 1, json!({"name": "Europe", "parent": null})),
        object("dcim.region", 2, json!({"name": "Berlin", "parent": 1})),
        object(
            "dcim.site",
            1,
            json!({"name": "B1", "group": 1, "region": 2, "status": "active", "tenant": 1, "latitude": "52.500000", "longitude": "13.400000", "physical_address": "Street 1"}),
        ),
        object("tenancy.tenant", 1, json!({"name": "Core"})),
        object("tenancy.contactrole", 1, json!({"slug": "operational", "name": "Operational"})),
        object("tenancy.contact", 4, json!({"name": "Jane Doe"})),
        object(
            "tenancy.contactassignment",
            1,
            json!({"object_type": "dcim.device", "object_id": 1, "contact": 4, "role": 1}),
        ),
        object("extras.tag", 1, json!({"name": "Gold", "slug": "gold"})),
        object("extras.taggeditem", 1, json!({"content_type": ["dcim", "device"], "object_id": 1, "tag": 1})),
        object("dcim.rack", 1, json!({"name": "R1", "site": 1, "location": 1})),
        object("dcim.location", 1, json!({"name": "Hall", "site": 1, "parent": null})),
        object("dcim.manufacturer", 1, json!({"name": "Juniper"})),
        object("dcim.devicetype", 1, json!({"model": "MX80", "manufacturer": 1})),
        object("dcim.devicerole", 1, json!({"name": "Spine Switch", "slug": "spine-switch"})),
        object("dcim.devicerole", 2, json!({"name": "Curiosity", "slug": "curiosity"})),
        object(
            "dcim.device",
            1,
            json!({"name": "one", "role": 1, "device_type": 1, "site": 1, "rack": 1, "position": "4.0", "face": "front", "tenant": 1, "status": "offline", "serial": "S1", "primary_ip4": 2, "cluster": 1, "custom_field_data": {"confidentiality": 3, "legal_tags": ["traffic-data"], "end_of_life": "2031-12-31", "colour": "red", "none": null}}),
        ),
        object(
            "dcim.device",
            2,
            json!({"name": null, "device_role": 2, "device_type": 1, "site": 99, "status": "inventory"}),
        ),
        object("dcim.device", 3, json!({"name": "blade", "role": 1, "status": "decommissioning"})),
        object("dcim.devicebay", 1, json!({"device": 1, "installed_device": 3})),
        object("dcim.devicebay", 2, json!({"device": 1, "installed_device": null})),
        object("virtualization.cluster", 1, json!({"name": "c", "scope_type": ["dcim", "site"], "scope_id": 1})),
        object("virtualization.virtualmachine", 1, json!({"name": "vm", "cluster": 1, "status": "planned"})),
        object("virtualization.vminterface", 1, json!({"virtual_machine": 1})),
        object("dcim.powerpanel", 1, json!({"name": "p", "site": 1})),
        object("dcim.powerfeed", 1, json!({"name": "f", "power_panel": 1, "status": "active"})),
        object("circuits.circuit", 1, json!({"cid": "K", "status": "provisioning"})),
        object("circuits.circuittermination", 1, json!({"circuit": 1, "site": 1})),
        object(
            "ipam.iprange",
            1,
            json!({"start_address": "192.0.2.0/24", "end_address": "192.0.2.4/24", "status": "active"}),
        ),
        object("plugin.thing", 1, json!({})),
    ];
    for (key, device) in [(1, 1), (2, 1), (3, 2), (4, 3)] {
        dump.push(object("dcim.interface", key, json!({"device": device, "mac_address": null})));
        dump.push(object("dcim.powerport", key, json!({"device": device, "allocated_draw": 150, "maximum_draw": 400})));
        dump.push(object("dcim.poweroutlet", key, json!({"device": device})));
    }
    for (key, on, name) in [(1, 1, "One.example.net"), (2, 2, ""), (3, 0, "")] {
        let kind = if on == 0 { Value::Null } else { json!(["dcim", "interface"]) };
        let address = format!("192.0.2.{key}/24");
        dump.push(object(
            "ipam.ipaddress",
            key,
            json!({"address": address, "assigned_object_type": kind, "assigned_object_id": on, "dns_name": name}),
        ));
    }
    dump.push(object("dcim.macaddress", 1, json!({"mac_address": "AA:BB:CC:00:11:22", "assigned_object_type": ["virtualization", "vminterface"], "assigned_object_id": 1})));
    let interface = |key| ("dcim", "interface", key);
    let cables = [
        (1, interface(1), interface(3)),
        (2, interface(3), interface(2)),
        (3, interface(1), interface(2)),
        (4, ("dcim", "powerfeed", 1), ("dcim", "powerport", 1)),
        (5, ("dcim", "powerport", 3), ("dcim", "poweroutlet", 1)),
        (6, interface(4), ("circuits", "circuittermination", 1)),
        (7, interface(4), ("wireless", "thing", 1)),
        (8, interface(4), interface(1)),
    ];
    for (key, a, b) in cables {
        dump.push(object("dcim.cable", key, json!({"status": if key == 8 { "planned" } else { "connected" }})));
        dump.extend([end(key, "A", a), end(key, "B", b)]);
    }
    Value::Array(dump)
}

#[test]
fn a_device_gets_everything_that_is_kept_around_it() {
    let taken = take(&little());
    let asset = taken.asset("dcim.device:1");
    assert_eq!((asset.r#type.as_str(), asset.owner.as_str()), ("switch", "Core"), "the last word of the role tells");
    assert_eq!((asset.vendor.as_str(), asset.model.as_str(), asset.serial_number.as_str()), ("Juniper", "MX80", "S1"));
    assert_eq!((asset.location.as_str(), asset.power_watts), ("Hall, rack R1, U 4.0 front", 300.0));
    assert_eq!((asset.confidentiality, asset.legal_tags.as_slice()), (3, ["traffic-data".to_owned()].as_slice()));
    assert_eq!(asset.end_of_life_time.map(|time| time.seconds), Some(1_956_441_600));
    assert_eq!((asset.labels["tag.gold"].as_str(), asset.attributes["custom.colour"].as_str()), ("Gold", "red"));
    assert_eq!(asset.custodian, "contact 4", "persons are referred to, not copied");
    let found: Vec<(Kind, &str)> = asset.network_identifiers.iter().map(|i| (i.kind(), i.value.as_str())).collect();
    let expected = [(Kind::Ip, "192.0.2.2"), (Kind::Ip, "192.0.2.1"), (Kind::Fqdn, "one.example.net")];
    assert_eq!(found, expected, "the primary address first");
    let machine = &taken.asset("virtualization.virtualmachine:1").network_identifiers;
    assert_eq!((machine[0].kind(), machine[0].value.as_str()), (Kind::Mac, "aa:bb:cc:00:11:22"));
    let range: Vec<&str> = taken.asset("ipam.iprange:1").network_identifiers.iter().map(|i| i.value.as_str()).collect();
    assert_eq!(range, ["192.0.2.0/30", "192.0.2.4/32"], "a range is the prefixes that make it up");
}

#[test]
fn sites_carry_type_region_and_position_and_things_stand_there() {
    let taken = take(&little());
    let site = taken.sites()[0].site.clone().expect("a site");
    assert_eq!((site.r#type.as_str(), site.region.as_str()), ("data-centre", "Europe / Berlin"));
    assert_eq!((site.owner_party.as_str(), site.address.as_str()), ("Core", "Street 1"));
    assert_eq!(site.position.map(|point| (point.latitude, point.longitude)), Some((52.5, 13.4)));
    let stands: Vec<(&str, &str)> =
        taken.assets().iter().map(|r| (r.external_id.as_str(), r.site_external_id.as_str())).collect();
    for id in ["dcim.device:1", "virtualization.cluster:1", "virtualization.virtualmachine:1", "dcim.powerfeed:1"] {
        assert!(stands.contains(&(id, "dcim.site:1")), "{id} stands at its own site or that of what it is in");
    }
    assert!(stands.contains(&("dcim.device:2", "")), "the site 99 is not in the dump");
    assert!(
        taken.report.warnings.iter().any(|warning| warning.contains("dcim.site") && warning.contains("dcim.device 2"))
    );
}

#[test]
fn statuses_propose_states() {
    let taken = take(&little());
    let cases = [
        ("dcim.device:1", State::InService),
        ("dcim.device:2", State::Registered),
        ("dcim.device:3", State::Retired),
        ("virtualization.virtualmachine:1", State::Identified),
        ("circuits.circuit:1", State::Identified),
        ("dcim.powerpanel:1", State::Unspecified),
    ];
    for (id, state) in cases {
        assert_eq!(taken.asset(id).state(), state, "{id}");
    }
    let unknown = taken.asset("dcim.device:2");
    assert_eq!((unknown.r#type.as_str(), unknown.display_name.as_str()), ("unclassified", "curiosity-MX80-2"));
    assert_eq!(unknown.attributes["source_type"], "Curiosity");
}

#[test]
fn dependencies_follow_hosts_power_bays_and_cables() {
    let taken = take(&little());
    let expected = [
        "virtualization.virtualmachine:1 runs-on virtualization.cluster:1",
        "virtualization.cluster:1 runs-on dcim.device:1",
        "dcim.powerfeed:1 powered-by dcim.powerpanel:1",
        "dcim.device:3 part-of dcim.device:1",
        "dcim.device:1 adjacent dcim.device:2",
        "dcim.device:1 powered-by dcim.powerfeed:1",
        "dcim.device:2 powered-by dcim.device:1",
        "dcim.device:3 carried-by circuits.circuit:1",
    ];
    assert_eq!(taken.edges(), expected);
    let cables = &taken.report.not_imported["dcim.cable"];
    assert_eq!(cables.count, 4, "the second between two devices, a patch in one device, an unknown end, a planned one");
    for why in ["earlier cable", "same asset", "no asset", "planned"] {
        assert!(cables.why.contains(why), "{why}: {}", cables.why);
    }
    assert_eq!(taken.report.not_imported["dcim.devicebay"].count, 1);
    assert_eq!(taken.report.not_imported["ipam.ipaddress"].count, 3);
    assert!(taken.report.not_imported["plugin.thing"].why.contains("does not know the model"));
}

#[test]
fn objects_that_cannot_be_found_again_are_rejected_by_place() {
    let dump = json!([
        object("dcim.device", 1, json!({"name": "a"})),
        object("dcim.device", 1, json!({"name": "b"})),
        {"model": "dcim.device", "fields": {"name": "c"}},
        {"model": "dcim.device", "pk": 4},
        {"pk": 5, "fields": {}},
        7
    ]);
    let taken = take(&dump);
    let origins: Vec<&str> = taken.report.rejected.iter().map(|rejected| rejected.origin.as_str()).collect();
    assert_eq!(taken.assets().len(), 1);
    assert_eq!(origins, ["$[1]", "$[3]", "$[4]", "$[5]", "dcim.device without pk"]);
    assert_eq!(taken.report.objects.values().sum::<u64>(), 6);
}

#[test]
fn json_of_another_kind_is_no_dump() {
    for text in [r#"{"cellList": []}"#, "[1, 2]", r#"[{"id": "r1", "@type": "Router"}]"#] {
        let error = attempt(Format::Netbox, text.as_bytes(), &Settings::default()).err().expect("no dump");
        assert!(matches!(error, IntakeError::Unexpected { .. }), "{text}: {error}");
        assert!(error.to_string().contains("model"), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn a_dump_with_holes_is_read_and_accounted_for(
        dropped in proptest::collection::btree_set(0_usize..200, 0..40),
        bent in proptest::collection::vec((0_usize..200, 0_usize..12, 0_usize..7), 0..40),
    ) {
        let odd = [json!(null), json!(-1), json!(1), json!("x"), json!(["dcim", "device"]), json!({"a": [1]}), json!(1e300)];
        let mut objects = little().as_array().cloned().expect("a list");
        for (object, field, value) in bent {
            let Some(fields) = objects.get_mut(object).and_then(|object| object["fields"].as_object_mut()) else { continue };
            if let Some((_, old)) = fields.iter_mut().nth(field) {
                *old = odd[value].clone();
            }
        }
        let mut index = 0;
        objects.retain(|_| { index += 1; !dropped.contains(&(index - 1)) });
        let taken = take(&Value::Array(objects.clone()));
        proptest::prop_assert_eq!(taken.report.objects.values().sum::<u64>(), objects.len() as u64);
        let assets = taken.assets().into_iter().map(|record| record.external_id.as_str()).collect::<BTreeSet<_>>();
        for edge in taken.dependencies() {
            let known = assets.contains(edge.dependent_external_id.as_str()) && assets.contains(edge.supporting_external_id.as_str());
            proptest::prop_assert!(known, "{:?} names an asset that was not handed over", edge);
        }
    }
}
