//! The transcoder: paths to methods, requests to messages, answers to JSON.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use fault::{Fault, Outcome};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header, request};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use prost::Message as _;
use prost_reflect::DescriptorPool;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::{BoxError, Service, ServiceExt as _};
use wire::fault::v1::ErrorReason;

use crate::binding::{Binding, Body as BodyRule, ConflictError, of_service};
use crate::codec::BytesCodec;
use crate::error::{error_response, method_not_allowed, respond_as, unknown_path};
use crate::request::{Parts, build};
use crate::respond::unary;
use crate::route::{Hit, Match, Routes};
use crate::stream::{Format, respond};

/// The headers a request takes along; everything else stays at the door.
const FORWARDED: [HeaderName; 5] = [
    header::AUTHORIZATION,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("x-request-id"),
];

/// Serves REST/JSON for gRPC services: built once from the descriptors, then shared.
#[derive(Debug)]
pub struct Transcoder {
    routes: Routes,
    bindings: Vec<Binding>,
    body_limit: usize,
    response_limit: usize,
    keep_alive: Duration,
}

impl Transcoder {
    /// Compiles every `google.api.http` binding of the services (full names), additional bindings too. Methods that stream from the
    /// client have none.
    ///
    /// # Errors
    /// A service is unknown, a binding does not fit its messages, or two answer to the same method and path.
    pub fn new(pool: &DescriptorPool, services: &[&str]) -> Result<Self, ConflictError> {
        let mut routes = Routes::default();
        let mut bindings: Vec<Binding> = Vec::new();
        for service in services {
            for binding in of_service(pool, service)? {
                let added = routes.insert(&binding.http_method, &binding.template, bindings.len());
                if let Err(held) = added {
                    let first = bindings.get(held).map(|binding| binding.method.full_name().to_owned());
                    return Err(ConflictError::Path {
                        method: binding.http_method,
                        path: binding.template_text,
                        first: first.unwrap_or_default(),
                        second: binding.method.full_name().to_owned(),
                    });
                }
                bindings.push(binding);
            }
        }
        Ok(Self {
            routes,
            bindings,
            body_limit: 4 * 1024 * 1024,
            response_limit: 64 * 1024 * 1024,
            keep_alive: Duration::from_secs(15),
        })
    }

    /// The most bytes a request body may have; 4 MiB unless set.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The most bytes a message of the upstream may have; 64 MiB unless set.
    #[must_use]
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// How long an event stream may be quiet before a comment is sent; 15 s unless set.
    #[must_use]
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = every;
        self
    }

    /// Whether a path (without query) is served.
    #[must_use]
    pub fn matches(&self, method: &Method, path: &str) -> Match {
        match self.routes.find(method, path) {
            Hit::Found { .. } => Match::Found,
            Hit::MethodNotAllowed(allowed) => Match::MethodNotAllowed(allowed),
            Hit::NotFound => Match::NotFound,
        }
    }

    /// The gRPC path that serves an HTTP method and path (without query): `/package.Service/Method`.
    #[must_use]
    pub fn grpc_path(&self, method: &Method, path: &str) -> Option<&str> {
        match self.routes.find(method, path) {
            Hit::Found { binding, .. } => self.bindings.get(binding).map(|binding| binding.grpc_path.as_str()),
            _ => None,
        }
    }

    /// Answers one HTTP request by calling `upstream`, which routes by gRPC path. Every failure is an answer too.
    ///
    /// Creation answers 200, as the AIPs and grpc-gateway do, not 201. The extensions of the request go along to the upstream.
    pub async fn handle<B, S>(&self, request: Request<B>, upstream: S) -> Response<Body>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
        S: Service<Request<tonic::body::Body>, Response = Response<tonic::body::Body>> + Clone + Send,
        S::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let (binding, segments) = match self.routes.find(&parts.method, &path) {
            Hit::Found { binding, segments } => match self.bindings.get(binding) {
                Some(binding) => (binding, segments),
                None => return unknown_path(&path),
            },
            Hit::MethodNotAllowed(allowed) => return method_not_allowed(&parts.method, &path, &allowed),
            Hit::NotFound => return unknown_path(&path),
        };
        let body = match collect(body, self.body_limit).await {
            Ok(body) => body,
            Err(fault) => return error_response(fault.into()),
        };
        if let Err(fault) = check_media_type(binding, &parts.headers, &body) {
            return respond_as(fault.into(), Some(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let query = parts.uri.query().unwrap_or_default();
        let built = build(binding, &Parts { segments: &segments, query, headers: &parts.headers, body: &body });
        match built {
            Ok(message) => {
                let message = Bytes::from(message.encode_to_vec());
                self.call(binding, parts, message, upstream).await.unwrap_or_else(error_response)
            }
            Err(fault) => error_response(fault.into()),
        }
    }

    async fn call<S>(
        &self,
        binding: &Binding,
        parts: request::Parts,
        message: Bytes,
        upstream: S,
    ) -> Result<Response<Body>, Status>
    where
        S: Service<Request<tonic::body::Body>, Response = Response<tonic::body::Body>> + Send,
        S::Error: Into<BoxError>,
    {
        let request = tonic::Request::from_parts(forwarded(&parts.headers), parts.extensions, message);
        let service = binding.method.parent_service().full_name().to_owned();
        let upstream = upstream.map_err(move |error| unreachable(&service, error.into().as_ref()));
        let mut client = Grpc::new(upstream).max_decoding_message_size(self.response_limit);
        client.ready().await?;
        let path = binding.grpc_path.clone();
        if binding.method.is_server_streaming() {
            let format = Format::of(&parts.headers);
            let (metadata, messages, _) = client.server_streaming(request, path, BytesCodec).await?.into_parts();
            return Ok(respond(binding, format, self.keep_alive, metadata.as_ref(), messages));
        }
        let (metadata, message, _) = client.unary(request, path, BytesCodec).await?.into_parts();
        Ok(unary(binding, metadata.as_ref(), message)?)
    }
}

/// The headers that go along.
fn forwarded(headers: &HeaderMap) -> MetadataMap {
    let mut out = HeaderMap::with_capacity(FORWARDED.len());
    for name in &FORWARDED {
        for value in headers.get_all(name) {
            out.append(name.clone(), value.clone());
        }
    }
    MetadataMap::from_headers(out)
}

/// A failure of the upstream stack: its own status where it has one, otherwise nobody answered.
fn unreachable(service: &str, error: &(dyn std::error::Error + Send + Sync + 'static)) -> Status {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        if let Some(status) = found.downcast_ref::<Status>() {
            return status.clone();
        }
        cause = found.source();
    }
    tracing::warn!(service, %error, "the upstream failed");
    let fault = Fault::new(
        Code::Unavailable,
        ErrorReason::ServiceUnreachable,
        format!("the service {service} does not answer: try again shortly"),
    );
    fault.with("service", service).into()
}

/// Reads a body whole, within the limit.
async fn collect<B>(body: B, limit: usize) -> Outcome<Bytes>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let too_large = || {
        let text =
            format!("the body is larger than {limit} bytes: send less, in several calls or by a streamed import");
        Fault::new(Code::ResourceExhausted, ErrorReason::MessageTooLarge, text).with("limit", limit)
    };
    // A length that is known beforehand is refused before a byte is read.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(std::pin::pin!(body), limit).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Fault::invalid(ErrorReason::BodyInvalid, "the body broke off: send it again").because(error)
    })
}

/// A body must be JSON, and said to be where anything is said.
fn check_media_type(binding: &Binding, headers: &HeaderMap, body: &Bytes) -> Outcome<()> {
    if body.is_empty() || matches!(binding.body, BodyRule::None) {
        return Ok(());
    }
    let refuse = |text: String| Err(Fault::invalid(ErrorReason::BodyInvalid, text));
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return refuse(format!(
            "a body in the encoding {} cannot be read: send it uncompressed",
            crate::json::shown(&encoding)
        ));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let value = String::from_utf8_lossy(value.as_bytes());
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // What `curl -d` says where nothing is said; every call needs a token in a header, so no form of a browser gets through.
    let from_curl = kind == "application/x-www-form-urlencoded" && body.trim_ascii_start().starts_with(b"{");
    if from_curl || kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(());
    }
    refuse(format!(
        "a body of type {} cannot be read: send JSON and Content-Type: application/json",
        crate::json::shown(&kind)
    ))
}

#[cfg(test)]
mod tests;
