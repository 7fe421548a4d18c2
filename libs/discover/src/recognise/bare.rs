//! Digits without marks between them: which kinds have that length, and pass their checks.

use super::{Finder, money, numbers::Front, phone, subscriber};
use crate::{
    ascii::{Digits, part},
    candidate::Candidate,
    checksum::luhn,
    context::{Hints, Near, judge},
    kind::Kind,
};

/// The shortest number that is looked at where a column does not speak for a cell.
pub(crate) const LEAST: usize = phone::LEAST_DIGITS;

/// A run of digits with no marks: every kind whose length it has.
pub(crate) fn find(
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
