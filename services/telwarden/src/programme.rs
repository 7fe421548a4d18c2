//! Gives the sample operator what it does about controls, through the public API, as people would: one runs the controls,
//! another approves and judges.

use anyhow::Result;
use sample::{Life, Standing};
use sha2::{Digest as _, Sha256};
use wire::controls::v1 as api;
use wire::controls::v1::control_test_service_client::ControlTestServiceClient;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::exception_service_client::ExceptionServiceClient;
use wire::controls::v1::implementation::Verdict;
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;
use wire::controls::v1::scope_service_client::ScopeServiceClient;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::statement_row_service_client::StatementRowServiceClient;
use wire::controls::v1::statement_service_client::StatementServiceClient;
use wire::controls::v1::test_run_service_client::TestRunServiceClient;
use wire::controls::v1::upload_evidence_request::Part;

use crate::client::{Client, explain};
use crate::registers::{in_days, new};

/// The two people it takes.
#[derive(Clone, Debug)]
pub struct People {
    /// Who runs the controls.
    pub owner: Client,
    /// Who approves and judges what the other does.
    pub approver: Client,
}

/// How many were made; those that were there before are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Statements of Applicability, each with its scope.
    pub statements: usize,
    /// Implementations, each with what tests and proves it.
    pub implementations: usize,
    /// Exceptions.
    pub exceptions: usize,
}

/// Creates what the operator does about controls in an organization. What is there stays as it is: doing it again changes
/// nothing.
///
/// # Errors
/// What the service has against a call.
pub async fn create(people: &People, organization: &str, programme: &sample::Programme) -> Result<Made> {
    let parent = format!("organizations/{organization}");
    let mut made = Made::default();
    for scope in programme.scopes {
        made.statements += usize::from(scope_of(people, &parent, scope).await?);
    }
    for one in programme.implementations {
        made.implementations += usize::from(implementation_of(people, &parent, one).await?);
    }
    for exception in programme.exceptions {
        made.exceptions += usize::from(exception_of(people, &parent, exception).await?);
    }
    Ok(made)
}

async fn scope_of(people: &People, parent: &str, of: &sample::Scope) -> Result<bool> {
    let scope = api::Scope {
        display_name: of.display_name.to_owned(),
        description: of.description.to_owned(),
        owner: of.owner.to_owned(),
        ..Default::default()
    };
    let request = api::CreateScopeRequest { parent: parent.to_owned(), scope_id: of.id.to_owned(), scope: Some(scope) };
    new(ScopeServiceClient::new(people.owner.clone()).create_scope(request).await)?;
    let mut statements = StatementServiceClient::new(people.owner.clone());
    let statement = api::Statement {
        display_name: of.display_name.to_owned(),
        scope: format!("{parent}/scopes/{}", of.id),
        catalogue: format!("{parent}/catalogues/{}", sample::CATALOGUE),
        ..Default::default()
    };
    let request = api::CreateStatementRequest {
        parent: parent.to_owned(),
        statement_id: of.id.to_owned(),
        statement: Some(statement),
    };
    let Some(made) = new(statements.create_statement(request).await)? else { return Ok(false) };
    let request = api::SuggestStatementRequest { name: made.name.clone() };
    statements.suggest_statement(request).await.map_err(|status| explain(&status))?;
    let decisions = decisions(people, &made.name, of).await?;
    let request = api::DecideStatementRequest { name: made.name.clone(), decisions };
    statements.decide_statement(request).await.map_err(|status| explain(&status))?;
    if of.undecided.is_empty() {
        let request = api::ProposeStatementRequest { name: made.name.clone(), ..Default::default() };
        statements.propose_statement(request).await.map_err(|status| explain(&status))?;
        let request = api::ApproveStatementRequest { name: made.name, ..Default::default() };
        let approved = StatementServiceClient::new(people.approver.clone()).approve_statement(request).await;
        approved.map_err(|status| explain(&status))?;
    }
    Ok(true)
}

/// What is decided of each row: by the estate's reasons where it has some.
async fn decisions(people: &People, statement: &str, of: &sample::Scope) -> Result<Vec<api::RowDecision>> {
    let request = api::ListStatementRowsRequest { parent: statement.to_owned(), page_size: 1000, ..Default::default() };
    let rows = StatementRowServiceClient::new(people.owner.clone()).list_statement_rows(request).await;
    let mut decisions = Vec::new();
    for row in rows.map_err(|status| explain(&status))?.into_inner().rows {
        let control = row.control.rsplit('/').next().unwrap_or_default().to_owned();
        if of.undecided.contains(&control.as_str()) {
            continue;
        }
        let not = of.not_applicable.iter().find(|(id, _)| *id == control);
        let (decision, justification) = match (not, row.suggestion.and_then(|one| one.grounds.into_iter().next())) {
            (Some((_, reason)), _) => (Decision::NotApplicable, (*reason).to_owned()),
            (None, Some(ground)) => (Decision::Applicable, ground.reason),
            (None, None) => (Decision::Applicable, "Part of the baseline of every operator.".to_owned()),
        };
        decisions.push(api::RowDecision {
            control,
            decision: decision.into(),
            justification,
            owner: of.owner.to_owned(),
            ..Default::default()
        });
    }
    Ok(decisions)
}

async fn implementation_of(people: &People, parent: &str, of: &sample::Implementation) -> Result<bool> {
    let cost = api::implementation::CostEstimate {
        currency_code: "EUR".to_owned(),
        yearly_cost: of.yearly_cost,
        ..Default::default()
    };
    let energy = api::implementation::EnergyEstimate { yearly_kwh: of.yearly_kwh, ..Default::default() };
    let implementation = api::Implementation {
        display_name: of.display_name.to_owned(),
        control: format!("{parent}/catalogues/{}/controls/{}", sample::CATALOGUE, of.control),
        design: of.design.to_owned(),
        owner: of.owner.to_owned(),
        cost_estimate: Some(cost),
        energy_estimate: Some(energy),
        review_period_days: 365,
        ..Default::default()
    };
    let request = api::CreateImplementationRequest {
        parent: parent.to_owned(),
        implementation_id: of.id.to_owned(),
        implementation: Some(implementation),
    };
    let mut owning = ImplementationServiceClient::new(people.owner.clone());
    let Some(made) = new(owning.create_implementation(request).await)? else { return Ok(false) };
    live(people, &made.name, of.life).await?;
    if let Some(test) = &of.test {
        tested(people, parent, &made.name, of, test).await?;
    }
    if let Some(days) = of.evidence_days {
        proven(people, parent, &made.name, of, days).await?;
    }
    if of.life == Life::UnderReview {
        let reason = "The log store moves; whether nothing is lost is looked at.".to_owned();
        let request = api::ReviewImplementationRequest { name: made.name, reason, ..Default::default() };
        owning.review_implementation(request).await.map_err(|status| explain(&status))?;
    }
    Ok(true)
}

/// Leads an implementation through its life, as far as it has come; what brings it beyond OPERATING follows from tests and
/// reviews.
async fn live(people: &People, name: &str, life: Life) -> Result<()> {
    let mut owner = ImplementationServiceClient::new(people.owner.clone());
    let mut approver = ImplementationServiceClient::new(people.approver.clone());
    let name = || name.to_owned();
    if life >= Life::Designed {
        let request = api::DesignImplementationRequest { name: name(), ..Default::default() };
        owner.design_implementation(request).await.map_err(|status| explain(&status))?;
    }
    if life >= Life::Approved {
        let request = api::ApproveImplementationRequest { name: name(), ..Default::default() };
        approver.approve_implementation(request).await.map_err(|status| explain(&status))?;
    }
    if life >= Life::Implementing {
        let request = api::BeginImplementationRequest { name: name(), ..Default::default() };
        owner.begin_implementation(request).await.map_err(|status| explain(&status))?;
    }
    if life >= Life::Operating {
        let comment = "Read with those who run it.".to_owned();
        let mut request = api::JudgeImplementationDesignRequest { name: name(), comment, ..Default::default() };
        request.set_verdict(Verdict::Effective);
        approver.judge_implementation_design(request).await.map_err(|status| explain(&status))?;
        let request = api::OperateImplementationRequest { name: name(), ..Default::default() };
        owner.operate_implementation(request).await.map_err(|status| explain(&status))?;
        let comment = "Watched for a week.".to_owned();
        let mut request = api::JudgeImplementationOperationRequest { name: name(), comment, ..Default::default() };
        request.set_verdict(Verdict::Effective);
        approver.judge_implementation_operation(request).await.map_err(|status| explain(&status))?;
    }
    if life == Life::Retired {
        let reason = "Visitors are registered at the terminal by the gate.".to_owned();
        let request = api::RetireImplementationRequest { name: name(), reason, ..Default::default() };
        owner.retire_implementation(request).await.map_err(|status| explain(&status))?;
    }
    Ok(())
}

/// A test, and what it gave: what is repaired failed it.
async fn tested(
    people: &People,
    parent: &str,
    implementation: &str,
    of: &sample::Implementation,
    test: &sample::Test,
) -> Result<()> {
    let mut control_test = api::ControlTest {
        display_name: format!("Test of: {}", of.display_name),
        implementation: implementation.to_owned(),
        procedure: test.procedure.to_owned(),
        population: test.population.to_owned(),
        population_size: test.population_size,
        sample_size: test.sample_size,
        period_days: test.period_days,
        owner: of.owner.to_owned(),
        ..Default::default()
    };
    control_test.set_kind(api::control_test::Kind::Operating);
    let request = api::CreateControlTestRequest {
        parent: parent.to_owned(),
        control_test_id: of.id.to_owned(),
        control_test: Some(control_test),
    };
    let made = ControlTestServiceClient::new(people.owner.clone()).create_control_test(request).await;
    let made = made.map_err(|status| explain(&status))?.into_inner();
    let failed = of.life == Life::Remediation;
    let mut run = api::TestRun {
        sample: format!("{} of {} drawn by lot", test.sample_size, test.population_size),
        sample_size: test.sample_size,
        exceptions: if failed { 9 } else { 0 },
        notes: if failed {
            "Nine elements ran a version older than the policy allows.".to_owned()
        } else {
            String::new()
        },
        ..Default::default()
    };
    run.set_result(if failed { api::test_run::Result::Failed } else { api::test_run::Result::Passed });
    let request = api::CreateTestRunRequest { parent: made.name, test_run: Some(run), ..Default::default() };
    TestRunServiceClient::new(people.approver.clone())
        .create_test_run(request)
        .await
        .map_err(|status| explain(&status))?;
    Ok(())
}

/// Evidence, with a file.
async fn proven(
    people: &People,
    parent: &str,
    implementation: &str,
    of: &sample::Implementation,
    days: i64,
) -> Result<()> {
    let mut client = EvidenceServiceClient::new(people.owner.clone());
    let evidence = api::Evidence {
        display_name: format!("Record of: {}", of.display_name),
        implementations: vec![implementation.to_owned()],
        source: "the shift's own record".to_owned(),
        collected_by: of.owner.to_owned(),
        valid_until: in_days(days),
        ..Default::default()
    };
    let request = api::CreateEvidenceRequest {
        parent: parent.to_owned(),
        evidence_id: of.id.to_owned(),
        evidence: Some(evidence),
    };
    let made = client.create_evidence(request).await.map_err(|status| explain(&status))?.into_inner();
    let text = format!("{}\n\n{}\n\nSeen, and found so. {}\n", of.display_name, of.design, of.owner).into_bytes();
    let start = api::UploadStart {
        name: made.name,
        file_name: format!("{}.txt", of.id),
        media_type: "text/plain".to_owned(),
        size: i64::try_from(text.len())?,
        sha256: format!("{:x}", Sha256::digest(&text)),
    };
    let parts = [Part::Start(start), Part::Chunk(text)];
    let parts = parts.map(|part| api::UploadEvidenceRequest { part: Some(part) });
    client.upload_evidence(futures::stream::iter(parts)).await.map_err(|status| explain(&status))?;
    Ok(())
}

async fn exception_of(people: &People, parent: &str, of: &sample::Exception) -> Result<bool> {
    let mut owner = ExceptionServiceClient::new(people.owner.clone());
    let mut approver = ExceptionServiceClient::new(people.approver.clone());
    let exception = api::Exception {
        display_name: of.display_name.to_owned(),
        implementation: format!("{parent}/implementations/{}", of.implementation),
        reason: of.reason.to_owned(),
        compensating_measures: of.compensating_measures.to_owned(),
        request_until: in_days(of.days),
        ..Default::default()
    };
    let request = api::CreateExceptionRequest {
        parent: parent.to_owned(),
        exception_id: of.id.to_owned(),
        exception: Some(exception),
    };
    let Some(made) = new(owner.create_exception(request).await)? else { return Ok(false) };
    if matches!(of.standing, Standing::Granted | Standing::Revoked) {
        let request = api::GrantExceptionRequest { name: made.name.clone(), ..Default::default() };
        approver.grant_exception(request).await.map_err(|status| explain(&status))?;
    }
    if of.standing == Standing::Revoked {
        let reason = "The contacts have come.".to_owned();
        let request = api::RevokeExceptionRequest { name: made.name.clone(), reason, ..Default::default() };
        approver.revoke_exception(request).await.map_err(|status| explain(&status))?;
    }
    if of.standing == Standing::Refused {
        let reason = "A filter that is not tested is not known to work: make a window.".to_owned();
        let request = api::RefuseExceptionRequest { name: made.name, reason, ..Default::default() };
        approver.refuse_exception(request).await.map_err(|status| explain(&status))?;
    }
    Ok(true)
}
