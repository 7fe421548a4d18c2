//! Places: coordinates in degrees.

use crate::ascii::{alphanumeric, before, byte, digit, part, run};

/// A decimal number of degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Degrees {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Digits behind the point.
    pub(crate) fraction: usize,
    whole: u64,
}

/// A number of degrees whose first digit is at `at`: up to 180, at least three digits behind the point, no zero in front of other digits.
pub(crate) fn degrees(text: &[u8], at: usize) -> Option<Degrees> {
    let point = run(text, at, digit);
    let end = run(text, point + 1, digit);
    let fraction = end.saturating_sub(point + 1);
    let formed = byte(text, point) == b'.' && (1..=3).contains(&(point - at)) && (3..=15).contains(&fraction);
    let zero = byte(text, at) == b'0' && point - at > 1;
    let goes_on = alphanumeric(byte(text, end)) || (byte(text, end) == b'.' && digit(byte(text, end + 1)));
    let whole = crate::ascii::number(part(text, at, point));
    let signed = matches!(before(text, at), b'-' | b'+') && !alphanumeric(before(text, at.saturating_sub(1)));
    let start = if signed { at - 1 } else { at };
    (formed && !zero && !goes_on && whole <= 180).then_some(Degrees { start, end, fraction, whole })
}

/// A pair of coordinates whose first is `first`: where it ends and how sure its form makes. `52.5200, 13.4050`; `13.4050 52.5200`; `geo:52.5,13.4`.
pub(crate) fn pair(text: &[u8], first: Degrees) -> Option<(usize, u16)> {
    let mut at = run(text, first.end, |byte| byte == b' ');
    let spaced = at - first.end;
    let mark = matches!(byte(text, at), b',' | b';' | b'/');
    if mark {
        at = run(text, at + 1, |byte| byte == b' ');
    }
    if matches!(byte(text, at), b'-' | b'+') {
        at += 1;
    }
    let second = degrees(text, at)?;
    if (!mark && spaced == 0) || at - first.end > 6 || (first.whole > 90 && second.whole > 90) {
        return None;
    }
    let uri = part(text, first.start.saturating_sub(4), first.start).eq_ignore_ascii_case(b"geo:");
    let well_known = part(text, first.start.saturating_sub(6), first.start).eq_ignore_ascii_case(b"point(");
    let base = match first.fraction.min(second.fraction) {
        _ if uri || well_known => 950,
        0..=3 => 420,
        4 => 650,
        _ => 720,
    };
    Some((second.end, base))
}
