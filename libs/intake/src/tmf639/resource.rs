//! One resource as an asset.

use std::collections::VecDeque;

use serde_json::{Map, Value};
use wire::assets::v1::asset::State;
use wire::assets::v1::{Asset, AssetRecord, ExternalId};

use super::tables::{Party, ROLES, TAKEN};
use super::{Nested, characteristics, place, relations};
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};
use crate::{Settings, identifiers, types};

/// Takes one resource over.
pub(super) fn take(
    fields: &Map<String, Value>,
    origin: String,
    settings: &Settings,
    nested: &mut VecDeque<Nested>,
    out: &mut Out<'_>,
) -> Go {
    let kind = source_kind(fields);
    out.count(&kind);
    let from = Source::new(origin, kind);
    let id = text::word(fields, "id");
    if id.is_empty() {
        let message =
            "the resource has no `id`, so a second import could not find it again; give each resource an id that lasts";
        out.reject(&from, "FIELD_INVALID", message, "id");
        return Ok(());
    }
    let site = place::take(fields.get("place"), &from, out)?;
    let mut attributes = Attributes::default();
    let mut asset = Asset {
        description: description(fields),
        serial_number: text::line(&text::word(fields, "serialNumber"), 200),
        ..Asset::default()
    };
    let stated = characteristics::take(fields, &mut asset, &mut attributes, &from, out);
    asset.display_name = display_name(fields, &id, &from.kind);
    asset.r#type = stated.unwrap_or_else(|| guess_type(fields, settings, &mut attributes, out));
    parties(fields, &mut asset, &mut attributes);
    specification(fields, &mut asset, &mut attributes);
    asset.external_ids = external_ids(fields, &mut attributes);
    asset.state = state(fields, out).into();
    if let Some(found) = identifiers::recognise(&text::word(fields, "value")) {
        characteristics::add(&mut asset, found);
    }
    if let Some(end) = fields.get("endOfLifeDate") {
        characteristics::one("endOfLifeDate", end, &mut asset, &mut attributes, &from, out);
    }
    if site.is_none() {
        attributes.put_json("place", fields.get("place").unwrap_or(&Value::Null));
    }
    for (key, value) in fields.iter().filter(|(key, _)| !TAKEN.contains(&key.as_str())) {
        attributes.put_json(key, value);
    }
    attributes.put("href", &text::word(fields, "href"));
    asset.attributes = attributes.kept(&from, out);
    let record =
        AssetRecord { external_id: id.clone(), asset: Some(asset), site_external_id: site.unwrap_or_default() };
    // The relations of a rejected asset name something that will not be there; what stands inside of it may be good.
    if out.asset(record, &from)? {
        relations::take(&id, fields, &from, out);
    }
    relations::nested(fields, &from.origin, nested);
    Ok(())
}

/// `PhysicalResource`, `LogicalResource` or what the file calls it.
fn source_kind(fields: &Map<String, Value>) -> String {
    let base = text::word(fields, "@baseType");
    let own = text::word(fields, "@type");
    let kind = if base.is_empty() || base == "Resource" { own } else { base };
    if kind.is_empty() { "Resource".to_owned() } else { text::line(&kind, 60) }
}

fn display_name(fields: &Map<String, Value>, id: &str, kind: &str) -> String {
    let named =
        ["name", "value"].iter().map(|key| text::line(&text::word(fields, key), 200)).find(|name| !name.is_empty());
    named.unwrap_or_else(|| {
        let own = text::word(fields, "@type");
        text::line(&format!("{}:{id}", if own.is_empty() { kind } else { &own }), 200)
    })
}

fn description(fields: &Map<String, Value>) -> String {
    let mut parts = vec![text::word(fields, "description")];
    if let Some(Value::Array(notes)) = fields.get("note") {
        parts.extend(notes.iter().filter_map(Value::as_object).map(|note| text::word(note, "text")));
    }
    parts.retain(|part| !part.is_empty());
    parts.dedup();
    text::clip(&parts.join("\n"), 4000)
}

fn guess_type(
    fields: &Map<String, Value>,
    settings: &Settings,
    attributes: &mut Attributes,
    out: &mut Out<'_>,
) -> String {
    let specification = fields.get("resourceSpecification").and_then(Value::as_object);
    let mut literals = vec![text::word(fields, "@type"), text::word(fields, "category")];
    literals.extend(specification.map(|specification| text::word(specification, "name")));
    literals.retain(|literal| !literal.is_empty());
    // `Equipment` and the like only say that it can be touched: a more telling word wins.
    let found: Vec<&str> = literals.iter().filter_map(|literal| types::asset_type(literal)).collect();
    if let Some(telling) = found.iter().find(|key| **key != "hardware").or(found.first()) {
        return (*telling).to_owned();
    }
    let told = text::line(&literals.join(" / "), 200);
    attributes.put("source_type", &told);
    let fallback = settings.fallback_type();
    let told = if told.is_empty() { "that name no type".to_owned() } else { format!("of the unknown type `{told}`") };
    out.warn(format!("resources {told} are read as `{fallback}`; give them a characteristic `assetType`"));
    fallback.to_owned()
}

fn parties(fields: &Map<String, Value>, asset: &mut Asset, attributes: &mut Attributes) {
    let Some(Value::Array(parties)) = fields.get("relatedParty") else { return };
    for party in parties.iter().filter_map(Value::as_object) {
        let role = text::word(party, "role");
        // Version 5 wraps the reference: `{role, partyOrPartyRole: {id, name}}`.
        let reference = party.get("partyOrPartyRole").and_then(Value::as_object).unwrap_or(party);
        let label = label(reference);
        if label.is_empty() {
            continue;
        }
        let word = text::squeeze(&role);
        let field = match ROLES.iter().find(|(name, _)| *name == word).map(|(_, party)| *party) {
            Some(Party::Owner) => &mut asset.owner,
            Some(Party::Custodian) => &mut asset.custodian,
            Some(Party::Vendor) => &mut asset.vendor,
            None => {
                attributes.put(&format!("relatedParty.{role}"), &label);
                continue;
            }
        };
        if field.is_empty() {
            *field = label;
        } else {
            attributes.put(&format!("relatedParty.{role}"), &label);
        }
    }
}

/// What a party is called: an organization by name, a person by reference only, so that no personal data is copied.
fn label(party: &Map<String, Value>) -> String {
    let kind =
        ["@referredType", "@type"].iter().map(|key| text::word(party, key)).collect::<String>().to_ascii_lowercase();
    let person = kind.contains("individual") || text::word(party, "href").to_ascii_lowercase().contains("/individual/");
    let (id, name) = (text::word(party, "id"), text::word(party, "name"));
    let label = match (person, name.is_empty(), id.is_empty()) {
        (true, _, false) => format!("individual {id}"),
        (true, _, true) => String::new(),
        (false, false, _) => name,
        (false, true, false) => format!("party {id}"),
        (false, true, true) => String::new(),
    };
    text::line(&label, 200)
}

fn specification(fields: &Map<String, Value>, asset: &mut Asset, attributes: &mut Attributes) {
    let Some(specification) = fields.get("resourceSpecification") else { return };
    if let Some(parts) = specification.as_object() {
        for (key, field) in [("vendor", &mut asset.vendor), ("model", &mut asset.model)] {
            if field.is_empty() {
                *field = text::line(&text::word(parts, key), 200);
            }
        }
        if asset.model.is_empty() {
            asset.model = text::line(&text::word(parts, "name"), 200);
        }
    }
    attributes.put_json("resourceSpecification", specification);
}

/// The ids of other systems; those without an owner cannot be told apart and stay an attribute.
fn external_ids(fields: &Map<String, Value>, attributes: &mut Attributes) -> Vec<ExternalId> {
    let Some(Value::Array(entries)) = fields.get("externalIdentifier") else { return Vec::new() };
    let mut ids = Vec::new();
    for entry in entries {
        let id = entry.as_object().map(|entry| ExternalId {
            system: text::line(&text::word(entry, "owner"), 64),
            value: text::line(&text::word(entry, "id"), 256),
            uri: text::line(&text::word(entry, "href"), 2048),
        });
        match id.filter(|id| !id.system.is_empty() && !id.value.is_empty()) {
            Some(id) if ids.len() < 32 => ids.push(id),
            _ => attributes.put_json("externalIdentifier", entry),
        }
    }
    ids
}

fn state(fields: &Map<String, Value>, out: &mut Out<'_>) -> State {
    let told = text::word(fields, "lifecycleState");
    if told.is_empty() {
        return State::Unspecified;
    }
    types::state(&told).unwrap_or_else(|| {
        let told = text::line(&told, 60);
        out.warn(format!(
            "the lifecycleState `{told}` is not known and proposes no state; kept as attribute `lifecycleState`"
        ));
        State::Unspecified
    })
}
