use super::{catalog, document, metadata, profile, shared, small};
use crate::oscal::{Body, Catalog, Document, Limits, Resolution, ResolveError, Settings, read, resolve};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const NOW: &str = "2026-11-24T12:00:00Z";

fn written(imports: Value, merge: Value, modify: Value) -> Value {
    let mut profile = json!({"profile": {
        "uuid": "55555555-5555-4555-8555-555555555555", "metadata": metadata("Baseline")}});
    for (key, value) in [("imports", imports), ("merge", merge), ("modify", modify)] {
        if !value.is_null() {
            profile["profile"][key] = value;
        }
    }
    profile
}

fn attempt(value: &Value, library: &[(&str, Value)]) -> Result<Resolution, ResolveError> {
    let library: HashMap<String, Arc<Document>> =
        library.iter().map(|(href, value)| ((*href).to_owned(), Arc::new(document(value)))).collect();
    resolve(
        &profile(value),
        &|href: &str| library.get(href).cloned(),
        &Settings::new(NOW.parse().unwrap(), "baseline.json"),
    )
}

fn resolved(imports: Value, merge: Value, modify: Value) -> (Catalog, Vec<String>) {
    let resolution = attempt(&written(imports, merge, modify), &[("small", small())]).unwrap();
    // What is resolved is a catalogue like any other: its structure is unchanged by being written and read.
    let value = json!({"catalog": resolution.catalog.to_value()});
    if resolution.warnings.iter().all(|warning| !warning.contains("more than once")) {
        let again = catalog(&value);
        assert_eq!(ids(&again).len(), ids(&resolution.catalog).len());
    }
    (resolution.catalog, resolution.warnings)
}

fn ids(catalog: &Catalog) -> Vec<&str> {
    catalog.controls.iter().map(|control| control.id.as_str()).collect()
}

/// `id<parent@group/group` of every control.
fn outline(catalog: &Catalog) -> Vec<String> {
    let each = |control| {
        let groups: Vec<&str> =
            catalog.group_path(control).iter().map(|group| group.title.as_deref().unwrap()).collect();
        let parent = catalog.parent(control).map(|parent| format!("<{}", parent.id)).unwrap_or_default();
        format!("{}{parent}@{}", control.id, groups.join("/"))
    };
    catalog.controls.iter().map(each).collect()
}

#[test]
fn controls_are_selected_by_id_by_pattern_with_what_is_nested_and_never_when_excluded() {
    let all = ["top", "a-1", "a-1.1", "a-1.1.1", "a-1.2", "a-2", "b-1"];
    for (import, expected, warnings) in [
        (json!({"include-all": {}}), &all[..], 0),
        (json!({}), &all[..], 0),
        (json!({"include-controls": [{"with-ids": ["b-1", "a-1"]}]}), &["a-1", "b-1"][..], 0),
        (json!({"include-controls": [{"with-ids": ["a-1", "a-9"]}]}), &["a-1"][..], 1),
        (json!({"include-controls": [{"with-ids": ["a-1"], "with-child-controls": "yes"}]}), &all[1..5], 0),
        (json!({"include-controls": [{"with-ids": ["a-1"], "with-child-controls": "no"}]}), &["a-1"][..], 0),
        (json!({"include-controls": [{"matching": [{"pattern": "a-*"}]}]}), &all[1..6], 0),
        (json!({"include-controls": [{"matching": [{"pattern": "?-?"}, {}]}]}), &["a-1", "a-2", "b-1"][..], 0),
        (
            json!({"include-controls": [{"matching": [{"pattern": "*.1"}, {"pattern": "z*"}]}]}),
            &["a-1.1", "a-1.1.1"][..],
            1,
        ),
        (
            json!({"include-controls": [{"with-ids": ["top"]}, {"matching": [{"pattern": "b*"}]}],
                "exclude-controls": [{"with-ids": ["top"]}]}),
            &["b-1"][..],
            0,
        ),
        (
            json!({"include-all": {}, "exclude-controls": [{"with-ids": ["a-1"], "with-child-controls": "yes"}]}),
            &["top", "a-2", "b-1"][..],
            0,
        ),
    ] {
        let mut import = import;
        import["href"] = json!("small");
        let (catalog, found) = resolved(json!([import]), json!({"as-is": true}), Value::Null);
        let found: Vec<&String> = found.iter().filter(|warning| warning.contains("has no control")).collect();
        assert_eq!((ids(&catalog), found.len()), (expected.to_vec(), warnings), "{import}");
    }
}

#[test]
fn a_structure_is_as_is_flat_or_the_profiles_own() {
    let import =
        || json!([{"href": "small", "include-controls": [{"with-ids": ["a-1.1.1", "a-1.2", "a-1", "b-1", "top"]}]}]);
    let (catalog, _) = resolved(import(), json!({"as-is": true}), Value::Null);
    assert_eq!(outline(&catalog), ["top@", "a-1@One", "a-1.1.1<a-1@One", "a-1.2<a-1@One", "b-1@Two/Without an id"]);
    assert_eq!(catalog.groups.len(), 3, "a group without selected controls is not taken over");
    assert_eq!(catalog.groups[0].parts[0].prose.as_deref(), Some("Of one."));
    for merge in [Value::Null, json!({"flat": {}}), json!({"as-is": false})] {
        let (catalog, _) = resolved(import(), merge, Value::Null);
        assert_eq!(outline(&catalog), ["top@", "a-1@", "a-1.1.1@", "a-1.2@", "b-1@"]);
        assert_eq!(catalog.groups.len(), 0);
    }
    let own = json!({"custom": {
        "insert-controls": [{"include-controls": [{"with-ids": ["b-1"]}]}],
        "groups": [{"id": "mine", "title": "Mine", "groups": [{"title": "Inner", "insert-controls": [
                {"order": "descending", "include-controls": [{"matching": [{"pattern": "a-*"}]}]}]}],
            "insert-controls": [{"order": "ascending", "include-controls": [{"with-ids": ["top", "b-1", "a-1"]}]}]}]}});
    let (catalog, _) = resolved(import(), own, Value::Null);
    assert_eq!(outline(&catalog), ["b-1@", "a-1@Mine", "top@Mine", "a-1.2@Mine/Inner", "a-1.1.1@Mine/Inner"]);
}

#[test]
fn a_control_selected_twice_is_kept_twice_once_or_put_together() {
    let changed = written(
        json!([{"href": "small", "include-controls": [{"with-ids": ["a-1", "a-2"]}]}]),
        json!({"as-is": true}),
        json!({"alters": [{"control-id": "a-1", "adds": [{"props": [{"name": "extra", "value": "1"}]}]}]}),
    );
    let imports = json!([{"href": "inner", "include-all": {}},
        {"href": "small", "include-controls": [{"with-ids": ["a-1", "a-1.1"]}]}]);
    let library = || {
        let mut inner = changed.clone();
        inner["profile"]["uuid"] = json!("66666666-6666-4666-8666-666666666666");
        [("small", small()), ("inner", inner)]
    };
    let run = |method: &str| {
        let merge = json!({"as-is": true, "combine": {"method": method}});
        attempt(&written(imports.clone(), merge, Value::Null), &library()).unwrap()
    };
    let kept = run("keep");
    assert_eq!(ids(&kept.catalog), ["a-1", "a-2", "a-1", "a-1.1"]);
    assert!(
        kept.warnings.iter().any(|warning| warning == "the control `a-1` is selected more than once, and each is kept")
    );
    for method in ["use-first", "merge"] {
        let once = run(method);
        assert_eq!(outline(&once.catalog), ["a-1@One", "a-2@One", "a-1.1<a-1@One"], "{method}");
        let first = once.catalog.control("a-1").unwrap();
        assert_eq!((first.property("extra"), first.parts.len(), first.properties.len()), (Some("1"), 2, 4), "{method}");
    }
}

#[test]
fn parameters_are_set_and_those_that_nothing_names_are_left_out() {
    let modify = json!({"set-parameters": [
        {"param-id": "a-1_p1", "label": "a new label", "values": ["a week"], "constraints": [{"description": "shorter"}],
         "props": [{"name": "set", "value": "yes"}]},
        {"param-id": "a-1_p2", "values": ["at once"]},
        {"param-id": "loose", "values": ["tight"], "remarks": "r"},
        {"param-id": "absent", "values": ["x"]}]});
    let import = json!([{"href": "small", "include-controls": [{"with-ids": ["a-1"]}]}]);
    let (catalog, warnings) = resolved(import, json!({"as-is": true}), modify);
    let [one, two] = catalog.control("a-1").unwrap().parameters.as_slice() else { panic!("two parameters") };
    assert_eq!((one.label.as_deref(), one.values.as_slice()), (Some("a new label"), &["a week".to_owned()][..]));
    assert_eq!(one.rest["constraints"], json!([{"description": "short"}, {"description": "shorter"}]));
    assert_eq!(
        (two.values.as_slice(), &two.choice),
        (&["at once".to_owned()][..], &None),
        "values take a choice's place"
    );
    let loose: Vec<&str> = catalog.parameters.iter().map(|parameter| parameter.id.as_str()).collect();
    assert_eq!((loose, catalog.parameters[0].values.as_slice()), (vec!["loose"], &["tight".to_owned()][..]));
    assert_eq!(warnings, ["the parameter `absent` is set, but not among the selected"]);
    let kept: Vec<&str> = catalog.resources.iter().map(|resource| resource.uuid.split_once('-').unwrap().0).collect();
    assert_eq!(kept, ["33333333"], "resources that the selected controls name");
}

#[test]
fn controls_are_altered() {
    let modify = json!({"alters": [{"control-id": "a-1", "removes": [
            {"by-name": "guidance"}, {"by-name": "label", "by-item-name": "prop"}, {"by-id": "a-1_p1"}, {"by-ns": "https://example.org"},
            {"by-class": "nowhere"}],
        "adds": [
            {"position": "starting", "props": [{"name": "first", "value": "1"}]},
            {"props": [{"name": "last", "value": "9"}], "title": "Renamed"},
            {"position": "before", "by-id": "a-1_smt.b", "parts": [{"id": "between", "name": "item"}]},
            {"position": "after", "by-id": "a-1_smt", "parts": [{"id": "behind", "name": "note"}]},
            {"position": "ending", "by-id": "a-1_smt.b", "parts": [{"id": "inside", "name": "item"}]},
            {"position": "after", "by-id": "a-1_p2", "params": [{"id": "a-1_p3"}]},
            {"position": "starting", "by-id": "a-1_p2", "props": [{"name": "p", "value": "q"}]},
            {"by-id": "nowhere", "parts": [{"name": "lost"}]}]},
        {"control-id": "zz", "adds": [{"title": "t"}]}]});
    let import = json!([{"href": "small", "include-controls": [{"with-ids": ["a-1"]}]}]);
    let (catalog, warnings) = resolved(import, json!({"as-is": true}), modify);
    let control = catalog.control("a-1").unwrap();
    let properties: Vec<&str> = control.properties.iter().map(|property| property.name.as_str()).collect();
    assert_eq!((control.title.as_str(), properties), ("Renamed", vec!["first", "sort-id", "last"]));
    let parts: Vec<&str> = control.parts.iter().map(|part| part.id.as_deref().unwrap()).collect();
    assert_eq!(parts, ["a-1_smt", "behind"]);
    let items: Vec<&str> = control.parts[0].parts.iter().map(|part| part.id.as_deref().unwrap()).collect();
    assert_eq!(items, ["a-1_smt.a", "between", "a-1_smt.b"]);
    assert_eq!(control.parts[0].parts[0].properties, [], "a name is removed wherever it stands in the control");
    assert_eq!(control.parts[0].parts[2].parts[0].id.as_deref(), Some("inside"));
    let parameters: Vec<&str> = control.parameters.iter().map(|parameter| parameter.id.as_str()).collect();
    assert_eq!((parameters, control.parameters[0].properties.len()), (vec!["a-1_p2", "a-1_p3"], 1));
    assert_eq!(
        warnings,
        [
            "nothing to remove from the control `a-1`",
            "the control `a-1` has no `nowhere` to add to",
            "the control `zz` is changed, but not among the selected",
            "a text names the parameter `a-1_p1`, which is not among the selected",
        ]
    );
}

#[test]
fn an_addition_reaches_what_is_nested_in_the_control() {
    let modify = json!({"alters": [{"control-id": "a-1", "adds": [{"by-id": "a-1.1.1", "props": [{"name": "n", "value": "1"}]}]}]});
    let import = json!([{"href": "small", "include-controls": [{"with-ids": ["a-1"], "with-child-controls": "yes"}]}]);
    let (catalog, warnings) = resolved(import, json!({"as-is": true}), modify);
    assert_eq!((catalog.control("a-1.1.1").unwrap().property("n"), warnings.len()), (Some("1"), 0), "{warnings:?}");
}

#[test]
fn a_small_profile_cannot_ask_for_more_work_than_it_may() {
    let pattern = format!("{}b", "*a".repeat(1_000));
    let select: Vec<Value> = (0..500).map(|_| json!({"matching": [{"pattern": pattern}]})).collect();
    let controls: Vec<Value> =
        (0..2_000).map(|at| json!({"id": format!("{}{at}", "a".repeat(200)), "title": "t"})).collect();
    let large = json!({"catalog": {"uuid": "u", "metadata": metadata("m"), "controls": controls}});
    let value = written(json!([{"href": "large", "include-controls": select}]), Value::Null, Value::Null);
    let error = attempt(&value, &[("large", large)]).unwrap_err();
    assert_eq!(error, ResolveError::Limit { what: "steps", limit: 500_000_000 });
}

#[test]
fn imports_go_through_the_back_matter_and_what_is_missing_or_circular_is_an_error() {
    let mut value = written(
        json!([{"href": "#77777777-7777-4777-8777-777777777777", "include-all": {}}]),
        Value::Null,
        Value::Null,
    );
    value["profile"]["back-matter"] = json!({"resources": [{"uuid": "77777777-7777-4777-8777-777777777777", "rlinks": [
        {"href": "small.xml", "media-type": "application/oscal.catalog+xml"},
        {"href": "small.json", "media-type": "application/oscal.catalog+json"}]}]});
    let first = attempt(
        &value,
        &[("small.json", small()), ("small.xml", written(json!([{"href": "x"}]), Value::Null, Value::Null))],
    );
    let catalog = first.unwrap().catalog;
    assert_eq!(catalog.controls.len(), 7);
    assert_ne!(catalog.uuid, "55555555-5555-4555-8555-555555555555");
    assert_eq!((catalog.metadata.title.as_str(), catalog.metadata.last_modified.as_str()), ("Baseline", NOW));
    assert_eq!(catalog.metadata.links[0].href, "baseline.json");
    let missing = attempt(&value, &[]).unwrap_err();
    assert!(
        missing.to_string().contains("imports `#77777777-7777-4777-8777-777777777777`, which is not here"),
        "{missing}"
    );

    let named = |uuid: &str, href: &str| {
        let mut value = written(json!([{"href": href, "include-all": {}}]), Value::Null, Value::Null);
        value["profile"]["uuid"] = json!(uuid);
        value
    };
    let (a, b) = (named("a", "b"), named("b", "a"));
    let circle = attempt(&a, &[("a", a.clone()), ("b", b)]).unwrap_err();
    let ResolveError::Circular { chain } = &circle else { panic!("{circle}") };
    assert!(chain.len() >= 3, "{circle}");
    let own = named("a", "a");
    assert!(matches!(attempt(&own, &[("a", own.clone())]), Err(ResolveError::Circular { .. })));
    let long: Vec<(String, Value)> =
        (0..20).map(|at| (at.to_string(), named(&format!("u{at}"), &(at + 1).to_string()))).collect();
    let long: Vec<(&str, Value)> = long.iter().map(|(href, value)| (href.as_str(), value.clone())).collect();
    assert!(matches!(attempt(&long[0].1, &long), Err(ResolveError::Limit { what: "levels of imports", .. })));
    let wrong = json!({"assessment-plan": {"uuid": "x", "metadata": metadata("m")}});
    let refused = attempt(&named("a", "p"), &[("p", wrong)]).unwrap_err().to_string();
    assert_eq!(refused, "`p` holds `assessment-plan`: only a catalog or a profile can be imported");
}

#[test]
fn a_profile_that_is_wrong_is_not_read_in_part() {
    let import = || json!([{"href": "small", "include-all": {}}]);
    for (value, problem) in [
        (written(json!([]), Value::Null, Value::Null), "$.profile.imports: must hold at least one import"),
        (written(json!([{"include-all": {}}]), Value::Null, Value::Null), "$.profile.imports[0].href: is missing"),
        (
            written(json!([{"href": "x", "include-controls": [{"with-ids": [1]}]}]), Value::Null, Value::Null),
            "$.profile.imports[0].include-controls[0].with-ids[0]: must be text, is a number",
        ),
        (
            written(import(), json!({"combine": {"method": "guess"}}), Value::Null),
            "$.profile.merge.combine.method: must be `keep`, `use-first` or `merge`",
        ),
        (
            written(import(), json!({"flat": {}, "as-is": true}), Value::Null),
            "$.profile.merge: must hold one of `flat`, `as-is` and `custom`",
        ),
        (
            written(import(), Value::Null, json!({"alters": [{"control-id": "a", "removes": [{}]}]})),
            "$.profile.modify.alters[0].removes[0]: must say what is removed: by name, class, id, item name or namespace",
        ),
        (
            written(import(), Value::Null, json!({"alters": [{"control-id": "a", "adds": [{"position": "near"}]}]})),
            "$.profile.modify.alters[0].adds[0].position: must be `before`, `after`, `starting` or `ending`",
        ),
    ] {
        assert_eq!(read(value.to_string().as_bytes(), &Limits::default()).unwrap_err().to_string(), problem);
    }
}

#[test]
fn the_baselines_of_sp_800_53_have_the_controls_they_have() {
    let Some(bytes) = shared("nist-sp800-53-rev5-catalog.json") else { return };
    let source = Arc::new(read(&bytes, &Limits::default()).unwrap());
    let library = |href: &str| href.ends_with("NIST_SP-800-53_rev5_catalog.json").then(|| Arc::clone(&source));
    for (baseline, expected) in [("LOW", 149), ("MODERATE", 287), ("HIGH", 370), ("PRIVACY", 96)] {
        let Some(bytes) = shared(&format!("NIST_SP-800-53_rev5_{baseline}-baseline_profile.json")) else { continue };
        let Body::Profile(profile) = read(&bytes, &Limits::default()).unwrap().body else { panic!("a profile") };
        let resolution = resolve(&profile, &library, &Settings::new(NOW.parse().unwrap(), "profile.json")).unwrap();
        assert_eq!(resolution.catalog.controls.len(), expected, "{baseline}");
        let missing: Vec<&String> =
            resolution.warnings.iter().filter(|warning| warning.contains("has no control")).collect();
        assert!(missing.is_empty(), "{baseline}: {missing:?}");
        println!(
            "{baseline}: {} groups, {} resources, warnings {:?}",
            resolution.catalog.groups.len(),
            resolution.catalog.resources.len(),
            resolution.warnings
        );
        let again = resolve(&profile, &library, &Settings::new(NOW.parse().unwrap(), "profile.json")).unwrap();
        assert_eq!(again.catalog.to_value(), resolution.catalog.to_value());
    }
}
