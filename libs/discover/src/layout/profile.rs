//! What the first values of a column are: which check digits they have more often than chance gives.

use crate::{
    ascii::{digit, part, run},
    checksum::luhn,
    context::Hints,
    kind::Kind,
    recognise::{Finder, subscriber},
};

/// Fewer values say nothing.
const FEWEST: u32 = 20;

/// Counts over the first values of a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    values: u32,
    /// Values of a length, all digits, that a kind has; and those that pass its check.
    imsi: Tried,
    imei: Tried,
    msisdn: Tried,
    short: u32,
    instants: u32,
    rising: u32,
    last: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    tried: u32,
    passed: u32,
}

impl Tried {
    fn add(&mut self, passed: bool) {
        self.tried += 1;
        self.passed += u32::from(passed);
    }

    /// Nearly all pass, of values that are enough and nearly all of the column's.
    fn confirmed(self, values: u32) -> bool {
        self.tried >= FEWEST && self.tried * 10 >= values * 8 && self.passed * 100 >= self.tried * 95
    }

    fn doubted(self) -> bool {
        self.tried >= FEWEST && self.passed * 100 < self.tried * 60
    }
}

impl Profile {
    pub(crate) fn see(&mut self, finder: &Finder, value: &[u8]) {
        let value = value.trim_ascii();
        if value.is_empty() {
            return;
        }
        self.values += 1;
        let whole = value.strip_prefix(b"+").unwrap_or(value);
        if run(whole, 0, digit) != whole.len() {
            let begins =
                matches!(whole, [b'1' | b'2', _, _, _, b'-' | b'/', ..] | [_, _, b':' | b'.' | b'/', _, _, ..]);
            let marks = whole.iter().filter(|byte| matches!(byte, b':' | b'-' | b'/' | b'.')).count();
            self.instants += u32::from(begins && marks >= 2);
            return;
        }
        let number = crate::ascii::number(whole);
        // What has a `+` counts nothing.
        let counts = whole.len() == value.len() && number > self.last && number - self.last < number / 1_000 + 2;
        self.rising += u32::from(counts);
        self.last = number;
        self.short += u32::from(whole.len() <= 6);
        match whole.len() {
            15 => {
                self.imsi.add(subscriber::imsi(whole));
                self.imei.add(subscriber::type_allocation(whole) && luhn(whole));
            }
            // A counter of seconds or milliseconds since 1970.
            10 | 13 if whole.starts_with(b"1") && part(whole, 1, 2) >= b"4".as_slice() => self.instants += 1,
            7..=14 => {}
            _ => return,
        }
        self.msisdn.add(finder.phones.international(whole) || finder.phones.national(whole));
    }

    pub(crate) fn hints(&self) -> Hints {
        let mut hints = Hints::default();
        let counter = self.rising * 10 >= self.values * 9 && self.values >= FEWEST;
        // One in ten of all numbers has a Luhn digit: where all have, the beginning says nothing of a country.
        let equipment = self.imei.confirmed(self.values);
        for (kind, tried, excluded) in [
            (Kind::IMEI, self.imei, false),
            (Kind::IMSI, self.imsi, equipment),
            (Kind::MSISDN, self.msisdn, equipment || counter || self.imsi.confirmed(self.values)),
        ] {
            if excluded || tried.doubted() {
                hints.doubted |= kind.bit();
            } else if tried.confirmed(self.values) {
                hints.confirmed |= kind.bit();
            }
        }
        hints
    }

    /// Nearly all values are numbers of up to six digits.
    pub(crate) fn numbers(&self) -> bool {
        self.values > 0 && self.short * 10 >= self.values * 9
    }

    /// Nearly all values are dates or times.
    pub(crate) fn instants(&self) -> bool {
        self.values > 0 && self.instants * 10 >= self.values * 9
    }
}
