//! JSON lines, read for where values lie and by which path: one pass, no copies but of strings with escapes.

use crate::ascii::{byte, part, run};

/// Deeper values are at the path of this depth.
const DEEPEST: usize = 32;

/// A value of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// It has escapes: see [`unescape`].
    pub(crate) escaped: bool,
    /// It is a name, not a value.
    pub(crate) key: bool,
}

/// What a line is read into. Kept from line to line, for its memory.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The names from the outermost to the value, `.` between them.
    path: Vec<u8>,
    /// By level: how long the path is without the names of deeper levels, and whether the level is an object.
    levels: Vec<(usize, bool)>,
}

/// Reads a line; `each` is given every string and number, and every name, with the path. True if the line is an object as JSON says; what is
/// behind a mistake is not given.
pub(crate) fn read(line: &[u8], reading: &mut Reading, mut each: impl FnMut(&[u8], Value)) -> bool {
    reading.path.clear();
    reading.levels.clear();
    let mut at = blank(line, 0);
    if byte(line, at) != b'{' {
        return false;
    }
    loop {
        // A value begins at `at`.
        match byte(line, at) {
            open @ (b'{' | b'[') => {
                reading.levels.push((reading.path.len(), open == b'{'));
                at = blank(line, at + 1);
                if byte(line, at) != closing(open == b'{') {
                    let Some(next) = name(line, at, reading, &mut each) else { return false };
                    at = next;
                    continue;
                }
            }
            b'"' => {
                let Some((end, escaped)) = string(line, at) else { return false };
                each(&reading.path, Value { start: at + 1, end: end - 1, escaped, key: false });
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let end =
                    run(line, at, |byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
                each(&reading.path, Value { start: at, end, escaped: false, key: false });
                at = end;
            }
            b't' | b'f' | b'n' => {
                let end = run(line, at, |byte| byte.is_ascii_lowercase());
                if !matches!(part(line, at, end), b"true" | b"false" | b"null") {
                    return false;
                }
                at = end;
            }
            _ => return false,
        }
        // Behind a value: levels close, or the next one comes.
        loop {
            at = blank(line, at);
            let Some((length, object)) = reading.levels.last().copied() else { return at >= line.len() };
            reading.path.truncate(length);
            if byte(line, at) == closing(object) {
                reading.levels.pop();
                at += 1;
            } else if byte(line, at) == b',' {
                let Some(next) = name(line, blank(line, at + 1), reading, &mut each) else { return false };
                at = next;
                break;
            } else {
                return false;
            }
        }
    }
}

fn closing(object: bool) -> u8 {
    if object { b'}' } else { b']' }
}

/// In an object: reads the name and its colon, and adds it to the path. Gives where the value begins.
fn name(line: &[u8], at: usize, reading: &mut Reading, each: &mut impl FnMut(&[u8], Value)) -> Option<usize> {
    if !reading.levels.last().is_some_and(|(_, object)| *object) {
        return Some(at);
    }
    if byte(line, at) != b'"' {
        return None;
    }
    let (end, escaped) = string(line, at)?;
    let colon = blank(line, end);
    if byte(line, colon) != b':' {
        return None;
    }
    if reading.levels.len() <= DEEPEST {
        let name = part(line, at + 1, end - 1);
        let data = is_data(name);
        if data {
            each(&reading.path, Value { start: at + 1, end: end - 1, escaped, key: true });
        }
        if !reading.path.is_empty() {
            reading.path.push(b'.');
        }
        reading.path.extend_from_slice(if data { b"*" } else { name });
    }
    Some(blank(line, colon + 1))
}

/// Names that may be somebody's number or address stand for many: they are looked at as values, and are `*` in paths.
fn is_data(name: &[u8]) -> bool {
    name.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6 || name.contains(&b'@') || name.contains(&b':')
}

fn blank(line: &[u8], at: usize) -> usize {
    run(line, at, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Where the string ends that begins with the quotation mark at `at`, and whether it has escapes.
fn string(line: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut next = at + 1;
    let mut escaped = false;
    loop {
        next = run(line, next, |byte| byte != b'"' && byte != b'\\');
        match byte(line, next) {
            b'"' => return Some((next + 1, escaped)),
            b'\\' => {
                escaped = true;
                next += 2;
            }
            _ => return None,
        }
    }
}

/// The text of a string with escapes, and for each of its bytes, and its end, where it comes from.
pub(crate) fn unescape(written: &[u8], text: &mut Vec<u8>, places: &mut Vec<usize>) {
    text.clear();
    places.clear();
    let mut at = 0;
    while let Some(byte) = written.get(at).copied() {
        let from = at;
        let letter = if byte == b'\\' { escape(written, &mut at) } else { None };
        at += 1;
        let mut buffer = [0; 4];
        let bytes: &[u8] = match &letter {
            Some(letter) => letter.encode_utf8(&mut buffer).as_bytes(),
            None => &[byte],
        };
        for byte in bytes {
            text.push(*byte);
            places.push(from);
        }
    }
    places.push(written.len());
}

/// The letter of the escape at `at`, which is moved to its last byte. Half a surrogate is U+FFFD.
fn escape(written: &[u8], at: &mut usize) -> Option<char> {
    let letter = match byte(written, *at + 1) {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' | b'f' => ' ',
        b'u' => {
            let digits = std::str::from_utf8(part(written, *at + 2, *at + 6)).ok()?;
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4)?;
            *at += 5;
            return Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        other @ (b'"' | b'\\' | b'/') => char::from(other),
        _ => return None,
    };
    *at += 1;
    Some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        let whole = read(line.as_bytes(), &mut Reading::default(), |path, value| {
            let mark = if value.key { "!" } else { "" };
            all.push(format!("{mark}{}={}", String::from_utf8_lossy(path), &line[value.start..value.end]));
        });
        whole.then_some(all)
    }

    #[test]
    fn values_have_paths() {
        let line = r#" {"a": 1, "b": {"c": "x\"y", "d": [2.5, {"e": null, "f": "z"}], "g": {}}, "h": [], "i": true, "j": -3e2} "#;
        let expected = ["a=1", "b.c=x\\\"y", "b.d=2.5", "b.d.f=z", "j=-3e2"];
        assert_eq!(values(line).unwrap(), expected);
    }

    #[test]
    fn names_that_are_data_are_looked_at() {
        assert_eq!(values(r#"{"use":{"491711234567":5}}"#).unwrap(), ["!use=491711234567", "use.*=5"]);
    }

    #[test]
    fn what_is_no_object_is_told() {
        for line in [
            "",
            "x",
            "[1]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1}}"#,
            r#"{"a":tru}"#,
            r#"{"a":"x}"#,
            r#"{"a":"x\"#,
        ] {
            assert_eq!(values(line), None, "{line}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert_eq!(values(&deep).unwrap().len(), 1);
    }

    #[test]
    fn escapes_keep_their_places() {
        let (mut text, mut places) = (Vec::new(), Vec::new());
        unescape(br"a\n\u00e9b\q\", &mut text, &mut places);
        assert_eq!(String::from_utf8(text).unwrap(), "a\néb\\q\\");
        assert_eq!(places, [0, 1, 3, 3, 9, 10, 11, 12, 13]);
    }
}
