//! Network identifiers: recognised by form and brought into the form the register keeps them in.

use std::net::IpAddr;

use ipnet::IpNet;
use wire::assets::v1::NetworkIdentifier;
use wire::assets::v1::network_identifier::Kind;

use crate::text;

/// Recognises an identifier whose form leaves no doubt: an address, a prefix, a MAC address, `AS64500`, an international number with `+`, a
/// point code in three parts, a domain name with at least two labels.
///
/// Plain digits are not recognised: they can be a number, an IMSI, a point code or nothing at all. Say which with [`of_kind`].
#[must_use]
pub fn recognise(value: &str) -> Option<NetworkIdentifier> {
    let value = value.trim();
    if value.is_empty() || value.len() > 256 {
        return None;
    }
    let prefixed_asn = value.len() > 2 && value.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("as"));
    let certain = [Kind::Ip, Kind::Prefix, Kind::Mac];
    let found = certain.into_iter().find_map(|kind| of_kind(kind, value));
    found
        .or_else(|| prefixed_asn.then(|| of_kind(Kind::Asn, value)).flatten())
        .or_else(|| value.starts_with('+').then(|| of_kind(Kind::E164, value)).flatten())
        .or_else(|| (value.matches('-').count() == 2).then(|| of_kind(Kind::PointCode, value)).flatten())
        .or_else(|| of_kind(Kind::Fqdn, value))
}

/// `value` as an identifier of `kind`, in the form the register keeps it in; nothing where it does not have the form of the kind.
#[must_use]
pub fn of_kind(kind: Kind, value: &str) -> Option<NetworkIdentifier> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > 256 {
        return None;
    }
    let value = match kind {
        Kind::Unspecified => return None,
        Kind::Ip => address(value)?,
        Kind::Prefix => prefix(value)?,
        Kind::Fqdn => domain(value)?,
        Kind::NetworkElement | Kind::Cell => Some(text::line(value, 256)).filter(|value| !value.is_empty())?,
        Kind::PointCode => point_code(value)?,
        Kind::E164 => range(value, e164)?,
        Kind::Imsi => range(value, imsi)?,
        Kind::Asn => asn(value)?,
        Kind::Plmn => plmn(value)?,
        Kind::Mac => mac(value)?,
    };
    Some(NetworkIdentifier { kind: kind.into(), value })
}

/// An address; a prefix length behind it (`192.0.2.7/24`, as NetBox writes interface addresses) is dropped.
#[must_use]
pub fn host_address(value: &str) -> Option<NetworkIdentifier> {
    let host = value.split('/').next().unwrap_or_default();
    of_kind(Kind::Ip, host)
}

/// A prefix with the bits behind the length cleared.
#[must_use]
pub fn network(value: &str) -> Option<NetworkIdentifier> {
    of_kind(Kind::Prefix, value)
}

fn address(value: &str) -> Option<String> {
    // `fe80::1%eth0`: the zone says nothing outside of the host.
    let bare = value.split('%').next().unwrap_or_default();
    bare.parse::<IpAddr>().ok().map(|address| address.to_string())
}

fn prefix(value: &str) -> Option<String> {
    value.parse::<IpNet>().ok().map(|net| net.trunc().to_string())
}

fn domain(value: &str) -> Option<String> {
    let name = value.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let labels: Vec<&str> = name.split('.').collect();
    // A last label of digits only is a broken address or a version, not a name.
    let last = labels.last().is_some_and(|last| last.chars().any(|c| c.is_ascii_alphabetic()));
    (name.len() <= 253 && labels.len() >= 2 && last && labels.iter().all(|part| label(part))).then_some(name)
}

fn point_code(value: &str) -> Option<String> {
    if let Ok(number) = value.parse::<u32>() {
        return (number < 1 << 24).then(|| number.to_string());
    }
    let parts: Vec<u32> = value.split(['-', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [a, b, c] if *a < 256 && *b < 256 && *c < 256 => Some(format!("{a}-{b}-{c}")),
        _ => None,
    }
}

/// One number or a range `first..last`; `first-last` and `first to last` are read too.
fn range(value: &str, one: fn(&str) -> Option<String>) -> Option<String> {
    if let Some(single) = one(value) {
        return Some(single);
    }
    let (first, last) =
        value.split_once("..").or_else(|| value.split_once(" to ")).or_else(|| value.split_once('-'))?;
    let (first, last) = (one(first.trim())?, one(last.trim())?);
    (first.len() == last.len() && first <= last).then(|| format!("{first}..{last}"))
}

/// An international number: `+` and 3 to 15 digits, not beginning with 0; separators are dropped, `00` in front is read as `+`.
fn e164(value: &str) -> Option<String> {
    let (plus, rest) = match value.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => match value.strip_prefix("00") {
            Some(rest) => (true, rest),
            None => (false, value),
        },
    };
    if !plus && value.contains(['-', ' ', '(']) {
        return None;
    }
    let mut digits = String::with_capacity(15);
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    ((3..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

fn imsi(value: &str) -> Option<String> {
    let digits = value.strip_prefix("imsi-").unwrap_or(value);
    (digits.len() == 15 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_owned())
}

fn asn(value: &str) -> Option<String> {
    let bare = value.trim_start_matches(['A', 'a', 'S', 's']).trim();
    // `1.10` is RFC 5396 asdot.
    let number = match bare.split_once('.') {
        Some((high, low)) => (u32::from(high.parse::<u16>().ok()?) << 16) | u32::from(low.parse::<u16>().ok()?),
        None => bare.parse::<u32>().ok()?,
    };
    Some(format!("AS{number}"))
}

/// `262-01`, `262/01` or `26201`: a country code of three digits, a network code of two or three.
fn plmn(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(|c| !matches!(c, '-' | '/' | ' ')).collect();
    if !(5..=6).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (country, network) = digits.split_at_checked(3)?;
    Some(format!("{country}-{network}"))
}

/// Six pairs of hexadecimal digits, written with colons, dashes or in three groups with dots.
fn mac(value: &str) -> Option<String> {
    let form = [(':', 2), ('-', 2), ('.', 4)];
    let (mark, group) = form.into_iter().find(|(mark, _)| value.contains(*mark))?;
    let groups: Vec<&str> = value.split(mark).collect();
    let right = groups.len() == 12 / group
        && groups.iter().all(|part| part.len() == group && part.bytes().all(|b| b.is_ascii_hexdigit()));
    if !right {
        return None;
    }
    let digits: Vec<char> = groups.concat().to_ascii_lowercase().chars().collect();
    Some(digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":"))
}
