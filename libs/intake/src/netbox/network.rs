//! Addresses of devices and virtual machines.

use std::collections::HashMap;

use wire::assets::v1::NetworkIdentifier;
use wire::assets::v1::network_identifier::Kind;

use super::dump::{Dump, Object};
use super::ports;
use crate::identifiers;
use crate::out::Out;

const FOLDED: &str = "folded into the network identifiers of the device or virtual machine it is assigned to";
const LOOSE: &str = "assigned to no interface of a device or virtual machine, so it belongs to no asset";
const UNREADABLE: &str = "not an address that can be read";

/// Network identifiers by the id of the asset they belong to.
#[derive(Debug, Default)]
pub(super) struct Network {
    by_asset: HashMap<String, Vec<NetworkIdentifier>>,
}

impl Network {
    /// Collects the addresses of a dump and accounts for them.
    pub(super) fn of(dump: &Dump, out: &mut Out<'_>) -> Self {
        let mut network = Self::default();
        for address in dump.all("ipam.ipaddress") {
            let found = of_address(address);
            network.file(dump, address, found, out);
        }
        for address in dump.all("dcim.macaddress") {
            let found = identifiers::of_kind(Kind::Mac, &address.word("mac_address"));
            network.file(dump, address, found.into_iter().collect(), out);
        }
        for model in ["dcim.interface", "virtualization.vminterface"] {
            for interface in dump.all(model) {
                // Up to version 4.1 the interface has the address itself.
                let found = identifiers::of_kind(Kind::Mac, &interface.word("mac_address"));
                if let Some((found, whole)) = found.zip(ports::whole(dump, interface)) {
                    network.by_asset.entry(whole.id()).or_default().push(found);
                }
            }
        }
        network
    }

    fn file(&mut self, dump: &Dump, address: &Object, found: Vec<NetworkIdentifier>, out: &mut Out<'_>) {
        if found.is_empty() {
            out.not_imported(&address.model, UNREADABLE);
            return;
        }
        let at = dump.generic(address, "assigned_object_type", "assigned_object_id");
        match at.and_then(|interface| ports::whole(dump, interface)) {
            Some(whole) => {
                self.by_asset.entry(whole.id()).or_default().extend(found);
                out.not_imported(&address.model, FOLDED);
            }
            None => out.not_imported(&address.model, LOOSE),
        }
    }

    /// The network identifiers of an asset; its primary addresses first.
    pub(super) fn identifiers(&self, dump: &Dump, asset: &Object) -> Vec<NetworkIdentifier> {
        let primary = ["primary_ip4", "primary_ip6", "oob_ip"];
        let mut all: Vec<NetworkIdentifier> = primary
            .into_iter()
            .filter_map(|field| dump.refer(asset, field, "ipam.ipaddress"))
            .flat_map(of_address)
            .collect();
        all.extend(self.by_asset.get(&asset.id()).into_iter().flatten().cloned());
        all
    }
}

/// The address and the name of an address object.
fn of_address(object: &Object) -> Vec<NetworkIdentifier> {
    let address = identifiers::host_address(&object.word("address"));
    let name = identifiers::of_kind(Kind::Fqdn, &object.word("dns_name"));
    address.into_iter().chain(name).collect()
}
