//! A JSON value to a message, with every fault named by its field.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use serde_json::{Map, Value as Json};

use super::scalar::{expected, from_json, from_text, got};
use super::{Place, Problems, shown};

/// The range of `google.protobuf.Timestamp`: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970.
const TIMESTAMP: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Binds a value to a message. `None` where the value is null or so wrong that no message comes of it; the latter is in `problems`.
pub(crate) fn bind(
    message: &MessageDescriptor,
    value: &Json,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<DynamicMessage> {
    if let Some(wrapped) = wrapped(message) {
        if value.is_null() {
            return None;
        }
        return match from_json(&wrapped.kind(), value) {
            Ok(value) => filled(message, &wrapped, value),
            Err(wrong) => refuse(problems, place, wrong),
        };
    }
    match (message.full_name(), value) {
        ("google.protobuf.Value", _) => standard(message, value, place, problems),
        (_, Json::Null) => None,
        (
            "google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask",
            Json::String(text),
        ) => match text_message(message, text) {
            Ok(message) => Some(message),
            Err(wrong) => refuse(problems, place, wrong),
        },
        ("google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask", _) => {
            refuse(problems, place, format!("expected {}, got {}", text_form(message), got(value)))
        }
        ("google.protobuf.ListValue", Json::Array(_)) => standard(message, value, place, problems),
        ("google.protobuf.ListValue", _) => refuse(problems, place, format!("expected a list, got {}", got(value))),
        ("google.protobuf.Any" | "google.protobuf.Struct", Json::Object(_)) => {
            standard(message, value, place, problems)
        }
        (_, Json::Object(fields)) => Some(bind_fields(message, fields, place, problems)),
        _ => {
            let kind = Kind::Message(message.clone());
            refuse(problems, place, format!("expected {}, got {}", expected(&kind), got(value)))
        }
    }
}

/// A message that JSON and queries write as one string: a timestamp, duration, field mask or wrapper. The error says what was expected.
pub(crate) fn text_message(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    if let Some(wrapped) = wrapped(message) {
        return from_text(&wrapped.kind(), text).and_then(|value| {
            filled(message, &wrapped, value).ok_or_else(|| format!("expected {}", expected(&wrapped.kind())))
        });
    }
    let wrong = || format!("expected {}, got {:?}", text_form(message), shown(text));
    let read = match message.full_name() {
        "google.protobuf.FieldMask" => {
            let paths: Vec<Value> = text
                .split(',')
                .map(str::trim)
                .filter(|path| !path.is_empty())
                .map(|path| Value::String(snake_case(path)))
                .collect();
            let field = message.get_field_by_name("paths").ok_or_else(wrong)?;
            return filled(message, &field, Value::List(paths)).ok_or_else(wrong);
        }
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            DynamicMessage::deserialize(message.clone(), Json::String(text.to_owned())).ok()
        }
        _ => None,
    };
    let in_range = |read: &DynamicMessage| {
        let seconds = read.get_field_by_name("seconds").and_then(|value| value.as_i64()).unwrap_or_default();
        message.name() != "Timestamp" || TIMESTAMP.contains(&seconds)
    };
    read.filter(in_range).ok_or_else(wrong)
}

/// Whether a message is written as one string in a query.
fn text_form(message: &MessageDescriptor) -> &'static str {
    match message.full_name() {
        "google.protobuf.Timestamp" => "an RFC 3339 time such as \"2026-07-01T12:00:00Z\"",
        "google.protobuf.Duration" => "a number of seconds with s, such as \"1.5s\"",
        "google.protobuf.FieldMask" => "names of fields, comma separated, such as \"displayName,labels\"",
        _ => "fields, each named by itself",
    }
}

/// The only field of a wrapper (`google.protobuf.StringValue` and its kin).
fn wrapped(message: &MessageDescriptor) -> Option<FieldDescriptor> {
    let short = message.full_name().strip_prefix("google.protobuf.")?;
    let wrapper = matches!(
        short,
        "DoubleValue"
            | "FloatValue"
            | "Int64Value"
            | "UInt64Value"
            | "Int32Value"
            | "UInt32Value"
            | "BoolValue"
            | "StringValue"
            | "BytesValue"
    );
    wrapper.then(|| message.get_field_by_name("value")).flatten()
}

fn filled(message: &MessageDescriptor, field: &FieldDescriptor, value: Value) -> Option<DynamicMessage> {
    let mut out = DynamicMessage::new(message.clone());
    out.try_set_field(field, value).ok().map(|()| out)
}

fn refuse(problems: &mut Problems, place: &Place<'_>, wrong: String) -> Option<DynamicMessage> {
    problems.add(place, wrong);
    None
}

/// The free-form types, whose JSON form the reflection crate knows.
fn standard(
    message: &MessageDescriptor,
    value: &Json,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<DynamicMessage> {
    match DynamicMessage::deserialize(message.clone(), value) {
        Ok(message) => Some(message),
        Err(error) => refuse(problems, place, format!("is no {}: {}", message.full_name(), shown(&error.to_string()))),
    }
}

fn bind_fields(
    message: &MessageDescriptor,
    fields: &Map<String, Json>,
    place: &Place<'_>,
    problems: &mut Problems,
) -> DynamicMessage {
    let mut out = DynamicMessage::new(message.clone());
    // A field has two names, so a JSON object without the same key twice may still give a field twice.
    let mut given: HashMap<u32, &str> = HashMap::with_capacity(fields.len().min(64));
    for (key, value) in fields {
        let Some(field) = field_named(message, key) else {
            problems.add(&Place::Field(place, key), unknown(message, key));
            continue;
        };
        let here = Place::Field(place, field.name());
        if let Some(other) = given.insert(field.number(), key) {
            problems.add(&here, format!("is given twice, as {other} and as {key}: keep one"));
            continue;
        }
        if let Some(oneof) = field.containing_oneof().filter(|_| !value.is_null())
            && let Some(other) = oneof.fields().find(|other| *other != field && out.has_field(other))
        {
            let other = other.name();
            problems.add(&here, format!("excludes {other}, which is given too: keep one of them"));
            continue;
        }
        if let Some(value) = bind_field(&field, value, &here, problems)
            && let Err(error) = out.try_set_field(&field, value)
        {
            problems.add(&here, error.to_string());
        }
    }
    out
}

/// A field by its JSON name or its proto name.
pub(crate) fn field_named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

/// Says that a message has no such field, and which may have been meant.
pub(crate) fn unknown(message: &MessageDescriptor, key: &str) -> String {
    let plain =
        |name: &str| -> String { name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase() };
    let wanted = plain(key);
    let near = message.fields().find(|field| {
        let name = plain(field.name());
        name == wanted || (wanted.len() > 3 && (name.starts_with(&wanted) || wanted.starts_with(&name)))
    });
    let of = message.full_name();
    match near {
        Some(field) => format!("is no field of {of}: did you mean {}?", field.json_name()),
        None => format!("is no field of {of}: /openapi.json lists them"),
    }
}

fn bind_field(field: &FieldDescriptor, value: &Json, place: &Place<'_>, problems: &mut Problems) -> Option<Value> {
    if field.is_map() {
        return match value {
            Json::Null => None,
            Json::Object(entries) => Some(Value::Map(bind_map(field, entries, place, problems))),
            other => {
                problems.add(place, format!("expected an object of keys and values, got {}", got(other)));
                None
            }
        };
    }
    if field.is_list() {
        return match value {
            Json::Null => None,
            Json::Array(items) => Some(Value::List(bind_list(field, items, place, problems))),
            other => {
                problems.add(place, format!("expected a list, got {}", got(other)));
                None
            }
        };
    }
    bind_single(&field.kind(), value, place, problems)
}

fn bind_single(kind: &Kind, value: &Json, place: &Place<'_>, problems: &mut Problems) -> Option<Value> {
    match kind {
        Kind::Message(message) => bind(message, value, place, problems).map(Value::Message),
        Kind::Enum(of) if of.full_name() == "google.protobuf.NullValue" => Some(Value::EnumNumber(0)),
        _ if value.is_null() => None,
        _ => match from_json(kind, value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                problems.add(place, wrong);
                None
            }
        },
    }
}

fn bind_list(field: &FieldDescriptor, items: &[Json], place: &Place<'_>, problems: &mut Problems) -> Vec<Value> {
    let kind = field.kind();
    let free = matches!(&kind, Kind::Message(message) if message.full_name() == "google.protobuf.Value");
    let mut out = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let here = Place::Item(place, index);
        if item.is_null() && !free {
            problems.add(&here, "a list holds no null: leave the item out");
            continue;
        }
        out.extend(bind_single(&kind, item, &here, problems));
    }
    out
}

fn bind_map(
    field: &FieldDescriptor,
    entries: &Map<String, Json>,
    place: &Place<'_>,
    problems: &mut Problems,
) -> HashMap<MapKey, Value> {
    let mut out = HashMap::with_capacity(entries.len());
    let Kind::Message(entry) = field.kind() else { return out };
    let (key_kind, value_kind) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
    let free = matches!(&value_kind, Kind::Message(message) if message.full_name() == "google.protobuf.Value");
    for (key, value) in entries {
        let here = Place::Key(place, key);
        if value.is_null() && !free {
            problems.add(&here, "a map holds no null: leave the key out");
            continue;
        }
        let bound_key = match from_text(&key_kind, key) {
            Ok(bound) => bound.into_map_key(),
            Err(wrong) => {
                problems.add(&here, format!("as a key {wrong}"));
                continue;
            }
        };
        if let (Some(key), Some(value)) = (bound_key, bind_single(&value_kind, value, &here, problems)) {
            out.insert(key, value);
        }
    }
    out
}

/// A path of a field mask in proto names: `displayName.fooBar` is `display_name.foo_bar`.
pub(crate) fn snake_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 4);
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            if !out.is_empty() && !out.ends_with(['.', '_']) {
                out.push('_');
            }
            out.push(character.to_ascii_lowercase());
        } else {
            out.push(character);
        }
    }
    out
}
