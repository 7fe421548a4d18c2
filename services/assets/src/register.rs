//! What the registers of X.1051 (interconnects, security levels, essential users, disclosure requests) have in common: the
//! keys they choose from, shipped as data, and the small rules that hold in more than one of them.

use std::sync::LazyLock;

use fault::{Fault, Outcome, Reason};
use serde::Deserialize;
use store::{Resource, in_state};
use wire::assets::v1::{Contact, ErrorReason};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    key: String,
    #[serde(rename = "display_name")]
    _display_name: String,
    #[serde(rename = "description")]
    _description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    kind: Vec<Kind>,
}

fn keys(data: &str) -> Vec<String> {
    let kinds: Kinds = toml::from_str(data).unwrap_or(Kinds { kind: Vec::new() });
    kinds.kind.into_iter().map(|kind| kind.key).collect()
}

/// The keys of the kinds of interconnects.
pub(crate) static INTERCONNECT_KINDS: LazyLock<Vec<String>> =
    LazyLock::new(|| keys(include_str!("../data/interconnect_kinds.toml")));

/// The keys of the categories of essential users.
pub(crate) static ESSENTIAL_USER_CATEGORIES: LazyLock<Vec<String>> =
    LazyLock::new(|| keys(include_str!("../data/essential_user_categories.toml")));

/// The keys of the kinds of data that a disclosure request may be about.
pub(crate) static DISCLOSURE_DATA_KINDS: LazyLock<Vec<String>> =
    LazyLock::new(|| keys(include_str!("../data/disclosure_data_kinds.toml")));

/// Refuses a key that does not ship. `what` is what it should be a key of: "kind of interconnect".
///
/// # Errors
/// `reason`, with the keys there are.
pub(crate) fn known(known: &[String], key: &str, what: &str, reason: impl Reason, field: &str) -> Outcome<()> {
    if known.iter().any(|one| one == key) {
        return Ok(());
    }
    let message = format!("{key} is no {what}: use one of {}", known.join(", "));
    let name = what.split(' ').next().unwrap_or_default();
    Err(Fault::invalid(reason, message).with(name, key).on(field.to_owned()))
}

/// Refuses a contact that can be reached neither by telephone nor by e-mail.
///
/// # Errors
/// `CONTACT_UNREACHABLE`.
pub(crate) fn reachable(contact: &Contact, field: &str) -> Outcome<()> {
    if !(contact.telephone.is_empty() && contact.email.is_empty()) {
        return Ok(());
    }
    let function = &contact.function;
    let message = format!("{function} can be reached by nothing: give a telephone number or an e-mail address");
    Err(Fault::invalid(ErrorReason::ContactUnreachable, message).with("function", function).on(field.to_owned()))
}

/// Refuses a change of what the caller may write, where the state it was in does not allow it. What only methods set (the
/// state, who moved it and when) may change: that is what methods do.
///
/// # Errors
/// `STATE_FORBIDS`.
pub(crate) fn unchanged_unless<R: Resource, S: wire::Choice>(
    noun: &str,
    (old, state): (&R::Message, S),
    new: &R::Message,
    allowed: &[S],
) -> Outcome<()> {
    let written = |message: &R::Message| {
        let mut message = message.clone();
        R::clear_output(&mut message);
        R::head(&mut message).etag.clear();
        message
    };
    if written(old) == written(new) { Ok(()) } else { in_state(noun, state, allowed, "changed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_keys_read_and_differ() {
        for (keys, one, count) in [
            (&*INTERCONNECT_KINDS, "peering", 8),
            (&*ESSENTIAL_USER_CATEGORIES, "hospital", 10),
            (&*DISCLOSURE_DATA_KINDS, "traffic", 7),
        ] {
            assert!(keys.iter().any(|key| key == one), "{one}");
            assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), count, "{keys:?}");
        }
    }
}
