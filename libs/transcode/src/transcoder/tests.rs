//! The transcoder against an upstream of our own that keeps what it is called with.

mod errors;
mod requests;
mod streams;
mod wild;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures::stream;
use prost_reflect::DynamicMessage;
use serde_json::{Value as Json, json};
use tonic::metadata::MetadataMap;
use wire::pool;

use super::*;
use crate::json::{message_from_json, message_to_json};

const SERVICES: &[&str] = &[
    "telwarden.assets.v1.AssetService",
    "telwarden.assets.v1.SiteService",
    "telwarden.assets.v1.ImportService",
    "telwarden.changes.v1.ChangeService",
];

/// What the upstream was called with.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    metadata: MetadataMap,
    caller: Option<&'static str>,
    message: Json,
}

/// An upstream that answers every call the same way. Once the answers run out, a stream stays open if `open`.
#[derive(Clone)]
struct Upstream {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Vec<Result<Json, Status>>,
    open: bool,
}

impl Upstream {
    fn new(answers: Vec<Result<Json, Status>>) -> Self {
        Self { seen: Arc::default(), answers, open: false }
    }

    fn ok(answer: Json) -> Self {
        Self::new(vec![Ok(answer)])
    }

    fn seen(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().expect("the upstream was called")
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn service(
        &self,
    ) -> impl Service<
        Request<tonic::body::Body>,
        Response = Response<tonic::body::Body>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static {
        let this = self.clone();
        tower::service_fn(move |request: Request<tonic::body::Body>| {
            let this = this.clone();
            let future: futures::future::BoxFuture<'static, _> =
                Box::pin(async move { Ok(this.answer(request).await) });
            future
        })
    }

    async fn answer(self, request: Request<tonic::body::Body>) -> Response<tonic::body::Body> {
        let path = request.uri().path().to_owned();
        let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
        let service = pool().get_service_by_name(service).unwrap();
        let method = service.methods().find(|candidate| candidate.name() == method).unwrap();
        let output = method.output();
        let answers: Vec<Result<Bytes, Status>> = self
            .answers
            .iter()
            .map(|answer| {
                let text = answer.as_ref().map_err(Clone::clone)?.to_string();
                Ok(message_from_json(&output, text).unwrap().encode_to_vec().into())
            })
            .collect();
        let input = method.input();
        let (seen, open) = (self.seen.clone(), self.open);
        let keep = move |request: tonic::Request<Bytes>| {
            let (metadata, extensions, message) = request.into_parts();
            let mut message = DynamicMessage::decode(input.clone(), message).unwrap();
            // Shown in proto names: the JSON form has none for a map key with capitals.
            let mask = message.take_field_by_name("update_mask").map(|mask| {
                let paths = mask.as_message().unwrap().get_field_by_name("paths").unwrap().into_owned();
                paths
                    .as_list()
                    .unwrap()
                    .iter()
                    .map(|path| path.as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
                    .join(",")
            });
            let mut message = message_to_json(&message);
            if let Some(mask) = mask {
                message["updateMask"] = mask.into();
            }
            let caller = extensions.get::<&'static str>().copied();
            seen.lock().unwrap().push(Seen { path: path.clone(), metadata, caller, message });
        };
        let mut server = tonic::server::Grpc::new(BytesCodec);
        if method.is_server_streaming() {
            let service = tower::service_fn(move |request| {
                keep(request);
                let items = stream::iter(answers.clone());
                let items = if open {
                    futures::StreamExt::boxed(futures::StreamExt::chain(items, stream::pending()))
                } else {
                    futures::StreamExt::boxed(items)
                };
                async move { Ok::<_, Status>(tonic::Response::new(items)) }
            });
            return server.server_streaming(service, request).await;
        }
        let service = tower::service_fn(move |request| {
            keep(request);
            let answer = answers.first().cloned().unwrap();
            async move {
                let mut response = tonic::Response::new(answer?);
                response.metadata_mut().insert("x-request-id", "r-1".parse().unwrap());
                response.metadata_mut().insert("secret", "s".parse().unwrap());
                Ok::<_, Status>(response)
            }
        });
        server.unary(service, request).await
    }
}

fn transcoder() -> Transcoder {
    Transcoder::new(pool(), SERVICES).unwrap()
}

/// A request; headers as `Name: value`.
fn request(method: &str, uri: &str, headers: &[&str], body: impl Into<Body>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(uri);
    for line in headers {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value);
    }
    builder.body(body.into()).unwrap()
}

struct Answer {
    code: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The reason of the error.
    fn reason(&self) -> String {
        self.json()["error"]["details"][0]["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// `field: description` of every violation.
    fn violations(&self) -> Vec<String> {
        let json = self.json();
        let details = json["error"]["details"].as_array().unwrap();
        let violations = details.iter().filter_map(|detail| detail["fieldViolations"].as_array()).flatten();
        violations
            .map(|one| format!("{}: {}", one["field"].as_str().unwrap(), one["description"].as_str().unwrap()))
            .collect()
    }
}

async fn send(upstream: &Upstream, request: Request<Body>) -> Answer {
    read(transcoder().handle(request, upstream.service()).await).await
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { code: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn asset() -> Json {
    json!({"name": "organizations/acme/assets/a", "displayName": "A", "type": "router", "etag": "\"1\""})
}
