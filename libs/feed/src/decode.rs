//! The resource in a change.

use fault::{Fault, Outcome};
use prost::{Message, Name};
use wire::changes::v1::Change;
use wire::changes::v1::change::Verb;

/// The resource before a change; none for a creation.
///
/// # Errors
/// `DEFECT`, where the change is of another kind, or does not carry messages: only what a [`crate::Consumer`] hands on does.
pub fn before<M: Message + Name + Default>(change: &Change) -> Outcome<Option<M>> {
    message(change, &change.before_message, change.verb() != Verb::Created)
}

/// The resource after a change; none for a deletion.
///
/// # Errors
/// As [`before`].
pub fn after<M: Message + Name + Default>(change: &Change) -> Outcome<Option<M>> {
    message(change, &change.after_message, change.verb() != Verb::Deleted)
}

fn message<M: Message + Name + Default>(change: &Change, bytes: &[u8], expected: bool) -> Outcome<Option<M>> {
    if change.kind != M::full_name() {
        return Err(Fault::defect(format!("a {} was taken for a {}", change.kind, M::full_name())));
    }
    if !expected {
        return Ok(None);
    }
    if bytes.is_empty() {
        let cause = format!("the source {} tells no messages: it is older than this service", change.service);
        return Err(Fault::defect(cause));
    }
    M::decode(bytes).map(Some).map_err(Fault::defect)
}

#[cfg(test)]
mod tests {
    use wire::assets::v1::{Asset, Site};

    use super::*;

    fn change(verb: Verb, before: &[u8], after: &[u8]) -> Change {
        Change {
            kind: Site::full_name(),
            verb: verb as i32,
            before_message: before.to_vec(),
            after_message: after.to_vec(),
            ..Change::default()
        }
    }

    #[test]
    fn a_change_gives_the_resource_or_says_why_not() {
        let site = Site { name: "organizations/acme/sites/s".to_owned(), ..Site::default() };
        let bytes = site.encode_to_vec();
        let created = change(Verb::Created, &[], &bytes);
        assert_eq!(before::<Site>(&created).unwrap(), None);
        assert_eq!(after::<Site>(&created).unwrap(), Some(site.clone()));
        let deleted = change(Verb::Deleted, &bytes, &[]);
        assert_eq!(before::<Site>(&deleted).unwrap(), Some(site));
        assert_eq!(after::<Site>(&deleted).unwrap(), None);
        assert_eq!(after::<Asset>(&created).unwrap_err().reason(), "DEFECT", "another kind");
        // A source that does not know the option would otherwise look like one that has lost everything.
        assert_eq!(after::<Site>(&change(Verb::Updated, &[], &[])).unwrap_err().reason(), "DEFECT");
        assert_eq!(after::<Site>(&change(Verb::Created, &[], &[255])).unwrap_err().reason(), "DEFECT");
    }
}
