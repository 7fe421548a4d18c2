//! Dependencies.

use std::collections::HashSet;

use super::cables;
use super::dump::{Dump, Object};
use crate::out::Out;

const BAY: &str = "dcim.devicebay";

/// Holds the dependencies between the assets that were taken, and accounts for cables and bays.
pub(super) fn take(dump: &Dump, taken: &HashSet<String>, out: &mut Out<'_>) {
    let mut edges = Edges { taken, out };
    for machine in dump.all("virtualization.virtualmachine") {
        edges.by_field(dump, machine, "cluster", "virtualization.cluster", "runs-on");
        edges.by_field(dump, machine, "device", "dcim.device", "runs-on");
    }
    for device in dump.all("dcim.device") {
        if let Some(cluster) = dump.refer(device, "cluster", "virtualization.cluster") {
            edges.put(&cluster.id(), &device.id(), "runs-on", device);
        }
    }
    for device in dump.all("dcim.device") {
        // The API says of a device in a bay what it stands in.
        edges.by_field(dump, device, "parent_device", "dcim.device", "part-of");
    }
    for feed in dump.all("dcim.powerfeed") {
        edges.by_field(dump, feed, "power_panel", "dcim.powerpanel", "powered-by");
    }
    for bay in dump.all(BAY) {
        let child = dump.refer(bay, "installed_device", "dcim.device");
        match child.zip(dump.refer(bay, "device", "dcim.device")) {
            Some((child, parent)) if edges.put(&child.id(), &parent.id(), "part-of", bay) => {}
            Some(_) => edges.out.not_imported(BAY, "one of its devices was not taken, or the relation came before"),
            None => edges.out.not_imported(BAY, "an empty bay"),
        }
    }
    cables::take(dump, &mut edges);
}

/// Holds dependencies of which both ends were taken.
pub(super) struct Edges<'a, 'b> {
    taken: &'a HashSet<String>,
    pub(super) out: &'a mut Out<'b>,
}

impl Edges<'_, '_> {
    /// Whether the asset was taken.
    pub(super) fn knows(&self, asset: &str) -> bool {
        self.taken.contains(asset)
    }

    /// A dependency of `object` on what a field refers to.
    fn by_field(&mut self, dump: &Dump, object: &Object, field: &str, model: &str, kind: &str) {
        if let Some(other) = dump.refer(object, field, model) {
            self.put(&object.id(), &other.id(), kind, object);
        }
    }

    /// A dependency; false where it came before or one of its assets was not taken.
    pub(super) fn put(&mut self, dependent: &str, supporting: &str, kind: &str, from: &Object) -> bool {
        if !self.knows(dependent) || !self.knows(supporting) {
            let source = from.source();
            self.out.warn(format!(
                "{}: `{dependent}` {kind} `{supporting}` is left out, since one of the two was rejected or is not in the file",
                source.origin
            ));
            return false;
        }
        // The caller tells what became of the object that says it again.
        !self.out.knows_dependency(dependent, supporting, kind)
            && self.out.dependency(dependent, supporting, kind, "", &from.source())
    }
}
