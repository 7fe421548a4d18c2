//! Tokens that must not open the door.

use std::time::Duration;

use access::{Clock as _, LocalKey, SystemClock};
use tonic::Code;

use super::{House, Wrong, call, told, told_in_json};

fn part(json: &serde_json::Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
}

/// The claims of a good token under another header, signed by nobody.
fn unsigned(good: &str, header: &serde_json::Value, signature: &str) -> String {
    let claims = good.split('.').nth(1).unwrap();
    format!("{}.{claims}.{signature}", part(header))
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_the_issuers_or_not_in_time_open_nothing() {
    use serde_json::json;
    let house = House::each().await.remove(0);
    let good = house.token.clone();
    let long_ago = SystemClock.now() - 2 * 3_600_000_000;
    let expired = house.suite.key.mint("ana", &["acme"], &["administrator"], long_ago, Duration::from_secs(3600));
    let folder = tempfile::tempdir().unwrap();
    let strange = LocalKey::open(folder.path()).unwrap();
    let foreign = strange.mint("ana", &["acme"], &["administrator"], SystemClock.now(), Duration::from_secs(3600));
    let (head, signature) = good.rsplit_once('.').unwrap();
    let claims =
        json!({"sub": "ana", "organizations": ["acme"], "roles": ["administrator"], "exp": 99_999_999_999_u64});
    let kid = json!("nobody");
    let cases = [
        ("expired", expired.unwrap()),
        ("of a foreign key", foreign.unwrap()),
        ("unsigned", unsigned(&good, &json!({"alg": "none"}), "")),
        ("unsigned, in capitals", unsigned(&good, &json!({"alg": "NONE", "typ": "JWT"}), signature)),
        ("signed by the public key as a secret", unsigned(&good, &json!({"alg": "HS256"}), signature)),
        ("of an unknown key", unsigned(&good, &json!({"alg": "EdDSA", "kid": kid}), signature)),
        ("without its signature", format!("{head}.")),
        ("with other claims", format!("{}.{}.{signature}", good.split('.').next().unwrap(), part(&claims))),
        (
            "with a letter changed",
            format!("{head}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]),
        ),
        ("of two parts", "a.b".to_owned()),
        ("of nothing", "..".to_owned()),
        ("of no letters", "ü".to_owned()),
        ("too long", "x".repeat(20_000)),
    ];
    let mut wrong = Wrong::default();
    let get = json!({"name": "organizations/acme/assets/a"});
    for (what, token) in cases {
        let expected = (Code::Unauthenticated, "TOKEN_INVALID", "");
        let answer = house.rest(&token).send("GET", "/v1/organizations/acme/assets/a", &[], "").await;
        wrong.hold(&format!("a token {what}, over REST"), &told_in_json(&answer.json()), expected);
        if token.is_ascii() {
            let status = call(&house, &token, "telwarden.assets.v1.AssetService/GetAsset", &get).await.unwrap_err();
            wrong.hold(&format!("a token {what}, over gRPC"), &told(&status), expected);
        }
    }
    for (what, header, reason) in [
        ("no token", None, "TOKEN_MISSING"),
        ("a password", Some("Basic YTpi"), "TOKEN_INVALID"),
        ("nothing after Bearer", Some("Bearer "), "TOKEN_INVALID"),
    ] {
        let headers: Vec<(&str, &str)> = header.map(|value| ("authorization", value)).into_iter().collect();
        let rest = crate::http::Rest::new(&house.suite.url(), None);
        let answer = rest.send("GET", "/v1/organizations/acme/assets/a", &headers, "").await;
        wrong.hold(what, &told_in_json(&answer.json()), (Code::Unauthenticated, reason, ""));
    }
    wrong.end();
    house.suite.stop().await.unwrap();
}
