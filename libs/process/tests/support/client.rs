//! A server on a free port, and clients of both versions of HTTP.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use process::listen::{ListenLimits, TlsSettings, serve};
use process::shutdown::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that runs until it is told to stop.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

/// Serves on a free port of this machine.
pub(crate) async fn run<S, B>(service: S, tls: Option<TlsSettings>, limits: ListenLimits) -> Running
where
    S: tower::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
    let task = tokio::spawn(serve(listener, service, tls, limits, shutdown.clone()));
    Running { address, shutdown, task }
}

pub(crate) type Sender2 = hyper::client::conn::http2::SendRequest<Full<Bytes>>;
pub(crate) type Sender1 = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

/// An HTTP/2 connection over any stream; the task ends with the connection.
pub(crate) async fn http2_over<I>(stream: I) -> (Sender2, JoinHandle<hyper::Result<()>>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

/// An HTTP/2 connection with prior knowledge (h2c).
pub(crate) async fn http2(address: SocketAddr) -> (Sender2, JoinHandle<hyper::Result<()>>) {
    http2_over(TcpStream::connect(address).await.unwrap()).await
}

/// An HTTP/1.1 connection.
pub(crate) async fn http1(address: SocketAddr) -> (Sender1, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

/// A request to a path, of a content type.
pub(crate) fn request(path: &str, content_type: &str) -> http::request::Builder {
    Request::post(format!("http://localhost{path}")).header("host", "localhost").header("content-type", content_type)
}

/// What of a response tells how it went: its data, and its trailers.
pub(crate) async fn whole(response: Response<Incoming>) -> (Bytes, http::HeaderMap) {
    let collected = response.into_body().collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    (collected.to_bytes(), trailers)
}
