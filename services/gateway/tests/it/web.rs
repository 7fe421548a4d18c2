//! gRPC-Web through the door, over HTTP/1.1 as browsers may.

use bytes::{Buf as _, Bytes};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use wire::assets::v1::Site;

use crate::grpc::{get, site};
use crate::suite::Suite;

fn framed(message: &impl prost::Message) -> Bytes {
    let body = message.encode_to_vec();
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes.into()
}

/// The messages and the trailers of an answer.
fn split(mut body: Bytes) -> (Vec<Bytes>, String) {
    let (mut messages, mut trailers) = (Vec::new(), String::new());
    while body.has_remaining() {
        let (flag, length) = (body.get_u8(), body.get_u32() as usize);
        let part = body.split_to(length);
        if flag & 0x80 == 0 { messages.push(part) } else { trailers = String::from_utf8(part.to_vec()).unwrap() }
    }
    (messages, trailers)
}

async fn call(
    suite: &Suite,
    method: &str,
    message: &impl prost::Message,
    token: Option<&str>,
) -> (http::HeaderMap, Bytes) {
    let mut request = Request::post(suite.url(&format!("/telwarden.assets.v1.SiteService/{method}")))
        .header("content-type", "application/grpc-web+proto")
        .header("accept", "application/grpc-web+proto");
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let response = suite.send(request.body(Full::new(framed(message))).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
    let (parts, body) = response.into_parts();
    (parts.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_unary_call_and_its_trailers() {
    let suite = Suite::with_defaults().await;
    let token = suite.token();
    let (_, body) = call(&suite, "CreateSite", &site("organizations/acme", "a"), Some(&token)).await;
    let (messages, trailers) = split(body);
    assert_eq!(Site::decode(messages[0].clone()).unwrap().name, "organizations/acme/sites/a");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let seen = suite.sites.seen.lock().pop().unwrap();
    assert_eq!(seen.get("authorization").unwrap(), token.as_str());
    assert!(seen.contains_key("traceparent"));
}

#[tokio::test]
async fn an_error_is_told() {
    let suite = Suite::with_defaults().await;
    let (headers, body) = call(&suite, "GetSite", &get("a"), None).await;
    let told = headers
        .get("grpc-status")
        .map_or_else(|| split(body).1, |code| format!("grpc-status:{}", code.to_str().unwrap()));
    assert!(told.contains("grpc-status:16"), "{told}");
}
