//! REST/JSON for gRPC from descriptors; OpenAPI.
//!
//! A [`Transcoder`] is built once from the descriptors: it compiles every `google.api.http` binding into one path trie. Each HTTP
//! request then becomes a message, a gRPC call through the upstream it is given, and JSON again. Nothing here knows a service by name;
//! a new method needs its annotation and nothing else.
//!
//! ```text
//! path, query, headers, body ── request ──▶ message ── BytesCodec ──▶ upstream
//!         JSON, NDJSON or SSE ◀── respond, stream, error ◀── message or status
//! ```
//!
//! What callers can rely on:
//! - Fields that have their default are left out of answers, as the proto3 JSON standard has it: absent means default.
//! - A standard Create answers 200 with the resource, as the AIPs do, not 201.
//! - Unknown fields and query parameters are refused, and every fault of a request is named at once.
//! - A PATCH without `update_mask` changes the fields its body holds; the path names the resource, so the body need not.
//! - `If-Match` fills the etag of the request; an answer with an etag has it as `ETag` header too.
//! - Server streams are NDJSON, or server-sent events where `Accept` asks for `text/event-stream`; `Last-Event-ID` resumes.

mod binding;
mod codec;
mod error;
mod escape;
#[cfg(test)]
mod fixture;
pub mod json;
mod mask;
pub mod openapi;
mod query;
mod request;
mod respond;
mod route;
mod stream;
mod template;
mod transcoder;

pub use binding::ConflictError;
pub use codec::BytesCodec;
pub use error::error_response;
pub use json::{message_from_json, message_to_json, message_to_text};
pub use openapi::{Info, openapi};
pub use route::Match;
pub use transcoder::Transcoder;
