//! Catalogues.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use wire::controls::v1::control::Origin;
use wire::controls::v1::{Catalogue, Control, Theme};

use super::changed;
use crate::id_of as last;
use crate::oscal::export::{
    self, Attribute, CatalogControl, CatalogExport, CatalogGroup, ExportError, Header, PROPERTY_NAMESPACE, token,
};
use crate::oscal::{self, Catalog};
use crate::oscal_document::catalogue::{ATTRIBUTES, LABELLED, Plan, Planned, TEXTS, WITHIN, plan};
use crate::oscal_document::id::id_of;

/// How deeply controls made here are written into each other; OSCAL readers have limits.
const MOST_LEVELS: usize = 16;

/// The document with what differs in the rows; none where nothing does.
pub(crate) fn laid(
    document: &oscal::Document,
    catalog: &Catalog,
    catalogue: &Catalogue,
    controls: &[Control],
) -> Result<Option<Value>, ExportError> {
    let Plan { catalogue: planned, controls: planned_controls, .. } = plan(document, catalog);
    let rows: HashMap<&str, &Control> = controls.iter().map(|control| (last(&control.name), control)).collect();
    let mut changes: HashMap<String, Change> = HashMap::new();
    for one in &planned_controls {
        let Some(row) = rows.get(one.id.as_str()) else {
            changes.insert(one.oscal_id.clone(), Change::Gone);
            continue;
        };
        let (planned, row) = (ours(one, &one.control), ours(one, row));
        if differs(&planned, &row) {
            let patch = Patch { fresh: alone(&row)?, planned, row };
            changes.insert(one.oscal_id.clone(), Change::Differs(Box::new(patch)));
        }
    }
    let known: HashSet<&str> = planned_controls.iter().map(|one| one.id.as_str()).collect();
    let added: Vec<&Control> =
        controls.iter().filter(|control| !control.withdrawn && !known.contains(last(&control.name))).collect();
    let head = (&planned.display_name, &planned.edition) != (&catalogue.display_name, &catalogue.edition);
    if changes.is_empty() && added.is_empty() && !head {
        return Ok(None);
    }
    let mut value = document.to_value();
    let Some(root) = value.get_mut("catalog").and_then(Value::as_object_mut) else { return Ok(Some(value)) };
    if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
        if planned.display_name != catalogue.display_name {
            metadata.insert("title".to_owned(), json!(catalogue.display_name));
        }
        if planned.edition != catalogue.edition && !catalogue.edition.is_empty() {
            metadata.insert("version".to_owned(), json!(catalogue.edition));
        }
    }
    walk(root, &mut changes);
    for (control, nested) in trees(&added) {
        let fresh = written(&[tree(control, &nested, 0)])?;
        place(root, control, fresh);
    }
    Ok(Some(value))
}

/// A control without the labels that its document says as properties of others: they stay what they are there.
fn ours(document: &Planned, control: &Control) -> Control {
    let mut control = control.clone();
    control.labels.retain(|key, value| document.foreign.get(key) != Some(value));
    control
}

enum Change {
    /// Its row was deleted.
    Gone,
    /// Its row says something else.
    Differs(Box<Patch>),
}

struct Patch {
    planned: Control,
    row: Control,
    /// The row written by itself.
    fresh: Map<String, Value>,
}

/// Whether a row says something else than the document; where it stands is the document's to say.
fn differs(planned: &Control, row: &Control) -> bool {
    let said = |control: &Control| {
        (
            (control.label.clone(), control.title.clone(), control.statement.clone(), control.guidance.clone()),
            control.withdrawn,
            attributes(control),
        )
    };
    said(planned) != said(row)
}

/// Changes and removes what stands in a catalogue, a group or a control; what stands in a removed control takes its place.
fn walk(inside: &mut Map<String, Value>, changes: &mut HashMap<String, Change>) {
    for group in inside.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(group) = group.as_object_mut() {
            walk(group, changes);
        }
    }
    let Some(Value::Array(controls)) = inside.get_mut("controls") else { return };
    let mut kept = Vec::with_capacity(controls.len());
    for mut value in std::mem::take(controls) {
        let Some(control) = value.as_object_mut() else {
            kept.push(value);
            continue;
        };
        walk(control, changes);
        let id = control.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        match changes.remove(&id) {
            None => kept.push(value),
            Some(Change::Gone) => {
                if let Some(Value::Array(nested)) = control.remove("controls") {
                    kept.extend(nested);
                }
            }
            Some(Change::Differs(patch)) => {
                patch.apply(control);
                kept.push(value);
            }
        }
    }
    if kept.is_empty() {
        inside.remove("controls");
    } else {
        inside.insert("controls".to_owned(), Value::Array(kept));
    }
}

impl Patch {
    fn apply(&self, control: &mut Map<String, Value>) {
        let Self { planned, row, fresh } = self;
        if planned.title != row.title
            && let Some(title) = fresh.get("title")
        {
            control.insert("title".to_owned(), title.clone());
        }
        if planned.label != row.label {
            self.property(control, "label");
        }
        if planned.withdrawn != row.withdrawn {
            self.property(control, "status");
        }
        if attributes(planned) != attributes(row) {
            let named: Vec<&str> = names().collect();
            let own = |property: &Value| {
                property.get("ns").and_then(Value::as_str) == Some(PROPERTY_NAMESPACE)
                    && property.get("name").and_then(Value::as_str).is_some_and(|name| named.contains(&name))
            };
            self.replace(control, &own);
        }
        if planned.statement != row.statement {
            self.text(control, "statement");
        }
        if planned.guidance != row.guidance {
            self.text(control, "guidance");
        }
    }

    /// A property of OSCAL becomes what the row says.
    fn property(&self, control: &mut Map<String, Value>, name: &str) {
        let is = |property: &Value| {
            property.get("name").and_then(Value::as_str) == Some(name)
                && property.get("ns").is_none_or(|ns| ns == "http://csrc.nist.gov/ns/oscal")
        };
        self.replace(control, &is);
    }

    /// The properties for which something holds become those that the row has of them.
    fn replace(&self, control: &mut Map<String, Value>, is: &dyn Fn(&Value) -> bool) {
        let of = |map: &Map<String, Value>| match map.get("props") {
            Some(Value::Array(props)) => props.clone(),
            _ => Vec::new(),
        };
        let mut props: Vec<Value> = of(control).into_iter().filter(|property| !is(property)).collect();
        props.extend(of(&self.fresh).into_iter().filter(|property| is(property)));
        set(control, "props", props);
    }

    /// The texts of a name become the one that the row has; none where it is empty. It keeps the id of the first.
    fn text(&self, control: &mut Map<String, Value>, name: &str) {
        let is = |part: &Value| part.get("name").and_then(Value::as_str) == Some(name) && part.get("ns").is_none();
        let of = |map: &Map<String, Value>| match map.get("parts") {
            Some(Value::Array(parts)) => parts.clone(),
            _ => Vec::new(),
        };
        let old = of(control);
        let at = old.iter().position(&is).unwrap_or(0);
        let id = old.iter().find(|part| is(part)).and_then(|part| part.get("id")).cloned();
        let mut parts: Vec<Value> = old.into_iter().filter(|part| !is(part)).collect();
        if let Some(mut fresh) = of(&self.fresh).into_iter().find(|part| is(part)) {
            if let (Some(map), Some(id)) = (fresh.as_object_mut(), id) {
                map.insert("id".to_owned(), id);
            }
            parts.insert(at.min(parts.len()), fresh);
        }
        set(control, "parts", parts);
    }
}

fn set(control: &mut Map<String, Value>, key: &str, values: Vec<Value>) {
    if values.is_empty() {
        control.remove(key);
    } else {
        control.insert(key.to_owned(), Value::Array(values));
    }
}

/// Puts a control that was made here into its parent, else into its theme, else at the end of the catalogue.
fn place(root: &mut Map<String, Value>, control: &Control, fresh: Vec<Value>) {
    // Twice, since a place that is not there must not be kept hold of. A group of groups holds no controls.
    let wished = [("controls", control.parent_control.as_str()), ("groups", control.theme.as_str())];
    let holds = |map: &Map<String, Value>| map.contains_key("controls") || !map.contains_key("groups");
    let path = wished.into_iter().find(|(key, id)| {
        let found = move_to(root, key, id);
        !id.is_empty() && found.is_some_and(|found| *key == "controls" || holds(found))
    });
    let target = match path {
        Some((key, id)) => move_to(root, key, id),
        None => Some(root),
    };
    let Some(target) = target else { return };
    match target.get_mut("controls") {
        Some(Value::Array(controls)) => controls.extend(fresh),
        _ => drop(target.insert("controls".to_owned(), Value::Array(fresh))),
    }
}

/// The control or group with an id of ours.
fn move_to<'a>(inside: &'a mut Map<String, Value>, key: &str, id: &str) -> Option<&'a mut Map<String, Value>> {
    for (name, nested) in inside.iter_mut().filter(|(name, _)| matches!(name.as_str(), "groups" | "controls")) {
        for value in nested.as_array_mut().into_iter().flatten() {
            let Some(map) = value.as_object_mut() else { continue };
            let own = map.get("id").and_then(Value::as_str).and_then(id_of);
            if name == key && own.as_deref() == Some(id) {
                return Some(map);
            }
            if let Some(found) = move_to(map, key, id) {
                return Some(found);
            }
        }
    }
    None
}

/// The names of the properties of ours.
fn names() -> impl Iterator<Item = &'static str> {
    let lists = ATTRIBUTES.iter().map(|(name, _)| *name);
    lists.chain(TEXTS.iter().map(|(name, _)| *name)).chain([
        "origin",
        "provisional",
        "introductory",
        "unlabelled",
        LABELLED,
    ])
}

/// What OSCAL has no place for, as properties of ours.
fn attributes(control: &Control) -> Vec<Attribute> {
    let mut control = control.clone();
    let attribute =
        |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned(), remarks: None };
    let mut attributes = Vec::new();
    for (name, values) in ATTRIBUTES {
        attributes.extend(values(&mut control).iter().map(|value| attribute(name, value)));
    }
    for (name, text) in TEXTS {
        let text = text(&mut control).clone();
        if !text.is_empty() {
            attributes.push(Attribute { remarks: Some(text), ..attribute(name, "stated") });
        }
    }
    attributes.extend(control.labels.iter().map(|(key, value)| attribute(LABELLED, &format!("{key}={value}"))));
    if control.origin() != Origin::Unspecified {
        attributes.push(attribute("origin", control.origin().as_str_name()));
    }
    let flags = [
        ("provisional", control.provisional),
        ("introductory", control.introductory),
        ("unlabelled", control.label.is_empty()),
    ];
    attributes.extend(flags.into_iter().filter(|(_, is)| *is).map(|(name, _)| attribute(name, "true")));
    attributes
}

fn one(control: &Control) -> CatalogControl {
    CatalogControl {
        id: last(&control.name).to_owned(),
        title: control.title.clone(),
        label: Some(control.label.clone()).filter(|label| !label.is_empty()),
        withdrawn: control.withdrawn,
        statement: Some(control.statement.clone()),
        guidance: Some(control.guidance.clone()),
        attributes: attributes(control),
        ..CatalogControl::default()
    }
}

/// Controls by themselves, as they stand in a catalogue.
fn written(controls: &[CatalogControl]) -> Result<Vec<Value>, ExportError> {
    let header = Header {
        name: "controls".to_owned(),
        title: "controls".to_owned(),
        version: "1".to_owned(),
        last_modified: Timestamp::UNIX_EPOCH,
        parties: Vec::new(),
        remarks: None,
    };
    let mut value = export::catalog(&CatalogExport { header, groups: Vec::new(), controls: controls.to_vec() })?;
    match value.pointer_mut("/catalog/controls").map(Value::take) {
        Some(Value::Array(controls)) => Ok(controls),
        _ => Ok(Vec::new()),
    }
}

fn alone(control: &Control) -> Result<Map<String, Value>, ExportError> {
    match written(&[one(control)])?.pop() {
        Some(Value::Object(map)) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// By the id of a control the controls that detail it.
type Nested<'a> = HashMap<&'a str, Vec<&'a Control>>;

/// The controls that stand for themselves, each with what details what. One that details itself, over others, stands for itself.
fn trees<'a>(controls: &[&'a Control]) -> Vec<(&'a Control, Nested<'a>)> {
    let ids: HashSet<&str> = controls.iter().map(|control| last(&control.name)).collect();
    let parent = |control: &'a Control| {
        Some(control.parent_control.as_str()).filter(|parent| ids.contains(parent) && *parent != last(&control.name))
    };
    let by_parent: HashMap<&str, Option<&str>> =
        controls.iter().map(|control| (last(&control.name), parent(control))).collect();
    let circular = |control: &'a Control| {
        let (mut at, mut steps) = (parent(control), 0);
        while let Some(id) = at {
            steps += 1;
            if id == last(&control.name) || steps > by_parent.len() {
                return true;
            }
            at = by_parent.get(id).copied().flatten();
        }
        false
    };
    let mut nested: Nested<'a> = HashMap::new();
    let mut roots = Vec::new();
    for control in controls.iter().copied() {
        match parent(control).filter(|_| !circular(control)) {
            Some(parent) => nested.entry(parent).or_default().push(control),
            None => roots.push(control),
        }
    }
    // Each tree gets what details its own.
    let mut trees = Vec::with_capacity(roots.len());
    for root in roots {
        let (mut own, mut waiting): (Nested<'a>, Vec<&str>) = (HashMap::new(), vec![last(&root.name)]);
        while let Some(id) = waiting.pop() {
            if let Some(inside) = nested.remove(id) {
                waiting.extend(inside.iter().map(|control| last(&control.name)));
                own.insert(id, inside);
            }
        }
        trees.push((root, own));
    }
    trees
}

/// A control with those that detail it. Beyond a depth they stand beside it.
fn tree(control: &Control, nested: &Nested<'_>, level: usize) -> CatalogControl {
    let mut all = Vec::new();
    let inside = nested.get(last(&control.name)).into_iter().flatten();
    if level + 1 < MOST_LEVELS {
        all.extend(inside.map(|control| tree(control, nested, level + 1)));
    } else {
        let mut waiting: Vec<&Control> = inside.copied().collect();
        while let Some(control) = waiting.pop() {
            waiting.extend(nested.get(last(&control.name)).into_iter().flatten());
            all.push(one(control));
        }
    }
    CatalogControl { enhancements: all, ..one(control) }
}

/// A catalogue that no document stands behind.
pub(crate) fn made(catalogue: &Catalogue, controls: &[Control]) -> Result<Value, ExportError> {
    let all: Vec<&Control> = controls.iter().collect();
    let mut by_theme: HashMap<&str, Vec<CatalogControl>> = HashMap::new();
    let mut loose = Vec::new();
    let themes: HashSet<&str> = catalogue.themes.iter().map(|theme| theme.id.as_str()).collect();
    for (control, nested) in trees(&all) {
        let whole = tree(control, &nested, 0);
        match themes.get(control.theme.as_str()) {
            Some(theme) => by_theme.entry(theme).or_default().push(whole),
            None => loose.push(whole),
        }
    }
    let group = |theme: &Theme| CatalogGroup {
        id: theme.id.clone(),
        title: theme.title.clone(),
        class: None,
        controls: by_theme.remove(theme.id.as_str()).unwrap_or_default(),
    };
    let groups = catalogue.themes.iter().map(group).collect();
    let times = controls.iter().map(|control| control.update_time).chain([catalogue.update_time]);
    let header = Header {
        name: catalogue.name.clone(),
        title: catalogue.display_name.clone(),
        version: if catalogue.edition.trim().is_empty() { "1".to_owned() } else { catalogue.edition.clone() },
        last_modified: changed(times),
        parties: Vec::new(),
        remarks: Some(catalogue.provenance.clone()),
    };
    let mut value = export::catalog(&CatalogExport { header, groups, controls: loose })?;
    if let Some(root) = value.get_mut("catalog").and_then(Value::as_object_mut) {
        nest(root, &catalogue.themes);
    }
    Ok(value)
}

/// Puts groups into each other as the themes say, and says what their document calls them.
fn nest(root: &mut Map<String, Value>, themes: &[Theme]) {
    let Some(Value::Array(groups)) = root.remove("groups") else { return };
    let mut written: HashMap<String, Value> = HashMap::new();
    for mut group in groups {
        let id = group.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let theme = themes.iter().find(|theme| token(&theme.id) == id);
        if let (Some(map), Some(theme)) = (group.as_object_mut(), theme.filter(|theme| !theme.label.is_empty())) {
            map.insert("props".to_owned(), json!([{"name": "label", "value": theme.label}]));
        }
        written.insert(id, group);
    }
    // From the last to the first, so that a theme is complete before it goes into its parent, which stands before it.
    let places: HashMap<String, usize> = themes.iter().enumerate().map(|(at, theme)| (token(&theme.id), at)).collect();
    let mut top = Vec::new();
    for (at, theme) in themes.iter().enumerate().rev() {
        let Some(group) = written.remove(&token(&theme.id)) else { continue };
        let parent = token(&theme.parent);
        let before = !theme.parent.is_empty() && places.get(&parent).is_some_and(|place| *place < at);
        match written.get_mut(&parent).filter(|_| before).and_then(Value::as_object_mut) {
            // A group holds groups or controls, never both: where it holds controls, the wider theme is said instead.
            Some(parent) if parent.contains_key("controls") => top.push(said_to_be_within(group, &theme.parent)),
            Some(parent) => match parent.get_mut("groups") {
                Some(Value::Array(groups)) => groups.insert(0, group),
                _ => drop(parent.insert("groups".to_owned(), Value::Array(vec![group]))),
            },
            None => top.push(group),
        }
    }
    top.reverse();
    set(root, "groups", top);
}

/// A group that says of which wider theme it is.
fn said_to_be_within(mut group: Value, parent: &str) -> Value {
    if let Some(map) = group.as_object_mut() {
        let said = json!({"name": WITHIN, "ns": PROPERTY_NAMESPACE, "value": parent});
        match map.get_mut("props") {
            Some(Value::Array(props)) => props.push(said),
            _ => drop(map.insert("props".to_owned(), Value::Array(vec![said]))),
        }
    }
    group
}
