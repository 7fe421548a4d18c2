//! Sites.

use std::collections::BTreeMap;

use wire::assets::v1::{Site, SiteRecord};

use super::dump::{Dump, Object};
use super::notes::Notes;
use crate::out::{Go, Out, Source};
use crate::{coordinates, text, types};

/// Hands the sites over.
pub(super) fn take(dump: &Dump, notes: &Notes, out: &mut Out<'_>) -> Go {
    for object in dump.all("dcim.site") {
        let from = object.source();
        if object.key.is_empty() {
            out.reject(&from, "FIELD_INVALID", NO_KEY, "pk");
            continue;
        }
        let record = SiteRecord { external_id: object.id(), site: Some(site(dump, notes, object)) };
        out.site(record, &from)?;
    }
    named_only(dump, notes, out)
}

/// Hands over the sites of which answers of the API only say the name, inside of the objects that stand there.
fn named_only(dump: &Dump, notes: &Notes, out: &mut Out<'_>) -> Go {
    for object in dump.named_only("dcim.site") {
        let from = Source::new(object.source().origin, "dcim.site, named only");
        out.count(&from.kind);
        out.warn(
            "sites that the file only names have no more than that name and the type `equipment-room`; add /api/dcim/sites/ to the file",
        );
        out.site(SiteRecord { external_id: object.id(), site: Some(site(dump, notes, object)) }, &from)?;
    }
    Ok(())
}

/// What is wrong with an object without a key.
pub(super) const NO_KEY: &str =
    "the object has no `pk`, so a second import could not find it again; dump without `--natural-primary`";

fn site(dump: &Dump, notes: &Notes, object: &Object) -> Site {
    let address = [object.word("physical_address"), object.word("shipping_address")];
    let address = address.iter().find(|address| !address.is_empty()).map(String::as_str).unwrap_or_default();
    let name = text::line(&object.word("name"), 200);
    let degrees = |field: &str| object.word(field).parse::<f64>().ok();
    Site {
        display_name: if name.is_empty() { object.id() } else { name },
        r#type: site_type(dump, object).to_owned(),
        owner_party: text::line(&dump.word(object, "tenant", "tenancy.tenant", "name"), 200),
        region: dump
            .refer(object, "region", "dcim.region")
            .map(|region| text::line(&dump.path(region), 200))
            .unwrap_or_default(),
        address: text::line(address, 500),
        position: degrees("latitude").zip(degrees("longitude")).and_then(|(lat, lon)| coordinates::point(lat, lon)),
        labels: labels(dump, notes, object),
        ..Site::default()
    }
}

/// The nearest group whose name is a site type.
fn site_type(dump: &Dump, object: &Object) -> &'static str {
    let mut group = dump.refer(object, "group", "dcim.sitegroup");
    for _ in 0..16 {
        let Some(here) = group else { break };
        let known = types::site_type(&here.word("slug")).or_else(|| types::site_type(&here.word("name")));
        if let Some(known) = known {
            return known;
        }
        group = dump.refer(here, "parent", "dcim.sitegroup");
    }
    types::SITE_FALLBACK
}

/// A site has no attributes: what has no field becomes a label.
fn labels(dump: &Dump, notes: &Notes, object: &Object) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut put = |key: &str, value: &str| {
        let value = text::line(value, 256);
        if !value.is_empty() && labels.len() < 64 {
            labels.insert(text::clip(key, 63), value);
        }
    };
    for field in ["status", "slug", "facility", "time_zone", "description", "comments"] {
        put(field, &object.word(field));
    }
    if let Some(group) = dump.refer(object, "group", "dcim.sitegroup") {
        put("group", &dump.path(group));
    }
    for (slug, name) in notes.tags(&object.id()) {
        put(&format!("tag.{slug}"), name);
    }
    for (role, contact) in notes.contacts(&object.id()) {
        put(&format!("contact.{role}"), contact);
    }
    if let Some(custom) = object.fields.get("custom_field_data").and_then(serde_json::Value::as_object) {
        for (name, value) in custom {
            let name = text::slug(name);
            if let Some(value) = text::of_json(value).filter(|_| !name.is_empty()) {
                put(&format!("custom.{name}"), &value);
            }
        }
    }
    labels
}
