//! Gives the sample operator its incidents, through the public API, as its handlers would: reported, classified, declared, handled, learnt from.

use access::{Clock as _, SystemClock};
use anyhow::Result;
use sample::IncidentStage as Stage;
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::{Facts, Known, ServiceImpact, TrafficLight};
use wire::incidents::v1::incident_service_client::IncidentServiceClient;
use wire::incidents::v1::lesson::Process;
use wire::incidents::v1::lesson_service_client::LessonServiceClient;
use wire::incidents::v1::statute_book_service_client::StatuteBookServiceClient;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::timeline_entry_service_client::TimelineEntryServiceClient;

use crate::client::{Client, explain};
use crate::registers::{Assets, in_days, new};

/// Creates the incidents in an organization that has the operator's assets, and says how many are new. What is there stays as it is.
///
/// # Errors
/// What the service has against a call.
pub async fn create(
    client: &Client,
    organization: &str,
    source: &str,
    incidents: &[sample::Incident],
) -> Result<usize> {
    let parent = format!("organizations/{organization}");
    statutes(client, &parent).await?;
    let mut assets = Assets::new(client.clone(), &parent, source);
    let mut made = 0;
    for one in incidents {
        made += usize::from(incident(client, &parent, &mut assets, one).await?);
    }
    Ok(made)
}

/// Says what the operator is to the law, and puts that in force.
async fn statutes(client: &Client, parent: &str) -> Result<()> {
    let mut books = StatuteBookServiceClient::new(client.clone());
    let users = sample::NATIONAL_USERS.iter().map(|(kind, users)| ((*kind).to_owned(), *users));
    let book = api::StatuteBook {
        display_name: "What Norvane Telecom is to the law".to_owned(),
        operator_kinds: vec!["public_electronic_communications_provider".to_owned(), "controller".to_owned()],
        jurisdictions: vec!["EU".to_owned()],
        national_users: users.collect(),
        notifier: "Norvane Telecom".to_owned(),
        contact: "data protection officer, dpo@norvane.example".to_owned(),
        ..Default::default()
    };
    let request = api::CreateStatuteBookRequest {
        parent: parent.to_owned(),
        statute_book_id: "norvane".to_owned(),
        statute_book: Some(book),
    };
    let Some(made) = new(books.create_statute_book(request).await)? else { return Ok(()) };
    let request = api::EnactStatuteBookRequest { name: made.name, ..Default::default() };
    books.enact_statute_book(request).await.map_err(|status| explain(&status)).map(drop)
}

fn hours_ago(hours: i64) -> Option<prost_types::Timestamp> {
    store::timestamp(SystemClock.now() - hours * 3_600_000_000)
}

fn known(so: bool) -> i32 {
    if so { Known::Yes.into() } else { Known::No.into() }
}

fn said(of: &sample::Incident, asset: String) -> api::Incident {
    let hit = |hit: &sample::Hit| ServiceImpact {
        kind: hit.kind.to_owned(),
        asset: asset.clone(),
        population: hit.population.to_owned(),
        begin_time: hours_ago(hit.hours_ago.0),
        end_time: hit.hours_ago.1.and_then(hours_ago),
        users_affected: hit.users,
        users_basis: "sessions of the hour before".to_owned(),
    };
    let (personal_data, disruption) = of.facts;
    api::Incident {
        display_name: of.display_name.to_owned(),
        description: of.description.to_owned(),
        services: of.hits.iter().map(hit).collect(),
        occurrence_time: hours_ago(of.hours_ago.0),
        detect_time: hours_ago(of.hours_ago.1),
        incident_class: of.class.0.to_owned(),
        telecom_class: of.class.1.to_owned(),
        availability: !of.hits.is_empty(),
        confidentiality: personal_data,
        traffic_light: TrafficLight::Amber.into(),
        personal_data_breach: known(personal_data),
        facts: Some(Facts {
            severe_disruption: known(disruption),
            severe_financial_loss: Known::No.into(),
            damage_to_others: Known::No.into(),
            ..Default::default()
        }),
        assets: vec![asset],
        ..Default::default()
    }
}

async fn incident(client: &Client, parent: &str, assets: &mut Assets<'_>, of: &sample::Incident) -> Result<bool> {
    let asset = assets.get(of.asset).await?.name;
    let request = api::CreateIncidentRequest {
        parent: parent.to_owned(),
        incident_id: of.id.to_owned(),
        incident: Some(said(of, asset)),
    };
    let mut incidents = IncidentServiceClient::new(client.clone());
    let Some(made) = new(incidents.create_incident(request).await)? else { return Ok(false) };
    for (hours, text) in of.notes {
        let entry = api::TimelineEntry {
            kind: Kind::Observation.into(),
            text: (*text).to_owned(),
            occurrence_time: hours_ago(*hours),
            ..Default::default()
        };
        let request = api::CreateTimelineEntryRequest {
            parent: made.name.clone(),
            timeline_entry: Some(entry),
            ..Default::default()
        };
        let mut timeline = TimelineEntryServiceClient::new(client.clone());
        timeline.create_timeline_entry(request).await.map_err(|status| explain(&status))?;
    }
    for lesson in of.lessons {
        learn(client, &made.name, lesson).await?;
    }
    live(&mut incidents, made.name, of).await.map_err(|status| explain(&status))?;
    Ok(true)
}

async fn learn(client: &Client, incident: &str, of: &(&str, &str, bool, i64)) -> Result<()> {
    let (id, display_name, protects, days) = *of;
    let process = if protects { Process::Protect } else { Process::Prepare };
    let lesson = api::Lesson {
        display_name: display_name.to_owned(),
        process: process.into(),
        owner: "head of field operations".to_owned(),
        due_time: in_days(days),
        ..Default::default()
    };
    let request =
        api::CreateLessonRequest { parent: incident.to_owned(), lesson_id: id.to_owned(), lesson: Some(lesson) };
    new(LessonServiceClient::new(client.clone()).create_lesson(request).await).map(drop)
}

/// Moves an incident as far as it came.
async fn live(
    client: &mut IncidentServiceClient<Client>,
    name: String,
    of: &sample::Incident,
) -> Result<(), tonic::Status> {
    if of.stage == Stage::Reported {
        return Ok(());
    }
    if of.stage == Stage::Dismissed {
        let reason = "It was a drill.".to_owned();
        client.dismiss_incident(api::DismissIncidentRequest { name, reason, ..Default::default() }).await?;
        return Ok(());
    }
    let answers = of.answers.iter().map(|(question, answer)| ((*question).to_owned(), (*answer).to_owned()));
    let answers = answers.collect();
    client
        .classify_incident(api::ClassifyIncidentRequest { name: name.clone(), answers, ..Default::default() })
        .await?;
    if of.stage == Stage::Triaged {
        client.triage_incident(api::TriageIncidentRequest { name, ..Default::default() }).await?;
        return Ok(());
    }
    client.declare_incident(api::DeclareIncidentRequest { name: name.clone(), ..Default::default() }).await?;
    let (owner, handler) = ("head of network operations".to_owned(), "incident desk".to_owned());
    let request = api::AssignIncidentRequest { name: name.clone(), owner, handler, ..Default::default() };
    client.assign_incident(request).await?;
    client.contain_incident(api::ContainIncidentRequest { name: name.clone(), ..Default::default() }).await?;
    if of.stage == Stage::Containing {
        return Ok(());
    }
    let back = of.hits.iter().filter_map(|hit| hit.hours_ago.1).min().and_then(hours_ago);
    client
        .recover_incident(api::RecoverIncidentRequest {
            name: name.clone(),
            effective_time: back,
            ..Default::default()
        })
        .await?;
    client
        .monitor_incident(api::MonitorIncidentRequest {
            name: name.clone(),
            effective_time: back,
            ..Default::default()
        })
        .await?;
    if of.stage == Stage::Monitoring {
        return Ok(());
    }
    client
        .close_incident(api::CloseIncidentRequest { name: name.clone(), effective_time: back, ..Default::default() })
        .await?;
    client.review_incident(api::ReviewIncidentRequest { name, ..Default::default() }).await.map(drop)
}
