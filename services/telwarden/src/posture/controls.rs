//! Controls in the posture: what the estate asks for, what applies, how far it is done, and what ends or is late.

use anyhow::Result;
use wire::controls::v1 as api;
use wire::controls::v1::control_test_service_client::ControlTestServiceClient;
use wire::controls::v1::coverage_service_client::CoverageServiceClient;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::exception_service_client::ExceptionServiceClient;
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;
use wire::controls::v1::statement_service_client::StatementServiceClient;
use wire::controls::v1::{Evidence, Exception, Statement, SuggestControlsResponse, SummarizeCoverageResponse};

use super::{Tally, count, pages, share, tallied, within};
use crate::client::{Client, explain};
use crate::surveys::time;

/// The catalogue that the posture looks at.
const CATALOGUE: &str = "x1051-2023";
/// What ends within so many days is shown.
const SOON: i64 = 30;
/// How many of each list are shown: those that end first.
const SHOWN: usize = 10;

/// How it stands with controls.
#[derive(Debug, Default)]
pub struct Controls {
    /// What the estate asks for.
    pub suggested: SuggestControlsResponse,
    /// The coverage of X.1051, and of what it is mapped to.
    pub coverage: SummarizeCoverageResponse,
    /// Statements of Applicability that are at work or in force.
    pub statements: Vec<Statement>,
    /// Implementations by state.
    pub implementations: Tally,
    /// The display names of tests that are overdue.
    pub overdue_tests: Vec<String>,
    /// Evidence that ends soon, what ends first first.
    pub ending_evidence: Vec<Evidence>,
    /// How much evidence has expired.
    pub expired_evidence: i64,
    /// Exceptions by state.
    pub exceptions: Tally,
    /// Exceptions that are granted and end soon, what ends first first.
    pub ending_exceptions: Vec<Exception>,
}

/// Reads how it stands.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str) -> Result<Controls> {
    let parent = format!("organizations/{organization}");
    let suggested = crate::controls::suggestions(client.clone(), organization, CATALOGUE, Vec::new()).await?;
    let request =
        api::SummarizeCoverageRequest { name: format!("{parent}/catalogues/{CATALOGUE}"), ..Default::default() };
    let coverage = CoverageServiceClient::new(client.clone()).summarize_coverage(request).await;
    let coverage = coverage.map_err(|status| explain(&status))?.into_inner();
    let mut controls = Controls { suggested, coverage, ..Default::default() };
    controls.count_implementations(client.clone(), &parent).await?;
    controls.look_at_statements(client.clone(), &parent).await?;
    controls.look_at_tests(client.clone(), &parent).await?;
    controls.look_at_evidence(client.clone(), &parent).await?;
    controls.look_at_exceptions(client, &parent).await?;
    Ok(controls)
}

impl Controls {
    async fn count_implementations(&mut self, client: Client, parent: &str) -> Result<()> {
        let mut client = ImplementationServiceClient::new(client);
        pages(async |page_token| {
            let parent = parent.to_owned();
            let request = api::ListImplementationsRequest { parent, page_size: 1000, page_token, ..Default::default() };
            let page = client.list_implementations(request).await.map_err(|status| explain(&status))?.into_inner();
            for one in page.implementations {
                count(&mut self.implementations, one.state().as_str_name());
            }
            Ok(page.next_page_token)
        })
        .await
    }

    async fn look_at_statements(&mut self, client: Client, parent: &str) -> Result<()> {
        let request = api::ListStatementsRequest {
            parent: parent.to_owned(),
            page_size: 100,
            filter: "state = DRAFT OR state = PROPOSED OR state = APPROVED".to_owned(),
            ..Default::default()
        };
        let page = StatementServiceClient::new(client).list_statements(request).await;
        self.statements = page.map_err(|status| explain(&status))?.into_inner().statements;
        Ok(())
    }

    async fn look_at_tests(&mut self, client: Client, parent: &str) -> Result<()> {
        let mut client = ControlTestServiceClient::new(client);
        pages(async |page_token| {
            let (parent, filter) = (parent.to_owned(), "overdue = true".to_owned());
            let request =
                api::ListControlTestsRequest { parent, page_size: 1000, page_token, filter, ..Default::default() };
            let page = client.list_control_tests(request).await.map_err(|status| explain(&status))?.into_inner();
            self.overdue_tests.extend(page.control_tests.into_iter().map(|test| test.display_name));
            Ok(page.next_page_token)
        })
        .await
    }

    async fn look_at_evidence(&mut self, client: Client, parent: &str) -> Result<()> {
        let mut client = EvidenceServiceClient::new(client);
        pages(async |page_token| {
            let filter = "state = VALID OR state = EXPIRED".to_owned();
            let (parent, order_by) = (parent.to_owned(), "valid_until".to_owned());
            let request = api::ListEvidenceRequest { parent, page_size: 1000, page_token, filter, order_by };
            let page = client.list_evidence(request).await.map_err(|status| explain(&status))?.into_inner();
            for one in page.evidence {
                match one.state() {
                    api::evidence::State::Expired => self.expired_evidence += 1,
                    _ if within(one.valid_until.as_ref(), SOON) => self.ending_evidence.push(one),
                    _ => {}
                }
            }
            Ok(page.next_page_token)
        })
        .await
    }

    async fn look_at_exceptions(&mut self, client: Client, parent: &str) -> Result<()> {
        let mut client = ExceptionServiceClient::new(client);
        pages(async |page_token| {
            let (parent, order_by) = (parent.to_owned(), "grant_until".to_owned());
            let request =
                api::ListExceptionsRequest { parent, page_size: 1000, page_token, order_by, ..Default::default() };
            let page = client.list_exceptions(request).await.map_err(|status| explain(&status))?.into_inner();
            for one in page.exceptions {
                count(&mut self.exceptions, one.state().as_str_name());
                if one.state() == api::exception::State::Granted && within(one.grant_until.as_ref(), SOON) {
                    self.ending_exceptions.push(one);
                }
            }
            Ok(page.next_page_token)
        })
        .await
    }
}

/// The part of the posture as JSON.
#[must_use]
pub fn json(found: &Controls) -> serde_json::Value {
    let coverage = found.coverage.coverage.unwrap_or_default();
    let derived = found.coverage.derived.iter().map(|one| {
        let of = one.coverage.unwrap_or_default();
        serde_json::json!({"catalogue": one.catalogue, "mappings": one.mappings, "applicable": of.applicable, "full": of.full,
            "partial": of.partial})
    });
    let ending = |name: &str, time: Option<&prost_types::Timestamp>| serde_json::json!({"name": name, "until": time.map(ToString::to_string)});
    serde_json::json!({
        "suggestions": crate::controls::json(&found.suggested).get("suggestions"),
        "catalogue": CATALOGUE,
        "applicable": coverage.applicable, "full": coverage.full, "partial": coverage.partial, "planned": coverage.planned,
        "none": coverage.none, "effectiveness": coverage.effectiveness,
        "derived": derived.collect::<Vec<_>>(),
        "statements": found.statements.iter().map(|one| serde_json::json!({"name": one.name, "state": one.state().as_str_name(),
            "undecided": one.undecided})).collect::<Vec<_>>(),
        "implementations": found.implementations,
        "overdueTests": found.overdue_tests,
        "expiredEvidence": found.expired_evidence,
        "endingEvidence": found.ending_evidence.iter().map(|one| ending(&one.name, one.valid_until.as_ref())).collect::<Vec<_>>(),
        "exceptions": found.exceptions,
        "endingExceptions": found.ending_exceptions.iter().map(|one| ending(&one.name, one.grant_until.as_ref())).collect::<Vec<_>>(),
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: &Controls) -> String {
    let coverage = found.coverage.coverage.unwrap_or_default();
    let whole = share(coverage.full.into(), coverage.applicable.into());
    let mut out = format!("\n  Controls of X.1051 in operation: {whole}, {} more in part\n", coverage.partial);
    for one in found.coverage.derived.iter().filter(|one| one.coverage.is_some_and(|of| of.full + of.partial > 0)) {
        let of = one.coverage.unwrap_or_default();
        let catalogue = one.catalogue.rsplit('/').next().unwrap_or_default();
        let full = share(of.full.into(), of.applicable.into());
        out.push_str(&format!("    and by mappings, of {catalogue}: {full}, {} more in part\n", of.partial));
    }
    out.push_str(&format!("    implementations: {}\n", tallied(&found.implementations)));
    for one in &found.statements {
        let open = if one.undecided > 0 { format!(", {} rows undecided", one.undecided) } else { String::new() };
        out.push_str(&format!("    statement {}: {}{open}\n", one.display_name, one.state().as_str_name()));
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push_str(&format!("    {title}: {}\n", lines.len()));
        }
        let more = lines.len().saturating_sub(SHOWN);
        out.extend(lines.into_iter().take(SHOWN).map(|line| format!("      {line}\n")));
        if more > 0 {
            out.push_str(&format!("      … and {more} more\n"));
        }
    };
    list("tests OVERDUE", found.overdue_tests.clone());
    let ends = |name: &str, until: Option<&prost_types::Timestamp>| format!("{name}, until {}", time(until));
    let of_evidence = found.ending_evidence.iter().map(|one| ends(&one.display_name, one.valid_until.as_ref()));
    list("evidence that ends within 30 days", of_evidence.collect());
    let of_exceptions = found.ending_exceptions.iter().map(|one| ends(&one.display_name, one.grant_until.as_ref()));
    list("exceptions that end within 30 days", of_exceptions.collect());
    out.push_str(&format!(
        "    evidence expired: {}; exceptions: {}\n",
        found.expired_evidence,
        tallied(&found.exceptions)
    ));
    out.push_str(&format!("  Controls of X.1051 that the estate asks for: {}\n", found.suggested.suggestions.len()));
    for suggestion in &found.suggested.suggestions {
        let because = suggestion.grounds.first().map(|ground| ground.condition.as_str()).unwrap_or_default();
        out.push_str(&format!("    {} ({because})\n", suggestion.title));
    }
    out
}
