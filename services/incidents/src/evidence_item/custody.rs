//! The chain of custody: pure. Each entry holds the digest of the one before, and says from whose hand into whose it went.

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use prost_types::Timestamp;
use store::{micros, timestamp};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::EvidenceItem;
use wire::incidents::v1::evidence_item::CustodyEntry;
use wire::incidents::v1::evidence_item::custody_entry::Kind;

/// At most so many entries.
const MOST: usize = 500;

/// What is told of an evidence item.
pub(super) struct Told {
    /// What happened.
    pub(super) kind: Kind,
    /// When.
    pub(super) at: Option<Timestamp>,
    /// Who gave it.
    pub(super) from: String,
    /// Who has it then.
    pub(super) holder: String,
    /// Where it is then.
    pub(super) location: String,
    /// Why.
    pub(super) reason: String,
    /// The digest that it had, where somebody looked.
    pub(super) seen_digest: String,
}

/// Where it was last.
pub(super) fn location(item: &EvidenceItem) -> String {
    item.custody.last().map(|entry| entry.location.clone()).unwrap_or_default()
}

/// Adds an entry to the chain, and says anew whether it holds.
///
/// # Errors
/// `FIELD_INVALID` where the chain is full.
pub(super) fn add(context: &Context, item: &mut EvidenceItem, told: Told) -> Outcome<()> {
    if item.custody.len() >= MOST {
        let message =
            format!("its chain of custody has {MOST} entries: go on with a new evidence item that names this one");
        return Err(Fault::invalid(House::FieldInvalid, message).on("name"));
    }
    let mut entry = CustodyEntry {
        kind: told.kind.into(),
        occurrence_time: told.at.and_then(|at| timestamp(micros(Some(&at)))),
        from: told.from,
        holder: told.holder,
        location: told.location,
        reason: told.reason,
        seen_digest: told.seen_digest,
        author: context.caller.subject.clone(),
        write_time: timestamp(context.clock.now()),
        previous_digest: item.custody.last().map(|last| last.digest.clone()).unwrap_or_default(),
        digest: String::new(),
    };
    entry.digest = digest(&entry);
    item.holder.clone_from(&entry.holder);
    item.custody.push(entry);
    item.breaks = breaks(item);
    item.broken = !item.breaks.is_empty();
    Ok(())
}

/// The digest of an entry: of all that it says.
fn digest(entry: &CustodyEntry) -> String {
    let said = CustodyEntry { digest: String::new(), ..entry.clone() };
    approval::digest(&[said.encode_to_vec()])
}

/// What does not fit in the chain of an evidence item, each a sentence; nothing where it holds.
pub(super) fn breaks(item: &EvidenceItem) -> Vec<String> {
    let mut found = Vec::new();
    let mut before: Option<&CustodyEntry> = None;
    for (entry, number) in item.custody.iter().zip(1..) {
        let mut say = |what: String| found.push(format!("entry {number}: {what}"));
        if digest(entry) != entry.digest {
            say("it is not what was written: its digest is another".to_owned());
        }
        let previous = before.map(|before| before.digest.as_str()).unwrap_or_default();
        if entry.previous_digest != previous {
            say("it does not follow the entry before: one is missing, or was put in between".to_owned());
        }
        if let Some(before) = before {
            if micros(entry.occurrence_time.as_ref()) < micros(before.occurrence_time.as_ref()) {
                say("it happened before the entry that it follows".to_owned());
            }
            if entry.from != before.holder {
                say(format!("{} gave it, and {} held it", entry.from, before.holder));
            }
        }
        if !entry.seen_digest.is_empty() && entry.seen_digest != item.collected_digest {
            say(format!("its digest was {}, and {} was collected", entry.seen_digest, named(&item.collected_digest)));
        }
        before = Some(entry);
    }
    found
}

fn named(digest: &str) -> &str {
    if digest.is_empty() { "none" } else { digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(hands: &[(&str, &str)]) -> EvidenceItem {
        let mut item = EvidenceItem { collected_digest: "a".repeat(64), ..EvidenceItem::default() };
        for ((from, holder), at) in hands.iter().zip(1..) {
            let mut entry = CustodyEntry {
                from: (*from).to_owned(),
                holder: (*holder).to_owned(),
                occurrence_time: timestamp(at * 60_000_000),
                previous_digest: item.custody.last().map(|last| last.digest.clone()).unwrap_or_default(),
                ..CustodyEntry::default()
            };
            entry.digest = digest(&entry);
            item.custody.push(entry);
        }
        item
    }

    const HANDS: [(&str, &str); 3] = [("", "ana"), ("ana", "ben"), ("ben", "lab")];

    #[test]
    fn from_hand_to_hand_it_holds() {
        assert_eq!(breaks(&chain(&HANDS)), Vec::<String>::new());
    }

    #[test]
    fn whatever_of_an_entry_is_changed_shows() {
        let whole = chain(&HANDS);
        for change in [
            |entry: &mut CustodyEntry| entry.reason.push('x'),
            |entry: &mut CustodyEntry| entry.author = "eve".to_owned(),
            |entry: &mut CustodyEntry| entry.write_time = timestamp(1),
            |entry: &mut CustodyEntry| entry.location = "elsewhere".to_owned(),
        ] {
            let mut changed = whole.clone();
            change(&mut changed.custody[1]);
            assert_eq!(breaks(&changed), ["entry 2: it is not what was written: its digest is another"]);
        }
    }

    #[test]
    fn one_that_is_taken_out_or_put_in_shows() {
        let mut short = chain(&HANDS);
        short.custody.remove(1);
        assert!(breaks(&short).contains(
            &"entry 2: it does not follow the entry before: one is missing, or was put in between".to_owned()
        ));
        let mut swapped = chain(&HANDS);
        swapped.custody.swap(1, 2);
        assert!(!breaks(&swapped).is_empty());
    }

    #[test]
    fn who_gives_what_he_does_not_hold_breaks_it() {
        assert_eq!(breaks(&chain(&[("", "ana"), ("ben", "lab")])), ["entry 2: ben gave it, and ana held it"]);
    }
}
