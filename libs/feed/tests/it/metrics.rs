//! How far behind a consumer is, as metrics say it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fault::Fault;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use parking_lot::Mutex;
use wire::fault::v1::ErrorReason;

use crate::bench::{Bench, Keeper, SECOND};

/// The last value of each metric, by its name and the source that it is about.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<BTreeMap<(String, String), f64>>>);

impl PushMetricExporter for Kept {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut kept = self.0.lock();
        kept.clear();
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let AggregatedMetrics::F64(MetricData::Gauge(gauge)) = metric.data() else { continue };
            for point in gauge.data_points() {
                let source = point.attributes().find(|attribute| attribute.key.as_str() == "feed.source").unwrap();
                kept.insert((metric.name().to_owned(), source.value.to_string()), point.value());
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_say_how_far_behind_each_is_until_they_end() {
    let kept = Kept::default();
    let reader = PeriodicReader::builder(kept.clone()).with_interval(Duration::from_secs(3600)).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    opentelemetry::global::set_meter_provider(provider.clone());
    let read = |name: &str, source: &str| {
        provider.force_flush().unwrap();
        kept.0.lock().get(&(name.to_owned(), source.to_owned())).copied()
    };
    let bench = Bench::new(None).await;
    let (source, database) = (bench.serve().await, bench.open().await);
    let (fine, broken) = (Keeper::default(), Keeper::default());
    let refuse = || Fault::precondition(ErrorReason::StateForbids, "not now");
    broken.fail_at("organizations/acme/sites/b", refuse);
    for id in ["a", "b", "c", "d"] {
        source.create("acme", &[id]).await;
    }
    let named = |name: &str| feed::Consumer::new(&database, name, bench.client(), bench.clock());
    let one = named("assets/fine").start(fine).await.unwrap();
    let two = named("assets/broken").start(broken).await.unwrap();
    let (level, parked) = (one.standing(), two.standing());
    bench.until("one is level, the other parked", async || level.borrow().is_level() && parked.borrow().parked).await;
    bench.clock.advance(7 * SECOND);
    let of = |source: &str| ["feed.lag", "feed.parked"].map(|name| read(name, source).unwrap());
    assert_eq!(of("assets/fine"), [0.0, 0.0]);
    assert_eq!(of("assets/broken"), [3.0, 1.0]);
    assert!(read("feed.lag.duration", "assets/broken").unwrap() >= 7.0);
    one.stop().await;
    assert_eq!(read("feed.lag", "assets/fine"), None, "what is not followed any more is not told");
    assert!(read("feed.lag", "assets/broken").is_some());
}
