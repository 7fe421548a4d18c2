//! The house stands as its plan says: who may depend on whom, and what nothing may be called.

use std::collections::{BTreeMap, BTreeSet};

/// The arrows of docs/ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 25] = [
    ("wire", &[]),
    ("resource", &["wire"]),
    ("fault", &["wire"]),
    ("access", &["wire", "resource", "fault"]),
    ("approval", &["access", "fault", "wire"]),
    ("store", &["resource", "fault", "access", "wire"]),
    ("deadline", &["store", "fault", "access"]),
    ("feed", &["wire", "store", "resource", "fault", "access"]),
    ("channel", &["wire", "fault"]),
    ("transcode", &["wire", "fault"]),
    ("process", &["channel", "access", "store", "fault", "wire"]),
    ("intake", &["resource", "wire"]),
    ("quantify", &[]),
    ("datafile", &[]),
    ("statute", &["datafile"]),
    ("correlate", &["datafile"]),
    ("classify", &["datafile"]),
    ("discover", &[]),
    ("sample", &[]),
    ("testkit", &["access", "store", "wire", "feed"]),
    ("assets", &["wire", "resource", "fault", "access", "store", "feed", "process", "approval", "deadline"]),
    (
        "controls",
        &["wire", "resource", "fault", "access", "store", "feed", "channel", "process", "approval", "deadline"],
    ),
    (
        "risk",
        &[
            "wire", "resource", "fault", "access", "store", "feed", "channel", "process", "approval", "deadline",
            "quantify",
        ],
    ),
    (
        "incidents",
        &[
            "wire",
            "resource",
            "fault",
            "access",
            "store",
            "feed",
            "channel",
            "process",
            "approval",
            "deadline",
            "datafile",
            "statute",
            "correlate",
            "classify",
        ],
    ),
    ("gateway", &["wire", "resource", "fault", "access", "channel", "transcode", "process"]),
];

fn house() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = cargo_metadata::MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
    let names: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let packages = metadata.packages.iter().map(|package| {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == cargo_metadata::DependencyKind::Normal);
        (
            package.name.to_string(),
            normal.map(|dependency| dependency.name.clone()).filter(|name| names.contains(name)).collect(),
        )
    });
    packages.collect()
}

#[test]
fn every_arrow_is_allowed() {
    let house = house();
    for (crate_name, allowed) in ARROWS {
        let found = house.get(crate_name).unwrap_or_else(|| panic!("no crate {crate_name}"));
        for other in found {
            assert!(allowed.contains(&other.as_str()), "{crate_name} must not depend on {other}");
        }
    }
    let free = ["telwarden", "xtask", "suite-tests"];
    for name in house.keys() {
        assert!(
            ARROWS.iter().any(|(known, _)| known == name) || free.contains(&name.as_str()),
            "{name} has no place in the plan"
        );
    }
}

#[test]
fn nothing_is_a_drawer() {
    let banned = ["common", "util", "utils", "core", "shared", "helpers", "types", "misc"];
    for name in house().keys() {
        assert!(!banned.contains(&name.as_str()), "{name} says nothing about what is in it");
    }
}
