//! What is made of digits: telephone numbers, IMSI, IMEI, ICCID, cards, accounts, IPv4, cells, coordinates.

use super::{
    Finder,
    group::{self, Group},
    money, network, phone, place, subscriber, written,
};
use crate::{
    ascii::{Digits, alphanumeric, before, byte, digit, part, run, run_back},
    candidate::Candidate,
    checksum::luhn,
    context::{Hints, Near, judge},
    kind::Kind,
};

/// The shortest number that is looked at where neither a column nor words speak for a cell.
const LEAST: usize = phone::LEAST_DIGITS;
/// A run this long is a number by itself.
const WHOLE: usize = 11;

/// What stands directly before a number, as `imsi-` of TS 29.571 or the `MSISDN` of a careless log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
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
        bare(finder, text, (at, end), front, hints, candidates);
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

/// A run of digits with no marks: every kind whose length it has.
fn bare(
    finder: &Finder,
    text: &[u8],
    (start, end): (usize, usize),
    front: Front,
    hints: &Hints,
    candidates: &mut Vec<Candidate>,
) {
    let digits = part(text, start, end);
    let mut add = |kind: Kind, base: u16| candidates.push(Candidate::new(kind, base, start, end));
    if hints.named & Kind::LOCATION.bit() != 0 && (2..=17).contains(&digits.len()) {
        add(Kind::LOCATION, 300);
    }
    if digits.len() < LEAST || digits.len() > Digits::MOST {
        return;
    }
    match front {
        Front::Named(Kind::SUPI, from) if digits.len() <= 15 => {
            candidates.push(Candidate::new(Kind::SUPI, 950, from, end));
            return;
        }
        Front::Named(kind, _) if named_fits(kind, digits) => return add(kind, 900),
        _ => {}
    }
    if instant(digits) {
        return;
    }
    let mut kinds = 0;
    // In a field that is the number alone, its column has the last word: what cannot reach the threshold is not looked up.
    let alone = digits.len() == text.len();
    let hopeless = |kind, most| alone && judge(kind, most, Near::default(), hints) < finder.threshold;
    let hopes = [!hopeless(Kind::MSISDN, 600), !hopeless(Kind::CREDIT_CARD, 650)];
    for (kind, base) in bare_kinds(finder, digits, hopes).into_iter().flatten() {
        kinds |= kind.bit();
        add(kind, base);
    }
    // In a column of telephone numbers, one that is not assigned is one too.
    let likely = (hints.named | hints.confirmed) & !kinds;
    for (kind, length) in [(Kind::MSISDN, 8..=15), (Kind::IMSI, 15..=15), (Kind::IMEI, 14..=16)] {
        if likely & kind.bit() != 0 && length.contains(&digits.len()) {
            add(kind, 250);
        }
    }
}

fn named_fits(kind: Kind, digits: &[u8]) -> bool {
    match kind {
        Kind::IMSI => digits.len() == 15,
        Kind::IMEI => matches!(digits.len(), 14..=16),
        Kind::MSISDN => digits.len() <= phone::MOST_DIGITS,
        Kind::ICCID => matches!(digits.len(), 18..=20),
        _ => false,
    }
}

/// The kinds that a run of digits may be by itself, with how sure that makes. Whether it is a telephone number or a card is asked only if wanted.
fn bare_kinds(finder: &Finder, digits: &[u8], [telephones, cards]: [bool; 2]) -> [Option<(Kind, u16)>; 4] {
    let length = digits.len();
    let mut kinds = [None; 4];
    if telephones && length <= phone::MOST_DIGITS {
        kinds[0] = telephone(finder, digits).map(|base| (Kind::MSISDN, base));
    }
    match length {
        15 => {
            let equipment = subscriber::imei(digits).then(|| subscriber::imei_base(digits));
            kinds[1] = subscriber::imsi(digits).then(|| (Kind::IMSI, subscriber_base(finder, digits, equipment)));
            kinds[2] = equipment.map(|base| (Kind::IMEI, base));
        }
        14 | 16 => kinds[2] = subscriber::type_allocation(digits).then_some((Kind::IMEI, 250)),
        18..=20 if digits.starts_with(b"89") => {
            let whole = subscriber::iccid_shape(digits) && luhn(digits);
            kinds[1] = Some((Kind::ICCID, if whole { 880 } else { 320 }));
        }
        _ => {}
    }
    if !cards {
        return kinds;
    }
    if (12..=19).contains(&length) && money::card(digits) {
        kinds[3] = Some((Kind::CREDIT_CARD, money::card_base(digits)));
    } else if length == 16 && money::likely_card(digits) {
        kinds[3] = Some((Kind::CREDIT_CARD, 250));
    }
    kinds
}

/// How sure an IMSI makes by itself: less if it would also be an IMEI, which one number in ten is by chance.
fn subscriber_base(finder: &Finder, digits: &[u8], equipment: Option<u16>) -> u16 {
    match equipment {
        _ if finder.home(digits) => 700,
        Some(500..) => 350,
        _ => 510,
    }
}

fn telephone(finder: &Finder, digits: &[u8]) -> Option<u16> {
    if let Some(abroad) = digits.strip_prefix(b"00") {
        return finder.phones.international(abroad).then_some(600);
    }
    let home = finder.phones.national(digits);
    if digits.starts_with(b"0") {
        return match (home, digits.len()) {
            (true, _) => Some(560),
            (false, 9..=11) => Some(250),
            _ => None,
        };
    }
    match (finder.phones.international(digits), home) {
        (true, _) if finder.at_home(digits) => Some(560),
        (true, _) => Some(350),
        (false, true) => Some(350),
        (false, false) => None,
    }
}

/// `20240501120000` and what else counts seconds of this century: no number of anybody.
fn instant(digits: &[u8]) -> bool {
    let field = |start, end| crate::ascii::number(part(digits, start, end));
    matches!(digits.len(), 14 | 17)
        && (1970..2100).contains(&field(0, 4))
        && (1..=12).contains(&field(4, 6))
        && (1..=31).contains(&field(6, 8))
        && field(8, 10) < 24
        && field(10, 12) < 60
        && field(12, 14) <= 60
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
    bare(finder, text, (first.start, first.end), front, hints, candidates);
    // What is joined to a short run is a part of it: `978-3-16-148410-0` is no telephone number from its second run on.
    let joined = group.runs().iter().skip(1).take_while(|run| matches!(run.mark, b'-' | b'.' | b'/')).last();
    joined.filter(|_| first.len() < LEAST).map_or(first.end, |run| run.end)
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
