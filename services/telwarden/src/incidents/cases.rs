//! `telwarden incidents cases`: what waits for triage, the most urgent first.

use anyhow::Result;
use wire::Choice as _;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::{Case, ListCasesRequest};

use crate::client::{Client, Connection, Output, explain};
use crate::surveys::time;

/// Whose cases.
#[derive(Clone, Debug, clap::Args)]
pub struct Cases {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// At most so many.
    #[arg(long, default_value_t = 1_000)]
    pub limit: usize,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Cases) -> Result<()> {
    let cases = queue(connection.open().await?, &which.organization, which.limit).await?;
    match connection.output {
        Output::Json => println!("{}", serde_json::Value::from_iter(cases.iter().map(json))),
        Output::Table => print!("{}", drawn(&cases)),
    }
    Ok(())
}

/// The cases that nobody has decided on, the most urgent first.
///
/// # Errors
/// What the suite answers, explained.
pub async fn queue(client: Client, organization: &str, limit: usize) -> Result<Vec<Case>> {
    let mut client = CaseServiceClient::new(client);
    let mut found: Vec<Case> = Vec::new();
    let mut page_token = String::new();
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
pub fn json(one: &Case) -> serde_json::Value {
    serde_json::json!({
        "name": one.name, "displayName": one.display_name, "state": one.state().text(), "priority": one.priority,
        "priorityReason": one.priority_reason, "severity": one.severity().text(), "security": one.security,
        "signalCount": one.signal_count, "raisedCount": one.raised_count, "usersBehind": one.users_behind, "assetValue": one.asset_value,
        "firstSignalTime": one.first_signal_time.as_ref().map(ToString::to_string),
        "lastSignalTime": one.last_signal_time.as_ref().map(ToString::to_string),
        "root": one.root.as_ref().map(|root| serde_json::json!({"device": root.device, "kind": root.kind})),
        "rootAsset": one.root_asset, "site": one.site, "incidentClass": one.incident_class,
    })
}

/// The cases as a table for people.
#[must_use]
pub fn drawn(cases: &[Case]) -> String {
    if cases.is_empty() {
        return "nothing waits for triage\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["priority", "case", "severity", "signals", "users behind", "since", "what", "site"]);
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    for one in cases {
        let security = if one.security { ", security" } else { "" };
        table.add_row([
            one.priority.to_string(),
            last(&one.name),
            format!("{}{security}", one.severity().text()),
            one.signal_count.to_string(),
            one.users_behind.to_string(),
            time(one.first_signal_time.as_ref()),
            one.display_name.clone(),
            last(&one.site),
        ]);
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use wire::incidents::v1::signal::Severity;

    use super::*;

    #[test]
    fn the_queue_is_drawn_for_people() {
        assert_eq!(drawn(&[]), "nothing waits for triage\n");
        let case = Case {
            name: "organizations/acme/cases/7".to_owned(),
            display_name: "link_down of rtr-1".to_owned(),
            priority: 1,
            severity: Severity::Major.into(),
            security: true,
            signal_count: 12,
            users_behind: 40_000,
            site: "organizations/acme/sites/akron".to_owned(),
            ..Case::default()
        };
        let drawn = drawn(std::slice::from_ref(&case));
        for told in ["| 1 ", "| 7 ", "MAJOR, security", "| 12 ", "40000", "link_down of rtr-1", "| akron "] {
            assert!(drawn.contains(told), "{told}: {drawn}");
        }
        assert_eq!(json(&case)["usersBehind"], 40_000);
    }
}
