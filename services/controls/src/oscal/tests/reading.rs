use super::{catalog, collection, document, metadata, shared, small};
use crate::oscal::{Body, Kind, Limits, ReadError, Relationship, read, render};
use serde_json::{Value, json};
use std::time::Instant;

#[test]
fn a_catalogue_is_flat_in_document_order_and_every_control_knows_where_it_stands() {
    let catalog = catalog(&small());
    let seen: Vec<(&str, Option<&str>, String)> = catalog
        .controls
        .iter()
        .map(|control| {
            let groups = catalog.group_path(control);
            let path: Vec<&str> = groups.iter().map(|group| group.title.as_deref().unwrap()).collect();
            (control.id.as_str(), catalog.parent(control).map(|parent| parent.id.as_str()), path.join("/"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("top", None, String::new()),
            ("a-1", None, "One".into()),
            ("a-1.1", Some("a-1"), "One".into()),
            ("a-1.1.1", Some("a-1.1"), "One".into()),
            ("a-1.2", Some("a-1"), "One".into()),
            ("a-2", None, "One".into()),
            ("b-1", None, "Two/Without an id".into()),
        ]
    );
    let (first, second) = (catalog.control("a-1").unwrap(), catalog.control("a-2").unwrap());
    assert_eq!((first.label(), first.sort_key(), first.status()), ("A-1", Some("a-01"), None), "of OSCAL's namespace");
    assert!(!first.withdrawn() && second.withdrawn());
    assert_eq!(second.successors().collect::<Vec<_>>(), ["a-1", "top"]);
    assert_eq!(first.related(&["related"]).collect::<Vec<_>>(), ["a-2"]);
    assert_eq!(first.part("statement").unwrap().parts[0].label(), Some("a."));
    assert_eq!(catalog.resources.len(), 3);
}

#[test]
fn a_control_that_is_wrong_is_reported_with_its_path_and_the_others_are_read() {
    let mut value = small();
    let group = &mut value["catalog"]["groups"][0]["controls"];
    group[0]["parts"][1]["prose"] = json!(7);
    group[1]["title"] = json!("");
    let more = [json!("text"), json!({"id": "top", "title": "Again"}), json!({"title": "Nameless"})];
    group.as_array_mut().unwrap().splice(1..1, more);
    value["catalog"]["groups"][1]["groups"][0]["controls"] = json!({"id": "b-1"});
    value["catalog"]["groups"][2]["parts"] = json!("x");
    let document = document(&value);
    let problems: Vec<String> = document.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "$.catalog.groups[0].controls[0].parts[1].prose: must be text, is a number",
            "$.catalog.groups[0].controls[1]: must be an object, is text",
            "$.catalog.groups[0].controls[2].id: `top` is the id of another control",
            "$.catalog.groups[0].controls[3].id: is missing",
            "$.catalog.groups[0].controls[4].title: must not be empty",
            "$.catalog.groups[1].groups[0].controls: must be an array, is an object",
            "$.catalog.groups[2].parts: must be an array, is text",
        ]
    );
    let Body::Catalog(catalog) = document.body else { panic!("a catalogue") };
    let ids: Vec<&str> = catalog.controls.iter().map(|control| control.id.as_str()).collect();
    assert_eq!(ids, ["top", "a-1.1", "a-1.1.1", "a-1.2"], "enhancements of a bad control are good ones");
    let enhancement = catalog.control("a-1.1").unwrap();
    assert_eq!(catalog.parent(enhancement), None);
    assert_eq!(catalog.group_path(enhancement)[0].title.as_deref(), Some("One"));
}

#[test]
fn texts_are_shown_with_their_parameters() {
    let catalog = catalog(&small());
    let parameters = catalog.all_parameters();
    let find = |id: &str| parameters.get(id).copied();
    let prose = catalog.control("a-1").unwrap().parts[0].parts[0].prose.clone().unwrap();
    assert_eq!(
        render(&prose, &find, &|_| None),
        "Do it [Selection (one or more): daily; every [Assignment: a period]], and [Assignment: a loose one]."
    );
    let set = |id: &str| (id == "a-1_p1").then(|| vec!["week".to_owned()]);
    assert!(render(&prose, &find, &set).contains("daily; every week]"));
    let set = |id: &str| (id == "a-1_p2").then(|| vec!["at once".to_owned(), "later".to_owned()]);
    assert!(render(&prose, &find, &set).starts_with("Do it at once, later, and"));
    for (text, shown) in [
        ("{{ insert: param, nothing }}", "[nothing]"),
        ("{{insert:param,nothing}}", "[nothing]"),
        ("{{ param: nothing }}", "[nothing]"),
        ("open {{ insert: param, x", "open {{ insert: param, x"),
        ("{{ other }} }} {{", "{{ other }} }} {{"),
        ("{{ {{ insert: param, nothing }} é", "{{ [nothing] é"),
        ("a }} b {{ insert: param, n }} c", "a }} b [n] c"),
        ("", ""),
    ] {
        assert_eq!(render(text, &find, &|_| None), shown, "{text}");
    }
}

#[test]
fn a_parameter_that_names_itself_and_a_text_of_nothing_but_insertions_come_to_an_end() {
    let mut value = small();
    let again = "{{ insert: param, loose }}".repeat(10);
    value["catalog"]["params"][0]["label"] = json!(again);
    let catalog = catalog(&value);
    let parameters = catalog.all_parameters();
    let shown = render(&again.repeat(1000), &|id| parameters.get(id).copied(), &|_| None);
    assert!(shown.len() < 100_000 && shown.contains('…'), "{}", shown.len());
    for braces in ["{{", "{{}}", "}}", "{{ insert: param, x"] {
        let text = braces.repeat(200_000);
        assert_eq!(render(&text, &|_| None, &|_| None), text);
    }
}

#[test]
fn every_kind_is_known_by_its_root() {
    for kind in Kind::ALL {
        if matches!(kind, Kind::Profile | Kind::MappingCollection) {
            continue;
        }
        let value = json!({kind.root(): {"uuid": "u", "metadata": metadata("m"), "whatever": {"x": [1]}}});
        let document = document(&value);
        assert_eq!((document.kind(), document.uuid(), document.metadata().title.as_str()), (kind, "u", "m"));
    }
}

#[test]
fn what_is_no_document_says_why() {
    let limits = Limits { bytes: 10_000, depth: 10, values: 100, controls: 3 };
    let read = |text: &str| read(text.as_bytes(), &limits).unwrap_err().to_string();
    assert_eq!(read("{\n  \"catalog\": ,\n}"), "not JSON at line 2, column 14: expected value");
    assert!(read("").starts_with("not JSON at line 1, column 0: EOF"));
    assert!(read("[]").contains("its root must be an object"));
    assert!(read("{\"a\": 1, \"b\": 2}").ends_with("it holds a, b"));
    assert!(read("{\"catalog\": {}, \"profile\": {}}").ends_with("it holds catalog, profile"));
    assert_eq!(read("{\"catalog\": 1}"), "$.catalog: must be an object, is a number");
    assert_eq!(read("{\"catalog\": {\"uuid\": \"u\"}}"), "$.catalog.metadata: is missing");
    assert_eq!(
        read("{\"catalog\": {\"uuid\": \"u\", \"metadata\": {\"title\": \"t\", \"last-modified\": 1}}}"),
        "$.catalog.metadata.last-modified: must be text, is a number"
    );
    assert_eq!(read(&"[".repeat(50)), "too large: at most 10 levels of nesting are read, this document has 11 or more");
    assert!(read(&format!("[{}", "1,".repeat(200))).contains("at most 100 JSON values"));
    assert!(read(&" ".repeat(10_001)).contains("at most 10000 bytes"));
    assert!(read("\"[[[[[[[[[[[[[[[\\\"[[[[[[\"").contains("root"), "brackets in text do not nest");
    let many: Vec<Value> = (0..4).map(|index| json!({"id": format!("c{index}"), "title": "t"})).collect();
    let many = json!({"catalog": {"uuid": "u", "metadata": metadata("m"), "controls": many}});
    assert!(read(&many.to_string()).contains("at most 3 groups and controls"));
    let error = crate::oscal::read(b"\xff\xfe", &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::Malformed { line: 1, .. }), "{error}");
}

#[test]
fn a_byte_order_mark_is_no_hindrance() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(small().to_string().bytes());
    assert_eq!(read(&bytes, &Limits::default()).unwrap().kind(), Kind::Catalog);
}

fn mapping() -> Value {
    json!({"mapping-collection": {"uuid": "u", "metadata": metadata("m"),
        "provenance": {"method": "human", "matching-rationale": "semantic", "status": "draft", "mapping-description": "d"},
        "mappings": [{"uuid": "v", "status": "complete",
            "source-resource": {"type": "catalog", "href": "#a"}, "target-resource": {"type": "profile", "href": "b.json"},
            "maps": [
                {"uuid": "1", "relationship": "subset-of", "sources": [{"type": "control", "id-ref": "5.1"}],
                 "targets": [{"type": "control", "id-ref": "x"}, {"type": "statement", "id-ref": "y"}], "remarks": "because"},
                {"uuid": "2", "relationship": "superset-of", "matching-rationale": "syntactic",
                 "sources": [{"type": "control", "id-ref": "5.2"}], "targets": [{"type": "control", "id-ref": "x"}]},
                {"uuid": "3", "relationship": "equal-to", "sources": [], "targets": [{"type": "control", "id-ref": "x"}]},
                {"uuid": "4", "relationship": "near-to", "sources": [{"type": "control", "id-ref": "a"}],
                 "targets": [{"type": "control"}]}]},
            {"uuid": "w"}]}})
}

#[test]
fn mappings_are_read_with_their_relations_and_bad_maps_are_reported() {
    let document = document(&mapping());
    let problems: Vec<String> = document.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "$.mapping-collection.mappings[0].maps[2].sources: must name at least one",
            "$.mapping-collection.mappings[0].maps[3].targets[0].id-ref: is missing",
            "$.mapping-collection.mappings[1].source-resource: is missing",
        ]
    );
    let collection = collection(document);
    let [mapping] = collection.mappings.as_slice() else { panic!("one mapping") };
    assert_eq!((mapping.status.as_deref(), mapping.method.as_deref()), (Some("complete"), Some("human")));
    let [subset, superset] = mapping.maps.as_slice() else { panic!("two maps") };
    assert_eq!((&subset.relationship, subset.rationale.as_deref()), (&Relationship::Subset, Some("semantic")));
    assert_eq!((subset.remarks.as_deref(), subset.targets.len()), (Some("because"), 2));
    assert_eq!(
        (superset.relationship.reversed(), superset.rationale.as_deref()),
        (Relationship::Subset, Some("syntactic"))
    );
}

#[test]
fn sp_800_53_is_read_whole_and_quickly() {
    let Some(bytes) = shared("nist-sp800-53-rev5-catalog.json") else { return };
    let before = Instant::now();
    let document = read(&bytes, &Limits::default()).unwrap();
    println!("read SP 800-53 in {:?}", before.elapsed());
    assert!(cfg!(debug_assertions) || before.elapsed().as_millis() < 500, "{:?}", before.elapsed());
    assert_eq!(document.problems, []);
    assert_eq!(document.to_value(), serde_json::from_slice::<Value>(&bytes).unwrap());
    let Body::Catalog(catalog) = document.body else { panic!("a catalogue") };
    let withdrawn = catalog.controls.iter().filter(|control| control.withdrawn()).count();
    assert_eq!((catalog.groups.len(), catalog.controls.len(), withdrawn), (20, 1189, 182));
    let lost = catalog.controls.iter().filter(|control| control.withdrawn() && control.successors().next().is_none());
    let lost: Vec<&str> = lost.map(|control| control.id.as_str()).collect();
    assert_eq!(lost, ["cp-10.3", "sc-19"], "the two that nothing takes the place of");
    let parameters = catalog.all_parameters();
    assert_eq!(parameters.len(), 1258);
    let find = |id: &str| parameters.get(id).copied();
    let item = &catalog.control("ac-1").unwrap().part("statement").unwrap().parts[0];
    assert_eq!(
        render(item.prose.as_deref().unwrap(), &find, &|_| None),
        "Develop, document, and disseminate to [Assignment: organization-defined personnel or roles]:"
    );
}

#[test]
fn the_documents_of_the_shared_data_are_read_and_written_as_they_came() {
    let files = [
        ("nist-csf-2.0-catalog.json", Kind::Catalog),
        ("bsi-mindeststandard-tls-catalog.json", Kind::Catalog),
        ("examples/basic-catalog.json", Kind::Catalog),
        ("NIST_SP-800-53_rev5_HIGH-baseline_profile.json", Kind::Profile),
        ("bsi-iso27001-annexa-to-gspp-mapping_collection.json", Kind::MappingCollection),
        ("examples/example-component-definition.json", Kind::ComponentDefinition),
        ("examples/ifa_ssp-example.json", Kind::SystemSecurityPlan),
        ("examples/ifa_assessment-plan-example.json", Kind::AssessmentPlan),
        ("examples/ifa_assessment-results-example.json", Kind::AssessmentResults),
        ("examples/ifa_plan-of-action-and-milestones.json", Kind::PlanOfActionAndMilestones),
    ];
    for (file, kind) in files {
        let Some(bytes) = shared(file) else { continue };
        let document = read(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!((document.kind(), document.problems.len()), (kind, 0), "{file}: {:?}", document.problems);
        assert_eq!(document.to_value(), serde_json::from_slice::<Value>(&bytes).unwrap(), "{file}");
        if let Body::Catalog(catalog) = &document.body {
            let withdrawn = catalog.controls.iter().filter(|control| control.withdrawn()).count();
            println!(
                "{file}: {} groups, {} controls, {withdrawn} withdrawn",
                catalog.groups.len(),
                catalog.controls.len()
            );
        }
    }
}

#[test]
fn the_mapping_of_iso_27001_has_the_relations_it_has() {
    let Some(bytes) = shared("bsi-iso27001-annexa-to-gspp-mapping_collection.json") else { return };
    let collection = collection(read(&bytes, &Limits::default()).unwrap());
    let counts: Vec<usize> = collection.mappings.iter().map(|mapping| mapping.maps.len()).collect();
    assert_eq!(counts, [13, 83]);
    let all = || collection.mappings.iter().flat_map(|mapping| &mapping.maps);
    let of = |relationship: Relationship| all().filter(|map| map.relationship == relationship).count();
    assert_eq!([of(Relationship::Subset), of(Relationship::Equivalent), of(Relationship::Intersects)], [75, 16, 5]);
    assert!(all().all(|map| map.rationale.as_deref() == Some("semantic")));
}
