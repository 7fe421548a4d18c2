//! One replica of a service: its breaker, its load, its connections.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use http::uri::{Authority, Scheme};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::SendRequest;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::breaker::{Breaker, Change, Phase, Verdict};
use crate::ewma::PeakEwma;
use crate::replay::Outgoing;
use crate::settings::Settings;

/// Where an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// No connection could be made yet, or all were lost; more are tried in the background.
    Unreachable,
    /// It takes calls.
    Open,
    /// Taken out because its calls failed.
    Shut,
    /// One call is trying whether it is well again.
    Probation,
}

impl fmt::Display for EndpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::Open => "open",
            Self::Shut => "shut",
            Self::Probation => "probation",
        })
    }
}

/// What an endpoint looks like from here, now.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointReport {
    /// `host:port`, or `in process`.
    pub address: String,
    /// Whether it takes calls.
    pub state: EndpointState,
    /// Seconds the next call would wait, roughly: the weight in balancing. 0 in process.
    pub load: f64,
    /// Calls under way, streams included.
    pub in_flight: usize,
    /// Calls that failed by the endpoint's own fault since it was first seen.
    pub failures: u64,
}

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    /// A name or an IP address to connect to.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name it goes by: `:authority`, and the name on its certificate.
    pub(crate) authority: Authority,
    pub(crate) scheme: Scheme,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

type Sender = SendRequest<Outgoing>;

/// What becomes of a request handed to a connection. An error still holds the request if nothing was sent.
type Sent = Result<http::Response<Incoming>, TrySendError<Request<Outgoing>>>;

/// One replica.
pub(crate) struct Endpoint {
    pub(crate) address: Address,
    service: Arc<str>,
    patience: Duration,
    lanes: Box<[Mutex<Option<Sender>>]>,
    /// Lanes that hold a connection.
    connected: AtomicUsize,
    turn: AtomicUsize,
    /// Calls that wait for the first data of their answer.
    waiting: AtomicUsize,
    in_flight: AtomicUsize,
    failures: AtomicU64,
    health: Mutex<Health>,
    /// Ends the tasks that keep the connections.
    pub(crate) stop: CancellationToken,
}

struct Health {
    breaker: Breaker,
    ewma: PeakEwma,
}

impl Endpoint {
    pub(crate) fn new(address: Address, service: Arc<str>, settings: &Settings, now: Instant) -> Self {
        Self {
            address,
            service,
            patience: settings.breaker.patience,
            lanes: (0..settings.connections).map(|_| Mutex::new(None)).collect(),
            connected: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            failures: AtomicU64::new(0),
            health: Mutex::new(Health {
                breaker: Breaker::new(settings.breaker, now),
                ewma: PeakEwma::new(now, settings.assumed_latency, settings.latency_decay),
            }),
            stop: CancellationToken::new(),
        }
    }

    /// How many connections it has.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Whether any connection stands.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire) > 0
    }

    /// Whether it counts against the half that may be out at once.
    pub(crate) fn is_out(&self) -> bool {
        !self.is_connected() || self.health.lock().breaker.phase() != Phase::Open
    }

    /// The load, if it is connected and its breaker admits a call. `anyway` passes over the breaker.
    pub(crate) fn load(&self, now: Instant, anyway: bool) -> Option<f64> {
        if !self.is_connected() {
            return None;
        }
        let health = self.health.lock();
        (anyway || health.breaker.admits(now)).then(|| health.ewma.load(now, self.waiting.load(Ordering::Relaxed)))
    }

    /// A connection stands in a lane.
    pub(crate) fn connect(&self, lane: usize, sender: Sender) {
        let Some(slot) = self.lanes.get(lane) else { return };
        if slot.lock().replace(sender).is_none() && self.connected.fetch_add(1, Ordering::AcqRel) == 0 {
            tracing::info!(service = %self.service, endpoint = %self.address, "endpoint connected");
        }
    }

    /// The connection in a lane is gone.
    pub(crate) fn disconnect(&self, lane: usize, cause: &str) {
        let Some(slot) = self.lanes.get(lane) else { return };
        if slot.lock().take().is_some() && self.connected.fetch_sub(1, Ordering::AcqRel) == 1 {
            tracing::warn!(service = %self.service, endpoint = %self.address, cause, "endpoint lost: no connection left");
        }
    }

    /// Hands a request to one of the connections, in turn; gives it back where none stands.
    pub(crate) fn send(
        &self,
        request: Request<Outgoing>,
    ) -> Result<impl Future<Output = Sent> + use<>, Box<Request<Outgoing>>> {
        let start = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.lanes.len();
        for step in 0..count {
            let Some(slot) = self.lanes.get(start.wrapping_add(step) % count) else { continue };
            let mut slot = slot.lock();
            if let Some(sender) = slot.as_mut().filter(|sender| !sender.is_closed()) {
                return Ok(sender.try_send_request(request));
            }
        }
        Err(Box::new(request))
    }

    pub(crate) fn report(&self, now: Instant) -> EndpointReport {
        let health = self.health.lock();
        let state = match health.breaker.phase() {
            _ if !self.is_connected() => EndpointState::Unreachable,
            Phase::Open => EndpointState::Open,
            Phase::Shut { .. } => EndpointState::Shut,
            Phase::Probation { .. } => EndpointState::Probation,
        };
        EndpointReport {
            address: self.address.to_string(),
            state,
            load: health.ewma.load(now, self.waiting.load(Ordering::Relaxed)),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }

    fn record(&self, now: Instant, probe: bool, verdict: Verdict, took: Option<Duration>, may_eject: bool) {
        if verdict == Verdict::Failure {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        let change = {
            let mut health = self.health.lock();
            if let Some(took) = took {
                health.ewma.observe(now, took);
            }
            // Chance is only wanted where something is about to be shut.
            let chance = if verdict == Verdict::Success { 0.0 } else { rand::random() };
            health.breaker.record(now, probe, verdict, may_eject, chance)
        };
        match change {
            Some(Change::Ejected(long)) => tracing::warn!(
                service = %self.service, endpoint = %self.address, again_in_ms = long.as_millis(),
                "endpoint ejected: its calls fail"
            ),
            Some(Change::Returned) => {
                tracing::info!(service = %self.service, endpoint = %self.address, "endpoint returned: its probe succeeded");
            }
            None => {}
        }
    }
}

/// One call on one endpoint, from the pick to the end of the answer. Dropping it ends it.
pub(crate) struct Call {
    pub(crate) endpoint: Arc<Endpoint>,
    peers: Arc<[Arc<Endpoint>]>,
    started: Instant,
    probe: bool,
    streaming: bool,
    settled: bool,
}

impl Call {
    /// Begins a call: counts it, and claims the probe if one is due.
    pub(crate) fn begin(endpoint: Arc<Endpoint>, peers: Arc<[Arc<Endpoint>]>, now: Instant, streaming: bool) -> Self {
        let probe = endpoint.health.lock().breaker.begin(now);
        endpoint.waiting.fetch_add(1, Ordering::Relaxed);
        endpoint.in_flight.fetch_add(1, Ordering::Relaxed);
        Self { endpoint, peers, started: now, probe, streaming, settled: false }
    }

    /// Says how the call went. Only the first word counts.
    pub(crate) fn settle(&mut self, verdict: Verdict) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        self.endpoint.waiting.fetch_sub(1, Ordering::Relaxed);
        let now = Instant::now();
        // A failure is quick; its latency would draw calls to a broken endpoint.
        let took = (verdict == Verdict::Success).then(|| now.saturating_duration_since(self.started));
        self.endpoint.record(now, self.probe, verdict, took, self.may_eject(verdict));
    }

    /// The answer broke off after the call had been settled.
    pub(crate) fn broke_off(&mut self, verdict: Verdict) {
        if self.settled {
            self.endpoint.record(Instant::now(), false, verdict, None, self.may_eject(verdict));
        } else {
            self.settle(verdict);
        }
    }

    /// Nothing was sent: the call says nothing of the endpoint.
    pub(crate) fn unsent(mut self) {
        self.give_up();
    }

    fn give_up(&mut self) {
        if !std::mem::replace(&mut self.settled, true) {
            self.endpoint.waiting.fetch_sub(1, Ordering::Relaxed);
            self.endpoint.health.lock().breaker.abandon(Instant::now(), self.probe);
        }
    }

    /// At most half of several endpoints may be out, so that a fault common to all never leaves nobody.
    fn may_eject(&self, verdict: Verdict) -> bool {
        verdict == Verdict::Failure && {
            let out = self.peers.iter().filter(|peer| !Arc::ptr_eq(peer, &self.endpoint) && peer.is_out()).count();
            out < self.peers.len() / 2
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.endpoint.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.settled {
            return;
        }
        // Given up by the caller, or by its deadline. A stream may be quiet for as long as it likes.
        let waited = self.started.elapsed();
        if waited < self.endpoint.patience || self.streaming {
            self.give_up();
        } else {
            self.endpoint.health.lock().ewma.observe(Instant::now(), waited);
            self.settle(Verdict::Failure);
        }
    }
}
