//! Objects of NetBox that are assets.

use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, AssetRecord};

use super::context::Context;
use super::tables::{REFERENCES, ROLE_WORDS, STATUS, TAKEN};
use super::world::{Object, World};
use crate::out::{Out, Source};
use crate::text::{self, Attributes};
use crate::{identifiers, types};

/// The record of an asset of type `kind`.
pub(super) fn record(
    object: &Object,
    kind: &str,
    world: &World,
    context: &Context<'_>,
    from: &Source,
    out: &mut Out<'_>,
) -> AssetRecord {
    let fields = &object.fields;
    let id = object.external_id();
    let mut attributes = Attributes::default();
    let mut asset = Asset {
        display_name: text::line(&name(object, world), 200),
        r#type: kind.to_owned(),
        description: description(object),
        owner: text::line(&world.name_of(fields, "tenant", "tenancy.tenant"), 200),
        custodian: text::line(&context.custodian(&id), 200),
        serial_number: text::line(&text::word(fields, "serial"), 200),
        ..Asset::default()
    };
    status(object, &mut asset, &mut attributes, out);
    match object.model.as_str() {
        "dcim.device" => device(object, world, &mut asset, &mut attributes, out),
        "circuits.circuit" => circuit(object, world, context, &mut asset, &mut attributes),
        "ipam.prefix" | "ipam.aggregate" => {
            asset.network_identifiers.extend(identifiers::network(&text::word(fields, "prefix")));
            if world.name_of(fields, "role", "ipam.role").to_ascii_lowercase().contains("public") {
                attributes.put("agit_candidate", "true");
            }
        }
        "ipam.asn" => asset.network_identifiers.extend(identifiers::of_kind(Kind::Asn, &text::word(fields, "asn"))),
        _ => {}
    }
    if matches!(object.model.as_str(), "dcim.device" | "virtualization.virtualmachine") {
        asset.network_identifiers = context.identifiers(world, object);
        let most = 256;
        for extra in asset.network_identifiers.drain(asset.network_identifiers.len().min(most)..) {
            attributes.put("network identifier", &extra.value);
        }
    }
    asset.location = location(object, world);
    context.keep(&id, fields, &mut attributes);
    rest(object, world, &mut attributes);
    let site = world.get("dcim.site", &world.site_of(fields)).map(Object::external_id).unwrap_or_default();
    let (kept, cut) = attributes.done();
    if !cut.is_empty() {
        let keys = text::clip(&cut.join(", "), 200);
        out.warn(format!(
            "{}: more than an asset can keep (256 attributes of 4096 characters); shortened or dropped: {keys}",
            from.origin
        ));
    }
    asset.attributes = kept;
    AssetRecord { external_id: id, asset: Some(asset), site_external_id: site }
}

fn name(object: &Object, world: &World) -> String {
    let fields = &object.fields;
    let word = |key: &str| text::word(fields, key);
    let name = match object.model.as_str() {
        "dcim.device" if word("name").is_empty() => {
            let role = role(object, world).map(|role| text::word(&role.fields, "slug")).unwrap_or_default();
            let model = world.name_of(fields, "device_type", "dcim.devicetype");
            format!("{role}-{model}-{}", object.pk)
        }
        "circuits.circuit" => word("cid"),
        "ipam.prefix" | "ipam.aggregate" => word("prefix"),
        "ipam.asn" => format!("AS{}", word("asn")),
        "ipam.iprange" => format!("{} to {}", bare(&word("start_address")), bare(&word("end_address"))),
        "ipam.vlan" => format!("{} ({})", word("name"), word("vid")),
        _ => word("name"),
    };
    if name.is_empty() { object.external_id() } else { name }
}

fn bare(address: &str) -> &str {
    address.split('/').next().unwrap_or(address)
}

fn description(object: &Object) -> String {
    let mut parts = vec![text::word(&object.fields, "description"), text::word(&object.fields, "comments")];
    parts.retain(|part| !part.is_empty());
    text::clip(&parts.join("\n"), 4000)
}

/// The role of a device; NetBox before 3.6 calls the field `device_role`.
fn role<'a>(object: &Object, world: &'a World) -> Option<&'a Object> {
    let fields = &object.fields;
    world.follow(fields, "role", "dcim.devicerole").or_else(|| world.follow(fields, "device_role", "dcim.devicerole"))
}

fn status(object: &Object, asset: &mut Asset, attributes: &mut Attributes, out: &mut Out<'_>) {
    let told = text::word(&object.fields, "status");
    if told.is_empty() {
        return;
    }
    attributes.put("netbox_status", &told);
    match STATUS.iter().find(|(name, ..)| *name == told) {
        Some((_, state, operation)) => {
            asset.state = (*state).into();
            attributes.put("oper_state", operation);
            if *state == State::Retired {
                attributes.put("change_proposed", "DISPOSE");
            }
        }
        None => out.warn(format!(
            "the status `{}` of {} is not known and proposes no state; kept as attribute `netbox_status`",
            text::line(&told, 60),
            object.model
        )),
    }
}

fn device(object: &Object, world: &World, asset: &mut Asset, attributes: &mut Attributes, out: &mut Out<'_>) {
    let fields = &object.fields;
    let slug = role(object, world).map(|role| text::word(&role.fields, "slug")).unwrap_or_default();
    let by_word = || ROLE_WORDS.iter().find(|(word, _)| slug.contains(word)).map(|(_, kind)| *kind);
    match types::asset_type(&slug).or_else(by_word) {
        Some(kind) => kind.clone_into(&mut asset.r#type),
        None => out.warn(format!(
            "devices of the role `{}` are read as `{}`; name the role after an asset type or change the assets afterwards",
            text::line(&slug, 60), asset.r#type
        )),
    }
    if let Some(kind) = world.follow(fields, "device_type", "dcim.devicetype") {
        asset.model = text::line(&text::word(&kind.fields, "model"), 200);
        asset.vendor = text::line(&world.name_of(&kind.fields, "manufacturer", "dcim.manufacturer"), 200);
        attributes.put("part_number", &text::word(&kind.fields, "part_number"));
    }
}

fn circuit(object: &Object, world: &World, context: &Context<'_>, asset: &mut Asset, attributes: &mut Attributes) {
    asset.vendor = text::line(&world.name_of(&object.fields, "provider", "circuits.provider"), 200);
    for termination in context.terminations(object) {
        let fields = &termination.fields;
        let side = text::word(fields, "term_side").to_ascii_lowercase();
        let site = world.get("dcim.site", &world.site_of(fields));
        let place = match site {
            Some(site) => format!("{} {}", site.external_id(), text::word(&site.fields, "name")),
            None => world.name_of(fields, "provider_network", "circuits.providernetwork"),
        };
        attributes.put(&format!("termination_{side}"), &place);
        for key in ["port_speed", "upstream_speed", "xconnect_id", "pp_info"] {
            attributes.put(&format!("termination_{side}.{key}"), &text::word(fields, key));
        }
    }
}

/// `Building 1 / Row 1, rack R101, U12 front`.
fn location(object: &Object, world: &World) -> String {
    let fields = &object.fields;
    let mut parts = vec![world.chain("dcim.location", &text::word(fields, "location")).join(" / ")];
    let rack = world.name_of(fields, "rack", "dcim.rack");
    if !rack.is_empty() {
        parts.push(format!("rack {rack}"));
    }
    let (position, face) = (text::word(fields, "position"), text::word(fields, "face"));
    if !position.is_empty() {
        let unit = position.trim_end_matches(".0");
        parts.push(format!("U{unit} {face}").trim_end().to_owned());
    }
    parts.retain(|part| !part.is_empty());
    text::line(&parts.join(", "), 400)
}

/// Keeps every field that has no place elsewhere; references by the name of what they refer to.
fn rest(object: &Object, world: &World, attributes: &mut Attributes) {
    for (key, value) in &object.fields {
        if TAKEN.contains(&key.as_str()) || key.starts_with('_') {
            continue;
        }
        let reference =
            REFERENCES.iter().find(|(model, field, _)| field == key && (model.is_empty() || *model == object.model));
        match reference.map(|(.., model)| world.name_of(&object.fields, key, model)).filter(|name| !name.is_empty()) {
            Some(name) => attributes.put(key, &name),
            None => attributes.put_json(key, value),
        }
    }
}
