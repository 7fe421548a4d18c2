//! Canonical proto3 JSON, read strictly and written as the standard says.
//!
//! Reading names every field at fault at once, by its path in proto names (`asset.labels["a b"]`), with what was expected. Fields may be
//! written in lowerCamelCase or as in the proto; enums by name or number; 64-bit integers as numbers or strings. `null` leaves a field
//! unset. Writing leaves fields out that have their default: absent means default, as in the proto3 JSON standard.

mod bind;
mod parse;
mod scalar;

use fault::{Fault, Outcome};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde::Serialize as _;
use serde_json::Value;
use wire::Violation;
use wire::fault::v1::ErrorReason;

pub(crate) use bind::{bind, field_named, snake_case, text_message, unknown};
pub(crate) use parse::parse;
pub(crate) use scalar::from_text;

/// Values nested deeper than this are refused.
pub const MOST_DEPTH: usize = 64;

/// More violations than this are counted, not listed.
const MOST_VIOLATIONS: usize = 100;

/// Where in a message something stands. Borrowed links, so that a message without faults allocates nothing.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The message itself.
    Root,
    /// A field of what is before.
    Field(&'a Place<'a>, &'a str),
    /// An item of the list before.
    Item(&'a Place<'a>, usize),
    /// An entry of the map before.
    Key(&'a Place<'a>, &'a str),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Root => Ok(()),
            Place::Field(Place::Root, name) => f.write_str(&shown(name)),
            Place::Field(before, name) => write!(f, "{before}.{}", shown(name)),
            Place::Item(before, index) => write!(f, "{before}[{index}]"),
            Place::Key(before, key) => write!(f, "{before}[{:?}]", shown(key)),
        }
    }
}

/// What the caller wrote, short enough to give back.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 64;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

/// What is wrong with a request, gathered.
#[derive(Default)]
pub(crate) struct Problems {
    violations: Vec<Violation>,
    left_out: usize,
}

impl Problems {
    /// Adds one.
    pub(crate) fn add(&mut self, place: &Place<'_>, description: impl Into<String>) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation { field: place.to_string(), description: description.into() });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds one about a field named by a path.
    pub(crate) fn field(&mut self, path: &str, description: impl Into<String>) {
        self.add(&Place::Field(&Place::Root, path), description);
    }

    /// Nothing, or all of them as one failure.
    pub(crate) fn outcome(mut self) -> Outcome<()> {
        if self.violations.is_empty() {
            return Ok(());
        }
        if self.left_out > 0 {
            let description =
                format!("{} more fields are wrong: only the first {MOST_VIOLATIONS} are listed", self.left_out);
            self.violations.push(Violation { field: "…".to_owned(), description });
        }
        Err(Fault::violations(self.violations))
    }
}

/// Reads a message from JSON text.
///
/// # Errors
/// `BODY_INVALID` where the text is no JSON object (with line and column), not UTF-8, nested deeper than [`MOST_DEPTH`], or names a key
/// twice. `FIELD_INVALID` where fields are unknown or of the wrong type: all of them at once.
pub fn message_from_json(message: &MessageDescriptor, text: impl AsRef<[u8]>) -> Outcome<DynamicMessage> {
    let value = parse(text.as_ref())?;
    let mut problems = Problems::default();
    let bound = bind(message, &value, &Place::Root, &mut problems);
    problems.outcome()?;
    bound.ok_or_else(|| Fault::invalid(ErrorReason::BodyInvalid, "the message is null: send a JSON object"))
}

/// Writes a message as JSON. Fields at their default are left out.
///
/// A value that JSON has no form for (a timestamp outside the years 1 to 9999, a field mask with capitals) gives `null` in place of the whole message; use
/// [`message_to_text`] to learn of it.
#[must_use]
pub fn message_to_json(message: &DynamicMessage) -> Value {
    message.serialize(serde_json::value::Serializer).unwrap_or_default()
}

/// Writes a message as JSON text on one line. Fields at their default are left out.
///
/// # Errors
/// `DEFECT` where a value has no form in JSON: a timestamp outside the years 1 to 9999, a field mask with capitals.
pub fn message_to_text(message: &DynamicMessage) -> Outcome<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    message.serialize(&mut serde_json::Serializer::new(&mut out)).map_err(Fault::defect)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
