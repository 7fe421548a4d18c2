//! Identifiers of subscribers and their equipment: IMSI, SUPI, SUCI, IMEI, ICCID.

use crate::{
    ascii::{byte, digit, number, part, run},
    checksum::luhn,
};

/// Mobile country codes in use (E.212 and its lists of assigned codes), as ranges. Provisional: codes are assigned from time to time.
const COUNTRIES: &[(u16, u16)] = &[
    (1, 1),
    (202, 202),
    (204, 204),
    (206, 206),
    (208, 208),
    (212, 214),
    (216, 216),
    (218, 222),
    (225, 226),
    (228, 228),
    (230, 232),
    (234, 235),
    (238, 238),
    (240, 240),
    (242, 242),
    (244, 244),
    (246, 248),
    (250, 250),
    (255, 255),
    (257, 257),
    (259, 260),
    (262, 262),
    (266, 266),
    (268, 268),
    (270, 270),
    (272, 272),
    (274, 274),
    (276, 276),
    (278, 278),
    (280, 280),
    (282, 284),
    (286, 286),
    (288, 290),
    (292, 295),
    (297, 297),
    (302, 302),
    (308, 308),
    (310, 316),
    (330, 330),
    (332, 332),
    (334, 334),
    (338, 338),
    (340, 340),
    (342, 342),
    (344, 344),
    (346, 346),
    (348, 348),
    (350, 350),
    (352, 352),
    (354, 354),
    (356, 356),
    (358, 358),
    (360, 360),
    (362, 366),
    (368, 368),
    (370, 370),
    (372, 372),
    (374, 374),
    (376, 376),
    (400, 402),
    (404, 406),
    (410, 410),
    (412, 422),
    (424, 432),
    (434, 434),
    (436, 438),
    (440, 441),
    (450, 450),
    (452, 452),
    (454, 457),
    (460, 461),
    (466, 467),
    (470, 470),
    (472, 472),
    (502, 502),
    (505, 505),
    (510, 510),
    (514, 515),
    (520, 520),
    (525, 525),
    (528, 528),
    (530, 530),
    (536, 537),
    (539, 555),
    (602, 655),
    (657, 659),
    (702, 702),
    (704, 704),
    (706, 706),
    (708, 708),
    (710, 710),
    (712, 712),
    (714, 714),
    (716, 716),
    (722, 722),
    (724, 724),
    (730, 730),
    (732, 732),
    (734, 734),
    (736, 736),
    (738, 738),
    (740, 740),
    (742, 742),
    (744, 744),
    (746, 746),
    (748, 748),
    (750, 750),
    (901, 901),
    (999, 999),
];

/// The first two digits of a type allocation code: the body that reported it (GSMA TS.06). Provisional.
const REPORTING_BODIES: &[u8] =
    &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 33, 35, 44, 45, 49, 50, 51, 52, 53, 54, 86, 91, 98, 99];

/// Whether three digits are a mobile country code in use.
pub(crate) fn country(digits: &[u8]) -> bool {
    let code = u16::try_from(number(digits)).unwrap_or(u16::MAX);
    let place = COUNTRIES.partition_point(|(_, last)| *last < code);
    digits.len() == 3 && COUNTRIES.get(place).is_some_and(|(first, _)| *first <= code)
}

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
        assert!(COUNTRIES.windows(2).all(|pair| pair[0].1 < pair[1].0), "the search needs order");
    }

    #[test]
    fn every_country_of_the_list_of_networks_is_known() {
        let root = std::env::var_os("TELWARDEN_DATA").map_or_else(
            || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            std::path::PathBuf::from,
        );
        let file = root.join("inventory/mcc-mnc-list.json");
        let Ok(text) = std::fs::read(&file) else {
            println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
            return;
        };
        let networks: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let unknown: std::collections::BTreeSet<&str> = networks
            .iter()
            .filter(|network| network["status"] == "Operational")
            .filter_map(|network| network["mcc"].as_str())
            .filter(|code| !country(code.as_bytes()))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
