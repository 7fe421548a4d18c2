//! What is still to be done in a scope as a plan of action and milestones: controls that apply and are not in operation, tests that failed,
//! implementations that are being repaired, and exceptions.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use wire::controls::v1::control_test::State as TestState;
use wire::controls::v1::exception::State as ExceptionState;
use wire::controls::v1::implementation::State;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::test_run::Result as Gave;
use wire::controls::v1::{ControlTest, Exception, Implementation, StatementRow, TestRun};

use super::{Within, attribute, somebody, time};
use crate::oscal::export::{
    ExportError, MilestoneItem, MilestonesExport, Origin, Remediation, RemediationStage, RemediationTask, RiskStatus,
    plan_of_action_and_milestones,
};

/// The plan. A scope in which nothing is to be done has none.
pub(crate) fn document(within: &Within) -> Result<Value, ExportError> {
    let mut by_control: HashMap<&str, Vec<&Implementation>> = HashMap::new();
    for one in within.implementations.iter().filter(|one| one.state() != State::Retired) {
        by_control.entry(one.control.as_str()).or_default().push(one);
    }
    let rows = within.statements.iter().flat_map(|(_, rows)| rows);
    let mut items: Vec<MilestoneItem> = rows
        .filter(|row| row.decision() == Decision::Applicable)
        .filter_map(|row| gap(within, row, by_control.get(row.control.as_str()).map_or(&[], Vec::as_slice)))
        .collect();
    let implementations: HashMap<&str, &Implementation> =
        within.implementations.iter().map(|one| (one.name.as_str(), one)).collect();
    let mut told = HashSet::new();
    for test in within.tests.iter().filter(|test| test.state() == TestState::Active) {
        if test.deciding_result() != Gave::Failed {
            continue;
        }
        let Some(implementation) = implementations.get(test.implementation.as_str()) else { continue };
        let Some(run) = deciding(within, test) else { continue };
        told.insert(implementation.name.as_str());
        items.push(failed(within, test, run, implementation));
    }
    let repaired = within.implementations.iter().filter(|one| one.state() == State::Remediation);
    items.extend(repaired.filter(|one| !told.contains(one.name.as_str())).map(|one| repair(within, one)));
    items.extend(within.exceptions.iter().map(|one| excepted(within, one, &implementations)));
    let scope = &within.scope;
    let header = within.header("plan-of-action-and-milestones", format!("To be done in {}", scope.display_name), None);
    plan_of_action_and_milestones(&MilestonesExport { header, system: scope.name.clone(), security_plan: None, items })
}

/// A control that applies and that nothing in operation fulfils; none where something does.
fn gap(within: &Within, row: &StatementRow, done: &[&Implementation]) -> Option<MilestoneItem> {
    if done.iter().any(|one| matches!(one.state(), State::Operating | State::UnderReview | State::Remediation)) {
        return None;
    }
    let (_, control) = within.ids.of(&row.control);
    let label = if row.label.is_empty() { control.clone() } else { row.label.clone() };
    let planned = done.iter().map(|one| Remediation {
        name: format!("{}\n{}", row.name, one.name),
        title: one.display_name.clone(),
        description: one.design.clone(),
        stage: if one.state() == State::Proposed { RemediationStage::Recommended } else { RemediationStage::Planned },
        tasks: Vec::new(),
    });
    let mut attributes = vec![attribute("owner", row.owner.as_str())];
    attributes.extend(row.risk_references.iter().map(|risk| attribute("risk", risk.as_str())));
    Some(MilestoneItem {
        name: row.name.clone(),
        title: format!("{label} {} is not in operation", row.title),
        description: row.justification.clone(),
        origin: Origin::Gap,
        control,
        test: None,
        identified_by: None,
        risk: format!("What {label} protects against is not covered."),
        status: if done.is_empty() { RiskStatus::Open } else { RiskStatus::Remediating },
        deadline: None,
        remediations: planned.collect(),
        attributes,
    })
}

/// The run that decided last what a test says.
fn deciding<'a>(within: &'a Within, test: &ControlTest) -> Option<&'a TestRun> {
    let own = within.runs.iter().rev().filter(|run| resource::parent_of(&run.name) == test.name);
    own.into_iter().find(|run| run.result() == Gave::Failed)
}

fn failed(within: &Within, test: &ControlTest, run: &TestRun, one: &Implementation) -> MilestoneItem {
    let (_, control) = within.ids.of(&one.control);
    let again = RemediationTask {
        name: format!("{}\nagain", run.name),
        title: "Run the test again".to_owned(),
        description: Some(test.procedure.clone()),
        due: time(test.next_due_time.as_ref()),
        owner: somebody(&test.owner),
    };
    let repairing = one.state() == State::Remediation;
    let remediation = Remediation {
        name: format!("{}\n{}", test.name, one.name),
        title: format!("Repair {}", one.display_name),
        description: one.state_reason.clone(),
        stage: if repairing { RemediationStage::Planned } else { RemediationStage::Recommended },
        tasks: vec![again],
    };
    MilestoneItem {
        name: test.name.clone(),
        title: format!("{} failed", test.display_name),
        description: run.notes.clone(),
        origin: Origin::FailedTest,
        control,
        test: Some(run.name.clone()),
        identified_by: somebody(&run.tester),
        risk: format!("{} does not do what it should.", one.display_name),
        status: if repairing { RiskStatus::Remediating } else { RiskStatus::Open },
        deadline: None,
        remediations: vec![remediation],
        attributes: vec![
            attribute("implementation", one.name.as_str()),
            attribute("sample-size", run.sample_size.to_string()),
            attribute("exceptions", run.exceptions.to_string()),
        ],
    }
}

fn repair(within: &Within, one: &Implementation) -> MilestoneItem {
    let (_, control) = within.ids.of(&one.control);
    MilestoneItem {
        name: one.name.clone(),
        title: format!("{} is being repaired", one.display_name),
        description: one.state_reason.clone(),
        origin: Origin::Other,
        control,
        test: None,
        identified_by: None,
        risk: format!("{} does not do what it should.", one.display_name),
        status: RiskStatus::Remediating,
        deadline: None,
        remediations: Vec::new(),
        attributes: vec![attribute("implementation", one.name.as_str()), attribute("owner", one.owner.as_str())],
    }
}

/// An exception that is asked for or counts: until when, and what is done instead.
fn excepted(within: &Within, one: &Exception, implementations: &HashMap<&str, &Implementation>) -> MilestoneItem {
    let implementation = implementations.get(one.implementation.as_str());
    let control = implementation.map_or(one.control.as_str(), |implementation| implementation.control.as_str());
    let (_, control) = within.ids.of(control);
    let granted = one.state() == ExceptionState::Granted;
    let instead = Remediation {
        name: format!("{}\ninstead", one.name),
        title: "What is done instead".to_owned(),
        description: one.compensating_measures.clone(),
        stage: if granted { RemediationStage::Planned } else { RemediationStage::Recommended },
        tasks: Vec::new(),
    };
    let until = if granted { one.grant_until.as_ref() } else { one.request_until.as_ref() };
    let mut attributes = vec![attribute("implementation", one.implementation.as_str())];
    attributes.extend(one.risk_references.iter().map(|risk| attribute("risk", risk.as_str())));
    MilestoneItem {
        name: one.name.clone(),
        title: format!("Exception: {}", one.display_name),
        description: one.reason.clone(),
        origin: Origin::Exception,
        control,
        test: None,
        identified_by: somebody(&one.requester),
        risk: format!("{} leaves open what the control protects against.", one.display_name),
        status: if granted { RiskStatus::DeviationApproved } else { RiskStatus::DeviationRequested },
        deadline: time(until),
        remediations: if one.compensating_measures.trim().is_empty() { Vec::new() } else { vec![instead] },
        attributes,
    }
}
