//! Addresses, names and ids of exposures. Pure.

use std::net::IpAddr;

use ipnet::IpNet;
use sha2::{Digest as _, Sha256};
use wire::risk::v1::port_range::Protocol;

/// How many hexadecimal digits of a digest tell long ids apart.
const DIGEST: usize = 12;

/// An address in its one form: IPv4 that is written as IPv6 is IPv4.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A name in its one form: small letters, no dot at the end.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '*');
    let sound = !text.is_empty() && text.chars().count() <= 253 && text.chars().all(allowed) && !text.contains("..");
    (sound && !text.starts_with('.') && address(&text).is_none()).then_some(text)
}

/// A prefix, or an address as the prefix of itself alone.
pub(crate) fn prefix(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| address(text).map(IpNet::from))
}

/// The id of what is reached at a host: stable, so that it is found again.
pub(crate) fn id(ip: &str, fqdn: &str, port: i32, protocol: Protocol) -> String {
    let host = if ip.is_empty() || (port == 0 && !fqdn.is_empty()) { of_name(fqdn) } else { of_address(ip) };
    let id = match protocol {
        _ if port == 0 => format!("{host}-host"),
        Protocol::Unspecified => format!("{host}-any-{port}"),
        known => format!("{host}-{}-{port}", known.as_str_name().to_ascii_lowercase()),
    };
    if resource::valid_id(&id) {
        return id;
    }
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(id.as_bytes()));
    let digest = digest.get(..DIGEST).unwrap_or_default();
    let kept: String = id.chars().filter(char::is_ascii).take(63 - DIGEST - 1).collect();
    let kept = kept.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if kept.is_empty() { digest.to_owned() } else { format!("{kept}-{digest}") }
}

fn of_name(name: &str) -> String {
    name.replace('*', "wildcard")
}

fn of_address(ip: &str) -> String {
    if ip.contains(':') { format!("v6-{}", ip.replace(':', "-")) } else { ip.to_owned() }
}

/// Under what an address is found by ranges: 32 hexadecimal digits, IPv4 in its mapped place in IPv6.
pub(crate) fn key(address: IpAddr) -> String {
    let bits = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    format!("{bits:032x}")
}

/// The first and the last key within a prefix.
pub(crate) fn range(net: &IpNet) -> (String, String) {
    (key(net.network()), key(net.broadcast()))
}

/// The prefixes that hold an address, the longest first, as they are written.
pub(crate) fn around(address: IpAddr) -> Vec<String> {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let nets = (0..=whole).rev().filter_map(|length| IpNet::new(address, length).ok());
    nets.map(|net| net.trunc().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_valid_and_tell_hosts_apart() {
        assert_eq!(id("192.0.2.7", "a.example.com", 443, Protocol::Tcp), "192.0.2.7-tcp-443");
        assert_eq!(id("2001:db8::1", "", 53, Protocol::Udp), "v6-2001-db8--1-udp-53");
        assert_eq!(id("192.0.2.7", "a.example.com", 0, Protocol::Unspecified), "a.example.com-host");
        assert_eq!(id("192.0.2.7", "", 0, Protocol::Unspecified), "192.0.2.7-host");
        assert_eq!(id("", "*.example.com", 443, Protocol::Tcp), "wildcard.example.com-tcp-443");
        let long = format!("{}.example.com", "a".repeat(60));
        let other = format!("{}b.example.com", "a".repeat(60));
        for text in [long.as_str(), "_dmarc.example.com", "bücher.example", "ü"] {
            assert!(resource::valid_id(&id("", text, 443, Protocol::Tcp)), "{}", id("", text, 443, Protocol::Tcp));
        }
        assert_ne!(id("", &long, 443, Protocol::Tcp), id("", &other, 443, Protocol::Tcp));
    }

    #[test]
    fn addresses_and_names_have_one_form() {
        assert_eq!(address(" ::ffff:192.0.2.7 ").map(|a| a.to_string()), Some("192.0.2.7".to_owned()));
        assert_eq!(address("2001:DB8:0::1").map(|a| a.to_string()), Some("2001:db8::1".to_owned()));
        assert!(address("192.0.2.256").is_none() && address("fe80::1%eth0").is_none());
        assert_eq!(name("WWW.Example.COM."), Some("www.example.com".to_owned()));
        assert!(name("192.0.2.7").is_none() && name("a b").is_none() && name(".").is_none() && name("a..b").is_none());
    }

    #[test]
    fn keys_are_in_the_order_of_addresses() {
        let of = |text: &str| address(text).map(key).unwrap_or_default();
        assert!(of("192.0.2.9") < of("192.0.2.10") && of("192.0.2.255") < of("2001:db8::"));
        let (first, last) = prefix("192.0.2.0/24").map(|net| range(&net)).unwrap_or_default();
        assert!(first <= of("192.0.2.0") && of("192.0.2.255") <= last && of("192.0.3.0") > last);
        assert!(prefix("10.0.0.0/33").is_none());
        let around = address("192.0.2.7").map(around).unwrap_or_default();
        assert_eq!(
            (around.len(), around.first().map(String::as_str), around.last().map(String::as_str)),
            (33, Some("192.0.2.7/32"), Some("0.0.0.0/0"))
        );
    }
}
