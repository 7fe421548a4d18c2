//! One trace through gateway, services, ledger and reactions (W3C Trace Context).
//!
//! A trace has an id whether or not a collector is named: it is in the log, in the ledger, and on its way to the next
//! service. When a collector is named, OpenTelemetry gives the ids; otherwise we do, and keep them with the span.
//!
//! `tracestate` is not carried: nothing here reads it, and the standard lets whoever does not join in drop it.

mod context;
mod server;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

pub use context::{TraceContext, TraceContextError, extract, inject};
pub use server::{METRICS, Trace, TraceBody, TraceLayer};

/// The place in a trace where the caller of this function is; none outside every trace.
#[must_use]
pub fn current() -> Option<TraceContext> {
    let span = Span::current();
    from_opentelemetry(&span).or_else(|| kept(&span))
}

/// Continues a trace that was stored (in a row of the ledger, say), in a new span that does the work called `name`.
///
/// Where `traceparent` cannot be read, because a row from elsewhere holds something else, the span begins a new trace.
#[must_use]
pub fn span_from(traceparent: &str, name: &str) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "reaction",
        otel.name = name,
        otel.kind = "consumer",
        trace_id = tracing::field::Empty
    );
    join(&span, traceparent.parse().ok());
    span
}

/// Makes a new span part of its caller's trace, or the first of a new one, and says where in the trace it is.
fn join(span: &Span, parent: Option<TraceContext>) -> TraceContext {
    if let Some(parent) = parent {
        // Fails only where there is no OpenTelemetry, and then we keep the context ourselves.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(to_opentelemetry(&parent)));
    }
    let here = from_opentelemetry(span).unwrap_or_else(|| {
        let here = parent.map_or_else(TraceContext::begin, TraceContext::child);
        keep(span, here);
        here
    });
    span.record("trace_id", here.trace_id_hex());
    here
}

fn to_opentelemetry(context: &TraceContext) -> SpanContext {
    let flags = if context.sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let (trace, span) = (TraceId::from_bytes(context.trace_id), SpanId::from_bytes(context.span_id));
    SpanContext::new(trace, span, flags, true, TraceState::NONE)
}

fn from_opentelemetry(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid().then(|| TraceContext {
        trace_id: found.trace_id().to_bytes(),
        span_id: found.span_id().to_bytes(),
        sampled: found.is_sampled(),
    })
}

/// Remembers the context with the span, for [`kept`].
fn keep(span: &Span, context: TraceContext) {
    span.with_subscriber(|(id, subscriber)| {
        if let Some(span) = subscriber.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) {
            span.extensions_mut().replace(context);
        }
    });
}

/// The context of the span, or of the nearest span around it that has one.
fn kept(span: &Span) -> Option<TraceContext> {
    span.with_subscriber(|(id, subscriber)| {
        let span = subscriber.downcast_ref::<Registry>()?.span(id)?;
        span.scope().find_map(|around| around.extensions().get::<TraceContext>().copied())
    })
    .flatten()
}
