//! `telwarden incidents deadlines`: what must be told, to whom, and how much time is left; what is due at once comes first.

use access::{Clock as _, SystemClock};
use anyhow::Result;
use wire::Choice as _;
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::obligation_service_client::ObligationServiceClient;
use wire::incidents::v1::{ListObligationsRequest, Obligation};

use crate::client::{Client, Connection, Output, explain};
use crate::surveys::time;

/// Which deadlines.
#[derive(Clone, Debug, clap::Args)]
pub struct Deadlines {
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
pub(super) async fn run(connection: &Connection, which: &Deadlines) -> Result<()> {
    let due = open(connection.open().await?, &which.organization, which.limit).await?;
    match connection.output {
        Output::Json => println!("{}", serde_json::Value::from_iter(due.iter().map(json))),
        Output::Table => print!("{}", drawn(&due, SystemClock.now())),
    }
    Ok(())
}

/// The obligations that are still to be told or decided: those that are due at once (without undue delay, as laws say), the one that waits longest first,
/// and then those that have an end, the nearest first. What waits for something else to happen is not due.
///
/// # Errors
/// What the suite answers, explained.
pub async fn open(client: Client, organization: &str, limit: usize) -> Result<Vec<Obligation>> {
    let at_once = "open = true AND start_time > \"1970-01-01T00:00:00Z\" AND NOT due_time:*";
    let found = pages(client.clone(), organization, (at_once, "start_time"), limit).await;
    let mut found = found.map_err(|status| explain(&status))?;
    let left = limit - found.len();
    found.extend(listed(client, organization, left).await.map_err(|status| explain(&status))?);
    Ok(found)
}

/// Those that have an end, the nearest first, with the status of a refusal.
pub(crate) async fn listed(client: Client, organization: &str, limit: usize) -> Result<Vec<Obligation>, tonic::Status> {
    pages(client, organization, ("open = true AND due_time > \"1970-01-01T00:00:00Z\"", "due_time"), limit).await
}

async fn pages(
    client: Client,
    organization: &str,
    (filter, order_by): (&str, &str),
    limit: usize,
) -> Result<Vec<Obligation>, tonic::Status> {
    let mut client = ObligationServiceClient::new(client);
    let mut found: Vec<Obligation> = Vec::new();
    let mut page_token = String::new();
    while found.len() < limit {
        let request = ListObligationsRequest {
            parent: format!("organizations/{organization}"),
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
            page_size: i32::try_from(limit.min(1000)).unwrap_or(1000),
            page_token,
        };
        let page = client.list_obligations(request).await?.into_inner();
        found.extend(page.obligations);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// How much time is left, or since when it is over: `2 d 4 h`, `50 min OVER`; `at once` where there is no end to wait for. `now` is in microseconds since 1970.
#[must_use]
pub fn left(one: &Obligation, now: i64) -> String {
    if one.pause_time.is_some() {
        return "paused".to_owned();
    }
    let Some(due) = &one.due_time else { return "at once".to_owned() };
    let minutes = store::micros(Some(due)).saturating_sub(now) / 60_000_000;
    let (days, hours, rest) = (minutes.abs() / 1440, minutes.abs() / 60 % 24, minutes.abs() % 60);
    let length = match (days, hours) {
        (0, 0) => format!("{rest} min"),
        (0, hours) => format!("{hours} h {rest} min"),
        (days, hours) => format!("{days} d {hours} h"),
    };
    if minutes < 0 { format!("{length} OVER") } else { length }
}

/// An obligation as JSON.
#[must_use]
pub fn json(one: &Obligation) -> serde_json::Value {
    serde_json::json!({
        "name": one.name, "incident": one.incident, "regime": one.regime, "stage": one.stage, "title": one.title, "recipient": one.recipient,
        "state": one.state().text(), "startTime": one.start_time.as_ref().map(ToString::to_string), "dueTime": one.due_time.as_ref().map(ToString::to_string),
        "strictDueTime": one.strict_due_time.as_ref().map(ToString::to_string), "overdue": one.overdue,
        "missingFacts": one.missing_facts, "provisional": one.provisional,
    })
}

fn drawn(due: &[Obligation], now: i64) -> String {
    if due.is_empty() {
        return "nothing is due\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["left", "due", "incident", "what", "to whom", "state"]);
    for one in due {
        let what = match one.state() {
            State::Undecided => format!("{} (hangs on {})", one.title, one.missing_facts.join(", ")),
            _ => one.title.clone(),
        };
        let incident = one.incident.rsplit('/').next().unwrap_or_default().to_owned();
        let due = time(one.due_time.as_ref());
        table.add_row([left(one, now), due, incident, what, one.recipient.clone(), one.state().text().to_owned()]);
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_as_people_say_it() {
        const MINUTE: i64 = 60_000_000;
        let due = |minutes: i64| Obligation { due_time: store::timestamp(minutes * MINUTE), ..Obligation::default() };
        for (minutes, told) in [
            (3000, "2 d 2 h"),
            (135, "2 h 15 min"),
            (50, "50 min"),
            (0, "0 min"),
            (-50, "50 min OVER"),
            (-1500, "1 d 1 h OVER"),
        ] {
            assert_eq!(left(&due(minutes), 0), told);
        }
        assert_eq!(left(&Obligation { pause_time: store::timestamp(0), ..due(-5) }, 0), "paused");
        assert_eq!(left(&Obligation { start_time: store::timestamp(0), ..Obligation::default() }, 0), "at once");
    }
}
