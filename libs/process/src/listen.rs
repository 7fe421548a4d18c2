//! One port for HTTP/1.1 and HTTP/2, in the clear or under TLS, that stops without cutting anyone off.

mod opening;
mod plain;
mod tls;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt as _};

use crate::config::{Period, Size};
use crate::shutdown::Shutdown;

pub use tls::{TlsError, TlsSection, TlsSettings};

/// Why a service fails, or its body ends early.
type BoxError = Box<dyn Error + Send + Sync>;

/// How long accepting rests when the operating system gives no more connections (out of file descriptors, mostly).
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// The settings of `[listen]`; [`crate::DEFAULTS`] explains each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenLimits {
    /// How many connections may be open at once.
    pub max_connections: u32,
    /// How many calls one HTTP/2 connection may have in flight.
    pub max_concurrent_streams: u32,
    /// How large all headers of one request may be together (HTTP/1.1: at least 8 KiB).
    pub max_header_list_size: Size,
    /// How many streams that the client reset may wait to be accepted.
    pub max_pending_reset_streams: usize,
    /// How long the TLS handshake, the first bytes, and the headers of an HTTP/1.1 request may each take.
    pub header_read_timeout: Period,
    /// How often an HTTP/2 connection is asked whether it still lives.
    pub keep_alive_interval: Period,
    /// How long the answer to that may take.
    pub keep_alive_timeout: Period,
    /// How old a connection may get, give or take a tenth; none: any age.
    pub max_connection_age: Option<Period>,
    /// How long calls in flight may go on when the service stops or the connection has reached its age.
    pub drain: Period,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_concurrent_streams: 1024,
            max_header_list_size: Size::from_bytes(32 << 10),
            max_pending_reset_streams: 1024,
            header_read_timeout: Period::from_secs(10),
            keep_alive_interval: Period::from_secs(30),
            keep_alive_timeout: Period::from_secs(20),
            max_connection_age: None,
            drain: Period::from_secs(10),
        }
    }
}

/// Who is at the other end of a connection: an extension of every request that came over it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it connects from.
    pub address: SocketAddr,
    /// The certificate that it proved to hold, where one is asked for (mutual TLS).
    pub certificate: Option<Arc<CertificateDer<'static>>>,
}

/// Serves until `shutdown` is begun, and then until the calls in flight are over, for at most [`ListenLimits::drain`].
///
/// On shutdown the port is closed to new connections, HTTP/2 clients get GOAWAY, and HTTP/1.1 connections end with the
/// answer that they wait for.
///
/// # Errors
/// Only before anything is served: the files of `tls` cannot be used. What goes wrong with one connection ends that one.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    tls: Option<TlsSettings>,
    limits: ListenLimits,
    shutdown: Shutdown,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let tls = match tls {
        Some(settings) => {
            Some(settings.acceptor().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?)
        }
        None => None,
    };
    let permits = Arc::new(Semaphore::new(usize::try_from(limits.max_connections).unwrap_or(Semaphore::MAX_PERMITS)));
    let server = Arc::new(Server { protocol: protocol(&limits), tls, limits, shutdown });
    let connections = TaskTracker::new();
    let mut number: u32 = 0;
    while let Some((stream, address, permit)) = server.accept(&listener, &permits).await {
        number = number.wrapping_add(1);
        connections.spawn(Arc::clone(&server).connection(stream, address, number, service.clone(), permit));
    }
    // New connections are refused from here on, rather than left to hope.
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// What all connections of a listener have in common.
struct Server {
    protocol: auto::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    limits: ListenLimits,
    shutdown: Shutdown,
}

fn protocol(limits: &ListenLimits) -> auto::Builder<TokioExecutor> {
    let headers = limits.max_header_list_size.bytes();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout.get())
        // hyper panics below 8 KiB.
        .max_buf_size(usize::try_from(headers).unwrap_or(usize::MAX).max(8 << 10));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_concurrent_streams)
        .max_header_list_size(u32::try_from(headers).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.max_pending_reset_streams)
        .keep_alive_interval(limits.keep_alive_interval.get())
        .keep_alive_timeout(limits.keep_alive_timeout.get());
    builder
}

impl Server {
    /// The next connection, when there is room for one; none once shutdown has begun.
    async fn accept(
        &self,
        listener: &TcpListener,
        permits: &Arc<Semaphore>,
    ) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let next = async {
            let permit = Arc::clone(permits).acquire_owned().await.ok()?;
            loop {
                match listener.accept().await {
                    Ok((stream, address)) => return Some((stream, address, permit)),
                    // The client was gone before we came.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => {
                        tracing::warn!(%error, "no connection can be accepted");
                        tokio::time::sleep(ACCEPT_REST).await;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = self.shutdown.wait() => None,
            next = next => next,
        }
    }

    /// One connection from its first byte to its last.
    async fn connection<S, B>(
        self: Arc<Self>,
        mut stream: TcpStream,
        address: SocketAddr,
        number: u32,
        service: S,
        _permit: OwnedSemaphorePermit,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, %address, "a connection ended before it began");
            return;
        }
        let Some(acceptor) = &self.tls else {
            let peer = Peer { address, certificate: None };
            return self.converse(stream, peer, number, service).await;
        };
        match self.opening(plain::refused(&mut stream)).await {
            Ok(false) => {}
            Ok(true) => return tracing::debug!(%address, "a client spoke in the clear to a port that speaks TLS"),
            Err(error) => return tracing::debug!(%error, %address, "a connection ended before its TLS handshake"),
        }
        match self.opening(acceptor.accept(stream)).await {
            Ok(stream) => {
                let certificates = stream.get_ref().1.peer_certificates();
                let certificate = certificates.and_then(<[_]>::first).map(|first| Arc::new(first.clone().into_owned()));
                self.converse(stream, Peer { address, certificate }, number, service).await;
            }
            Err(error) => tracing::debug!(%error, %address, "a TLS handshake failed"),
        }
    }

    async fn converse<I, S, B>(&self, stream: I, peer: Peer, number: u32, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let address = peer.address;
        let stream = match self.opening(opening::opened(stream)).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, %address, "a connection said nothing that we know");
                return;
            }
        };
        let service = service.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            request
        });
        let connection = self.protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let mut connection = std::pin::pin!(connection);
        let age = self.limits.max_connection_age.map(|age| varied(age.get(), number));
        let broke = |outcome: Result<(), BoxError>| {
            if let Err(error) = outcome {
                tracing::debug!(%error, %address, "a connection broke");
            }
        };
        tokio::select! {
            biased;
            // First of all, so that what the client has already sent is taken up before it is told to go.
            outcome = connection.as_mut() => return broke(outcome),
            () = self.shutdown.wait() => {}
            () = tokio::time::sleep(age.unwrap_or_default()), if age.is_some() => {}
        }
        connection.as_mut().graceful_shutdown();
        match tokio::time::timeout(self.limits.drain.get(), connection).await {
            Ok(outcome) => broke(outcome),
            Err(_) => tracing::warn!(%address, "calls were cut off: they were not over in time"),
        }
    }

    /// What a client does before its first request is held to a time, and is given up when the service stops.
    async fn opening<T>(&self, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        tokio::select! {
            biased;
            outcome = tokio::time::timeout(self.limits.header_read_timeout.get(), step) => {
                outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            }
            () = self.shutdown.wait() => Err(io::Error::other("the service stops")),
        }
    }
}

/// Between nine and eleven tenths of `age`, different for neighbours, so that clients do not all come back at once.
fn varied(age: Duration, number: u32) -> Duration {
    age * 9 / 10 + age / 5 * (number.wrapping_mul(7) % 11) / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_settings_are_the_default() {
        #[derive(Deserialize)]
        struct Settings {
            listen: ListenLimits,
        }
        let read: Settings = crate::config::load(crate::DEFAULTS, None, std::iter::empty()).unwrap();
        assert_eq!(read.listen, ListenLimits::default());
    }

    #[test]
    fn ages_vary_by_a_tenth() {
        let age = Duration::from_secs(100);
        let ages: Vec<Duration> = (0..11).map(|number| varied(age, number)).collect();
        assert_eq!(ages.iter().min(), Some(&Duration::from_secs(90)));
        assert_eq!(ages.iter().max(), Some(&Duration::from_secs(110)));
    }
}
