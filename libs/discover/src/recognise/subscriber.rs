//! Identifiers of subscribers and their equipment: IMSI, SUPI, SUCI, IMEI, ICCID.

use super::countries::country;
use crate::{
    ascii::{byte, digit, number, part, run},
    checksum::luhn,
};

/// The first two digits of a type allocation code: the body that reported it (GSMA TS.06). Provisional.
const REPORTING_BODIES: &[u8] =
    &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 33, 35, 44, 45, 49, 50, 51, 52, 53, 54, 86, 91, 98, 99];

/// 15 digits that begin with a country code in use.
pub(crate) fn imsi(digits: &[u8]) -> bool {
    digits.len() == 15 && country(part(digits, 0, 3))
}

/// 15 digits with their Luhn digit, of a type that a known body has reported.
pub(crate) fn imei(digits: &[u8]) -> bool {
    digits.len() == 15 && type_allocation(digits) && luhn(digits)
}

/// How sure an IMEI makes by itself, in thousandths: nearly all equipment in use was reported by three bodies.
pub(crate) fn imei_base(digits: &[u8]) -> u16 {
    match part(digits, 0, 2) {
        b"35" | b"86" | b"01" => 620,
        b"99" => 560,
        b"00" => 300,
        _ => 480,
    }
}

/// Whether the type allocation code comes from a known body, and is not all zeros.
pub(crate) fn type_allocation(digits: &[u8]) -> bool {
    let body = u8::try_from(number(part(digits, 0, 2))).unwrap_or(u8::MAX);
    REPORTING_BODIES.contains(&body) && part(digits, 0, 8).iter().any(|digit| *digit != b'0')
}

/// 19 or 20 digits that begin with 89 (telecommunications, E.118).
pub(crate) fn iccid_shape(digits: &[u8]) -> bool {
    matches!(digits.len(), 19 | 20) && digits.starts_with(b"89")
}

/// The end of a SUCI that begins at `start` with `suci-` (TS 23.003 2.2B, as TS 29.571 writes it); nothing where it is not one.
///
/// `suci-{type}-{mcc}-{mnc}-{routing}-{scheme}-{key}-{output}` for type 0; other types have a realm in place of the codes.
pub(crate) fn suci(text: &[u8], start: usize) -> Option<usize> {
    let end = run(text, start, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let token = part(text, start, end).strip_suffix(b".").unwrap_or(part(text, start, end));
    let mut parts = token.split(|byte| *byte == b'-').skip(1);
    let kind = parts.next()?;
    let digits = |part: &[u8], most: usize| (1..=most).contains(&part.len()) && part.iter().copied().all(digit);
    match kind {
        b"0" => {
            let (mcc, mnc) = (parts.next()?, parts.next()?);
            if !country(mcc) || !digits(mnc, 3) || mnc.len() < 2 {
                return None;
            }
        }
        [b'1'..=b'7'] => {
            parts.next().filter(|realm| !realm.is_empty())?;
        }
        _ => return None,
    }
    let (routing, scheme, key, output) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hexadecimal = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_hexdigit);
    let good = digits(routing, 4)
        && scheme.len() == 1
        && hexadecimal(scheme)
        && digits(key, 3)
        && (scheme == b"0" || hexadecimal(output))
        && !output.is_empty();
    good.then_some(start + token.len())
}

/// The length of a cell's identity that begins at `start` (TS 23.003 19.6, 4.3.1): `mcc-mnc-lac-ci`, `mcc-mnc-eci` or `mcc-mnc-nci`, with one mark
/// of `-`, `:`, `_`, `.` or `/` throughout, or mcc and mnc together. The last part may be hexadecimal if it has the length of its kind.
pub(crate) fn cell(text: &[u8], start: usize) -> Option<usize> {
    let first = run(text, start, digit);
    let mark = byte(text, first);
    if !matches!(mark, b'-' | b':' | b'_' | b'.' | b'/') || !country(part(text, start, start + 3)) {
        return None;
    }
    let second = match first - start {
        3 => {
            let end = run(text, first + 1, digit);
            let network = part(text, first + 1, end);
            // `001-518-640-0854` is a telephone number; the test networks are 001-01 and 001-001.
            let test = text.get(start..).is_some_and(|text| text.starts_with(b"001"));
            if !(2..=3).contains(&network.len()) || byte(text, end) != mark || (test && number(network) != 1) {
                return None;
            }
            end
        }
        5 | 6 => first,
        _ => return None,
    };
    let end = run(text, second + 1, |byte| byte.is_ascii_hexdigit());
    let last = part(text, second + 1, end);
    let decimal = last.iter().copied().all(digit);
    // A location area and the cell in it, 16 bits each; a cell of UTRAN has 28.
    let area = decimal && (1..=5).contains(&last.len()) && number(last) <= 0xffff;
    if area && byte(text, end) == mark {
        let finish = run(text, end + 1, digit);
        let within = part(text, end + 1, finish);
        let good = (1..=9).contains(&within.len()) && number(within) < 1 << 28;
        // With full stops this is more likely an address or a version.
        return (good && (mark != b'.' || within.len() > 3) && ends(text, finish, mark)).then_some(finish);
    }
    let eutran = (decimal && (6..=9).contains(&last.len()) && number(last) < 1 << 28) || last.len() == 7;
    let nr = (decimal && (9..=11).contains(&last.len()) && number(last) < 1 << 36) || last.len() == 9;
    ((eutran || nr) && ends(text, end, mark)).then_some(end)
}

fn ends(text: &[u8], at: usize, mark: u8) -> bool {
    let next = byte(text, at);
    !next.is_ascii_alphanumeric() && (next != mark || !byte(text, at + 1).is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concealed_identifiers() {
        let good =
            ["suci-0-262-01-0000-0-0-0123456789", "suci-0-999-99-12-1-27-0a1B2c", "suci-1-operator.example-0-0-0-user"];
        for text in good {
            assert_eq!(suci(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
        for text in
            ["suci-0-262-01", "suci-9-262-01-0-0-0-1", "suci-0-100-01-0-0-0-1", "suci-0-262-01-0-1-0-xyz", "suci-"]
        {
            assert_eq!(suci(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn cells() {
        for text in [
            "262-01-1234-56789",
            "26201-1234-5678",
            "262-01-0A1B2C3",
            "262:01:123456789",
            "001_01_4660_22136",
            "262-01-12345678901",
        ] {
            assert_eq!(cell(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
        for text in [
            "262-1-1-1",
            "100-01-1234-5678",
            "262-01-70000-1",
            "262.01.2.3",
            "262-01",
            "460-89-9847",
            "262-01-1234-5678-9",
        ] {
            assert_eq!(cell(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn codes_and_check_digits() {
        assert!(imsi(b"001010123456789") && imsi(b"262011234567890") && !imsi(b"100011234567890"));
        assert!(imei(b"490154203237518") && !imei(b"490154203237519") && !imei(b"000000000000000"));
    }
}
