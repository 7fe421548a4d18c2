use std::time::{Duration, Instant};

use channel::parse_timeout;
use http::Response;
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::replica::{Replica, eventually, finish, reason, request, send, settings, upstream};

/// Reads an answer to its status, keeping nothing: a flood is large.
async fn last_status(response: Response<Body>) -> Status {
    let mut status = Status::from_header_map(response.headers());
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        status = status.or(frame.unwrap().trailers_ref().and_then(Status::from_header_map));
    }
    status.expect("every answer holds a status")
}

async fn within(path: &str, timeout: &str) -> (Status, Duration) {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let mut request = request(path, "q");
    request.headers_mut().insert("grpc-timeout", timeout.parse().unwrap());
    let started = Instant::now();
    let ended = async { last_status(send(&upstream, request).await).await };
    let status = tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the call ends");
    let took = started.elapsed();
    eventually("nothing is under way any more", || {
        upstream.in_flight() == 0 && upstream.report().iter().all(|endpoint| endpoint.in_flight == 0)
    })
    .await;
    (status, took)
}

#[tokio::test]
async fn it_holds_before_an_answer_in_an_answer_and_against_a_flood() {
    for path in ["/t.T/Hang", "/t.T/HangGet", "/t.T/Watch", "/t.T/Flood"] {
        let (status, took) = within(path, "200m").await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "{path}");
        assert_eq!(reason(&status), "DEADLINE_PASSED", "{path}");
        assert!(took >= Duration::from_millis(190) && took < Duration::from_secs(5), "{path}: {took:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_once_it_has_passed() {
    let (status, _) = within("/t.T/Put", "0m").await;
    assert_eq!(reason(&status), "DEADLINE_PASSED");
}

#[tokio::test]
async fn one_that_cannot_be_read_is_refused() {
    let (status, _) = within("/t.T/Put", "soon").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
}

#[tokio::test]
async fn the_service_is_told_what_is_left() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    // The caller asks for longer than the route allows, or for nothing.
    for timeout in [Some("10M"), None] {
        let mut request = request("/t.T/Put", "q");
        if let Some(timeout) = timeout {
            request.headers_mut().insert("grpc-timeout", timeout.parse().unwrap());
        }
        finish(send(&upstream, request).await).await;
        let told = one.memory.headers.lock()["grpc-timeout"].to_str().unwrap().to_owned();
        let told = parse_timeout(&told).unwrap();
        assert!(told <= Duration::from_secs(30) && told > Duration::from_secs(25), "{told:?}");
    }
}

#[tokio::test]
async fn a_caller_who_limits_its_calls_itself_is_not_limited_again() {
    let one = Replica::start("one").await;
    let mut settings = settings();
    settings.unary_maximum = None;
    let upstream = upstream(&[&one], settings).await;
    let mut request = request("/t.T/Put", "q");
    request.headers_mut().insert("grpc-timeout", "10M".parse().unwrap());
    finish(send(&upstream, request).await).await;
    let told = one.memory.headers.lock()["grpc-timeout"].to_str().unwrap().to_owned();
    assert!(parse_timeout(&told).unwrap() > Duration::from_secs(590), "{told}");
}

#[tokio::test]
async fn a_stream_without_one_is_not_limited() {
    let one = Replica::start("one").await;
    let mut settings = settings();
    settings.unary_maximum = Some(Duration::from_millis(20));
    let upstream = upstream(&[&one], settings).await;
    let mut response = send(&upstream, request("/t.T/Watch", "q")).await;
    assert!(!one.memory.headers.lock().contains_key("grpc-timeout"));
    assert!(response.frame().await.unwrap().unwrap().is_data());
    // Longer than a unary call may take; the stream is still open.
    let more = tokio::time::timeout(Duration::from_millis(100), response.frame()).await;
    assert!(more.is_err(), "{more:?}");
}
