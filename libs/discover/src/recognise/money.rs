//! Payment cards and bank accounts.

use crate::{
    ascii::{alphanumeric, byte, number, part},
    checksum,
};

/// Issuers: the first four digits of a card, from and to, and the shortest and longest its numbers are (ISO/IEC 7812 and the schemes' lists).
const ISSUERS: &[(u64, u64, usize, usize)] = &[
    (1800, 1800, 15, 15),
    (2131, 2131, 15, 15),
    (2200, 2204, 16, 19),
    (2221, 2720, 16, 16),
    (3000, 3059, 14, 19),
    (3095, 3095, 14, 19),
    (3400, 3499, 15, 15),
    (3528, 3589, 16, 19),
    (3600, 3699, 14, 19),
    (3700, 3799, 15, 15),
    (3800, 3999, 14, 19),
    (4000, 4999, 13, 19),
    (5000, 5099, 12, 19),
    (5100, 5599, 16, 16),
    (5600, 5899, 12, 19),
    (6000, 6999, 12, 19),
    (8100, 8299, 16, 16),
];

/// 16 digits with their Luhn digit, of no issuer that is known: only words make a card of it.
pub(crate) fn likely_card(digits: &[u8]) -> bool {
    digits.len() == 16 && digits.first() != Some(&b'0') && checksum::luhn(digits)
}

/// Whether the digits are a card's number: an issuer's range and length, and the Luhn digit.
pub(crate) fn card(digits: &[u8]) -> bool {
    // Nine numbers in ten fail here, in fewer steps.
    if !checksum::luhn(digits) {
        return false;
    }
    let begins = number(part(digits, 0, 4));
    // Visa's and Diners' are of some lengths only.
    let visa = digits.first() == Some(&b'4') && !matches!(digits.len(), 13 | 16 | 19);
    let diners = digits.first() == Some(&b'3') && digits.len() == 15 && !matches!(digits.get(1), Some(b'4' | b'7'));
    let place = ISSUERS.partition_point(|(_, last, ..)| *last < begins);
    let issuer = ISSUERS.get(place).filter(|(first, ..)| *first <= begins);
    !visa && !diners && issuer.is_some_and(|(.., shortest, longest)| (*shortest..=*longest).contains(&digits.len()))
}

/// How sure a card's number makes by itself, in thousandths: short ones, and issuers whose cards have any length, are like many other numbers.
pub(crate) fn card_base(digits: &[u8]) -> u16 {
    let any_length = matches!(digits, [b'5', b'0' | b'6'..=b'8', ..] | [b'6', ..]);
    match digits.len() {
        16 => 650,
        13..=19 if !any_length => 560,
        _ => 350,
    }
}

/// The length of an IBAN in each country (SWIFT's registry of ISO 13616).
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// The longest account of any country.
const LONGEST: usize = 34;

/// Where an IBAN ends whose country begins at `start`; single spaces may stand in it. Country's length and MOD 97 must hold.
pub(crate) fn iban(text: &[u8], start: usize) -> Option<usize> {
    let country = [byte(text, start).to_ascii_uppercase(), byte(text, start + 1).to_ascii_uppercase()];
    let (_, length) = IBAN_LENGTHS.iter().find(|(code, _)| **code == country)?;
    let mut characters = [0_u8; LONGEST];
    let mut at = start;
    for place in characters.iter_mut().take(*length) {
        if byte(text, at) == b' ' {
            at += 1;
        }
        let next = byte(text, at);
        if !alphanumeric(next) {
            return None;
        }
        *place = next;
        at += 1;
    }
    let whole = !alphanumeric(byte(text, at));
    (whole && checksum::iban(part(&characters, 0, *length))).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards() {
        for good in [
            "4111111111111111",
            "5500005555555559",
            "340000000000009",
            "30000000000004",
            "6011000000000004",
            "2200000000000004",
            "3530111333300000",
        ] {
            assert!(card(good.as_bytes()), "{good}");
        }
        for bad in ["4111111111111112", "1234567812345670", "9111111111111111", "411111111111111", ""] {
            assert!(!card(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn accounts() {
        for good in ["GB82 WEST 1234 5698 7654 32", "de89370400440532013000", "NO9386011117947"] {
            assert_eq!(iban(good.as_bytes(), 0), Some(good.len()), "{good}");
        }
        for bad in [
            "GB82 WEST 1234 5698 7654 33",
            "GB82 WEST 1234 5698 7654 321",
            "ZZ82 WEST 1234 5698",
            "GB82",
            "GB82 WEST  1234 5698 7654 32",
        ] {
            assert_eq!(iban(bad.as_bytes(), 0), None, "{bad}");
        }
    }
}
