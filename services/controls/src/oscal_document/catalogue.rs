//! A catalogue of OSCAL as a catalogue of ours, and its controls as rows. Pure: what is the same document is the same rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use wire::controls::v1::control::Origin;
use wire::controls::v1::{Catalogue, Control, ErrorReason, Theme};

use super::id::{cut, id_of};
use super::rejected::Rejected;
use crate::oscal::export::PROPERTY_NAMESPACE;
use crate::oscal::{self, Metadata, Parameter, Part, Property, render};

/// What is made of a catalogue.
pub(crate) struct Plan {
    /// The catalogue.
    pub(crate) catalogue: Catalogue,
    /// Its controls, in the order of the document.
    pub(crate) controls: Vec<Planned>,
    /// What is not taken.
    pub(crate) rejected: Rejected,
}

/// A control that is made of one of the document.
pub(crate) struct Planned {
    /// Its id within the catalogue.
    pub(crate) id: String,
    /// Its id in the document.
    pub(crate) oscal_id: String,
    /// Where it stands there, as a JSON path.
    pub(crate) path: String,
    /// The row, without name and stamps.
    pub(crate) control: Control,
    /// Those of its labels that the document says as properties of namespaces of others.
    pub(crate) foreign: BTreeMap<String, String>,
}

/// The attributes of our own that a control of the document carries, by their names, and where they go.
type Values = fn(&mut Control) -> &mut Vec<String>;
pub(crate) const ATTRIBUTES: [(&str, Values); 6] = [
    ("control-type", |control| &mut control.control_types),
    ("information-security-property", |control| &mut control.security_properties),
    ("cybersecurity-concept", |control| &mut control.cybersecurity_concepts),
    ("operational-capability", |control| &mut control.operational_capabilities),
    ("security-domain", |control| &mut control.security_domains),
    ("predecessor", |control| &mut control.predecessors),
];

/// The property of a group that says of which wider theme it is, where it cannot stand in its group.
pub(crate) const WITHIN: &str = "within";

/// The property of ours that says a label of a control: `key=value`.
pub(crate) const LABELLED: &str = "labelled";

/// The texts of our own, as remarks of a property: a value is one line.
type Text = fn(&mut Control) -> &mut String;
pub(crate) const TEXTS: [(&str, Text); 2] =
    [("purpose", |control| &mut control.purpose), ("provenance", |control| &mut control.provenance)];

/// Makes a plan of a catalogue and of what its reader did not understand.
pub(crate) fn plan(document: &oscal::Document, catalog: &oscal::Catalog) -> Plan {
    let mut rejected = Rejected::of(&document.problems);
    let parameters = catalog.all_parameters();
    let paths = catalog.paths();
    let (mut taken, mut controls) = (HashMap::new(), Vec::with_capacity(catalog.controls.len()));
    for ((control, path), position) in catalog.controls.iter().zip(paths).zip(1..) {
        let Some(id) = id_of(&control.id) else {
            let message = "its id gives none here: it must hold a letter or a digit of ASCII and at most 63 characters";
            rejected.add(&format!("{path}.id"), &control.id, ErrorReason::OscalItemInvalid, message);
            continue;
        };
        if let Some(other) = taken.get(&id) {
            let message = format!("its id and that of `{other}` would both be `{id}` here");
            rejected.add(&format!("{path}.id"), &control.id, ErrorReason::OscalIdClash, &message);
            continue;
        }
        let mut row = row(control, &parameters);
        row.position = position;
        row.theme = catalog.group_path(control).iter().rev().find_map(|group| theme_id(group)).unwrap_or_default();
        let parent = catalog.parent(control).and_then(|parent| id_of(&parent.id));
        row.parent_control = parent.filter(|parent| taken.contains_key(parent)).unwrap_or_default();
        if let Err(fault) = fault::check(&row) {
            rejected.refuse(&path, &control.id, &fault);
            continue;
        }
        taken.insert(id.clone(), control.id.clone());
        let foreign = foreign_labels(&control.properties);
        controls.push(Planned { id, oscal_id: control.id.clone(), path, control: row, foreign });
    }
    Plan { catalogue: catalogue(catalog), controls, rejected }
}

/// The wider theme of a group: the nearest group around it that has an id, else the one that it names.
fn wider(catalog: &oscal::Catalog, group: &oscal::Group) -> Option<String> {
    let said = group.properties.iter().find(|property| property.name == WITHIN && is_ours(property));
    let around = catalog.enclosing(group).into_iter().find_map(theme_id);
    around.or_else(|| id_of(&said?.value))
}

fn theme_id(group: &oscal::Group) -> Option<String> {
    group.id.as_deref().and_then(id_of)
}

/// The catalogue itself.
fn catalogue(catalog: &oscal::Catalog) -> Catalogue {
    let metadata = &catalog.metadata;
    Catalogue {
        display_name: cut(&metadata.title, 200),
        edition: cut(&metadata.version, 64),
        publisher: publisher(metadata).map(|name| cut(&name, 200)).unwrap_or_default(),
        provenance: format!(
            "Imported from an OSCAL document ({}), UUID {}, last changed {}.",
            cut(&metadata.oscal_version, 40),
            cut(&catalog.uuid, 100),
            cut(&metadata.last_modified, 60)
        ),
        themes: themes(catalog),
        ..Default::default()
    }
}

fn themes(catalog: &oscal::Catalog) -> Vec<Theme> {
    let (mut themes, mut seen) = (Vec::new(), HashSet::new());
    for group in &catalog.groups {
        let Some(id) = theme_id(group).filter(|id| seen.insert(id.clone())) else { continue };
        let label = group.properties.iter().find(|property| property.name == "label" && ours_or_oscal(property));
        let title = cut(group.title.as_deref().unwrap_or_default(), 500);
        themes.push(Theme {
            label: label.map(|label| cut(&label.value, 64)).unwrap_or_default(),
            title: if title.is_empty() { id.clone() } else { title },
            parent: wider(catalog, group).filter(|parent| *parent != id).unwrap_or_default(),
            id,
        });
    }
    themes
}

/// The organization that is responsible for the document, as its publisher or its creator.
fn publisher(metadata: &Metadata) -> Option<String> {
    let parties = metadata.rest.get("responsible-parties")?.as_array()?;
    let with = |role: &str| {
        let party = parties.iter().find(|party| party.get("role-id").and_then(|id| id.as_str()) == Some(role))?;
        let uuid = party.get("party-uuids")?.as_array()?.first()?.as_str()?;
        let all = metadata.rest.get("parties")?.as_array()?;
        let found = all.iter().find(|party| party.get("uuid").and_then(|id| id.as_str()) == Some(uuid))?;
        Some(found.get("name")?.as_str()?.to_owned())
    };
    with("publisher").or_else(|| with("creator"))
}

fn row(control: &oscal::Control, parameters: &HashMap<&str, &Parameter>) -> Control {
    let find = |id: &str| parameters.get(id).copied();
    let text = |name: &str| {
        let parts = control.parts.iter().filter(|part| part.name == name && part.namespace.is_none());
        let mut out = String::new();
        for part in parts {
            write(part, 0, &find, &mut out);
        }
        out.trim_end().to_owned()
    };
    let mut row = Control {
        // A label that is too long for one is a title; the document keeps it.
        label: Some(control.label().trim())
            .filter(|label| label.chars().count() <= 64)
            .unwrap_or(&control.id)
            .to_owned(),
        title: cut(&control.title, 500),
        statement: text("statement"),
        guidance: text("guidance"),
        withdrawn: control.withdrawn(),
        labels: foreign_labels(&control.properties),
        ..Default::default()
    };
    for property in control.properties.iter().filter(|property| is_ours(property)) {
        if let Some((_, values)) = ATTRIBUTES.iter().find(|(name, _)| *name == property.name) {
            values(&mut row).push(property.value.clone());
        }
        if let Some((_, text)) = TEXTS.iter().find(|(name, _)| *name == property.name) {
            *text(&mut row) = property.remarks.clone().unwrap_or_else(|| property.value.clone());
        }
        match (property.name.as_str(), property.value.as_str()) {
            (LABELLED, value) => row.labels.extend(label(value)),
            ("origin", value) => row.set_origin(Origin::from_str_name(value).unwrap_or_default()),
            ("provisional", value) => row.provisional = value == "true",
            ("introductory", value) => row.introductory = value == "true",
            // The edition's own label is not known: what OSCAL shows instead is the id.
            ("unlabelled", "true") => row.label = String::new(),
            _ => {}
        }
    }
    row
}

pub(crate) fn is_ours(property: &Property) -> bool {
    property.namespace.as_deref() == Some(PROPERTY_NAMESPACE)
}

fn ours_or_oscal(property: &Property) -> bool {
    property.namespace.as_deref().is_none_or(|namespace| namespace == "http://csrc.nist.gov/ns/oscal")
}

/// Whether something can be the key of a label.
fn fits(key: &str) -> bool {
    let allowed =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "_./-".contains(character);
    key.len() <= 63 && key.starts_with(|first: char| first.is_ascii_alphanumeric()) && key.chars().all(allowed)
}

/// The label that a [`LABELLED`] property says; none where it cannot be one.
fn label(value: &str) -> Option<(String, String)> {
    let (key, value) = value.split_once('=')?;
    (fits(key) && value.chars().count() <= 256).then(|| (key.to_owned(), value.to_owned()))
}

/// What others say of a control in a namespace of their own, as labels: those that can be one.
fn foreign_labels(properties: &[Property]) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for property in properties.iter().filter(|property| !is_ours(property) && !ours_or_oscal(property)) {
        let key = property.name.to_lowercase();
        if !fits(&key) {
            continue;
        }
        let room = labels.len() < 64;
        match labels.get_mut(&key) {
            Some(value) if value.chars().count() + property.value.chars().count() <= 254 => {
                value.push_str(", ");
                value.push_str(&property.value);
            }
            None if room && property.value.chars().count() <= 256 => drop(labels.insert(key, property.value.clone())),
            _ => {}
        }
    }
    labels
}

/// A text and those below it, a line each, indented by how deep they stand.
fn write<'a>(part: &Part, depth: usize, find: &dyn Fn(&str) -> Option<&'a Parameter>, out: &mut String) {
    let prose = part.prose.as_deref().map(|prose| render(prose, find, &|_| None));
    let words = [part.label(), part.title.as_deref(), prose.as_deref()];
    let line = words.into_iter().flatten().map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if !line.is_empty() {
        out.push_str(&"  ".repeat(depth.min(12)));
        out.push_str(&line);
        out.push('\n');
    }
    for part in &part.parts {
        write(part, depth + 1, find, out);
    }
}

/// Lays what the document says of a control over the row: what only the organization says of it stays.
pub(crate) fn lay_control(row: &mut Control, planned: &Control) {
    let news = planned.clone();
    row.label = news.label;
    row.title = news.title;
    row.theme = news.theme;
    row.position = news.position;
    row.statement = news.statement;
    row.guidance = news.guidance;
    row.parent_control = news.parent_control;
    row.withdrawn = news.withdrawn;
    row.labels.extend(news.labels);
    for (_, values) in ATTRIBUTES {
        let said = values(&mut planned.clone()).clone();
        if !said.is_empty() {
            *values(row) = said;
        }
    }
    for (_, text) in TEXTS {
        let said = text(&mut planned.clone()).clone();
        if !said.is_empty() {
            *text(row) = said;
        }
    }
    if planned.origin() != Origin::Unspecified {
        row.origin = planned.origin;
    }
    row.provisional |= planned.provisional;
    row.introductory |= planned.introductory;
}

/// Lays what the document says of the catalogue over the row.
pub(crate) fn lay_catalogue(row: &mut Catalogue, planned: &Catalogue) {
    row.display_name.clone_from(&planned.display_name);
    row.edition.clone_from(&planned.edition);
    row.provenance.clone_from(&planned.provenance);
    row.themes.clone_from(&planned.themes);
    if !planned.publisher.is_empty() {
        row.publisher.clone_from(&planned.publisher);
    }
}
