//! How far behind a consumer is: for whoever asks in this process, and as metrics.

use std::sync::Arc;

use access::Clock;
use opentelemetry::KeyValue;
use store::Database;
use tokio::sync::watch;

use super::place::Place;

/// How far a feed has been followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the source answers.
    pub connected: bool,
    /// The place in the ledger of the source up to which everything has been taken in.
    pub sequence: i64,
    /// The newest place in the ledger of the source that it told of.
    pub newest: i64,
    /// Whether another replica of the consumer follows the feed, and this one stands by.
    pub standby: bool,
    /// Whether a change cannot be taken in, so that the feed waits before it.
    pub parked: bool,
    /// Everything that happened until then has been taken in, in microseconds since 1970.
    pub through: i64,
}

impl Standing {
    /// Whether everything that the source told of has been taken in, and nothing hides what it tells.
    #[must_use]
    pub fn is_level(&self) -> bool {
        self.connected && !self.parked && self.sequence >= self.newest
    }

    /// How much the source has told of and is not taken in, in places of its ledger.
    #[must_use]
    pub fn behind(&self) -> i64 {
        self.newest.saturating_sub(self.sequence).max(0)
    }

    /// How old what is known may be at `now` (microseconds since 1970), in seconds.
    #[must_use]
    pub fn seconds_behind(&self, now: i64) -> f64 {
        if self.is_level() { 0.0 } else { now.saturating_sub(self.through).max(0) as f64 / 1e6 }
    }
}

/// The standing of a consumer that begins at a place, shown as metrics for as long as it runs.
pub(super) fn new(
    database: &Database,
    source: &str,
    clock: &Arc<dyn Clock>,
    place: &Place,
) -> Arc<watch::Sender<Standing>> {
    let through = if place.change_time > 0 { place.change_time } else { clock.now() };
    let begun = Standing {
        sequence: place.sequence,
        newest: place.sequence,
        parked: place.attempts > 0,
        through,
        ..Standing::default()
    };
    let standing = Arc::new(watch::Sender::new(begun));
    let meter = opentelemetry::global::meter("telwarden");
    let of = [
        KeyValue::new("feed.consumer", database.service().to_owned()),
        KeyValue::new("feed.source", source.to_owned()),
    ];
    let measure =
        |name: &'static str, unit: &'static str, description: &'static str, value: fn(&Standing, i64) -> f64| {
            let (held, clock, of) = (Arc::downgrade(&standing), Arc::clone(clock), of.clone());
            meter
                .f64_observable_gauge(name)
                .with_unit(unit)
                .with_description(description)
                .with_callback(move |observer| {
                    // Once nobody follows the feed there is nothing to tell.
                    if let Some(standing) = held.upgrade() {
                        observer.observe(value(&standing.borrow(), clock.now()), &of);
                    }
                })
                .build();
        };
    measure("feed.lag", "{change}", "How many places of the source's ledger are not taken in yet", |standing, _| {
        standing.behind() as f64
    });
    measure(
        "feed.lag.duration",
        "s",
        "How old what is known of the source may be, in seconds",
        Standing::seconds_behind,
    );
    measure("feed.parked", "{feed}", "Whether the feed waits for a change that cannot be taken in", |standing, _| {
        f64::from(u8::from(standing.parked))
    });
    standing
}
