//! Events and what they do to the topology.

use serde_json::{Map, Value};

use super::{Entity, Relationship, Topology};
use crate::out::{Out, Source};
use crate::text;

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    /// Create or merge: both lay what they say over what is known.
    Say,
    Delete,
}

/// Replays one event; what stands there where it is none.
pub(super) fn take(value: Value, origin: &str, topology: &mut Topology, out: &mut Out<'_>) -> Result<(), String> {
    let Value::Object(mut event) = value else { return Err("a value that is not an object".to_owned()) };
    let told = text::line(&text::word(&event, "type"), 100);
    if told.is_empty() || !event.contains_key("specversion") {
        return Err("an object that is no CloudEvent (it has no `specversion` or no `type`)".to_owned());
    }
    let last = told.rsplit('.').next().unwrap_or_default();
    let kind = format!("event {last}");
    let from = Source::new(origin, kind);
    out.count(&from.kind);
    let action = match last {
        "create" | "merge" => Action::Say,
        "delete" => Action::Delete,
        "source-entity-delete" => {
            let why = "a source that no longer tells of a thing does not say that the thing is gone";
            out.not_imported(&from.kind, why);
            return Ok(());
        }
        _ => {
            let message = format!("the event type `{told}` is none of create, merge, delete, source-entity-delete");
            out.reject(&from, "BODY_INVALID", message, "type");
            return Ok(());
        }
    };
    let data = match event.remove("data") {
        Some(Value::Object(data)) => data,
        _ => {
            let message = "the event has no object `data`; events with `data_base64` or text have to be decoded before";
            out.reject(&from, "BODY_INVALID", message, "data");
            return Ok(());
        }
    };
    for (member, is_entity) in [("entities", true), ("relationships", false)] {
        for (kind, entries, at) in groups(data.get(member), &format!("{origin}.data.{member}"), out) {
            for (index, entry) in entries.iter().enumerate() {
                let from = Source::new(format!("{at}[{index}]"), kind);
                out.count(&text::line(super::tables::bare(kind), 100));
                match (is_entity, action) {
                    (true, Action::Say) => entity(entry, from, topology, out),
                    (false, Action::Say) => relationship(entry, from, topology, out),
                    (_, Action::Delete) => delete(entry, &from, is_entity, topology, out),
                }
            }
        }
    }
    Ok(())
}

/// The groups of `entities` or `relationships`, each `{type: [entry]}`: a list of objects, or one object as before version 1.
fn groups<'a>(value: Option<&'a Value>, at: &str, out: &mut Out<'_>) -> Vec<(&'a str, &'a [Value], String)> {
    let objects: Vec<(String, &Value)> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().enumerate().map(|(i, group)| (format!("{at}[{i}]"), group)).collect(),
        Some(other) => vec![(at.to_owned(), other)],
    };
    let mut found = Vec::new();
    for (at, group) in objects {
        let Value::Object(kinds) = group else {
            out.reject(&Source::new(at, "group"), "BODY_INVALID", "expected an object of lists, by type", "");
            continue;
        };
        for (kind, entries) in kinds {
            let at = format!("{at}[\"{}\"]", text::line(kind, 80));
            match entries {
                Value::Array(entries) => found.push((kind.as_str(), entries.as_slice(), at)),
                Value::Null => {}
                one @ Value::Object(_) => found.push((kind.as_str(), std::slice::from_ref(one), at)),
                _ => out.reject(&Source::new(at, "group"), "BODY_INVALID", "expected a list of entries", ""),
            }
        }
    }
    found
}

/// The members of an entry and its id; rejected where it has none.
fn identified<'a>(entry: &'a Value, from: &Source, out: &mut Out<'_>) -> Option<(&'a Map<String, Value>, String)> {
    let Some(fields) = entry.as_object() else {
        out.reject(from, "BODY_INVALID", "the entry is not an object; remove it or export it anew", "");
        return None;
    };
    let id = text::word(fields, "id");
    if id.is_empty() {
        let message = "the entry has no `id`, so a second import could not find it again; give each one";
        out.reject(from, "FIELD_INVALID", message, "id");
        return None;
    }
    Some((fields, id))
}

fn entity(entry: &Value, from: Source, topology: &mut Topology, out: &mut Out<'_>) {
    let Some((fields, id)) = identified(entry, &from, out) else { return };
    let said = fields.get("attributes").and_then(Value::as_object);
    let sources = fields.get("sourceIds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let sources: Vec<String> = sources.iter().filter_map(text::of_json).collect();
    topology.gone.remove(&id);
    let known = topology.entities.get(&id);
    let fold = known.is_some();
    match known {
        Some(known) => {
            if known.kind != from.kind {
                out.warn(format!(
                    "{}: `{}` was of another type before; the last one counts",
                    from.origin,
                    text::line(&id, 80)
                ));
                known.kind.clone_from(&from.kind);
            }
            lay(&mut known.attributes, said);
            if !sources.is_empty() {
                known.sources = sources;
            }
        }
        None => {
            let mut attributes = Map::new();
            lay(&mut attributes, said);
            let kind = from.kind.clone();
            topology.entities.put(&id, Entity { kind, attributes, sources, from });
        }
    }
    if fold {
        out.not_imported("entity, repeated", "folded into the one with the same id that came before");
    }
}

/// Lays attributes over those that are known; null takes one away.
fn lay(known: &mut Map<String, Value>, said: Option<&Map<String, Value>>) {
    for (key, value) in said.into_iter().flatten() {
        if value.is_null() {
            known.remove(key);
        } else {
            known.insert(key.clone(), value.clone());
        }
    }
}

fn relationship(entry: &Value, from: Source, topology: &mut Topology, out: &mut Out<'_>) {
    let Some((fields, id)) = identified(entry, &from, out) else { return };
    let (a, b) = (text::word(fields, "aSide"), text::word(fields, "bSide"));
    let field = match (a.is_empty(), b.is_empty()) {
        (true, _) => "aSide",
        (_, true) => "bSide",
        _ => "",
    };
    if !field.is_empty() {
        let message = format!("the relationship has no `{field}`, so it relates nothing; name both sides");
        out.reject(&from, "FIELD_INVALID", message, field);
        return;
    }
    if super::tables::verb(&from.kind).is_none() {
        let kind = text::line(super::tables::bare(&from.kind), 100);
        let message = format!(
            "the relationship type `{kind}` has no known verb, so nothing says which side depends on the other"
        );
        out.reject(&from, "FIELD_INVALID", message, "type");
        return;
    }
    if topology.relationships.remove(&id).is_some() {
        out.not_imported("relationship, repeated", "the same id came again; the last one counts");
    }
    let kind = from.kind.clone();
    topology.relationships.put(&id, Relationship { kind, a, b, from });
}

/// Takes away what an earlier event brought.
fn delete(entry: &Value, from: &Source, is_entity: bool, topology: &mut Topology, out: &mut Out<'_>) {
    let Some((_, id)) = identified(entry, from, out) else { return };
    let gone =
        if is_entity { topology.entities.remove(&id).is_some() } else { topology.relationships.remove(&id).is_some() };
    if is_entity {
        topology.gone.insert(id);
    }
    let (kind, why) = if gone {
        ("deleted", "an earlier event of the file brought it and this one takes it away: nothing is handed over")
    } else {
        ("deleted elsewhere", "an import forgets nothing; retire the asset in the register where it is gone for good")
    };
    out.not_imported(kind, why);
    if gone {
        // The event that brought it was counted too.
        out.not_imported(kind, why);
    }
}
