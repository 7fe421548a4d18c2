//! The layer that traces, times and counts the calls of a server.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, UpDownCounter};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::{extract, join};

const DURATION: (&str, &str) =
    ("rpc.server.duration", "How long calls took until their last byte was sent, in seconds");
const ACTIVE: (&str, &str) = ("rpc.server.active", "How many calls are being served");

/// Every metric of this crate: its name, and what it tells.
pub const METRICS: &[(&str, &str)] = &[DURATION, ACTIVE];

/// What stands for the service or method of a call that the server does not know: strangers must not name our metrics.
const UNKNOWN: &str = "unknown";

/// The codes of gRPC that are spoken of here.
mod code {
    pub(super) const OK: i64 = 0;
    pub(super) const CANCELLED: i64 = 1;
    pub(super) const UNKNOWN: i64 = 2;
    pub(super) const INTERNAL: i64 = 13;
    pub(super) const UNIMPLEMENTED: i64 = 12;
}

/// Puts every call of a server in a trace and a span, hands its [`super::TraceContext`] to the service as an extension of
/// the request, and measures it ([`METRICS`]).
///
/// A call that names a `traceparent` continues that trace. Make this layer after [`crate::telemetry::start`], which decides
/// where the measurements go.
#[derive(Clone, Debug)]
pub struct TraceLayer {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

impl Default for TraceLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl TraceLayer {
    /// A layer that measures for the telemetry of this process.
    #[must_use]
    pub fn new() -> Self {
        let meter = opentelemetry::global::meter("telwarden");
        let bounds = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
        let duration =
            meter.f64_histogram(DURATION.0).with_description(DURATION.1).with_unit("s").with_boundaries(bounds);
        let active = meter.i64_up_down_counter(ACTIVE.0).with_description(ACTIVE.1).with_unit("{call}");
        Self { instruments: Arc::new(Instruments { duration: duration.build(), active: active.build() }) }
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner, instruments: Arc::clone(&self.instruments) }
    }
}

/// A service whose calls are traced.
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
    instruments: Arc<Instruments>,
}

impl<S, A, B> Service<Request<A>> for Trace<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<TraceBody<B>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let mut call = Call::begin(&request, Arc::clone(&self.instruments));
        let here = join(&call.span, extract(request.headers()));
        request.extensions_mut().insert(here);
        let answer = call.span.in_scope(|| self.inner.call(request)).instrument(call.span.clone());
        Box::pin(async move {
            let response = answer.await.inspect_err(|_| call.code = Some(code::INTERNAL))?;
            call.read_head(&response);
            Ok(response.map(|inner| TraceBody { inner, call }))
        })
    }
}

/// The body of a traced response. The call is over when it is.
#[derive(Debug)]
pub struct TraceBody<B> {
    inner: B,
    call: Call,
}

impl<B: Body + Unpin> Body for TraceBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let polled = this.call.span.in_scope(|| Pin::new(&mut this.inner).poll_frame(cx));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => this.call.read_trailers(frame.trailers_ref()),
            Poll::Ready(Some(Err(_))) => this.call.code = Some(code::INTERNAL),
            Poll::Ready(None) => this.call.read_end(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A call from its first to its last byte; dropping it ends it. One that ends with no code was cancelled by its caller.
#[derive(Debug)]
struct Call {
    span: Span,
    started: Instant,
    instruments: Arc<Instruments>,
    protocol: Protocol,
    service: String,
    method: String,
    code: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Grpc,
    /// Its trailers are part of its body, where we do not look.
    GrpcWeb,
    Http,
}

impl Call {
    fn begin<A>(request: &Request<A>, instruments: Arc<Instruments>) -> Self {
        let content = request.headers().get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
        let protocol = match content {
            _ if content.starts_with(b"application/grpc-web") => Protocol::GrpcWeb,
            _ if content.starts_with(b"application/grpc") => Protocol::Grpc,
            _ => Protocol::Http,
        };
        let (service, method) = match (protocol, request.uri().path().trim_start_matches('/').split_once('/')) {
            (Protocol::Http, _) => ("http".to_owned(), http_method(request.method()).to_owned()),
            (_, Some((service, method))) => (shorten(service), shorten(method)),
            (_, None) => (UNKNOWN.to_owned(), UNKNOWN.to_owned()),
        };
        let system = if protocol == Protocol::Http { "http" } else { "grpc" };
        let span = tracing::info_span!(
            parent: None,
            "rpc",
            otel.name = format_args!("{service}/{method}"),
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            rpc.system = system,
            rpc.service = service,
            rpc.method = method,
            rpc.grpc.status_code = tracing::field::Empty,
            trace_id = tracing::field::Empty
        );
        instruments.active.add(1, &[KeyValue::new("rpc.system", system)]);
        Self { span, started: Instant::now(), instruments, protocol, service, method, code: None }
    }

    fn read_head<B>(&mut self, response: &Response<B>) {
        match self.protocol {
            Protocol::Http => self.code = Some(from_http(response.status().as_u16())),
            // A response that is over with its head has its code there.
            Protocol::Grpc | Protocol::GrpcWeb => self.read_trailers(Some(response.headers())),
        }
    }

    fn read_trailers(&mut self, trailers: Option<&HeaderMap>) {
        let Some(value) = trailers.and_then(|trailers| trailers.get("grpc-status")) else { return };
        self.code = Some(value.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(code::UNKNOWN));
    }

    fn read_end(&mut self) {
        let silent = if self.protocol == Protocol::Grpc { code::UNKNOWN } else { code::OK };
        self.code.get_or_insert(silent);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(code::CANCELLED);
        self.span.record("rpc.grpc.status_code", code);
        // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: the server's failures, as the
        // semantic conventions have it; the others are the caller's.
        if matches!(code, 2 | 4 | 12..=15) {
            self.span.record("otel.status_code", "ERROR");
        }
        let known = code != code::UNIMPLEMENTED;
        let told = |name: &mut String| if known { std::mem::take(name) } else { UNKNOWN.to_owned() };
        let attributes = [
            KeyValue::new("rpc.service", told(&mut self.service)),
            KeyValue::new("rpc.method", told(&mut self.method)),
            KeyValue::new("rpc.grpc.status_code", code),
        ];
        // Inside the span, so that the measurement can point to its trace.
        self.span.in_scope(|| self.instruments.duration.record(self.started.elapsed().as_secs_f64(), &attributes));
        let system = if self.protocol == Protocol::Http { "http" } else { "grpc" };
        self.instruments.active.add(-1, &[KeyValue::new("rpc.system", system)]);
    }
}

fn http_method(method: &http::Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(UNKNOWN)
}

fn shorten(name: &str) -> String {
    name.chars().take(120).collect()
}

/// The code that the transcoder would have made this HTTP status from.
fn from_http(status: u16) -> i64 {
    match status {
        100..=399 => code::OK,
        401 => 16,
        403 => 7,
        404 => 5,
        408 | 504 => 4,
        409 => 10,
        429 => 8,
        499 => code::CANCELLED,
        400..=498 => 3,
        501 => code::UNIMPLEMENTED,
        503 => 14,
        _ => code::INTERNAL,
    }
}
