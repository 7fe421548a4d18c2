//! Mappings.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::{Mapping, MappingEntry};

use super::{changed, metadata};
use crate::id_of as last;
use crate::oscal::export::{ExportError, PROPERTY_NAMESPACE, token, uuid_of};
use crate::oscal::{self, MappingCollection};
use crate::oscal_document::mapping::{Planned, PlannedEntry, plan};

/// A mapping with its entries.
pub(crate) type Rows = (Mapping, Vec<MappingEntry>);

/// The document with what differs in the rows; none where nothing does and all of the document is asked for.
pub(crate) fn laid(
    document: &oscal::Document,
    collection: &MappingCollection,
    rows: &[Rows],
    all: bool,
) -> Option<Value> {
    let planned = plan(document, collection).mappings;
    let mut value = document.to_value();
    let before = value.clone();
    let several = planned.len() > 1;
    // How each mapping of the document is called here: the document's own id, and a number where there are several.
    let row_of = |number: usize| {
        rows.iter().find(|(mapping, _)| !several || last(&mapping.name).ends_with(&format!("-{number}")))
    };
    let named: HashMap<&str, (&Planned, Option<&Rows>)> =
        planned.iter().zip(1..).map(|(one, number)| (one.uuid.as_str(), (one, row_of(number)))).collect();
    let root = value.get_mut("mapping-collection")?.as_object_mut()?;
    let mut mappings = match root.remove("mappings")? {
        Value::Array(mappings) => mappings,
        one => vec![one],
    };
    let was_array = before.pointer("/mapping-collection/mappings").is_some_and(Value::is_array);
    mappings.retain_mut(|mapping| {
        let uuid = mapping.get("uuid").and_then(Value::as_str).unwrap_or_default();
        match named.get(uuid) {
            // What was not understood goes with the whole.
            None => all,
            Some((_, None)) => false,
            Some((planned, Some((_, entries)))) => {
                maps(mapping, planned, entries);
                true
            }
        }
    });
    let mappings = match (was_array, mappings.len()) {
        (false, 1) => mappings.pop().unwrap_or_default(),
        _ => Value::Array(mappings),
    };
    root.insert("mappings".to_owned(), mappings);
    (value != before).then_some(value)
}

/// Lays entries over the maps of a mapping.
fn maps(mapping: &mut Value, planned: &Planned, entries: &[MappingEntry]) {
    let rows: HashMap<&str, &MappingEntry> = entries.iter().map(|entry| (last(&entry.name), entry)).collect();
    let by_uuid: HashMap<&str, &PlannedEntry> =
        planned.entries.iter().map(|entry| (entry.uuid.as_str(), entry)).collect();
    let Some(Value::Array(maps)) = mapping.get_mut("maps") else { return };
    maps.retain_mut(|map| {
        let uuid = map.get("uuid").and_then(Value::as_str).unwrap_or_default();
        let Some(planned) = by_uuid.get(uuid) else { return true };
        let Some(row) = rows.get(planned.id.as_str()) else { return false };
        if said(&planned.entry) != said(row) {
            rewrite(map, &planned.entry, row);
        }
        true
    });
    let known: HashSet<&str> = planned.entries.iter().map(|entry| entry.id.as_str()).collect();
    let added = entries.iter().filter(|entry| !known.contains(last(&entry.name)));
    maps.extend(added.filter_map(|entry| map(entry, &|id| token(id))));
}

type Said<'a> = (&'a [String], &'a [String], Relation, &'a str);

fn said(entry: &MappingEntry) -> Said<'_> {
    (&entry.sources, &entry.targets, entry.relation(), &entry.rationale)
}

fn rewrite(map: &mut Value, planned: &MappingEntry, row: &MappingEntry) {
    let Some(map) = map.as_object_mut() else { return };
    for (key, before, after) in
        [("sources", &planned.sources, &row.sources), ("targets", &planned.targets, &row.targets)]
    {
        if before != after {
            map.insert(key.to_owned(), items(after, &|id| token(id)));
        }
    }
    if planned.relation != row.relation {
        relate(map, row.relation());
    }
    if planned.rationale != row.rationale {
        map.insert("remarks".to_owned(), json!(row.rationale));
    }
}

/// Says how a map relates its sides, and in whose words.
fn relate(map: &mut Map<String, Value>, relation: Relation) {
    map.insert("relationship".to_owned(), json!(word(relation)));
    if matches!(relation, Relation::Related | Relation::Unspecified) {
        map.insert("ns".to_owned(), json!(PROPERTY_NAMESPACE));
    } else {
        map.remove("ns");
    }
}

fn items(ids: &[String], id: &dyn Fn(&str) -> String) -> Value {
    ids.iter().map(|one| json!({"type": "control", "id-ref": id(one)})).collect()
}

fn word(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equivalent-to",
        Relation::Subset => "subset-of",
        Relation::Superset => "superset-of",
        Relation::Intersects => "intersects-with",
        // OSCAL has no word for it: this one is of our namespace.
        Relation::Related | Relation::Unspecified => "related",
        Relation::None => "no-relationship",
    }
}

/// An entry as a map; none where it names nothing on one side, which OSCAL cannot say.
fn map(entry: &MappingEntry, id: &dyn Fn(&str) -> String) -> Option<Value> {
    if entry.sources.is_empty() || entry.targets.is_empty() {
        return None;
    }
    let mut map = json!({
        "uuid": uuid_of("map", &entry.name).to_string(),
        "sources": items(&entry.sources, id),
        "targets": items(&entry.targets, id),
    });
    let fields = map.as_object_mut()?;
    relate(fields, entry.relation());
    if !entry.rationale.is_empty() {
        fields.insert("remarks".to_owned(), json!(entry.rationale));
    }
    Some(map)
}

/// A mapping collection that no document stands behind. What our relation says of each target, a map of its own says.
pub(crate) fn made(rows: &[Rows]) -> Result<Value, ExportError> {
    let missing = |reason: &str| ExportError { field: "mappings".to_owned(), reason: reason.to_owned() };
    let Some((first, _)) = rows.first() else { return Err(missing("must hold at least one mapping")) };
    let mut mappings = Vec::new();
    for (mapping, entries) in rows {
        let mut maps = Vec::new();
        for entry in entries {
            for target in &entry.targets {
                let alone = MappingEntry {
                    name: format!("{}\n{target}", entry.name),
                    targets: vec![target.clone()],
                    ..entry.clone()
                };
                maps.extend(map(&alone, &|id| token(id)));
            }
        }
        if maps.is_empty() {
            return Err(missing("must have at least one entry that names controls on both sides"));
        }
        mappings.push(json!({
            "uuid": uuid_of("mapping", &mapping.name).to_string(),
            "source-resource": {"type": "catalog", "href": mapping.source_catalogue},
            "target-resource": {"type": "catalog", "href": mapping.target_catalogue},
            "maps": maps,
        }));
    }
    let times = rows
        .iter()
        .flat_map(|(mapping, entries)| entries.iter().map(|entry| entry.update_time).chain([mapping.update_time]));
    let status = if first.provisional { "draft" } else { "complete" };
    Ok(json!({"mapping-collection": {
        "uuid": uuid_of("mapping-collection", &first.name).to_string(),
        "metadata": metadata(&first.display_name, &first.version, changed(times)),
        "provenance": {
            "method": "human", "matching-rationale": "semantic", "status": status,
            "mapping-description": Some(first.provenance.as_str()).filter(|text| !text.trim().is_empty()).unwrap_or("A mapping."),
        },
        "mappings": mappings,
    }}))
}
