//! Sites of NetBox.

use wire::assets::v1::{Site, SiteRecord};

use super::context::Context;
use super::world::{Object, World};
use crate::out::Out;
use crate::{coordinates, text, types};

/// The record of a site.
pub(super) fn record(object: &Object, world: &World, context: &Context<'_>, out: &mut Out<'_>) -> SiteRecord {
    let fields = &object.fields;
    let id = object.external_id();
    let name = text::line(&text::word(fields, "name"), 200);
    let mut site = Site {
        display_name: if name.is_empty() { id.clone() } else { name },
        r#type: site_type(object, world, out).to_owned(),
        owner_party: text::line(&world.name_of(fields, "tenant", "tenancy.tenant"), 200),
        region: text::line(&world.chain("dcim.region", &text::word(fields, "region")).join(" / "), 200),
        address: text::line(&text::word(fields, "physical_address"), 500),
        ..Site::default()
    };
    let degrees = |key: &str| text::word(fields, key).parse::<f64>().ok();
    if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) {
        site.position = coordinates::point(latitude, longitude);
    }
    let group = world.chain("dcim.sitegroup", &text::word(fields, "group")).join(" / ");
    let told = [
        ("netbox.status", text::word(fields, "status")),
        ("netbox.facility", text::word(fields, "facility")),
        ("netbox.group", group),
        ("netbox.tags", context.tags(&id)),
        ("netbox.description", text::word(fields, "description")),
    ];
    for (key, value) in told.into_iter().filter(|(_, value)| !value.is_empty()) {
        site.labels.insert(key.to_owned(), text::line(&value, 256));
    }
    for (role, reference) in context.contacts(&id) {
        let mut key = format!("netbox.{}", text::clip(&role, 48));
        let mut number = 2;
        while site.labels.contains_key(&key) && number < 50 {
            key = format!("netbox.{}.{number}", text::clip(&role, 48));
            number += 1;
        }
        if site.labels.len() < 64 {
            site.labels.insert(key, text::line(&reference, 256));
        }
    }
    SiteRecord { external_id: id, site: Some(site) }
}

/// By the site's groups, the nearest first.
fn site_type(object: &Object, world: &World, out: &mut Out<'_>) -> &'static str {
    let groups = world.chain("dcim.sitegroup", &text::word(&object.fields, "group"));
    if let Some(kind) = groups.iter().rev().find_map(|group| types::site_type(group)) {
        return kind;
    }
    out.warn(format!(
        "sites whose group tells no site type are read as `{}`; put them into groups such as Data centre, Office, Customer sites, or change them afterwards",
        types::SITE_FALLBACK
    ));
    types::SITE_FALLBACK
}
