//! `telwarden controls soa`: the Statement of Applicability of a scope, drawn for people.

use anyhow::{Result, bail};
use wire::Choice as _;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::statement_row_service_client::StatementRowServiceClient;
use wire::controls::v1::statement_service_client::StatementServiceClient;
use wire::controls::v1::tailoring::Kind;
use wire::controls::v1::{ListStatementRowsRequest, ListStatementsRequest, Statement, StatementRow};

use crate::client::{Client, Connection, Output, explain};

/// How wide the title of a control is drawn, in characters.
const TITLE: usize = 46;

/// Of which scope, and for which catalogue.
#[derive(Clone, Debug, clap::Args)]
pub struct Soa {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the scope.
    #[arg(long)]
    pub scope: String,
    /// The id of the catalogue.
    #[arg(long, default_value = "x1051-2023")]
    pub catalogue: String,
}

/// A statement with its rows.
#[derive(Clone, Debug)]
pub struct StatementOfApplicability {
    /// The statement.
    pub statement: Statement,
    /// Its rows, in the order of the catalogue's document.
    pub rows: Vec<StatementRow>,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained; where there is no statement, how to make one.
pub(super) async fn run(connection: &Connection, which: &Soa) -> Result<()> {
    let client = connection.open().await?;
    let Some(found) = statement(client, &which.organization, &which.scope, &which.catalogue).await? else {
        let (organization, scope, catalogue) = (&which.organization, &which.scope, &which.catalogue);
        bail!(
            "there is no statement for the catalogue {catalogue} in the scope {scope}, or all of them were withdrawn: make one \
             with POST /v1/organizations/{organization}/statements {{\"displayName\": …, \"scope\": \
             \"organizations/{organization}/scopes/{scope}\", \"catalogue\": \
             \"organizations/{organization}/catalogues/{catalogue}\"}}"
        );
    };
    match connection.output {
        Output::Json => println!("{}", found.json()),
        Output::Table => print!("{}", found.drawn()),
    }
    Ok(())
}

/// The statement of the highest revision that was not withdrawn, with its rows; none where there is none.
///
/// # Errors
/// What the suite answers, explained.
pub async fn statement(
    client: Client,
    organization: &str,
    scope: &str,
    catalogue: &str,
) -> Result<Option<StatementOfApplicability>> {
    let parent = format!("organizations/{organization}");
    let filter = format!(
        "scope = \"{parent}/scopes/{scope}\" AND catalogue = \"{parent}/catalogues/{catalogue}\" AND state != WITHDRAWN"
    );
    let request = ListStatementsRequest {
        parent,
        page_size: 1,
        filter,
        order_by: "revision desc".to_owned(),
        ..Default::default()
    };
    let found = StatementServiceClient::new(client.clone()).list_statements(request).await;
    let found = found.map_err(|status| explain(&status))?.into_inner().statements.into_iter().next();
    let Some(statement) = found else { return Ok(None) };
    let mut service = StatementRowServiceClient::new(client);
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListStatementRowsRequest {
            parent: statement.name.clone(),
            page_size: 1000,
            page_token,
            order_by: "position".to_owned(),
            ..Default::default()
        };
        let page = service.list_statement_rows(request).await.map_err(|status| explain(&status))?.into_inner();
        rows.extend(page.rows);
        if page.next_page_token.is_empty() {
            return Ok(Some(StatementOfApplicability { statement, rows }));
        }
        page_token = page.next_page_token;
    }
}

impl StatementOfApplicability {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let statement = &self.statement;
        let rows = self.rows.iter().map(|row| {
            let tailoring = row.tailoring.as_ref().map(
                |tailoring| serde_json::json!({"kind": tailoring.kind().text(), "rationale": tailoring.rationale}),
            );
            serde_json::json!({
                "control": row.control, "label": row.label, "title": row.title, "decision": row.decision().text(),
                "justification": row.justification, "owner": row.owner, "riskReferences": row.risk_references,
                "legalReferences": row.legal_references, "tailoring": tailoring, "suggestion": suggestion(row),
            })
        });
        serde_json::json!({
            "statement": statement.name, "scope": statement.scope, "catalogue": statement.catalogue,
            "state": statement.state().text(), "baseline": statement.baseline().text(), "revision": statement.revision,
            "approver": statement.approval.as_ref().map(|approval| &approval.approver),
            "digest": statement.approval.as_ref().map(|approval| &approval.digest),
            "applicable": statement.applicable, "notApplicable": statement.not_applicable,
            "undecided": statement.undecided, "rows": rows.collect::<Vec<_>>(),
        })
    }

    /// As lines for a person: a head, then a line for each control, and under it why it was decided so and what is suggested.
    #[must_use]
    pub fn drawn(&self) -> String {
        let statement = &self.statement;
        let mut out = format!(
            "{} ({}), revision {}, {}: {} of {} controls apply, {} do not, {} are undecided\n",
            statement.display_name,
            statement.name,
            statement.revision,
            statement.state().text(),
            statement.applicable,
            statement.rows,
            statement.not_applicable,
            statement.undecided,
        );
        if let Some(approval) = &statement.approval {
            let still = if approval.void_time.is_some() { "was approved (void since)" } else { "approved" };
            out.push_str(&format!("{still} by {}, digest {}\n", approval.approver, approval.digest));
        }
        out.push_str(&format!("\n{:<20}{:<width$}  {}\n", "LABEL", "TITLE", "DECISION", width = TITLE));
        for row in &self.rows {
            out.push_str(&line(row));
        }
        out
    }
}

/// The lines of a row.
fn line(row: &StatementRow) -> String {
    // A label that is not known is not invented: the id stands in brackets.
    let id = row.control.rsplit('/').next().unwrap_or_default();
    let label = if row.label.is_empty() { format!("({id})") } else { row.label.clone() };
    let decision = match (row.decision(), row.tailoring.as_ref().map(wire::controls::v1::Tailoring::kind)) {
        (Decision::Undecided, Some(Kind::Defer)) => "put off".to_owned(),
        (decision, Some(kind)) if !matches!(kind, Kind::Keep | Kind::Unspecified) => {
            format!("{} ({})", decision.text(), kind.text())
        }
        (decision, _) => decision.text().to_owned(),
    };
    let mut out = format!("{label:<20}{:<TITLE$}  {decision}\n", short(&row.title));
    for (begin, text) in [("because", row.justification.clone()), ("suggested", suggestion(row).unwrap_or_default())] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            out.push_str(&format!("{:<20}{begin}: {text}\n", ""));
        }
    }
    out
}

/// What is suggested, and why.
fn suggestion(row: &StatementRow) -> Option<String> {
    let suggestion = row.suggestion.as_ref()?;
    let reasons: Vec<&str> = suggestion.grounds.iter().map(|ground| ground.reason.as_str()).collect();
    Some(format!("{}: {}", suggestion.decision().text(), reasons.join(" ")))
}

fn short(title: &str) -> String {
    if title.chars().count() <= TITLE {
        return title.to_owned();
    }
    title.chars().take(TITLE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use wire::controls::v1::statement::State;
    use wire::controls::v1::statement_row::Suggestion;
    use wire::controls::v1::{Tailoring, control_suggestion::Ground};

    use super::*;

    fn row(id: &str, label: &str, decision: Decision) -> StatementRow {
        StatementRow {
            control: format!("organizations/acme/catalogues/x1051-2023/controls/{id}"),
            label: label.to_owned(),
            title: format!("Title of {id}"),
            decision: decision.into(),
            ..Default::default()
        }
    }

    fn found() -> StatementOfApplicability {
        let grounds = vec![Ground { reason: "A mast stands alone.".to_owned(), ..Default::default() }];
        let suggestion = Suggestion { decision: Decision::Applicable.into(), grounds, suggest_time: None };
        let deferred = Tailoring { kind: Kind::Defer.into(), rationale: "later".to_owned(), due_time: None };
        StatementOfApplicability {
            statement: Statement {
                display_name: "Network".to_owned(),
                state: State::Draft.into(),
                rows: 3,
                not_applicable: 1,
                undecided: 2,
                ..Default::default()
            },
            rows: vec![
                StatementRow {
                    justification: "No rooms\nof our own.".to_owned(),
                    ..row("7.4", "7.4", Decision::NotApplicable)
                },
                StatementRow { tailoring: Some(deferred), ..row("8.30", "8.30", Decision::Undecided) },
                StatementRow { suggestion: Some(suggestion), ..row("tel-isolated", "", Decision::Undecided) },
            ],
        }
    }

    #[test]
    fn a_person_reads_what_was_decided_and_why() {
        let drawn = found().drawn();
        let lines: Vec<String> =
            drawn.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert!(
            lines[0].contains("DRAFT") && lines[0].contains("0 of 3 controls apply, 1 do not, 2 are undecided"),
            "{drawn}"
        );
        assert_eq!(
            lines[3..],
            [
                "7.4 Title of 7.4 NOT_APPLICABLE",
                "because: No rooms of our own.",
                "8.30 Title of 8.30 put off",
                "(tel-isolated) Title of tel-isolated UNDECIDED",
                "suggested: APPLICABLE: A mast stands alone.",
            ]
        );
    }

    #[test]
    fn a_program_reads_the_same() {
        let json = found().json();
        assert_eq!(json["rows"][0]["justification"], "No rooms\nof our own.");
        assert_eq!(json["rows"][1]["tailoring"]["kind"], "DEFER");
        assert_eq!(json["rows"][2]["suggestion"], "APPLICABLE: A mast stands alone.");
        assert_eq!((&json["notApplicable"], &json["approver"]), (&serde_json::json!(1), &serde_json::Value::Null));
    }
}
