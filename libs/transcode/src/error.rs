//! A gRPC status as the JSON of AIP-193.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fault::Fault;
use http::header::{self, HeaderValue};
use http::{Method, Response, StatusCode};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde_json::{Map, Value as Json, json};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use wire::fault::v1::ErrorReason;

use crate::json::{message_to_json, shown};
use crate::respond;

/// The details that HTTP has headers or codes for.
const RETRY_INFO: &str = "google.rpc.RetryInfo";
const ERROR_INFO: &str = "google.rpc.ErrorInfo";

/// The HTTP response for a failed call: `{"error":{"code":404,"status":"NOT_FOUND","message":…,"details":[…]}}`.
///
/// The HTTP code follows from the gRPC code as in grpc-gateway, with one exception: reason `MESSAGE_TOO_LARGE` is 413. `Retry-After`
/// comes from a `RetryInfo`, `WWW-Authenticate` goes with 401; `x-` and trace headers of the status are passed on.
#[must_use]
pub fn error_response(status: Status) -> Response<Body> {
    respond_as(status, None)
}

/// The same with an HTTP code of its own.
pub(crate) fn respond_as(status: Status, code: Option<StatusCode>) -> Response<Body> {
    let status = told(status);
    let details = details(&status);
    let code = code.unwrap_or_else(|| http_code(status.code(), &details));
    let text = json!({ "error": body(&status, code, &details) }).to_string();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    respond::pass_back(status.metadata().as_ref(), headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if code == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = retry_after(&details) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The error as a stream tells it after its start: one JSON value.
pub(crate) fn error_json(status: Status) -> Json {
    let status = told(status);
    let details = details(&status);
    let code = http_code(status.code(), &details);
    json!({ "error": body(&status, code, &details) })
}

/// The path is not served.
pub(crate) fn unknown_path(path: &str) -> Response<Body> {
    let path = shown(path);
    let fault = Fault::new(
        Code::NotFound,
        ErrorReason::MethodUnknown,
        format!("no method answers at {path}: /openapi.json lists what there is"),
    );
    error_response(fault.with("path", path).into())
}

/// The path is served, the HTTP method is not.
pub(crate) fn method_not_allowed(method: &Method, path: &str, allowed: &[Method]) -> Response<Body> {
    let path = shown(path);
    let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let fault = Fault::new(
        Code::Unimplemented,
        ErrorReason::MethodUnknown,
        format!("{} is not served at {path}: use {allowed}", shown(method.as_str())),
    );
    let fault = fault.with("path", path).with("allowed", &allowed);
    let mut response = respond_as(fault.into(), Some(StatusCode::METHOD_NOT_ALLOWED));
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// The HTTP code of a gRPC code.
fn http_code(code: Code, details: &[Detail]) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted if reason(details).as_deref() == Some(ErrorReason::MessageTooLarge.as_str_name()) => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // 499 is nobody's standard, but what every gateway of this kind answers.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Gives a status that the transport made, not a service, the reason every error of ours has.
fn told(status: Status) -> Status {
    // The transport calls a deadline that ran out a cancellation.
    let timed_out = status.code() == Code::Cancelled && status.message() == "Timeout expired";
    if !status.details().is_empty() {
        return status;
    }
    let (code, reason) = match status.code() {
        Code::Cancelled if timed_out => (Code::DeadlineExceeded, ErrorReason::DeadlinePassed),
        Code::DeadlineExceeded => (Code::DeadlineExceeded, ErrorReason::DeadlinePassed),
        Code::Unavailable => (Code::Unavailable, ErrorReason::ServiceUnreachable),
        Code::Unimplemented => (Code::Unimplemented, ErrorReason::MethodUnknown),
        Code::Unknown | Code::Internal | Code::DataLoss => (status.code(), ErrorReason::Defect),
        _ => return status,
    };
    let message = if timed_out { "the time the caller allowed ran out" } else { status.message() };
    let mut details = ErrorDetails::new();
    let no_metadata = std::collections::HashMap::<String, String>::new();
    details.set_error_info(reason.as_str_name(), fault::DOMAIN, no_metadata);
    Status::with_error_details_and_metadata(code, message, details, status.metadata().clone())
}

/// One detail: its type and its message, where the type is known.
struct Detail {
    url: String,
    raw: Vec<u8>,
    message: Option<DynamicMessage>,
}

impl Detail {
    fn is(&self, name: &str) -> bool {
        type_name(&self.url) == name
    }

    fn json(&self) -> Json {
        let mut fields = match self.message.as_ref().map(message_to_json) {
            Some(Json::Object(fields)) => fields,
            // A type of somebody else's service, or one whose JSON is no object.
            _ => Map::from_iter([("value".to_owned(), Json::String(STANDARD.encode(&self.raw)))]),
        };
        fields.insert("@type".to_owned(), Json::String(self.url.clone()));
        Json::Object(fields)
    }
}

fn type_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn details(status: &Status) -> Vec<Detail> {
    // Details that cannot be read are dropped: code and message still tell the failure.
    let decoded = tonic_types::pb::Status::decode(status.details()).unwrap_or_default();
    let read = |any: prost_reflect::prost_types::Any| {
        let descriptor = wire::pool().get_message_by_name(type_name(&any.type_url));
        let message = descriptor.and_then(|message| DynamicMessage::decode(message, any.value.as_slice()).ok());
        Detail { url: any.type_url, raw: any.value, message }
    };
    decoded.details.into_iter().map(read).collect()
}

fn body(status: &Status, code: StatusCode, details: &[Detail]) -> Json {
    json!({
        "code": code.as_u16(),
        "status": code_name(status.code()),
        "message": status.message(),
        "details": details.iter().map(Detail::json).collect::<Vec<_>>(),
    })
}

fn reason(details: &[Detail]) -> Option<String> {
    let info = details.iter().find(|detail| detail.is(ERROR_INFO))?;
    let reason = info.message.as_ref()?.get_field_by_name("reason")?;
    reason.as_str().map(str::to_owned)
}

/// Whole seconds, rounded up, at least 1.
fn retry_after(details: &[Detail]) -> Option<u64> {
    let info = details.iter().find(|detail| detail.is(RETRY_INFO))?;
    let delay = info.message.as_ref()?.get_field_by_name("retry_delay")?;
    let part = |name: &str| {
        let value = delay.as_message()?.get_field_by_name(name)?;
        value.as_i64().or_else(|| value.as_i32().map(i64::from))
    };
    let seconds = u64::try_from(part("seconds")?).ok()?;
    Some(seconds.saturating_add(u64::from(part("nanos")? > 0)).max(1))
}
