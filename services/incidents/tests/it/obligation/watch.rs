//! Looks at incidents of which nobody says anything new: an outage that goes on, and many incidents when the law changes.

use std::sync::Arc;

use access::{Clock, ManualClock};
use testkit::Bench;
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::{Facts, Known, ServiceImpact};
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::statute_book_service_client::StatuteBookServiceClient;
use wire::incidents::v1::{Incident, StatuteBook};

use super::later::{MINUTE, enacted, until};
use super::{breach, by, of};
use crate::incident::{Incidents, PARENT, SECURITY, classified, client, created, time};
use crate::{on_every_database, registry_at};

const BEGIN: &str = "2026-03-01T10:00:00Z";

/// The begin of the outages, and so many minutes.
fn minutes(after: i64) -> i64 {
    store::micros(time(BEGIN).as_ref()) + after * MINUTE
}

/// An operator in Italy, of a country with a million mobile users.
fn italian() -> StatuteBook {
    StatuteBook {
        national_users: [("mobile_telephony".to_owned(), 1_000_000)].into(),
        operator_kinds: vec!["public_electronic_communications_provider".to_owned()],
        jurisdictions: vec!["IT".to_owned()],
        ..Default::default()
    }
}

/// Mobile telephony without so many users since the begin; `end` where it came back.
fn hit(users_affected: i64, end: Option<&str>) -> ServiceImpact {
    let end_time = end.and_then(time);
    ServiceImpact {
        kind: "mobile_telephony".to_owned(),
        begin_time: time(BEGIN),
        end_time,
        users_affected,
        ..Default::default()
    }
}

async fn outage(bench: &Bench, id: &str, users: i64) -> String {
    let facts = Facts { severe_disruption: Known::Yes.into(), emergency_calls: Known::No.into(), ..Default::default() };
    let services = vec![hit(users, None)];
    let outage = Incident { detect_time: time(BEGIN), services, facts: Some(facts), ..Default::default() };
    created(&mut client(bench), id, outage).await.name
}

/// Takes an incident to its end.
async fn closed(client: &mut Incidents, name: &str) {
    classified(client, name, &SECURITY).await;
    let (name, who) = (name.to_owned(), "dora".to_owned());
    client.declare_incident(api::DeclareIncidentRequest { name: name.clone(), ..Default::default() }).await.unwrap();
    let assign =
        api::AssignIncidentRequest { name: name.clone(), owner: who.clone(), handler: who, ..Default::default() };
    client.assign_incident(assign).await.unwrap();
    client.contain_incident(api::ContainIncidentRequest { name: name.clone(), ..Default::default() }).await.unwrap();
    client.recover_incident(api::RecoverIncidentRequest { name: name.clone(), ..Default::default() }).await.unwrap();
    let close = api::CloseIncidentRequest { name, no_lesson_reason: "a drill".to_owned(), ..Default::default() };
    client.close_incident(close).await.unwrap();
}

async fn count(bench: &Bench, condition: &str) -> i64 {
    let sql = bench.database.sql(format!("SELECT COUNT(*) FROM {condition}"));
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// How often the timer wrote the first report of an incident.
async fn written(bench: &Bench, incident: &str) -> i64 {
    let of = "method = 'deadline/outage-crossing'";
    count(bench, &format!("ledger WHERE {of} AND resource = '{incident}/obligations/it-2019-01-21.initial'")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_obliges_once_whatever_replicas_there_are_and_after_a_restart() {
    for postgres in testkit::backends() {
        // The first replica's clock stands still, as if it were gone.
        let bench = registry_at(Arc::new(ManualClock::at(minutes(10))), postgres.as_deref()).await;
        enacted(&bench, italian()).await;
        let (wide, narrow) = (outage(&bench, "wide", 200_000).await, outage(&bench, "narrow", 120_000).await);
        let report = async |incident: &str| of(&bench, incident).await.remove("it-2019-01-21.initial");
        assert!(report(&wide).await.is_none(), "ten minutes are not an hour");
        // 20 % of the users oblige after one hour. Others start when it is over, at once.
        let later = Arc::new(ManualClock::at(minutes(61)));
        let start = || ::incidents::service(&bench.database, later.clone() as Arc<dyn Clock>);
        let (one, two) = tokio::join!(start(), start());
        one.unwrap();
        two.unwrap();
        until("it obliges by itself", async || report(&wide).await.is_some()).await;
        let first = report(&wide).await.unwrap();
        // The law counts the 24 hours from the detection, not from the hour that was over.
        assert_eq!((first.state(), first.due_time), (State::Pending, time("2026-03-02T10:00:00Z")));
        assert!(report(&narrow).await.is_none(), "12 % oblige after two hours");
        // The look after the next hour is as durable as the first one.
        later.advance(61 * MINUTE);
        until("it obliges by itself", async || report(&narrow).await.is_some()).await;
        start().await.unwrap();
        assert_eq!((written(&bench, &wide).await, written(&bench, &narrow).await), (1, 1));
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_is_said_to_be_over_at_the_moment_of_the_look_does_not_oblige() {
    for postgres in testkit::backends() {
        let clock = Arc::new(ManualClock::at(minutes(10)));
        let bench = registry_at(clock.clone(), postgres.as_deref()).await;
        enacted(&bench, italian()).await;
        let mut names = Vec::new();
        for at in 0..12 {
            names.push(outage(&bench, &format!("outage-{at}"), 200_000).await);
        }
        clock.advance(51 * MINUTE);
        // Fifty minutes it lasted, and nobody had said so yet.
        let over = names.iter().rev().map(async |name| {
            let incident = Incident {
                name: name.clone(),
                services: vec![hit(200_000, Some("2026-03-01T10:50:00Z"))],
                ..Default::default()
            };
            let update_mask = Some(prost_types::FieldMask { paths: vec!["services".to_owned()] });
            let request = api::UpdateIncidentRequest { incident: Some(incident), update_mask };
            client(&bench).update_incident(request).await.unwrap();
        });
        futures::future::join_all(over).await;
        until("every look is done", async || count(&bench, "deadline WHERE kind = 'outage-crossing'").await == 0).await;
        for name in names {
            let report = of(&bench, &name).await.remove("it-2019-01-21.initial");
            assert!(report.is_none_or(|one| one.state() == State::NotRequired), "{name}");
        }
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_open_incident_is_looked_at_when_the_law_changes_however_many_there_are() {
    for postgres in testkit::backends() {
        let bench = registry_at(Arc::new(ManualClock::at(minutes(60))), postgres.as_deref()).await;
        let facts = breach().facts.unwrap();
        let facts = Facts { operator_kinds: Vec::new(), jurisdictions: Vec::new(), ..facts };
        let breach = Incident { facts: Some(facts), ..breach() };
        for at in 0..120 {
            created(&mut client(&bench), &format!("breach-{at:03}"), breach.clone()).await;
        }
        let name = |at: usize| format!("organizations/acme/incidents/breach-{at:03}/obligations/eu-611-2013.initial");
        let pending = async || -> Vec<String> {
            let request = api::ListObligationsRequest {
                parent: PARENT.to_owned(),
                filter: "regime = \"eu-611-2013\" AND stage = \"initial\" AND state = PENDING".to_owned(),
                page_size: 1000,
                ..Default::default()
            };
            let listed = by(&bench, "ana", "administrator").list_obligations(request).await.unwrap().into_inner();
            listed.obligations.into_iter().map(|one| one.name).collect()
        };
        assert!(pending().await.is_empty(), "nobody said what the organization is to the law");
        let book = StatuteBook {
            operator_kinds: vec!["public_electronic_communications_provider".to_owned()],
            jurisdictions: vec!["EU".to_owned()],
            ..Default::default()
        };
        let book = enacted(&bench, book).await.name;
        until("all of them oblige", async || pending().await.len() == 120).await;
        assert_eq!(pending().await, (0..120).map(name).collect::<Vec<_>>());
        // What did not fit into the call was kept as a deadline, portion by portion.
        let by_itself =
            count(&bench, "ledger WHERE method = 'deadline/other-law' AND resource LIKE '%/eu-611-2013.initial'").await;
        assert!((1..120).contains(&by_itself), "{by_itself}");
        let mut books = StatuteBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let withdraw =
            api::WithdrawStatuteBookRequest { name: book, reason: "another comes".to_owned(), ..Default::default() };
        books.withdraw_statute_book(withdraw).await.unwrap();
        until("none of them obliges", async || pending().await.is_empty()).await;
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}

on_every_database! {
    async fn what_is_still_to_be_told_of_a_closed_incident_is_by_the_law_that_holds(bench) {
        let mut incidents = client(&bench);
        let facts = Facts { operator_kinds: Vec::new(), jurisdictions: Vec::new(), ..breach().facts.unwrap() };
        let provider = StatuteBook {
            operator_kinds: vec!["public_electronic_communications_provider".to_owned()], jurisdictions: vec!["EU".to_owned()], ..Default::default()
        };
        let book = enacted(&bench, provider).await.name;
        let name = created(&mut incidents, "breach", Incident { facts: Some(facts), ..breach() }).await.name;
        closed(&mut incidents, &name).await;
        let report = async || of(&bench, &name).await.remove("eu-611-2013.initial").unwrap();
        assert_eq!(report().await.state(), State::Pending, "a closed incident is told of all the same");
        let mut books = StatuteBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        books.withdraw_statute_book(api::WithdrawStatuteBookRequest { name: book, reason: "another comes".to_owned(), ..Default::default() }).await.unwrap();
        assert_eq!(report().await.state(), State::NotRequired);
    }
}
