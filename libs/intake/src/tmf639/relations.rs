//! Relationships between resources as dependencies.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::Nested;
use super::tables::{Direction, RELATIONS};
use crate::out::{Out, Source};
use crate::text;

/// Holds the dependencies of a resource back.
pub(super) fn take(id: &str, resource: &Map<String, Value>, from: &Source, out: &mut Out<'_>) {
    for relation in list(resource, "resourceRelationship") {
        related(id, relation, from, out);
    }
    for support in list(resource, "supportingResource") {
        let other = target(support);
        if other.is_empty() {
            out.not_imported("supportingResource", "it names no resource id");
            continue;
        }
        out.count("supportingResource");
        out.dependency(id, &other, "uses", "supportingResource", from);
    }
}

fn related(id: &str, relation: &Value, from: &Source, out: &mut Out<'_>) {
    out.count("resourceRelationship");
    let Some(fields) = relation.as_object() else {
        out.not_imported("resourceRelationship", "it is not an object");
        return;
    };
    let other = target(relation);
    if other.is_empty() {
        out.not_imported("resourceRelationship", "it names no resource id");
        return;
    }
    let stated = ["relationshipType", "type"].iter().map(|key| text::word(fields, key)).find(|word| !word.is_empty());
    let stated = stated.unwrap_or_default();
    let word = text::squeeze(&stated);
    let Some((_, direction, kind)) = RELATIONS.iter().find(|(name, ..)| *name == word) else {
        let why = "its relationship type is not known, so nothing says which side depends on the other";
        out.not_imported("resourceRelationship, unknown type", why);
        let told = if stated.is_empty() {
            "without a type".to_owned()
        } else {
            format!("of type `{}`", text::line(&stated, 60))
        };
        out.warn(format!("relationships {told} are not imported; use one of requires, runsOn, hosts, contains, connectedTo, carriedBy, poweredBy"));
        return;
    };
    let (dependent, supporting) = match direction {
        Direction::OnOther | Direction::Between => (id, other.as_str()),
        Direction::OnThis => (other.as_str(), id),
    };
    out.dependency(dependent, supporting, kind, &text::word(fields, "description"), from);
}

/// Members that a reference to a resource has; an object with others is the resource itself.
const OF_REFERENCE: &[&str] = &["id", "href", "name", "@type", "@baseType", "@schemaLocation", "@referredType"];

/// Puts the resources that stand inside of a resource into the queue.
pub(super) fn nested(resource: &Map<String, Value>, origin: &str, queue: &mut VecDeque<Nested>) {
    for key in ["resourceRelationship", "supportingResource"] {
        for (index, entry) in list(resource, key).iter().enumerate() {
            let inner = ["resource", "resourceRef"].iter().find_map(|name| Some((*name, entry.get(*name)?)));
            let (value, at) = match inner {
                Some((name, inner)) => (inner, format!("{origin}.{key}[{index}].{name}")),
                None if key == "supportingResource" => (entry, format!("{origin}.{key}[{index}]")),
                None => continue,
            };
            let Some(fields) = value.as_object() else { continue };
            if fields.keys().any(|name| !OF_REFERENCE.contains(&name.as_str())) {
                queue.push_back(Nested { fields: fields.clone(), origin: at });
            }
        }
    }
}

fn list<'a>(resource: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    match resource.get(key) {
        Some(Value::Array(items)) => items,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// The id of the resource that is meant: of `resource`, `resourceRef` or the reference itself, else the end of its `href`.
fn target(reference: &Value) -> String {
    let inner = reference.get("resource").or_else(|| reference.get("resourceRef")).unwrap_or(reference);
    let Some(fields) = inner.as_object() else {
        return inner.as_str().unwrap_or_default().trim().to_owned();
    };
    let id = text::word(fields, "id");
    if !id.is_empty() {
        return id;
    }
    let href = text::word(fields, "href");
    href.trim_end_matches('/').rsplit(['/', '=']).next().unwrap_or_default().to_owned()
}
