//! Requests to messages and unary answers.

use super::*;

const ASSET: &str = "/v1/organizations/acme/assets/a";
const ASSETS: &str = "/v1/organizations/acme/assets";

/// Method, URI, body, the gRPC method that is called, the message it gets.
type Form = (&'static str, &'static str, &'static str, &'static str, Json);

fn forms() -> Vec<Form> {
    let parent = "organizations/acme";
    let name = "organizations/acme/assets/a";
    vec![
        (
            "POST",
            "/v1/organizations/acme/assets?asset_id=a",
            r#"{"displayName":"A","type":"router","labels":{"k":"v"}}"#,
            "CreateAsset",
            json!({"parent": parent, "assetId": "a", "asset": {"displayName": "A", "type": "router", "labels": {"k": "v"}}}),
        ),
        ("GET", ASSET, "", "GetAsset", json!({"name": name})),
        (
            "GET",
            "/v1/organizations/acme/assets?page_size=5&pageToken=t&filter=type%20%3D%20%22router%22&order_by=name+desc",
            "",
            "ListAssets",
            json!({"parent": parent, "pageSize": 5, "pageToken": "t", "filter": "type = \"router\"", "orderBy": "name desc"}),
        ),
        (
            "PATCH",
            "/v1/organizations/acme/assets/a?update_mask=displayName,labels.costCentre",
            r#"{"displayName":"B","owner":"o"}"#,
            "UpdateAsset",
            json!({"asset": {"name": name, "displayName": "B", "owner": "o"}, "updateMask": "display_name,labels.costCentre"}),
        ),
        (
            "PATCH",
            ASSET,
            r#"{"owner":"", "maintenance":{"window":"w"}}"#,
            "UpdateAsset",
            json!({"asset": {"name": name, "maintenance": {"window": "w"}}, "updateMask": "maintenance.window,owner"}),
        ),
        (
            "DELETE",
            "/v1/organizations/acme/assets/a?etag=%221%22",
            "",
            "DeleteAsset",
            json!({"name": name, "etag": "\"1\""}),
        ),
        ("POST", "/v1/organizations/acme/assets/a:identify", "", "IdentifyAsset", json!({"name": name})),
        (
            "POST",
            "/v1/organizations/acme/assets/a:classify",
            r#"{"classification":"secret","confidentiality":3,"integrity":"2","availability":1.0}"#,
            "ClassifyAsset",
            json!({"name": name, "classification": "secret", "confidentiality": 3, "integrity": 2, "availability": 1}),
        ),
        (
            "POST",
            "/v1/organizations/acme/assets:lookup",
            r#"{"externalId":{"system":"nms","value":"7"},"kind":"IP"}"#,
            "LookupAssets",
            json!({"parent": parent, "externalId": {"system": "nms", "value": "7"}, "kind": "IP"}),
        ),
        (
            "GET",
            "/v1/organizations/acme/assets/a:impact?max_depth=3",
            "",
            "AnalyzeAssetImpact",
            json!({"name": name, "maxDepth": 3}),
        ),
        // What is escaped in one segment stays one segment.
        (
            "GET",
            "/v1/organizations/acme/assets/a%2Fb%20c%3Ad",
            "",
            "GetAsset",
            json!({"name": "organizations/acme/assets/a%2Fb c:d"}),
        ),
    ]
}

#[tokio::test]
async fn every_form_the_gateway_serves() {
    for (method, uri, body, rpc, want) in forms() {
        let upstream = Upstream::ok(json!({}));
        let got = send(&upstream, request(method, uri, &["content-type: application/json"], body)).await;
        assert_eq!(got.code, 200, "{method} {uri}: {}", got.text);
        let seen = upstream.seen();
        assert_eq!(seen.path, format!("/telwarden.assets.v1.AssetService/{rpc}"));
        assert_eq!(seen.message, want, "{method} {uri}");
    }
}

#[tokio::test]
async fn answers_carry_the_resource_its_etag_and_the_open_headers() {
    let upstream = Upstream::ok(json!({
        "name": "organizations/acme/assets/a", "displayName": "A", "state": "IN_SERVICE", "confidentiality": 0,
        "createTime": "2026-07-01T12:00:00.500Z", "etag": "\"7\"",
    }));
    let got = send(&upstream, request("GET", ASSET, &[], "")).await;
    assert_eq!(got.code, 200);
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("etag"), "\"7\"");
    assert_eq!(got.header("x-request-id"), "r-1");
    assert_eq!(got.header("secret"), "");
    // A field at its default is absent.
    let want = json!({
        "name": "organizations/acme/assets/a", "displayName": "A", "state": "IN_SERVICE",
        "createTime": "2026-07-01T12:00:00.500Z", "etag": "\"7\"",
    });
    assert_eq!(got.json(), want);
}

#[tokio::test]
async fn numbers_of_64_bits_are_strings() {
    let upstream = Upstream::ok(json!({"total": "9007199254740993", "types": [{"key": "router", "count": 4}]}));
    let got = send(&upstream, request("GET", "/v1/organizations/acme/assets/a:impact", &[], "")).await;
    assert_eq!(got.json(), json!({"total": "9007199254740993", "types": [{"key": "router", "count": "4"}]}));
}

#[tokio::test]
async fn the_right_headers_and_the_extensions_go_along() {
    let upstream = Upstream::ok(asset());
    let headers = [
        "authorization: Bearer t",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: a=b",
        "grpc-timeout: 5S",
        "x-request-id: r",
        "cookie: c=1",
        "x-forwarded-user: root",
    ];
    let mut request = request("GET", ASSET, &headers, "");
    request.extensions_mut().insert("the caller");
    send(&upstream, request).await;
    let seen = upstream.seen();
    let metadata = seen.metadata.into_headers();
    for line in &headers[..5] {
        let (name, value) = line.split_once(": ").unwrap();
        assert_eq!(metadata.get(name).unwrap(), value, "{name}");
    }
    assert!(!metadata.contains_key("cookie") && !metadata.contains_key("x-forwarded-user"));
    assert_eq!(seen.caller, Some("the caller"));
}

#[tokio::test]
async fn if_match_fills_the_etag_of_request_or_resource() {
    let table = [
        ("DELETE", ASSET, "", "\"4\"", "/etag"),
        ("POST", "/v1/organizations/acme/assets/a:identify", "{}", "\"4\"", "/etag"),
        ("PATCH", ASSET, r#"{"owner":"o"}"#, "\"4\"", "/asset/etag"),
        ("PATCH", ASSET, r#"{"owner":"o"}"#, "W/\"4\"", "/asset/etag"),
        ("PATCH", ASSET, r#"{"owner":"o"}"#, "4", "/asset/etag"),
        ("PATCH", ASSET, r#"{"owner":"o","etag":"\"4\""}"#, "\"4\"", "/asset/etag"),
    ];
    for (method, uri, body, header, at) in table {
        let upstream = Upstream::ok(json!({}));
        let header = format!("if-match: {header}");
        let got = send(&upstream, request(method, uri, &[&header], body)).await;
        assert_eq!(got.code, 200, "{}", got.text);
        let message = upstream.seen().message;
        assert_eq!(message.pointer(at), Some(&json!("\"4\"")), "{method} {header}");
        assert!(message.get("updateMask").is_none_or(|mask| mask == "owner"), "{message}");
    }
    // Any version will do; and a read has nothing to lose.
    let upstream = Upstream::ok(json!({}));
    assert_eq!(send(&upstream, request("DELETE", ASSET, &["if-match: *"], "")).await.code, 200);
    assert!(upstream.seen().message.get("etag").is_none());
    assert_eq!(send(&upstream, request("GET", ASSET, &["if-match: \"4\""], "")).await.code, 200);
}

#[tokio::test]
async fn an_if_match_that_cannot_be_honoured_is_refused() {
    let table = [
        ("PATCH", ASSET, r#"{"etag":"\"5\""}"#, "\"4\"", "differs"),
        ("DELETE", ASSET, "", "\"4\", \"5\"", "not one etag"),
        ("DELETE", ASSET, "", "\"", "not one etag"),
        ("POST", "/v1/organizations/acme/assets:lookup", "{}", "\"4\"", "not checked"),
    ];
    for (method, uri, body, header, want) in table {
        let upstream = Upstream::ok(json!({}));
        let header = format!("if-match: {header}");
        let got = send(&upstream, request(method, uri, &[&header], body)).await;
        assert_eq!((got.code, upstream.calls()), (400, 0), "{method} {header}");
        assert!(got.violations()[0].contains(want), "{:?}", got.violations());
    }
}

#[tokio::test]
async fn a_wrong_query_names_the_parameter() {
    let table = [
        ("GET", "/v1/organizations/acme/assets?page_size=many", "page_size: expected a whole number"),
        ("GET", "/v1/organizations/acme/assets?page_size=", "page_size: expected a whole number"),
        (
            "GET",
            "/v1/organizations/acme/assets?pagesize=1",
            "pagesize: is no field of telwarden.assets.v1.ListAssetsRequest: did you mean pageSize?",
        ),
        ("GET", "/v1/organizations/acme/assets?colour=red", "colour: is no field"),
        ("GET", "/v1/organizations/acme/assets?page_size=1&page_size=2", "page_size: is given twice"),
        ("GET", "/v1/organizations/acme/assets?parent=organizations/other", "parent: comes from the path"),
        ("GET", "/v1/organizations/acme/assets?filter=%C3", "filter: does not decode to UTF-8"),
        ("GET", "/v1/organizations/acme/assets?filter.x=1", "filter.x: filter has no fields"),
        ("GET", "/v1/organizations/%ff/assets", "parent: in the path does not decode to UTF-8"),
        ("POST", "/v1/organizations/acme/assets?asset.owner=o", "asset.owner: is part of asset"),
        ("POST", "/v1/organizations/acme/assets:lookup?kind=IP", "kind: goes in the JSON body"),
        ("GET", "/v1/organizations/acme/changes:watch?from_now=yes", "from_now: expected true or false"),
    ];
    for (method, uri, want) in table {
        let upstream = Upstream::ok(json!({}));
        let got = send(&upstream, request(method, uri, &[], "")).await;
        assert_eq!((got.code, got.reason().as_str(), upstream.calls()), (400, "FIELD_INVALID", 0), "{uri}");
        assert!(got.violations()[0].starts_with(want), "{uri}: {:?}", got.violations());
    }
}

#[tokio::test]
async fn lists_in_a_query_repeat() {
    let upstream = Upstream::ok(json!({}));
    let uri = "/v1/organizations/acme/changes?kinds=a&kinds=b&resource=organizations/acme/assets/x";
    send(&upstream, request("GET", uri, &[], "")).await;
    let want = json!({"parent": "organizations/acme", "kinds": ["a", "b"], "resource": "organizations/acme/assets/x"});
    assert_eq!(upstream.seen().message, want);
}

#[tokio::test]
async fn everything_wrong_with_a_request_is_told_at_once() {
    let upstream = Upstream::ok(json!({}));
    let body = json!({
        "display_nam": "x", "confidentiality": "high", "labels": {"a": 1}, "networkIdentifiers": [{"kind": "FAX"}],
        "name": "organizations/acme/assets/other",
    });
    let uri = format!("{ASSET}?x=1");
    let got = send(&upstream, request("PATCH", &uri, &[], body.to_string())).await;
    assert_eq!((got.code, upstream.calls()), (400, 0));
    let mut fields: Vec<String> =
        got.violations().iter().map(|one| one.split(": ").next().unwrap().to_owned()).collect();
    fields.sort();
    let want = [
        "asset.confidentiality",
        "asset.display_nam",
        "asset.labels[\"a\"]",
        "asset.name",
        "asset.network_identifiers[0].kind",
        "x",
    ];
    assert_eq!(fields, want);
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    const JSON: &str = "content-type: application/json";
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let list = "expected an object (telwarden.assets.v1.Asset), got a list of 1";
    type Row = (Vec<u8>, &'static [&'static str], u16, &'static str, &'static str);
    let table: Vec<Row> = vec![
        (b"{\n  \"owner\": oops\n}".to_vec(), &[], 400, "BODY_INVALID", "line 2 column"),
        (b"{\"owner\":\"a\",\"owner\":\"b\"}".to_vec(), &[], 400, "BODY_INVALID", "given twice"),
        (b"{\"owner\":\"a\"} x".to_vec(), &[], 400, "BODY_INVALID", "line 1 column"),
        (b"{\"owner\":\"\xff\"}".to_vec(), &[], 400, "BODY_INVALID", "not UTF-8: byte 10"),
        (deep.into_bytes(), &[], 400, "BODY_INVALID", "deeper than 64"),
        (b"[1]".to_vec(), &[], 400, "FIELD_INVALID", list),
        (
            b"a=b".to_vec(),
            &["content-type: application/x-www-form-urlencoded"],
            415,
            "BODY_INVALID",
            "application/json",
        ),
        (b"{}".to_vec(), &[JSON, "content-encoding: gzip"], 415, "BODY_INVALID", "uncompressed"),
        (b"{}".to_vec(), &["content-type: application/merge-patch+json; charset=utf-8"], 200, "", ""),
    ];
    for (body, headers, code, reason, want) in table {
        let upstream = Upstream::ok(json!({}));
        let got = send(&upstream, request("PATCH", ASSET, headers, body)).await;
        if code == 200 {
            assert_eq!(got.code, 200, "{}", got.text);
            continue;
        }
        assert_eq!((got.code, got.reason().as_str()), (code, reason), "{}", got.text);
        assert!(got.json()["error"]["message"].as_str().unwrap().contains(want), "{}", got.text);
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let upstream = Upstream::ok(json!({}));
    let small = transcoder().body_limit(64);
    let text = format!("{{\"owner\":\"{}\"}}", "x".repeat(100));
    let bytes = text.clone().into_bytes().into_iter().map(|byte| Ok::<_, Infallible>(Bytes::from(vec![byte])));
    let unknown_length = Body::from_stream(stream::iter(bytes));
    for body in [Body::from(text), unknown_length] {
        let got = read(small.handle(request("PATCH", ASSET, &[], body), upstream.service()).await).await;
        assert_eq!((got.code, got.reason().as_str()), (413, "MESSAGE_TOO_LARGE"));
        assert_eq!(got.json()["error"]["status"], "RESOURCE_EXHAUSTED");
        assert_eq!(got.json()["error"]["details"][0]["metadata"]["limit"], "64");
    }
    assert_eq!(upstream.calls(), 0);
}

#[tokio::test]
async fn a_body_where_none_belongs_is_refused() {
    let upstream = Upstream::ok(json!({}));
    for (method, uri) in [("DELETE", ASSET), ("GET", ASSETS)] {
        let got = send(&upstream, request(method, uri, &[], r#"{"etag":"\"1\""}"#)).await;
        assert_eq!((got.code, got.reason().as_str(), upstream.calls()), (400, "BODY_INVALID", 0));
    }
}
