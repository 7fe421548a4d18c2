//! Telephone numbers as people write them, with marks between the digits.

use super::{
    Finder,
    group::Group,
    phone::{LEAST_DIGITS, MOST_DIGITS},
};
use crate::{
    ascii::{byte, digit, run},
    candidate::Candidate,
    kind::Kind,
};

/// The most digits of a number as written within a country.
const MOST_AT_HOME: usize = 12;

/// The telephone number that a group is or begins with; tells where it ends. Runs are dropped from its end until a number is left that is
/// assigned; if there is none, the whole is a weak candidate, which only words near it make stand.
pub(crate) fn telephone(
    finder: &Finder,
    text: &[u8],
    group: Group,
    free: bool,
    candidates: &mut Vec<Candidate>,
) -> Option<usize> {
    let mut left = Some(group);
    while let Some(some) = left {
        if let Some(base) = assigned(finder, text, &some) {
            return Some(push(text, &some, base, candidates));
        }
        left = some.shorter();
    }
    let base = likely(text, &group, free)?;
    Some(push(text, &group, base, candidates))
}

fn push(text: &[u8], group: &Group, base: u16, candidates: &mut Vec<Candidate>) -> usize {
    let bracket = group.runs().len() == 1 && byte(text, group.start) == b'(';
    let start = group.start + usize::from(bracket);
    let end = extension(text, group.end());
    candidates.push(Candidate::new(Kind::MSISDN, base, start, end));
    end
}

/// `x4587` behind a number is dialled after it.
fn extension(text: &[u8], end: usize) -> usize {
    if byte(text, end) != b'x' {
        return end;
    }
    let finish = run(text, end + 1, digit);
    if (1..=6).contains(&(finish - end - 1)) { finish } else { end }
}

fn assigned(finder: &Finder, text: &[u8], group: &Group) -> Option<u16> {
    let digits = group.dialled(text);
    let digits = digits.as_bytes();
    if group.plus {
        return finder.phones.international(digits).then_some(870);
    }
    if let Some(abroad) = digits.strip_prefix(b"00") {
        return finder.phones.international(abroad).then_some(720);
    }
    let several = group.runs().len() > 1;
    if !several || !separated(group) {
        return None;
    }
    if digits.len() <= MOST_AT_HOME && finder.phones.national(digits) {
        return Some(if at_home(text, group, digits.len()) { 620 } else { 340 });
    }
    finder.phones.international(digits).then_some(400)
}

/// Whether a number is written as numbers are: with what is dialled first at home, a bracket, three runs, or long. `70248 31` may be anything.
fn at_home(text: &[u8], group: &Group, digits: usize) -> bool {
    matches!(byte(text, group.start), b'0' | b'(') || group.runs().len() > 2 || digits > 9
}

/// Two runs with a full stop between are an amount.
fn separated(group: &Group) -> bool {
    !matches!(group.runs(), [_, second] if second.mark == b'.')
}

fn likely(text: &[u8], group: &Group, free: bool) -> Option<u16> {
    let digits = group.dialled(text).len();
    if group.plus {
        return (LEAST_DIGITS + 1..=MOST_DIGITS).contains(&digits).then_some(420);
    }
    let several = group.runs().len() > 1 && separated(group) && free;
    // 3-2-4 is how the United States write what is no telephone number.
    let insured = group.shaped(&[3, 2, 4], b"- ");
    (several && !insured && (LEAST_DIGITS..=MOST_AT_HOME).contains(&digits)).then_some(300)
}
