//! What the door does not let through, and when.

use std::time::Duration;

use gateway::Settings;
use http::{Method, StatusCode};
use process::config::Size;
use tonic::Code;
use tonic_types::StatusExt as _;
use wire::changes::v1::WatchChangesRequest;

use crate::grpc::{get, site};
use crate::suite::{Suite, reason};

#[tokio::test]
async fn a_principal_that_sends_too_fast_is_told_when_to_come_back() {
    let suite = Suite::open(Settings { calls_per_second: 1, burst: 2, ..Default::default() }).await;
    let mut client = suite.site_client().await;
    // However slow the machine: sooner or later two calls come within a second of each other.
    let mut passed = 0;
    let status = loop {
        let status = client.get_site(suite.call(get("a"))).await.unwrap_err();
        if status.code() != Code::NotFound {
            break status;
        }
        passed += 1;
    };
    assert!(passed >= 2, "the burst passes");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");

    let rest = loop {
        let answer = suite.get("/v1/organizations/acme/sites/a").await;
        if answer.status != StatusCode::NOT_FOUND {
            break answer;
        }
    };
    assert_eq!((rest.status, rest.reason().as_str()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_eq!(rest.headers["retry-after"], "1");
    // Somebody else has a share of their own, and what is open to all is not counted.
    let other = suite.token_of("bob", &["viewer"]);
    let answer = suite.http(Method::GET, "/v1/organizations/acme/sites/a", Some(&other), "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(suite.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_message_over_the_limit_does_not_get_through() {
    let suite = Suite::open(Settings { message_limit: Size::from_bytes(1000), ..Default::default() }).await;
    let mut large = site("organizations/acme", "a");
    large.site.as_mut().unwrap().address = "x".repeat(2000);
    let status = suite.site_client().await.create_site(suite.call(large)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!(status.get_details_error_info().unwrap().metadata["limit"], "1000");

    let body = serde_json::json!({"displayName": "a", "type": "office", "address": "x".repeat(2000)}).to_string();
    let token = suite.token();
    let answer = suite.http(Method::POST, "/v1/organizations/acme/sites", Some(&token), &body).await;
    assert_eq!((answer.status, answer.reason().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "MESSAGE_TOO_LARGE"));
    assert!(suite.sites.held.lock().is_empty());
}

#[tokio::test]
async fn more_calls_than_can_be_done_are_shed_and_those_in_flight_finish() {
    let suite = Suite::open(Settings { max_in_flight: 1, ..Default::default() }).await;
    let mut client = suite.site_client().await;
    client.create_site(suite.call(site("organizations/acme", "slow"))).await.unwrap();
    let (mut other, request) = (client.clone(), suite.call(get("slow")));
    let slow = tokio::spawn(async move { other.get_site(request).await });
    suite.sites.entered.notified().await;
    let status = client.get_site(suite.call(get("a"))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    let rest = suite.get("/v1/organizations/acme/sites/a").await;
    assert_eq!((rest.status, rest.reason().as_str()), (StatusCode::TOO_MANY_REQUESTS, "OVERLOADED"));
    suite.sites.release.notify_one();
    slow.await.unwrap().unwrap();
    assert_eq!(client.get_site(suite.call(get("a"))).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let limit = process::config::Period::from_millis(50);
    let suite = Suite::open(Settings { default_deadline: limit, ..Default::default() }).await;
    let answer = suite.get("/v1/organizations/acme/sites/slow").await;
    assert_eq!((answer.status, answer.reason().as_str()), (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_PASSED"));
    let mut client = suite.site_client().await;
    let status = client.get_site(suite.call(get("slow"))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_PASSED"));
    let mut request = suite.call(get("slow"));
    request.metadata_mut().insert("grpc-timeout", "soon".parse().unwrap());
    let status = client.get_site(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
}

#[tokio::test]
async fn no_caller_makes_the_suite_wait_longer_than_it_is_willing_to() {
    let limit = process::config::Period::from_millis(50);
    let suite = Suite::open(Settings { longest_deadline: limit, ..Default::default() }).await;
    let mut asks = suite.call(get("slow"));
    asks.set_timeout(Duration::from_secs(3600));
    for request in [asks, suite.call(get("slow"))] {
        let status = suite.site_client().await.get_site(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_PASSED"));
    }
}

#[tokio::test]
async fn feeds_have_room_of_their_own() {
    let suite = Suite::open(Settings { max_streams: 1, max_in_flight: 1, ..Default::default() }).await;
    let mut client = suite.change_client().await;
    let watch = || WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    let mut feed = client.watch_changes(suite.call(watch())).await.unwrap().into_inner();
    feed.message().await.unwrap().unwrap();
    let status = client.watch_changes(suite.call(watch())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    // Calls do not need that room, and a feed that ends gives it back.
    suite.site_client().await.create_site(suite.call(site("organizations/acme", "a"))).await.unwrap();
    drop(feed);
    let again = async { while client.watch_changes(suite.call(watch())).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
}
