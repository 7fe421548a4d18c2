//! Ids of rows that have none: made of what they say, so that a second reading makes the same.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use prost_types::Timestamp;

/// How many characters an id has at most.
const LONGEST: usize = 256;

/// Counts rows that say the same. Keeps a hash of each, not the row.
pub(super) struct Ids {
    seen: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self { seen: HashMap::new(), hasher: RandomState::new() }
    }

    /// The id of a row: `device/kind/seconds`, for the second of equal ones with `/2`.
    pub(super) fn of(&mut self, device: &str, kind: &str, raised: Option<&Timestamp>) -> String {
        let time = match raised {
            Some(Timestamp { seconds, nanos: 0 }) => seconds.to_string(),
            Some(Timestamp { seconds, nanos }) => format!("{seconds}.{nanos:09}"),
            None => String::new(),
        };
        let base = format!("{device}/{kind}/{time}");
        let times = self.seen.entry(self.hasher.hash_one(&base)).or_default();
        *times = times.saturating_add(1);
        let id = if *times == 1 { base } else { format!("{base}/{times}") };
        if id.chars().count() <= LONGEST {
            return id;
        }
        let short: String = id.chars().take(LONGEST - 17).collect();
        format!("{short}~{:016x}", digest(&id))
    }
}

/// FNV-1a: the same in every run and every version, as an id must be.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
