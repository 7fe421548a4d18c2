//! Incidents in the posture: how many are open and how grave, which of them, and what is still to be done of what was learnt.

use std::collections::BTreeSet;

use access::{Clock as _, SystemClock};
use anyhow::Result;
use wire::Choice as _;
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::Level;
use wire::incidents::v1::incident_service_client::IncidentServiceClient;
use wire::incidents::v1::lesson_service_client::LessonServiceClient;
use wire::incidents::v1::{Case, Incident, Obligation, obligation};

use super::{Tally, count, may, pages, tallied};
use crate::client::{Client, explain};
use crate::incidents::{cases, deadlines};
use crate::surveys::time;

/// What it takes to read it: not every viewer may.
const RESTRICTED: &str = "incidents.incidents.readRestricted";
/// How many open incidents are shown by name.
const SHOWN: usize = 10;
/// How many cases are read, and of these shown.
const CASES: usize = 10_000;
const PRESSING: usize = 3;
/// How many deadlines are shown.
const DUE: usize = 5;

/// How it stands with incidents.
#[derive(Debug, Default)]
pub struct Incidents {
    /// The open ones, the gravest first.
    pub open: Vec<Incident>,
    /// What must be told, the nearest end first.
    pub due: Vec<Obligation>,
    /// The cases that nobody has looked at yet, the most pressing first.
    pub cases: Vec<Case>,
    /// How many lessons are to be done, and of these overdue.
    pub lessons: (usize, usize),
}

/// Reads how it stands; none where the caller may not read it.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str, roles: Option<&BTreeSet<String>>) -> Result<Option<Incidents>> {
    if !may(roles, RESTRICTED) {
        return Ok(None);
    }
    let parent = format!("organizations/{organization}");
    let mut found = Incidents::default();
    let mut incidents = IncidentServiceClient::new(client.clone());
    let first = api::ListIncidentsRequest {
        parent: parent.clone(),
        filter: "open = true".to_owned(),
        order_by: "level_rank desc, detect_time".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let mut refused = false;
    let open = &mut found.open;
    pages(async |page_token| {
        let page = match incidents.list_incidents(api::ListIncidentsRequest { page_token, ..first.clone() }).await {
            Err(status) if status.code() == tonic::Code::PermissionDenied => {
                refused = true;
                return Ok(String::new());
            }
            answer => answer.map_err(|status| explain(&status))?.into_inner(),
        };
        open.extend(page.incidents);
        Ok(page.next_page_token)
    })
    .await?;
    if refused {
        return Ok(None);
    }
    found.due = match deadlines::listed(client.clone(), organization, DUE).await {
        Err(status) if status.code() == tonic::Code::PermissionDenied => return Ok(None),
        answer => answer.map_err(|status| explain(&status))?,
    };
    found.cases = cases::queue(client.clone(), organization, CASES).await?;
    let mut lessons = LessonServiceClient::new(client);
    let to_do = &mut found.lessons;
    pages(async |page_token| {
        let request = api::ListLessonsRequest {
            parent: format!("{parent}/incidents/-"),
            filter: "state = OPEN".to_owned(),
            page_size: 1000,
            page_token,
            ..Default::default()
        };
        let page = lessons.list_lessons(request).await.map_err(|status| explain(&status))?.into_inner();
        to_do.0 += page.lessons.len();
        to_do.1 += page.lessons.iter().filter(|lesson| lesson.overdue).count();
        Ok(page.next_page_token)
    })
    .await?;
    Ok(Some(found))
}

fn by_level(found: &Incidents) -> Tally {
    let mut levels = Tally::new();
    for incident in &found.open {
        count(&mut levels, level(incident));
    }
    levels
}

fn level(incident: &Incident) -> &'static str {
    match incident.level() {
        Level::Unspecified => "not classified",
        known => known.text(),
    }
}

/// The part of the posture as JSON; null where the caller may not read it.
#[must_use]
pub fn json(found: Option<&Incidents>) -> serde_json::Value {
    let Some(found) = found else { return serde_json::Value::Null };
    let incident = |one: &Incident| {
        serde_json::json!({"name": one.name, "displayName": one.display_name, "level": one.level().text(), "state": one.state().text(),
            "detectTime": one.detect_time.as_ref().map(ToString::to_string), "usersAffected": one.users_affected})
    };
    serde_json::json!({
        "open": found.open.len(), "byLevel": by_level(found), "gravest": found.open.iter().take(SHOWN).map(incident).collect::<Vec<_>>(),
        "cases": found.cases.len(), "pressingCases": found.cases.iter().take(PRESSING).map(cases::json).collect::<Vec<_>>(),
        "due": found.due.iter().map(deadlines::json).collect::<Vec<_>>(), "lessonsToDo": found.lessons.0, "lessonsOverdue": found.lessons.1,
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: Option<&Incidents>) -> String {
    let Some(found) = found else { return String::new() };
    let mut out = format!("\n  Incidents: {} open", found.open.len());
    if !found.open.is_empty() {
        out.push_str(&format!(": {}", tallied(&by_level(found))));
    }
    out.push('\n');
    for one in found.open.iter().take(SHOWN) {
        let users = if one.users_affected > 0 { format!(", {} users", one.users_affected) } else { String::new() };
        let (level, state, since) = (level(one), one.state().text(), time(one.detect_time.as_ref()));
        out.push_str(&format!("    {level:<17} {}: {state} since {since}{users}\n", one.display_name));
    }
    if found.open.len() > SHOWN {
        out.push_str(&format!("    and {} more\n", found.open.len() - SHOWN));
    }
    for one in &found.due {
        let incident = one.incident.rsplit('/').next().unwrap_or_default();
        let (left, due) = (deadlines::left(one, SystemClock.now()), time(one.due_time.as_ref()));
        let what = match one.state() {
            obligation::State::Undecided => format!("find out {}", one.missing_facts.join(", ")),
            _ => format!("tell the {}", one.recipient),
        };
        out.push_str(&format!("    {left} left to {what}: {} of {incident}, due {due}\n", one.title));
    }
    if !found.cases.is_empty() {
        let signals: i64 = found.cases.iter().map(|case| case.signal_count).sum();
        out.push_str(&format!("    {} cases of {signals} signals to be looked at\n", found.cases.len()));
    }
    for case in found.cases.iter().take(PRESSING) {
        let since = time(case.first_signal_time.as_ref());
        out.push_str(&format!(
            "    priority {}: {}, {} signals since {since} ({})\n",
            case.priority, case.display_name, case.signal_count, case.priority_reason
        ));
    }
    if found.lessons.0 > 0 {
        out.push_str(&format!("    {} lessons to be done, {} of them overdue\n", found.lessons.0, found.lessons.1));
    }
    out
}
