//! STIX 2.0 and 2.1 bundles, JSON, as ATT&CK is published: threats are `attack-pattern` objects, mitigations `course-of-action` ones, and the
//! relationships between objects say the rest.

mod relations;

use std::collections::HashMap;

use resource::id_of_key;
use serde_json::Value;
use wire::risk::v1::threat::{Citation, Remark};
use wire::risk::v1::threat_catalogue::Tactic;
use wire::risk::v1::{Mitigation, Threat, ThreatCatalogue};

use super::books::Books;
use super::json::{kind_of, unexpected};
use super::pieces::{
    Fields, before_dot, citation, cleaned, line, list, objects, properties, prose, remark, words, yes,
};
use super::{Catalogue, json};
use crate::{IntakeError, text};
use relations::Relations;

const EXPECTED: &str = "STIX 2: a JSON bundle with `attack-pattern` objects";
/// What of an object has a field, or is of no use without its bundle.
const TAKEN: [&str; 24] = [
    "type",
    "id",
    "name",
    "description",
    "external_references",
    "kill_chain_phases",
    "x_mitre_platforms",
    "x_mitre_detection",
    "x_mitre_deprecated",
    "x_mitre_is_subtechnique",
    "x_mitre_shortname",
    "revoked",
    "object_marking_refs",
    "created_by_ref",
    "spec_version",
    "created",
    "modified",
    "x_mitre_modified_by_ref",
    "x_mitre_attack_spec_version",
    "granular_markings",
    "extensions",
    "lang",
    "confidence",
    "x_mitre_old_attack_id",
];

/// The objects of a bundle.
pub(super) struct Bundle<'a> {
    by_id: HashMap<&'a str, &'a Fields>,
    of: Vec<(usize, &'a str, &'a Fields)>,
}

/// Reads a bundle.
pub(super) fn read(bytes: &[u8]) -> Result<Catalogue, IntakeError> {
    let value = json::read(bytes, EXPECTED)?;
    let mut books = Books::default();
    let bundle = Bundle::of(&value, &mut books)?;
    if bundle.of_type("attack-pattern").next().is_none() {
        return Err(IntakeError::Unexpected {
            at: "$".to_owned(),
            found: format!("{} objects and no `attack-pattern` among them", bundle.of.len()),
            expected: EXPECTED,
        });
    }
    let relations = Relations::of(&bundle, &mut books);
    let (tactics, short) = tactics(&bundle);
    for (at, _, fields) in bundle.of_type("course-of-action") {
        let mitigation = Mitigation {
            key: key(fields),
            title: line(fields, "name", 500),
            description: prose(fields, "description", 40_000),
            revoked: yes(fields, "revoked"),
            deprecated: yes(fields, "x_mitre_deprecated"),
            properties: properties(fields, &TAKEN),
            ..Mitigation::default()
        };
        books.mitigation(format!("$.objects[{at}]"), mitigation);
    }
    for (at, id, fields) in bundle.of_type("attack-pattern") {
        let threat = threat(fields, &short);
        let threat = relations.laid(id, threat, &mut books);
        books.threat(format!("$.objects[{at}]"), threat);
    }
    let (records, report) = books.closed();
    let (id, source_id, catalogue) = described(&bundle, tactics);
    Ok(Catalogue { id, source_id, catalogue, records, report })
}

impl<'a> Bundle<'a> {
    fn of(value: &'a Value, books: &mut Books) -> Result<Self, IntakeError> {
        let one = std::slice::from_ref(value);
        let items: &[Value] = match value {
            Value::Array(items) => items,
            Value::Object(root) if text::word(root, "type") == "bundle" => list(root, "objects"),
            Value::Object(root) if root.contains_key("type") && root.contains_key("id") => one,
            _ => return Err(unexpected("$", value, EXPECTED)),
        };
        let mut bundle = Self { by_id: HashMap::with_capacity(items.len()), of: Vec::with_capacity(items.len()) };
        for (at, item) in items.iter().enumerate() {
            let Some((fields, id)) = item.as_object().and_then(|fields| Some((fields, fields.get("id")?.as_str()?)))
            else {
                books.count("no STIX object", 1);
                let found = kind_of(item);
                books.reject(
                    &format!("$.objects[{at}]"),
                    "",
                    format!("expected an object with `type` and `id`, found {found}"),
                );
                continue;
            };
            bundle.taken(at, id, fields, books);
        }
        Ok(bundle)
    }

    fn taken(&mut self, at: usize, id: &'a str, fields: &'a Fields, books: &mut Books) {
        let kind = line(fields, "type", 100);
        books.count(&kind, 1);
        if yes(fields, "revoked") {
            books.count("revoked", 1);
        }
        if yes(fields, "x_mitre_deprecated") {
            books.count("deprecated", 1);
        }
        match kind.as_str() {
            "attack-pattern" | "course-of-action" | "relationship" => {}
            "x-mitre-tactic" | "x-mitre-matrix" | "x-mitre-collection" | "identity" | "marking-definition" => {
                books.folded(&kind, 1, "read for the catalogue");
            }
            _ => books.folded(&kind, 1, "no record of its own: told in the threats that a relationship joins it to"),
        }
        self.by_id.insert(id, fields);
        self.of.push((at, id, fields));
    }

    /// The objects of a type.
    fn of_type(&self, kind: &'static str) -> impl Iterator<Item = (usize, &'a str, &'a Fields)> {
        self.of.iter().copied().filter(move |(.., fields)| fields.get("type").and_then(Value::as_str) == Some(kind))
    }
}

/// The key of an object: as its publisher prints it, else its id of STIX.
fn key(fields: &Fields) -> String {
    let printed = |wanted: &dyn Fn(&str) -> bool| {
        let mut cited = objects(fields, "external_references");
        cited.find(|one| wanted(&text::word(one, "source_name")) && one.contains_key("external_id"))
    };
    let found = printed(&|source| source.starts_with("mitre-")).or_else(|| printed(&|_| true));
    let id = found.map(|one| text::word(one, "external_id")).filter(|id| !id.is_empty());
    text::line(&id.unwrap_or_else(|| text::word(fields, "id")), 63)
}

/// The tactics in the order of the matrices, and by their short names their keys.
fn tactics(bundle: &Bundle<'_>) -> (Vec<Tactic>, HashMap<String, String>) {
    let matrices = bundle.of_type("x-mitre-matrix").filter(|(.., matrix)| !yes(matrix, "x_mitre_deprecated"));
    let mut order: Vec<&str> = Vec::new();
    for (.., matrix) in matrices {
        order.extend(list(matrix, "tactic_refs").iter().filter_map(Value::as_str));
    }
    let (mut found, mut short) = (Vec::new(), HashMap::new());
    for (at, id, fields) in bundle.of_type("x-mitre-tactic") {
        short.insert(text::word(fields, "x_mitre_shortname"), key(fields));
        if !yes(fields, "x_mitre_deprecated") {
            let place = order.iter().position(|known| *known == id).unwrap_or(usize::MAX);
            found.push((place, at, fields));
        }
    }
    found.sort_by_key(|(place, at, _)| (*place, *at));
    let tactic = |((.., fields), order): ((usize, usize, &Fields), i32)| Tactic {
        id: key(fields),
        title: line(fields, "name", 200),
        order,
        description: prose(fields, "description", 4000),
    };
    (found.into_iter().zip(1..).map(tactic).take(200).collect(), short)
}

fn threat(fields: &Fields, short: &HashMap<String, String>) -> Threat {
    let key = key(fields);
    let mut tactics: Vec<String> = Vec::new();
    for phase in objects(fields, "kill_chain_phases") {
        let phase = line(phase, "phase_name", 63);
        let id = short.get(&phase).cloned().unwrap_or(phase);
        if !id.is_empty() && !tactics.contains(&id) {
            tactics.push(id);
        }
    }
    let parent = if yes(fields, "x_mitre_is_subtechnique") { before_dot(&key) } else { "" };
    let detection: Option<Remark> = remark("", &text::word(fields, "x_mitre_detection"));
    Threat {
        title: line(fields, "name", 500),
        description: prose(fields, "description", 100_000),
        parent_key: parent.to_owned(),
        tactics,
        platforms: words(fields, "x_mitre_platforms"),
        revoked: yes(fields, "revoked"),
        deprecated: yes(fields, "x_mitre_deprecated"),
        detections: detection.into_iter().collect(),
        references: objects(fields, "external_references").filter_map(cited).take(300).collect(),
        properties: properties(fields, &TAKEN),
        key,
        ..Threat::default()
    }
}

fn cited(reference: &Fields) -> Option<Citation> {
    let (source, id, said) = (
        text::word(reference, "source_name"),
        text::word(reference, "external_id"),
        text::word(reference, "description"),
    );
    let parts: Vec<&str> = [source.as_str(), &id, &said].into_iter().filter(|part| !part.is_empty()).collect();
    citation(&parts.join(": "), &text::word(reference, "url"))
}

/// What the bundle says of itself: an id for it, its own, and the catalogue.
fn described(bundle: &Bundle<'_>, tactics: Vec<Tactic>) -> (String, String, ThreatCatalogue) {
    let none = Fields::new();
    let collection = bundle.of_type("x-mitre-collection").map(|(.., fields)| fields).next().unwrap_or(&none);
    let publisher = bundle.of_type("identity").map(|(.., fields)| line(fields, "name", 200)).next();
    let notices = bundle.of_type("marking-definition").filter_map(|(.., fields)| {
        fields.get("definition").and_then(Value::as_object).map(|definition| text::word(definition, "statement"))
    });
    let notices: Vec<String> = notices.filter(|notice| !notice.is_empty()).collect();
    let domain =
        bundle.of_type("attack-pattern").find_map(|(.., fields)| words(fields, "x_mitre_domains").into_iter().next());
    let name = line(collection, "name", 200);
    let id = domain
        .as_deref()
        .and_then(id_of_key)
        .or_else(|| id_of_key(&text::slug(&name)))
        .unwrap_or_else(|| "stix".to_owned());
    let catalogue = ThreatCatalogue {
        display_name: if name.is_empty() { format!("STIX {id}") } else { name },
        edition: line(collection, "x_mitre_version", 100),
        publisher: publisher.unwrap_or_default(),
        notice: cleaned(&notices.join("\n"), 4000),
        description: prose(collection, "description", 4000),
        tactics,
        ..ThreatCatalogue::default()
    };
    (id, line(collection, "id", 200), catalogue)
}
