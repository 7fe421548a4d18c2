//! Objects as assets.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use wire::assets::v1::asset::State;
use wire::assets::v1::{Asset, AssetRecord};

use super::dump::{Dump, Object};
use super::network::Network;
use super::notes::Notes;
use super::site::NO_KEY;
use super::specs::{self, CUSTODIANS, CUSTOM, EVERYWHERE, SPECS, Spec};
use super::{numbering, place, ports};
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};
use crate::tmf639::characteristics;
use crate::{Settings, types};

/// Turns objects into assets.
pub(super) struct Assets<'a> {
    dump: &'a Dump,
    notes: &'a Notes,
    network: &'a Network,
    settings: &'a Settings,
    /// Watts allocated to and drawn at most by the power ports of a device, by its id.
    power: HashMap<String, (f64, f64)>,
}

impl<'a> Assets<'a> {
    pub(super) fn new(dump: &'a Dump, notes: &'a Notes, network: &'a Network, settings: &'a Settings) -> Self {
        let mut power: HashMap<String, (f64, f64)> = HashMap::new();
        for port in dump.all("dcim.powerport") {
            let watts = |field: &str| port.fields.get(field).and_then(Value::as_f64).unwrap_or_default().max(0.0);
            if let Some(device) = ports::whole(dump, port) {
                let sums = power.entry(device.id()).or_default();
                *sums = (sums.0 + watts("allocated_draw"), sums.1 + watts("maximum_draw"));
            }
        }
        Self { dump, notes, network, settings, power }
    }

    /// Hands the assets over; answers the ids of those that were taken.
    pub(super) fn take(&self, out: &mut Out<'_>) -> Go<HashSet<String>> {
        let mut taken = HashSet::new();
        for spec in SPECS {
            for object in self.dump.all(spec.model) {
                let from = object.source();
                if object.key.is_empty() {
                    out.reject(&from, "FIELD_INVALID", NO_KEY, "pk");
                    continue;
                }
                let record = self.record(spec, object, &from, out);
                if out.asset(record, &from)? {
                    taken.insert(object.id());
                }
            }
        }
        Ok(taken)
    }

    fn record(&self, spec: &Spec, object: &Object, from: &Source, out: &mut Out<'_>) -> AssetRecord {
        let mut attributes = Attributes::default();
        let mut asset = Asset {
            display_name: self.name(object),
            r#type: self.asset_type(spec, object, &mut attributes, out),
            description: description(object),
            owner: text::line(&self.dump.word(object, "tenant", "tenancy.tenant", "name"), 200),
            serial_number: text::line(&object.word("serial"), 200),
            state: state(object, out).into(),
            ..Asset::default()
        };
        self.make(object, &mut asset, &mut attributes);
        self.people(object, &mut asset, &mut attributes);
        custom(object, &mut asset, &mut attributes, from, out);
        for identifier in numbering::network(object).into_iter().chain(self.network.identifiers(self.dump, object)) {
            if asset.network_identifiers.len() >= 256 {
                out.warn(format!("{}: only the first 256 network identifiers are kept", from.origin));
                break;
            }
            characteristics::add(&mut asset, identifier);
        }
        let site = place::site(self.dump, object);
        let site = match site {
            Some(site) if out.knows_site(&site.id()) == Some(true) => site.id(),
            Some(site) => {
                attributes.put("site", &site.word("name"));
                String::new()
            }
            None => String::new(),
        };
        asset.location = place::location(self.dump, object);
        self.rest(spec, object, &mut attributes);
        asset.attributes = attributes.kept(from, out);
        AssetRecord { external_id: object.id(), asset: Some(asset), site_external_id: site }
    }

    /// The name; a device without one is called `<role>-<device type>-<pk>`.
    fn name(&self, object: &Object) -> String {
        let numbered = numbering::name(object);
        let own = ["name", "cid"].iter().map(|field| object.word(field)).find(|name| !name.is_empty());
        let name = match own {
            _ if !numbered.is_empty() => numbered,
            Some(own) => own,
            None if object.model == "dcim.device" => {
                let role = self.role(object).map(|role| role.word("slug")).unwrap_or_default();
                let model = self.dump.word(object, "device_type", "dcim.devicetype", "model");
                let parts = [role, model, object.key.clone()];
                parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("-")
            }
            None => object.id(),
        };
        text::line(&name, 200)
    }

    /// The role of a device; `device_role` up to version 3.5.
    fn role(&self, device: &Object) -> Option<&Object> {
        let role = self.dump.refer(device, "role", "dcim.devicerole");
        role.or_else(|| self.dump.refer(device, "device_role", "dcim.devicerole"))
    }

    fn asset_type(&self, spec: &Spec, object: &Object, attributes: &mut Attributes, out: &mut Out<'_>) -> String {
        if !spec.asset_type.is_empty() {
            return spec.asset_type.to_owned();
        }
        if object.model == "circuits.circuit" {
            return match self.dump.word(object, "type", "circuits.circuittype", "name").to_ascii_lowercase().as_str() {
                "dark fiber" | "dark fibre" => "optical-link",
                "point-to-point" | "leased line" => "leased-line",
                "microwave" => "microwave-link",
                _ => "circuit",
            }
            .to_owned();
        }
        let role = self.role(object);
        let words = role.map(|role| [role.word("slug"), role.word("name")]).unwrap_or_default();
        // `spine-switch`: the last word says what it is where the whole is not known.
        let last = words.iter().filter_map(|word| word.rsplit(['-', ' ', '_']).next()).map(str::to_owned);
        let mut tried = words.iter().cloned().chain(last);
        if let Some(found) = tried.find_map(|word| types::asset_type(&word)) {
            return found.to_owned();
        }
        let [_, told] = words;
        let told = if told.is_empty() { "none".to_owned() } else { text::line(&told, 100) };
        attributes.put("source_type", &told);
        let fallback = self.settings.fallback_type();
        out.warn(format!("devices of the role `{told}` are read as `{fallback}`; the role names no asset type"));
        fallback.to_owned()
    }

    /// Vendor, model and power.
    fn make(&self, object: &Object, asset: &mut Asset, attributes: &mut Attributes) {
        if let Some(kind) = self.dump.refer(object, "device_type", "dcim.devicetype") {
            asset.model = text::line(&kind.word("model"), 200);
            asset.vendor = text::line(&self.dump.word(kind, "manufacturer", "dcim.manufacturer", "name"), 200);
            attributes.put("part_number", &kind.word("part_number"));
            attributes.put("u_height", &kind.word("u_height"));
        }
        if let Some(provider) = self.dump.refer(object, "provider", "circuits.provider") {
            asset.vendor = text::line(&provider.word("name"), 200);
        }
        if let Some((allocated, most)) = self.power.get(&object.id()) {
            // What is allocated is what is drawn in normal operation; supplies may be redundant, so the maximum is not.
            asset.power_watts = allocated.min(1e9);
            if *most > 0.0 {
                attributes.put("maximum_draw_watts", &most.to_string());
            }
        }
        for side in ["a", "z"] {
            let end = self.dump.refer(object, &format!("termination_{side}"), "circuits.circuittermination");
            let Some(end) = end else { continue };
            attributes
                .put(&format!("site_{side}"), &place::site(self.dump, end).map(|s| s.word("name")).unwrap_or_default());
            let network = self.dump.word(end, "provider_network", "circuits.providernetwork", "name");
            attributes.put(&format!("provider_network_{side}"), &network);
        }
    }

    /// Tags, contacts and who of them looks after it.
    fn people(&self, object: &Object, asset: &mut Asset, attributes: &mut Attributes) {
        let id = object.id();
        for (slug, name) in self.notes.tags(&id).iter().take(64) {
            asset.labels.insert(text::clip(&format!("tag.{slug}"), 63), text::line(name, 256));
        }
        for (role, contact) in self.notes.contacts(&id) {
            attributes.put(&format!("contact.{role}"), contact);
            if asset.custodian.is_empty() && CUSTODIANS.contains(&role.as_str()) {
                asset.custodian = text::line(contact, 200);
            }
        }
    }

    /// What has no field.
    fn rest(&self, spec: &Spec, object: &Object, attributes: &mut Attributes) {
        attributes.put("status", &object.word("status"));
        for (field, value) in &object.fields {
            let field = field.as_str();
            if EVERYWHERE.contains(&field) || spec.taken.contains(&field) || *value == Value::Bool(false) {
                continue;
            }
            match spec.names.iter().find(|(name, _)| *name == field) {
                Some((_, model)) => {
                    let other = self.dump.refer(object, field, model);
                    let name = other.map(|other| other.word("name")).filter(|name| !name.is_empty());
                    let key = text::of_json(value).map(|key| format!("{model} {key}"));
                    attributes.put(field, &name.or(key).unwrap_or_default());
                }
                None => attributes.put_json(field, value),
            }
        }
        for field in ["import_targets", "export_targets"] {
            let Some(Value::Array(keys)) = object.fields.get(field) else { continue };
            let names = keys.iter().filter_map(|key| self.dump.of_value(key, "ipam.routetarget"));
            attributes.put(field, &names.map(|target| target.word("name")).collect::<Vec<_>>().join(", "));
        }
    }
}

fn description(object: &Object) -> String {
    let mut parts = vec![object.word("description"), object.word("comments")];
    parts.retain(|part| !part.is_empty());
    text::clip(&parts.join("\n"), 4000)
}

fn state(object: &Object, out: &mut Out<'_>) -> State {
    let status = object.word("status");
    if status.is_empty() {
        return State::Unspecified;
    }
    specs::state(&status).unwrap_or_else(|| {
        let status = text::line(&status, 60);
        out.warn(format!("the status `{status}` is not known and proposes no state; kept as attribute `status`"));
        State::Unspecified
    })
}

/// Custom fields: to the field of that name, else to an attribute.
fn custom(object: &Object, asset: &mut Asset, attributes: &mut Attributes, from: &Source, out: &mut Out<'_>) {
    let Some(fields) = object.fields.get("custom_field_data").and_then(Value::as_object) else { return };
    for (name, value) in fields.iter().filter(|(_, value)| text::of_json(value).is_some()) {
        let word = text::squeeze(name);
        match CUSTOM.iter().find(|(known, _)| *known == word) {
            Some((_, characteristic)) => characteristics::one(characteristic, value, asset, attributes, from, out),
            None => attributes.put_json(&format!("custom.{name}"), value),
        }
    }
}
