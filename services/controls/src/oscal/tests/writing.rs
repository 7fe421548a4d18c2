//! Everything that is exported is an OSCAL document: by our own reading of it, and by the schemas of OSCAL where they
//! are.

use super::{catalog, profile, shared};
use crate::oscal::export::*;
use crate::oscal::{Body, Document, Kind, Limits, Settings, read, resolve};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn header(name: &str) -> Header {
    let party = |name: &str, person| Party { name: name.into(), title: format!("The {name}"), person };
    Header {
        name: format!("organizations/o/{name}"),
        title: "  A title\nof two lines ".into(),
        version: "3".into(),
        last_modified: at("2026-11-24T12:00:00.123456Z"),
        parties: vec![party("anna", true), party("operator", false)],
        remarks: Some("Several\n\nlines.".into()),
    }
}

fn attribute(name: &str, value: &str, remarks: Option<&str>) -> Attribute {
    Attribute { name: name.into(), value: value.into(), remarks: remarks.map(str::to_owned) }
}

fn control(id: &str) -> CatalogControl {
    CatalogControl { id: id.into(), title: format!("Control {id}"), ..CatalogControl::default() }
}

fn catalog_export() -> CatalogExport {
    let full = CatalogControl {
        class: Some("base control".into()),
        statement: Some("Do it within {{ insert: param, _5.1_p }}.\nAlways.".into()),
        guidance: Some("Because.".into()),
        attributes: vec![attribute("control type", "preventive", Some("why")), attribute("empty", " ", None)],
        related: vec![("moved-to".into(), "5.2".into())],
        parameters: vec![CatalogParameter {
            id: "5.1_p".into(),
            label: "period".into(),
            choices: vec!["a day".into(), " a week\n".into()],
            several: true,
            ..CatalogParameter::default()
        }],
        enhancements: vec![CatalogControl { withdrawn: true, ..control("5.1(1)") }],
        sort_key: Some("05.01".into()),
        ..control("5.1")
    };
    let group = |id: &str, controls| CatalogGroup { id: id.into(), title: "G".into(), class: None, controls };
    let groups = vec![group("5", vec![full, control("5.2")]), group("empty", Vec::new())];
    CatalogExport { header: header("catalogues/c"), groups, controls: vec![control("TEL-NDC"), control("Maßnahme 1")] }
}

fn profile_export() -> ProfileExport {
    let applicable = ["5.1", "5.1(1)", "TEL-NDC"].map(|id| ApplicableControl {
        control: id.into(),
        justification: (id == "5.1").then(|| "A risk\nof two lines".into()),
        attributes: vec![attribute("risk", "organizations/o/risks/r", None)],
    });
    let excluded = vec![ExcludedControl { control: "5.2".into(), justification: "No such thing here.".into() }];
    let import = ProfileImport { href: "catalogue with blanks.json".into(), applicable: applicable.into(), excluded };
    let parameters = vec![("5.1_p".to_owned(), vec!["two days".to_owned()])];
    ProfileExport { header: header("statements/s"), imports: vec![import], parameters }
}

fn component_export() -> ComponentExport {
    let requirement = |name: &str, control: &str, status| Requirement {
        name: name.into(),
        control: control.into(),
        description: String::new(),
        status,
        operator: Some("operator".into()),
        parameters: vec![("5.1_p".into(), vec!["two days".into()])],
        attributes: vec![attribute("maturity", "3", None)],
    };
    let implementation = ComponentImplementation {
        source: "#x y".into(),
        description: "As a whole.".into(),
        requirements: vec![
            requirement("i1", "5.1", ImplementationStatus::Implemented),
            requirement("i2", "5.1", ImplementationStatus::Partial),
            requirement("i3", "5.2", ImplementationStatus::NotApplicable),
        ],
    };
    let component = ExportedComponent {
        name: "organizations/o/assets/a".into(),
        kind: ComponentKind::Service,
        title: "Voice".into(),
        description: "Voice\nservice".into(),
        purpose: Some("calls\nand more".into()),
        owner: Some("anna".into()),
        attributes: vec![attribute("site", "north", None)],
        implementations: vec![implementation],
    };
    let bare = ExportedComponent {
        name: "b".into(),
        kind: ComponentKind::Physical,
        purpose: None,
        owner: None,
        attributes: vec![],
        implementations: vec![],
        description: String::new(),
        ..component.clone()
    };
    ComponentExport { header: header("implementations"), components: vec![component, bare] }
}

fn assessment_export() -> AssessmentExport {
    let test = |name: &str, outcome| ControlTest {
        name: name.into(),
        control: "5.1".into(),
        objective: (name == "t2").then(|| "5.1_obj".into()),
        title: format!("Test {name}"),
        description: "Sample of 25.".into(),
        methods: if name == "t1" { vec![Method::Examine, Method::Test] } else { vec![] },
        collected: at("2026-11-01T00:00:00Z"),
        expires: Some(at("2027-11-01T00:00:00Z")),
        assessor: Some("anna".into()),
        components: vec![("organizations/o/assets/a".into(), "Voice".into())],
        evidence: vec![
            Evidence { href: Some("12:30 log#a#b".into()), description: String::new() },
            Evidence { href: None, description: "Seen.".into() },
        ],
        outcome,
        finding: "Three of 25 were late.".into(),
        implementation: Some(ImplementationStatus::Partial),
        attributes: vec![attribute("sample", "25", None)],
    };
    let result = AssessmentResult {
        name: "2026".into(),
        title: "Year".into(),
        description: String::new(),
        start: at("2026-01-01T00:00:00Z"),
        end: Some(at("2026-12-31T00:00:00Z")),
        tests: vec![
            test("t1", Outcome::NotSatisfied),
            test("t2", Outcome::Satisfied),
            test("t3", Outcome::Inconclusive),
        ],
    };
    AssessmentExport { header: header("tests"), plan: "plans/2026.json".into(), results: vec![result] }
}

fn milestones_export() -> MilestonesExport {
    let task = |name: &str, due| RemediationTask {
        name: name.into(),
        title: "Step".into(),
        description: Some("d".into()),
        due,
        owner: Some("anna".into()),
    };
    let remediation = |name: &str, stage, tasks| Remediation {
        name: name.into(),
        title: "Remedy".into(),
        description: String::new(),
        stage,
        tasks,
    };
    let item = |name: &str, origin, status| MilestoneItem {
        name: name.into(),
        title: "Late".into(),
        description: "Three of 25.".into(),
        origin,
        control: "5.1".into(),
        test: (origin == Origin::FailedTest).then(|| "t1".into()),
        identified_by: Some("anna".into()),
        risk: "Somebody gets in.".into(),
        status,
        deadline: Some(at("2027-01-01T00:00:00Z")),
        remediations: vec![
            remediation(
                &format!("{name}/1"),
                RemediationStage::Planned,
                vec![
                    task(&format!("{name}/1/1"), Some(at("2026-12-01T00:00:00Z"))),
                    task(&format!("{name}/1/2"), None),
                ],
            ),
            remediation(&format!("{name}/2"), RemediationStage::Completed, vec![]),
        ],
        attributes: vec![attribute("cost", "10", None)],
    };
    MilestonesExport {
        header: header("plan"),
        system: "organizations/o".into(),
        security_plan: None,
        items: vec![
            item("gap", Origin::Gap, RiskStatus::Remediating),
            item("failed", Origin::FailedTest, RiskStatus::Open),
            item("waiver", Origin::Exception, RiskStatus::DeviationApproved),
        ],
    }
}

fn exported() -> [(Kind, Value); 5] {
    [
        (Kind::Catalog, catalog(&catalog_export_value()).to_value_in("catalog")),
        (Kind::Profile, super::super::export::profile(&profile_export()).unwrap()),
        (Kind::ComponentDefinition, component_definition(&component_export()).unwrap()),
        (Kind::AssessmentResults, assessment_results(&assessment_export()).unwrap()),
        (Kind::PlanOfActionAndMilestones, plan_of_action_and_milestones(&milestones_export()).unwrap()),
    ]
}

fn catalog_export_value() -> Value {
    super::super::export::catalog(&catalog_export()).unwrap()
}

trait In {
    fn to_value_in(&self, root: &str) -> Value;
}

impl In for crate::oscal::Catalog {
    fn to_value_in(&self, root: &str) -> Value {
        Value::Object(Map::from_iter([(root.to_owned(), self.to_value())]))
    }
}

/// The schemas of OSCAL give every definition an `$id` like `#/definitions/…` or `#assembly_…`. JSON Schema takes
/// those for anchors, which may not hold a slash, and validators differ in what they make of them. Written as what they
/// mean, every reference is a JSON pointer, and no definition has an id.
fn plain(schema: &Value) -> Value {
    let mut pointers = HashMap::new();
    if let Some(Value::Object(definitions)) = schema.get("definitions") {
        for (name, definition) in definitions {
            if let Some(id) = definition.get("$id").and_then(Value::as_str) {
                pointers.insert(id.to_owned(), format!("#/definitions/{}", name.replace('~', "~0").replace('/', "~1")));
            }
        }
    }
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
    let mut schema = schema.clone();
    walk(&mut schema, &pointers);
    schema
}

fn validator(kind: Kind) -> Option<jsonschema::Validator> {
    let name = match kind {
        Kind::Catalog => "catalog",
        Kind::Profile => "profile",
        Kind::MappingCollection => "mapping",
        Kind::ComponentDefinition => "component",
        Kind::SystemSecurityPlan => "ssp",
        Kind::AssessmentPlan => "assessment-plan",
        Kind::AssessmentResults => "assessment-results",
        Kind::PlanOfActionAndMilestones => "poam",
    };
    let schema: Value = serde_json::from_slice(&shared(&format!("schemas/oscal_{name}_schema.json"))?).unwrap();
    Some(jsonschema::options().should_validate_formats(true).build(&plain(&schema)).unwrap())
}

fn complaints(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error:.300}", error.instance_path())).collect()
}

#[test]
fn what_is_exported_satisfies_the_schemas_of_oscal() {
    for (kind, value) in exported() {
        let Some(validator) = validator(kind) else { continue };
        assert_eq!(complaints(&validator, &value), Vec::<String>::new(), "{value:#}");
        println!("{} satisfies its schema", kind.root());
        // A schema that says nothing would be satisfied, too.
        let mut wrong = value.clone();
        wrong[kind.root()]["metadata"]["title"] = Value::from("two\nlines");
        assert_eq!(complaints(&validator, &wrong).len(), 1, "{}", kind.root());
        let mut wrong = value;
        wrong[kind.root()]["unheard-of"] = Value::from(1);
        assert_eq!(complaints(&validator, &wrong).len(), 1, "{}", kind.root());
    }
}

#[test]
fn what_is_resolved_satisfies_the_schema_of_a_catalogue() {
    let Some(validator) = validator(Kind::Catalog) else { return };
    let Some(bytes) = shared("nist-sp800-53-rev5-catalog.json") else { return };
    let Some(baseline) = shared("NIST_SP-800-53_rev5_PRIVACY-baseline_profile.json") else { return };
    let source = Arc::new(read(&bytes, &Limits::default()).unwrap());
    let Body::Profile(profile) = read(&baseline, &Limits::default()).unwrap().body else { panic!("a profile") };
    let settings = Settings::new(at("2026-11-24T12:00:00Z"), "profile.json");
    let resolution = resolve(&profile, &|_: &str| Some(Arc::clone(&source)), &settings).unwrap();
    assert_eq!(complaints(&validator, &resolution.catalog.to_value_in("catalog")), Vec::<String>::new());
}

#[test]
fn what_is_exported_is_read_again_without_a_problem_and_the_same_state_gives_the_same_bytes() {
    let (first, second) = (exported(), exported());
    let mut uuids = HashMap::new();
    for ((kind, value), (_, again)) in first.into_iter().zip(second) {
        assert_eq!(value.to_string(), again.to_string());
        let document = read(value.to_string().as_bytes(), &Limits::default()).unwrap();
        assert_eq!((document.kind(), document.problems.len()), (kind, 0));
        assert_eq!(document.metadata().title, "A title of two lines");
        assert_eq!(document.metadata().last_modified, "2026-11-24T12:00:00.123456Z");
        assert_eq!(uuids.insert(document.uuid().to_owned(), kind), None);
    }
}

#[test]
fn a_statement_of_applicability_selects_from_the_exported_catalogue_what_is_applicable() {
    let source = Arc::new(super::document(&catalog_export_value()));
    let profile = profile(&super::super::export::profile(&profile_export()).unwrap());
    let library = |href: &str| (href == "catalogue%20with%20blanks.json").then(|| Arc::<Document>::clone(&source));
    let resolution = resolve(&profile, &library, &Settings::new(at("2026-01-01T00:00:00Z"), "s.json")).unwrap();
    assert_eq!(resolution.warnings, Vec::<String>::new());
    let ids: Vec<(&str, &str)> =
        resolution.catalog.controls.iter().map(|control| (control.id.as_str(), control.label())).collect();
    assert_eq!(ids, [("TEL-NDC", "TEL-NDC"), ("_5.1", "5.1"), ("_5.1_1_", "5.1(1)")]);
    let control = resolution.catalog.control("_5.1").unwrap();
    assert_eq!(control.parameters[0].values, ["two days"]);
    let row = control.properties.iter().find(|property| property.name == "applicability").unwrap();
    assert_eq!((row.value.as_str(), row.remarks.as_deref()), ("applicable", Some("A risk\nof two lines")));
    let out = &profile.metadata.properties[0];
    assert_eq!((out.name.as_str(), out.value.as_str()), ("not-applicable", "_5.2"));
    assert_eq!(out.remarks.as_deref(), Some("No such thing here."));
}

#[test]
fn documents_name_the_same_thing_by_the_same_uuid() {
    let components = component_definition(&component_export()).unwrap();
    let results = assessment_results(&assessment_export()).unwrap();
    let result = &results["assessment-results"]["results"][0];
    let component = &components["component-definition"]["components"][0]["uuid"];
    assert_eq!(&result["observations"][0]["subjects"][0]["subject-uuid"], component);
    let finding = &result["findings"][0];
    assert_eq!(finding["related-observations"][0]["observation-uuid"], result["observations"][0]["uuid"]);
    assert_eq!(finding["target"]["target-id"], "_5.1_smt");
    assert_eq!(finding["target"]["status"]["state"], "not-satisfied");
    assert_eq!(result["findings"][1]["target"]["type"], "objective-id");
    assert_eq!(result["findings"].as_array().unwrap().len(), 2, "an inconclusive test finds nothing");
    let plan = plan_of_action_and_milestones(&milestones_export()).unwrap();
    let plan = &plan["plan-of-action-and-milestones"];
    assert_eq!(plan["poam-items"][1]["props"][2]["value"], finding["uuid"]);
    assert_eq!(plan["poam-items"][1]["related-risks"][0]["risk-uuid"], plan["risks"][1]["uuid"]);
    assert_eq!(plan["risks"][2]["status"], "deviation-approved");
}

#[test]
fn what_cannot_be_written_is_refused_with_its_field() {
    fn refusal(result: Result<Value, ExportError>) -> String {
        result.unwrap_err().to_string()
    }
    let write = super::super::export::catalog;
    let mut export = catalog_export();
    export.controls.push(control("5.1"));
    assert_eq!(refusal(write(&export)), "controls[2].id: `5.1` is there already");
    export.controls[2].id = "5.1[1]".into();
    assert!(refusal(write(&export)).contains("would both be written as `_5.1_1_`"));
    export.controls[2] = CatalogControl { title: "\n".into(), ..control("x") };
    assert_eq!(refusal(write(&export)), "controls[2].title: must not be empty");
    let mut export = profile_export();
    export.imports[0].applicable.clear();
    let write = super::super::export::profile;
    assert_eq!(refusal(write(&export)), "imports[0].applicable: must hold at least one control");
    export.imports.clear();
    assert_eq!(refusal(write(&export)), "imports: must hold at least one catalogue");
    let mut export = component_export();
    export.components[0].owner = Some("nobody".into());
    assert_eq!(
        refusal(component_definition(&export)),
        "components[0].owner: `nobody` is not among the parties of the header"
    );
    export.components[0].owner = None;
    export.components[1].name = export.components[0].name.clone();
    assert_eq!(
        refusal(component_definition(&export)),
        "components[1].name: `organizations/o/assets/a` is there already"
    );
    let mut export = assessment_export();
    export.results[0].end = Some(at("2025-01-01T00:00:00Z"));
    assert_eq!(refusal(assessment_results(&export)), "results[0].end: must not be before the start");
    export.results[0].end = None;
    export.header.last_modified = at("1850-01-01T00:00:00Z");
    assert!(refusal(assessment_results(&export)).starts_with("header.last_modified: must be in a year from 1900"));
    let mut export = milestones_export();
    export.items.clear();
    assert_eq!(refusal(plan_of_action_and_milestones(&export)), "items: must hold at least one item");
}

#[test]
fn an_id_that_is_a_token_stays_as_it_is() {
    for (id, expected) in [
        ("ac-2.1", "ac-2.1"),
        ("Maßnahme", "Maßnahme"),
        ("_x", "_x"),
        ("5.1", "_5.1"),
        ("A b", "A_b"),
        ("", "_"),
        ("-x", "_-x"),
        ("控制", "控制"),
        ("٣", "_٣"),
        ("a\u{301}", "a_"),
    ] {
        assert_eq!(token(id), expected);
    }
}

static CATALOG_SCHEMA: LazyLock<Option<jsonschema::Validator>> = LazyLock::new(|| validator(Kind::Catalog));
static RESULTS_SCHEMA: LazyLock<Option<jsonschema::Validator>> = LazyLock::new(|| validator(Kind::AssessmentResults));

/// What is not refused is read again without a problem, and satisfies the schema where it is here.
fn fits(written: Result<Value, ExportError>, validator: Option<&jsonschema::Validator>) {
    let value = match written {
        Ok(value) => value,
        Err(error) => return assert!(!error.field.is_empty() && !error.reason.is_empty()),
    };
    let document = read(value.to_string().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(document.problems, []);
    if let Some(validator) = validator {
        assert_eq!(complaints(validator, &value), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever people write in a title, a text, an id or a link: it is refused, or the document satisfies the schema.
    #[test]
    fn any_texts_are_refused_or_fit(texts in prop::collection::vec("\\PC{0,20}|[\\s\\PC]{0,12}|[a-z0-9#:%/\\[\\] é]{0,12}", 8)) {
        let mut export = catalog_export();
        export.header.title.clone_from(&texts[0]);
        let control = &mut export.groups[0].controls[0];
        control.id.clone_from(&texts[1]);
        control.title.clone_from(&texts[2]);
        control.label = Some(texts[3].clone());
        control.statement = Some(texts[4].clone());
        control.attributes = vec![attribute(&texts[5], &texts[6], Some(&texts[7]))];
        control.related = vec![(texts[6].clone(), texts[7].clone())];
        fits(super::super::export::catalog(&export), CATALOG_SCHEMA.as_ref());
        let mut export = assessment_export();
        export.plan.clone_from(&texts[0]);
        let test = &mut export.results[0].tests[0];
        test.control.clone_from(&texts[1]);
        test.title.clone_from(&texts[2]);
        test.evidence[0].href = Some(texts[3].clone());
        test.components[0].1.clone_from(&texts[4]);
        fits(assessment_results(&export), RESULTS_SCHEMA.as_ref());
    }
}
