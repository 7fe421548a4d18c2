//! Runs of digits with the marks people write between them: `+49 (0)171 123-4567`, `4111 1111 1111 1111`, `10.0.0.1`.

use crate::ascii::{Digits, before, byte, digit, part, run};

/// A run of digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The mark before it: ` `, `-`, `.`, `/`, `(` or `)`; 0 before the first.
    pub(crate) mark: u8,
}

impl Run {
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }
}

/// Runs that may be one number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    runs: [Run; Self::MOST],
    count: usize,
    /// Where it begins with its `+` or `(`.
    pub(crate) start: usize,
    /// There is a `+` in front.
    pub(crate) plus: bool,
}

impl Group {
    const MOST: usize = 8;
    /// Digits of the longest number with marks in it (a card of 19), and one that shows it to be longer.
    const MOST_DIGITS: usize = 20;
    /// A run this long is a number by itself.
    const WHOLE: usize = 11;

    /// The group whose first digit is at `at`.
    pub(crate) fn read(text: &[u8], at: usize) -> Self {
        let mut group = Self { start: at, ..Self::default() };
        let mut next = Some((at, 0));
        let mut digits = 0;
        while let (Some((start, mark)), Some(place)) = (next, group.runs.get_mut(group.count)) {
            let end = run(text, start, digit);
            digits += end - start;
            if digits > Self::MOST_DIGITS && group.count > 0 {
                break;
            }
            *place = Run { start, end, mark };
            group.count += 1;
            let whole = end - start >= Self::WHOLE;
            next = marks(text, end).filter(|_| !whole);
        }
        group.prefix(text);
        group
    }

    fn prefix(&mut self, text: &[u8]) {
        let several = self.count > 1 && byte(text, self.first().end) == b')';
        let opened = several && before(text, self.start) == b'(';
        match before(text, self.start) {
            b'+' => {
                self.plus = true;
                self.start -= 1;
                // `(+49) 171 …` begins with its bracket.
                if several && before(text, self.start) == b'(' {
                    self.start -= 1;
                }
            }
            b'(' if opened => self.start -= 1,
            _ => {}
        }
    }

    pub(crate) fn runs(&self) -> &[Run] {
        self.runs.get(..self.count).unwrap_or_default()
    }

    pub(crate) fn first(&self) -> Run {
        self.runs().first().copied().unwrap_or_default()
    }

    pub(crate) fn end(&self) -> usize {
        self.runs().last().map_or(self.start, |run| run.end)
    }

    /// The same without its last run.
    pub(crate) fn shorter(mut self) -> Option<Self> {
        self.count = self.count.checked_sub(1).filter(|count| *count > 0)?;
        Some(self)
    }

    pub(crate) fn digits(&self, text: &[u8]) -> Digits {
        let mut digits = Digits::default();
        for run in self.runs() {
            digits.extend(part(text, run.start, run.end));
        }
        digits
    }

    /// The digits as they are dialled from abroad: without the `(0)` that is dialled at home only.
    pub(crate) fn dialled(&self, text: &[u8]) -> Digits {
        let mut digits = Digits::default();
        for (at, run) in self.runs().iter().enumerate() {
            let at_home = at > 0 && run.mark == b'(' && part(text, run.start, run.end) == b"0";
            if !at_home {
                digits.extend(part(text, run.start, run.end));
            }
        }
        digits
    }

    /// Whether the runs have these lengths, all with marks of `marks` between them.
    pub(crate) fn shaped(&self, lengths: &[usize], marks: &[u8]) -> bool {
        self.count == lengths.len()
            && self.runs().iter().zip(lengths).all(|(run, length)| run.len() == *length)
            && self.runs().iter().skip(1).all(|run| marks.contains(&run.mark))
    }
}

/// The next digit behind the marks at `at`, with the mark that counts; brackets count more than what stands beside them.
fn marks(text: &[u8], at: usize) -> Option<(usize, u8)> {
    let first = byte(text, at);
    if !matches!(first, b' ' | b'-' | b'.' | b'/' | b'(' | b')') {
        return None;
    }
    let (second, third) = (byte(text, at + 1), byte(text, at + 2));
    let bracket = |byte: u8| matches!(byte, b'(' | b')');
    if digit(second) {
        return Some((at + 1, first));
    }
    match (first, second) {
        (b')', b' ' | b'-' | b'/' | b'.') if digit(third) => Some((at + 2, first)),
        (b' ' | b'-', b'(') if digit(third) => Some((at + 2, second)),
        (b' ', b'-' | b'/') if third == b' ' && digit(byte(text, at + 3)) => Some((at + 3, second)),
        _ if bracket(first) && bracket(second) && digit(third) => Some((at + 2, second)),
        _ => None,
    }
}

/// Whether the first runs are a date, and how many runs it takes: `2024-05-01`, `01.05.2024`, `5/1/24`.
pub(crate) fn date(group: &Group, text: &[u8]) -> Option<usize> {
    let [first, second, third, ..] = group.runs() else { return None };
    let same = second.mark == third.mark && matches!(second.mark, b'-' | b'.' | b'/');
    let value = |run: &Run| crate::ascii::number(part(text, run.start, run.end));
    let (a, b, c) = (value(first), value(second), value(third));
    let day_and_month = |a: u64, b: u64| (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12;
    let year = |year: u64| (1900..2100).contains(&year);
    let begins = first.len() == 4 && second.len() <= 2 && third.len() <= 2 && year(a) && day_and_month(b, c);
    let ends = first.len() <= 2
        && second.len() <= 2
        && ((third.len() == 4 && year(c)) || (third.len() == 2 && second.mark == b'/'))
        && day_and_month(a, b);
    (same && !group.plus && (begins || ends)).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let at = text.bytes().position(digit).unwrap();
        let group = Group::read(text.as_bytes(), at);
        let dialled = String::from_utf8(group.dialled(text.as_bytes()).as_bytes().to_vec()).unwrap();
        (text[group.start..group.end()].to_owned(), dialled)
    }

    #[test]
    fn what_people_write_between_digits() {
        let cases = [
            ("tel +41 (0)96 471 07 95.", "+41 (0)96 471 07 95", "41964710795"),
            ("(030) 1234-5678, or", "(030) 1234-5678", "03012345678"),
            ("(+49) 171/1234567", "(+49) 171/1234567", "491711234567"),
            ("(+49 171 1234567)", "+49 171 1234567", "491711234567"),
            ("03.93.92.16.85", "03.93.92.16.85", "0393921685"),
            ("491711234567 262011234567890", "491711234567", "491711234567"),
            ("12 - 34", "12 - 34", "1234"),
            ("12, 34", "12", "12"),
        ];
        for (text, whole, digits) in cases {
            assert_eq!(read(text), (whole.to_owned(), digits.to_owned()), "{text}");
        }
    }

    #[test]
    fn dates_are_seen() {
        for (text, expected) in
            [("2024-05-01", true), ("01.05.2024", true), ("5/1/24", true), ("2024-13-41", false), ("49-30-1234", false)]
        {
            assert_eq!(date(&Group::read(text.as_bytes(), 0), text.as_bytes()).is_some(), expected, "{text}");
        }
    }
}
