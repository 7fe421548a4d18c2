//! Percent-encoding of paths and queries, strict: what cannot be decoded is told, not guessed.

use std::borrow::Cow;

/// Why a piece of a path or query cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EscapeError {
    /// A `%` without two hexadecimal digits.
    #[error("holds a % that two hexadecimal digits do not follow: write %25 for a percent sign")]
    Malformed,
    /// The decoded bytes are no text.
    #[error("does not decode to UTF-8: encode the text as UTF-8 before percent-encoding it")]
    NotUtf8,
}

/// What the decoder does beside plain percent-decoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A path segment, decoded in full.
    Segment,
    /// A segment of a variable that spans several: `%2F` stays, as it would otherwise look like a border of segments.
    SegmentKeepingSlash,
    /// A name or value of a query: `+` is a space.
    Query,
}

/// Decodes `raw`; borrows where there is nothing to decode.
pub(crate) fn decode(raw: &str, form: Form) -> Result<Cow<'_, str>, EscapeError> {
    if !raw.bytes().any(|byte| byte == b'%' || (form == Form::Query && byte == b'+')) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = bytes.next().and_then(digit).ok_or(EscapeError::Malformed)?;
                let low = bytes.next().and_then(digit).ok_or(EscapeError::Malformed)?;
                match high * 16 + low {
                    b'/' if form == Form::SegmentKeepingSlash => out.extend_from_slice(b"%2F"),
                    byte => out.push(byte),
                }
            }
            b'+' if form == Form::Query => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| EscapeError::NotUtf8)
}

/// A name and its value.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The names and values of a query, in order. A name that cannot be read is given back raw, with the reason.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = Result<Pair<'_>, (&str, EscapeError)>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = decode(name, Form::Query).and_then(|key| Ok((key, decode(value, Form::Query)?)));
        decoded.map_err(|error| (name, error))
    })
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        let table: &[(&str, Form, Result<&str, EscapeError>)] = &[
            ("plain", Form::Segment, Ok("plain")),
            ("a%20b", Form::Segment, Ok("a b")),
            ("a+b", Form::Segment, Ok("a+b")),
            ("a+b", Form::Query, Ok("a b")),
            ("a%2Fb", Form::Segment, Ok("a/b")),
            ("a%2fb%3Ac", Form::SegmentKeepingSlash, Ok("a%2Fb:c")),
            ("%C3%A4", Form::Segment, Ok("ä")),
            ("%C3", Form::Segment, Err(EscapeError::NotUtf8)),
            ("%", Form::Segment, Err(EscapeError::Malformed)),
            ("%4", Form::Segment, Err(EscapeError::Malformed)),
            ("%zz", Form::Segment, Err(EscapeError::Malformed)),
        ];
        for (raw, form, want) in table {
            assert_eq!(decode(raw, *form).as_deref().map_err(|error| *error), *want, "{raw}");
        }
    }

    #[test]
    fn pairs_of_a_query() {
        let got: Vec<_> = pairs("a=1&&b=x+y%26&c&=d").map(|pair| pair.unwrap()).collect();
        let got: Vec<(&str, &str)> = got.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
        assert_eq!(got, [("a", "1"), ("b", "x y&"), ("c", ""), ("", "d")]);
    }
}
