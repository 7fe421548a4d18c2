//! Places of resources as sites.

use serde_json::{Map, Value};
use wire::assets::v1::{Site, SiteRecord};

use crate::out::{Go, Out, Source};
use crate::{coordinates, text, types};

/// Hands the sites of `place` over that were not seen before; answers the id of the first one that has an id.
pub(super) fn take(place: Option<&Value>, from: &Source, out: &mut Out<'_>) -> Go<Option<String>> {
    let places: Vec<&Map<String, Value>> = match place {
        Some(Value::Object(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    let mut first = None;
    for place in places {
        // Version 5 may wrap the reference: `{role, place: {id, name}}`.
        let place = place.get("place").and_then(Value::as_object).unwrap_or(place);
        let id = text::word(place, "id");
        if id.is_empty() {
            if !place.is_empty() {
                out.not_imported(
                    "place",
                    "it has no id, so nothing can stand there; kept as attribute `place` of its resource",
                );
            }
            continue;
        }
        let usable = match out.knows_site(&id) {
            Some(usable) => usable,
            None => {
                out.count("place");
                let record = record(&id, place, out);
                out.site(record, from)?
            }
        };
        if usable {
            first.get_or_insert(id);
        }
    }
    Ok(first)
}

fn record(id: &str, place: &Map<String, Value>, out: &mut Out<'_>) -> SiteRecord {
    let stated = text::word(place, "siteType");
    let kind = types::site_type(&stated).or_else(|| types::site_type(&text::word(place, "role")));
    if kind.is_none() {
        let told = if stated.is_empty() {
            "no site type".to_owned()
        } else {
            format!("the unknown site type `{}`", text::line(&stated, 60))
        };
        out.warn(format!(
            "places with {told} are read as `{}`; set `siteType` or change the sites afterwards",
            types::SITE_FALLBACK
        ));
    }
    let name = text::line(&text::word(place, "name"), 200);
    let mut site = Site {
        display_name: if name.is_empty() { text::line(id, 200) } else { name },
        r#type: kind.unwrap_or(types::SITE_FALLBACK).to_owned(),
        manned: place.get("manned").is_some_and(|manned| manned == &Value::Bool(true) || manned == "true"),
        owner_party: text::line(&text::word(place, "ownerParty"), 200),
        region: text::line(&text::word(place, "region"), 200),
        address: text::line(&address(place), 500),
        position: position(place),
        ..Site::default()
    };
    if !stated.is_empty() && kind.is_none() {
        site.labels.insert("source-site-type".to_owned(), text::line(&stated, 256));
    }
    SiteRecord { external_id: id.to_owned(), site: Some(site) }
}

/// A text, or the parts of a TMF673 address in the order of an envelope.
fn address(place: &Map<String, Value>) -> String {
    match place.get("address") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(parts)) => address_parts(parts),
        _ => address_parts(place),
    }
}

fn address_parts(parts: &Map<String, Value>) -> String {
    let keys = ["streetNr", "streetName", "postcode", "city", "stateOrProvince", "country"];
    let words = keys.iter().map(|key| text::word(parts, key)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(", ")
}

fn position(place: &Map<String, Value>) -> Option<wire::assets::v1::GeoPoint> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    let plain = || Some((number(place.get("latitude")?)?, number(place.get("longitude")?)?));
    let geometry = || {
        let location = place.get("geographicLocation").or_else(|| place.get("geometry"))?;
        let geometry = location.get("geometry").unwrap_or(location);
        let pair = geometry.get("coordinates")?.as_array()?;
        // GeoJSON: longitude first.
        Some((number(pair.get(1)?)?, number(pair.first()?)?))
    };
    let (latitude, longitude) = plain().or_else(geometry)?;
    coordinates::point(latitude, longitude)
}
