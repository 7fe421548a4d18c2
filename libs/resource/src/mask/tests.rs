use std::sync::LazyLock;

use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use prost_types::FieldMask;
use wire::assets::v1::{Asset, Dependency, GeoPoint, Maintenance, Site};
use wire::fault::v1::ErrorReason;

use super::*;

fn dynamic<M: prost::Message + prost::Name>(message: &M) -> DynamicMessage {
    let descriptor = wire::pool().get_message_by_name(&M::full_name()).unwrap();
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap()
}

fn mask(paths: &[&str]) -> FieldMask {
    FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

fn update<M: prost::Message + prost::Name + Default>(old: &M, new: &M, paths: &[&str]) -> Result<M, Problem> {
    let out = apply(&dynamic(old), &dynamic(new), Some(&mask(paths)))?;
    Ok(M::decode(out.encode_to_vec().as_slice()).unwrap())
}

fn old() -> Asset {
    Asset {
        name: "organizations/acme/assets/a".into(),
        display_name: "Old".into(),
        description: "There".into(),
        legal_tags: vec!["pii".into()],
        labels: [("env".to_owned(), "prod".to_owned()), ("a.b".to_owned(), "1".to_owned())].into(),
        maintenance: Some(Maintenance { contract: "C1".into(), window: "night".into(), ..Default::default() }),
        acquire_time: Some(prost_types::Timestamp { seconds: 10, nanos: 5 }),
        state: 6,
        value: 3.0,
        grade: 1,
        etag: "\"1\"".into(),
        ..Default::default()
    }
}

fn new() -> Asset {
    Asset {
        name: "organizations/acme/assets/b".into(),
        display_name: "New".into(),
        maintenance: Some(Maintenance { contract: "C2".into(), ..Default::default() }),
        acquire_time: Some(prost_types::Timestamp { seconds: 20, nanos: 0 }),
        labels: [("env".to_owned(), "test".to_owned())].into(),
        state: 1,
        value: 9.0,
        etag: "\"9\"".into(),
        ..Default::default()
    }
}

#[test]
fn without_a_mask_what_is_populated_is_taken() {
    let expected = Asset {
        display_name: "New".into(),
        labels: new().labels,
        maintenance: Some(Maintenance { contract: "C2".into(), window: "night".into(), ..Default::default() }),
        acquire_time: new().acquire_time,
        ..old()
    };
    assert_eq!(update(&old(), &new(), &[]).unwrap(), expected);
    let out = apply(&dynamic(&old()), &dynamic(&new()), None).unwrap();
    assert_eq!(out, dynamic(&expected));
}

#[test]
fn without_a_mask_a_required_zero_below_is_taken() {
    let at = |latitude, longitude| Site { position: Some(GeoPoint { latitude, longitude }), ..Default::default() };
    assert_eq!(update(&at(47.0, 8.0), &at(0.0, 9.0), &[]).unwrap(), at(0.0, 9.0));
    assert_eq!(update(&at(47.0, 8.0), &Site::default(), &[]).unwrap(), at(47.0, 8.0));
    assert_eq!(update(&Site::default(), &at(0.0, 9.0), &[]).unwrap(), at(0.0, 9.0));
}

#[test]
fn a_star_replaces_all_that_callers_may_write() {
    let held = old();
    let expected =
        Asset { name: held.name, state: held.state, value: held.value, grade: held.grade, etag: held.etag, ..new() };
    assert_eq!(update(&old(), &new(), &["*"]).unwrap(), expected);
}

#[test]
fn paths_take_exactly_what_they_name() {
    let with = |change: fn(&mut Asset)| {
        let mut asset = old();
        change(&mut asset);
        asset
    };
    type Change = fn(&mut Asset);
    let cases: &[(&[&str], Change)] = &[
        (&["display_name"], |asset| asset.display_name = "New".into()),
        (&["displayName"], |asset| asset.display_name = "New".into()),
        (&["description"], |asset| asset.description.clear()),
        (&["description", "description", "displayName"], |asset| {
            asset.description.clear();
            asset.display_name = "New".into();
        }),
        (&["legal_tags"], |asset| asset.legal_tags.clear()),
        (&["maintenance"], |asset| asset.maintenance = new().maintenance),
        (&["maintenance.contract"], |asset| asset.maintenance.as_mut().unwrap().contract = "C2".into()),
        (&["maintenance.window"], |asset| asset.maintenance.as_mut().unwrap().window.clear()),
        (&["maintenance.last_time"], |_| {}),
        (&["acquire_time"], |asset| asset.acquire_time = new().acquire_time),
        (&["acquireTime.seconds"], |asset| asset.acquire_time.as_mut().unwrap().seconds = 20),
        (&["labels"], |asset| asset.labels = new().labels),
        (&["labels.*"], |asset| asset.labels = new().labels),
        (&["labels.env"], |asset| drop(asset.labels.insert("env".into(), "test".into()))),
        (&["labels.`env`"], |asset| drop(asset.labels.insert("env".into(), "test".into()))),
        (&["labels.`a.b`"], |asset| drop(asset.labels.remove("a.b"))),
        (&["labels.none", "labels.`x``y`"], |_| {}),
        // What the service sets is passed over, also where it is named.
        (&["name", "state", "value", "grade", "etag", "create_time", "update_time.seconds"], |_| {}),
    ];
    for (paths, change) in cases {
        let expected = with(*change);
        assert_eq!(update(&old(), &new(), paths).unwrap(), expected, "{paths:?}");
    }
}

#[test]
fn a_message_does_not_come_to_be_empty() {
    let bare = Asset::default();
    assert_eq!(update(&bare, &Asset::default(), &["maintenance.contract"]).unwrap(), bare);
    let made = update(&bare, &new(), &["maintenance.contract"]).unwrap();
    assert_eq!(made.maintenance.unwrap().contract, "C2");
    let labelled = update(&bare, &new(), &["labels.env"]).unwrap();
    assert_eq!(labelled.labels, new().labels);
    assert_eq!(update(&labelled, &bare, &["labels.env"]).unwrap(), bare, "the last key leaves no trace");
}

#[test]
fn wrong_paths_are_refused_before_anything_is_taken() {
    for (path, says) in [
        ("colour", "\"colour\" names no field of Asset: use the fields of Asset, such as \"display_name\""),
        ("maintenance.colour", "names no field of Maintenance"),
        ("update_time.colour", "names no field of Timestamp"),
        ("", "empty"),
        (".", "empty"),
        ("display_name.", "empty"),
        ("labels..a", "empty"),
        ("display_name.x", "no fields of its own"),
        ("labels.a.b", "backticks"),
        ("labels.`a", "not closed"),
        ("labels.`a`b", "dot must follow"),
        ("labels.a`b", "middle of a segment"),
        ("legal_tags.0", "replaced as a whole"),
        ("network_identifiers.value", "replaced as a whole"),
        ("*.display_name", "stands alone"),
        ("maintenance.*.x", "stands alone"),
        ("display_name.*", "no fields of its own"),
        ("DisplayName", "names no field"),
    ] {
        let problem = update(&old(), &new(), &["display_name", path]).unwrap_err();
        assert!(problem.to_string().contains(says), "{path:?}: {problem}");
        assert_eq!(problem.reason(), ErrorReason::MaskInvalid, "{path:?}");
        assert_eq!(problem.field(), Some("update_mask"));
        assert_eq!(problem.metadata()[0], ("path", path.to_owned()));
    }
    assert!(update(&old(), &new(), &["*", "display_name"]).unwrap_err().to_string().contains("stands alone"));
    let long = update(&old(), &new(), &[&"a.".repeat(100_000)]).unwrap_err().to_string();
    assert!(long.contains("32 segments") && long.len() < 400, "{long}");
}

#[test]
fn what_is_set_once_may_be_sent_but_not_changed() {
    let old = Dependency {
        dependent: "organizations/acme/assets/a".into(),
        supporting: "organizations/acme/assets/b".into(),
        source: "import".into(),
        ..Default::default()
    };
    let same = Dependency { source: "survey".into(), ..old.clone() };
    let other = Dependency { supporting: "organizations/acme/assets/c".into(), ..same.clone() };
    let expected = same.clone();
    for paths in [&[][..], &["*"], &["dependent", "supporting", "source"], &["source"]] {
        assert_eq!(update(&old, &same, paths).unwrap(), expected, "{paths:?}");
    }
    assert_eq!(update(&old, &other, &["source"]).unwrap(), expected, "not named, not changed");
    for paths in [&[][..], &["*"], &["supporting"]] {
        let problem = update(&old, &other, paths).unwrap_err();
        assert_eq!(problem, Problem::Immutable { field: "supporting".into() }, "{paths:?}");
        assert_eq!((problem.reason(), problem.field()), (ErrorReason::FieldImmutable, Some("supporting")));
    }
    let silent = Dependency { source: "survey".into(), ..Default::default() };
    assert_eq!(update(&old, &silent, &[]).unwrap(), expected, "not sent, not changed");
    assert!(update(&old, &silent, &["dependent"]).is_err(), "named and empty is a change");
}

#[test]
fn two_types_do_not_mix() {
    let problem = apply(&dynamic(&old()), &dynamic(&Site::default()), None).unwrap_err();
    assert_eq!(problem.reason(), ErrorReason::Defect);
}

#[test]
fn behaviours_are_read_from_the_descriptor() {
    let asset = wire::pool().get_message_by_name("telwarden.assets.v1.Asset").unwrap();
    let read = crate::behaviors(&asset);
    assert_eq!(read.identifier, ["name"]);
    assert_eq!(read.required, ["display_name", "type"]);
    assert!(read.output_only.iter().any(|field| field == "state"));
    assert!(!read.output_only.iter().any(|field| field == "display_name"));
    let dependency = wire::pool().get_message_by_name("telwarden.assets.v1.Dependency").unwrap();
    assert_eq!(crate::behaviors(&dependency).immutable, ["dependent", "supporting", "kind"]);
    assert!(std::sync::Arc::ptr_eq(&read, &crate::behaviors(&asset)), "read once");
}

// Behaviours below the top: a schema of our own, since no resource needs all of them.
static PLAN: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let source = r#"
        syntax = "proto3";
        package test;
        import "google/api/field_behavior.proto";
        message Plan {
          string etag = 1;
          Step step = 2;
          repeated Step steps = 3;
          map<string, Step> by_key = 4;
          map<int32, string> by_number = 5;
          oneof way { string road = 6; string rail = 7; }
          optional int32 rank = 8 [(google.api.field_behavior) = IMMUTABLE];
          Step fixed = 9 [(google.api.field_behavior) = IMMUTABLE];
        }
        message Step {
          string title = 1;
          string made_by = 2 [(google.api.field_behavior) = OUTPUT_ONLY];
          string kind = 3 [(google.api.field_behavior) = IMMUTABLE];
          string etag = 4;
          repeated Step below = 5;
        }
    "#;
    struct Source(&'static str);
    impl protox::file::FileResolver for Source {
        fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
            if name == "plan.proto" {
                return protox::file::File::from_source(name, self.0);
            }
            if name == "google/api/field_behavior.proto" {
                let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/google/api/field_behavior.proto");
                return protox::file::File::from_source(name, &std::fs::read_to_string(source).unwrap());
            }
            protox::file::GoogleFileResolver::new().open_file(name)
        }
    }
    let mut compiler = protox::Compiler::with_file_resolver(Source(source));
    compiler.include_imports(true).open_file("plan.proto").unwrap();
    let bytes = compiler.encode_file_descriptor_set();
    DescriptorPool::decode(bytes.as_slice()).unwrap().get_message_by_name("test.Plan").unwrap()
});

fn plan(text: &str) -> DynamicMessage {
    DynamicMessage::parse_text_format(PLAN.clone(), text).unwrap()
}

#[test]
fn behaviours_hold_below_the_top() {
    let held = r#"etag: "1" step { title: "a" made_by: "us" kind: "k" etag: "x" }"#;
    for (paths, new, expected) in [
        (
            &[][..],
            r#"step { title: "b" made_by: "me" }"#,
            r#"etag: "1" step { title: "b" made_by: "us" kind: "k" etag: "x" }"#,
        ),
        (
            &["*"],
            r#"step { title: "b" kind: "k" made_by: "me" }"#,
            r#"etag: "1" step { title: "b" made_by: "us" kind: "k" }"#,
        ),
        (&["step.made_by"], r#"step { made_by: "me" }"#, held),
        (&["step.etag"], r#"step { etag: "y" }"#, r#"etag: "1" step { title: "a" made_by: "us" kind: "k" etag: "y" }"#),
        (&["step.kind"], r#"step { kind: "k" }"#, held),
    ] {
        let out = apply(&plan(held), &plan(new), Some(&mask(paths))).unwrap();
        assert_eq!(out, plan(expected), "{paths:?} {new}");
    }
    for (paths, new) in [
        (&[][..], r#"step { kind: "l" }"#),
        (&["step"], r#"step { title: "a" }"#),
        (&["step"], ""),
        (&["step.kind"], ""),
    ] {
        let problem = apply(&plan(held), &plan(new), Some(&mask(paths))).unwrap_err();
        assert_eq!(problem, Problem::Immutable { field: "step.kind".into() }, "{paths:?} {new}");
    }
    // A message that comes to be has its immutable fields set; what the service sets stays empty.
    for paths in [&[][..], &["*"], &["step"], &["step.kind", "step.made_by"]] {
        let out = apply(&plan(""), &plan(r#"step { kind: "l" made_by: "me" }"#), Some(&mask(paths))).unwrap();
        assert_eq!(out, plan(r#"step { kind: "l" }"#), "{paths:?}");
    }
}

#[test]
fn lists_and_maps_keep_what_the_service_set() {
    let held = r#"steps { title: "a" made_by: "us" } steps { title: "b" made_by: "you" }
        by_key { key: "a" value { title: "a" made_by: "us" kind: "k" } }"#;
    for (paths, new, expected) in [
        // Sent back in another order, one dropped, one new: a forged maker is not taken.
        (
            &["steps"][..],
            r#"steps { title: "b" made_by: "me" } steps { title: "c" made_by: "me" }"#,
            r#"steps { title: "b" made_by: "you" } steps { title: "c" } by_key { key: "a" value { title: "a" made_by: "us" kind: "k" } }"#,
        ),
        (
            &["by_key"],
            r#"by_key { key: "a" value { title: "z" kind: "k" } } by_key { key: "b" value { kind: "l" made_by: "me" } }"#,
            r#"steps { title: "a" made_by: "us" } steps { title: "b" made_by: "you" }
               by_key { key: "a" value { title: "z" made_by: "us" kind: "k" } } by_key { key: "b" value { kind: "l" } }"#,
        ),
        (
            &["by_key.a.title"],
            r#"by_key { key: "a" value { title: "z" } }"#,
            r#"steps { title: "a" made_by: "us" } steps { title: "b" made_by: "you" } by_key { key: "a" value { title: "z" made_by: "us" kind: "k" } }"#,
        ),
        (&["by_key.a", "steps"], "", ""),
        (&["by_key.b.title"], "", held),
    ] {
        let out = apply(&plan(held), &plan(new), Some(&mask(paths))).unwrap();
        assert_eq!(out, plan(expected), "{paths:?} {new}");
    }
    let problem = apply(&plan(held), &plan(r#"by_key { key: "a" value { kind: "l" } }"#), Some(&mask(&["by_key.a"])))
        .unwrap_err();
    assert_eq!(problem, Problem::Immutable { field: "by_key.a.kind".into() });
}

#[test]
fn oneofs_numbers_and_presence() {
    for (held, paths, new, expected) in [
        (r#"road: "a""#, &["*"][..], r#"rail: "b""#, r#"rail: "b""#),
        (r#"rail: "a""#, &["*"], r#"road: "b""#, r#"road: "b""#),
        (r#"road: "a""#, &["rail"], r#"rail: "b""#, r#"rail: "b""#),
        (r#"road: "a""#, &["rail"], "", r#"road: "a""#),
        (
            r#"by_number { key: 1 value: "a" }"#,
            &["byNumber.2"],
            r#"by_number { key: 2 value: "b" }"#,
            r#"by_number { key: 1 value: "a" } by_number { key: 2 value: "b" }"#,
        ),
        ("rank: 0", &["*"], "rank: 0", "rank: 0"),
        (
            r#"fixed { title: "a" kind: "k" }"#,
            &["fixed.title"],
            r#"fixed { title: "a" }"#,
            r#"fixed { title: "a" kind: "k" }"#,
        ),
    ] {
        let out = apply(&plan(held), &plan(new), Some(&mask(paths))).unwrap();
        assert_eq!(out, plan(expected), "{held} {paths:?} {new}");
    }
    for (held, paths, new, field) in [
        ("rank: 0", &["rank"], "", "rank"),
        ("", &["rank"], "rank: 0", "rank"),
        (r#"fixed { title: "a" }"#, &["fixed.title"], r#"fixed { title: "b" }"#, "fixed"),
    ] {
        let problem = apply(&plan(held), &plan(new), Some(&mask(paths))).unwrap_err();
        assert_eq!(problem, Problem::Immutable { field: field.into() }, "{held} {paths:?} {new}");
    }
    let problem = apply(&plan(""), &plan(""), Some(&mask(&["by_number.x"]))).unwrap_err();
    assert!(problem.to_string().contains("type of the map's keys"), "{problem}");
}

fn some_asset() -> impl Strategy<Value = Asset> {
    let labels = proptest::collection::btree_map("[ab]", "[xy]?", 0..3);
    let maintenance = proptest::option::of(("[ab]?", "[ab]?", proptest::option::of(0..3_i64)));
    ("[ab]?", "[ab]?", 0..3_i32, labels, maintenance, proptest::collection::vec("[ab]", 0..3)).prop_map(
        |(display_name, etag, state, labels, maintenance, legal_tags)| Asset {
            display_name,
            etag,
            state,
            labels,
            maintenance: maintenance.map(|(contract, window, seconds)| Maintenance {
                contract,
                window,
                last_time: seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
                ..Default::default()
            }),
            legal_tags,
            ..Default::default()
        },
    )
}

fn some_plan() -> impl Strategy<Value = String> {
    let step = || {
        ("[ab]", "[ab]", "[ab]")
            .prop_map(|(title, by, kind)| format!(r#"title: "{title}" made_by: "{by}" kind: "{kind}""#))
    };
    let steps = proptest::collection::vec(step(), 0..4);
    let by_key = proptest::collection::hash_map("[ab]", step(), 0..3);
    (proptest::option::of(step()), steps, by_key).prop_map(|(one, steps, by_key)| {
        let one = one.map(|step| format!("step {{ {step} }}")).unwrap_or_default();
        let steps: String = steps.iter().map(|step| format!("steps {{ {step} }} ")).collect();
        let by_key: String =
            by_key.iter().map(|(key, step)| format!(r#"by_key {{ key: "{key}" value {{ {step} }} }} "#)).collect();
        format!("{one} {steps} {by_key}")
    })
}

fn some_paths(from: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        1 => Just(vec!["*"]),
        5 => proptest::collection::vec(proptest::sample::select(from), 0..4),
    ]
}

const ASSET_PATHS: &[&str] = &[
    "display_name",
    "state",
    "etag",
    "labels",
    "labels.a",
    "maintenance",
    "maintenance.window",
    "maintenance.last_time.seconds",
    "legalTags",
];

const PLAN_PATHS: &[&str] =
    &["step", "step.title", "step.kind", "steps", "by_key", "by_key.a", "by_key.a.title", "by_key.b.made_by"];

proptest! {
    #[test]
    fn twice_is_once(old in some_asset(), new in some_asset(), paths in some_paths(ASSET_PATHS)) {
        let once = update(&old, &new, &paths).unwrap();
        prop_assert_eq!(update(&once, &new, &paths).unwrap(), once.clone());
        prop_assert_eq!((once.state, once.etag), (old.state, old.etag));
    }

    #[test]
    fn twice_is_once_below_the_top(old in some_plan(), new in some_plan(), paths in some_paths(PLAN_PATHS)) {
        let (old, new, mask) = (plan(&old), plan(&new), mask(&paths));
        if let Ok(once) = apply(&old, &new, Some(&mask)) {
            prop_assert_eq!(apply(&once, &new, Some(&mask)).unwrap(), once);
        }
    }

    #[test]
    fn its_own_value_changes_nothing(asset in some_asset(), plan_text in some_plan(), paths in some_paths(ASSET_PATHS)) {
        prop_assert_eq!(update(&asset, &asset, &paths).unwrap(), asset);
        let held = plan(&plan_text);
        for paths in [vec![], vec!["*"], PLAN_PATHS.to_vec()] {
            prop_assert_eq!(&apply(&held, &held, Some(&mask(&paths))).unwrap(), &held);
        }
    }

    #[test]
    fn no_path_is_a_panic(any in any::<String>(), near in "(labels|maintenance|by_key|contract|[.`*a]){0,6}") {
        let _ = update(&old(), &new(), &[&any]);
        let _ = update(&old(), &new(), &[&near]);
        let _ = apply(&plan(""), &plan(""), Some(&mask(&[&near])));
    }
}
