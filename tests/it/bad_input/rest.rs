//! Bad requests over REST.

use serde_json::json;
use tonic::Code;

use super::{House, Wrong, told_in_json};

/// What is sent: method, path below `/v1/organizations/acme/`, headers and body.
type Row =
    (&'static str, &'static str, String, Vec<(&'static str, String)>, String, (Code, &'static str, &'static str));

const ASSETS: &str = "assets?asset_id=new";

fn post(what: &'static str, body: String, expected: (Code, &'static str, &'static str)) -> Row {
    (what, "POST", ASSETS.to_owned(), Vec::new(), body, expected)
}

fn get(what: &'static str, path: impl Into<String>, expected: (Code, &'static str, &'static str)) -> Row {
    (what, "GET", path.into(), Vec::new(), String::new(), expected)
}

fn invalid(reason: &'static str, field: &'static str) -> (Code, &'static str, &'static str) {
    (Code::InvalidArgument, reason, field)
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", open.repeat(depth), close.repeat(depth))
}

fn bodies() -> Vec<Row> {
    let field = |name: &str, value: serde_json::Value| {
        let mut asset = json!({"displayName": "New", "type": "router"});
        asset[name] = value;
        asset.to_string()
    };
    vec![
        post("no body", String::new(), invalid("FIELD_INVALID", "asset")),
        post("no JSON", "{\"displayName\": ".to_owned(), invalid("BODY_INVALID", "")),
        post("a list for an object", "[]".to_owned(), invalid("FIELD_INVALID", "asset")),
        post("deeply nested objects", nested("{\"a\":", "}", 100_000), invalid("BODY_INVALID", "")),
        post("deeply nested lists", nested("[", "]", 100_000), invalid("BODY_INVALID", "")),
        post("a number for a text", field("displayName", json!(5)), invalid("FIELD_INVALID", "asset.display_name")),
        post(
            "a text for a number",
            field("confidentiality", json!("high")),
            invalid("FIELD_INVALID", "asset.confidentiality"),
        ),
        post(
            "a number too large",
            field("confidentiality", json!(3_000_000_000_u64)),
            invalid("FIELD_INVALID", "asset.confidentiality"),
        ),
        post(
            "a fraction for a whole number",
            field("quantity", json!(1.5)),
            invalid("FIELD_INVALID", "asset.quantity"),
        ),
        post("a list for a map", field("labels", json!([])), invalid("FIELD_INVALID", "asset.labels")),
        post("an object for a text", field("owner", json!({"a": 1})), invalid("FIELD_INVALID", "asset.owner")),
        post(
            "a time that is none",
            field("acquireTime", json!("yesterday")),
            invalid("FIELD_INVALID", "asset.acquire_time"),
        ),
        post("no number", field("powerWatts", json!("NaN")), invalid("FIELD_INVALID", "asset.power_watts")),
        post("an unknown field", field("colour", json!("red")), invalid("FIELD_INVALID", "asset.colour")),
        post(
            "an unknown enum value",
            field("networkIdentifiers", json!([{"kind": "PIGEON", "value": "x"}])),
            invalid("FIELD_INVALID", "asset.network_identifiers[0].kind"),
        ),
        post(
            "control characters in a label",
            field("labels", json!({"a": "x\u{0}y"})),
            invalid("FIELD_INVALID", "asset.labels[\"a\"]"),
        ),
        post(
            "control characters in an attribute's key",
            field("attributes", json!({"a\u{0}b": "x"})),
            invalid("FIELD_INVALID", "asset.attributes[\"a\\0b\"]"),
        ),
        post(
            "control characters in an external id",
            field("externalIds", json!([{"system": "oss", "value": "x\u{1b}[2J"}])),
            invalid("FIELD_INVALID", "asset.external_ids[0].value"),
        ),
        post(
            "the same external id twice",
            field("externalIds", json!([{"system": "oss", "value": "x"}, {"system": "oss", "value": "x"}])),
            invalid("VALUE_TAKEN", "asset.external_ids"),
        ),
        post("half a pair of surrogates", "{\"displayName\": \"\\ud800\"}".to_owned(), invalid("BODY_INVALID", "")),
        post("a key twice", "{\"owner\": \"a\", \"owner\": \"b\"}".to_owned(), invalid("BODY_INVALID", "")),
        post(
            "a hundred thousand attributes",
            field(
                "attributes",
                (0..100_000).map(|n| (format!("k{n}"), json!(""))).collect::<serde_json::Map<_, _>>().into(),
            ),
            invalid("FIELD_INVALID", "asset.attributes"),
        ),
        post(
            "a hundred thousand external ids",
            field(
                "externalIds",
                (0..100_000).map(|n| json!({"system": "s", "value": n.to_string()})).collect::<Vec<_>>().into(),
            ),
            invalid("FIELD_INVALID", "asset.external_ids"),
        ),
    ]
}

fn paths() -> Vec<Row> {
    let asset = json!({"displayName": "New", "type": "router"}).to_string();
    let id = |what, id: &str| -> Row {
        (what, "POST", format!("assets?asset_id={id}"), Vec::new(), asset.clone(), invalid("FIELD_INVALID", "asset_id"))
    };
    vec![
        id("capital letters in an id", "New"),
        id("an id of 64", &"x".repeat(64)),
        id("dots that climb", "..%2Fx"),
        id("a control character in an id", "a%00b"),
        id("an id of other letters", "%C3%BC"),
        get("bytes that are no text in a path", "assets/%FF", invalid("FIELD_INVALID", "name")),
        get("a name out of pattern", "assets/A%20B", invalid("FIELD_INVALID", "name")),
        get("a percent sign that escapes nothing", "assets/%zz", invalid("FIELD_INVALID", "name")),
        get("an unknown query parameter", "assets?colour=red", invalid("FIELD_INVALID", "colour")),
        get("a query parameter twice", "assets?filter=a&filter=b", invalid("FIELD_INVALID", "filter")),
        get("a negative page", "assets?page_size=-1", invalid("FIELD_INVALID", "page_size")),
        get("a page size that is no number", "assets?page_size=many", invalid("FIELD_INVALID", "page_size")),
        get("an asset that is not there", "assets/none", (Code::NotFound, "RESOURCE_NOT_FOUND", "")),
        (
            "an organization that is not the caller's",
            "POST",
            "../nowhere/assets".to_owned(),
            Vec::new(),
            asset.clone(),
            (Code::NotFound, "RESOURCE_NOT_FOUND", ""),
        ),
        (
            "a body where none belongs",
            "GET",
            "assets".to_owned(),
            Vec::new(),
            "{}".to_owned(),
            invalid("BODY_INVALID", ""),
        ),
        (
            "an unknown verb",
            "POST",
            "assets/a:explode".to_owned(),
            Vec::new(),
            "{}".to_owned(),
            (Code::NotFound, "METHOD_UNKNOWN", ""),
        ),
        (
            "a mask that names nothing",
            "PATCH",
            "assets/a?update_mask=colour".to_owned(),
            Vec::new(),
            "{\"owner\":\"x\"}".to_owned(),
            invalid("MASK_INVALID", "update_mask"),
        ),
        (
            "an update of another name",
            "PATCH",
            "assets/a".to_owned(),
            Vec::new(),
            "{\"name\":\"organizations/acme/assets/b\"}".to_owned(),
            invalid("FIELD_INVALID", "asset.name"),
        ),
        (
            "a stale etag",
            "PATCH",
            "assets/a".to_owned(),
            vec![("if-match", "\"stale\"".to_owned())],
            "{\"owner\":\"x\"}".to_owned(),
            (Code::Aborted, "ETAG_MISMATCH", "etag"),
        ),
        (
            "a stale etag to delete by",
            "DELETE",
            "assets/a?etag=%22stale%22".to_owned(),
            Vec::new(),
            String::new(),
            (Code::Aborted, "ETAG_MISMATCH", "etag"),
        ),
        (
            "a stale etag to move by",
            "POST",
            "assets/a:identify".to_owned(),
            Vec::new(),
            "{\"etag\":\"\\\"stale\\\"\"}".to_owned(),
            (Code::Aborted, "ETAG_MISMATCH", "etag"),
        ),
        (
            "two etags",
            "PATCH",
            "assets/a".to_owned(),
            vec![("if-match", "\"a\", \"b\"".to_owned())],
            "{\"owner\":\"x\"}".to_owned(),
            invalid("FIELD_INVALID", "If-Match"),
        ),
    ]
}

fn lists() -> Vec<Row> {
    let filter = |what, filter: String, expected| get(what, format!("assets?filter={filter}"), expected);
    let wrong = invalid("FILTER_INVALID", "filter");
    vec![
        filter("a filter of 10 KB", format!("owner=%22{}%22", "x".repeat(10_240)), invalid("FIELD_INVALID", "filter")),
        filter("a hundred terms", vec!["grade=1"; 100].join("%20AND%20"), wrong),
        filter("a deeply nested filter", nested("(", ")", 1000), wrong),
        filter("a filter that does not close", "(grade=1".to_owned(), wrong),
        filter("a filter by an unknown field", "colour=red".to_owned(), wrong),
        filter("a text for a number in a filter", "grade=high".to_owned(), wrong),
        filter("an unknown enum value in a filter", "state=MELTED".to_owned(), wrong),
        filter("a number out of range in a filter", "grade=99999999999999999999".to_owned(), wrong),
        filter("a control character in a filter", "owner=%22a%00b%22".to_owned(), invalid("FIELD_INVALID", "filter")),
        get("an order by an unknown field", "assets?order_by=colour", invalid("ORDER_INVALID", "order_by")),
        get("an order that is none", "assets?order_by=grade%20sideways", invalid("ORDER_INVALID", "order_by")),
        get("a page token of nobody", "assets?page_token=AAAA", invalid("PAGE_TOKEN_INVALID", "page_token")),
        get(
            "a page token of 5 KB",
            format!("assets?page_token={}", "A".repeat(5000)),
            invalid("FIELD_INVALID", "page_token"),
        ),
        get("a control character in a page token", "assets?page_token=a%00", invalid("FIELD_INVALID", "page_token")),
        get(
            "a page token of nobody, of changes",
            "changes?page_token=AAAA",
            invalid("PAGE_TOKEN_INVALID", "page_token"),
        ),
        get(
            "a page token of nobody, of an impact",
            "assets/a:impact?page_token=AAAA",
            invalid("PAGE_TOKEN_INVALID", "page_token"),
        ),
        get("changes of a resource that is none", "changes?resource=%00", invalid("FIELD_INVALID", "resource")),
        get("a depth beyond the limit", "assets/a:impact?max_depth=65", invalid("FIELD_INVALID", "max_depth")),
        (
            "a lookup of nothing",
            "POST",
            "assets:lookup".to_owned(),
            Vec::new(),
            "{}".to_owned(),
            invalid("LOOKUP_EMPTY", "network_identifier"),
        ),
        (
            "a lookup of a control character",
            "POST",
            "assets:lookup".to_owned(),
            Vec::new(),
            "{\"networkIdentifier\":\"a\\u0000\"}".to_owned(),
            invalid("FIELD_INVALID", "network_identifier"),
        ),
        (
            "a lookup of no address",
            "POST",
            "assets:lookup".to_owned(),
            Vec::new(),
            "{\"networkIdentifier\":\"10.0.0.300\",\"kind\":\"IP\"}".to_owned(),
            invalid("NETWORK_IDENTIFIER_INVALID", "network_identifier"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_over_rest_are_told_what_is_wrong_with_them() {
    for house in House::each().await {
        let rest = house.rest(&house.token);
        let before = house.written().await;
        let mut wrong = Wrong::default();
        for (what, method, path, headers, body, expected) in bodies().into_iter().chain(paths()).chain(lists()) {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let path = match path.strip_prefix("../") {
                Some(rest) => format!("/v1/organizations/{rest}"),
                None => format!("/v1/organizations/acme/{path}"),
            };
            let answer = rest.send(method, &path, &headers, body).await;
            if answer.status.is_success() {
                wrong.0.push(format!("{what}: was let through"));
            } else {
                wrong.hold(what, &told_in_json(&answer.json()), expected);
            }
        }
        wrong.end();
        assert_eq!(house.written().await, before, "nothing was written");
        house.suite.stop().await.unwrap();
    }
}

/// Tokens are good for the query, the collection and the organization they were made for.
#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_of_another_list_are_refused() {
    for house in House::each().await {
        let (acme, other) = (house.rest(&house.token), house.rest(&house.other));
        let null = serde_json::Value::Null;
        let page = |path: &'static str| {
            let acme = acme.clone();
            let null = null.clone();
            async move {
                let path = format!("/v1/organizations/acme/{path}");
                let page = acme.json("GET", &path, &null).await;
                page["nextPageToken"].as_str().unwrap_or_else(|| panic!("{path} has a second page: {page}")).to_owned()
            }
        };
        let assets = page("assets?page_size=1").await;
        let changes = page("changes?page_size=1").await;
        let mut wrong = Wrong::default();
        let cases = [
            (&other, format!("/v1/organizations/other/assets?page_size=1&page_token={assets}")),
            (&acme, format!("/v1/organizations/acme/dependencies?page_size=1&page_token={assets}")),
            (&acme, format!("/v1/organizations/acme/assets?order_by=display_name&page_token={assets}")),
            (&acme, format!("/v1/organizations/acme/assets?page_token={}", &assets[..assets.len() - 4])),
            (&acme, format!("/v1/organizations/acme/assets?page_token={changes}")),
            (&acme, format!("/v1/organizations/acme/changes?page_token={assets}")),
            (&other, format!("/v1/organizations/other/changes?page_token={changes}")),
        ];
        for (caller, path) in cases {
            let answer = caller.send("GET", &path, &[], "").await;
            let expected = (Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
            if answer.status.is_success() {
                wrong.0.push(format!("{path}: was let through"));
            } else {
                wrong.hold(&path, &told_in_json(&answer.json()), expected);
            }
        }
        wrong.end();
        house.suite.stop().await.unwrap();
    }
}
