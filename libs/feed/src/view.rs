//! A ledger entry as callers see it.

use fault::{Fault, Outcome};
use prost_reflect::{DynamicMessage, SerializeOptions};
use prost_types::Struct;
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
        digest: data_encoding::HEXLOWER.encode(&entry.digest),
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
    Ok(wire::json::to_struct(json))
}
