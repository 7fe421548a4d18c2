//! Bytes that are no request at all, and streams that are torn off.

use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::Code;
use wire::changes::v1::WatchChangesRequest;
use wire::changes::v1::change_service_client::ChangeServiceClient;

use super::{House, Wrong, told};
use crate::http::Rest;
use crate::program::{Serving, program, token};

/// Longer than the server waits for a request that does not go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bytes and reads what comes until the server closes; the side that sends is closed first where `then_close`.
async fn say(address: &str, bytes: &[u8], then_close: bool) -> Vec<u8> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let bytes = bytes.to_vec();
    let writing = tokio::spawn(async move {
        // The server may close before it has read everything.
        let _ = write.write_all(&bytes).await;
        if then_close {
            let _ = write.shutdown().await;
        }
        write
    });
    let mut answer = Vec::new();
    let reading = async {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = read.read(&mut part).await {
            answer.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the server closes");
    drop(writing.await);
    answer
}

fn garbage() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0].as_slice();
    let pattern: Vec<u8> = (0..65_536_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let get = |more: &str| format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{more}").into_bytes();
    let post = |more: &str| format!("POST /v1/organizations/acme/sites HTTP/1.1\r\nhost: x\r\n{more}").into_bytes();
    // An empty answer is a closed connection; of HTTP/2 only that it ends is asked.
    vec![
        ("random bytes", pattern.clone(), "400"),
        ("zeros", vec![0; 65_536], "400"),
        ("a TLS greeting", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(50), "400"),
        ("a line that is no request", b"HELO example.org\r\n\r\n".to_vec(), "400"),
        ("a header that is none", get("\0\0\0: x\r\n\r\n"), "400"),
        ("a header without a name", get(": x\r\n\r\n"), "400"),
        ("a length below zero", post("content-length: -1\r\n\r\n"), "400"),
        ("two lengths", post("content-length: 1\r\ncontent-length: 2\r\n\r\nab"), "400"),
        ("a chunk that is none", post("transfer-encoding: chunked\r\n\r\nzz\r\n"), "4"),
        ("a header of 100 KB", get(&format!("x: {}\r\n\r\n", "x".repeat(100_000))), "431"),
        ("ten thousand headers", get(&format!("{}\r\n", "x: y\r\n".repeat(10_000))), "431"),
        ("a path of 100 KB", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000)).into_bytes(), "4"),
        ("a request that breaks off", b"GET /healthz HT".to_vec(), ""),
        ("a preface and garbage", [preface, &pattern].concat(), ""),
        ("a preface and a frame too long", [preface, settings, &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]].concat(), ""),
        (
            "headers that cannot be unpacked",
            [preface, settings, &[0, 0, 4, 1, 5, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]].concat(),
            "",
        ),
        ("half a preface", preface[..10].to_vec(), ""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_port_is_refused_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(program());
    command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
    let serving = Serving::start(command.stderr(Stdio::from(std::fs::File::create(&log).unwrap())));
    let gateway = serving.url("gateway");
    let token = token(&folder.path().join("data"), "administrator");
    let address = gateway.trim_start_matches("http://");
    let health = Rest::new(&gateway, None);
    let mut wrong = Vec::new();
    let answers = garbage().into_iter().map(|(what, bytes, expected)| async move {
        let answer = say(address, &bytes, true).await;
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        let spoken = line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 ")).unwrap_or_default().to_owned();
        let fits = spoken.starts_with(expected) && (expected.is_empty() || !spoken.is_empty());
        (!fits || spoken.starts_with('5')).then(|| format!("{what}: {line:?}, not {expected:?}"))
    });
    wrong.extend(futures::future::join_all(answers).await.into_iter().flatten());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // A storm of feeds that are opened and torn off leaves room for those who stay.
    let connection =
        telwarden::client::Connection::new(gateway.clone(), token.clone(), telwarden::client::Output::Json);
    let client = ChangeServiceClient::new(connection.open().await.unwrap());
    let request = || WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    for _ in 0..10 {
        let opened = (0..500).map(|_| {
            let mut client = client.clone();
            async move { client.watch_changes(request()).await.map(drop) }
        });
        assert!(futures::future::join_all(opened).await.iter().all(Result::is_ok));
    }
    let mut feed = client.clone().watch_changes(request()).await.unwrap().into_inner();
    assert!(feed.next().await.unwrap().unwrap().heartbeat);
    assert!(health.send("GET", "/healthz", &[], "").await.status.is_success());
    let site = json!({"displayName": "Hub", "type": "office"});
    Rest::new(&gateway, Some(&token)).json("POST", "/v1/organizations/acme/sites", &site).await;
    tokio::task::block_in_place(|| serving.kill());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}

/// One gRPC call of these bytes, framed by the caller or not at all.
async fn framed(house: &House, path: &str, headers: &[(&str, &str)], body: &[u8]) -> tonic::Status {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let mut request = http::Request::post(format!("{}{path}", house.suite.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", house.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Full::from(body.to_vec())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    tonic::Status::from_header_map(&parts.headers)
        .or_else(|| tonic::Status::from_header_map(&trailers))
        .unwrap_or_else(|| panic!("{path} ends without a status: {}", parts.status))
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_none_are_the_callers_fault() {
    let house = House::each().await.remove(0);
    let before = house.written().await;
    let create = "/telwarden.assets.v1.AssetService/CreateAsset";
    let unreadable = (Code::InvalidArgument, "BODY_INVALID", "");
    let mut wrong = Wrong::default();
    for (what, path, headers, body, expected) in [
        ("a frame that breaks off", create, vec![], vec![0, 0, 0, 0, 100, 1, 2, 3], unreadable),
        ("a prefix that breaks off", create, vec![], vec![0, 0, 0], unreadable),
        ("an unknown compression flag", create, vec![], vec![7, 0, 0, 0, 0], unreadable),
        ("compressed by nothing", create, vec![], vec![1, 0, 0, 0, 1, 0], unreadable),
        (
            "gzip that is none",
            create,
            vec![("grpc-encoding", "gzip")],
            vec![1, 0, 0, 0, 3, 1, 2, 3],
            (Code::Unimplemented, "", ""),
        ),
        ("no frame at all", create, vec![], vec![], unreadable),
        (
            "an unknown compression",
            create,
            vec![("grpc-encoding", "lzma")],
            vec![1, 0, 0, 0, 1, 0],
            (Code::Unimplemented, "", ""),
        ),
        (
            "four gigabytes announced",
            create,
            vec![],
            vec![0, 0xff, 0xff, 0xff, 0xff],
            (Code::ResourceExhausted, "MESSAGE_TOO_LARGE", ""),
        ),
        (
            "a deadline that is none",
            create,
            vec![("grpc-timeout", "soon")],
            vec![0, 0, 0, 0, 0],
            (Code::InvalidArgument, "FIELD_INVALID", "grpc-timeout"),
        ),
        (
            "a method that nobody has",
            "/telwarden.assets.v1.AssetService/Explode",
            vec![],
            vec![0; 5],
            (Code::Unimplemented, "METHOD_UNKNOWN", ""),
        ),
        ("a path that is none", "/%00/x", vec![], vec![0; 5], (Code::Unimplemented, "METHOD_UNKNOWN", "")),
    ] {
        wrong.hold(what, &told(&framed(&house, path, &headers, &body).await), expected);
    }
    wrong.end();
    assert_eq!(house.written().await, before, "nothing was written");
    house.suite.stop().await.unwrap();
}
