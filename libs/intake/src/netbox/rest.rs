//! Objects as the REST API answers them, brought into the form of a dump.
//!
//! An answer has references as objects with `id` and `url`, choices as `{value, label}`, custom fields as `custom_fields`, and the ends of a cable
//! inside of the cable. What stands inside of an object is filed too, so that names are known where the file has no answer of that endpoint.

use serde_json::{Map, Value};

use super::dump::Dump;
use crate::text;

/// Members that only the API has: addresses of answers, and what NetBox works out from other objects.
const DERIVED: &[&str] = &[
    "id",
    "url",
    "display",
    "display_url",
    "family",
    "primary_ip",
    "config_context",
    "link_peers",
    "link_peers_type",
    "connected_endpoints",
    "connected_endpoints_type",
    "connected_endpoints_reachable",
    "_occupied",
    "children",
    "device_bay",
];

/// Members that hold the object which two others, a type and a key, name as well.
const NAMED_TWICE: &[&str] = &["assigned_object", "scope", "termination", "object"];

/// Endpoints whose model is not their name in the singular.
const ENDPOINTS: &[(&str, &str, &str)] =
    &[("virtualization", "interfaces", "vminterface"), ("extras", "object-changes", "objectchange")];

/// Files one object; answers its model, and what is wrong where it cannot be filed.
pub(super) fn object(parts: Map<String, Value>, dump: &mut Dump) -> Result<String, (String, String)> {
    let Some(model) = model(&text::word(&parts, "url")) else {
        return Err((super::unknown(), "an object with a `url` that is none of the API of NetBox".to_owned()));
    };
    let key = text::line(&text::word(&parts, "id"), 100);
    if key.is_empty() {
        return Err((model.clone(), format!("an object of `{model}` without `id`")));
    }
    let mut fields = fields(parts, dump);
    if model == "dcim.cable" {
        ends(&key, &mut fields, dump);
    }
    match dump.add(&model, key, fields) {
        Ok(()) => Ok(model),
        Err(problem) => Err((model, problem)),
    }
}

/// The model of an address: `dcim.device` of `https://netbox.example.net/api/dcim/devices/17/`.
fn model(url: &str) -> Option<String> {
    let (_, path) = url.rsplit_once("/api/")?;
    let mut parts = path.split(['/', '?']).filter(|part| !part.is_empty());
    let mut app = parts.next()?;
    if app == "plugins" {
        app = parts.next()?;
    }
    let endpoint = parts.next()?;
    let known = ENDPOINTS.iter().find(|(of, name, _)| *of == app && *name == endpoint);
    let name = known.map_or_else(|| singular(endpoint), |(.., name)| (*name).to_owned());
    Some(text::line(&format!("{app}.{name}"), 100).to_ascii_lowercase())
}

/// `ipaddress` of `ip-addresses`, `virtualchassis` of `virtual-chassis`.
fn singular(endpoint: &str) -> String {
    let whole = endpoint.replace('-', "");
    if let Some(stem) = whole.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches"] {
        if let Some(stem) = whole.strip_suffix(end) {
            return format!("{stem}{}", end.trim_end_matches("es"));
        }
    }
    let plural = whole.ends_with('s') && !whole.ends_with("ss") && !whole.ends_with("is");
    if plural { whole.trim_end_matches('s').to_owned() } else { whole }
}

/// The fields of an object as a dump has them.
fn fields(parts: Map<String, Value>, dump: &mut Dump) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in parts {
        if DERIVED.contains(&name.as_str()) || name.ends_with("_count") {
            continue;
        }
        match name.as_str() {
            "tags" | "a_terminations" | "b_terminations" => {
                fields.insert(name, value);
            }
            "custom_fields" => {
                fields.insert("custom_field_data".to_owned(), custom(value));
            }
            _ => {
                let value = plain(value, dump);
                if !NAMED_TWICE.contains(&name.as_str()) {
                    fields.insert(name, value);
                }
            }
        }
    }
    fields
}

/// A value as a dump has it: references as keys, choices as their value.
fn plain(value: Value, dump: &mut Dump) -> Value {
    match value {
        Value::Object(mut parts) if parts.contains_key("value") && parts.contains_key("label") => {
            parts.remove("value").unwrap_or(Value::Null)
        }
        Value::Object(parts) if parts.contains_key("id") => {
            let key = parts.get("id").cloned().unwrap_or(Value::Null);
            if let Some(model) = model(&text::word(&parts, "url")) {
                let key = text::line(&text::word(&parts, "id"), 100);
                let fields = fields(parts, dump);
                dump.add_brief(&model, &key, fields);
            }
            key
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| plain(item, dump)).collect()),
        other => other,
    }
}

/// Custom fields: those that refer to an object keep its name, choices their label.
fn custom(value: Value) -> Value {
    let Value::Object(custom) = value else { return value };
    let plain = custom.into_iter().map(|(name, value)| {
        let told = value.as_object().and_then(|parts| {
            let told = ["label", "display", "name"].iter().map(|key| text::word(parts, key));
            told.filter(|word| !word.is_empty()).map(Value::String).next()
        });
        (name, told.unwrap_or(value))
    });
    Value::Object(plain.collect())
}

/// The ends of a cable, which a dump has as objects of their own.
fn ends(cable: &str, fields: &mut Map<String, Value>, dump: &mut Dump) {
    for (side, name) in [("A", "a_terminations"), ("B", "b_terminations")] {
        let Some(Value::Array(ends)) = fields.remove(name) else { continue };
        for end in ends {
            let Value::Object(end) = end else { continue };
            let mut parts = self::fields(end, dump);
            parts.insert("cable".to_owned(), Value::String(cable.to_owned()));
            parts.insert("cable_end".to_owned(), Value::String(side.to_owned()));
            for (from, to) in [("object_type", "termination_type"), ("object_id", "termination_id")] {
                if let Some(value) = parts.remove(from) {
                    parts.insert(to.to_owned(), value);
                }
            }
            dump.add_derived("dcim.cabletermination", parts);
        }
    }
}
