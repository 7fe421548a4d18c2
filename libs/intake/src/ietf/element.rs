//! Network elements.

use serde_json::{Map, Value};
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, AssetRecord};

use super::{component, tables};
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};
use crate::{Settings, identifiers, types};

/// Takes one network element over, and what of its components can be replaced.
pub(super) fn take(fields: &Map<String, Value>, origin: String, settings: &Settings, out: &mut Out<'_>) -> Go {
    out.count("network-element");
    let from = Source::new(origin, "network-element");
    let id = text::word(fields, "ne-id");
    if id.is_empty() {
        let message = "the network element has no `ne-id`, so a second import could not find it again; give each one";
        out.reject(&from, "FIELD_INVALID", message, "ne-id");
        return Ok(());
    }
    let components = component::Components::of(fields, &id, &from, out);
    let mut attributes = Attributes::default();
    let mut asset = common(fields, tables::ELEMENT, &id, &mut attributes);
    asset.r#type = kind(fields, settings, &mut attributes, out);
    asset.network_identifiers.extend(identifiers::of_kind(Kind::NetworkElement, &id));
    components.fold(&mut asset, &mut attributes);
    let name = asset.display_name.clone();
    asset.attributes = attributes.kept(&from, out);
    let record = AssetRecord { external_id: id.clone(), asset: Some(asset), site_external_id: String::new() };
    // The parts of a rejected network element would be part of nothing.
    if !out.asset(record, &from)? {
        components.leave(out);
        return Ok(());
    }
    components.take(&name, out)
}

/// What network elements and components have alike.
pub(super) fn common(fields: &Map<String, Value>, taken: &[&str], id: &str, attributes: &mut Attributes) -> Asset {
    let word = |field: &str| text::line(&text::word(fields, field), 200);
    let name = ["name", "alias"].iter().map(|field| word(field)).find(|name| !name.is_empty());
    if !word("name").is_empty() {
        attributes.put("alias", &word("alias"));
    }
    for (key, value) in fields.iter().filter(|(key, _)| !taken.contains(&key.as_str())) {
        attributes.put_json(tables::bare(key), value);
    }
    Asset {
        display_name: name.unwrap_or_else(|| text::line(id, 200)),
        description: text::clip(&text::word(fields, "description"), 4000),
        vendor: word("mfg-name"),
        model: word("product-name"),
        serial_number: word("serial-number"),
        software_version: software(fields.get("software-rev"), attributes),
        ..Asset::default()
    }
}

/// Software as one line: `os 7.4 (patch 7, patch 9), boot 2.0`; what is longer than the field is kept whole as an attribute.
fn software(list: Option<&Value>, attributes: &mut Attributes) -> String {
    let Some(list) = list else { return String::new() };
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |entry: &Value| {
        let entry = entry.as_object()?;
        let patches = entry.get("patch").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let patches: Vec<String> = patches
            .iter()
            .filter_map(|patch| patch.as_object().map(|patch| format!("patch {}", text::word(patch, "revision"))))
            .collect();
        let words = [text::word(entry, "name"), text::word(entry, "revision")];
        let mut line = words.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        if !patches.is_empty() {
            line += &format!(" ({})", patches.join(", "));
        }
        Some(line)
    };
    let whole = entries.iter().filter_map(one).collect::<Vec<_>>().join(", ");
    if whole.is_empty() || whole.chars().count() > 200 {
        attributes.put_json("software-rev", list);
    }
    text::line(&whole, 200)
}

/// The asset type of `ne-type`; the model names kinds of network elements, not what they do.
fn kind(fields: &Map<String, Value>, settings: &Settings, attributes: &mut Attributes, out: &mut Out<'_>) -> String {
    let stated = text::word(fields, "ne-type");
    if let Some(known) = types::asset_type(tables::bare(&stated)) {
        return known.to_owned();
    }
    let told = text::line(tables::bare(&stated), 200);
    attributes.put("source_type", &told);
    let fallback = settings.fallback_type();
    let words = if told.is_empty() { "without `ne-type`".to_owned() } else { format!("of the type `{told}`") };
    out.warn(format!("network elements {words} are read as `{fallback}`; choose another with --default-type"));
    fallback.to_owned()
}
