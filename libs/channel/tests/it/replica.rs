//! A replica to call: a real HTTP/2 server that does what the path says, can be killed without warning, and comes back on
//! the same port.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use channel::{EndpointState, Endpoints, Settings, Upstream};
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

/// What a replica remembers and how it behaves, across its deaths.
#[derive(Default)]
pub(crate) struct Memory {
    /// Requests whose body arrived, by any path.
    pub(crate) hits: AtomicUsize,
    /// Every answer is UNAVAILABLE.
    pub(crate) ailing: AtomicBool,
    /// The headers of the last request.
    pub(crate) headers: Mutex<HeaderMap>,
    /// Told when a request to `/t.T/Hang` has arrived.
    pub(crate) hanging: Notify,
    /// The pushback it asks for with UNAVAILABLE.
    pub(crate) pushback: Mutex<Option<&'static str>>,
    /// Connections accepted.
    pub(crate) connections: AtomicUsize,
    /// Connections open.
    pub(crate) open: AtomicUsize,
}

pub(crate) struct Replica {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) memory: Arc<Memory>,
    server: JoinHandle<()>,
}

impl Replica {
    pub(crate) async fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, memory) = (listener.local_addr().unwrap(), Arc::new(Memory::default()));
        let server = tokio::spawn(serve(listener, name, Arc::clone(&memory)));
        Self { name, address, memory, server }
    }

    /// Cuts every connection and closes the port.
    pub(crate) async fn kill(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    pub(crate) fn revive(&mut self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(64).unwrap();
        self.server = tokio::spawn(serve(listener, self.name, Arc::clone(&self.memory)));
    }

    pub(crate) fn hits(&self) -> usize {
        self.memory.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, name: &'static str, memory: Arc<Memory>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        memory.connections.fetch_add(1, Ordering::SeqCst);
        let memory = Arc::clone(&memory);
        connections.spawn(async move {
            let _open = Open::new(&memory);
            let service = hyper::service::service_fn(move |request| answer(name, Arc::clone(&memory), request));
            let server = hyper::server::conn::http2::Builder::new(LocalTasks::default());
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

struct Open(Arc<Memory>);

impl Open {
    fn new(memory: &Arc<Memory>) -> Self {
        memory.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(memory))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs the streams of a connection such that they die with it.
#[derive(Clone, Default)]
struct LocalTasks(Arc<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for LocalTasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        self.0.lock().spawn(async move {
            task.await;
        });
    }
}

pub(crate) fn status(code: Code, message: &str) -> Response<Body> {
    Status::new(code, message).into_http()
}

/// A body of frames, then grpc-status 0.
fn streamed(frames: impl futures::Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers.insert("x-trailer", HeaderValue::from_static("kept"));
    let end = futures::stream::once(async move { Frame::trailers(trailers) });
    let frames = frames.map(Frame::data).chain(end).map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

async fn answer(
    name: &'static str,
    memory: Arc<Memory>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    *memory.headers.lock() = request.headers().clone();
    let path = request.uri().path().to_owned();
    let Ok(body) = request.into_body().collect().await else { return Ok(status(Code::Cancelled, "broken off")) };
    let body = body.to_bytes();
    memory.hits.fetch_add(1, Ordering::SeqCst);
    if memory.ailing.load(Ordering::SeqCst) {
        let mut response = status(Code::Unavailable, "ailing");
        if let Some(pushback) = *memory.pushback.lock() {
            response.headers_mut().insert("grpc-retry-pushback-ms", HeaderValue::from_static(pushback));
        }
        return Ok(response);
    }
    let bytes = Bytes::from_static(name.as_bytes());
    Ok(match path.as_str() {
        "/t.T/Get" | "/t.T/Put" => streamed(futures::stream::once(async move { bytes })),
        "/t.T/Echo" => streamed(futures::stream::once(async move { body })),
        "/t.T/Defect" => status(Code::Internal, "a defect"),
        "/t.T/Web" => Response::builder().status(404).body(Body::new(Full::new(bytes))).unwrap(),
        "/t.T/Mute" => Response::new(Body::empty()),
        "/t.T/Unfinished" => Response::new(Body::new(Full::new(bytes))),
        // One frame, then nothing.
        "/t.T/Watch" => {
            memory.hanging.notify_one();
            streamed(futures::stream::once(async move { bytes }).chain(futures::stream::pending()))
        }
        // Frames without end and without pause.
        "/t.T/Flood" => streamed(futures::stream::repeat(Bytes::from_static(&[0; 16 * 1024]))),
        "/t.T/Hang" | "/t.T/HangGet" => {
            memory.hanging.notify_one();
            std::future::pending().await
        }
        _ => status(Code::Unimplemented, "no such path"),
    })
}

/// Quick to judge, so that tests are quick: the logic is the same.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings {
        idempotent: HashSet::from(["/t.T/Get", "/t.T/Echo", "/t.T/HangGet", "/t.T/Unfinished"].map(str::to_owned)),
        streaming: HashSet::from(["/t.T/Watch", "/t.T/Flood"].map(str::to_owned)),
        failfast_after: Duration::from_millis(300),
        reconnect_maximum: Duration::from_millis(100),
        ..Settings::default()
    };
    settings.breaker.shut_minimum = Duration::from_millis(100);
    settings.breaker.shut_maximum = Duration::from_millis(200);
    settings.breaker.patience = Duration::from_millis(50);
    settings
}

/// An upstream over replicas, once all of them are connected.
pub(crate) async fn upstream(replicas: &[&Replica], settings: Settings) -> Upstream {
    let addresses = replicas.iter().map(|replica| format!("http://{}", replica.address)).collect();
    let upstream = Upstream::remote("assets", &Endpoints::Static(addresses), &settings).unwrap();
    eventually("all are connected", || upstream.report().iter().all(|e| e.state == EndpointState::Open)).await;
    upstream
}

pub(crate) fn state_of(upstream: &Upstream, replica: &Replica) -> EndpointState {
    let address = replica.address.to_string();
    upstream.report().into_iter().find(|endpoint| endpoint.address == address).unwrap().state
}

pub(crate) fn request(path: &str, body: impl Into<Bytes>) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", "application/grpc")
        .body(Body::new(Full::new(body.into())))
        .unwrap()
}

pub(crate) async fn send(upstream: &Upstream, request: Request<Body>) -> Response<Body> {
    let mut upstream = upstream.clone();
    let response = upstream.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.status(), 200, "a gRPC answer is always HTTP 200");
    response
}

/// A call to its end: its data, and its status.
pub(crate) async fn call(upstream: &Upstream, path: &str) -> (Bytes, Status) {
    finish(send(upstream, request(path, "q")).await).await
}

pub(crate) async fn finish(response: Response<Body>) -> (Bytes, Status) {
    let in_headers = Status::from_header_map(response.headers());
    let body = response.into_body().collect().await.expect("a body ends with a status, not with an error");
    let status = in_headers.or_else(|| body.trailers().and_then(Status::from_header_map));
    (body.to_bytes(), status.expect("every answer holds a status"))
}

/// The reason in the error index.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Waits until something holds, at most ten seconds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
