//! What reaches a collector. One test, because a process has one telemetry.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy takes what helps a test for production code")]

#[path = "support/client.rs"]
#[expect(dead_code, reason = "shared with the tests of the listener, which need more of it")]
mod client;

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use hyper::body::Incoming;
use process::listen::ListenLimits;
use process::panic::PanicLayer;
use process::telemetry::{TelemetrySettings, start};
use process::trace::{METRICS, TraceContext, TraceLayer, current, span_from};
use testkit::collector::{Collector, Data, first, text};
use tower::{Layer as _, service_fn};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

type Streamed = StreamBody<futures::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>>;

/// Logs, starts a reaction to a row of the ledger, and answers as gRPC does.
async fn probe(request: Request<Incoming>) -> Result<Response<Streamed>, Infallible> {
    let here = current().expect("a call has a place in a trace");
    assert_eq!(request.extensions().get::<TraceContext>(), Some(&here));
    tracing::info!(asset = "a1", "hello collector");
    tracing::info!(target: "h2::codec", "this is the transport of telemetry");
    let inner = tracing::info_span!("inner work");
    let stored = inner.in_scope(|| current().expect("a span within a call has one too"));
    assert_eq!(stored.trace_id, here.trace_id);
    assert_ne!(stored.span_id, here.span_id);
    span_from(&stored.to_string(), "reopen risk").in_scope(|| tracing::warn!("a reaction"));
    let status = if request.uri().path().ends_with("Fails") { "13" } else { "0" };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    let frames = vec![Ok(Frame::data(Bytes::from_static(b"\0\0\0\0\0"))), Ok(Frame::trailers(trailers))];
    let body = StreamBody::new(futures::stream::iter(frames));
    Ok(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
}

#[tokio::test]
async fn one_trace_shows_the_call_the_work_within_it_and_the_reaction() {
    let mut received = Collector::start().await;
    let settings = TelemetrySettings { otlp_endpoint: Some(received.endpoint.clone()), ..TelemetrySettings::default() };
    let telemetry = start(&settings.named("probe")).unwrap();
    assert!(telemetry.sends());
    let again = start(&TelemetrySettings::default()).unwrap();
    assert!(again.sends(), "later services share what the first started");

    let service = TraceLayer::new().layer(PanicLayer.layer(service_fn(probe)));
    let server = client::run(service, None, ListenLimits::default()).await;
    let (mut sender, _connection) = client::http2(server.address).await;
    for method in ["Works", "Fails"] {
        let request = client::request(&format!("/probe.v1.Probe/{method}"), "application/grpc")
            .header("traceparent", CALLER)
            .body(Full::default())
            .unwrap();
        client::whole(sender.send_request(request).await.unwrap()).await;
    }
    telemetry.shutdown().await.unwrap();

    let caller: TraceContext = CALLER.parse().unwrap();
    let mut spans = Vec::new();
    first(&mut received.traces, "all spans", |request| {
        let resource = request.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(text(&resource.attributes, "service.name").as_deref(), Some("probe"));
        spans.extend(request.resource_spans.into_iter().flat_map(|r| r.scope_spans).flat_map(|s| s.spans));
        (spans.len() == 6).then_some(())
    })
    .await;
    assert!(spans.iter().all(|span| span.trace_id == caller.trace_id), "{spans:#?}");
    let named =
        |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let (works, fails) = (named("probe.v1.Probe/Works"), named("probe.v1.Probe/Fails"));
    assert_eq!(works.parent_span_id, caller.span_id);
    assert_eq!(works.kind, 2, "a server's span");
    assert_eq!(text(&works.attributes, "rpc.grpc.status_code").as_deref(), Some("0"));
    assert_eq!(text(&fails.attributes, "rpc.grpc.status_code").as_deref(), Some("13"));
    assert_eq!(fails.status.as_ref().unwrap().code, 2, "an error");
    let work = spans.iter().find(|span| span.name == "inner work" && span.parent_span_id == works.span_id).unwrap();
    assert!(spans.iter().any(|span| span.name == "reopen risk" && span.parent_span_id == work.span_id));

    let mut bodies = Vec::new();
    let log = first(&mut received.logs, "the log", |request| {
        let records: Vec<_> =
            request.resource_logs.into_iter().flat_map(|r| r.scope_logs).flat_map(|s| s.log_records).collect();
        let said = |body: &Option<_>| format!("{body:?}");
        bodies.extend(records.iter().map(|record| said(&record.body)));
        records.into_iter().find(|record| said(&record.body).contains("hello collector"))
    })
    .await;
    assert_eq!(log.trace_id, caller.trace_id);
    assert_eq!(log.span_id, works.span_id);
    assert_eq!(text(&log.attributes, "asset").as_deref(), Some("a1"));
    assert!(bodies.iter().all(|body| !body.contains("transport of telemetry")), "{bodies:#?}");

    let mut names = Vec::new();
    let points = first(&mut received.metrics, "the metrics", |request| {
        let found: Vec<_> =
            request.resource_metrics.into_iter().flat_map(|r| r.scope_metrics).flat_map(|s| s.metrics).collect();
        names.extend(found.iter().map(|metric| metric.name.clone()));
        found.into_iter().find_map(|metric| match metric.data {
            Some(Data::Histogram(histogram)) if metric.name == METRICS[0].0 => {
                assert_eq!(metric.unit, "s");
                Some(histogram.data_points)
            }
            _ => None,
        })
    })
    .await;
    names.sort();
    assert_eq!(names, ["rpc.server.active", "rpc.server.duration"], "every metric is in METRICS, and in dashboards");
    let fails = points.iter().find(|point| text(&point.attributes, "rpc.method").as_deref() == Some("Fails")).unwrap();
    assert_eq!(text(&fails.attributes, "rpc.service").as_deref(), Some("probe.v1.Probe"));
    assert_eq!(text(&fails.attributes, "rpc.grpc.status_code").as_deref(), Some("13"));
    assert_eq!(fails.count, 1);

    server.shutdown.begin();
    server.task.await.unwrap().unwrap();
}
