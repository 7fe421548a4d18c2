//! `telwarden incidents timeline`: what happened in an incident, in order.

use anyhow::Result;
use wire::Choice as _;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::timeline_entry_service_client::TimelineEntryServiceClient;
use wire::incidents::v1::{ListTimelineEntriesRequest, TimelineEntry};

use crate::client::{Client, Connection, Output, explain};
use crate::surveys::time;

/// Whose timeline.
#[derive(Clone, Debug, clap::Args)]
pub struct Timeline {
    /// The incident: its id, or its whole name.
    pub incident: String,
    /// Whose it is, where only the id is given.
    #[arg(long, default_value = "")]
    pub organization: String,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Timeline) -> Result<()> {
    let name = if which.incident.contains('/') {
        which.incident.clone()
    } else {
        anyhow::ensure!(!which.organization.is_empty(), "say whose incident it is: --organization, or its whole name");
        format!("organizations/{}/incidents/{}", which.organization, which.incident)
    };
    let entries = entries(connection.open().await?, &name).await?;
    match connection.output {
        Output::Json => println!("{}", serde_json::Value::from_iter(entries.iter().map(json))),
        Output::Table => print!("{}", drawn(&entries)),
    }
    Ok(())
}

/// The entries of an incident, the first thing that happened first.
///
/// # Errors
/// What the suite answers, explained.
pub async fn entries(client: Client, incident: &str) -> Result<Vec<TimelineEntry>> {
    let mut client = TimelineEntryServiceClient::new(client);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTimelineEntriesRequest {
            parent: incident.to_owned(),
            order_by: "occurrence_time, create_time".to_owned(),
            page_size: 1000,
            page_token,
            ..Default::default()
        };
        let page = client.list_timeline_entries(request).await.map_err(|status| explain(&status))?.into_inner();
        found.extend(page.timeline_entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

fn json(one: &TimelineEntry) -> serde_json::Value {
    serde_json::json!({
        "name": one.name, "kind": one.kind().text(), "occurrenceTime": one.occurrence_time.as_ref().map(ToString::to_string),
        "author": one.author, "text": one.text, "fromState": one.from_state, "toState": one.to_state, "corrects": one.corrects,
    })
}

/// The entries as lines for a person.
#[must_use]
pub fn drawn(entries: &[TimelineEntry]) -> String {
    let line = |one: &TimelineEntry| {
        let what = match one.kind() {
            Kind::Move if one.text.is_empty() => format!("{} → {}", one.from_state, one.to_state),
            Kind::Move => format!("{} → {}: {}", one.from_state, one.to_state, one.text),
            _ => one.text.clone(),
        };
        let corrects = if one.corrects.is_empty() { "" } else { " (corrects an entry before)" };
        format!("{}  {:<16} {}: {what}{corrects}\n", time(one.occurrence_time.as_ref()), one.kind().text(), one.author)
    };
    entries.iter().map(line).collect()
}
