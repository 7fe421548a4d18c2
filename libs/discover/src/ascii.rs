//! Bytes looked at safely: what lies outside of a text is 0, and letters beyond ASCII are no part of a number.

/// The byte at `at`, or 0 outside of the text.
#[inline]
pub(crate) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The byte before `at`, or 0 at the beginning.
#[inline]
pub(crate) fn before(text: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |at| byte(text, at))
}

/// The bytes from `start` up to `end`, cut to what there is.
#[inline]
pub(crate) fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end.min(text.len())).unwrap_or_default()
}

/// Where the run of bytes beginning at `from` ends, of which `holds` is true.
#[inline]
pub(crate) fn run(text: &[u8], from: usize, holds: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !holds(*byte)).unwrap_or(rest.len())
}

/// Where the run of bytes ending before `to` begins, of which `holds` is true, looking back `most` bytes.
#[inline]
pub(crate) fn run_back(text: &[u8], to: usize, most: usize, holds: impl Fn(u8) -> bool) -> usize {
    let floor = to.saturating_sub(most);
    let rest = part(text, floor, to);
    to - rest.iter().rev().position(|byte| !holds(*byte)).unwrap_or(rest.len())
}

#[inline]
pub(crate) fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

#[inline]
pub(crate) fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The number of up to 19 digits; 0 where there are none.
pub(crate) fn number(digits: &[u8]) -> u64 {
    digits.iter().take(19).fold(0, |sum, byte| sum * 10 + u64::from(byte.wrapping_sub(b'0').min(9)))
}

/// Digits taken out of a text that has marks between them, without an allocation. At most [`Digits::MOST`]; more are dropped and told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Digits {
    kept: [u8; Self::MOST],
    length: usize,
    /// There were more than fit.
    pub(crate) overflown: bool,
}

impl Digits {
    /// Longer than any identifier that is recognised.
    pub(crate) const MOST: usize = 24;

    pub(crate) fn extend(&mut self, text: &[u8]) {
        for byte in text.iter().filter(|byte| digit(**byte)) {
            match self.kept.get_mut(self.length) {
                Some(place) => {
                    *place = *byte;
                    self.length += 1;
                }
                None => self.overflown = true,
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        part(&self.kept, 0, self.length)
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }
}
