//! From a piece of text to what personal data is in it: candidates by form, judged by what is near, the surest kept.

pub(crate) mod bare;
pub(crate) mod countries;
pub(crate) mod group;
pub(crate) mod mail;
pub(crate) mod money;
pub(crate) mod network;
pub(crate) mod numbers;
pub(crate) mod own;
pub(crate) mod phone;
pub(crate) mod place;
pub(crate) mod subscriber;
pub(crate) mod written;

use crate::{
    candidate::{Candidate, settle},
    context::{Hints, Near, Words, judge},
};

/// All that recognises, made once for a scanner and shared by its threads.
#[derive(Debug)]
pub(crate) struct Finder {
    pub(crate) phones: phone::Phones,
    pub(crate) words: Words,
    pub(crate) own: own::Own,
    /// The networks of one's own: MCC and MNC, as digits.
    pub(crate) plmns: Vec<Vec<u8>>,
    /// The calling codes of the countries of one's own.
    pub(crate) codes: Vec<Vec<u8>>,
    /// The kinds asked for.
    pub(crate) wanted: u64,
    /// The least score that is told, in thousandths.
    pub(crate) threshold: u16,
}

const DIGIT: u8 = 1;
const AT: u8 = 2;
const COLON: u8 = 4;
const DASH_OR_DOT: u8 = 8;
const OTHER: u8 = 16;

/// What each byte may be a part of.
const CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "a table of 256 filled by constants while compiling")]
const fn classes() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut at = b'0';
    while at <= b'9' {
        table[at as usize] = DIGIT;
        at += 1;
    }
    table[b'@' as usize] = AT;
    table[b':' as usize] = COLON;
    table[b'-' as usize] = DASH_OR_DOT;
    table[b'.' as usize] = DASH_OR_DOT;
    table
}

/// Short texts are looked at byte by byte first, to learn what cannot be in them.
const SHORT: usize = 64;

/// A moment by ISO 8601 and nothing else, `2024-05-01T12:30:00Z`: columns are full of them.
fn instant(text: &[u8]) -> bool {
    let [b'1' | b'2', _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', rest @ ..] = text else { return false };
    let of_time = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'+' | b'-' | b'Z');
    rest.len() <= 24 && rest.get(2) == Some(&b':') && rest.iter().all(of_time)
}

impl Finder {
    /// Whether an IMSI belongs to a network of one's own.
    pub(crate) fn home(&self, imsi: &[u8]) -> bool {
        self.plmns.iter().any(|plmn| imsi.starts_with(plmn))
    }

    /// Whether a number belongs to a country of one's own.
    pub(crate) fn at_home(&self, digits: &[u8]) -> bool {
        self.codes.iter().any(|code| digits.starts_with(code))
    }

    /// What stands in a text, in order, not overlapping. `found` is cleared first.
    pub(crate) fn find(&self, text: &[u8], hints: &Hints, found: &mut Vec<Candidate>) {
        found.clear();
        let classes = if text.len() <= SHORT {
            text.iter().fold(0, |all, byte| all | CLASSES.get(usize::from(*byte)).copied().unwrap_or(OTHER))
        } else {
            DIGIT | AT | COLON | DASH_OR_DOT | OTHER
        };
        let nobodys = (classes == DIGIT && text.len() < phone::LEAST_DIGITS && hints.named == 0) || instant(text);
        let classes = if nobodys { OTHER } else { classes };
        if classes & AT != 0 {
            mail::find(&self.phones, text, found);
        }
        if classes & (COLON | DASH_OR_DOT) != 0 && text.len() > 4 {
            network::find(text, found);
        }
        if classes & DIGIT != 0 {
            numbers::find(self, text, hints, found);
        }
        self.own.find(text, found);
        if found.is_empty() {
            return;
        }
        self.judge(text, hints, found);
        settle(found);
    }

    fn judge(&self, text: &[u8], hints: &Hints, found: &mut Vec<Candidate>) {
        let mut seen = (usize::MAX, 0, Near::default());
        found.retain_mut(|one| {
            if self.wanted & one.kind.bit() == 0 {
                return false;
            }
            // A field that is the candidate has no words.
            if one.end - one.start < text.len() && (seen.0, seen.1) != (one.start, one.end) {
                seen = (one.start, one.end, self.words.near(text, one.start, one.end));
            }
            let near = if one.end - one.start < text.len() { seen.2 } else { Near::default() };
            one.score = judge(one.kind, one.score, near, hints);
            one.score >= self.threshold
        });
    }
}
