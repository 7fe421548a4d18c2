//! Check digits: the arithmetic that tells an identifier from a number that only looks like it.
//!
//! Every function is pure and takes ASCII digits (or letters, where said); anything else fails the check.

/// The last digit is the Luhn digit of the others (ISO/IEC 7812-1 Annex B; IMEI: TS 23.003 Annex B; ICCID: E.118).
#[must_use]
pub fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    for (at, byte) in digits.iter().rev().enumerate() {
        let Some(value) = value(*byte) else { return false };
        let weighed = if at % 2 == 1 { value * 2 } else { value };
        sum += if weighed > 9 { weighed - 9 } else { weighed };
    }
    digits.len() > 1 && sum.is_multiple_of(10)
}

/// ISO 7064 MOD 97-10 as an IBAN uses it: letters count 10 to 35, the first four characters go to the end (ISO 13616-1).
#[must_use]
pub fn iban(characters: &[u8]) -> bool {
    let Some((country, account)) = characters.split_at_checked(4) else { return false };
    mod97(account.iter().chain(country)) == Some(1)
}

/// ISO 7064 MOD 97-10: the whole, letters as 10 to 35, leaves 1.
#[must_use]
pub fn mod97_10(characters: &[u8]) -> bool {
    mod97(characters.iter()) == Some(1)
}

fn mod97<'a>(characters: impl Iterator<Item = &'a u8>) -> Option<u32> {
    characters.into_iter().try_fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' | b'a'..=b'z' => Some((rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97),
        _ => None,
    })
}

/// The last two digits are 97 less the rest of the others by 97 (France's NIR, Belgium's register number).
///
/// `shifted`: a 2 is also tried in front, which Belgium writes for births since 2000.
#[must_use]
pub fn complement97(digits: &[u8], shifted: bool) -> bool {
    let Some((body, check)) = digits.len().checked_sub(2).and_then(|at| digits.split_at_checked(at)) else {
        return false;
    };
    let (Some(rest), Some(expected)) = (mod97(body.iter()), mod97(check.iter())) else { return false };
    let plain = 97 - rest == expected || (rest == 0 && expected == 0);
    plain || (shifted && mod97(b"2".iter().chain(body)).is_some_and(|rest| 97 - rest == expected))
}

/// ISO 7064 MOD 11,10: the last digit checks the others (Germany's tax identification number, Croatia's OIB).
#[must_use]
pub fn mod11_10(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else { return false };
    let mut product = 10_u32;
    for byte in body {
        let Some(value) = value(*byte) else { return false };
        let sum = (value + product) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    !body.is_empty() && value(*last) == Some((11 - product) % 10)
}

/// The sum of digits times weights leaves 0 by `modulus`; the weight of the check digit is the last (for example −1, or 10 in modulus 11).
/// As many digits as weights, or nothing.
#[must_use]
pub fn weighted(digits: &[u8], weights: &[i32], modulus: u32) -> bool {
    if digits.len() != weights.len() || modulus < 2 {
        return false;
    }
    let sum = digits
        .iter()
        .zip(weights)
        .try_fold(0_i64, |sum, (byte, weight)| value(*byte).map(|value| sum + i64::from(value) * i64::from(*weight)));
    sum.is_some_and(|sum| sum.rem_euclid(i64::from(modulus)) == 0)
}

/// The rest of the number by `letters.len()` chooses the letter that follows it (Spain's DNI).
#[must_use]
pub fn letter(characters: &[u8], letters: &[u8]) -> bool {
    let Some((last, body)) = characters.split_last() else { return false };
    let number = body
        .iter()
        .try_fold(0_u64, |sum, byte| value(*byte).and_then(|value| sum.checked_mul(10)?.checked_add(u64::from(value))));
    let place = number.and_then(|number| number.checked_rem(letters.len() as u64));
    let expected = place.and_then(|place| letters.get(usize::try_from(place).ok()?));
    !body.is_empty() && expected.is_some_and(|expected| expected.eq_ignore_ascii_case(last))
}

/// Verhoeff's check digit, by the multiplication of the dihedral group of order 10 (India's Aadhaar).
#[must_use]
pub fn verhoeff(digits: &[u8]) -> bool {
    let mut check = 0;
    for (at, byte) in digits.iter().rev().enumerate() {
        let Some(value) = value(*byte) else { return false };
        check = dihedral(check, permuted(value, at % 8));
    }
    digits.len() > 1 && check == 0
}

/// a · b in the dihedral group: rotations are 0 to 4, reflections 5 to 9.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Verhoeff's permutation, applied `times`.
fn permuted(value: u32, times: usize) -> u32 {
    const ONCE: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..times).fold(value, |value, _| ONCE.get(value as usize).copied().unwrap_or(0))
}

fn value(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_numbers_pass() {
        assert!(luhn(b"490154203237518"), "TS 23.003's way with an IMEI");
        assert!(luhn(b"4111111111111111"));
        assert!(iban(b"GB82WEST12345698765432"));
        assert!(iban(b"de89370400440532013000"));
        assert!(mod11_10(b"86095742719"));
        assert!(verhoeff(b"2363"));
        assert!(complement97(b"255081416802538", false));
        assert!(letter(b"12345678Z", b"TRWAGMYFPDXBNJZSQVHLCKE"));
        assert!(weighted(b"111222333", &[9, 8, 7, 6, 5, 4, 3, 2, -1], 11));
    }

    #[test]
    fn any_changed_digit_is_noticed() {
        type Check = fn(&[u8]) -> bool;
        let checks: [(&[u8], Check); 4] = [
            (b"490154203237518", luhn),
            (b"86095742719", mod11_10),
            (b"2363", verhoeff),
            (b"GB82WEST12345698765432", iban),
        ];
        for (good, check) in checks {
            for at in 0..good.len() {
                if !good[at].is_ascii_digit() {
                    continue;
                }
                for other in b'0'..=b'9' {
                    let mut changed = good.to_vec();
                    changed[at] = other;
                    assert_eq!(check(&changed), other == good[at], "{}", String::from_utf8_lossy(&changed));
                }
            }
        }
    }

    #[test]
    fn nothing_and_letters_fail() {
        for check in [luhn, mod11_10, verhoeff, iban, mod97_10] {
            assert!(!check(b""));
            assert!(!check("é".as_bytes()));
            assert!(!check(b"\xff\xfe--"));
        }
    }
}
