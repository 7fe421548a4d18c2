//! What there is without a collector: traces with ids, and nothing else.

#![expect(clippy::unwrap_used, reason = "clippy takes what helps a test for production code")]

#[path = "support/client.rs"]
#[expect(dead_code, reason = "shared with the tests of the listener, which need more of it")]
mod client;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _};
use process::listen::ListenLimits;
use process::telemetry::{LogFormat, TelemetrySettings, start};
use process::trace::{TraceContext, TraceLayer, current, span_from};
use tower::{Layer as _, service_fn};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// Logs nothing at all: traces must have their ids all the same.
fn silent() -> TelemetrySettings {
    TelemetrySettings { log_filter: "off".to_owned(), log_format: LogFormat::Json, ..TelemetrySettings::default() }
}

#[tokio::test]
async fn without_an_endpoint_no_open_telemetry_is_installed() {
    let telemetry = start(&silent()).unwrap();
    let again = start(&TelemetrySettings::default()).unwrap();
    assert!(!telemetry.sends() && !again.sends());
    let span = span_from(CALLER, "reaction");
    assert!(!span.context().span().span_context().is_valid());
    assert!(!opentelemetry::global::tracer("telwarden").start("probe").is_recording());
    telemetry.shutdown().await.unwrap();
    again.shutdown().await.unwrap();
}

#[test]
fn a_stored_trace_goes_on_and_one_that_cannot_be_read_begins_anew() {
    start(&silent()).unwrap();
    let stored: TraceContext = CALLER.parse().unwrap();
    let here = span_from(CALLER, "reaction").in_scope(current).unwrap();
    assert_eq!(here.trace_id, stored.trace_id);
    assert_ne!(here.span_id, stored.span_id);
    assert!(!here.sampled, "what was not sampled stays so");
    let anew = span_from("rubbish", "reaction").in_scope(current).unwrap();
    assert_ne!(anew.trace_id, stored.trace_id);
    assert_eq!(current(), None);
}

#[tokio::test]
async fn a_call_has_a_trace_all_the_way_through() {
    start(&silent()).unwrap();
    let service = service_fn(|request: Request<Incoming>| async move {
        let told = request.extensions().get::<TraceContext>().copied().unwrap();
        let within = async { current() }.instrument(tracing::error_span!("inner"));
        let elsewhere = tokio::spawn(within).await.unwrap().unwrap();
        assert_eq!(elsewhere, told);
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(told.to_string()))))
    });
    let server = client::run(TraceLayer::new().layer(service), None, ListenLimits::default()).await;
    let (mut sender, _connection) = client::http2(server.address).await;
    let mut call = async |caller: Option<&str>| {
        let mut request = client::request("/x.v1.X/Y", "application/grpc");
        if let Some(caller) = caller {
            request = request.header("traceparent", caller);
        }
        let response = sender.send_request(request.body(Full::default()).unwrap()).await.unwrap();
        let text = client::whole(response).await.0;
        std::str::from_utf8(&text).unwrap().parse::<TraceContext>().unwrap()
    };
    let caller: TraceContext = CALLER.parse().unwrap();
    let joined = call(Some(CALLER)).await;
    assert_eq!((joined.trace_id, joined.sampled), (caller.trace_id, false));
    let (first, second) = (call(None).await, call(Some("garbage")).await);
    assert_ne!(first.trace_id, second.trace_id);
    assert!(first.sampled);
}

/// The log is what a process writes, so this runs itself as another process and reads what that wrote.
#[test]
fn the_log_goes_to_standard_error_and_names_the_trace_and_the_panic() {
    const CHILD: &str = "TEST_OF_THE_LOG";
    if std::env::var_os(CHILD).is_some() {
        start(&TelemetrySettings { log_format: LogFormat::Json, ..TelemetrySettings::default() }).unwrap();
        let service = service_fn(|_: Request<Full<Bytes>>| async {
            assert_eq!(1, 2, "hunter2");
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
        });
        let service = TraceLayer::new().layer(process::panic::PanicLayer.layer(service));
        let call = Request::post("/x.v1.X/Y").header("content-type", "application/grpc").header("traceparent", CALLER);
        let answer = tower::ServiceExt::oneshot(service, call.body(Full::default()).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(answer).unwrap().headers()["grpc-status"], "13");
        return;
    }
    let name = "the_log_goes_to_standard_error_and_names_the_trace_and_the_panic";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let written = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
    assert!(written.status.success(), "{written:?}");
    let log = String::from_utf8(written.stderr).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let defect = lines.iter().find(|line| line["level"] == "ERROR").unwrap_or_else(|| panic!("no error in {log}"));
    assert!(defect["cause"].as_str().unwrap().contains("hunter2"), "{defect}");
    assert_eq!(defect["spans"][0]["trace_id"], "0af7651916cd43dd8448eb211c80319c", "{defect}");
    assert_eq!(defect["spans"][0]["rpc.method"], "Y", "{defect}");
}
