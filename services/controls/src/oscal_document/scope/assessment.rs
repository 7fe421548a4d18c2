//! Runs of tests of a scope, and evidence, as assessment results.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use wire::controls::v1 as api;
use wire::controls::v1::control_test::Kind;
use wire::controls::v1::evidence::State as EvidenceState;
use wire::controls::v1::test_run::Result as Gave;
use wire::controls::v1::{ControlTest as Test, Implementation, TestRun};

use super::component::status;
use super::{Within, attribute, somebody, time};
use crate::oscal::export::{
    AssessmentExport, AssessmentResult, ControlTest, Evidence, ExportError, Method, Outcome, assessment_results,
};

/// The assessment results: one assessment from the first run or piece of evidence to the last.
pub(crate) fn document(within: &Within) -> Result<Value, ExportError> {
    let tests: HashMap<&str, &Test> = within.tests.iter().map(|test| (test.name.as_str(), test)).collect();
    let implementations: HashMap<&str, &Implementation> =
        within.implementations.iter().map(|one| (one.name.as_str(), one)).collect();
    let runs = within.runs.iter().filter_map(|run| {
        let test = tests.get(resource::parent_of(&run.name))?;
        let implementation = implementations.get(test.implementation.as_str())?;
        Some(one(within, run, test, implementation))
    });
    let shown = within.evidence.iter().filter(|one| one.state() == EvidenceState::Valid).flat_map(|evidence| {
        let proven = evidence.implementations.iter().filter_map(|name| implementations.get(name.as_str()));
        proven.map(|implementation| shown(within, evidence, implementation))
    });
    let mut runs: Vec<ControlTest> = runs.collect();
    runs.extend(shown);
    let scope = &within.scope;
    let (start, end) = (runs.iter().map(|run| run.collected).min(), runs.iter().map(|run| run.collected).max());
    let result = AssessmentResult {
        name: scope.name.clone(),
        title: format!("Tests in {}", scope.display_name),
        description: scope.description.clone(),
        start: start.unwrap_or(Timestamp::UNIX_EPOCH),
        end,
        tests: runs,
    };
    let header = within.header("assessment-results", format!("Tests of controls in {}", scope.display_name), None);
    // No document plans the tests: the scope, in which they are kept, stands for the plan.
    assessment_results(&AssessmentExport { header, plan: scope.name.clone(), results: vec![result] })
}

fn one(within: &Within, run: &TestRun, test: &Test, implementation: &Implementation) -> ControlTest {
    let (_, control) = within.ids.of(&implementation.control);
    let said =
        [("", test.procedure.as_str()), ("Population: ", test.population.as_str()), ("Sample: ", run.sample.as_str())];
    let said = said.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let evidence = run.evidence.iter().map(|name| {
        let known = within.evidence.iter().find(|one| one.name == *name);
        Evidence { href: Some(name.clone()), description: known.map_or_else(|| name.clone(), described) }
    });
    let mut attributes = vec![attribute("looks-at", test.kind().as_str_name())];
    for (name, count) in [("population-size", test.population_size), ("sample-size", run.sample_size)] {
        if count > 0 {
            attributes.push(attribute(name, count.to_string()));
        }
    }
    attributes.push(attribute("exceptions", run.exceptions.to_string()));
    ControlTest {
        name: run.name.clone(),
        control,
        objective: None,
        title: test.display_name.clone(),
        description: said.map(|(head, text)| format!("{head}{text}")).collect::<Vec<_>>().join("\n\n"),
        methods: match test.kind() {
            Kind::Design => vec![Method::Examine],
            Kind::Operating => vec![Method::Test],
            Kind::Unspecified => Vec::new(),
        },
        collected: time(run.run_time.as_ref()).unwrap_or(Timestamp::UNIX_EPOCH),
        expires: None,
        assessor: somebody(&run.tester),
        components: vec![(within.scope.name.clone(), within.scope.display_name.clone())],
        evidence: evidence.collect(),
        outcome: match run.result() {
            Gave::Passed => Outcome::Satisfied,
            Gave::Failed => Outcome::NotSatisfied,
            Gave::Inconclusive | Gave::Unspecified => Outcome::Inconclusive,
        },
        finding: run.notes.clone(),
        implementation: Some(status(implementation)),
        attributes,
    }
}

fn described(evidence: &api::Evidence) -> String {
    let texts = [evidence.display_name.as_str(), evidence.description.as_str()];
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Evidence that proves an implementation: it was looked at, and nothing was tested.
fn shown(within: &Within, evidence: &api::Evidence, implementation: &Implementation) -> ControlTest {
    let (_, control) = within.ids.of(&implementation.control);
    let collected = time(evidence.collect_time.as_ref()).unwrap_or(Timestamp::UNIX_EPOCH);
    ControlTest {
        name: format!("{}\n{}", evidence.name, implementation.name),
        control,
        objective: None,
        title: evidence.display_name.clone(),
        description: evidence.description.clone(),
        methods: vec![Method::Examine],
        collected,
        expires: time(evidence.valid_until.as_ref()).filter(|until| *until >= collected),
        assessor: somebody(&evidence.collected_by),
        components: vec![(within.scope.name.clone(), within.scope.display_name.clone())],
        evidence: vec![Evidence { href: Some(evidence.name.clone()), description: described(evidence) }],
        outcome: Outcome::Inconclusive,
        finding: String::new(),
        implementation: Some(status(implementation)),
        attributes: vec![
            attribute("source", evidence.source.as_str()),
            attribute("implementation", implementation.name.as_str()),
        ],
    }
}
