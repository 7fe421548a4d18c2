//! Any bytes: a clear answer, never a panic, never a defect.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const PIECES: &[&str] = &[
    "v1",
    "organizations",
    "acme",
    "assets",
    "assets:lookup",
    "a:impact",
    "",
    "%2F",
    "%",
    "%ff",
    "**",
    "{x}",
    ":",
    "::",
    "changes:watch",
    "changes",
];
const NAMES: &[&str] = &[
    "page_size",
    "pageToken",
    "updateMask",
    "update_mask.paths",
    "asset.labels.a",
    "kinds",
    "etag",
    "a.b.c",
    ".",
    "%",
    "external_id.system",
    "kind",
    "",
];
const VALUES: &[&str] = &["1", "-9223372036854775809", "a,b..c", "%F0%9F", "true", "", "NaN", "+"];
const KEYS: &[&str] = &[
    "displayName",
    "display_name",
    "labels",
    "confidentiality",
    "externalIds",
    "verifyTime",
    "maintenance",
    "nextTime",
    "networkIdentifiers",
    "kind",
    "state",
    "etag",
    "name",
    "system",
];
const TEXTS: &[&str] = &[
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:60.999999999999Z",
    "-0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-07-01T12:00:00Z",
    "IP",
    "SURVEYED",
    "",
];

fn near_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(PIECES), 0..8).prop_map(|pieces| format!("/{}", pieces.join("/")))
}

fn near_query() -> impl Strategy<Value = String> {
    let pair = (select(NAMES), select(VALUES)).prop_map(|(name, value)| format!("{name}={value}"));
    proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

fn near_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        (0..5).prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        select(TEXTS).prop_map(|value| json!(value)),
        ".{0,8}".prop_map(|value| json!(value)),
    ];
    let tree = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            proptest::collection::vec((select(KEYS), inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    });
    tree.prop_map(|json| json.to_string())
}

/// The answer is a success, or an error of the caller's with a reason.
fn judge(method: &str, uri: &str, headers: &[&str], body: Vec<u8>) -> Result<(), TestCaseError> {
    let Ok(target) = uri.parse::<http::Uri>() else { return Ok(()) };
    let mut call = request(method, "/", headers, body);
    *call.uri_mut() = target;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let got = runtime.block_on(send(&Upstream::ok(json!({})), call));
    prop_assert!(matches!(got.code, 200 | 400 | 404 | 405 | 413 | 415), "{method} {uri}: {} {}", got.code, got.text);
    if got.code != 200 {
        prop_assert!(!got.reason().is_empty(), "{}", got.text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_path_and_query(method in "GET|POST|PATCH|DELETE|BREW", path in near_path(), query in near_query()) {
        judge(&method, &format!("{path}?{query}"), &[], Vec::new())?;
    }

    #[test]
    fn any_query(query in near_query()) {
        for path in ["assets", "changes", "assets/a:impact"] {
            judge("GET", &format!("/v1/organizations/acme/{path}?{query}"), &[], Vec::new())?;
        }
        judge("PATCH", &format!("/v1/organizations/acme/assets/a?{query}"), &[], Vec::new())?;
    }

    #[test]
    fn any_text_as_uri(uri in "/[ -~]{0,60}", method in "GET|POST") {
        judge(&method, &uri, &[], Vec::new())?;
    }

    #[test]
    fn any_bytes_as_body(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        judge("PATCH", "/v1/organizations/acme/assets/a", &[], body)?;
    }

    #[test]
    fn any_json_as_body(body in near_json(), etag in "[ -~]{1,12}") {
        let header = format!("if-match: {etag}");
        judge("PATCH", "/v1/organizations/acme/assets/a", &[&header], body.clone().into_bytes())?;
        judge("POST", "/v1/organizations/acme/assets:lookup", &[], body.into_bytes())?;
    }

    /// What is read can be written, and reads the same again.
    #[test]
    fn json_round_trip(body in near_json()) {
        let message = pool().get_message_by_name("telwarden.assets.v1.Asset").unwrap();
        if let Ok(first) = message_from_json(&message, &body) {
            let text = crate::json::message_to_text(&first).unwrap();
            let second = message_from_json(&message, &text).unwrap();
            prop_assert_eq!(message_to_json(&second), message_to_json(&first));
            let third = DynamicMessage::decode(message, first.encode_to_vec().as_slice()).unwrap();
            prop_assert_eq!(message_to_json(&third), message_to_json(&first));
        }
    }
}
