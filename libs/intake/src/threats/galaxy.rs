//! Clusters of MISP galaxies: GSMA MoTIF, Bhadra, CMTMF, ATT&CK of all domains, JSON.

use std::collections::HashMap;

use resource::id_of_key;
use serde_json::Value;
use wire::risk::v1::threat::Citation;
use wire::risk::v1::threat_catalogue::Tactic;
use wire::risk::v1::{Threat, ThreatCatalogue};

use super::books::Books;
use super::json::{kind_of, unexpected};
use super::pieces::{Fields, address, before_dot, citation, line, list, objects, properties, prose, words, yes};
use super::{Catalogue, json};
use crate::{IntakeError, text};

const EXPECTED: &str = "a cluster of a MISP galaxy: JSON with `values`";
const NOTICE: &str =
    "From the MISP galaxy, CC0-1.0 or BSD-2-Clause; what it describes is of the authors it names, whose terms apply.";

/// Reads a cluster.
pub(super) fn read(bytes: &[u8]) -> Result<Catalogue, IntakeError> {
    let value = json::read(bytes, EXPECTED)?;
    let Some(root) = value.as_object().filter(|root| root.get("values").is_some_and(Value::is_array)) else {
        return Err(unexpected("$", &value, EXPECTED));
    };
    let mut books = Books::default();
    let values = list(root, "values");
    let fields: Vec<&Fields> = values.iter().filter_map(Value::as_object).collect();
    let keys: HashMap<String, String> = fields
        .iter()
        .map(|fields| (text::word(fields, "uuid"), key(fields)))
        .filter(|(uuid, _)| !uuid.is_empty())
        .collect();
    let known: std::collections::HashSet<String> = fields.iter().map(|fields| key(fields)).collect();
    let mut tactics = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let origin = format!("$.values[{at}]");
        books.count("values", 1);
        let Some(fields) = value.as_object() else {
            books.reject(&origin, "", format!("expected an object with a `value`, found {}", kind_of(value)));
            continue;
        };
        if yes(fields, "revoked") {
            books.count("revoked", 1);
        }
        books.threat(origin, threat(fields, &keys, &known, &mut tactics));
    }
    let authors = words(root, "authors").join(", ");
    let catalogue = ThreatCatalogue {
        display_name: line(root, "name", 200),
        edition: line(root, "version", 100),
        publisher: text::line(&authors, 200),
        notice: NOTICE.to_owned(),
        source: line(root, "source", 2000),
        description: prose(root, "description", 4000),
        tactics,
        ..ThreatCatalogue::default()
    };
    let id = id_of_key(&text::word(root, "type")).or_else(|| id_of_key(&text::slug(&catalogue.display_name)));
    let (records, report) = books.closed();
    let id = id.unwrap_or_else(|| "misp-galaxy".to_owned());
    Ok(Catalogue { id, source_id: line(root, "uuid", 200), catalogue, records, report })
}

/// What a value says beside its title and text.
fn meta(fields: &Fields) -> Option<&Fields> {
    fields.get("meta").and_then(Value::as_object)
}

/// The key of a value: as its source calls it, else its UUID.
fn key(fields: &Fields) -> String {
    let printed = meta(fields).map(|meta| match meta.get("external_id") {
        Some(Value::Array(items)) => items.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => text::word(meta, "external_id"),
    });
    let printed = printed.filter(|printed| !printed.is_empty()).unwrap_or_else(|| text::word(fields, "uuid"));
    text::line(&printed, 63)
}

fn threat(
    fields: &Fields,
    keys: &HashMap<String, String>,
    known: &std::collections::HashSet<String>,
    tactics: &mut Vec<Tactic>,
) -> Threat {
    let key = key(fields);
    let none = Fields::new();
    let meta = meta(fields).unwrap_or(&none);
    let value = line(fields, "value", 600);
    let title = value.strip_suffix(&format!(" - {key}")).unwrap_or(&value);
    let related = |kind: &str| -> Vec<String> {
        let of_kind = objects(fields, "related").filter(|one| text::word(one, "type") == kind);
        let keys = of_kind.filter_map(|one| keys.get(&text::word(one, "dest-uuid")).cloned());
        keys.filter(|related| *related != key).collect()
    };
    let parent = related("subtechnique-of").into_iter().next();
    let before = Some(before_dot(&key)).filter(|before| known.contains(*before)).map(str::to_owned);
    let mut own = properties(fields, &["value", "description", "meta", "related", "uuid", "revoked"]);
    own.extend(properties(meta, &["external_id", "kill_chain", "refs", "mitre_platforms", "platforms"]));
    let mut platforms = words(meta, "mitre_platforms");
    platforms.extend(words(meta, "platforms"));
    Threat {
        title: text::line(title, 500),
        description: prose(fields, "description", 100_000),
        parent_key: parent.or(before).unwrap_or_default(),
        tactics: aims(meta, tactics),
        platforms,
        related_keys: related("related-to").into_iter().take(100).collect(),
        revoked: yes(fields, "revoked"),
        revoked_by: related("revoked-by").into_iter().take(20).collect(),
        references: list(meta, "refs").iter().filter_map(Value::as_str).filter_map(cited).take(300).collect(),
        properties: own.into_iter().take(64).collect(),
        key,
        ..Threat::default()
    }
}

fn cited(printed: &str) -> Option<Citation> {
    citation(printed, address(printed))
}

/// What a value aims at: `attack-Windows:initial-access` is the tactic `initial-access`, on whatever it is done.
fn aims(meta: &Fields, tactics: &mut Vec<Tactic>) -> Vec<String> {
    let mut aims: Vec<String> = Vec::new();
    for printed in list(meta, "kill_chain").iter().filter_map(Value::as_str) {
        let title = text::line(printed.rsplit_once(':').map_or(printed, |(_, tactic)| tactic), 200);
        let id: String = text::slug(&title).chars().take(63).collect();
        if id.is_empty() || aims.contains(&id) || aims.len() >= 50 {
            continue;
        }
        if !tactics.iter().any(|tactic| tactic.id == id) && tactics.len() < 200 {
            let order = i32::try_from(tactics.len() + 1).unwrap_or(i32::MAX);
            tactics.push(Tactic { id: id.clone(), title, order, description: String::new() });
        }
        aims.push(id);
    }
    aims
}
