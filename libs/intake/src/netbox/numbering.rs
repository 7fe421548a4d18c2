//! Resources of numbering: their names and network identifiers.

use std::net::IpAddr;

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};
use wire::assets::v1::NetworkIdentifier;
use wire::assets::v1::network_identifier::Kind;

use super::dump::Object;
use crate::identifiers;

/// The name of a resource; empty where it is no resource of numbering.
pub(super) fn name(object: &Object) -> String {
    let word = |field: &str| object.word(field);
    match object.model.as_str() {
        "ipam.prefix" | "ipam.aggregate" => word("prefix"),
        "ipam.iprange" => format!("{} - {}", bare(&word("start_address")), bare(&word("end_address"))),
        "ipam.asn" => format!("AS{}", word("asn")),
        "ipam.vlan" => format!("{} (VLAN {})", word("name"), word("vid")),
        _ => String::new(),
    }
}

/// The network identifiers of a resource.
pub(super) fn network(object: &Object) -> Vec<NetworkIdentifier> {
    let word = |field: &str| object.word(field);
    match object.model.as_str() {
        "ipam.prefix" | "ipam.aggregate" => identifiers::network(&word("prefix")).into_iter().collect(),
        "ipam.asn" => identifiers::of_kind(Kind::Asn, &word("asn")).into_iter().collect(),
        "ipam.iprange" => range(&word("start_address"), &word("end_address")),
        _ => Vec::new(),
    }
}

fn bare(address: &str) -> &str {
    address.split('/').next().unwrap_or_default()
}

/// A range as the prefixes that make it up, so that an address inside is found.
fn range(first: &str, last: &str) -> Vec<NetworkIdentifier> {
    let parsed = bare(first).parse::<IpAddr>().ok().zip(bare(last).parse::<IpAddr>().ok());
    let nets = match parsed {
        Some((IpAddr::V4(first), IpAddr::V4(last))) if first <= last => {
            IpSubnets::from(Ipv4Subnets::new(first, last, 0))
        }
        Some((IpAddr::V6(first), IpAddr::V6(last))) if first <= last => {
            IpSubnets::from(Ipv6Subnets::new(first, last, 0))
        }
        _ => return Vec::new(),
    };
    // At most 254 prefixes make up a range of IPv6, so all of them fit.
    nets.take(256).filter_map(|net: IpNet| identifiers::network(&net.to_string())).collect()
}
