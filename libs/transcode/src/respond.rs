//! A unary answer as an HTTP response.

use axum::body::Body;
use bytes::Bytes;
use fault::{Fault, Outcome};
use http::header::{self, HeaderMap, HeaderValue};
use http::{HeaderName, Response};
use prost_reflect::DynamicMessage;

use crate::binding::Binding;
use crate::json::message_to_text;

/// The trace headers a caller gets back, beside everything that begins with `x-`.
const TRACE: [&str; 3] = ["traceparent", "tracestate", "traceresponse"];

/// Copies the headers that callers may see.
pub(crate) fn pass_back(from: &HeaderMap, into: &mut HeaderMap) {
    let open = |name: &HeaderName| {
        let name = name.as_str();
        (name.starts_with("x-") && !name.ends_with("-bin")) || TRACE.contains(&name)
    };
    for (name, value) in from.iter().filter(|(name, _)| open(name)) {
        into.append(name.clone(), value.clone());
    }
}

/// The answer of a unary call.
pub(crate) fn unary(binding: &Binding, headers: &HeaderMap, message: Bytes) -> Outcome<Response<Body>> {
    let message = DynamicMessage::decode(binding.output.clone(), message).map_err(Fault::defect)?;
    let text = message_to_text(&message)?;
    let mut response = Response::new(Body::from(text));
    let into = response.headers_mut();
    pass_back(headers, into);
    into.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(value) = etag(binding, &message) {
        into.insert(header::ETAG, value);
    }
    Ok(response)
}

/// The `ETag` header: the etag of the resource, quoted as HTTP asks.
fn etag(binding: &Binding, message: &DynamicMessage) -> Option<HeaderValue> {
    let value = message.get_field(binding.output_etag.as_ref()?);
    let text = value.as_str().filter(|text| !text.is_empty())?;
    let quoted = text.starts_with('"') || text.starts_with("W/");
    let text = if quoted { text.to_owned() } else { format!("\"{text}\"") };
    HeaderValue::from_str(&text).ok()
}
