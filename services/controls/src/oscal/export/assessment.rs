//! Tests of controls, and what they found, as OSCAL assessment results.

use super::component::{ImplementationStatus, Names};
use super::{
    Attribute, ExportError, Header, Ids, description, id, properties, reference, refused, some, time, title, token,
};
use crate::oscal::fields::Writer;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Results of assessments.
#[derive(Debug, Clone, PartialEq)]
pub struct AssessmentExport {
    /// The head of the document.
    pub header: Header,
    /// Where the assessment plan is: a URI reference.
    pub plan: String,
    /// The assessments; there must be one.
    pub results: Vec<AssessmentResult>,
}

/// One assessment: a period, and the tests in it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssessmentResult {
    /// Its name, unique in the world.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it was, in Markdown.
    pub description: String,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; none while it goes on.
    pub end: Option<Timestamp>,
    /// Its tests; there must be one.
    pub tests: Vec<ControlTest>,
}

/// How something was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// By looking at documents, records, settings.
    Examine,
    /// By asking people.
    Interview,
    /// By trying.
    Test,
    /// Nobody knows.
    Unknown,
}

impl Method {
    const fn word(self) -> &'static str {
        match self {
            Self::Examine => "EXAMINE",
            Self::Interview => "INTERVIEW",
            Self::Test => "TEST",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What a test found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The control does what it should.
    Satisfied,
    /// It does not.
    NotSatisfied,
    /// Nothing can be said yet: there is an observation, but no finding.
    Inconclusive,
}

/// What a test rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it is: a URI reference; none where it cannot be named.
    pub href: Option<String>,
    /// What it is, in Markdown.
    pub description: String,
}

/// One test of one control.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlTest {
    /// Its name, unique in the world: a resource name.
    pub name: String,
    /// The control, by its id.
    pub control: String,
    /// The objective that was tested, by its id in the catalogue; none means the statement of the control, whose id is
    /// that of the control and `_smt`.
    pub objective: Option<String>,
    /// Its title.
    pub title: String,
    /// What was done, in Markdown: procedure, population, sample.
    pub description: String,
    /// How; none means that nobody knows.
    pub methods: Vec<Method>,
    /// When.
    pub collected: Timestamp,
    /// Until when what was found holds.
    pub expires: Option<Timestamp>,
    /// Who tested: the name of a party of the header.
    pub assessor: Option<String>,
    /// What was looked at: components by their names, as a component definition exports them, with their titles.
    pub components: Vec<(String, String)>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What it found.
    pub outcome: Outcome,
    /// What it found in words, in Markdown.
    pub finding: String,
    /// How far the control is implemented, where the test says so.
    pub implementation: Option<ImplementationStatus>,
    /// Its attributes: design or operating effectiveness, size of the sample.
    pub attributes: Vec<Attribute>,
}

/// Writes assessment results: each test is an observation, and a finding that rests on it unless it is inconclusive.
///
/// # Errors
///
/// When there is no result or a result has no tests, when a name is empty or there twice, when an assessor is not in
/// the header, and when something ends before it begins.
pub fn assessment_results(export: &AssessmentExport) -> Result<Value, ExportError> {
    if export.results.is_empty() {
        return Err(refused("results", "must hold at least one assessment"));
    }
    let (mut results, mut names) = (Vec::new(), Names::default());
    for (index, result) in export.results.iter().enumerate() {
        let field = format!("results[{index}]");
        names.once(format!("{field}.name"), "result", &result.name)?;
        results.push(self::result(export, result, &field, &mut names)?);
    }
    let plan = Writer::new().value("href", reference("plan", &export.plan)?).done();
    let writer = Writer::new().value("import-ap", plan).values("results", results);
    export.header.document("assessment-results", writer, &[("assessor", "Assessor")])
}

fn result(
    export: &AssessmentExport,
    result: &AssessmentResult,
    field: &str,
    names: &mut Names,
) -> Result<Value, ExportError> {
    if result.tests.is_empty() {
        return Err(refused(format!("{field}.tests"), "must hold at least one test"));
    }
    if result.end.is_some_and(|end| end < result.start) {
        return Err(refused(format!("{field}.end"), "must not be before the start"));
    }
    let (mut observations, mut findings, mut ids) = (Vec::new(), Vec::new(), Ids::default());
    let mut controls = BTreeSet::new();
    for (index, test) in result.tests.iter().enumerate() {
        let field = format!("{field}.tests[{index}]");
        names.once(format!("{field}.name"), "test", &test.name)?;
        let control = ids.any(&format!("{field}.control"), &test.control)?;
        observations.push(observation(export, test, &field)?);
        findings.extend(finding(export, test, &control, &field)?);
        controls.insert(control);
    }
    let controls = controls.into_iter().map(|control| Writer::new().value("control-id", control).done()).collect();
    let selection = Writer::new().values("include-controls", controls).done();
    let title = title(format!("{field}.title"), &result.title)?;
    let end = result.end.map(|end| time(format!("{field}.end"), end)).transpose()?;
    let writer = Writer::new()
        .value("uuid", id("result", &result.name))
        .value("description", description(&result.description, &title))
        .value("title", title)
        .value("start", time(format!("{field}.start"), result.start)?)
        .option("end", end)
        .value("reviewed-controls", Writer::new().values("control-selections", vec![selection]).done())
        .values("observations", observations)
        .values("findings", findings);
    Ok(writer.done())
}

fn observation(export: &AssessmentExport, test: &ControlTest, field: &str) -> Result<Value, ExportError> {
    let mut evidence = Vec::new();
    for (index, item) in test.evidence.iter().enumerate() {
        let field = format!("{field}.evidence[{index}]");
        let href = some(item.href.as_ref()).map(|href| reference(format!("{field}.href"), href)).transpose()?;
        let writer =
            Writer::new().option("href", href).value("description", description(&item.description, "Evidence"));
        evidence.push(writer.done());
    }
    let subject = |(name, title): &(String, String)| {
        let title = Some(super::line(title)).filter(|title| !title.is_empty());
        Writer::new()
            .value("subject-uuid", id("component", name))
            .value("type", "component")
            .option("title", title)
            .done()
    };
    if test.expires.is_some_and(|expires| expires < test.collected) {
        return Err(refused(format!("{field}.expires"), "must not be before it was collected"));
    }
    let methods = if test.methods.is_empty() { &[Method::Unknown] } else { test.methods.as_slice() };
    let expires = test.expires.map(|expires| time(format!("{field}.expires"), expires)).transpose()?;
    let title = title(format!("{field}.title"), &test.title)?;
    let writer = Writer::new()
        .value("uuid", id("observation", &test.name))
        .value("description", description(&test.description, &title))
        .value("title", title)
        .values("props", properties(&test.attributes))
        .list("methods", methods, |method| Value::from(method.word()))
        .value("types", vec![Value::from("control-objective")])
        .values("origins", export.header.origins(format!("{field}.assessor"), test.assessor.as_ref())?)
        .list("subjects", &test.components, subject)
        .values("relevant-evidence", evidence)
        .value("collected", time(format!("{field}.collected"), test.collected)?)
        .option("expires", expires);
    Ok(writer.done())
}

fn finding(
    export: &AssessmentExport,
    test: &ControlTest,
    control: &str,
    field: &str,
) -> Result<Option<Value>, ExportError> {
    let (state, reason) = match test.outcome {
        Outcome::Satisfied => ("satisfied", "pass"),
        Outcome::NotSatisfied => ("not-satisfied", "fail"),
        Outcome::Inconclusive => return Ok(None),
    };
    let (kind, target) = match some(test.objective.as_ref()) {
        Some(objective) => ("objective-id", token(objective)),
        None => ("statement-id", format!("{control}_smt")),
    };
    let status = Writer::new().value("state", state).value("reason", reason).done();
    let implementation = test.implementation.map(|status| Writer::new().value("state", status.word()).done());
    let target = Writer::new()
        .value("type", kind)
        .value("target-id", target)
        .value("status", status)
        .option("implementation-status", implementation)
        .done();
    let observation = Writer::new().value("observation-uuid", id("observation", &test.name)).done();
    let title = title(format!("{field}.title"), &test.title)?;
    let writer = Writer::new()
        .value("uuid", id("finding", &test.name))
        .value("description", description(&test.finding, &title))
        .value("title", title)
        .values("origins", export.header.origins(format!("{field}.assessor"), test.assessor.as_ref())?)
        .value("target", target)
        .values("related-observations", vec![observation]);
    Ok(Some(writer.done()))
}
