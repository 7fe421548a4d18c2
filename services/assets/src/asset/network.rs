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
        Kind::NetworkElement => own_word(value).map(|id| (id.clone(), vec![format!("ne:{id}")])),
        Kind::Cell => own_word(value).map(|id| (id.clone(), vec![format!("cell:{id}")])),
        Kind::PointCode => point_code(value).map(|code| (code.clone(), vec![format!("pc:{code}")])),
        Kind::E164 => numbers("e164", value, 3, "an E.164 number or range has 3 to 15 digits"),
        Kind::Imsi => numbers("imsi", value, 15, "an IMSI has 15 digits"),
        Kind::Asn => {
            let word = value.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("as"));
            let digits = value.get(if word { 2 } else { 0 }..).unwrap_or_default();
            let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
            let number = number.ok_or_else(|| format!("{value} is not an autonomous system number like AS64500"))?;
            Ok((format!("AS{number}"), vec![format!("asn:{number}")]))
        }
        Kind::Plmn => plmn(value).map(|code| (code.clone(), vec![format!("plmn:{code}")])),
        Kind::Mac => mac(value).map(|code| (code.clone(), vec![format!("mac:{code}")])),
        Kind::Unspecified => Err("say what kind of identifier it is".to_owned()),
    }
}

/// Under what something is looked up.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// The keys of every block it lies in. Of a range of numbers, those its first number lies in.
    pub(crate) keys: Vec<String>,
    /// Of a range of numbers, the keys its last number lies in: what holds both ends holds the range, since what is kept
    /// has no gaps. Empty for all else.
    pub(crate) ends: Vec<String>,
}

/// Every kind, in the order in which equally close matches are told.
const KINDS: [Kind; 11] = [
    Kind::Ip,
    Kind::Prefix,
    Kind::Asn,
    Kind::Mac,
    Kind::Imsi,
    Kind::E164,
    Kind::PointCode,
    Kind::Plmn,
    Kind::Fqdn,
    Kind::NetworkElement,
    Kind::Cell,
];

/// What a text is looked up under. Where no kind is given it is every kind whose form the text has: a cell may well be called
/// `12345`, and a network element by its address.
pub(crate) fn probes(kind: Option<Kind>, text: &str) -> Result<Vec<Probes>, String> {
    let text = text.trim();
    match kind.filter(|kind| *kind != Kind::Unspecified) {
        Some(kind) => Ok(vec![probe(kind, text)?]),
        None => {
            let mut found: Vec<Probes> = Vec::new();
            let mut points = Probes::default();
            for probes in KINDS.into_iter().filter_map(|kind| probe(kind, text).ok()) {
                if probes.ends.is_empty() { points.keys.extend(probes.keys) } else { found.push(probes) }
            }
            if !points.keys.is_empty() {
                found.push(points);
            }
            if found.is_empty() { Err(format!("{text:?} has the form of no network identifier")) } else { Ok(found) }
        }
    }
}

fn probe(kind: Kind, text: &str) -> Result<Probes, String> {
    let identifier = NetworkIdentifier { kind: kind.into(), value: text.to_owned() };
    let (normal, keys) = keys(&identifier)?;
    match kind {
        Kind::Ip | Kind::Prefix => {
            let net: IpNet = match kind {
                Kind::Ip => IpNet::from(normal.parse::<IpAddr>().map_err(|error| error.to_string())?),
                _ => normal.parse().map_err(|_| normal.clone())?,
            };
            let wider = (0..=net.prefix_len()).rev().filter_map(|length| IpNet::new(net.network(), length).ok());
            let keys = wider.map(|wider| block(wider.trunc().network(), wider.prefix_len())).collect();
            Ok(Probes { keys, ends: Vec::new() })
        }
        Kind::E164 | Kind::Imsi => {
            let word = if kind == Kind::E164 { "e164" } else { "imsi" };
            let around = |digits: &str| -> Vec<String> {
                let blocks = (0..=digits.len()).rev().filter_map(|length| digits.get(..length));
                blocks.map(|prefix| format!("{word}:{}:{prefix}", digits.len())).collect()
            };
            let normal = normal.trim_start_matches('+');
            Ok(match normal.split_once("..") {
                Some((low, high)) => Probes { keys: around(low), ends: around(high) },
                None => Probes { keys: around(normal), ends: Vec::new() },
            })
        }
        _ => Ok(Probes { keys, ends: Vec::new() }),
    }
}

/// How much lies in an identifier beside what is looked up, by a key it is kept under and its normal form: 0 is the thing
/// itself. A number's block says nothing of that: a great range has small blocks at its ends.
pub(crate) fn breadth(key: &str, value: &str) -> u128 {
    if let Some((_, length)) = key.strip_prefix("ip:").and_then(|rest| rest.split_once('/')) {
        let free = 128_u32.saturating_sub(length.parse().unwrap_or(128));
        return 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    }
    let range = (is_number(key)).then(|| value.trim_start_matches('+').split_once("..")).flatten();
    let ends = range.and_then(|(low, high)| Some((low.parse::<u64>().ok()?, high.parse::<u64>().ok()?)));
    ends.map_or(0, |(low, high)| u128::from(high.saturating_sub(low)))
}

/// Whether a key is of a number or a range of numbers.
pub(crate) fn is_number(key: &str) -> bool {
    key.starts_with("e164:") || key.starts_with("imsi:")
}

fn host_bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// A word of the operator's own, which may be anything but blank.
fn own_word(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("the identifier is blank: give its value".to_owned()) } else { Ok(value.to_owned()) }
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
        probes(None, looked_up).unwrap().iter().any(|probes| {
            let any = |of: &[String]| of.is_empty() || keys.iter().any(|key| of.contains(key));
            any(&probes.keys) && any(&probes.ends)
        })
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
        assert!(finds(Kind::Asn, "As64500", "aS64500"));
    }

    #[test]
    fn a_range_is_found_in_the_range_around_it() {
        assert!(finds(Kind::E164, "+49151000000..+49151999999", "+49151000500..+49151777777"));
        assert!(finds(Kind::E164, "+49151000007..+49151999993", "+49151000007..+49151999993"));
        assert!(!finds(Kind::E164, "+49151000000..+49151999999", "+49151999000..+49152000000"));
        assert!(!finds(Kind::E164, "+49151000000..+49151999999", "+4915100000..+4915100001"));
    }

    #[test]
    fn what_has_many_forms_is_found_as_each() {
        for (kind, value) in [
            (Kind::Cell, "28673"),
            (Kind::NetworkElement, "10.0.0.7"),
            (Kind::NetworkElement, "as12"),
            (Kind::Fqdn, "as12"),
            (Kind::Plmn, "26201"),
            (Kind::Asn, "64500"),
            (Kind::Cell, "262010000000001"),
        ] {
            assert!(finds(kind, value, value), "{kind:?} {value}");
        }
    }

    #[test]
    fn breadth_is_how_much_else_lies_in_it() {
        assert_eq!(breadth("ip:0000000000000000000000000a000000/128", "10.0.0.0"), 0);
        assert_eq!(breadth("ip:0000000000000000000000000a000000/104", "10.0.0.0/8"), (1 << 24) - 1);
        assert_eq!(breadth("ip:00000000000000000000000000000000/0", "::/0"), u128::MAX);
        assert_eq!(breadth("e164:4:1000", "+0000..1001"), 1001);
        assert_eq!(breadth("ne:1..5", "1..5"), 0);
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
            (Kind::Asn, "AS+5"),
            (Kind::Asn, "AS"),
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
            prop_assert_eq!(keys.iter().any(|key| probes[0].keys.contains(key)), (low..=high).contains(&asked));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = probes(None, &text);
        }
    }
}
