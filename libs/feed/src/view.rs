//! A ledger entry as callers see it.

use fault::{Fault, Outcome};
use prost_reflect::{DynamicMessage, SerializeOptions};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use store::{Entry, timestamp};
use wire::changes::v1::Change;

/// The change an entry records.
pub(crate) fn change(service: &str, entry: &Entry) -> Outcome<Change> {
    let digest = entry.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Change {
        service: service.to_owned(),
        sequence: entry.sequence,
        change_time: timestamp(entry.at),
        resource: entry.resource.clone(),
        kind: entry.kind.clone(),
        verb: entry.verb as i32,
        version: entry.version,
        actor: entry.actor.clone(),
        on_behalf_of: entry.on_behalf_of.clone(),
        method: entry.method.clone(),
        trace: entry.trace.get(3..35).unwrap_or_default().to_owned(),
        before: message(&entry.kind, &entry.before)?,
        after: message(&entry.kind, &entry.after)?,
        transaction: entry.transaction,
        digest,
    })
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
