use serde_json::json;

use super::*;
use crate::fixture::pool_with;
use crate::route::Match;
use crate::transcoder::Transcoder;

#[test]
fn additional_and_custom_bindings_reach_the_same_method() {
    let pool = pool_with(&[json!({
        "get": "/v1/things/{id}",
        "additionalBindings": [
            {"post": "/v1/{thing.name=shelves/*/things/*}:read", "body": "*"},
            {"custom": {"kind": "REPORT", "path": "/v1/things"}},
            {"put": "/v1/counts/{count}", "body": "thing"},
        ],
    })]);
    let transcoder = Transcoder::new(&pool, &["t.Things"]).unwrap();
    let report = Method::from_bytes(b"REPORT").unwrap();
    let table = [
        (Method::GET, "/v1/things/7"),
        (Method::POST, "/v1/shelves/a/things/b:read"),
        (report.clone(), "/v1/things"),
        (Method::PUT, "/v1/counts/3"),
    ];
    for (method, path) in table {
        assert_eq!(transcoder.grpc_path(&method, path), Some("/t.Things/Do0"), "{method} {path}");
    }
    assert_eq!(transcoder.matches(&Method::GET, "/v1/things"), Match::MethodNotAllowed(vec![report]));
    let bindings = of_service(&pool, "t.Things").unwrap();
    let etags: Vec<usize> = bindings.iter().map(|binding| binding.etag.as_ref().map_or(0, Vec::len)).collect();
    assert_eq!(etags, [0, 0, 0, 2], "only the resource in the body has an etag");
}

#[test]
fn bindings_that_do_not_fit_stop_the_start() {
    let table = [
        (json!({"get": "/v1/{nothing}"}), "the path fills nothing, which t.Request does not have"),
        (json!({"get": "/v1/{id.more}"}), "the path fills id.more"),
        (json!({"get": "/v1/{thing}"}), "which is a message"),
        (json!({"get": "/v1/{many}"}), "is a list or map"),
        (json!({"post": "/v1/x", "body": "nothing"}), "the body nothing is no field"),
        (json!({"post": "/v1/x", "body": "id"}), "the body id is no message"),
        (json!({"get": "v1/x"}), "a path template begins with /"),
        (json!({"get": "/v1/{id"}), "braces do not pair up"),
        (json!({"get": "/v1/x", "responseBody": "name"}), "response_body is not supported"),
        (json!({"body": "*"}), "names no path"),
        (json!({"custom": {"kind": "A B", "path": "/x"}}), "A B is no HTTP method"),
    ];
    for (rule, want) in table {
        let error = Transcoder::new(&pool_with(std::slice::from_ref(&rule)), &["t.Things"]).unwrap_err();
        assert!(error.to_string().starts_with("the http option of t.Things.Do0: "), "{error}");
        assert!(error.to_string().contains(want), "{rule}: {error}");
    }
}

#[test]
fn two_methods_at_one_path_stop_the_start() {
    let same = pool_with(&[json!({"get": "/v1/things/{id}"}), json!({"get": "/v1/{thing.name=things/*}"})]);
    let error = Transcoder::new(&same, &["t.Things"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /v1/{thing.name=things/*} is bound to t.Things.Do0 and to t.Things.Do1: change the path of one"
    );
    let apart = pool_with(&[
        json!({"get": "/v1/things/{id}"}),
        json!({"get": "/v1/things/fixed"}),
        json!({"get": "/v1/things/{id}:go"}),
    ]);
    assert!(Transcoder::new(&apart, &["t.Things"]).is_ok());
}
