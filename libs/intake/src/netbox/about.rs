//! Models that do not become items, and why.

use super::dump::Dump;
use super::specs::SPECS;
use crate::out::Out;

const CATALOGUE: &str = "a catalogue of what can be bought, not of what is there; the device has its vendor and model";
const PORT: &str = "folded into its device: cables, addresses and power go to the device";
const NAMED: &str = "folded into the assets and sites that refer to it by name";
const NETBOX: &str = "bookkeeping of NetBox itself";

/// Models that are told of by the code that reads them.
const TOLD: &[&str] =
    &["dcim.site", "dcim.cable", "dcim.devicebay", "ipam.ipaddress", "dcim.macaddress", "tenancy.contactassignment"];

/// Why a model does not become items. The first row that fits counts; a `*` in front means any beginning.
const WHY: &[(&str, &str)] = &[
    ("*template", CATALOGUE),
    ("dcim.devicetype", NAMED),
    ("dcim.moduletype", CATALOGUE),
    ("dcim.manufacturer", NAMED),
    ("dcim.interface", PORT),
    ("dcim.frontport", PORT),
    ("dcim.rearport", PORT),
    ("dcim.consoleport", PORT),
    ("dcim.consoleserverport", PORT),
    ("dcim.powerport", PORT),
    ("dcim.poweroutlet", PORT),
    ("virtualization.vminterface", "folded into its virtual machine: addresses go to the machine"),
    ("dcim.cabletermination", "folded into its cable"),
    ("dcim.cablepath", "derived by NetBox; paths are traced from the cables"),
    ("circuits.circuittermination", "folded into its circuit: cables go to the circuit, sites are kept as attributes"),
    ("dcim.modulebay", "a place in a device, not a thing"),
    ("dcim.module", "folded into its device: a module is not kept as an asset of its own"),
    ("dcim.inventoryitem", "a part of a device; parts are not kept as assets"),
    ("dcim.virtualchassis", NAMED),
    ("dcim.rack", "folded into the location of the devices in it"),
    ("dcim.location", "folded into the location of what stands there"),
    ("dcim.rackreservation", "a plan, and names a user; nothing stands there"),
    ("dcim.rackrole", "says what racks are for; racks are not kept as assets"),
    ("dcim.region", NAMED),
    ("dcim.sitegroup", "folded into the type of the site"),
    ("dcim.devicerole", "folded into the type of the device"),
    ("dcim.platform", NAMED),
    ("tenancy.tenant", "folded into the owner"),
    ("tenancy.tenantgroup", "groups owners; the owner is the tenant"),
    ("tenancy.contact", "personal data: assets and sites refer to it by its key"),
    ("tenancy.contactgroup", "groups persons"),
    ("tenancy.contactrole", NAMED),
    ("virtualization.clustertype", NAMED),
    ("virtualization.clustergroup", NAMED),
    ("virtualization.virtualdisk", "a part of a virtual machine; parts are not kept as assets"),
    ("circuits.provider", "folded into the vendor of the circuit"),
    ("circuits.provideraccount", NAMED),
    ("circuits.providernetwork", "the network of somebody else; circuits that end there keep its name"),
    ("circuits.circuittype", "folded into the type of the circuit"),
    ("ipam.role", NAMED),
    ("ipam.rir", NAMED),
    ("ipam.vlangroup", NAMED),
    ("ipam.routetarget", "folded into the VRFs that import or export it"),
    ("extras.tag", "folded into the labels of what it is put on"),
    ("extras.taggeditem", "folded into the labels of what it is put on"),
    ("extras.customfield", "says how custom fields look; their values are kept as attributes"),
    ("extras.*", NETBOX),
    ("contenttypes.*", NETBOX),
    ("users.*", "accounts of NetBox itself; not read, they are personal data"),
    ("auth.*", "accounts of NetBox itself; not read, they are personal data"),
    ("core.*", NETBOX),
    ("sessions.*", NETBOX),
    ("admin.*", NETBOX),
    ("django_rq.*", NETBOX),
];

/// Accounts for the models that nothing else accounts for.
pub(super) fn rest(dump: &Dump, out: &mut Out<'_>) {
    for model in dump.models() {
        if TOLD.contains(&model) || SPECS.iter().any(|spec| spec.model == model) {
            continue;
        }
        let why = why(model);
        for _ in dump.all(model).iter().filter(|object| object.own) {
            out.not_imported(model, why);
        }
    }
}

fn why(model: &str) -> &'static str {
    let fits = |pattern: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => model.ends_with(end),
        (_, Some(start)) => model.starts_with(start),
        _ => pattern == model,
    };
    let found = WHY.iter().find(|(pattern, _)| fits(pattern)).map(|(_, why)| *why);
    found.unwrap_or("this reader does not know the model: no rule makes it an asset, a site or a dependency")
}
