//! Keeping connections: each has a task that connects, drives, and connects again, so that calls never wait for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use fault::{Fault, Outcome};

use crate::breaker::backoff;
use crate::endpoint::{Address, Endpoint};
use crate::replay::Outgoing;
use crate::settings::{Settings, Tls, invalid};

/// The first wait before connecting again.
const RECONNECT_MINIMUM: Duration = Duration::from_millis(50);
/// A connection that stood for so long was a good one: the next loss is met without waiting.
const STABLE: Duration = Duration::from_secs(1);
/// How often to look whether a new connection has been answered: often at first, for it is a matter of one round trip.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(20);
/// Bytes a stream, and a connection, may have under way before they are acknowledged.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// The longest header list taken from a service, in bytes.
const HEADERS_AT_MOST: u32 = 64 * 1024;
/// Streams given up and remembered; many callers giving up at once must not cost the connection.
const RESETS_REMEMBERED: usize = 1024;

/// Makes connections.
pub(crate) struct Connector {
    http2: Builder<TokioExecutor>,
    tls: Option<(TlsConnector, Option<String>)>,
    within: Duration,
    reconnect_maximum: Duration,
}

type Driver = BoxFuture<'static, hyper::Result<()>>;

impl Connector {
    pub(crate) fn new(settings: &Settings) -> Outcome<Self> {
        let mut http2 = Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADERS_AT_MOST)
            .max_concurrent_reset_streams(RESETS_REMEMBERED)
            // None until the other side has said how many: see `handshake`.
            .initial_max_send_streams(0)
            .keep_alive_interval(settings.keep_alive_interval)
            .keep_alive_timeout(settings.keep_alive_timeout)
            .keep_alive_while_idle(true);
        let tls = match &settings.tls {
            Some(tls) => Some((TlsConnector::from(Arc::new(client_config(tls)?)), tls.server_name.clone())),
            None => None,
        };
        Ok(Self { http2, tls, within: settings.connect_timeout, reconnect_maximum: settings.reconnect_maximum })
    }

    async fn connect(&self, address: &Address) -> io::Result<(SendRequest<Outgoing>, Driver)> {
        let attempt = async {
            let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
            stream.set_nodelay(true)?;
            match &self.tls {
                None => self.handshake(stream).await,
                Some((connector, name)) => {
                    let name = name.as_deref().unwrap_or_else(|| host_of(address));
                    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
                    let stream = connector.connect(name, stream).await?;
                    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                        return Err(io::Error::other("the endpoint does not offer HTTP/2"));
                    }
                    self.handshake(stream).await
                }
            }
        };
        match timeout(self.within, attempt).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no connection in time")),
        }
    }

    async fn handshake<S>(&self, stream: S) -> io::Result<(SendRequest<Outgoing>, Driver)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, mut driver) = self.http2.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // hyper holds the handshake for done before the other side has said a word. Something that accepts and is silent (a
        // stopped process, a server of another protocol, one that will refuse our certificate) must not pass for a
        // replica, so its settings are waited for; hyper tells of them only when asked.
        let mut wait = FIRST_LOOK;
        while driver.current_max_send_streams() == 0 {
            tokio::select! {
                ended = &mut driver => {
                    return Err(ended.err().map_or_else(|| io::ErrorKind::UnexpectedEof.into(), io::Error::other));
                }
                () = sleep(wait) => wait = (wait * 2).min(LAST_LOOK),
            }
        }
        Ok((sender, Box::pin(driver)))
    }
}

/// Keeps the connection of one lane until the endpoint is stopped. Calls under way are let finish.
pub(crate) async fn keep(endpoint: Arc<Endpoint>, lane: usize, connector: Arc<Connector>, ready: Arc<Notify>) {
    let stop = endpoint.stop.clone();
    let mut losses = 0;
    loop {
        let connected = tokio::select! {
            () = stop.cancelled() => return,
            connected = connector.connect(&endpoint.address) => connected,
        };
        match connected {
            Ok((sender, mut driver)) => {
                let since = Instant::now();
                endpoint.connect(lane, sender);
                ready.notify_waiters();
                let ended = tokio::select! {
                    () = stop.cancelled() => {
                        endpoint.disconnect(lane, "no longer used");
                        // Without a sender the connection closes once its last stream has ended.
                        let _ = driver.await;
                        return;
                    }
                    ended = &mut driver => ended,
                };
                let cause = ended.err().map_or_else(|| "closed by the endpoint".to_owned(), |error| error.to_string());
                endpoint.disconnect(lane, &cause);
                losses = if since.elapsed() >= STABLE { 0 } else { losses + 1 };
            }
            Err(error) => {
                tracing::debug!(endpoint = %endpoint.address, %error, "cannot connect");
                losses += 1;
            }
        }
        if losses > 0 {
            let wait = backoff(RECONNECT_MINIMUM, connector.reconnect_maximum, losses - 1, rand::random());
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }
}

fn host_of(address: &Address) -> &str {
    address.authority.host().trim_start_matches('[').trim_end_matches(']')
}

fn client_config(tls: &Tls) -> Outcome<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&tls.authority, "tls.authority")? {
        roots.add(certificate).map_err(|error| bad_pem("tls.authority", error))?;
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Fault::defect)?
        .with_root_certificates(roots);
    let mut config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates(chain, "tls.identity")?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| bad_pem("tls.identity", error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| bad_pem("tls.identity", error))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(pem: &str, field: &str) -> Outcome<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| bad_pem(field, error))?;
    if found.is_empty() {
        return Err(invalid(field, format!("{field} holds no certificate; it must be PEM text, not a file name")));
    }
    Ok(found)
}

fn bad_pem(field: &str, error: impl std::error::Error) -> Box<Fault> {
    invalid(field, format!("{field} cannot be used: {error}"))
}
