//! An HTTP request to the request message of its method.

use fault::{Fault, Outcome};
use http::{HeaderMap, Method, header};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use serde_json::Value as Json;
use wire::fault::v1::ErrorReason;

use crate::binding::{Binding, Body, Variable};
use crate::escape::{Form, decode};
use crate::json::{Place, Problems, bind, from_text, parse};
use crate::{mask, query};

/// What of an HTTP request fills the message.
pub(crate) struct Parts<'a> {
    /// The raw segments of the path, without the verb.
    pub(crate) segments: &'a [&'a str],
    /// The raw query.
    pub(crate) query: &'a str,
    /// The headers, of which `If-Match` and `Last-Event-ID` count.
    pub(crate) headers: &'a HeaderMap,
    /// The whole body.
    pub(crate) body: &'a [u8],
}

/// Builds the request message.
///
/// # Errors
/// `BODY_INVALID` where the body is no JSON, `FIELD_INVALID` with everything that is wrong with path, query, headers and body.
pub(crate) fn build(binding: &Binding, parts: &Parts<'_>) -> Outcome<DynamicMessage> {
    let mut problems = Problems::default();
    let mut request = DynamicMessage::new(binding.input.clone());
    let json = body_json(binding, parts.body)?;
    fill_body(binding, json.as_ref(), &mut request, &mut problems);
    for variable in &binding.variables {
        fill_variable(variable, parts.segments, &mut request, &mut problems);
    }
    query::fill(binding, parts.query, &mut request, &mut problems);
    fill_mask(binding, json.as_ref(), &mut request);
    fill_etag(binding, parts.headers, &mut request, &mut problems);
    fill_cursor(binding, parts.headers, &mut request);
    problems.outcome()?;
    Ok(request)
}

/// The body as JSON; `None` where it is empty.
fn body_json(binding: &Binding, body: &[u8]) -> Outcome<Option<Json>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    if matches!(binding.body, Body::None) {
        return Err(Fault::invalid(
            ErrorReason::BodyInvalid,
            format!("{} {} takes no body: put its fields into the query", binding.http_method, binding.template_text),
        ));
    }
    let value = parse(body)?;
    if matches!(binding.body, Body::Whole) && !value.is_object() {
        return Err(Fault::invalid(
            ErrorReason::BodyInvalid,
            format!("the body must be a JSON object, the fields of {}", binding.input.full_name()),
        ));
    }
    Ok(Some(value))
}

fn fill_body(binding: &Binding, json: Option<&Json>, request: &mut DynamicMessage, problems: &mut Problems) {
    let Some(json) = json else { return };
    match &binding.body {
        Body::None => {}
        Body::Whole => {
            if let Some(message) = bind(&binding.input, json, &Place::Root, problems) {
                *request = message;
            }
        }
        Body::Field(field, message) => {
            let place = Place::Field(&Place::Root, field.name());
            if let Some(message) = bind(message, json, &place, problems)
                && let Err(error) = request.try_set_field(field, Value::Message(message))
            {
                problems.add(&place, error.to_string());
            }
        }
    }
}

fn fill_variable(variable: &Variable, segments: &[&str], request: &mut DynamicMessage, problems: &mut Problems) {
    let end = variable.end.unwrap_or(segments.len());
    let form = if variable.multiple { Form::SegmentKeepingSlash } else { Form::Segment };
    let mut text = String::new();
    for (index, segment) in segments.get(variable.start..end).unwrap_or_default().iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        match decode(segment, form) {
            Ok(decoded) => text.push_str(&decoded),
            Err(error) => return problems.field(&variable.path, format!("in the path {error}")),
        }
    }
    let Some((field, outer)) = variable.fields.split_last() else { return };
    let value = match from_text(&field.kind(), &text) {
        Ok(value) => value,
        Err(wrong) => return problems.field(&variable.path, format!("in the path: {wrong}")),
    };
    // A PATCH without a body still names its resource.
    let Some(target) = query::descend(request, outer) else { return };
    if target.has_field(field) && *target.get_field(field) != value {
        return problems.field(&variable.path, "differs between path and body: leave it out of the body");
    }
    if let Err(error) = target.try_set_field(field, value) {
        problems.field(&variable.path, error.to_string());
    }
}

/// The mask of a PATCH that names none is what its body holds.
fn fill_mask(binding: &Binding, json: Option<&Json>, request: &mut DynamicMessage) {
    let (Some(field), Body::Field(_, message), Some(Json::Object(body))) = (&binding.mask, &binding.body, json) else {
        return;
    };
    if request.has_field(field) {
        return;
    }
    let kind = field.kind();
    let paths = mask::of_body(message, body);
    if let Some(value) = kind.as_message().and_then(|mask| query::mask_message(mask, paths)) {
        // The binding made sure that the field is a single mask.
        let _ = request.try_set_field(field, value);
    }
}

fn fill_etag(binding: &Binding, headers: &HeaderMap, request: &mut DynamicMessage, problems: &mut Problems) {
    const HEADER: &str = "If-Match";
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return };
    if values.next().is_some() {
        return problems.field(HEADER, "is given twice: send one etag");
    }
    let Some(value) = value.to_str().ok().map(str::trim).filter(|value| !value.is_empty()) else {
        return problems.field(HEADER, "is no etag: send back the value of the ETag header");
    };
    if value == "*" || matches!(binding.http_method, Method::GET | Method::HEAD) {
        return;
    }
    // Proxies that compress mark etags as weak; ours speak of the resource, not of its bytes.
    let value = value.strip_prefix("W/").unwrap_or(value);
    let quoted = if value.starts_with('"') { value.to_owned() } else { format!("\"{value}\"") };
    if quoted.len() < 2 || !quoted.ends_with('"') || quoted.bytes().filter(|byte| *byte == b'"').count() != 2 {
        return problems.field(HEADER, "is not one etag: send back the value of the ETag header");
    }
    let Some((field, outer)) = binding.etag.as_deref().and_then(<[FieldDescriptor]>::split_last) else {
        return problems.field(HEADER, "is not checked by this method: leave it out");
    };
    let Some(target) = query::descend(request, outer) else { return };
    let value = Value::String(quoted);
    if target.has_field(field) && *target.get_field(field) != value {
        return problems.field(HEADER, "differs from the etag of the request: keep one of them");
    }
    let _ = target.try_set_field(field, value);
}

/// A browser that reconnects says which event it saw last.
fn fill_cursor(binding: &Binding, headers: &HeaderMap, request: &mut DynamicMessage) {
    let (Some(field), Some(value)) = (&binding.resume, headers.get("last-event-id")) else { return };
    // Header bytes that are no text are no cursor of ours; the service says so.
    let value = String::from_utf8_lossy(value.as_bytes());
    if !request.has_field(field) && !value.is_empty() {
        let _ = request.try_set_field(field, Value::String(value.into_owned()));
    }
}
