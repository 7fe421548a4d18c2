//! `telwarden incidents cases`: what signals are about and nobody has looked at yet, what is most pressing first.

use anyhow::Result;
use wire::Choice as _;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::{Case, ListCasesRequest};

use crate::client::{Client, Connection, Output, explain};
use crate::surveys::time;

/// Which cases.
#[derive(Clone, Debug, clap::Args)]
pub struct Queue {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Queue) -> Result<()> {
    let cases = open(connection.open().await?, &which.organization, which.limit).await?;
    match connection.output {
        Output::Json => println!("{}", serde_json::Value::from_iter(cases.iter().map(json))),
        Output::Table => print!("{}", drawn(&cases)),
    }
    Ok(())
}

/// The open cases, the most pressing first.
///
/// # Errors
/// What the suite answers, explained.
pub async fn open(client: Client, organization: &str, limit: usize) -> Result<Vec<Case>> {
    let mut client = CaseServiceClient::new(client);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    while found.len() < limit {
        let request = ListCasesRequest {
            parent: format!("organizations/{organization}"),
            filter: "state = OPEN".to_owned(),
            order_by: "priority".to_owned(),
            page_size: i32::try_from(limit.min(1000)).unwrap_or(1000),
            page_token,
        };
        let page = client.list_cases(request).await.map_err(|status| explain(&status))?.into_inner();
        found.extend(page.cases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// A case as JSON.
#[must_use]
pub fn json(case: &Case) -> serde_json::Value {
    serde_json::json!({
        "name": case.name, "displayName": case.display_name, "state": case.state().text(), "priority": case.priority,
        "priorityReason": case.priority_reason, "severity": case.severity().text(), "security": case.security,
        "signals": case.signal_count, "raised": case.raised_count, "usersBehind": case.users_behind, "rootAsset": case.root_asset,
        "site": case.site, "firstSignalTime": case.first_signal_time.as_ref().map(ToString::to_string),
        "lastSignalTime": case.last_signal_time.as_ref().map(ToString::to_string), "incidentClass": case.incident_class,
    })
}

fn drawn(cases: &[Case]) -> String {
    if cases.is_empty() {
        return "no case is open\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["case", "priority", "what", "why so", "signals", "still there", "since", "class"]);
    for case in cases {
        table.add_row([
            case.name.rsplit('/').next().unwrap_or_default().to_owned(),
            case.priority.to_string(),
            case.display_name.clone(),
            case.priority_reason.clone(),
            case.signal_count.to_string(),
            case.raised_count.to_string(),
            time(case.first_signal_time.as_ref()),
            case.incident_class.clone(),
        ]);
    }
    format!("{table}\n")
}
