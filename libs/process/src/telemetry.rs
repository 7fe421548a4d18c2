//! The log on standard error and, only when a collector is named, traces, metrics and logs over OTLP.
//!
//! Without a collector there is no OpenTelemetry layer at all: nothing is sent, and nothing is slower. One process has one
//! telemetry, however many services it runs: the first [`start`] decides, later ones share it.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::config::Period;

/// How long one delivery to the collector may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long flushing traces, metrics and logs may take together.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// What carries telemetry to the collector must not make more of it.
const TRANSPORT: [&str; 7] = ["h2", "hyper", "hyper_util", "tonic", "tower", "opentelemetry", "opentelemetry_sdk"];

/// The settings of `[telemetry]`; [`crate::DEFAULTS`] explains each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Where the collector listens (OTLP over gRPC), as in `http://localhost:4317`; none: nothing is sent.
    pub otlp_endpoint: Option<String>,
    /// What this process is called in traces, metrics and logs; none: `telwarden`.
    pub service_name: Option<String>,
    /// How lines of the log look.
    pub log_format: LogFormat,
    /// What is logged, in the words of [`EnvFilter`].
    pub log_filter: String,
    /// How often metrics are sent.
    pub metric_period: Period,
    /// The share of traces begun here that are sent, 0 to 1.
    pub trace_ratio: f64,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            service_name: None,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            metric_period: Period::from_secs(10),
            trace_ratio: 1.0,
        }
    }
}

impl TelemetrySettings {
    /// The same, under this name unless the settings have one.
    #[must_use]
    pub fn named(mut self, service_name: &str) -> Self {
        self.service_name.get_or_insert_with(|| service_name.to_owned());
        self
    }
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object per line.
    Json,
}

/// Why telemetry does not start, or could not be delivered.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log_filter` is not a filter.
    #[error(
        "telemetry.log_filter: \"{filter}\" is not a filter: expected levels, as in \"info,store=debug\" ({reason})"
    )]
    Filter {
        /// What was set.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `otlp_endpoint` is not an address that we can send to.
    #[error(
        "telemetry.otlp_endpoint: \"{endpoint}\" is not an address: expected http:// and a host, as in \"http://localhost:4317\" ({reason})"
    )]
    Endpoint {
        /// What was set.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `trace_ratio` is not a share.
    #[error("telemetry.trace_ratio: {0} is not a share: expected a number from 0 to 1")]
    Ratio(f64),
    /// The operating system did not give what telemetry needs.
    #[error("telemetry does not start: {0}")]
    Start(String),
    /// What was collected did not all reach the collector.
    #[error("telemetry was not all delivered: {0}")]
    Undelivered(String),
}

/// The telemetry of this process. Clones are the same telemetry.
#[derive(Clone, Debug)]
pub struct Telemetry {
    exporters: Option<Arc<Exporters>>,
}

impl Telemetry {
    /// Whether anything goes to a collector.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.exporters.is_some()
    }

    /// Delivers what was collected so far, for at most ten seconds. Other services in this process may go on afterwards.
    ///
    /// # Errors
    /// [`TelemetryError::Undelivered`]: the collector did not take it.
    pub async fn shutdown(&self) -> Result<(), TelemetryError> {
        let Some(exporters) = self.exporters.clone() else { return Ok(()) };
        // Flushing blocks. A thread of its own, not the runtime's: a runtime waits for its blocking tasks when it ends, and
        // a dead collector must not hold up the end of the process.
        let (done, flushed) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("telemetry-flush".to_owned())
            .spawn(move || done.send(exporters.flush()))
            .map_err(|error| TelemetryError::Undelivered(error.to_string()))?;
        match tokio::time::timeout(FLUSH_TIMEOUT, flushed).await {
            Ok(Ok(outcome)) => outcome.map_err(TelemetryError::Undelivered),
            Ok(Err(_)) => Err(TelemetryError::Undelivered("the delivery failed".to_owned())),
            Err(_) => Err(TelemetryError::Undelivered(format!("no answer in {} s", FLUSH_TIMEOUT.as_secs()))),
        }
    }
}

/// What sends to the collector. It lives as long as the process.
#[derive(Debug)]
struct Exporters {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: SdkLoggerProvider,
    /// The connection to the collector runs here: it must outlive the runtime of whoever started first (a test), and a
    /// flush must not wait for a runtime that waits for the flush.
    runtime: Option<Runtime>,
}

impl Drop for Exporters {
    fn drop(&mut self) {
        // Dropping a runtime inside another one panics unless told not to wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Exporters {
    fn flush(&self) -> Result<(), String> {
        // All three are tried, whatever becomes of the first.
        let outcomes = [self.traces.force_flush(), self.metrics.force_flush(), self.logs.force_flush()];
        outcomes.into_iter().collect::<Result<(), _>>().map_err(|error| error.to_string())
    }
}

/// The telemetry that this process has, once it has one.
static STARTED: std::sync::Mutex<Option<Telemetry>> = std::sync::Mutex::new(None);

/// Starts the telemetry of this process, or shares it if it was started before (with the settings of that time).
///
/// # Errors
/// A setting that cannot be used, by its name. Nothing is started then.
pub fn start(settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    // The lock is held by nobody who panics; and if it were, what it guards is whole at any time.
    let mut started = STARTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    check(settings)?;
    if let Some(telemetry) = started.as_ref() {
        return Ok(telemetry.clone());
    }
    let exporters = match &settings.otlp_endpoint {
        Some(endpoint) => Some(Arc::new(exporters(settings, endpoint)?)),
        None => None,
    };
    let mut layers = vec![standard_error(settings)?];
    if let Some(exporters) = &exporters {
        layers.extend(collector(settings, exporters)?);
    }
    if tracing::subscriber::set_global_default(Registry::default().with(layers)).is_err() {
        // Someone else's subscriber was there first (a test's): what it does not collect cannot be sent.
        return Ok(Telemetry { exporters: None });
    }
    if let Some(exporters) = &exporters {
        opentelemetry::global::set_tracer_provider(exporters.traces.clone());
        opentelemetry::global::set_meter_provider(exporters.metrics.clone());
    }
    let telemetry = Telemetry { exporters };
    *started = Some(telemetry.clone());
    Ok(telemetry)
}

fn check(settings: &TelemetrySettings) -> Result<(), TelemetryError> {
    filter::<Registry>(settings)?;
    if !(0.0..=1.0).contains(&settings.trace_ratio) {
        return Err(TelemetryError::Ratio(settings.trace_ratio));
    }
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(()) };
    let refuse = |reason: String| Err(TelemetryError::Endpoint { endpoint: endpoint.clone(), reason });
    match endpoint.parse::<http::Uri>() {
        Err(error) => refuse(error.to_string()),
        Ok(uri) if uri.scheme_str() != Some("http") => refuse("it does not begin with http://".to_owned()),
        Ok(uri) if uri.host().is_none_or(str::is_empty) => refuse("it names no host".to_owned()),
        Ok(_) => Ok(()),
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

fn standard_error(settings: &TelemetrySettings) -> Result<BoxedLayer, TelemetryError> {
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let filter = filter(settings)?;
    Ok(match settings.log_format {
        LogFormat::Text => layer.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_span_list(true).with_filter(filter).boxed()
        }
    })
}

fn collector(settings: &TelemetrySettings, exporters: &Exporters) -> Result<[BoxedLayer; 2], TelemetryError> {
    let traces = tracing_opentelemetry::layer().with_tracer(exporters.traces.tracer("telwarden"));
    let logs = opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge::new(&exporters.logs);
    Ok([
        traces.with_filter(without_transport(filter(settings)?)).boxed(),
        logs.with_filter(without_transport(filter(settings)?)).boxed(),
    ])
}

/// What the settings let through, and every span: spans carry the trace, whatever is logged.
fn filter<S>(settings: &TelemetrySettings) -> Result<impl Filter<S> + use<S>, TelemetryError>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + 'static,
{
    let lines = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(&settings.log_filter)
        .map_err(|error| TelemetryError::Filter { filter: settings.log_filter.clone(), reason: error.to_string() })?;
    let spans = filter_fn(|metadata| metadata.is_span() && *metadata.level() <= Level::INFO);
    Ok(lines.or(spans.with_max_level_hint(LevelFilter::INFO)))
}

fn without_transport<S>(filter: impl Filter<S>) -> impl Filter<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    filter.and(filter_fn(|metadata| {
        let source = metadata.target().split("::").next().unwrap_or_default();
        !TRANSPORT.contains(&source)
    }))
}

fn exporters(settings: &TelemetrySettings, endpoint: &str) -> Result<Exporters, TelemetryError> {
    let start = |error: &dyn std::fmt::Display| TelemetryError::Start(error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("telemetry")
        .enable_all()
        .build()
        .map_err(|error| start(&error))?;
    let built = {
        let _inside = runtime.enter();
        build(settings, endpoint).map_err(|error| start(&error))
    };
    match built {
        Ok((traces, metrics, logs)) => Ok(Exporters { traces, metrics, logs, runtime: Some(runtime) }),
        Err(error) => {
            runtime.shutdown_background();
            Err(error)
        }
    }
}

fn build(
    settings: &TelemetrySettings,
    endpoint: &str,
) -> Result<(SdkTracerProvider, SdkMeterProvider, SdkLoggerProvider), opentelemetry_otlp::ExporterBuildError> {
    let name = settings.service_name.clone().unwrap_or_else(|| "telwarden".to_owned());
    let resource = Resource::builder()
        .with_service_name(name)
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let spans = opentelemetry_otlp::SpanExporter::builder().with_tonic();
    let metrics = opentelemetry_otlp::MetricExporter::builder().with_tonic();
    let logs = opentelemetry_otlp::LogExporter::builder().with_tonic();
    let traces = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_ratio))))
        .with_batch_exporter(spans.with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT).build()?)
        .build();
    let metrics = metrics.with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT).build()?;
    let reader = PeriodicReader::builder(metrics).with_interval(settings.metric_period.get()).build();
    let metrics = SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build();
    let logs = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(logs.with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT).build()?)
        .build();
    Ok((traces, metrics, logs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_used_is_told_by_its_name() {
        let good = TelemetrySettings::default();
        let cases = [
            (TelemetrySettings { log_filter: "info,store=loud".to_owned(), ..good.clone() }, "telemetry.log_filter"),
            (TelemetrySettings { trace_ratio: 1.5, ..good.clone() }, "telemetry.trace_ratio"),
            (TelemetrySettings { trace_ratio: f64::NAN, ..good.clone() }, "telemetry.trace_ratio"),
            (
                TelemetrySettings { otlp_endpoint: Some("https://x:4317".to_owned()), ..good.clone() },
                "begin with http://",
            ),
            (
                TelemetrySettings { otlp_endpoint: Some("localhost:4317".to_owned()), ..good.clone() },
                "telemetry.otlp_endpoint",
            ),
            (TelemetrySettings { otlp_endpoint: Some("no address".to_owned()), ..good }, "telemetry.otlp_endpoint"),
        ];
        for (settings, expected) in cases {
            let error = start(&settings).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_built_in_settings_are_the_default() {
        #[derive(Deserialize)]
        struct Settings {
            telemetry: TelemetrySettings,
        }
        let read: Settings = crate::config::load(crate::DEFAULTS, None, std::iter::empty()).unwrap();
        assert_eq!(format!("{:?}", read.telemetry), format!("{:?}", TelemetrySettings::default()));
        assert_eq!(read.telemetry.named("risk").service_name.as_deref(), Some("risk"));
    }
}
