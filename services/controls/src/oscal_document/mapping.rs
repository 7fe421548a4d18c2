//! A mapping collection of OSCAL as mappings of ours with their entries. Pure.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::{ErrorReason, Mapping, MappingEntry};

use super::id::{cut, id_of};
use super::rejected::Rejected;
use crate::oscal::{self, ControlMap, MappingCollection, MappingItem, MappingSource, Relationship};

/// What is made of a mapping collection.
pub(crate) struct Plan {
    /// Its mappings, in the order of the document.
    pub(crate) mappings: Vec<Planned>,
    /// What is not taken.
    pub(crate) rejected: Rejected,
}

/// A mapping that is made of one of the document.
pub(crate) struct Planned {
    /// Its UUID in the document.
    pub(crate) uuid: String,
    /// Where it stands there, as a JSON path.
    pub(crate) path: String,
    /// The mapping, without name, catalogues and stamps.
    pub(crate) mapping: Mapping,
    /// Where its sources are from.
    pub(crate) source: MappingSource,
    /// Where its targets are from.
    pub(crate) target: MappingSource,
    /// Its entries.
    pub(crate) entries: Vec<PlannedEntry>,
}

/// An entry that is made of a map of the document.
pub(crate) struct PlannedEntry {
    /// Its id within the mapping.
    pub(crate) id: String,
    /// The UUID of the map.
    pub(crate) uuid: String,
    /// Where the map stands, as a JSON path.
    pub(crate) path: String,
    /// The entry, without name and stamps.
    pub(crate) entry: MappingEntry,
}

/// Makes a plan of a mapping collection and of what its reader did not understand.
pub(crate) fn plan(document: &oscal::Document, collection: &MappingCollection) -> Plan {
    let mut rejected = Rejected::of(&document.problems);
    let paths = paths(&collection.source);
    let several = collection.mappings.len() > 1;
    let mut mappings = Vec::new();
    for mapping in &collection.mappings {
        let mut title = cut(&collection.metadata.title, if several { 120 } else { 200 });
        if several {
            let (from, to) = (short(&mapping.source.href), short(&mapping.target.href));
            title = cut(&format!("{title}: {from} to {to}"), 200);
        }
        let said = [
            ("status", mapping.status.as_deref()),
            ("method", mapping.method.as_deref()),
            ("rationale", mapping.rationale.as_deref()),
        ];
        let said = said.into_iter().filter_map(|(what, word)| Some(format!(", {what} {}", word?)));
        let row = Mapping {
            display_name: title,
            version: cut(&collection.metadata.version, 64),
            provenance: cut(
                &format!("Imported from an OSCAL document, UUID {}{}.", collection.uuid, said.collect::<String>()),
                4000,
            ),
            ..Default::default()
        };
        let entries = entries(mapping, &paths, &mut rejected);
        mappings.push(Planned {
            path: paths
                .get(mapping.uuid.as_str())
                .cloned()
                .unwrap_or_else(|| "$.mapping-collection.mappings".to_owned()),
            uuid: mapping.uuid.clone(),
            mapping: row,
            source: mapping.source.clone(),
            target: mapping.target.clone(),
            entries,
        });
    }
    Plan { mappings, rejected }
}

fn short(href: &str) -> String {
    cut(href.rsplit('/').next().unwrap_or(href), 60)
}

/// Where mappings and maps stand, by their UUIDs; the first of several that have the same.
fn paths(source: &Value) -> HashMap<&str, String> {
    fn uuid(value: &Value) -> Option<&str> {
        value.get("uuid").and_then(Value::as_str)
    }
    let mut paths = HashMap::new();
    let one = source.get("mappings").into_iter();
    let mappings = one.flat_map(|mappings| mappings.as_array().map_or(std::slice::from_ref(mappings), Vec::as_slice));
    for (index, mapping) in mappings.enumerate() {
        let path = format!("$.mapping-collection.mappings[{index}]");
        for (index, map) in mapping.get("maps").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(uuid) = uuid(map) {
                paths.entry(uuid).or_insert_with(|| format!("{path}.maps[{index}]"));
            }
        }
        if let Some(uuid) = uuid(mapping) {
            paths.entry(uuid).or_insert(path);
        }
    }
    paths
}

fn entries(mapping: &oscal::Mapping, paths: &HashMap<&str, String>, rejected: &mut Rejected) -> Vec<PlannedEntry> {
    let (mut entries, mut seen) = (Vec::with_capacity(mapping.maps.len()), HashSet::new());
    for map in &mapping.maps {
        let path = paths.get(map.uuid.as_str()).cloned().unwrap_or_default();
        let Some(id) = id_of(&map.uuid).filter(|id| seen.insert(id.clone())) else {
            let message = "its UUID is that of another map, or gives no id here";
            rejected.add(&format!("{path}.uuid"), &map.uuid, ErrorReason::OscalIdClash, message);
            continue;
        };
        let entry = match entry(map) {
            Ok(entry) => entry,
            Err(item) => {
                let message = format!("`{item}` gives no id of a control here");
                rejected.add(&path, &map.uuid, ErrorReason::OscalItemInvalid, &message);
                continue;
            }
        };
        match fault::check(&entry) {
            Ok(()) => entries.push(PlannedEntry { id, uuid: map.uuid.clone(), path, entry }),
            Err(fault) => rejected.refuse(&path, &map.uuid, &fault),
        }
    }
    entries
}

/// The entry of a map; the id that gives none here where there is one.
fn entry(map: &ControlMap) -> Result<MappingEntry, String> {
    let (sources, targets) = (controls(&map.sources)?, controls(&map.targets)?);
    let parts = map.sources.iter().chain(&map.targets).any(|item| item.kind != "control");
    let relation = relation(&map.relationship, targets.len(), parts);
    let mut rationale = map.remarks.clone().unwrap_or_default();
    if parts {
        let named = map.sources.iter().chain(&map.targets).filter(|item| item.kind != "control");
        let named: Vec<&str> = named.map(|item| item.id.as_str()).collect();
        let note = format!("The map names parts of controls: {}.", named.join(", "));
        rationale = if rationale.is_empty() { note } else { format!("{rationale}\n\n{note}") };
    }
    let relationship = map.relationship.word().to_owned();
    Ok(MappingEntry { sources, targets, relation: relation.into(), rationale, relationship, ..Default::default() })
}

/// What a relationship, which holds for all targets taken together, says of each of them: never more. A statement is a part of its
/// control, so what holds for it says of the control only that the two concern each other.
fn relation(relationship: &Relationship, targets: usize, parts: bool) -> Relation {
    match (relationship, targets) {
        (Relationship::Other(_), _) => Relation::Related,
        (Relationship::None, _) if parts => Relation::Related,
        (Relationship::None, _) => Relation::None,
        _ if parts => Relation::Related,
        (Relationship::Equal | Relationship::Equivalent, 0 | 1) => Relation::Equal,
        // What asks the same as all of them asks all that each of them does.
        (Relationship::Equal | Relationship::Equivalent | Relationship::Superset, _) => Relation::Superset,
        (Relationship::Subset, 0 | 1) => Relation::Subset,
        // A part of all of them together covers each in part at most, and none of them alone covers it.
        (Relationship::Subset | Relationship::Intersects, _) => Relation::Intersects,
    }
}

/// The ids here of what a map names, each once; statements stand for their controls.
fn controls(items: &[MappingItem]) -> Result<Vec<String>, String> {
    let mut ids: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let control = match item.kind.as_str() {
            "control" => item.id.as_str(),
            _ => item.id.split("_smt").next().unwrap_or(&item.id),
        };
        let id = id_of(control).ok_or_else(|| item.id.clone())?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Lays what the document says of a mapping over the row. What a mapping is between does not change.
pub(crate) fn lay_mapping(row: &mut Mapping, planned: &Mapping) {
    row.display_name.clone_from(&planned.display_name);
    row.version.clone_from(&planned.version);
    row.provenance.clone_from(&planned.provenance);
}

/// Lays what the document says of an entry over the row.
pub(crate) fn lay_entry(row: &mut MappingEntry, planned: &MappingEntry) {
    row.sources.clone_from(&planned.sources);
    row.targets.clone_from(&planned.targets);
    row.relation = planned.relation;
    row.rationale.clone_from(&planned.rationale);
    row.relationship.clone_from(&planned.relationship);
}

#[cfg(test)]
mod tests {
    use super::{Relation, Relationship, relation};

    #[test]
    fn what_holds_for_several_is_never_raised_for_one() {
        for (relationship, one, several) in [
            (Relationship::Equal, Relation::Equal, Relation::Superset),
            (Relationship::Equivalent, Relation::Equal, Relation::Superset),
            (Relationship::Superset, Relation::Superset, Relation::Superset),
            (Relationship::Subset, Relation::Subset, Relation::Intersects),
            (Relationship::Intersects, Relation::Intersects, Relation::Intersects),
            (Relationship::None, Relation::None, Relation::None),
            (Relationship::Other("x".to_owned()), Relation::Related, Relation::Related),
        ] {
            assert_eq!(relation(&relationship, 1, false), one, "{relationship:?}");
            assert_eq!(relation(&relationship, 2, false), several, "{relationship:?}");
            assert_eq!(relation(&relationship, 1, true), Relation::Related, "{relationship:?} of a part");
        }
    }
}
