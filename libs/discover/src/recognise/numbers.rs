//! What is made of digits: telephone numbers, IMSI, IMEI, ICCID, cards, accounts, IPv4, cells, coordinates.

use super::{
    Finder, bare,
    group::{self, Group},
    money, network, place, subscriber, written,
};
use crate::{
    ascii::{alphanumeric, before, byte, digit, part, run, run_back},
    candidate::Candidate,
    checksum::luhn,
    context::Hints,
    kind::Kind,
};

/// A run this long is a number by itself.
const WHOLE: usize = 11;

/// What stands directly before a number, as `imsi-` of TS 29.571 or the `MSISDN` of a careless log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// Nothing that belongs to it.
    Free,
    /// A name of its kind, beginning at the place.
    Named(Kind, usize),
    /// It is a part of a longer word: of a UUID, a hash, a product.
    Joined,
}

pub(crate) fn find(finder: &Finder, text: &[u8], hints: &Hints, candidates: &mut Vec<Candidate>) {
    let mut at = 0;
    loop {
        at = run(text, at, |byte| !digit(byte));
        if at >= text.len() {
            return;
        }
        at = number(finder, text, at, hints, candidates).max(at + 1);
    }
}

/// Looks at the number that begins at `at`; tells where to go on.
fn number(finder: &Finder, text: &[u8], at: usize, hints: &Hints, candidates: &mut Vec<Candidate>) -> usize {
    let end = run(text, at, digit);
    if let Some(end) = account(text, at, candidates) {
        return end;
    }
    let front = front(text, at);
    match front {
        Front::Joined => return run(text, end, alphanumeric),
        Front::Named(Kind::SUCI, start) => {
            if let Some(end) = subscriber::suci(text, start) {
                candidates.push(Candidate::new(Kind::SUCI, 960, start, end));
                return end;
            }
        }
        _ => {}
    }
    let followed = byte(text, end);
    let joined = matches!(followed, b'-' | b':' | b'_' | b'.' | b'/');
    if joined
        && end - at <= 6
        && let Some(end) = cell_or_place(text, at, hints, candidates)
    {
        return end;
    }
    let single =
        !matches!(followed, b' ' | b'-' | b'.' | b'/' | b'(' | b')') && !matches!(before(text, at), b'+' | b'(');
    if single {
        if followed.is_ascii_alphabetic() && !padded(text, end) {
            return run(text, end, alphanumeric);
        }
        bare::find(finder, text, (at, end), front, hints, candidates);
        return end;
    }
    grouped(finder, text, Group::read(text, at), front, hints, candidates)
}

/// `8949…F`: a chip's number is filled up with an F where it has 19 digits.
fn padded(text: &[u8], end: usize) -> bool {
    matches!(byte(text, end), b'F' | b'f') && !alphanumeric(byte(text, end + 1))
}

/// An IBAN, whose two letters stand before these two digits.
fn account(text: &[u8], at: usize, candidates: &mut Vec<Candidate>) -> Option<usize> {
    let start = at.checked_sub(2)?;
    let letters = part(text, start, at).iter().all(u8::is_ascii_alphabetic);
    if !letters || !digit(byte(text, at + 1)) || alphanumeric(before(text, start)) {
        return None;
    }
    let end = money::iban(text, start)?;
    candidates.push(Candidate::new(Kind::IBAN, 960, start, end));
    Some(end)
}

fn front(text: &[u8], at: usize) -> Front {
    const NAMES: [(&[u8], Kind); 8] = [
        (b"imsi", Kind::IMSI),
        (b"imeisv", Kind::IMEI),
        (b"imei", Kind::IMEI),
        (b"msisdn", Kind::MSISDN),
        (b"tel", Kind::MSISDN),
        (b"iccid", Kind::ICCID),
        (b"suci", Kind::SUCI),
        (b"isdn", Kind::MSISDN),
    ];
    let last = before(text, at);
    let dashed = last == b'-';
    if !alphanumeric(last) && !dashed {
        return Front::Free;
    }
    let word_end = if dashed { at - 1 } else { at };
    let start = run_back(text, word_end, 12, alphanumeric);
    let word = part(text, start, word_end);
    if word.is_empty() {
        return Front::Free;
    }
    if let Some((_, kind)) = NAMES.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
        // `imsi-…` as a whole is a SUPI (TS 23.003 2.2A).
        let kind = if dashed && kind == Kind::IMSI { Kind::SUPI } else { kind };
        return Front::Named(kind, start);
    }
    let hexadecimal = matches!(word.len(), 4 | 8) && word.iter().all(u8::is_ascii_hexdigit);
    let mixed = word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
    if !dashed || mixed || (hexadecimal && word.iter().any(u8::is_ascii_alphabetic)) {
        Front::Joined
    } else {
        Front::Free
    }
}

fn cell_or_place(text: &[u8], at: usize, hints: &Hints, candidates: &mut Vec<Candidate>) -> Option<usize> {
    if !matches!(before(text, at), b'+' | b'-' | b'.')
        && let Some(end) = subscriber::cell(text, at)
    {
        candidates.push(Candidate::new(Kind::LOCATION, 600, at, end));
        return Some(end);
    }
    if before(text, at) == b'.' {
        return None;
    }
    let first = place::degrees(text, at)?;
    if let Some((end, base)) = place::pair(text, first) {
        candidates.push(Candidate::new(Kind::LOCATION, base, first.start, end));
        return Some(end);
    }
    if hints.named & Kind::LOCATION.bit() != 0 {
        candidates.push(Candidate::new(Kind::LOCATION, 500, first.start, first.end));
    }
    Some(first.end)
}

/// Several runs, or one with a mark beside it; tells where to go on.
fn grouped(
    finder: &Finder,
    text: &[u8],
    group: Group,
    front: Front,
    hints: &Hints,
    candidates: &mut Vec<Candidate>,
) -> usize {
    if let Some((end, base)) = network::version4(&group, text) {
        candidates.push(Candidate::new(Kind::IP_ADDRESS, base, group.start, end));
        return end;
    }
    let dots = group.runs().iter().skip(1).take_while(|run| run.mark == b'.').count();
    if dots >= 2 && group.runs().iter().take(dots + 1).any(|run| run.len() < 2) && !group.plus {
        // `2.10.1`: a version.
        return group.runs().get(dots).map_or(group.end(), |run| run.end);
    }
    if let Some(end) = group::date(&group, text).and_then(|runs| group.runs().get(runs - 1)).map(|run| run.end) {
        return end;
    }
    let first = group.first();
    let Some(group) = trimmed(group, text) else { return run(text, first.end, alphanumeric) };
    if let Some(end) = formatted(text, &group, candidates) {
        return end;
    }
    let lonely = !group.plus && (group.runs().len() == 1 || first.len() >= WHOLE);
    if !lonely {
        if let Some(end) = written::telephone(finder, text, group, front == Front::Free, candidates) {
            return end;
        }
        // `1234567.89` is an amount.
        if byte(text, first.end) == b'.' && digit(byte(text, first.end + 1)) {
            return group.end();
        }
    }
    bare::find(finder, text, (first.start, first.end), front, hints, candidates);
    // What is joined to a short run is a part of it: `978-3-16-148410-0` is no telephone number from its second run on.
    let joined = group.runs().iter().skip(1).take_while(|run| matches!(run.mark, b'-' | b'.' | b'/')).last();
    joined.filter(|_| first.len() < bare::LEAST).map_or(first.end, |run| run.end)
}

/// The group without a last run that belongs to what follows: `12` in `2024 12:30`, `3` in `555 3rd`.
fn trimmed(group: Group, text: &[u8]) -> Option<Group> {
    let end = group.end();
    let next = byte(text, end);
    let numbered = digit(byte(text, end + 1));
    let time = next == b':' && numbered && group.runs().last().is_some_and(|run| run.len() <= 2);
    let joined = next.is_ascii_alphabetic() && !(next == b'x' && numbered);
    if time || joined { group.shorter() } else { Some(group) }
}

/// Identifiers in the groups they are printed in: IMEI, ICCID, cards.
fn formatted(text: &[u8], group: &Group, candidates: &mut Vec<Candidate>) -> Option<usize> {
    const IMEI: [&[usize]; 3] = [&[2, 6, 6, 1], &[6, 2, 6, 1], &[8, 6, 1]];
    const CARD: [&[usize]; 6] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3], &[4, 4, 4, 1], &[6, 4, 4, 4]];
    if group.plus || group.runs().len() < 3 {
        return None;
    }
    let shaped = |shapes: &[&[usize]]| shapes.iter().any(|shape| group.shaped(shape, b" -/."));
    let digits = group.digits(text);
    let digits = digits.as_bytes();
    let found = if shaped(&IMEI) && subscriber::imei(digits) {
        (Kind::IMEI, 880)
    } else if shaped(&CARD) && money::card(digits) {
        (Kind::CREDIT_CARD, 850)
    } else if subscriber::iccid_shape(digits) && luhn(digits) {
        (Kind::ICCID, 850)
    } else {
        return None;
    };
    candidates.push(Candidate::new(found.0, found.1, group.first().start, group.end()));
    Some(group.end())
}
