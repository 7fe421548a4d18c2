//! Records and fields of CSV (RFC 4180), read so that damage stays where it is.
//!
//! A field is quoted if its first byte is a quotation mark. The mark that ends it is followed by the delimiter or the end of the line; any other
//! is a part of the text. A field that is not ended within [`LONGEST_QUOTE`] bytes was not meant to be quoted: its record ends with its line.

use memchr::{memchr, memchr2};

use crate::ascii::{before, byte, part};

/// A quoted field is at most this long, in bytes.
pub(crate) const LONGEST_QUOTE: usize = 64 << 10;

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Behind its line feed, or at the end of the data.
    At(usize),
    /// The same, of a record with a quotation that does not end.
    Broken(usize),
    /// Not told by these bytes.
    Unknown,
}

/// The end of the record that begins at `from`. `all`: nothing follows these bytes.
pub(crate) fn record(bytes: &[u8], from: usize, delimiter: u8, all: bool) -> End {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr2(b'\n', b'"', rest) else {
            return if all { End::At(bytes.len()) } else { End::Unknown };
        };
        let place = at + found;
        if byte(bytes, place) == b'\n' {
            return End::At(place + 1);
        }
        if place != from && before(bytes, place) != delimiter {
            at = place + 1;
            continue;
        }
        match quotation(bytes, place, delimiter, all) {
            Quotation::Ends(end) => at = end,
            Quotation::Unknown => return End::Unknown,
            Quotation::Never => {
                let rest = bytes.get(place..).unwrap_or_default();
                return match memchr(b'\n', rest) {
                    Some(line) => End::Broken(place + line + 1),
                    None if all => End::Broken(bytes.len()),
                    None => End::Unknown,
                };
            }
        }
    }
}

enum Quotation {
    /// Behind its last mark.
    Ends(usize),
    Never,
    Unknown,
}

/// Where the quotation ends that begins at `open`.
fn quotation(bytes: &[u8], open: usize, delimiter: u8, all: bool) -> Quotation {
    let limit = open + 1 + LONGEST_QUOTE;
    let mut at = open + 1;
    loop {
        let Some(found) = memchr(b'"', part(bytes, at, limit)) else {
            return if all || bytes.len() >= limit { Quotation::Never } else { Quotation::Unknown };
        };
        let mark = at + found;
        if mark + 1 >= bytes.len() {
            return if all { Quotation::Ends(mark + 1) } else { Quotation::Unknown };
        }
        match byte(bytes, mark + 1) {
            b'"' => at = mark + 2,
            next if next == delimiter || matches!(next, b'\n' | b'\r') => return Quotation::Ends(mark + 1),
            _ => at = mark + 1,
        }
    }
}

/// Gives each field of a record, as its place in `bytes` without quotation marks around it. `quoting`: marks count.
pub(crate) fn fields(bytes: &[u8], delimiter: u8, quoting: bool, mut each: impl FnMut(usize, usize)) {
    let end = line_end(bytes);
    let mut at = 0;
    loop {
        if quoting
            && byte(bytes, at) == b'"'
            && at < end
            && let Quotation::Ends(after) = quotation(part(bytes, 0, end), at, delimiter, true)
        {
            each(at + 1, after - 1);
            if after >= end {
                return;
            }
            at = after + 1;
        } else {
            let stop = memchr(delimiter, part(bytes, at, end)).map_or(end, |found| at + found);
            each(at, stop);
            if stop >= end {
                return;
            }
            at = stop + 1;
        }
    }
}

/// The length without what ends the line.
pub(crate) fn line_end(bytes: &[u8]) -> usize {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(record: &str) -> Vec<&str> {
        let mut read = Vec::new();
        fields(record.as_bytes(), b',', true, |from, to| read.push(&record[from..to]));
        read
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        assert_eq!(read("a,\"b,c\",d\r\n"), ["a", "b,c", "d"]);
        assert_eq!(read("\"say \"\"hi\"\"\",,\n"), ["say \"\"hi\"\"", "", ""]);
        assert_eq!(read("5\" pipe,x\n"), ["5\" pipe", "x"]);
        assert_eq!(read("\"never closed,x\n"), ["\"never closed", "x"]);
        assert_eq!(read("\"odd\" mark,x\n"), ["\"odd\" mark", "x"]);
        assert_eq!(read("\n"), [""]);
    }

    #[test]
    fn records_may_hold_lines() {
        let text = b"a,\"two\nlines\"\nb,c\n";
        assert_eq!(record(text, 0, b',', false), End::At(14));
        assert_eq!(record(text, 14, b',', false), End::At(18));
        assert_eq!(record(b"a,\"open\nb\n", 0, b',', true), End::Broken(8));
        assert_eq!(record(b"a,\"open\nb\n", 0, b',', false), End::Unknown);
        assert_eq!(record(b"a,b", 0, b',', false), End::Unknown);
        assert_eq!(record(b"a,b", 0, b',', true), End::At(3));
    }
}
