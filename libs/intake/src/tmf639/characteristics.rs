//! Characteristics of resources: security fields, network identifiers, versions; the rest are attributes.

use serde_json::{Map, Value};
use wire::assets::v1::Asset;

use super::{continuity, tables};
use crate::out::{Out, Source};
use crate::text::{self, Attributes};
use crate::{dates, identifiers, types};

/// At most so many network identifiers fit an asset.
const MOST_IDENTIFIERS: usize = 256;

/// Reads the characteristics of `resource` into `asset`; answers the asset type where `assetType` states it.
pub(super) fn take(
    resource: &Map<String, Value>,
    asset: &mut Asset,
    attributes: &mut Attributes,
    from: &Source,
    out: &mut Out<'_>,
) -> Option<String> {
    let mut stated = None;
    for key in ["resourceCharacteristic", "characteristic"] {
        let Some(value) = resource.get(key) else { continue };
        let Some(list) = value.as_array() else {
            attributes.put_json(key, value);
            continue;
        };
        for entry in list {
            let name = entry.as_object().map(|entry| text::word(entry, "name")).unwrap_or_default();
            let Some(value) = entry.get("value").filter(|_| !name.is_empty()) else {
                attributes.put_json(key, entry);
                continue;
            };
            if name.eq_ignore_ascii_case("assetType") {
                stated = types::stated_asset_type(&plain(value));
            }
            if stated.is_none() || !name.eq_ignore_ascii_case("assetType") {
                one(&name, value, asset, attributes, from, out);
            }
        }
    }
    stated
}

/// Reads one characteristic into the field it belongs to; into an attribute where there is none.
pub(crate) fn one(
    name: &str,
    value: &Value,
    asset: &mut Asset,
    attributes: &mut Attributes,
    from: &Source,
    out: &mut Out<'_>,
) {
    let word = text::squeeze(name);
    let taken = match word.as_str() {
        "securityconfidentiality" => rating(value, &mut asset.confidentiality),
        "securityintegrity" => rating(value, &mut asset.integrity),
        "securityavailability" => rating(value, &mut asset.availability),
        "securityclassification" => set(&mut asset.classification, &text::slug(&plain(value)), 63),
        "securitycriticalityreason" | "criticalityreason" => set(&mut asset.criticality_reason, &plain(value), 2000),
        "securitylegaltags" => legal_tags(value, asset),
        "powerwatts" => watts(value, asset),
        "endoflifedate" | "endoflife" | "endoflifetime" => end_of_life(value, asset),
        "softwareversion" | "swversion" | "firmware" | "firmwareversion" => {
            set(&mut asset.software_version, &plain(value), 200)
        }
        "vendor" | "manufacturer" => set(&mut asset.vendor, &plain(value), 200),
        "model" => set(&mut asset.model, &plain(value), 200),
        _ => continuity::take(&word, value, asset).unwrap_or_else(|| network(&word, value, asset)),
    };
    if taken {
        return;
    }
    if word.starts_with("security") || word == "powerwatts" {
        let message = format!(
            "the characteristic `{}` has a value that its field cannot hold; kept as an attribute: ratings are 0 to 10, watts a number, tags keys",
            text::line(name, 60)
        );
        out.warn(format!("{}: {message}", from.origin));
    }
    if continuity::knows(&word) {
        let message = format!(
            "the characteristic `{}` has a value that its field cannot hold; kept as an attribute: subscribers are a whole number, a recovery objective is a duration with its unit, such as PT4H or 4h",
            text::line(name, 60)
        );
        out.warn(format!("{}: {message}", from.origin));
    }
    attributes.put_json(name, value);
}

pub(super) fn plain(value: &Value) -> String {
    text::of_json(value).unwrap_or_default()
}

/// Sets a field that is still empty.
pub(super) fn set(field: &mut String, value: &str, most: usize) -> bool {
    if !field.is_empty() || value.is_empty() {
        return false;
    }
    *field = text::clip(value, most);
    true
}

fn rating(value: &Value, field: &mut i32) -> bool {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let words = [("low", 1), ("medium", 2), ("moderate", 2), ("high", 3)];
    let told = value.as_str().map(|text| text.trim().to_ascii_lowercase()).unwrap_or_default();
    let by_word = words.iter().find(|(word, _)| *word == told).map(|(_, number)| *number);
    match number.or(by_word).map(i32::try_from) {
        Some(Ok(number)) if (0..=10).contains(&number) => {
            *field = number;
            true
        }
        _ => false,
    }
}

fn watts(value: &Value, asset: &mut Asset) -> bool {
    match value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()) {
        Some(watts) if (0.0..=1e9).contains(&watts) => {
            asset.power_watts = watts;
            true
        }
        _ => false,
    }
}

fn end_of_life(value: &Value, asset: &mut Asset) -> bool {
    let read = value.as_str().and_then(|text| dates::read(text, &[]));
    let taken = read.is_some() && asset.end_of_life_time.is_none();
    if taken {
        asset.end_of_life_time = read;
    }
    taken
}

fn legal_tags(value: &Value, asset: &mut Asset) -> bool {
    let tags: Vec<String> = match value {
        Value::Array(items) => items.iter().map(|item| text::slug(&plain(item))).collect(),
        Value::String(text) => text.split([',', ';']).map(text::slug).filter(|tag| !tag.is_empty()).collect(),
        _ => return false,
    };
    let fits = tags.len() <= 16 && tags.iter().all(|tag| text::is_key(tag));
    if fits {
        asset.legal_tags = tags;
    }
    fits
}

fn network(word: &str, value: &Value, asset: &mut Asset) -> bool {
    let Some((_, kind)) = tables::NETWORK.iter().find(|(name, _)| *name == word) else { return false };
    let values: Vec<String> = match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        other => vec![plain(other)],
    };
    let found: Option<Vec<_>> = values.iter().map(|value| identifiers::of_kind(*kind, value)).collect();
    match found {
        Some(found) if asset.network_identifiers.len() + found.len() <= MOST_IDENTIFIERS => {
            for identifier in found {
                add(asset, identifier);
            }
            true
        }
        _ => false,
    }
}

/// Adds an identifier once.
pub(crate) fn add(asset: &mut Asset, identifier: wire::assets::v1::NetworkIdentifier) {
    if asset.network_identifiers.len() < MOST_IDENTIFIERS && !asset.network_identifiers.contains(&identifier) {
        asset.network_identifiers.push(identifier);
    }
}
