//! What is worked out from few rows that are asked for at every write and hardly ever change, kept until one of them is written.
//!
//! SQLite alone. Whoever asks holds the one right to write, so where the ledger stands says whether anybody else, another process
//! included, has written since this process last did: then everything is forgotten. What this process writes itself makes it
//! forget what was worked out from rows of that kind.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A kind of rows, by the full name of its message, and an organization.
type Key = (String, String);

/// What a process remembers of a database.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The place in the ledger as of which all of it holds.
    place: i64,
    of: HashMap<Key, Arc<dyn Any + Send + Sync>>,
}

impl Memory {
    /// What is known where the ledger stands at `place`.
    pub(crate) fn recall<T: Send + Sync + 'static>(&self, place: i64, key: &Key) -> Option<Arc<T>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.place != place {
            *known = Known { place, of: HashMap::new() };
        }
        Arc::clone(known.of.get(key)?).downcast().ok()
    }

    /// Keeps what was read where the ledger stands at `place`.
    pub(crate) fn remember(&self, place: i64, key: Key, what: Arc<dyn Any + Send + Sync>) {
        /// How much is kept at most: two or three for each organization.
        const MOST: usize = 10_000;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.place == place && known.of.len() < MOST {
            known.of.insert(key, what);
        }
    }

    /// Forgets what a write that was committed has changed. The ledger stood at `before`, and `after` is its last entry. The next
    /// writer may have come first; then it has forgotten everything, and what it read since may be forgotten again.
    pub(crate) fn forget(&self, before: i64, after: i64, wrote: &HashSet<Key>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.of.retain(|key, _| !wrote.contains(key));
        if known.place == before {
            known.place = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str) -> Key {
        (kind.to_owned(), "acme".to_owned())
    }

    #[test]
    fn what_is_written_is_forgotten_and_the_rest_is_not() {
        let memory = Memory::default();
        assert_eq!(memory.recall::<u8>(5, &key("policy")), None);
        memory.remember(5, key("policy"), Arc::new(1_u8));
        memory.remember(5, key("selector"), Arc::new(2_u8));
        memory.forget(5, 7, &HashSet::from([key("policy")]));
        assert_eq!(memory.recall::<u8>(7, &key("policy")), None);
        assert_eq!(memory.recall(7, &key("selector")), Some(Arc::new(2_u8)));
    }

    #[test]
    fn where_another_process_wrote_nothing_is_known() {
        let memory = Memory::default();
        memory.recall::<u8>(5, &key("policy"));
        memory.remember(5, key("policy"), Arc::new(1_u8));
        assert_eq!(memory.recall::<u8>(6, &key("policy")), None, "the ledger stands elsewhere than we left it");
        memory.remember(5, key("policy"), Arc::new(1_u8));
        assert_eq!(memory.recall::<u8>(6, &key("policy")), None, "read before the other wrote");
    }

    #[test]
    fn the_next_writer_may_come_before_the_one_before_has_forgotten() {
        let memory = Memory::default();
        memory.recall::<u8>(5, &key("policy"));
        memory.remember(5, key("policy"), Arc::new(1_u8));
        // Committed at 7, and the next already asks.
        assert_eq!(memory.recall::<u8>(7, &key("policy")), None);
        memory.remember(7, key("policy"), Arc::new(2_u8));
        memory.forget(7, 9, &HashSet::from([key("asset")]));
        memory.forget(5, 7, &HashSet::from([key("policy")]));
        assert_ne!(memory.recall(9, &key("policy")), Some(Arc::new(1_u8)));
    }
}
