//! The `grpc-timeout` header: at most eight digits and a unit. Values in, values out.

use std::time::Duration;

/// The largest number the header can hold.
const LARGEST: u128 = 99_999_999;

/// Units from fine to coarse, each with its length in nanoseconds.
const UNITS: [(char, u128); 6] =
    [('n', 1), ('u', 1_000), ('m', 1_000_000), ('S', 1_000_000_000), ('M', 60_000_000_000), ('H', 3_600_000_000_000)];

/// Reads a `grpc-timeout`: one to eight digits, then `H`, `M`, `S`, `m`, `u` or `n`. `None` for anything else.
#[must_use]
pub fn parse_timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
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

/// Writes a `grpc-timeout` in the finest unit that eight digits can hold. What does not fit is rounded down, so that the
/// one called never believes it has longer than the caller waits; nothing left is written as one nanosecond, because
/// the header knows no zero; more than 99 999 999 hours are written as that.
#[must_use]
pub fn encode_timeout(left: Duration) -> String {
    let nanoseconds = left.as_nanos().max(1);
    for (unit, length) in UNITS {
        let number = nanoseconds / length;
        if number <= LARGEST {
            return format!("{number}{unit}");
        }
    }
    format!("{LARGEST}H")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_unit_is_read() {
        let table = [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("4m", Some(Duration::from_millis(4))),
            ("5u", Some(Duration::from_micros(5))),
            ("6n", Some(Duration::from_nanos(6))),
            ("0n", Some(Duration::ZERO)),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("100000000n", None),
            ("", None),
            ("S", None),
            ("5", None),
            ("5s", None),
            ("-5S", None),
            ("+5S", None),
            (" 5S", None),
            ("5 S", None),
            ("1.5S", None),
            ("5Sé", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_timeout(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_finest_unit_that_fits_is_written() {
        let table = [
            (Duration::ZERO, "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_millis(100), "100000u"),
            (Duration::from_secs(30), "30000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::MAX, "99999999H"),
        ];
        for (left, expected) in table {
            assert_eq!(encode_timeout(left), expected, "{left:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_within_one_unit_and_never_longer(nanoseconds in 1u64..) {
            let left = Duration::from_nanos(nanoseconds);
            let read = parse_timeout(&encode_timeout(left)).unwrap();
            prop_assert!(read <= left);
            prop_assert!((left - read).as_nanos() * 1000 <= left.as_nanos());
        }

        #[test]
        fn no_text_is_a_panic(text in ".*") {
            let _ = parse_timeout(&text);
        }
    }
}
