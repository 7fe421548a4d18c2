//! Keeps whom a disclosure request is about out of its words: the ledger is never rewritten, so what comes in stays.
//!
//! It finds what can be found by its form: numbers, e-mail and network addresses. Names cannot be told from other words.

use std::net::IpAddr;

use fault::{Fault, Outcome};
use wire::assets::v1::ErrorReason;

/// Nine digits are a subscriber number; a date has eight.
const DIGITS: usize = 9;

/// Refuses a text that holds something by which a person could be found.
///
/// # Errors
/// `SUBJECT_DATA_REFUSED` on `field`; the text itself is not repeated.
pub(super) fn absent(text: &str, field: &str) -> Outcome<()> {
    let Some(looks_like) = found(text) else { return Ok(()) };
    let message = format!(
        "the text seems to hold {looks_like}: say nothing of whom the request is about, the reference of the case leads there"
    );
    Err(Fault::invalid(ErrorReason::SubjectDataRefused, message).with("looksLike", looks_like).on(field.to_owned()))
}

/// What a text seems to hold.
fn found(text: &str) -> Option<&'static str> {
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '"')) {
        let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '[' | ']' | '\''));
        if word.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains('.')) {
            return Some("an e-mail address");
        }
        let address = word.split('/').next().unwrap_or_default();
        // A time such as 10:30 is no address.
        if address.len() > 3 && address.parse::<IpAddr>().is_ok() {
            return Some("a network address");
        }
    }
    long_number(text).then_some("a telephone number or another long number")
}

/// Whether so many digits stand in a row that they can be a number of a subscriber, a card or a device. Dots and hyphens
/// between them do not break the row; after a plus, spaces and brackets do not either.
fn long_number(text: &str) -> bool {
    let (mut digits, mut international) = (0, false);
    for c in text.chars() {
        match c {
            '0'..='9' => digits += 1,
            '+' => (digits, international) = (0, true),
            '-' | '.' => {}
            ' ' | '(' | ')' if international => {}
            _ => (digits, international) = (0, false),
        }
        if digits >= DIGITS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_person_is_found_and_what_is_asked_is_not() {
        for text in [
            "calls of +999 555 0100 12",
            "calls of 0999-555-010-012",
            "IMSI 001010123456789",
            "mails to <someone@mail.example>",
            "sessions of 192.0.2.17",
            "sessions of 2001:db8::7, night",
            "prefix 192.0.2.0/24",
        ] {
            assert!(found(text).is_some(), "{text}");
        }
        for text in [
            "traffic data from 2026-01-01 to 2026-02-01",
            "2026-01-01/2026-02-01, mobile voice",
            "2026-01-01T10:30:00Z, cell data",
            "between 10:30 and 11:15 on 1.2.2026",
            "decision 17/2026, section 100 g",
            "both parties @ the exchange",
            "",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_subscriber_number_never_passes(number in "[0-9]{9,15}", before in "[a-z ]{0,20}", after in "[a-z ]{0,20}") {
            let text = before + &number + &after;
            proptest::prop_assert!(found(&text).is_some(), "{}", text);
        }
    }
}
