//! The replicas of one service: which there are, and which takes the next call.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use fault::{Fault, Outcome};
use http::Uri;
use http::uri::{Authority, Scheme};
use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::budget::Budget;
use crate::connection::{Connector, keep};
use crate::endpoint::{Address, Call, Endpoint, EndpointReport};
use crate::failure;
use crate::pick::pick;
use crate::settings::{Endpoints, Settings, invalid};

/// The longest a look-up of a name may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// All replicas of one service.
pub(crate) struct Fleet {
    pub(crate) service: Arc<str>,
    settings: Settings,
    endpoints: RwLock<Arc<[Arc<Endpoint>]>>,
    connector: Arc<Connector>,
    /// Told whenever a connection comes to stand.
    ready: Arc<Notify>,
    /// Since when no endpoint has been ready, as seen by calls.
    waiting_since: Mutex<Option<Instant>>,
    pub(crate) budget: Mutex<Budget>,
    stop: CancellationToken,
    runtime: Handle,
}

impl Fleet {
    /// Starts to connect to the endpoints, and to look for them.
    ///
    /// # Errors
    /// `FIELD_INVALID` where an address or a setting cannot be used.
    pub(crate) fn start(service: Arc<str>, endpoints: &Endpoints, settings: Settings) -> Outcome<Arc<Self>> {
        let runtime = Handle::try_current()
            .map_err(|_| invalid("upstream", "a remote upstream must be made within a tokio runtime".to_owned()))?;
        let now = Instant::now();
        let fleet = Arc::new(Self {
            service,
            endpoints: RwLock::new(Arc::from([])),
            connector: Arc::new(Connector::new(&settings)?),
            ready: Arc::new(Notify::new()),
            waiting_since: Mutex::new(None),
            budget: Mutex::new(Budget::new(settings.budget, now)),
            stop: CancellationToken::new(),
            runtime,
            settings,
        });
        match endpoints {
            Endpoints::Static(addresses) => fleet.replace(static_addresses(addresses, fleet.settings.tls.is_some())?),
            Endpoints::Dns { host, port, every } => {
                let name = Name::new(host, *port, fleet.settings.tls.is_some())?;
                let every = (*every).max(Duration::from_secs(1));
                let stop = fleet.stop.clone();
                fleet.runtime.spawn(discover(Arc::downgrade(&fleet), name, every, stop));
            }
        }
        Ok(fleet)
    }

    /// Takes in the addresses there are now: endpoints that stay keep their connections and their past, new ones start to
    /// connect, the others take no new calls and end with their last one.
    fn replace(&self, addresses: Vec<Address>) {
        let mut seen = HashSet::new();
        let mut endpoints = self.endpoints.write();
        let now = Instant::now();
        let next: Vec<Arc<Endpoint>> = addresses
            .into_iter()
            .filter(|address| seen.insert(address.clone()))
            .map(|address| match endpoints.iter().find(|known| known.address == address) {
                Some(known) => Arc::clone(known),
                None => self.add(address, now),
            })
            .collect();
        for gone in endpoints.iter().filter(|known| !seen.contains(&known.address)) {
            tracing::info!(service = %self.service, endpoint = %gone.address, "endpoint removed");
            gone.stop.cancel();
        }
        *endpoints = Arc::from(next);
    }

    /// Takes in what a look-up found. One that failed or found nothing changes nothing.
    fn learn(&self, found: std::io::Result<Vec<Address>>, name: &str) {
        match found {
            Ok(addresses) if !addresses.is_empty() => self.replace(addresses),
            Ok(_) => tracing::warn!(service = %self.service, name, "no address found; keeping the last"),
            Err(error) => tracing::warn!(service = %self.service, name, %error, "cannot look up; keeping the last"),
        }
    }

    fn add(&self, address: Address, now: Instant) -> Arc<Endpoint> {
        let endpoint = Arc::new(Endpoint::new(address, Arc::clone(&self.service), &self.settings, now));
        for lane in 0..endpoint.lanes() {
            let (connector, ready) = (Arc::clone(&self.connector), Arc::clone(&self.ready));
            self.runtime.spawn(keep(Arc::clone(&endpoint), lane, connector, ready));
        }
        endpoint
    }

    /// An endpoint for a call, not `avoid` if there is another. Waits while none is ready, but once nothing has been ready
    /// for [`Settings::failfast_after`] it fails at once.
    pub(crate) async fn admit(&self, avoid: Option<&Arc<Endpoint>>, streaming: bool) -> Outcome<Call> {
        loop {
            if let Some(call) = self.pick(avoid, streaming) {
                return Ok(call);
            }
            // Listen first, then look again: a connection made in between must not be missed.
            let mut ready = std::pin::pin!(self.ready.notified());
            ready.as_mut().enable();
            if let Some(call) = self.pick(avoid, streaming) {
                return Ok(call);
            }
            let since = *self.waiting_since.lock().get_or_insert_with(Instant::now);
            if timeout_at(since + self.settings.failfast_after, ready).await.is_err() {
                return Err(failure::unreachable(&self.service));
            }
            *self.waiting_since.lock() = None;
        }
    }

    fn pick(&self, avoid: Option<&Arc<Endpoint>>, streaming: bool) -> Option<Call> {
        let endpoints = Arc::clone(&self.endpoints.read());
        let (now, random) = (Instant::now(), rand::random());
        let avoided = |endpoint: &Arc<Endpoint>| avoid.is_some_and(|avoid| Arc::ptr_eq(avoid, endpoint));
        let choose = |anyway: bool, any: bool| {
            pick(endpoints.len(), random, |index| {
                let endpoint = endpoints.get(index)?;
                if !any && avoided(endpoint) { None } else { endpoint.load(now, anyway) }
            })
        };
        // Those whose breaker is shut are better than none: they may well answer.
        let index = choose(false, false).or_else(|| choose(false, true)).or_else(|| choose(true, true))?;
        let endpoint = Arc::clone(endpoints.get(index)?);
        Some(Call::begin(endpoint, endpoints, now, streaming))
    }

    pub(crate) fn size(&self) -> usize {
        self.endpoints.read().len()
    }

    pub(crate) fn report(&self) -> Vec<EndpointReport> {
        let endpoints = Arc::clone(&self.endpoints.read());
        let now = Instant::now();
        endpoints.iter().map(|endpoint| endpoint.report(now)).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.cancel();
        for endpoint in self.endpoints.read().iter() {
            endpoint.stop.cancel();
        }
    }
}

/// A name to look up.
struct Name {
    host: String,
    port: u16,
    authority: Authority,
    scheme: Scheme,
}

impl Name {
    fn new(host: &str, port: u16, encrypted: bool) -> Outcome<Self> {
        let authority = Authority::try_from(format!("{host}:{port}"))
            .map_err(|error| invalid("endpoints", format!("{host:?} is not the name of a host: {error}")))?;
        let scheme = if encrypted { Scheme::HTTPS } else { Scheme::HTTP };
        Ok(Self { host: host.to_owned(), port, authority, scheme })
    }

    async fn look_up(&self) -> std::io::Result<Vec<Address>> {
        let found = timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((self.host.as_str(), self.port))).await??;
        let mut addresses: Vec<Address> = found
            .map(|socket| Address {
                host: socket.ip().to_string(),
                port: socket.port(),
                authority: self.authority.clone(),
                scheme: self.scheme.clone(),
            })
            .collect();
        addresses.sort_by(|a, b| a.host.cmp(&b.host));
        Ok(addresses)
    }
}

/// Looks a name up until the fleet is gone.
async fn discover(fleet: Weak<Fleet>, name: Name, every: Duration, stop: CancellationToken) {
    loop {
        let found = name.look_up().await;
        let Some(fleet) = fleet.upgrade() else { return };
        fleet.learn(found, &name.host);
        drop(fleet);
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(every) => {}
        }
    }
}

fn static_addresses(addresses: &[String], encrypted: bool) -> Outcome<Vec<Address>> {
    if addresses.is_empty() {
        return Err(invalid("endpoints", "no endpoint is given; name at least one, as http://host:port".to_owned()));
    }
    addresses.iter().map(|address| static_address(address, encrypted)).collect()
}

fn static_address(address: &str, encrypted: bool) -> Outcome<Address> {
    let wrong = |why: &str| -> Box<Fault> {
        invalid("endpoints", format!("{address:?} {why}; an endpoint is http://host:port or https://host:port"))
    };
    let uri: Uri = address.parse().map_err(|_| wrong("is not an address"))?;
    let parts = uri.into_parts();
    let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
        return Err(wrong("lacks a scheme or a host"));
    };
    if parts.path_and_query.is_some_and(|path| path.as_str() != "/") || authority.as_str().contains('@') {
        return Err(wrong("holds more than a host and a port"));
    }
    match (scheme == Scheme::HTTPS, encrypted) {
        _ if scheme != Scheme::HTTP && scheme != Scheme::HTTPS => return Err(wrong("has another scheme")),
        (true, false) => return Err(wrong("is encrypted, but tls is not set")),
        (false, true) => return Err(wrong("is not encrypted, but tls is set")),
        _ => {}
    }
    let port = authority.port_u16().ok_or_else(|| wrong("lacks a port"))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(Address { host, port, authority, scheme })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_taken() {
        let table = [
            ("http://127.0.0.1:50051", false, Ok("127.0.0.1:50051")),
            ("http://[::1]:50051/", false, Ok("[::1]:50051")),
            ("https://assets.internal:443", true, Ok("assets.internal:443")),
            ("https://assets.internal:443", false, Err("tls is not set")),
            ("http://assets.internal:443", true, Err("tls is set")),
            ("http://assets.internal", false, Err("lacks a port")),
            ("assets.internal:443", false, Err("lacks a scheme")),
            ("ftp://assets.internal:21", false, Err("another scheme")),
            ("http://assets.internal:443/v1", false, Err("more than a host")),
            ("http://me@assets.internal:443", false, Err("more than a host")),
            ("", false, Err("is not an address")),
        ];
        for (address, encrypted, expected) in table {
            match (static_address(address, encrypted), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected),
                (Err(fault), Err(expected)) => assert!(fault.message().contains(expected), "{fault}"),
                (found, expected) => panic!("{address}: {found:?}, not {expected:?}"),
            }
        }
    }

    fn addresses(hosts: &[&str]) -> Vec<Address> {
        hosts.iter().map(|host| static_address(&format!("http://{host}:1"), false).unwrap()).collect()
    }

    #[tokio::test]
    async fn endpoints_that_stay_keep_their_past_and_those_gone_are_stopped() {
        let endpoints = Endpoints::Static(vec!["http://127.0.0.1:1".to_owned(), "http://127.0.0.2:1".to_owned()]);
        let fleet = Fleet::start(Arc::from("assets"), &endpoints, Settings::default()).unwrap();
        let before = Arc::clone(&fleet.endpoints.read());
        fleet.replace(addresses(&["127.0.0.2", "127.0.0.3", "127.0.0.3"]));
        let after = Arc::clone(&fleet.endpoints.read());
        assert_eq!(fleet.size(), 2);
        assert!(Arc::ptr_eq(&before[1], &after[0]));
        assert!(before[0].stop.is_cancelled() && !after[0].stop.is_cancelled());
        drop(fleet);
        assert!(after[0].stop.is_cancelled(), "nothing goes on once the last handle is gone");
    }

    #[tokio::test]
    async fn a_look_up_that_fails_or_finds_nothing_keeps_the_last_good_addresses() {
        let endpoints = Endpoints::Static(vec!["http://127.0.0.1:1".to_owned()]);
        let fleet = Fleet::start(Arc::from("assets"), &endpoints, Settings::default()).unwrap();
        let first = Arc::clone(&fleet.endpoints.read()[0]);
        fleet.learn(Err(std::io::ErrorKind::NotFound.into()), "assets.internal");
        fleet.learn(Ok(Vec::new()), "assets.internal");
        assert!(Arc::ptr_eq(&first, &fleet.endpoints.read()[0]) && !first.stop.is_cancelled());
        fleet.learn(Ok(addresses(&["127.0.0.2", "127.0.0.3"])), "assets.internal");
        assert_eq!(fleet.size(), 2);
        assert!(first.stop.is_cancelled());
    }
}
