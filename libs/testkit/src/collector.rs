//! A collector of telemetry (OTLP over gRPC) inside the test: it keeps what it is sent, for the test to look at.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as traces;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::{Request, Response, Status};

pub use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
pub use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
pub use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
pub use opentelemetry_proto::tonic::metrics::v1::metric::Data;
pub use opentelemetry_proto::tonic::trace::v1::Span;

/// Longer than any delivery takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes one kind of telemetry and hands it on.
#[derive(Clone)]
struct Door<T>(UnboundedSender<T>);

macro_rules! door {
    ($module:ident, $server:ident, $service:ident, $request:ident, $response:ident) => {
        #[tonic::async_trait]
        impl $module::$server::$service for Door<$module::$request> {
            async fn export(&self, call: Request<$module::$request>) -> Result<Response<$module::$response>, Status> {
                self.0.send(call.into_inner()).map_err(|_| Status::unavailable("the test is over"))?;
                Ok(Response::new($module::$response::default()))
            }
        }
    };
}
door!(traces, trace_service_server, TraceService, ExportTraceServiceRequest, ExportTraceServiceResponse);
door!(metrics, metrics_service_server, MetricsService, ExportMetricsServiceRequest, ExportMetricsServiceResponse);
door!(logs, logs_service_server, LogsService, ExportLogsServiceRequest, ExportLogsServiceResponse);

/// What arrives at a collector, in the order in which it arrives.
pub struct Collector {
    /// Where the collector listens: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Spans.
    pub traces: UnboundedReceiver<ExportTraceServiceRequest>,
    /// Measurements.
    pub metrics: UnboundedReceiver<ExportMetricsServiceRequest>,
    /// Lines of logs.
    pub logs: UnboundedReceiver<ExportLogsServiceRequest>,
}

impl Collector {
    /// Starts a collector on a free port.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let endpoint = format!("http://{}", listener.local_addr().expect("the port is known"));
        let ((to_traces, traces), (to_metrics, metrics), (to_logs, logs)) =
            (unbounded_channel(), unbounded_channel(), unbounded_channel());
        let server = tonic::transport::Server::builder()
            .add_service(traces::trace_service_server::TraceServiceServer::new(Door(to_traces)))
            .add_service(metrics::metrics_service_server::MetricsServiceServer::new(Door(to_metrics)))
            .add_service(logs::logs_service_server::LogsServiceServer::new(Door(to_logs)));
        tokio::spawn(server.serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)));
        Self { endpoint, traces, metrics, logs }
    }
}

/// The first thing of all that arrives of which `pick` makes something.
///
/// # Panics
/// When nothing of the sort arrives within 30 s.
pub async fn first<R, T>(arriving: &mut UnboundedReceiver<R>, what: &str, mut pick: impl FnMut(R) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = pick(arriving.recv().await.expect("the collector runs")) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.ok().unwrap_or_else(|| missing(what))
}

#[expect(clippy::panic, reason = "a test fails loudly")]
fn missing(what: &str) -> ! {
    panic!("{what} did not arrive within {} s", PATIENCE.as_secs())
}

/// The value of an attribute, as text.
#[must_use]
pub fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.clone()?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}
