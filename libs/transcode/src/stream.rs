//! A server stream as NDJSON or as server-sent events.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http::header::{self, HeaderMap, HeaderValue};
use http::{HeaderName, Response};
use prost_reflect::DynamicMessage;
use tonic::{Status, Streaming};

use crate::binding::Binding;
use crate::error::error_json;
use crate::json::message_to_text;
use crate::respond::pass_back;

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON value per line.
    Lines,
    /// `text/event-stream`, as browsers read it.
    Events,
}

impl Format {
    /// What the caller accepts; lines unless events are asked for.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let events = accepts
            .flat_map(|value| value.split(','))
            .any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream"));
        if events { Format::Events } else { Format::Lines }
    }

    fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Format::Lines => "application/x-ndjson",
            Format::Events => "text/event-stream",
        })
    }
}

/// The answer of a server stream: it begins at once, whenever its first message comes.
pub(crate) fn respond(
    binding: &Binding,
    format: Format,
    keep_alive: Duration,
    headers: &HeaderMap,
    messages: Streaming<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Body::from_stream(frames(binding.clone(), format, keep_alive, messages)));
    let into = response.headers_mut();
    pass_back(headers, into);
    into.insert(header::CONTENT_TYPE, format.media_type());
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Some reverse proxies hold a response back until it is whole, unless told not to.
    into.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Each message as one frame; an error as the last. `None` as the state: the stream has ended.
fn frames(
    binding: Binding,
    format: Format,
    keep_alive: Duration,
    messages: Streaming<Bytes>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static {
    stream::unfold(Some((binding, messages)), move |state| async move {
        let (binding, mut messages) = state?;
        let next = match format {
            Format::Lines => messages.next().await,
            Format::Events => match tokio::time::timeout(keep_alive, messages.next()).await {
                Ok(next) => next,
                // A comment: it keeps proxies from closing a quiet connection.
                Err(_) => return Some((Ok(Bytes::from_static(b": keep-alive\n\n")), Some((binding, messages)))),
            },
        };
        match next?.and_then(|message| frame(&binding, format, message)) {
            Ok(frame) => Some((Ok(frame), Some((binding, messages)))),
            Err(status) => Some((Ok(failure(format, status)), None)),
        }
    })
}

fn frame(binding: &Binding, format: Format, message: Bytes) -> Result<Bytes, Status> {
    let message = DynamicMessage::decode(binding.output.clone(), message).map_err(fault::Fault::defect)?;
    let text = message_to_text(&message)?;
    let mut out = Vec::with_capacity(text.len() + 64);
    match format {
        Format::Lines => {
            out.extend(text);
            out.push(b'\n');
        }
        Format::Events => {
            if let Some(cursor) = cursor(binding, &message) {
                out.extend_from_slice(format!("id: {cursor}\n").as_bytes());
            }
            // JSON text of ours has no line breaks, so one line of data holds it.
            out.extend_from_slice(b"data: ");
            out.extend(text);
            out.extend_from_slice(b"\n\n");
        }
    }
    Ok(out.into())
}

/// The cursor as an event's id. One that would break the framing is left out.
fn cursor(binding: &Binding, message: &DynamicMessage) -> Option<String> {
    let value = message.get_field(binding.output_cursor.as_ref()?);
    let text = value.as_str().filter(|text| !text.is_empty() && !text.contains(['\n', '\r', '\0']))?;
    Some(text.to_owned())
}

fn failure(format: Format, status: Status) -> Bytes {
    let text = error_json(status).to_string();
    match format {
        Format::Lines => format!("{text}\n").into(),
        Format::Events => format!("event: error\ndata: {text}\n\n").into(),
    }
}
