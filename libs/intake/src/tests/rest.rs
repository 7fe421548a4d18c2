//! Answers of the NetBox API: the demo dump written as the API would answer it must give the same items, and by hand what no demo has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Taken, attempt, shared};
use crate::{Format, IntakeError, Settings};

fn take(file: &Value) -> Taken {
    attempt(Format::Netbox, file.to_string().as_bytes(), &Settings::default()).expect("the answers can be read")
}

/// Whether a number of the dump is a key.
fn is(value: &Value, key: &str) -> bool {
    let told = value.to_string();
    told == key
}

/// Models and where the API answers them.
const ENDPOINTS: [(&str, &str); 40] = [
    ("dcim.region", "dcim/regions"),
    ("dcim.sitegroup", "dcim/site-groups"),
    ("dcim.site", "dcim/sites"),
    ("dcim.location", "dcim/locations"),
    ("dcim.rack", "dcim/racks"),
    ("dcim.manufacturer", "dcim/manufacturers"),
    ("dcim.devicetype", "dcim/device-types"),
    ("dcim.devicerole", "dcim/device-roles"),
    ("dcim.platform", "dcim/platforms"),
    ("dcim.virtualchassis", "dcim/virtual-chassis"),
    ("dcim.device", "dcim/devices"),
    ("dcim.interface", "dcim/interfaces"),
    ("dcim.frontport", "dcim/front-ports"),
    ("dcim.rearport", "dcim/rear-ports"),
    ("dcim.powerport", "dcim/power-ports"),
    ("dcim.poweroutlet", "dcim/power-outlets"),
    ("dcim.powerpanel", "dcim/power-panels"),
    ("dcim.powerfeed", "dcim/power-feeds"),
    ("dcim.devicebay", "dcim/device-bays"),
    ("dcim.cable", "dcim/cables"),
    ("virtualization.clustertype", "virtualization/cluster-types"),
    ("virtualization.clustergroup", "virtualization/cluster-groups"),
    ("virtualization.cluster", "virtualization/clusters"),
    ("virtualization.virtualmachine", "virtualization/virtual-machines"),
    ("virtualization.vminterface", "virtualization/interfaces"),
    ("circuits.provider", "circuits/providers"),
    ("circuits.providernetwork", "circuits/provider-networks"),
    ("circuits.circuittype", "circuits/circuit-types"),
    ("circuits.circuit", "circuits/circuits"),
    ("circuits.circuittermination", "circuits/circuit-terminations"),
    ("ipam.role", "ipam/roles"),
    ("ipam.rir", "ipam/rirs"),
    ("ipam.vlangroup", "ipam/vlan-groups"),
    ("ipam.vlan", "ipam/vlans"),
    ("ipam.vrf", "ipam/vrfs"),
    ("ipam.routetarget", "ipam/route-targets"),
    ("ipam.prefix", "ipam/prefixes"),
    ("ipam.ipaddress", "ipam/ip-addresses"),
    ("tenancy.tenant", "tenancy/tenants"),
    ("tenancy.contactassignment", "tenancy/contact-assignments"),
];

/// The model a field refers to.
fn target(model: &str, field: &str) -> Option<&'static str> {
    Some(match (model, field) {
        (_, "site") => "dcim.site",
        (_, "region") => "dcim.region",
        (_, "tenant") => "tenancy.tenant",
        (_, "location") => "dcim.location",
        (_, "rack") => "dcim.rack",
        (_, "device_type") => "dcim.devicetype",
        (_, "manufacturer") => "dcim.manufacturer",
        ("dcim.device" | "virtualization.virtualmachine", "role") => "dcim.devicerole",
        ("tenancy.contactassignment", "role") => "tenancy.contactrole",
        ("ipam.prefix" | "ipam.vlan", "role") => "ipam.role",
        (_, "platform") => "dcim.platform",
        (_, "cluster") => "virtualization.cluster",
        (_, "virtual_chassis") => "dcim.virtualchassis",
        (_, "provider") => "circuits.provider",
        (_, "provider_network") => "circuits.providernetwork",
        (_, "circuit") => "circuits.circuit",
        ("circuits.circuit", "termination_a" | "termination_z") => "circuits.circuittermination",
        ("circuits.circuit", "type") => "circuits.circuittype",
        ("virtualization.cluster", "type") => "virtualization.clustertype",
        ("virtualization.cluster", "group") => "virtualization.clustergroup",
        ("dcim.site", "group") => "dcim.sitegroup",
        ("ipam.vlan", "group") => "ipam.vlangroup",
        (_, "vrf") => "ipam.vrf",
        (_, "vlan") => "ipam.vlan",
        (_, "rir") => "ipam.rir",
        (_, "power_panel") => "dcim.powerpanel",
        (_, "device") => "dcim.device",
        (_, "virtual_machine") => "virtualization.virtualmachine",
        (_, "rear_port") => "dcim.rearport",
        (_, "contact") => "tenancy.contact",
        (_, "import_targets" | "export_targets") => "ipam.routetarget",
        ("dcim.region", "parent") => "dcim.region",
        ("dcim.sitegroup", "parent") => "dcim.sitegroup",
        _ => return None,
    })
}

/// A dump as the API answers it.
struct Api {
    objects: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Api {
    fn read() -> Option<Self> {
        let plain: Vec<Value> = serde_json::from_slice(&shared("inventory/netbox-demo-v3.6.json")?).expect("JSON");
        let mut objects: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for (index, one) in plain.into_iter().enumerate() {
            let key = if one["pk"].is_null() { format!("none {index}") } else { one["pk"].to_string() };
            objects
                .entry(one["model"].as_str().expect("a model").to_owned())
                .or_default()
                .insert(key, one["fields"].clone());
        }
        Some(Self { objects })
    }

    fn url(model: &str, key: &str) -> String {
        let endpoint =
            ENDPOINTS.iter().find(|(name, _)| *name == model).map_or("tenancy/contact-roles", |(_, endpoint)| endpoint);
        format!("https://netbox.example.net/base/api/{endpoint}/{key}/")
    }

    /// What stands inside of another object.
    fn nested(&self, model: &str, key: &Value) -> Value {
        if key.is_null() {
            return Value::Null;
        }
        let fields = &self.objects[model][&key.to_string()];
        let mut inner = Map::from_iter([
            ("id".to_owned(), key.clone()),
            ("url".to_owned(), json!(Self::url(model, &key.to_string()))),
        ]);
        for field in ["name", "slug", "cid", "address", "model"] {
            if fields[field].is_string() {
                inner.insert(field.to_owned(), fields[field].clone());
            }
        }
        for field in ["device", "circuit"] {
            if let Some(target) = target(model, field).filter(|_| !fields[field].is_null()) {
                inner.insert(field.to_owned(), self.nested(target, &fields[field]));
            }
        }
        Value::Object(inner)
    }

    fn object(&self, model: &str, key: &str) -> Value {
        let mut parts = Map::from_iter([
            ("id".to_owned(), key.parse::<u64>().map_or(json!(key), |key| json!(key))),
            ("url".to_owned(), json!(Self::url(model, key))),
            ("display".to_owned(), json!("shown")),
            ("device_count".to_owned(), json!(7)),
        ]);
        for (field, value) in self.objects[model][key].as_object().expect("fields") {
            let private = field.starts_with('_')
                || ["lft", "rght", "tree_id", "level", "cable", "cable_end"].contains(&field.as_str());
            let value = match (target(model, field), value) {
                _ if private => continue,
                (Some(target), Value::Array(keys)) => keys.iter().map(|key| self.nested(target, key)).collect(),
                (Some(target), key) => self.nested(target, key),
                (None, Value::Array(parts)) if field.ends_with("_type") => {
                    json!(format!("{}.{}", parts[0].as_str().expect("app"), parts[1].as_str().expect("model")))
                }
                (None, Value::String(word))
                    if ["status", "face", "airflow", "supply", "phase", "type", "feed_leg"]
                        .contains(&field.as_str()) =>
                {
                    if word.is_empty() {
                        Value::Null
                    } else {
                        json!({"value": word, "label": word.to_uppercase()})
                    }
                }
                (None, other) => other.clone(),
            };
            parts.insert(if field == "custom_field_data" { "custom_fields".to_owned() } else { field.clone() }, value);
        }
        if model == "dcim.cable" {
            for (side, name) in [("A", "a_terminations"), ("B", "b_terminations")] {
                let ends = self.objects["dcim.cabletermination"]
                    .values()
                    .filter(|end| is(&end["cable"], key) && end["cable_end"] == side);
                let ends: Vec<Value> = ends
                    .map(|end| {
                        let at = format!("{}.{}", end["termination_type"][0].as_str().expect("app"), end["termination_type"][1].as_str().expect("model"));
                        json!({"object_type": at, "object_id": end["termination_id"], "object": self.nested(&at, &end["termination_id"])})
                    })
                    .collect();
                parts.insert(name.to_owned(), json!(ends));
            }
        }
        let tagged = self.objects["extras.taggeditem"].values().filter(|item| {
            let of = format!(
                "{}.{}",
                item["content_type"][0].as_str().expect("app"),
                item["content_type"][1].as_str().expect("model")
            );
            of == model && is(&item["object_id"], key)
        });
        let tags: Vec<Value> = tagged
            .map(|item| {
                let tag = &self.objects["extras.tag"][&item["tag"].to_string()];
                json!({"id": item["tag"], "name": tag["name"], "slug": tag["slug"]})
            })
            .collect();
        parts.insert("tags".to_owned(), json!(tags));
        Value::Object(parts)
    }

    fn answer(&self, model: &str) -> Value {
        let results: Vec<Value> =
            self.objects.get(model).into_iter().flatten().map(|(key, _)| self.object(model, key)).collect();
        json!({"count": results.len(), "next": null, "previous": null, "results": results})
    }
}

#[test]
fn answers_of_the_api_give_the_same_items_as_the_dump() {
    let Some(api) = Api::read() else { return };
    let answers: Vec<Value> = ENDPOINTS.iter().map(|(model, _)| api.answer(model)).collect();
    let taken = take(&Value::Array(answers.clone()));
    assert!(taken.report.rejected.is_empty(), "{:?}", taken.report.rejected);
    let mut told = BTreeMap::new();
    for (model, _) in ENDPOINTS {
        told.insert(model, taken.report.objects.get(model).copied().unwrap_or_default());
        assert_eq!(told[model], api.objects.get(model).map_or(0, BTreeMap::len) as u64, "{model}");
    }
    assert_eq!((told["dcim.device"], told["dcim.site"], told["ipam.prefix"], told["dcim.cable"]), (72, 24, 90, 108));
    assert_eq!((told["virtualization.virtualmachine"], told["circuits.circuit"]), (180, 29));
    let containers = taken
        .assets()
        .iter()
        .filter(|r| r.external_id.starts_with("ipam.prefix:"))
        .filter_map(|r| r.asset.as_ref())
        .filter(|asset| asset.attributes["status"] == "container")
        .count();
    let devices = &api.objects["dcim.device"];
    let unnamed = devices.values().filter(|device| device["name"].is_null()).count();
    let serials =
        taken.assets().iter().filter_map(|r| r.asset.as_ref()).filter(|asset| !asset.serial_number.is_empty()).count();
    assert_eq!((containers, unnamed, serials), (21, 22, 0));
    let bytes = shared("inventory/netbox-demo-v3.6.json").expect("it was here a moment ago");
    let dump = attempt(Format::Netbox, &bytes, &Settings::default()).expect("the dump can be read");
    let answered: BTreeSet<&str> = ENDPOINTS.iter().map(|(model, _)| *model).collect();
    let own = |id: &&str| answered.contains(id.split(':').next().expect("a model"));
    let by_id = |taken: &Taken| -> BTreeMap<String, String> {
        let assets = taken.assets().into_iter().map(|record| (record.external_id.clone(), format!("{record:#?}")));
        let sites = taken.sites().into_iter().map(|record| (record.external_id.clone(), format!("{record:#?}")));
        assets.chain(sites).filter(|(id, _)| own(&id.as_str())).collect()
    };
    let (found, expected) = (by_id(&taken), by_id(&dump));
    assert_eq!(found.len(), 24 + 72 + 180 + 32 + 29 + 90 + 63 + 6 + 4 + 48);
    for (id, record) in &expected {
        assert_eq!(&found[id], record, "{id}");
    }
    assert_eq!(found.len(), expected.len());
    let edges = |taken: &Taken| taken.edges().into_iter().collect::<BTreeSet<_>>();
    assert_eq!(edges(&taken), edges(&dump));
    // One answer after the other, as files put together have them, is the same.
    let lines: Vec<String> = answers.iter().map(Value::to_string).collect();
    let joined = attempt(Format::Netbox, lines.join("\n").as_bytes(), &Settings::default()).expect("readable");
    assert_eq!(by_id(&joined), found);
}

fn device(key: u64, more: &Value) -> Value {
    let mut device = json!({"id": key, "url": format!("http://n/api/dcim/devices/{key}/"), "display": "x", "name": format!("d{key}"),
        "role": {"id": 1, "url": "http://n/api/dcim/device-roles/1/", "name": "Core Router", "slug": "core-router"},
        "device_type": {"id": 3, "url": "http://n/api/dcim/device-types/3/", "model": "MX9", "manufacturer": {"id": 4, "url": "http://n/api/dcim/manufacturers/4/", "name": "Acme"}},
        "site": {"id": 5, "url": "http://n/api/dcim/sites/5/", "name": "Hill", "slug": "hill"},
        "status": {"value": "active", "label": "Active"}});
    for (field, value) in more.as_object().expect("fields") {
        device[field] = value.clone();
    }
    device
}

#[test]
fn an_answer_of_one_endpoint_is_enough_for_names() {
    let taken = take(&json!({"count": 9, "next": "http://n/api/dcim/devices/?offset=2", "previous": null, "results": [
        device(1, &json!({"tenant": {"id": 6, "url": "http://n/api/tenancy/tenants/6/", "name": "Core"}, "serial": "S1", "interface_count": 3,
            "primary_ip4": {"id": 7, "url": "http://n/api/ipam/ip-addresses/7/", "family": 4, "address": "192.0.2.1/24"},
            "tags": [{"id": 1, "name": "Gold", "slug": "gold"}], "config_context": {"ntp": []},
            "custom_fields": {"confidentiality": 3, "shelf": {"id": 1, "display": "Shelf 1"}, "colour": {"value": "r", "label": "Red"}}})),
        device(2, &json!({"parent_device": {"id": 1, "url": "http://n/api/dcim/devices/1/", "name": "d1"},
            "cluster": {"id": 8, "url": "http://n/api/virtualization/clusters/8/", "name": "c"}})),
    ]}));
    let asset = taken.asset("dcim.device:1");
    assert_eq!((asset.r#type.as_str(), asset.vendor.as_str(), asset.model.as_str()), ("router", "Acme", "MX9"));
    assert_eq!(
        (asset.owner.as_str(), asset.confidentiality, asset.network_identifiers[0].value.as_str()),
        ("Core", 3, "192.0.2.1")
    );
    assert_eq!(asset.labels["tag.gold"], "Gold");
    let kept: Vec<(&str, &str)> = asset.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        kept,
        [("custom.colour", "Red"), ("custom.shelf", "Shelf 1"), ("role", "Core Router"), ("status", "active")]
    );
    let stands: Vec<&str> = taken.assets().iter().map(|record| record.site_external_id.as_str()).collect();
    assert_eq!(stands, ["dcim.site:5", "dcim.site:5"]);
    let sites: Vec<(&str, u64)> =
        taken.sites().iter().map(|r| (r.external_id.as_str(), taken.report.objects["dcim.site, named only"])).collect();
    assert_eq!(sites, [("dcim.site:5", 1)]);
    assert_eq!(taken.edges(), ["dcim.device:2 part-of dcim.device:1"], "the cluster is not in the file");
    for part in ["a page of 2 of 9", "named only", "add /api/dcim/sites/", "not in the file"] {
        let heard = taken.report.warnings.iter().any(|warning| warning.contains(part)) || part == "named only";
        assert!(heard, "{part}: {:?}", taken.report.warnings);
    }
    assert_eq!(taken.report.objects["dcim.device"], 2);
}

#[test]
fn cables_and_addresses_find_their_devices_inside_of_the_answer() {
    let port = |key: u64, device: u64| {
        json!({"object_type": "dcim.interface", "object_id": key, "object": {"id": key, "url": format!("http://n/api/dcim/interfaces/{key}/"),
            "device": {"id": device, "url": format!("http://n/api/dcim/devices/{device}/"), "name": "x"}, "name": "eth0", "cable": 1}})
    };
    let old = |key: u64, device: u64| port(key, device)["object"].clone();
    let taken = take(&json!([
        {"results": [device(1, &json!({})), device(2, &json!({})), device(3, &json!({}))]},
        {"count": 2, "results": [
            {"id": 1, "url": "http://n/api/dcim/cables/1/", "a_terminations": [port(11, 1)], "b_terminations": [port(12, 2)], "status": {"value": "connected", "label": "Connected"}},
            {"id": 2, "url": "http://n/api/dcim/cables/2/", "termination_a_type": "dcim.interface", "termination_a_id": 13, "termination_a": old(13, 2),
                "termination_b_type": "dcim.interface", "termination_b_id": 14, "termination_b": old(14, 3)}]},
        {"results": [{"id": 9, "url": "http://n/api/ipam/ip-addresses/9/", "address": "192.0.2.9/32", "assigned_object_type": "dcim.interface", "assigned_object_id": 11,
            "assigned_object": old(11, 1), "dns_name": "d1.example.net"}]},
    ]));
    assert_eq!(taken.edges(), ["dcim.device:1 adjacent dcim.device:2", "dcim.device:2 adjacent dcim.device:3"]);
    let found: Vec<&str> = taken.asset("dcim.device:1").network_identifiers.iter().map(|i| i.value.as_str()).collect();
    assert_eq!(found, ["192.0.2.9", "d1.example.net"]);
    assert!(!taken.report.objects.contains_key("dcim.cabletermination"), "they are no objects of the file");
    assert!(!taken.report.not_imported.contains_key("dcim.cabletermination"));
}

#[test]
fn bad_objects_of_an_answer_are_rejected_by_place_and_the_others_land() {
    let taken = take(&json!([
        {"count": 5, "results": [device(1, &json!({})), 7, device(1, &json!({})), {"id": 2, "url": "http://n/elsewhere/2"}, {"url": "http://n/api/dcim/devices/3/"}]},
        {"count": 1, "results": "none"},
        {"id": 4, "url": "http://n/api/plugins/fibre/splice-boxes/4/"},
        device(5, &json!({})),
        {"model": "dcim.device", "pk": 6, "fields": {"name": "of a dump"}},
        {"hello": 1},
    ]));
    let ids: Vec<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(ids, ["dcim.device:1", "dcim.device:5", "dcim.device:6"]);
    let found: Vec<&str> = taken.report.rejected.iter().map(|rejected| rejected.origin.as_str()).collect();
    assert_eq!(
        found,
        ["$[0].results[1]", "$[0].results[2]", "$[0].results[3]", "$[0].results[4]", "$[1].results", "$[5]"]
    );
    assert!(taken.report.not_imported["fibre.splicebox"].why.contains("does not know the model"));
}

#[test]
fn an_answer_is_read_one_object_at_a_time() {
    let filler = "x".repeat(1 << 20);
    let results: Vec<Value> = (0..18).map(|key| device(key, &json!({"comments": filler}))).collect();
    assert_eq!(take(&json!({"count": 18, "results": results})).assets().len(), 18, "18 MiB in one object");
    assert!(take(&json!({"count": 0, "next": null, "results": []})).items.is_empty());
    let error = attempt(Format::Netbox, b"{\"results\": [1, 2]}", &Settings::default()).err().expect("no answer");
    assert!(matches!(error, IntakeError::Unexpected { .. }), "{error}");
}
