//! Where things stand.

use super::dump::{Dump, Object};
use crate::text;

/// The site where an object stands: its own, else that of what it stands in or runs on.
pub(super) fn site<'a>(dump: &'a Dump, object: &'a Object) -> Option<&'a Object> {
    let own = dump.refer(object, "site", "dcim.site");
    own.or_else(|| scope(dump, object)).or_else(|| {
        let (field, model) = match object.model.as_str() {
            "virtualization.virtualmachine" => ("cluster", "virtualization.cluster"),
            "dcim.powerfeed" => ("power_panel", "dcim.powerpanel"),
            _ => return None,
        };
        let around = dump.refer(object, field, model)?;
        dump.refer(around, "site", "dcim.site").or_else(|| scope(dump, around))
    })
}

/// Since version 4.2 prefixes, clusters and circuit ends name a site, or a location in one, by a generic reference.
fn scope<'a>(dump: &'a Dump, object: &'a Object) -> Option<&'a Object> {
    let place = dump
        .generic(object, "scope_type", "scope_id")
        .or_else(|| dump.generic(object, "termination_type", "termination_id"))?;
    match place.model.as_str() {
        "dcim.site" => Some(place),
        "dcim.location" => dump.refer(place, "site", "dcim.site"),
        _ => None,
    }
}

/// Where in the site: `Row 1, rack R101, U 4.0 front`.
pub(super) fn location(dump: &Dump, object: &Object) -> String {
    let rack = dump.refer(object, "rack", "dcim.rack");
    let own = dump.refer(object, "location", "dcim.location");
    let around = own.or_else(|| rack.and_then(|rack| dump.refer(rack, "location", "dcim.location")));
    let mut parts: Vec<String> = around.map(|location| dump.path(location)).into_iter().collect();
    parts.extend(rack.map(|rack| format!("rack {}", rack.word("name"))));
    let (position, face) = (object.word("position"), object.word("face"));
    if rack.is_some() && !position.is_empty() {
        parts.push(format!("U {position} {face}").trim_end().to_owned());
    }
    text::line(&parts.join(", "), 400)
}
