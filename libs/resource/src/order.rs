//! The order of a list (AIP-132): `state, update_time desc`.

use crate::problem::{Problem, shorten};
use crate::snake_case;

/// The most fields to order by.
const MOST_TERMS: usize = 3;

/// The longest order, in bytes.
const MOST_TEXT: usize = 256;

/// One field to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    /// The field in snake_case, with dots where it is below another. Whether there is such a field is for the caller of
    /// this crate to say.
    pub field: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Reads an order: at most 3 fields, comma separated, each with `desc` (or the default, `asc`) after it. Fields may be
/// written in snake_case or camelCase. Nothing gives no terms.
///
/// # Errors
/// [`Problem::InvalidOrder`] for anything else, for a field named twice, and beyond 256 bytes.
pub fn parse_order(text: &str) -> Result<Vec<OrderTerm>, Problem> {
    let wrong = |term: &str, cause: &str| Err(Problem::InvalidOrder { term: shorten(term), cause: cause.to_owned() });
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    if text.len() > MOST_TEXT {
        return wrong(text, "it is longer than 256 bytes; order by at most 3 fields");
    }
    let mut terms: Vec<OrderTerm> = Vec::new();
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let Some(name) = words.next() else {
            return wrong(text, "a field is missing beside a comma; write fields with one comma between them");
        };
        let descending = match words.next() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(word) => {
                return wrong(word, "only desc or asc may follow a field; write fields with commas between them");
            }
        };
        if let Some(word) = words.next() {
            return wrong(word, "a comma is missing before it");
        }
        if !is_path(name) {
            return wrong(name, "it is not the name of a field; write it as in the message, such as display_name");
        }
        let field = snake_case(name);
        if terms.iter().any(|term| term.field == field) {
            return wrong(name, "the field is named twice; name it once");
        }
        if terms.len() == MOST_TERMS {
            return wrong(name, "at most 3 fields can be ordered by; leave the others out");
        }
        terms.push(OrderTerm { field, descending });
    }
    Ok(terms)
}

/// Whether `text` is field names with dots between them.
fn is_path(text: &str) -> bool {
    text.split('.').all(|segment| {
        segment.starts_with(|first: char| first.is_ascii_lowercase())
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(String, bool)> {
        parse_order(text).unwrap().into_iter().map(|term| (term.field, term.descending)).collect()
    }

    #[test]
    fn orders_are_read() {
        let of =
            |terms: &[(&str, bool)]| terms.iter().map(|(name, desc)| ((*name).to_owned(), *desc)).collect::<Vec<_>>();
        for (text, expected) in [
            ("", &[][..]),
            ("  ", &[]),
            ("state", &[("state", false)]),
            ("state asc", &[("state", false)]),
            (" state ,  update_time   desc ", &[("state", false), ("update_time", true)]),
            ("displayName desc,updateTime", &[("display_name", true), ("update_time", false)]),
            ("maintenance.nextTime,a,b", &[("maintenance.next_time", false), ("a", false), ("b", false)]),
            ("desc desc", &[("desc", true)]),
        ] {
            assert_eq!(read(text), of(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_an_order_is_refused_with_what_to_do() {
        for (text, says) in [
            (",", "a field is missing"),
            ("a,", "a field is missing"),
            ("a,,b", "a field is missing"),
            ("a b", "only desc or asc"),
            ("a DESC", "only desc or asc"),
            ("a desc b", "a comma is missing"),
            ("a;b", "not the name of a field"),
            ("a.", "not the name of a field"),
            ("1", "not the name of a field"),
            ("DisplayName", "not the name of a field"),
            ("a.B", "not the name of a field"),
            ("é", "not the name of a field"),
            ("a\0", "not the name of a field"),
            ("a,a desc", "twice"),
            ("displayName, display_name", "twice"),
            ("a,b,c,d", "at most 3"),
            (&"a,".repeat(5000), "256 bytes"),
        ] {
            let problem = parse_order(text).unwrap_err();
            assert!(problem.to_string().contains(says), "{text:?}: {problem}");
            assert!(problem.to_string().len() < 400);
            assert_eq!(problem.field(), Some("order_by"));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in any::<String>(), near in "[a-cA-C_., ]{0,20}( desc)?") {
            let _ = parse_order(&text);
            if let Ok(terms) = parse_order(&near) {
                prop_assert!(terms.len() <= 3);
                let again: Vec<_> = terms.iter().map(|term| format!("{}{}", term.field, if term.descending { " desc" } else { "" })).collect();
                prop_assert_eq!(parse_order(&again.join(",")).unwrap(), terms);
            }
        }
    }
}
