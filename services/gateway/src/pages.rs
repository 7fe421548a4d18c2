//! What the door answers itself, to anyone: the API description, the page that shows it, and health.

use axum::body::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;
use tonic::body::Body;
use wire::fault::v1::ErrorReason;

use crate::health::Board;

const PAGE: &str = include_str!("docs.html");

/// The page is one file of ours: nothing of it may come from, or go, elsewhere.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What may be done with a page.
const ALLOWED: &str = "GET, HEAD";

/// The pages of the door.
pub(crate) struct Pages {
    /// The OpenAPI document.
    pub(crate) openapi: Bytes,
    /// Who is well.
    pub(crate) board: Board,
}

impl Pages {
    /// The answer, where the path is one of ours.
    pub(crate) fn answer(&self, method: &Method, path: &str) -> Option<Response<Body>> {
        let answer = match path {
            "/openapi.json" => ok("application/json", self.openapi.clone()),
            "/" | "/docs" => page(),
            "/healthz" => health(&self.board),
            _ => return None,
        };
        Some(match *method {
            Method::GET => answer,
            Method::HEAD => answer.map(|_| Body::empty()),
            _ => refused(method, path),
        })
    }
}

fn ok(kind: &'static str, text: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(axum::body::Body::from(text)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn page() -> Response<Body> {
    let mut response = ok("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes()));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}

fn health(board: &Board) -> Response<Body> {
    let mut response = ok("application/json", Bytes::from(board.json().to_string()));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !board.serving() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// The JSON of an error like any other, but 405: no gRPC code stands for that.
fn refused(method: &Method, path: &str) -> Response<Body> {
    let method: String = method.as_str().chars().take(40).collect();
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": ErrorReason::MethodUnknown.as_str_name(),
        "domain": fault::DOMAIN,
        "metadata": { "path": path, "allowed": ALLOWED },
    });
    let message = format!("{method} is not served at {path}: use {ALLOWED}");
    let error = json!({ "code": 405, "status": "UNIMPLEMENTED", "message": message, "details": [info] });
    let mut response = ok("application/json", Bytes::from(json!({ "error": error }).to_string()));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(ALLOWED));
    response
}
