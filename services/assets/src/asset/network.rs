//! How the network knows an asset: the form of each identifier, and the keys by which it is found.
//!
//! Every identifier is kept under keys that stand for whole blocks: a prefix under itself, a range of numbers under the
//! decimal blocks that make it up. What is looked up is looked up under every block it lies in: 33 equalities for an IPv4
//! address, 129 for IPv6, 16 for a number. So a look-up costs the same among ten identifiers and among ten million.

use std::net::IpAddr;

use ipnet::IpNet;
use wire::assets::v1::NetworkIdentifier;
use wire::assets::v1::network_identifier::Kind;

/// A range that does not align with decimal blocks falls into at most this many.
const MOST_DIGITS: usize = 15;

/// The identifier in its normal form and the keys it is kept under.
pub(crate) fn keys(identifier: &NetworkIdentifier) -> Result<(String, Vec<String>), String> {
    let value = identifier.value.trim();
    match identifier.kind() {
        Kind::Ip => {
            let address: IpAddr = value.parse().map_err(|_| format!("{value} is not an IPv4 or IPv6 address"))?;
            Ok((address.to_string(), vec![block(address, host_bits(address))]))
        }
        Kind::Prefix => {
            let net: IpNet =
                value.parse().map_err(|_| format!("{value} is not a prefix like 192.0.2.0/24 or 2001:db8::/32"))?;
            let net = net.trunc();
            Ok((net.to_string(), vec![block(net.network(), net.prefix_len())]))
        }
        Kind::Fqdn => fqdn(value).map(|name| (name.clone(), vec![format!("fqdn:{name}")])),
        Kind::NetworkElement => Ok((value.to_owned(), vec![format!("ne:{value}")])),
        Kind::Cell => Ok((value.to_owned(), vec![format!("cell:{value}")])),
        Kind::PointCode => point_code(value).map(|code| (code.clone(), vec![format!("pc:{code}")])),
        Kind::E164 => numbers("e164", value, 3, "an E.164 number or range has 3 to 15 digits"),
        Kind::Imsi => numbers("imsi", value, 15, "an IMSI has 15 digits"),
        Kind::Asn => {
            let digits = value.trim_start_matches("AS").trim_start_matches("as");
            let number: u32 =
                digits.parse().map_err(|_| format!("{value} is not an autonomous system number like AS64500"))?;
            Ok((format!("AS{number}"), vec![format!("asn:{number}")]))
        }
        Kind::Plmn => plmn(value).map(|code| (code.clone(), vec![format!("plmn:{code}")])),
        Kind::Mac => mac(value).map(|code| (code.clone(), vec![format!("mac:{code}")])),
        Kind::Unspecified => Err("say what kind of identifier it is".to_owned()),
    }
}

/// The keys of every block that what is looked up lies in, the closest first.
pub(crate) fn probes(kind: Option<Kind>, text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    let kinds: Vec<Kind> =
        kind.filter(|kind| *kind != Kind::Unspecified).map_or_else(|| told_by_form(text), |kind| vec![kind]);
    let mut found = Vec::new();
    let mut why = format!("{text} has the form of no network identifier: give its kind");
    for kind in kinds {
        match probe(kind, text) {
            Ok(keys) => found.extend(keys),
            Err(error) => why = error,
        }
    }
    if found.is_empty() { Err(why) } else { Ok(found) }
}

fn probe(kind: Kind, text: &str) -> Result<Vec<String>, String> {
    let identifier = NetworkIdentifier { kind: kind.into(), value: text.to_owned() };
    let (normal, keys) = keys(&identifier)?;
    match kind {
        Kind::Ip | Kind::Prefix => {
            let net: IpNet = match kind {
                Kind::Ip => IpNet::from(normal.parse::<IpAddr>().map_err(|error| error.to_string())?),
                _ => normal.parse().map_err(|_| normal.clone())?,
            };
            Ok((0..=net.prefix_len())
                .rev()
                .filter_map(|length| IpNet::new(net.network(), length).ok())
                .map(|wider| block(wider.trunc().network(), wider.prefix_len()))
                .collect())
        }
        Kind::E164 | Kind::Imsi if !normal.contains("..") => {
            let word = if kind == Kind::E164 { "e164" } else { "imsi" };
            let digits = normal.trim_start_matches('+');
            let blocks = (0..=digits.len()).rev().filter_map(|length| digits.get(..length));
            Ok(blocks.map(|prefix| format!("{word}:{}:{prefix}", digits.len())).collect())
        }
        _ => Ok(keys),
    }
}

fn told_by_form(text: &str) -> Vec<Kind> {
    let digits = text.trim_start_matches('+');
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if text.parse::<IpAddr>().is_ok() {
        vec![Kind::Ip]
    } else if text.parse::<IpNet>().is_ok() {
        vec![Kind::Prefix]
    } else if text.starts_with('+') && number {
        vec![Kind::E164]
    } else if number && digits.len() == MOST_DIGITS {
        vec![Kind::Imsi, Kind::E164]
    } else if number {
        vec![Kind::E164, Kind::PointCode, Kind::NetworkElement]
    } else if text.len() > 2 && text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("as")) && asn_digits(text)
    {
        vec![Kind::Asn]
    } else if mac(text).is_ok() {
        vec![Kind::Mac]
    } else {
        vec![Kind::PointCode, Kind::Plmn, Kind::Fqdn, Kind::NetworkElement, Kind::Cell]
    }
}

fn asn_digits(text: &str) -> bool {
    text.bytes().skip(2).all(|byte| byte.is_ascii_digit())
}

fn host_bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// IPv4 lies in its mapped place in IPv6, so one index serves both.
fn block(address: IpAddr, length: u8) -> String {
    let (bits, length) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_ipv6_mapped()), u16::from(length) + 96),
        IpAddr::V6(v6) => (u128::from(v6), u16::from(length)),
    };
    format!("ip:{bits:032x}/{length}")
}

fn fqdn(value: &str) -> Result<String, String> {
    let name = value.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        Ok(name)
    } else {
        Err(format!("{value} is not a domain name"))
    }
}

fn point_code(value: &str) -> Result<String, String> {
    let wrong =
        || format!("{value} is not a point code: a number of at most 24 bits, or parts 3-8-3 or 8-8-8 like 2-17-5");
    if let Ok(number) = value.parse::<u32>() {
        return if number < 1 << 24 { Ok(number.to_string()) } else { Err(wrong()) };
    }
    let parts: Vec<u32> = value.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    match parts.as_slice() {
        [zone @ 0..=255, area @ 0..=255, point @ 0..=255] => Ok(format!("{zone}-{area}-{point}")),
        _ => Err(wrong()),
    }
}

fn plmn(value: &str) -> Result<String, String> {
    let digits: String = value.chars().filter(|character| *character != '-' && *character != ' ').collect();
    let split = matches!(digits.len(), 5 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    match (digits.get(..3), digits.get(3..)) {
        (Some(country), Some(network)) if split => Ok(format!("{country}-{network}")),
        _ => Err(format!("{value} is not a PLMN like 001-01: three digits of country, two or three of network")),
    }
}

fn mac(value: &str) -> Result<String, String> {
    let digits: String = value.chars().filter(|character| !matches!(character, ':' | '-' | '.')).collect();
    if digits.len() == 12 && digits.len() < value.len() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(format!("{value} is not a MAC address"))
    }
}

fn numbers(word: &str, value: &str, least_digits: usize, wrong: &str) -> Result<(String, Vec<String>), String> {
    let (low, high) = value.split_once("..").unwrap_or((value, value));
    let (low, high) = (low.trim().trim_start_matches('+'), high.trim().trim_start_matches('+'));
    let fits = |digits: &str| {
        (least_digits..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !fits(low) || !fits(high) || low.len() != high.len() || low > high {
        return Err(format!("{value}: {wrong}; a range is `low..high` of equal length"));
    }
    let normal = if low == high { low.to_owned() } else { format!("{low}..{high}") };
    let mut keys = Vec::new();
    let (low, high, length) = (low.parse().unwrap_or(0_u64), high.parse().unwrap_or(0_u64), low.len());
    blocks(low, high, length, &mut |prefix| keys.push(format!("{word}:{length}:{prefix}")));
    Ok((if word == "e164" { format!("+{normal}") } else { normal }, keys))
}

/// The decimal blocks that make up `low..=high` of numbers of `length` digits.
fn blocks(mut low: u64, high: u64, length: usize, each: &mut impl FnMut(String)) {
    while low <= high {
        let mut free: u32 = 0;
        let mut size: u64 = 1;
        while (free as usize) < length && low.is_multiple_of(size * 10) && low + (size * 10 - 1) <= high {
            free += 1;
            size *= 10;
        }
        let digits = format!("{low:0length$}");
        each(digits.get(..length - free as usize).unwrap_or_default().to_owned());
        low += size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(kind: Kind, kept: &str, looked_up: &str) -> bool {
        let (_, keys) = keys(&NetworkIdentifier { kind: kind.into(), value: kept.to_owned() }).unwrap();
        let probes = probes(None, looked_up).unwrap();
        keys.iter().any(|key| probes.contains(key))
    }

    #[test]
    fn an_address_is_found_in_the_prefix_around_it() {
        assert!(finds(Kind::Prefix, "10.0.0.0/8", "10.200.3.4"));
        assert!(!finds(Kind::Prefix, "10.0.0.0/8", "11.0.0.1"));
        assert!(finds(Kind::Prefix, "2001:db8::/32", "2001:db8:1::7"));
        assert!(finds(Kind::Prefix, "10.0.0.0/8", "10.4.0.0/16"));
        assert!(finds(Kind::Ip, "192.0.2.7", "192.0.2.7"));
        assert!(!finds(Kind::Ip, "192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn a_number_is_found_in_the_range_around_it() {
        assert!(finds(Kind::E164, "+49151000000..+49151999999", "+49151123456"));
        assert!(!finds(Kind::E164, "+49151000000..+49151999999", "+49152000000"));
        assert!(finds(Kind::Imsi, "001010000000000..001010000000999", "001010000000500"));
        assert!(finds(Kind::Asn, "AS64500", "as64500"));
        assert!(finds(Kind::PointCode, "2-17-5", "2-17-5"));
        assert!(finds(Kind::Plmn, "00101", "001-01"));
        assert!(finds(Kind::Fqdn, "Core.Example.", "core.example"));
    }

    #[test]
    fn wrong_forms_say_what_is_expected() {
        for (kind, value) in [
            (Kind::Ip, "10.0.0.300"),
            (Kind::Imsi, "12345"),
            (Kind::Prefix, "10/8/8"),
            (Kind::E164, "+4..+3"),
            (Kind::PointCode, "1-2"),
            (Kind::Plmn, "1"),
            (Kind::Mac, "zz"),
        ] {
            let identifier = NetworkIdentifier { kind: kind.into(), value: value.to_owned() };
            assert!(keys(&identifier).unwrap_err().contains(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn blocks_are_exactly_the_range(low in 0_u64..100_000, span in 0_u64..30_000, asked in 0_u64..200_000) {
            let high = (low + span).min(199_999);
            let kept = format!("{low:06}..{high:06}");
            let asked_text = format!("{asked:06}");
            let (_, keys) = keys(&NetworkIdentifier { kind: Kind::E164.into(), value: kept }).unwrap();
            let probes = probes(Some(Kind::E164), &asked_text).unwrap();
            prop_assert_eq!(keys.iter().any(|key| probes.contains(key)), (low..=high).contains(&asked));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = probes(None, &text);
        }
    }
}
