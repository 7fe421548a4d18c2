//! The `grpc-timeout` header.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::refusal::timeout_invalid;
use tonic::Status;

const NAME: HeaderName = HeaderName::from_static("grpc-timeout");

/// How long the caller allows; none where it does not say.
///
/// # Errors
/// `FIELD_INVALID` where the header cannot be read.
pub(crate) fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Box<Status>> {
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    value.to_str().ok().and_then(read).map(Some).ok_or_else(|| Box::new(timeout_invalid()))
}

/// Tells the upstream how long the call may take.
pub(crate) fn tell(headers: &mut HeaderMap, allowed: Duration) {
    // Eight digits at most: milliseconds reach to more than a day.
    let millis = allowed.as_millis().clamp(1, 99_999_999);
    if let Ok(value) = HeaderValue::from_str(&format!("{millis}m")) {
        headers.insert(NAME, value);
    }
}

fn read(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(number * 3600),
        'M' => Duration::from_secs(number * 60),
        'S' => Duration::from_secs(number),
        'm' => Duration::from_millis(number),
        'u' => Duration::from_micros(number),
        'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        let cases = [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("123456789S", None),
            ("-1S", None),
            ("1s", None),
            ("1é", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_told_can_be_read() {
        let mut headers = HeaderMap::new();
        tell(&mut headers, Duration::from_secs(30));
        assert_eq!(asked(&headers).unwrap(), Some(Duration::from_secs(30)));
        headers.insert(NAME, HeaderValue::from_static("soon"));
        assert_eq!(asked(&headers).unwrap_err().code(), tonic::Code::InvalidArgument);
    }
}
