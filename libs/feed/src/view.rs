//! A ledger entry as callers see it.

use fault::{Fault, Outcome};
use prost_reflect::{DynamicMessage, SerializeOptions};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use store::{Entry, timestamp};
use wire::changes::v1::Change;
use wire::changes::v1::watch_changes_request::Body;

/// The change an entry records, with the resource in the form asked for.
pub(crate) fn change(service: &str, entry: Entry, body: Body) -> Outcome<Change> {
    let mut change = Change {
        service: service.to_owned(),
        sequence: entry.sequence,
        change_time: timestamp(entry.at),
        verb: entry.verb as i32,
        version: entry.version,
        trace: entry.trace.get(3..35).unwrap_or_default().to_owned(),
        transaction: entry.transaction,
        digest: hexadecimal(&entry.digest),
        ..Change::default()
    };
    match body {
        Body::Message => (change.before_message, change.after_message) = (entry.before, entry.after),
        Body::Json | Body::Unspecified => {
            change.before = message(&entry.kind, &entry.before)?;
            change.after = message(&entry.kind, &entry.after)?;
        }
    }
    (change.resource, change.kind) = (entry.resource, entry.kind);
    (change.actor, change.on_behalf_of, change.method) = (entry.actor, entry.on_behalf_of, entry.method);
    Ok(change)
}

fn hexadecimal(digest: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or_default();
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn message(kind: &str, bytes: &[u8]) -> Outcome<Option<Struct>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let descriptor =
        wire::pool().get_message_by_name(kind).ok_or_else(|| Fault::defect(format!("no descriptor of {kind}")))?;
    let dynamic = DynamicMessage::decode(descriptor, bytes).map_err(Fault::defect)?;
    let json = dynamic
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(Fault::defect)?;
    match value(json).kind {
        Some(Kind::StructValue(fields)) => Ok(Some(fields)),
        _ => Ok(None),
    }
}

fn value(json: serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(truth) => Kind::BoolValue(truth),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(value).collect() })
        }
        serde_json::Value::Object(fields) => {
            Kind::StructValue(Struct { fields: fields.into_iter().map(|(key, field)| (key, value(field))).collect() })
        }
    };
    Value { kind: Some(kind) }
}
