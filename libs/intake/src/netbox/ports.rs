//! Ports: what they are a part of.

use super::dump::{Dump, Object};

/// Models that are a part of another one: the field that says of which, and its model.
const PARTS: &[(&str, &str, &str)] = &[
    ("dcim.interface", "device", "dcim.device"),
    ("dcim.frontport", "device", "dcim.device"),
    ("dcim.rearport", "device", "dcim.device"),
    ("dcim.consoleport", "device", "dcim.device"),
    ("dcim.consoleserverport", "device", "dcim.device"),
    ("dcim.powerport", "device", "dcim.device"),
    ("dcim.poweroutlet", "device", "dcim.device"),
    ("virtualization.vminterface", "virtual_machine", "virtualization.virtualmachine"),
    ("circuits.circuittermination", "circuit", "circuits.circuit"),
];

/// What an object is a part of; itself where it is a power feed, which cables end at directly.
pub(super) fn whole<'a>(dump: &'a Dump, part: &'a Object) -> Option<&'a Object> {
    if part.model == "dcim.powerfeed" {
        return Some(part);
    }
    let (_, field, model) = PARTS.iter().find(|(name, _, _)| *name == part.model)?;
    dump.refer(part, field, model)
}
