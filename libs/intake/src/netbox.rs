//! A NetBox dump (a list of `{model, pk, fields}`, as Django writes it) as sites, assets and dependencies.
//!
//! Devices, virtual machines, clusters, circuits, prefixes, aggregates, ranges, AS numbers, VRFs, VLANs, power panels and power feeds are assets;
//! their external id is `MODEL:KEY`. Machines run on clusters, clusters on their hosts; power cables, circuits, data cables and device bays become
//! dependencies. Everything else is folded into these or listed in the report with the reason. `tables.rs` holds what means what.

mod assets;
mod cables;
mod context;
mod sites;
mod stacks;
mod tables;
mod world;

use std::collections::HashSet;
use std::io::Read;

use serde_json::Value;

use crate::elements::{Element, Elements};
use crate::out::{Go, Out, Source};
use crate::{Settings, text};
use context::Context;
use world::{Object, World};

const EXPECTED: &str = "a NetBox dump: a JSON list of {model, pk, fields}";

/// Reads a dump.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut elements = Elements::new(input, EXPECTED);
    let mut world = World::default();
    while let Some(element) = elements.next()? {
        if let Some(object) = object(element, out) {
            out.count(&object.model);
            world.add(object);
        }
    }
    let context = Context::new(&world);
    for object in world.all("dcim.site") {
        let from = origin(object);
        if keyed(object, &from, out) {
            let record = sites::record(object, &world, &context, out);
            out.site(record, &from)?;
        }
    }
    let mut known = HashSet::new();
    for object in &world.objects {
        let Some((_, kind)) = tables::ASSETS.iter().find(|(model, _)| *model == object.model) else {
            leave_out(object, &world, out);
            continue;
        };
        let from = origin(object);
        if !keyed(object, &from, out) {
            continue;
        }
        // Only the type of a device is in doubt; what the operator wants in doubt wins over the table.
        let in_doubt = object.model == "dcim.device" && !settings.default_type.is_empty();
        let kind = if in_doubt { settings.default_type.as_str() } else { kind };
        let mut record = assets::record(object, kind, &world, &context, &from, out);
        // A site that was rejected or left out cannot be stood at.
        if out.knows_site(&record.site_external_id) != Some(true) {
            record.site_external_id.clear();
        }
        if out.asset(record, &from)? {
            known.insert(object.external_id());
        }
    }
    stacks::take(&world, &known, out);
    cables::take(&world, &known, out);
    Ok(())
}

/// An element as an object of NetBox.
fn object(element: Element, out: &mut Out<'_>) -> Option<Object> {
    let Value::Object(mut parts) = element.value else {
        out.count("not an object");
        let message = "expected an object {model, pk, fields}; export with `manage.py dumpdata`";
        out.reject(&Source::new(element.origin, "not an object"), "BODY_INVALID", message, "");
        return None;
    };
    let model = text::word(&parts, "model").to_ascii_lowercase();
    match parts.remove("fields") {
        Some(Value::Object(fields)) if !model.is_empty() => {
            Some(Object { model: text::line(&model, 100), pk: text::word(&parts, "pk"), fields })
        }
        _ => {
            out.count("without a model");
            let message =
                "expected `model` as text and `fields` as an object; is it a NetBox dump (`manage.py dumpdata`)?";
            out.reject(&Source::new(element.origin, "without a model"), "BODY_INVALID", message, "model");
            None
        }
    }
}

fn origin(object: &Object) -> Source {
    Source::new(format!("{} {}", object.model, object.pk).trim_end(), object.model.clone())
}

/// Whether the object has a key; rejected where not.
fn keyed(object: &Object, from: &Source, out: &mut Out<'_>) -> bool {
    if object.pk.is_empty() {
        let message =
            "the object has no `pk`, so a second import could not find it again; export without --natural-primary";
        out.reject(from, "FIELD_INVALID", message, "pk");
    }
    !object.pk.is_empty()
}

/// Notes what does not become an item of its own.
fn leave_out(object: &Object, world: &World, out: &mut Out<'_>) {
    match object.model.as_str() {
        // Accounted for elsewhere.
        "dcim.site" | "dcim.cable" => {}
        "ipam.ipaddress" => {
            let interface = world.content_type(object.fields.get("assigned_object_type"));
            let (kind, why) = match interface.as_str() {
                "dcim.interface" | "virtualization.vminterface" => {
                    ("ipam.ipaddress, assigned", "folded into the network identifiers of its device or machine")
                }
                "" => (
                    "ipam.ipaddress, unassigned",
                    "it is assigned to no interface, so nothing tells whose address it is",
                ),
                _ => ("ipam.ipaddress, shared", "it is assigned to a group of devices, not to one"),
            };
            out.not_imported(kind, why);
        }
        model => {
            let why = tables::LEFT_OUT.iter().find(|(name, _)| *name == model).map_or(tables::UNKNOWN, |(_, why)| *why);
            out.not_imported(model, why);
        }
    }
}
