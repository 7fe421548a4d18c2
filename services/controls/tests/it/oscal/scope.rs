//! A scope as OSCAL: what applies, how it is implemented, what tests found, what is to be done. What is written satisfies the schemas of
//! OSCAL where they are, and is read again always.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use controls::oscal;
use serde_json::{Value, json};
use testkit::{Bench, reason};
use wire::controls::v1::control_test::Kind as TestKind;
use wire::controls::v1::implementation::State;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::test_run::Result as Gave;
use wire::controls::v1::{ControlTest, Implementation, Scope, TestRun};

use super::{PARENT, export, import_value, named, resolve};
use crate::evidence::{ALWAYS, of, valid};
use crate::implementation::{bring, name as implementation, propose, thought_of};
use crate::on_every_database;
use crate::statement::{decide, decide_all, made, row};
use crate::{control_test, exception, scope};

/// A schema of OSCAL, from the folder that `TELWARDEN_OSCAL_SCHEMAS` names; nothing, loudly, where it is not there.
fn schema(name: &str) -> Option<Value> {
    let Some(folder) = std::env::var_os("TELWARDEN_OSCAL_SCHEMAS") else {
        println!("SKIPPED: set TELWARDEN_OSCAL_SCHEMAS to a folder with oscal_{name}_schema.json to check against it");
        return None;
    };
    let file = PathBuf::from(folder).join(format!("oscal_{name}_schema.json"));
    match std::fs::read(&file) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("SKIPPED: {} is not here", file.display());
            None
        }
    }
}

/// References as JSON pointers: the schemas name definitions by ids that validators read differently.
fn plain(schema: &Value) -> Value {
    fn walk(value: &mut Value, pointers: &HashMap<String, String>) {
        match value {
            Value::Object(map) => {
                map.remove("$id");
                if let Some(Value::String(reference)) = map.get_mut("$ref")
                    && let Some(pointer) = pointers.get(reference)
                {
                    reference.clone_from(pointer);
                }
                map.values_mut().for_each(|value| walk(value, pointers));
            }
            Value::Array(items) => items.iter_mut().for_each(|value| walk(value, pointers)),
            _ => {}
        }
    }
    let escaped = |name: &str| format!("#/definitions/{}", name.replace('~', "~0").replace('/', "~1"));
    let definitions = schema["definitions"].as_object().unwrap().iter();
    let ids = definitions.filter_map(|(name, one)| Some((one["$id"].as_str()?.to_owned(), escaped(name))));
    let pointers = ids.collect();
    let mut schema = schema.clone();
    walk(&mut schema, &pointers);
    schema
}

/// What is written is an OSCAL document of this root, and satisfies its schema where that is here.
fn fits(value: &Value, root: &str, name: &str) {
    let read = oscal::read(value.to_string().as_bytes(), &oscal::Limits::default()).unwrap();
    assert_eq!((read.kind().root(), read.problems.len()), (root, 0), "{:?}", read.problems);
    let Some(schema) = schema(name) else { return };
    let validator = jsonschema::options().should_validate_formats(true).build(&plain(&schema)).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error:.300}", error.instance_path())).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{value:#}");
    let mut broken = value.clone();
    broken.get_mut(root).unwrap().as_object_mut().unwrap().insert("unheard-of".to_owned(), json!(1));
    assert!(!validator.is_valid(&broken), "the schema of {root} says nothing");
    println!("{root} satisfies its schema");
}

async fn implement(bench: &Bench, id: &str, control: &str, scope: &str, to: State) {
    let control = format!("{PARENT}/catalogues/x1051-2023/controls/{control}");
    let scope = if scope.is_empty() { String::new() } else { format!("{PARENT}/scopes/{scope}") };
    propose(bench, id, Implementation { control, scope, ..thought_of(id) }).await.unwrap();
    bring(bench, id, to).await;
}

async fn test(bench: &Bench, id: &str, of: &str, result: Gave) {
    let test = ControlTest {
        display_name: format!("Test {id}"),
        implementation: implementation(of),
        kind: TestKind::Operating.into(),
        procedure: "Look at some.\n\nCount what is wrong.".to_owned(),
        population: "All of a month".to_owned(),
        ..Default::default()
    };
    control_test::make(bench, id, test).await.unwrap();
    let run = TestRun {
        result: result.into(),
        sample_size: 10,
        exceptions: i64::from(result == Gave::Failed),
        notes: "As it was found.".to_owned(),
        evidence: vec![format!("{PARENT}/evidence/log"), "a paper in the cabinet".to_owned()],
        ..Default::default()
    };
    control_test::record(bench, id, run).await.unwrap();
}

fn texts<'a>(value: &'a Value, key: &str) -> BTreeSet<&'a str> {
    value.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap()).collect()
}

/// Of a control whether it has a property of ours with a value.
fn says(value: &Value, name: &str, expected: &str) -> bool {
    value["props"].as_array().unwrap().iter().any(|one| one["name"] == name && one["value"] == expected)
}

on_every_database! {
    async fn a_scope_says_what_applies(bench) {
        let statement = made(&bench, "soa", "x1051-2023").await;
        let none = export(&bench, Kind::Profile, "scopes/net").await.unwrap_err();
        assert_eq!(reason(&none), "OSCAL_EXPORT_IMPOSSIBLE", "nothing applies: {none:?}");
        let decisions = vec![
            row("5.7", Decision::Applicable, "Threats change.\n\nSo must we."),
            row("tel-isolated", Decision::Applicable, ""),
            row("5.1", Decision::NotApplicable, "Another scope has it."),
        ];
        decide(&bench, &statement.name, decisions).await.unwrap();
        let exported = export(&bench, Kind::Profile, "statements/soa").await.unwrap();
        fits(&exported, "profile", "profile");
        let profile = &exported["profile"];
        let import = &profile["imports"][0];
        assert_eq!(import["href"], json!(format!("{PARENT}/catalogues/x1051-2023")));
        let ids: BTreeSet<&str> = import["include-controls"][0]["with-ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(ids, BTreeSet::from(["_5.7", "tel-isolated"]));
        assert!(says(&profile["metadata"], "not-applicable", "_5.1"), "{profile:#}");
        assert!(profile["metadata"]["remarks"].as_str().unwrap().contains("104 controls are not decided"), "{profile:#}");
        assert_eq!(export(&bench, Kind::Profile, "scopes/net").await.unwrap()["profile"]["imports"], profile["imports"]);
        // What was exported says the same here when it comes in.
        import_value(&bench, named("as-profile"), &exported).await;
        assert_eq!(resolve(&bench, "as-profile", 0, "").await.unwrap().total, 2);
        for kind in [Kind::ComponentDefinition, Kind::Catalogue, Kind::Mapping] {
            let refused = export(&bench, kind, "statements/soa").await.unwrap_err();
            assert_eq!(reason(&refused), "OSCAL_KIND_UNSUPPORTED");
        }
    }

    async fn a_scope_says_what_is_done_what_was_found_and_what_is_to_do(bench) {
        let statement = made(&bench, "soa", "x1051-2023").await;
        decide_all(&bench, &statement.name, "label = \"5.7\" OR label = \"8.16\" OR label = \"8.15\" OR label = \"5.24\"").await;
        scope::make(&bench, "other", Scope { display_name: "Other".to_owned(), ..Default::default() }).await;
        let empty = export(&bench, Kind::AssessmentResults, "scopes/other").await.unwrap_err();
        assert_eq!(reason(&empty), "OSCAL_EXPORT_IMPOSSIBLE", "nobody has tested anything");
        implement(&bench, "probes", "8.16", "net", State::Operating).await;
        implement(&bench, "logs", "8.15", "", State::Operating).await;
        implement(&bench, "plan", "5.24", "net", State::Designed).await;
        implement(&bench, "elsewhere", "8.16", "other", State::Operating).await;
        implement(&bench, "gone", "8.16", "net", State::Retired).await;
        valid(&bench, "log", of(&["logs"], ALWAYS)).await;
        test(&bench, "good", "logs", Gave::Passed).await;
        test(&bench, "bad", "probes", Gave::Failed).await;
        let until = access::Clock::now(&access::SystemClock) + 30 * crate::evidence::DAY;
        let asked = exception::from(&implementation("logs"), until);
        exception::ask(&bench, "holidays", asked).await.unwrap();
        exception::grant(&bench, "holidays", None).await.unwrap();

        let components = export(&bench, Kind::ComponentDefinition, "scopes/net").await.unwrap();
        fits(&components, "component-definition", "component");
        let component = &components["component-definition"]["components"][0];
        let requirements = component["control-implementations"][0]["implemented-requirements"].as_array().unwrap();
        let status = |control: &str| {
            let of = requirements.iter().find(|one| one["control-id"] == control).unwrap();
            of["props"].as_array().unwrap().iter().find(|one| one["name"] == "implementation-status").unwrap()["value"].as_str().unwrap()
        };
        assert_eq!(requirements.len(), 3, "neither what is retired nor what is elsewhere");
        assert_eq!((status("_8.16"), status("_8.15"), status("_5.24")), ("partial", "implemented", "planned"));

        let results = export(&bench, Kind::AssessmentResults, "scopes/net").await.unwrap();
        fits(&results, "assessment-results", "assessment-results");
        let result = &results["assessment-results"]["results"][0];
        assert_eq!(result["observations"].as_array().unwrap().len(), 3, "two runs, and evidence that was looked at");
        let states: BTreeSet<(&str, &str)> = result["findings"].as_array().unwrap().iter()
            .map(|one| (one["target"]["target-id"].as_str().unwrap(), one["target"]["status"]["state"].as_str().unwrap())).collect();
        assert_eq!(states, BTreeSet::from([("_8.15_smt", "satisfied"), ("_8.16_smt", "not-satisfied")]));

        let plan = export(&bench, Kind::PlanOfActionAndMilestones, "scopes/net").await.unwrap();
        fits(&plan, "plan-of-action-and-milestones", "poam");
        let plan = &plan["plan-of-action-and-milestones"];
        let items = plan["poam-items"].as_array().unwrap();
        let origin = |origin: &str, control: &str| items.iter().filter(|one| says(one, "origin", origin) && says(one, "control", control)).count();
        // 5.7 has nothing, 5.24 is planned; the probes failed; the logs are excepted.
        let expected = [("gap", "5.7"), ("gap", "5.24"), ("failed-test", "8.16"), ("exception", "8.15")];
        assert_eq!(expected.map(|(what, control)| origin(what, control)), [1, 1, 1, 1], "{items:#?}");
        assert_eq!(items.len(), 4);
        assert_eq!(texts(&plan["risks"], "status"), BTreeSet::from(["open", "remediating", "deviation-approved"]));
        // The item of the failed test names the finding of the results.
        let finding = result["findings"].as_array().unwrap().iter().find(|one| one["target"]["target-id"] == "_8.16_smt").unwrap();
        let failed = items.iter().find(|one| says(one, "origin", "failed-test")).unwrap();
        assert!(says(failed, "finding", finding["uuid"].as_str().unwrap()), "{failed:#}");

        // The same state gives the same document.
        assert_eq!(export(&bench, Kind::AssessmentResults, "scopes/net").await.unwrap(), results);
    }

    async fn what_ships_and_what_is_made_here_satisfies_the_schemas(bench) {
        for id in ["x1051-2016", "x1051-2023", "x1058-2017", "nist-csf-2.0"] {
            fits(&export(&bench, Kind::Catalogue, &format!("catalogues/{id}")).await.unwrap(), "catalog", "catalog");
        }
        fits(&export(&bench, Kind::Mapping, "mappings/x1051-2016-to-x1051-2023").await.unwrap(), "mapping-collection", "mapping");
    }
}
