//! What hangs on objects: tags, contacts, addresses.

use std::collections::HashMap;

use wire::assets::v1::NetworkIdentifier;
use wire::assets::v1::network_identifier::Kind;

use super::world::{Fields, Object, World};
use crate::identifiers;
use crate::text::{self, Attributes};

/// What hangs on objects, by external id of the object.
pub(super) struct Context<'a> {
    /// Terminations by the key of their circuit.
    terminations: HashMap<String, Vec<&'a Object>>,
    tags: HashMap<String, Vec<String>>,
    contacts: HashMap<String, Vec<Contact>>,
    addresses: HashMap<String, Vec<NetworkIdentifier>>,
}

/// A contact of an object: referred to, not copied.
pub(super) struct Contact {
    role: String,
    reference: String,
    title: String,
    primary: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let mut context = Self {
            terminations: HashMap::new(),
            tags: HashMap::new(),
            contacts: HashMap::new(),
            addresses: HashMap::new(),
        };
        for termination in world.all("circuits.circuittermination") {
            context.terminations.entry(text::word(&termination.fields, "circuit")).or_default().push(termination);
        }
        for item in world.all("extras.taggeditem") {
            let on = target(world, &item.fields, "content_type", "object_id");
            context.tags.entry(on).or_default().push(world.name_of(&item.fields, "tag", "extras.tag"));
        }
        for assignment in world.all("tenancy.contactassignment") {
            let by = if assignment.fields.contains_key("object_type") { "object_type" } else { "content_type" };
            let on = target(world, &assignment.fields, by, "object_id");
            if let Some(contact) = world.follow(&assignment.fields, "contact", "tenancy.contact") {
                context.contacts.entry(on).or_default().push(Contact {
                    role: world.name_of(&assignment.fields, "role", "tenancy.contactrole"),
                    reference: contact.external_id(),
                    title: text::word(&contact.fields, "title"),
                    primary: text::word(&assignment.fields, "priority") == "primary",
                });
            }
        }
        context.collect_addresses(world);
        context
    }

    fn collect_addresses(&mut self, world: &World) {
        for address in world.all("ipam.ipaddress") {
            if let Some(host) = host(world, &address.fields) {
                self.addresses.entry(host).or_default().extend(of_address(&address.fields));
            }
        }
        for (model, by, host) in [
            ("dcim.interface", "device", "dcim.device"),
            ("virtualization.vminterface", "virtual_machine", "virtualization.virtualmachine"),
        ] {
            for interface in world.all(model) {
                let mac = identifiers::of_kind(Kind::Mac, &text::word(&interface.fields, "mac_address"));
                let on = world.follow(&interface.fields, by, host);
                if let (Some(mac), Some(on)) = (mac, on) {
                    self.addresses.entry(on.external_id()).or_default().push(mac);
                }
            }
        }
    }

    /// The identifiers of a device or machine, its primary addresses first.
    pub(super) fn identifiers(&self, world: &World, object: &Object) -> Vec<NetworkIdentifier> {
        let primary = ["primary_ip4", "primary_ip6", "oob_ip"];
        let mut all: Vec<NetworkIdentifier> = primary
            .iter()
            .filter_map(|field| world.follow(&object.fields, field, "ipam.ipaddress"))
            .flat_map(|address| of_address(&address.fields))
            .collect();
        for identifier in self.addresses.get(&object.external_id()).into_iter().flatten() {
            if !all.contains(identifier) {
                all.push(identifier.clone());
            }
        }
        all
    }

    /// The terminations of a circuit.
    pub(super) fn terminations(&self, circuit: &Object) -> &[&'a Object] {
        self.terminations.get(&circuit.pk).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names of the tags of an object.
    pub(super) fn tags(&self, id: &str) -> String {
        self.tags.get(id).map(|tags| tags.join(", ")).unwrap_or_default()
    }

    /// Who looks after an object: the function of the first primary contact, never a person's name.
    pub(super) fn custodian(&self, id: &str) -> String {
        let contacts = self.contacts.get(id).map(Vec::as_slice).unwrap_or_default();
        let first = contacts.iter().find(|contact| contact.primary).or(contacts.first());
        first.map(Contact::function).unwrap_or_default()
    }

    /// The contacts of an object as `(role, reference)`.
    pub(super) fn contacts(&self, id: &str) -> impl Iterator<Item = (String, String)> {
        self.contacts.get(id).into_iter().flatten().map(|contact| {
            let role = text::slug(&contact.role);
            let role = if role.is_empty() { "contact".to_owned() } else { format!("contact.{role}") };
            (role, format!("{} ({})", contact.reference, contact.function()))
        })
    }

    /// Keeps tags, custom fields and contacts.
    pub(super) fn keep(&self, id: &str, fields: &Fields, attributes: &mut Attributes) {
        attributes.put("tags", &self.tags(id));
        for (role, reference) in self.contacts(id) {
            attributes.put(&role, &reference);
        }
        if let Some(custom) = fields.get("custom_field_data").and_then(serde_json::Value::as_object) {
            for (name, value) in custom {
                attributes.put_json(&format!("custom.{name}"), value);
            }
        }
    }
}

impl Contact {
    fn function(&self) -> String {
        let words = [&self.title, &self.role].into_iter().find(|words| !words.is_empty());
        words.cloned().unwrap_or_else(|| self.reference.clone())
    }
}

/// What a generic reference points at, as an external id.
fn target(world: &World, fields: &Fields, by: &str, id: &str) -> String {
    format!("{}:{}", world.content_type(fields.get(by)), text::word(fields, id))
}

/// The device or machine whose interface has the address.
fn host(world: &World, address: &Fields) -> Option<String> {
    let model = world.content_type(address.get("assigned_object_type"));
    let interface = world.get(&model, &text::word(address, "assigned_object_id"))?;
    let (by, host) = match model.as_str() {
        "dcim.interface" => ("device", "dcim.device"),
        "virtualization.vminterface" => ("virtual_machine", "virtualization.virtualmachine"),
        _ => return None,
    };
    world.follow(&interface.fields, by, host).map(Object::external_id)
}

/// The address and its name.
fn of_address(address: &Fields) -> Vec<NetworkIdentifier> {
    let host = identifiers::host_address(&text::word(address, "address"));
    let name = identifiers::of_kind(Kind::Fqdn, &text::word(address, "dns_name"));
    host.into_iter().chain(name).collect()
}
