//! What runs on what, what is a part of what, what hangs on which panel.

use std::collections::HashSet;

use super::origin;
use super::world::{Object, World};
use crate::out::{Out, Source};

/// A field that makes a dependency.
struct Rule {
    model: &'static str,
    field: &'static str,
    refers_to: &'static str,
    kind: &'static str,
    /// What is referred to depends on the one that refers.
    turned: bool,
}

const RULES: &[Rule] = &[
    Rule {
        model: "virtualization.virtualmachine",
        field: "cluster",
        refers_to: "virtualization.cluster",
        kind: "runs-on",
        turned: false,
    },
    Rule {
        model: "virtualization.virtualmachine",
        field: "device",
        refers_to: "dcim.device",
        kind: "runs-on",
        turned: false,
    },
    Rule { model: "dcim.device", field: "cluster", refers_to: "virtualization.cluster", kind: "runs-on", turned: true },
    Rule {
        model: "dcim.powerfeed",
        field: "power_panel",
        refers_to: "dcim.powerpanel",
        kind: "powered-by",
        turned: false,
    },
];

/// Holds the dependencies back that fields and device bays state.
pub(super) fn take(world: &World, known: &HashSet<String>, out: &mut Out<'_>) {
    for rule in RULES {
        for object in world.all(rule.model) {
            let Some(found) = world.follow(&object.fields, rule.field, rule.refers_to) else { continue };
            let (one, two) = if rule.turned { (found, object) } else { (object, found) };
            link(one, two, rule.kind, &origin(object), known, out);
        }
    }
    for bay in world.all("dcim.devicebay") {
        let child = world.follow(&bay.fields, "installed_device", "dcim.device");
        let parent = world.follow(&bay.fields, "device", "dcim.device");
        if let (Some(child), Some(parent)) = (child, parent) {
            link(child, parent, "part-of", &origin(bay), known, out);
        }
    }
}

fn link(one: &Object, two: &Object, kind: &str, from: &Source, known: &HashSet<String>, out: &mut Out<'_>) {
    let (dependent, supporting) = (one.external_id(), two.external_id());
    if known.contains(&dependent) && known.contains(&supporting) {
        out.dependency(&dependent, &supporting, kind, "", from);
    } else {
        out.not_imported("dependency, without its asset", "one of its two assets was rejected");
    }
}
