//! REST through the door.

use futures::StreamExt as _;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};

use crate::suite::Suite;

#[tokio::test]
async fn a_resource_is_made_and_read() {
    let suite = Suite::with_defaults().await;
    let token = suite.token();
    let body = r#"{"displayName":"Exchange","type":"office","manned":true}"#;
    let made = suite.http(Method::POST, "/v1/organizations/acme/sites?siteId=a", Some(&token), body).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
    assert_eq!(made.json()["name"], "organizations/acme/sites/a");
    let got = suite.get("/v1/organizations/acme/sites/a").await;
    assert_eq!(got.json(), made.json());
    assert_eq!(got.headers["etag"], "\"1\"");
    let seen = suite.sites.seen.lock().pop().unwrap();
    assert_eq!(seen.get("authorization").unwrap(), token.as_str());
    assert!(seen.contains_key("traceparent"));

    let body = r#"{"displayName":"Data centre"}"#;
    let path = "/v1/organizations/acme/sites/a?updateMask=displayName";
    let changed = suite.http(Method::PATCH, path, Some(&token), body).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    let json = changed.json();
    assert_eq!((&json["name"], &json["displayName"]), (&made.json()["name"], &"Data centre".into()));
    let gone = suite.http(Method::DELETE, "/v1/organizations/acme/sites/a", Some(&token), "").await;
    assert_eq!((gone.status, gone.json()), (StatusCode::OK, serde_json::json!({})));
    assert_eq!(suite.get("/v1/organizations/acme/sites/a").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_trace_goes_on_behind_the_door_and_headers_of_the_connection_do_not() {
    let suite = Suite::with_defaults().await;
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (path, kind) in [
        ("/v1/organizations/acme/sites/a", "application/json"),
        ("/telwarden.assets.v1.SiteService/GetSite", "application/grpc-web+proto"),
    ] {
        let method = if kind == "application/json" { Method::GET } else { Method::POST };
        let request = Request::builder()
            .method(method)
            .uri(suite.url(path))
            .header("authorization", suite.token())
            .header("content-type", kind)
            .header("connection", "x-mine")
            .header("x-mine", "1")
            .header("traceparent", caller);
        let body = if kind == "application/json" { &b""[..] } else { &[0; 5] };
        suite.send(request.body(Full::from(body)).unwrap()).await.into_body().collect().await.unwrap();
        let seen = suite.sites.seen.lock().pop().unwrap();
        let trace = seen.get("traceparent").unwrap().to_str().unwrap();
        assert!(trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && trace != caller, "{kind}: {trace}");
        for name in ["connection", "x-mine", "host"] {
            assert!(!seen.contains_key(name), "{kind}: {name}");
        }
    }
}

#[tokio::test]
async fn refusals_are_json_with_their_reason() {
    let suite = Suite::with_defaults().await;
    let (token, small) = (suite.token(), suite.token_of("eve", &["viewer"]));
    let cases = [
        (Method::GET, "/v1/organizations/acme/sites/a", None, 401, "TOKEN_MISSING"),
        (Method::GET, "/v1/organizations/acme/sites/a", Some("Bearer x"), 401, "TOKEN_INVALID"),
        (Method::DELETE, "/v1/organizations/acme/sites/a", Some(small.as_str()), 403, "PERMISSION_MISSING"),
        (Method::GET, "/v1/organizations/acme/sites/a", Some(token.as_str()), 404, "RESOURCE_NOT_FOUND"),
        (Method::GET, "/v1/nothing", Some(token.as_str()), 404, "METHOD_UNKNOWN"),
        (Method::PUT, "/v1/organizations/acme/sites", Some(token.as_str()), 405, "METHOD_UNKNOWN"),
        (Method::DELETE, "/openapi.json", None, 405, "METHOD_UNKNOWN"),
        (Method::POST, "/v1/organizations/acme/sites", Some(token.as_str()), 400, "FIELD_INVALID"),
        (Method::GET, "/v1/organizations/acme/sites/panics", Some(token.as_str()), 500, ""),
    ];
    for (method, path, token, code, reason) in cases {
        let answer = suite.http(method.clone(), path, token, "").await;
        assert_eq!(answer.status.as_u16(), code, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/json");
        if !reason.is_empty() {
            assert_eq!(answer.reason(), reason, "{method} {path}");
        }
        assert_eq!(answer.headers.contains_key("www-authenticate"), code == 401);
        assert_eq!(answer.headers.contains_key("allow"), code == 405);
    }
}

#[tokio::test]
async fn a_feed_is_read_as_server_sent_events() {
    let suite = Suite::with_defaults().await;
    let request = Request::get(suite.url("/v1/organizations/acme/changes:watch"))
        .header("authorization", suite.token())
        .header("accept", "text/event-stream");
    let response = suite.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    let mut chunks = response.into_body().into_data_stream();
    while text.matches("\"sequence\"").count() < 5 {
        text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(text.contains("\"service\":\"assets\"") && text.contains("\"service\":\"risk\""), "{text}");
    assert!(text.lines().any(|line| line.starts_with("id:")), "{text}");
}
