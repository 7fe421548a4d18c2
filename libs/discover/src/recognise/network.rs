//! Addresses of networks: IPv4, IPv6, MAC.

use std::{net::Ipv6Addr, str};

use memchr::memchr3_iter;

use super::group::Group;
use crate::{
    ascii::{alphanumeric, before, byte, number, part, run, run_back},
    candidate::Candidate,
    kind::Kind,
};

/// An IPv4 address that a group of digits begins with: where it ends, and how sure its form makes. `1.2.3.4.5` is none.
pub(crate) fn version4(group: &Group, text: &[u8]) -> Option<(usize, u16)> {
    let runs = group.runs();
    let (address, rest) = runs.split_at_checked(4)?;
    let dotted = address.iter().skip(1).all(|run| run.mark == b'.') && rest.first().is_none_or(|run| run.mark != b'.');
    let mut octets = [0_u64; 4];
    for (octet, run) in octets.iter_mut().zip(address) {
        let digits = part(text, run.start, run.end);
        *octet = number(digits);
        if digits.len() > 3 || *octet > 255 || (digits.len() > 1 && digits.starts_with(b"0")) {
            return None;
        }
    }
    let end = address.last()?.end;
    let longer = byte(text, end) == b'.' && alphanumeric(byte(text, end + 1));
    (dotted && !longer && !group.plus).then(|| (end, version4_base(octets)))
}

fn version4_base(octets: [u64; 4]) -> u16 {
    match octets {
        // This host, loopback, multicast, masks and broadcast are nobody's.
        [0 | 127 | 224..=239 | 255, ..] => 100,
        // More often versions and numbers of chapters than addresses.
        [a, b, c, d] if a < 10 && b < 30 && c < 30 && d < 30 => 450,
        _ => 750,
    }
}

/// IPv6 and MAC addresses of a text.
pub(crate) fn find(text: &[u8], candidates: &mut Vec<Candidate>) {
    let mut floor = 0;
    for at in memchr3_iter(b':', b'-', b'.', text) {
        if at < floor {
            continue;
        }
        let found = match byte(text, at) {
            b':' => colons(text, at, floor, &mut floor),
            b'-' => mac(text, at.wrapping_sub(2), 3),
            _ => mac(text, at.wrapping_sub(4), 5),
        };
        if let Some(found) = found {
            floor = found.end;
            candidates.push(found);
        }
    }
}

/// A MAC address at `start`, written in groups that are `step` bytes apart.
fn mac(text: &[u8], start: usize, step: usize) -> Option<Candidate> {
    let length = if step == 5 { 14 } else { 17 };
    let written = text.get(start..start.checked_add(length)?)?;
    let mark = *written.get(step - 1)?;
    if byte(written, 2 * step - 1) != mark {
        return None;
    }
    let formed = written.iter().enumerate().all(|(at, byte)| match at % step == step - 1 {
        true => *byte == mark,
        false => byte.is_ascii_hexdigit(),
    });
    let (ahead, behind) = (before(text, start), byte(text, start + length));
    let joined = alphanumeric(ahead) || alphanumeric(behind) || (ahead == mark && mark != b':') || behind == mark;
    let digits = |wanted: u8| written.iter().all(|byte| *byte == mark || byte.eq_ignore_ascii_case(&wanted));
    // Digits alone between full stops are a telephone number as likely.
    let base = match (digits(b'0') || digits(b'f'), step == 5 && written.iter().all(|byte| !byte.is_ascii_alphabetic()))
    {
        (true, _) => 100,
        (_, true) => 350,
        _ => 850,
    };
    (formed && !joined).then(|| Candidate::new(Kind::MAC_ADDRESS, base, start, start + length))
}

/// What is around a colon: a MAC address, an IPv6 address, or a time of day. `floor` is moved behind what has been looked at.
fn colons(text: &[u8], at: usize, from: usize, floor: &mut usize) -> Option<Candidate> {
    const LONGEST: usize = 45;
    let of_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let mut start = run_back(text, at, LONGEST, of_address).max(from);
    let mut end = run(text, at, of_address);
    *floor = end;
    // `ip:fe80::1`, `mac:00:…`: the letters in front are a word, which its colon ends.
    if alphanumeric(before(text, start)) {
        start = run(text, start, |byte| byte != b':');
    }
    if byte(text, start) == b':' && byte(text, start + 1) != b':' {
        start += 1;
    }
    while end > start && (before(text, end) == b'.' || (before(text, end) == b':' && before(text, end - 1) != b':')) {
        end -= 1;
    }
    let written = text.get(start..end)?;
    if written.len() > LONGEST || alphanumeric(byte(text, end)) {
        return None;
    }
    if written.len() == 17
        && let Some(found) = mac(text, start, 3)
    {
        return Some(found);
    }
    let colons = written.iter().filter(|byte| **byte == b':').count();
    let shortened = written.windows(2).any(|pair| pair == b"::");
    if !(2..=8).contains(&colons) || !(shortened || colons == 7 || (colons == 6 && written.contains(&b'.'))) {
        return None;
    }
    let address: Ipv6Addr = str::from_utf8(written).ok()?.parse().ok()?;
    Some(Candidate::new(Kind::IP_ADDRESS, version6_base(&address, colons), start, end))
}

fn version6_base(address: &Ipv6Addr, colons: usize) -> u16 {
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() {
        return 100;
    }
    // `a::b` is also how programs name things.
    if colons < 3 { 400 } else { 850 }
}
