//! The port: both versions of HTTP, TLS, limits, panics, and the end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy takes what helps a test for production code")]

#[path = "support/client.rs"]
mod client;

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use process::config::Period;
use process::health::Health;
use process::listen::{ListenLimits, Peer, TlsSettings};
use process::panic::PanicLayer;
use process::trace::TraceLayer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tonic_health::pb::health_check_response::ServingStatus as Told;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::{Layer as _, service_fn};

/// Longer than anything here takes; a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

async fn version(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    assert!(request.extensions().get::<Peer>().is_some_and(|peer| peer.address.ip().is_loopback()));
    Ok(Response::new(Full::new(Bytes::from(format!("{:?}", request.version())))))
}

fn get() -> Request<Full<Bytes>> {
    client::request("/", "text/plain").body(Full::default()).unwrap()
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_on_one_port() {
    let server = client::run(service_fn(version), None, ListenLimits::default()).await;
    let (mut first, _connection) = client::http1(server.address).await;
    let (mut second, _connection) = client::http2(server.address).await;
    let response = first.send_request(get()).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_11);
    assert_eq!(client::whole(response).await.0, "HTTP/1.1");
    assert_eq!(client::whole(second.send_request(get()).await.unwrap()).await.0, "HTTP/2.0");
}

/// Answers once it is let go, and says when it has begun.
fn held(begun: Arc<Notify>, go: Arc<Notify>) -> impl Fn(Request<Incoming>) -> Held + Clone + Send + 'static {
    move |_| {
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        Box::pin(async move {
            begun.notify_one();
            go.notified().await;
            Ok(Response::new(Full::new(Bytes::from_static(b"done"))))
        })
    }
}
type Held = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send>>;

#[tokio::test]
async fn a_call_in_flight_is_answered_although_the_service_stops() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let service = service_fn(held(Arc::clone(&begun), Arc::clone(&go)));
    let server = client::run(service, None, ListenLimits::default()).await;
    let (mut second, connection) = client::http2(server.address).await;
    let (mut first, _connection) = client::http1(server.address).await;
    let (idle, idle_connection) = client::http2(server.address).await;
    let by_second = tokio::spawn({
        let mut second = second.clone();
        async move { client::whole(second.send_request(get()).await.unwrap()).await.0 }
    });
    soon("the first call", begun.notified()).await;
    let by_first = tokio::spawn(async move { client::whole(first.send_request(get()).await.unwrap()).await.0 });
    soon("the second call", begun.notified()).await;

    server.shutdown.begin();
    // GOAWAY ends an idle connection, and is how this test knows that the port is closed.
    soon("the end of the idle connection", idle_connection).await.unwrap().unwrap();
    drop(idle);
    assert!(TcpStream::connect(server.address).await.is_err(), "no new connection is let in");
    assert!(!server.task.is_finished(), "calls are in flight");

    go.notify_waiters();
    assert_eq!(soon("the answer over HTTP/2", by_second).await.unwrap(), "done");
    assert_eq!(soon("the answer over HTTP/1.1", by_first).await.unwrap(), "done");
    soon("the end of the server", server.task).await.unwrap().unwrap();
    soon("the end of the connection", connection).await.unwrap().unwrap();
    assert!(second.send_request(get()).await.is_err());
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_up_the_end_for_ever() {
    let (begun, never) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let limits = ListenLimits { drain: Period::from_millis(50), ..ListenLimits::default() };
    let server = client::run(service_fn(held(Arc::clone(&begun), never)), None, limits).await;
    let (mut sender, _connection) = client::http2(server.address).await;
    let call = tokio::spawn(async move { sender.send_request(get()).await });
    soon("the call", begun.notified()).await;
    server.shutdown.begin();
    soon("the end of the server", server.task).await.unwrap().unwrap();
    assert!(soon("the end of the call", call).await.unwrap().is_err());
}

#[tokio::test]
async fn an_old_connection_is_asked_to_go_and_the_service_goes_on() {
    let limits = ListenLimits { max_connection_age: Some(Period::from_millis(20)), ..ListenLimits::default() };
    let server = client::run(service_fn(version), None, limits).await;
    let (_sender, connection) = client::http2(server.address).await;
    soon("the end of the connection", connection).await.unwrap().unwrap();
    let (mut sender, _connection) = client::http1(server.address).await;
    assert_eq!(sender.send_request(get()).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_says_nothing_or_goes_on_for_ever_is_cut_off() {
    let limits = ListenLimits { header_read_timeout: Period::from_millis(50), ..ListenLimits::default() };
    let server = client::run(service_fn(version), None, limits).await;
    for start in ["", "PRI * HTT", "G", "GET / HTTP/1.1\r\nhost: x\r\nx-"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        // Some get an answer (408) first; all are closed.
        let mut rest = Vec::new();
        let _ = soon(start, stream.read_to_end(&mut rest)).await;
    }
    let (mut sender, _connection) = client::http1(server.address).await;
    let large = client::request("/", "text/plain").header("x-large", "x".repeat(40 << 10));
    let response = sender.send_request(large.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_turn() {
    let limits = ListenLimits { max_connections: 1, ..ListenLimits::default() };
    let server = client::run(service_fn(version), None, limits).await;
    let (mut one, connection) = client::http1(server.address).await;
    client::whole(one.send_request(get()).await.unwrap()).await;
    let (mut two, _connection) = client::http1(server.address).await;
    let mut waiting = tokio::spawn(async move { two.send_request(get()).await.unwrap().status() });
    // The first goes on being served, and this many turns of the runtime bring the second nothing.
    for _ in 0..20 {
        client::whole(one.send_request(get()).await.unwrap()).await;
    }
    assert!(!waiting.is_finished());
    drop(one);
    soon("the end of the first", connection).await.unwrap().unwrap();
    assert_eq!(soon("the second", &mut waiting).await.unwrap(), StatusCode::OK);
}

/// A body of one frame, after which it panics.
struct Half(bool);

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        assert!(!self.0, "halfway");
        self.0 = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"half")))))
    }
}

async fn panics(request: Request<Incoming>) -> Result<Response<Half>, Infallible> {
    match request.uri().path() {
        "/x.v1.X/Stream" => {
            Ok(Response::builder().header("content-type", "application/grpc").body(Half(false)).unwrap())
        }
        "/half" => Ok(Response::new(Half(false))),
        path => panic!("the password is hunter2, at {path}"),
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_one_call_and_the_connection_lives_on() {
    let service = TraceLayer::new().layer(PanicLayer.layer(service_fn(panics)));
    let server = client::run(service, None, ListenLimits::default()).await;
    let (mut sender, _connection) = client::http2(server.address).await;
    for _ in 0..2 {
        let request = client::request("/x.v1.X/Call", "application/grpc").body(Full::default()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/grpc");
        let status = tonic::Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(!status.message().contains("hunter2") && !status.message().is_empty());
        assert!(!status.details().is_empty(), "the reason is in the details");

        let request = client::request("/x.v1.X/Stream", "application/grpc").body(Full::default()).unwrap();
        let (data, trailers) = client::whole(sender.send_request(request).await.unwrap()).await;
        assert_eq!(data, "half");
        assert_eq!(tonic::Status::from_header_map(&trailers).unwrap().code(), tonic::Code::Internal);
    }
}

#[tokio::test]
async fn a_panic_over_plain_http_is_a_500_or_a_body_that_breaks_off() {
    let server = client::run(PanicLayer.layer(service_fn(panics)), None, ListenLimits::default()).await;
    let (mut sender, _connection) = client::http1(server.address).await;
    let response = sender.send_request(get()).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()["content-type"], "application/json");
    let error: serde_json::Value = serde_json::from_slice(&client::whole(response).await.0).unwrap();
    assert_eq!(error["error"]["status"], "INTERNAL");

    let request = client::request("/half", "text/plain").body(Full::default()).unwrap();
    // hyper may not even have sent the head yet.
    let whole = match sender.send_request(request).await {
        Ok(response) => response.into_body().collect().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole, "half an answer must not look whole");
}

#[tokio::test]
async fn health_is_told_by_the_standard_protocol() {
    let health = Health::new();
    let routes = tonic::service::Routes::new(health.service());
    let service = TraceLayer::new().layer(PanicLayer.layer(routes));
    let server = client::run(service, None, ListenLimits::default()).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    let mut ask = async |service: &str| {
        let answer = client.check(HealthCheckRequest { service: service.to_owned() }).await;
        answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
    };
    assert_eq!(ask("").await, Ok(Told::Serving));
    assert_eq!(ask("telwarden.risk.v1.Risks").await, Err(tonic::Code::NotFound));
    health.set_serving("telwarden.risk.v1.Risks").await;
    assert_eq!(ask("telwarden.risk.v1.Risks").await, Ok(Told::Serving));
    health.set_not_serving("telwarden.risk.v1.Risks").await;
    assert_eq!(ask("telwarden.risk.v1.Risks").await, Ok(Told::NotServing));
}

fn pem(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Speaks TLS to the server, as a client with a certificate or without.
async fn tls(
    address: std::net::SocketAddr,
    with_certificate: bool,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(pem("authority.pem")).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = if with_certificate {
        let certificate = CertificateDer::from_pem_file(pem("client.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(pem("client.key.pem")).unwrap();
        builder.with_client_auth_cert(vec![certificate], key).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn under_mutual_tls_only_holders_of_a_certificate_are_served_and_the_service_sees_it() {
    let settings = TlsSettings {
        certificate: pem("server.pem"),
        key: pem("server.key.pem"),
        client_authority: Some(pem("authority.pem")),
    };
    let service = service_fn(|request: Request<Incoming>| async move {
        let certificate = request.extensions().get::<Peer>().and_then(|peer| peer.certificate.clone()).unwrap();
        assert_eq!(*certificate, CertificateDer::from_pem_file(pem("client.pem")).unwrap());
        version(request).await
    });
    let server = client::run(service, Some(settings), ListenLimits::default()).await;

    let stream = tls(server.address, true).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, _connection) = client::http2_over(stream).await;
    assert_eq!(client::whole(sender.send_request(get()).await.unwrap()).await.0, "HTTP/2.0");

    // TLS 1.3 tells a client without a certificate only when it reads.
    let refused = match tls(server.address, false).await {
        Ok(mut stream) => soon("the refusal", stream.read_u8()).await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    let mut clear = TcpStream::connect(server.address).await.unwrap();
    clear.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = soon("the end of the clear connection", clear.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "nothing is served in the clear");
}

#[tokio::test]
async fn who_speaks_in_the_clear_to_a_port_of_tls_is_told_so() {
    let settings = TlsSettings { certificate: pem("server.pem"), key: pem("server.key.pem"), client_authority: None };
    let server = client::run(service_fn(version), Some(settings), ListenLimits::default()).await;

    let (mut first, _connection) = client::http1(server.address).await;
    let response = soon("an answer", first.send_request(get())).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let text = client::whole(response).await.0;
    assert!(std::str::from_utf8(&text).unwrap().contains("https://"), "{text:?}");

    let (mut second, _connection) = client::http2(server.address).await;
    let error = soon("an end", second.send_request(get())).await.unwrap_err();
    let told = format!("{error:?}");
    assert!(told.contains("INADEQUATE_SECURITY") && told.contains("this port speaks TLS"), "{told}");

    let mut neither = TcpStream::connect(server.address).await.unwrap();
    neither.write_all(&[0; 8]).await.unwrap();
    let mut rest = Vec::new();
    // Closed or reset, but not held.
    let _ = soon("the end", neither.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
    let stream = tls(server.address, false).await.unwrap();
    let (mut sender, _connection) = client::http2_over(stream).await;
    assert_eq!(client::whole(sender.send_request(get()).await.unwrap()).await.0, "HTTP/2.0");
}

#[tokio::test]
async fn a_service_whose_certificate_cannot_be_read_does_not_start() {
    let settings = TlsSettings { certificate: pem("none.pem"), key: pem("server.key.pem"), client_authority: None };
    let server = client::run(service_fn(version), Some(settings), ListenLimits::default()).await;
    let error = soon("the refusal", server.task).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("none.pem"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_asks_the_process_to_stop() {
    let mut asked = std::pin::pin!(process::shutdown::until_signal());
    // The first poll installs the handler: from then on the signal is ours.
    assert!(futures::poll!(asked.as_mut()).is_pending());
    let kill = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
    assert!(kill.success());
    soon("the signal", asked).await.unwrap();
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn any_bytes_on_the_port_end_one_connection_and_nothing_else(
        preface in proptest::bool::ANY,
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let limits = ListenLimits {
                header_read_timeout: Period::from_millis(10),
                keep_alive_interval: Period::from_millis(10),
                keep_alive_timeout: Period::from_millis(10),
                ..ListenLimits::default()
            };
            let server = client::run(service_fn(version), None, limits).await;
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            let start: &[u8] = if preface { b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" } else { b"" };
            stream.write_all(&[start, &bytes].concat()).await.unwrap();
            let mut rest = Vec::new();
            let _ = soon("the end of the connection", stream.read_to_end(&mut rest)).await;
            let (mut sender, _connection) = client::http2(server.address).await;
            assert_eq!(client::whole(sender.send_request(get()).await.unwrap()).await.0, "HTTP/2.0");
        });
    }
}
