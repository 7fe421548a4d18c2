use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::estate::{GROUNDS, families};

mod graph;
mod registers;

use graph::Graph;

const ASSET_TYPES: &str = include_str!("../../../services/assets/data/asset_types.toml");
const SITE_TYPES: &str = include_str!("../../../services/assets/data/site_types.toml");
const DEPENDENCY_KINDS: &str = include_str!("../../../services/assets/data/dependency_kinds.toml");

/// The bytes and the counts of an operator.
fn generate(seed: u64, scale: f64) -> (Vec<u8>, Counts) {
    let mut out = Vec::new();
    let counts = write_tmf639(Settings { seed, scale }, &mut out).unwrap();
    (out, counts)
}

/// The resources of an operator, read back.
fn read(seed: u64, scale: f64) -> (Vec<Value>, Counts) {
    let (out, counts) = generate(seed, scale);
    (serde_json::from_slice(&out).unwrap(), counts)
}

fn characteristic<'a>(resource: &'a Value, name: &str) -> Option<&'a Value> {
    let list = resource["resourceCharacteristic"].as_array().unwrap();
    list.iter().find(|one| one["name"] == name).map(|one| &one["value"])
}

fn asset_type(resource: &Value) -> &str {
    characteristic(resource, "assetType").and_then(Value::as_str).unwrap()
}

/// The value of `field` in every entry of the array `array` of a data file.
fn column(file: &str, array: &str, field: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(file).unwrap();
    table[array].as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
}

/// What fraction of `resources` is so.
fn fraction(resources: &[Value], is_so: impl Fn(&Value) -> bool) -> f64 {
    resources.iter().filter(|resource| is_so(resource)).count() as f64 / resources.len() as f64
}

#[test]
fn same_settings_same_bytes_other_seed_other_operator() {
    assert_eq!(generate(7, 1.0), generate(7, 1.0));
    assert_ne!(generate(7, 1.0).0, generate(8, 1.0).0);
}

#[test]
fn size_follows_the_scale() {
    for (scale, least, most) in [(0.01, 30, 60), (0.05, 80, 180), (1.0, 1_800, 2_200), (10.0, 19_000, 21_000)] {
        let counts = generate(1, scale).1;
        assert!((least..=most).contains(&counts.assets), "scale {scale}: {} assets", counts.assets);
        let mean = counts.dependencies as f64 / counts.assets as f64;
        assert!(scale < 1.0 || (2.7..3.3).contains(&mean), "scale {scale}: {mean} dependencies per asset");
    }
}

#[test]
fn scale_500_is_a_million_assets_and_three_million_dependencies() {
    let layout = Layout::new(1, 500.0);
    let assets: u64 = layout.members.iter().map(|members| members.count).sum();
    assert!((950_000..1_050_000).contains(&assets), "{assets} assets");
    let (mut sampled, mut dependencies, mut needs) = (0_u64, 0_u64, Vec::new());
    for (at, members) in layout.members.iter().enumerate() {
        for index in (0..members.count).step_by(97) {
            layout.needs(at, members, index, &mut needs);
            // A sample of few stands for a family of many: weigh each family by its members.
            let here = (members.count - index).min(97);
            sampled += here;
            dependencies += here * needs.len() as u64;
        }
    }
    assert_eq!(sampled, assets);
    let mean = dependencies as f64 / assets as f64;
    assert!((2.7..3.3).contains(&mean), "{mean} dependencies per asset");
}

#[test]
fn counts_are_what_was_written() {
    let (resources, counts) = read(3, 1.0);
    let mut per_type = BTreeMap::new();
    let mut sites = HashSet::new();
    let mut dependencies = 0;
    for resource in &resources {
        *per_type.entry(asset_type(resource).to_owned()).or_default() += 1;
        dependencies += graph::relationships(resource).count() as u64;
        sites.extend(resource["place"].as_array().into_iter().flatten().map(|place| place["id"].to_string()));
    }
    let written = Counts { assets: resources.len() as u64, dependencies, sites: sites.len() as u64, per_type };
    assert_eq!(written, counts);
}

#[test]
fn one_resource_to_a_line() {
    let (out, counts) = generate(1, 0.05);
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len() as u64, counts.assets + 2);
    assert_eq!((lines[0], lines[lines.len() - 1]), ("[", "]"));
    for line in &lines[1..lines.len() - 1] {
        serde_json::from_str::<Value>(line.trim_end_matches(',')).unwrap();
    }
}

#[test]
fn types_sites_and_kinds_are_the_shipped_ones_and_all_are_there() {
    let resources = read(1, 1.0).0;
    let types: BTreeSet<String> = resources.iter().map(|resource| asset_type(resource).to_owned()).collect();
    let keys = column(ASSET_TYPES, "type", "key");
    let parents: HashSet<String> = column(ASSET_TYPES, "type", "parent").into_iter().collect();
    assert_eq!(keys.len(), keys.iter().collect::<HashSet<_>>().len(), "a key is there twice");
    for key in &types {
        assert!(keys.contains(key), "{key} is no shipped asset type");
    }
    for key in keys.iter().filter(|key| !parents.contains(*key)) {
        assert!(types.contains(key), "no asset is a {key}");
    }
    assert!(parents.iter().all(|parent| parent.is_empty() || keys.contains(parent)));

    let places = resources.iter().filter_map(|resource| resource["place"][0]["siteType"].as_str());
    let shipped = column(SITE_TYPES, "type", "key");
    assert_eq!(places.collect::<BTreeSet<_>>(), shipped.iter().map(String::as_str).collect::<BTreeSet<_>>());

    let kinds: BTreeSet<String> =
        resources.iter().flat_map(|one| graph::relationships(one).map(|(kind, _)| kind.to_owned())).collect();
    assert_eq!(kinds, column(DEPENDENCY_KINDS, "kind", "key").into_iter().collect());
}

#[test]
fn tables_name_only_what_exists() {
    let keys: Vec<&str> = families().map(|family| family.key).collect();
    assert_eq!(keys.len(), keys.iter().collect::<HashSet<_>>().len(), "a family is there twice");
    for family in families() {
        for need in family.needs {
            assert!(keys.contains(&need.1), "{} needs {}, which is no family", family.key, need.1);
        }
        assert!(family.ground.is_none_or(|key| GROUNDS.iter().any(|ground| ground.key == key)), "{}", family.key);
    }
    for ground in GROUNDS {
        let anchor = families().find(|family| family.key == ground.anchor).unwrap();
        assert_eq!(anchor.ground, Some(ground.key), "a site of {} could have no asset", ground.key);
    }
}

#[test]
fn chains_are_short_and_cycles_few() {
    for (seed, scale) in [(1, 1.0), (2, 1.0), (3, 1.0), (u64::MAX, 1.0), (1, 10.0)] {
        let graph = Graph::new(&read(seed, scale).0);
        let (cycles, depth) = graph.cycles_and_depth();
        assert!((8..=14).contains(&depth), "seed {seed}, scale {scale}: the longest chain has {depth} steps");
        assert_eq!(cycles.len(), 2, "seed {seed}, scale {scale}: {cycles:?}");
        assert!(cycles.iter().all(|cycle| cycle.len() <= 16), "seed {seed}, scale {scale}: {cycles:?}");
    }
}

#[test]
fn most_assets_have_few_neighbours_and_a_few_have_very_many() {
    let graph = Graph::new(&read(1, 10.0).0);
    let mut needs: Vec<usize> = graph.needs.values().map(|(all, _)| *all).collect();
    let mut needed: Vec<usize> = graph.needs.keys().map(|id| graph.needed.get(id).copied().unwrap_or(0)).collect();
    needs.sort_unstable();
    needed.sort_unstable();
    let middle = needs.len() / 2;
    assert!((2..=4).contains(&needs[middle]), "median of needs {}", needs[middle]);
    assert!(needs[needs.len() - 1] <= 64, "one asset needs {}", needs[needs.len() - 1]);
    assert!((1..=4).contains(&needed[middle]), "median of needed {}", needed[middle]);
    assert!(needed[needed.len() - 1] >= 1_000, "the most needed is needed by {}", needed[needed.len() - 1]);
}

#[test]
fn what_is_built_in_or_powered_stands_at_the_same_site() {
    let resources = read(1, 10.0).0;
    let sites: HashMap<&str, (&str, &str)> = resources
        .iter()
        .filter_map(|one| Some((one["id"].as_str()?, (one["place"][0]["id"].as_str()?, asset_type(one)))))
        .collect();
    let mut compared = 0;
    for resource in &resources {
        let id = resource["id"].as_str().unwrap();
        let Some((site, _)) = sites.get(id) else { continue };
        for (kind, target) in graph::relationships(resource) {
            let Some((other, target_type)) = sites.get(target) else { continue };
            let fixed = ["tower", "radio-site", "rack", "gnodeb", "enodeb", "antenna", "rectifier", "pdu"];
            if ["part-of", "powered-by"].contains(&kind) && fixed.contains(target_type) && site[..8] == other[..8] {
                assert_eq!(site, other, "{id} is {kind} {target}, which stands elsewhere");
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "only {compared} compared");
}

#[test]
fn value_flows_from_every_mobile_service_down_to_power() {
    let resources = read(1, 1.0).0;
    let graph = Graph::new(&resources);
    let types: HashMap<&str, &str> =
        resources.iter().map(|resource| (resource["id"].as_str().unwrap(), asset_type(resource))).collect();
    let services = ["mobile-voice", "mobile-data", "emergency-calls", "broadband", "enterprise-vpn", "roaming"];
    for (id, kind) in types.iter().filter(|(_, kind)| services.contains(*kind)) {
        let below: HashSet<&str> = graph.below(id).into_iter().map(|found| types[found]).collect();
        for needed in ["router", "optical-link", "rectifier", "battery", "power-feed"] {
            assert!(below.contains(needed), "{kind} {id} needs no {needed}");
        }
    }
}

#[test]
fn ratings_owners_and_states_are_as_in_a_real_register() {
    let resources = read(1, 10.0).0;
    let unrated = fraction(&resources, |one| characteristic(one, "security.integrity").is_none());
    assert!((0.3..0.55).contains(&unrated), "{unrated} unrated");
    let unowned = fraction(&resources, |one| {
        !one["relatedParty"].as_array().unwrap().iter().any(|party| party["role"] == "owner")
    });
    assert!((0.02..0.06).contains(&unowned), "{unowned} without owner");
    let installed = fraction(&resources, |one| one["lifecycleState"] == "installed");
    assert!((0.9..0.99).contains(&installed), "{installed} installed");
    let services = column(ASSET_TYPES, "type", "key").into_iter().zip(column(ASSET_TYPES, "type", "parent"));
    let services: HashSet<String> = services.filter(|(_, parent)| parent == "service").map(|(key, _)| key).collect();
    let rated = |name| {
        resources
            .iter()
            .filter(|one| services.contains(asset_type(one)))
            .all(|one| characteristic(one, name).and_then(Value::as_u64).is_none_or(|value| (1..=3).contains(&value)))
    };
    assert!(["security.confidentiality", "security.integrity", "security.availability"].into_iter().all(rated));
}

#[test]
fn services_have_subscribers_and_the_most_critical_have_recovery_objectives() {
    let (resources, _) = read(1, 1.0);
    let has = |resource: &Value, name: &str| characteristic(resource, name).is_some();
    let serving: Vec<&Value> = resources.iter().filter(|resource| has(resource, "subscribers")).collect();
    assert!(serving.len() > 10, "{} services", serving.len());
    for service in &serving {
        assert!(characteristic(service, "subscribers").and_then(Value::as_u64).unwrap() > 0);
        for name in ["subscribersBasis", "subscribersCounted", "serviceAreas"] {
            assert!(has(service, name), "{service} lacks {name}");
        }
    }
    assert!(resources.iter().filter(|one| asset_type(one) == "emergency-calls").all(|one| has(one, "recovery.rto")));
    let few = fraction(&resources, |resource| has(resource, "recovery.rto"));
    assert!((0.001..0.05).contains(&few), "{few}");
}

#[test]
fn identifiers_are_unique_and_addresses_lie_in_a_prefix() {
    let resources = read(1, 1.0).0;
    for name in ["ipAddress", "ipPrefix", "e164Range", "imsiRange", "asNumber", "plmn", "pointCode", "cellId", "fqdn"] {
        let values: Vec<&str> =
            resources.iter().filter_map(|one| characteristic(one, name)).filter_map(Value::as_str).collect();
        assert!(!values.is_empty(), "no asset has a {name}");
        assert_eq!(values.len(), values.iter().collect::<HashSet<_>>().len(), "a {name} is there twice");
    }
    let prefixes: HashSet<&str> =
        resources.iter().filter_map(|one| characteristic(one, "ipPrefix")).filter_map(Value::as_str).collect();
    for address in resources.iter().filter_map(|one| characteristic(one, "ipAddress")).filter_map(Value::as_str) {
        address.parse::<std::net::Ipv4Addr>().unwrap();
        let network = address.rsplit_once('.').unwrap().0;
        assert!(prefixes.contains(format!("{network}.0/24").as_str()), "{address} lies in no prefix");
    }
}

#[test]
fn a_scale_out_of_range_is_refused_with_the_range() {
    for scale in [0.0, -1.0, 0.009, 5_001.0, f64::INFINITY, f64::NAN] {
        let error = write_tmf639(Settings { seed: 1, scale }, &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("from 0.01 to 5000"), "{error}");
    }
}

#[test]
fn a_full_disk_is_reported() {
    let mut small = [0_u8; 1000];
    let error = write_tmf639(Settings { seed: 1, scale: 1.0 }, &mut small.as_mut_slice()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

/// The microwave backhaul is compared link by link with one that exists: devices that hang on hubs, nearly a tree.
#[test]
fn backhaul_has_the_shape_of_a_real_microwave_network() {
    let data = std::env::var("TELWARDEN_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").to_owned());
    let path = format!("{data}/alarms/25V_474N_Microwave/topology_edges.csv");
    let Ok(real) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no topology to compare with at {path}");
        return;
    };
    let real: Vec<(&str, &str)> = real.lines().skip(1).filter_map(|line| line.trim().split_once(',')).collect();
    let resources = read(1, 10.0).0;
    let all = || {
        resources.iter().flat_map(|one| {
            let id = one["id"].as_str().unwrap();
            graph::relationships(one).map(move |(kind, target)| (id, kind, target))
        })
    };
    let hubs: HashMap<&str, &str> = all()
        .filter(|(id, _, target)| id.starts_with("microwave-link") && target.starts_with("hub-router"))
        .map(|(link, _, hub)| (link, hub))
        .collect();
    let spokes = all()
        .filter(|(id, _, _)| id.starts_with("site-router"))
        .filter_map(|(site, _, link)| hubs.get(link).map(|hub| (site, *hub)));
    let rings = all().filter(|(id, kind, _)| id.starts_with("hub-router") && *kind == "adjacent");
    let ours: Vec<(&str, &str)> = spokes.chain(rings.map(|(id, _, next)| (id, next))).collect();
    for links in [real, ours] {
        let mut degrees: HashMap<&str, usize> = HashMap::new();
        for end in links.iter().flat_map(|link| [link.0, link.1]) {
            *degrees.entry(end).or_default() += 1;
        }
        let mean = 2.0 * links.len() as f64 / degrees.len() as f64;
        let few = degrees.values().filter(|degree| **degree <= 4).count() as f64 / degrees.len() as f64;
        let most = degrees.values().max().copied().unwrap_or(0);
        assert!((1.7..2.3).contains(&mean), "a device has {mean} links on average");
        assert!(few >= 0.8, "{few} of the devices have four links at most");
        assert!((5..=10).contains(&most), "the greatest hub has {most} links");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_operator_is_whole(seed: u64, scale in MIN_SCALE..1.0) {
        let (resources, counts) = read(seed, scale);
        prop_assert_eq!(resources.len() as u64, counts.assets);
        let ids: HashSet<&str> = resources.iter().map(|resource| resource["id"].as_str().unwrap()).collect();
        prop_assert_eq!(ids.len(), resources.len(), "an id is there twice");
        for resource in &resources {
            let mut seen = HashSet::new();
            for (kind, target) in graph::relationships(resource) {
                prop_assert!(ids.contains(target), "{} needs {}, which is not there", resource["id"], target);
                prop_assert!(resource["id"] != target, "{} needs itself", target);
                prop_assert!(seen.insert((kind, target)), "{} says twice that it needs {}", resource["id"], target);
            }
        }
    }
}
