//! kill -9 while signals stream in: what was acknowledged is there, once, and its cases go on.

use telwarden::client::{Connection, Output};
use wire::incidents::v1::intake_signals_request::Part;
use wire::incidents::v1::signal_service_client::SignalServiceClient;
use wire::incidents::v1::{
    IntakeSignalsRequest, IntakeSignalsResponse, Signal, SignalIntakeBatch, SignalIntakeStart, SignalRecord,
};

use super::Estate;
use crate::program::token;

const SIGNALS: i64 = 10_000;
const PORTION: i64 = 100;
/// Devices far from each other: each is a case of its own.
const DEVICES: i64 = 10;

fn parts() -> impl Iterator<Item = IntakeSignalsRequest> {
    let record = |number: i64| {
        let signal = Signal {
            source: "nms".to_owned(),
            source_id: number.to_string(),
            device: format!("ne-{}", number % DEVICES),
            kind: "link_down".to_owned(),
            raise_time: Some(prost_types::Timestamp { seconds: 1_772_409_600 + number / 10, nanos: 0 }),
            ..Signal::default()
        };
        SignalRecord { position: number, signal: Some(signal), ..Default::default() }
    };
    let start = Part::Start(SignalIntakeStart { parent: "organizations/acme".to_owned() });
    let portions = (0..SIGNALS / PORTION).map(move |portion| {
        let records = (portion * PORTION..(portion + 1) * PORTION).map(record).collect();
        Part::Batch(SignalIntakeBatch { records })
    });
    std::iter::once(start).chain(portions).map(|part| IntakeSignalsRequest { part: Some(part) })
}

/// Streams all signals, and tells each answer until the stream ends or breaks.
async fn streamed(url: String, token: String, mut told: impl FnMut(IntakeSignalsResponse)) {
    let connection = Connection::new(url, token, Output::Json);
    let mut client = SignalServiceClient::new(connection.open().await.unwrap());
    let mut answers = client.intake_signals(futures::stream::iter(parts())).await.unwrap().into_inner();
    while let Ok(Some(answer)) = answers.message().await {
        assert_eq!(answer.rejected, 0, "{answer:?}");
        told(answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_signals_stream_in() {
    for server in testkit::backends() {
        let estate = Estate::new(server.as_deref()).await;
        let token = token(&estate.data(), "administrator");
        let suite = estate.up();
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let url = suite.url("gateway");
        let streaming = streamed(url, token.clone(), move |answer| {
            let _ = told.send(answer.position);
        });
        // Killed in the middle: as soon as some portions are acknowledged.
        let killing = async {
            let mut acknowledged = heard.recv().await.unwrap();
            while acknowledged < 5 * PORTION {
                acknowledged = heard.recv().await.unwrap();
            }
            suite.kill();
            while let Some(position) = heard.recv().await {
                acknowledged = position;
            }
            acknowledged
        };
        let ((), acknowledged) = tokio::join!(streaming, killing);
        assert!(acknowledged < SIGNALS - 1, "the stream was under way when the suite was killed");

        let suite = estate.up();
        let mut last = IntakeSignalsResponse::default();
        let mut first_new = None;
        streamed(suite.url("gateway"), token, |answer| {
            if answer.created > 0 && first_new.is_none() {
                first_new = Some(answer.position);
            }
            last = answer;
        })
        .await;
        assert_eq!((last.position, last.read), (SIGNALS - 1, SIGNALS));
        assert_eq!(last.created + last.unchanged, SIGNALS, "{last:?}");
        assert!(first_new.unwrap() > acknowledged, "what was acknowledged to {acknowledged} is not new: {first_new:?}");
        assert_eq!(last.cases, 0, "what comes after the restart belongs to the cases that were open");
        suite.kill();
        let verified = estate.ledger_holds_of("incidents");
        assert_eq!((&verified["rows"]["signal"], &verified["rows"]["signal_case"]), (&SIGNALS.into(), &DEVICES.into()));
    }
}
