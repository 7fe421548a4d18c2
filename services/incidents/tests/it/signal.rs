//! Signals as their callers see them: taken in once, placed, cleared, refused by name.

mod network;
mod storm;

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::intake_signals_request::Part;
use wire::incidents::v1::signal::{AlarmType, Placement, Severity, State};
use wire::incidents::v1::signal_service_client::SignalServiceClient;
use wire::incidents::v1::{Case, IntakeSignalsResponse, Signal, SignalRecord};

use crate::incident::{PARENT, time};
use crate::on_every_database;

pub(crate) fn client(bench: &Bench) -> SignalServiceClient<Client> {
    SignalServiceClient::new(bench.client("nms", &["acme"], &["administrator"]))
}

/// An alarm of a device, so many seconds into a night.
pub(crate) fn alarm(id: &str, device: &str, kind: &str, second: i64) -> Signal {
    let night: jiff::Timestamp = "2026-03-02T01:00:00Z".parse().unwrap();
    let raised = night + jiff::SignedDuration::from_secs(second);
    Signal {
        source: "nms".to_owned(),
        source_id: id.to_owned(),
        device: device.to_owned(),
        kind: kind.to_owned(),
        severity: Severity::Major.into(),
        raise_time: time(&raised.to_string()),
        ..Signal::default()
    }
}

pub(crate) async fn taken(bench: &Bench, signals: &[Signal]) -> IntakeSignalsResponse {
    let records = signals.iter().zip(1..).map(|(signal, position)| SignalRecord {
        position,
        origin: format!("line {position}"),
        signal: Some(signal.clone()),
    });
    let request = api::BatchIntakeSignalsRequest { parent: PARENT.to_owned(), records: records.collect() };
    client(bench).batch_intake_signals(request).await.unwrap().into_inner()
}

pub(crate) async fn listed(bench: &Bench, filter: &str) -> Vec<Signal> {
    let request = api::ListSignalsRequest {
        parent: PARENT.to_owned(),
        filter: filter.to_owned(),
        order_by: "raise_time".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    client(bench).list_signals(request).await.unwrap().into_inner().signals
}

pub(crate) async fn cases(bench: &Bench, filter: &str) -> Vec<Case> {
    let mut client = CaseServiceClient::new(bench.client("nms", &["acme"], &["administrator"]));
    let request = api::ListCasesRequest {
        parent: PARENT.to_owned(),
        filter: filter.to_owned(),
        order_by: "priority".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    client.list_cases(request).await.unwrap().into_inner().cases
}

on_every_database! {
    async fn the_same_signals_again_change_nothing(bench) {
        let signals = [alarm("1", "mast-7", "power_lost", 0), alarm("2", "mast-7", "link_down", 4), alarm("3", "dslam-2", "fan", 9)];
        let first = taken(&bench, &signals).await;
        assert_eq!((first.read, first.created, first.unchanged, first.cases, first.position), (3, 3, 0, 2, 3));
        let again = taken(&bench, &signals).await;
        assert_eq!((again.created, again.updated, again.unchanged, again.cases), (0, 0, 3, 0));
        let known = listed(&bench, "").await;
        assert_eq!(known.len(), 3);
        assert_eq!(known[0].placement(), Placement::Opens);
        assert_eq!((known[1].placement(), known[1].rule.as_str()), (Placement::Joins, "one-device"));
        assert_eq!(known[0].case, known[1].case);
        assert_ne!(known[0].case, known[2].case);
        let found = cases(&bench, "signal_count = 2").await;
        assert_eq!((found.len(), found[0].display_name.as_str()), (1, "power_lost at mast-7"));
        assert_eq!(found[0].name, known[0].case);
    }

    async fn a_clear_ends_the_condition_and_the_case_stays_to_be_looked_at(bench) {
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0)]).await;
        let raised = cases(&bench, "").await;
        assert_eq!((raised[0].raised_count, raised[0].clear_time), (1, None));
        let over = time("2026-03-02T01:10:00Z");
        let gone = Signal { clear_time: over, report_time: over, ..alarm("1", "mast-7", "power_lost", 0) };
        let told = taken(&bench, &[gone.clone(), gone]).await;
        assert_eq!((told.created, told.updated, told.unchanged), (0, 1, 1));
        let known = listed(&bench, "").await;
        assert_eq!((known[0].state(), known[0].clear_time, known[0].severity()), (State::Cleared, over, Severity::Major));
        let case = cases(&bench, "").await;
        assert_eq!((case[0].state(), case[0].raised_count, case[0].clear_time), (api::case::State::Open, 0, over));
    }

    async fn planned_work_is_counted_and_belongs_to_no_case(bench) {
        let told = taken(&bench, &[Signal { planned_outage: true, ..alarm("1", "mast-7", "link_down", 0) }]).await;
        assert_eq!((told.created, told.suppressed, told.cases), (1, 1, 0));
        let known = listed(&bench, "state = SUPPRESSED").await;
        assert_eq!((known.len(), known[0].case.as_str()), (1, ""));
    }

    async fn a_wrong_record_is_refused_alone_by_its_place_and_field(bench) {
        let signals = [
            alarm("1", "mast-7", "power_lost", 0),
            Signal { kind: String::new(), ..alarm("2", "mast-7", "", 0) },
            Signal { source: String::new(), ..alarm("3", "mast-7", "power_lost", 0) },
            Signal { raise_time: None, ..alarm("4", "mast-7", "power_lost", 0) },
        ];
        let told = taken(&bench, &signals).await;
        assert_eq!((told.read, told.created, told.rejected), (4, 1, 3));
        let refused: Vec<(i64, &str, &str)> =
            told.rejected_signals.iter().map(|one| (one.position, one.origin.as_str(), one.field.as_str())).collect();
        assert_eq!(refused, [(2, "line 2", "signal.kind"), (3, "line 3", "signal.source"), (4, "line 4", "signal.raise_time")]);
        assert!(told.rejected_signals.iter().all(|one| one.reason == "FIELD_INVALID" && !one.message.is_empty()));
        let none = api::BatchIntakeSignalsRequest { parent: PARENT.to_owned(), records: Vec::new() };
        assert_eq!(field(&client(&bench).batch_intake_signals(none).await.unwrap_err()), "records");
    }

    async fn a_report_of_a_person_is_a_signal_of_security_when_it_says_so(bench) {
        let signal = Signal {
            kind: "phishing".to_owned(), device: "mail".to_owned(), cause: "Authentication failure".to_owned(),
            alarm_type: AlarmType::SecurityServiceOrMechanismViolation.into(), severity: Severity::Warning.into(),
            raise_time: time("2026-03-02T09:00:00Z"), ..Signal::default()
        };
        let request = api::CreateSignalRequest { parent: PARENT.to_owned(), signal: Some(signal), ..Default::default() };
        let made = client(&bench).create_signal(request).await.unwrap().into_inner();
        assert_eq!((made.source.as_str(), made.form()), ("report", api::signal::Form::Report));
        let case = cases(&bench, "security = true").await;
        assert_eq!((case[0].incident_class.as_str(), case[0].priority), ("intrusion-attempts/brute-force", 3));
        let get = api::GetSignalRequest { name: made.name.clone() };
        assert_eq!(client(&bench).get_signal(get).await.unwrap().into_inner(), made);
    }

    async fn a_stream_is_answered_portion_by_portion_and_begins_with_start(bench) {
        let part = |part: Part| api::IntakeSignalsRequest { part: Some(part) };
        let start = part(Part::Start(api::SignalIntakeStart { parent: PARENT.to_owned() }));
        let batch = |from: i64| {
            let record = |number: i64| SignalRecord {
                position: number, signal: Some(alarm(&number.to_string(), "mast-7", "link_down", number)), ..Default::default()
            };
            part(Part::Batch(api::SignalIntakeBatch { records: (from..from + 100).map(record).collect() }))
        };
        let sent = tokio_stream::iter([start, batch(0), batch(100), batch(50)]);
        let mut answers = client(&bench).intake_signals(sent).await.unwrap().into_inner();
        let mut told = Vec::new();
        while let Some(answer) = answers.message().await.unwrap() {
            told.push((answer.position, answer.read, answer.created, answer.unchanged, answer.cases));
        }
        assert_eq!(told, [(99, 100, 100, 0, 1), (199, 200, 200, 0, 1), (149, 300, 200, 100, 1)]);
        let mut headless = client(&bench).intake_signals(tokio_stream::iter([batch(0)])).await.unwrap().into_inner();
        assert_eq!(reason(&headless.message().await.unwrap_err()), "INTAKE_NOT_STARTED");
    }

    async fn another_organization_sees_nothing_of_it(bench) {
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0)]).await;
        let mut stranger = SignalServiceClient::new(bench.client("eve", &["other"], &["administrator"]));
        let name = listed(&bench, "").await.remove(0).name;
        let refused = stranger.get_signal(api::GetSignalRequest { name }).await.unwrap_err();
        assert_eq!(reason(&refused), "RESOURCE_NOT_FOUND");
        let request = api::BatchIntakeSignalsRequest {
            parent: PARENT.to_owned(),
            records: vec![SignalRecord { signal: Some(alarm("9", "a", "b", 0)), ..Default::default() }],
        };
        assert_eq!(reason(&stranger.batch_intake_signals(request).await.unwrap_err()), "RESOURCE_NOT_FOUND");
    }
}
