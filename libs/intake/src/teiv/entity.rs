//! Entities as sites and assets.

use serde_json::{Map, Value};
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, AssetRecord, GeoPoint, Site, SiteRecord};

use super::{Entity, tables};
use crate::out::{Go, Out};
use crate::text::{self, Attributes};
use crate::tmf639::characteristics;
use crate::{Settings, coordinates, identifiers, place, types};

/// Attributes that hold where something is.
const PLACES: &[&str] = &["geo-location", "geoLocation"];

/// Hands a place over.
pub(super) fn site(id: &str, entity: &Entity, out: &mut Out<'_>) -> Go {
    let stated = ["siteType", "type"].iter().find_map(|key| types::site_type(&text::word(&entity.attributes, key)));
    let cloud = tables::bare(&entity.kind) == "CloudSite";
    let mut site = Site {
        display_name: name(id, entity),
        r#type: stated.unwrap_or(if cloud { "data-centre" } else { "isolated-area" }).to_owned(),
        position: position(&entity.attributes),
        ..Site::default()
    };
    let rest = entity.attributes.iter().filter(|(key, _)| !(PLACES.contains(&key.as_str()) && site.position.is_some()));
    let mut labels: Vec<(String, String)> =
        rest.filter_map(|(key, value)| Some((text::slug(key), text::of_json(value)?))).collect();
    labels.push(("source-ids".to_owned(), entity.sources.join(", ")));
    for (key, value) in labels {
        let value = text::line(&value, 256);
        if !(key.is_empty() || key == "name" || value.is_empty()) && site.labels.len() < 64 {
            site.labels.insert(text::clip(&key, 63), value);
        }
    }
    out.site(SiteRecord { external_id: id.to_owned(), site: Some(site) }, &entity.from)?;
    Ok(())
}

/// Hands an asset over, which stands at `site` where a relationship says so.
pub(super) fn asset(id: &str, entity: &Entity, site: Option<&str>, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut attributes = Attributes::default();
    let mut asset = Asset {
        display_name: name(id, entity),
        r#type: asset_type(entity, settings, &mut attributes, out),
        ..Asset::default()
    };
    let place = match (site, position(&entity.attributes)) {
        (Some(site), _) => Some(site.to_owned()),
        (None, Some(point)) => {
            let called = format!("Place of {}", asset.display_name);
            place::at(point.latitude, point.longitude, &called, "isolated-area", &entity.from, out)?
        }
        (None, None) => None,
    };
    network(id, entity, &mut asset);
    for (key, value) in &entity.attributes {
        attributes.put_json(key, value);
    }
    attributes.put("sourceIds", &entity.sources.join(", "));
    attributes.put("entityType", &entity.kind);
    asset.attributes = attributes.kept(&entity.from, out);
    let record =
        AssetRecord { external_id: id.to_owned(), asset: Some(asset), site_external_id: place.unwrap_or_default() };
    out.asset(record, &entity.from)?;
    Ok(())
}

/// The name: an attribute, the last part of a distinguished name (`NR-Cell-07` of `...,NRCellDU=NR-Cell-07`), the id.
fn name(id: &str, entity: &Entity) -> String {
    let own = tables::NAMES.iter().map(|key| text::word(&entity.attributes, key)).find(|name| !name.is_empty());
    let last = id.rsplit_once(',').and_then(|(_, part)| part.split_once('=')).map(|(_, name)| name.to_owned());
    text::line(&own.or(last).filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned()), 200)
}

fn asset_type(entity: &Entity, settings: &Settings, attributes: &mut Attributes, out: &mut Out<'_>) -> String {
    let kind = tables::bare(&entity.kind);
    if let Some(known) = tables::asset_type(kind).or_else(|| types::asset_type(kind)) {
        return known.to_owned();
    }
    let told = text::line(kind, 100);
    attributes.put("source_type", &told);
    let fallback = settings.fallback_type();
    out.warn(format!("entities of the unknown type `{told}` are read as `{fallback}`"));
    fallback.to_owned()
}

/// The point of a `geo-location`: `{latitude, longitude}`, or the same below `location` as the older model has it.
fn position(attributes: &Map<String, Value>) -> Option<GeoPoint> {
    let location = PLACES.iter().find_map(|key| attributes.get(*key))?;
    let location = location.get("location").unwrap_or(location).as_object()?;
    let number = |key: &str| text::word(location, key).parse::<f64>().ok();
    coordinates::point(number("latitude")?, number("longitude")?)
}

/// The distinguished name, the mobile network and the global id of a cell.
fn network(id: &str, entity: &Entity, asset: &mut Asset) {
    let name = id.strip_prefix("urn:3gpp:dn:").filter(|name| name.len() <= 256);
    let name = name.and_then(|name| identifiers::of_kind(Kind::NetworkElement, name));
    let plmn = tables::PLMN.iter().find_map(|key| entity.attributes.get(*key)?.as_object());
    let plmn = plmn.map(|plmn| format!("{}-{}", text::word(plmn, "mcc"), text::word(plmn, "mnc")));
    let plmn = plmn.and_then(|plmn| identifiers::of_kind(Kind::Plmn, &plmn));
    let cell = text::word(&entity.attributes, "nCI");
    let global = plmn.as_ref().filter(|_| !cell.is_empty()).map(|plmn| format!("{}-{cell}", plmn.value));
    let global = global.and_then(|cell| identifiers::of_kind(Kind::Cell, &cell));
    for found in [name, global, plmn].into_iter().flatten() {
        characteristics::add(asset, found);
    }
}
