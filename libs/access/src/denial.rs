//! Attempts that were denied: who tried what, and why it was not let in.
//!
//! The door tells each to a [`Denials`], and to the log. Whoever sends many may not fill a disk with that: of one subject so
//! many are told a minute, of all together so many, and the next that is told says how many were left out.

use std::collections::HashMap;

use parking_lot::Mutex;

/// How many attempts of one subject are told a minute.
const OF_ONE: u32 = 30;
/// How many attempts of all subjects together are told a minute.
const OF_ALL: u32 = 300;
/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;
/// Longer texts are cut; in characters. What a caller makes up is no longer than this.
const LONGEST: usize = 200;
/// How many organizations of a caller are named.
const ORGANIZATIONS: usize = 10;

/// An attempt that was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// When, microseconds since 1970.
    pub at: i64,
    /// Who tried: the `sub` of the token; empty where the token was not believed.
    pub subject: String,
    /// For whom the subject acted; empty for itself.
    pub on_behalf_of: String,
    /// The organizations the caller acts for, comma separated, at most ten; empty where the token was not believed.
    pub organizations: String,
    /// The method called: `telwarden.assets.v1.AssetService/GetAsset`.
    pub method: String,
    /// The permission that the method needs.
    pub permission: String,
    /// Why: `PERMISSION_MISSING` or `TOKEN_INVALID`.
    pub reason: &'static str,
    /// What is wrong with the token: `expired`, `signature`, …; empty where the permission is missing.
    pub cause: &'static str,
    /// The W3C `traceparent` of the call; empty where not traced.
    pub trace: String,
    /// How many attempts of this subject were not told since the last one that was.
    pub left_out: u32,
}

/// Where denied attempts are kept. Telling must not wait: the caller stands at the door.
pub trait Denials: Send + Sync + std::fmt::Debug {
    /// Takes note of an attempt.
    fn denied(&self, attempt: Denied);
}

/// A text as it is told: cut to what one may be long.
pub(crate) fn told(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Organizations as they are told.
pub(crate) fn organizations<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.take(ORGANIZATIONS).map(|name| told(name)).collect::<Vec<_>>().join(",")
}

/// How much has been told in this minute.
#[derive(Debug, Default)]
pub(crate) struct Measure(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    began: i64,
    all: u32,
    subjects: HashMap<String, Count>,
}

#[derive(Debug, Default)]
struct Count {
    told: u32,
    left_out: u32,
}

impl Measure {
    /// Whether an attempt at `now` (microseconds since 1970) is told, and how many of the subject were not before it.
    pub(crate) fn take(&self, subject: &str, now: i64) -> Option<u32> {
        let mut minute = self.0.lock();
        // A clock that was set back begins a new minute too.
        if !(0..MINUTE).contains(&now.saturating_sub(minute.began)) {
            minute.began = now;
            minute.all = 0;
            // Those of whom something was left out are remembered for a minute more, so that the next one can say so.
            minute.subjects.retain(|_, count| count.told > 0 && count.left_out > 0);
            minute.subjects.values_mut().for_each(|count| count.told = 0);
        }
        let full = minute.all >= OF_ALL;
        // Only as many subjects as are told a minute are counted; of further ones nobody hears.
        if full && !minute.subjects.contains_key(subject) {
            return None;
        }
        let count = minute.subjects.entry(subject.to_owned()).or_default();
        if full || count.told >= OF_ONE {
            count.left_out = count.left_out.saturating_add(1);
            return None;
        }
        count.told += 1;
        let left_out = std::mem::take(&mut count.left_out);
        minute.all += 1;
        Some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    fn told_of(measure: &Measure, subject: &str, attempts: u32, now: i64) -> (usize, u32) {
        let told: Vec<u32> = (0..attempts).filter_map(|_| measure.take(subject, now)).collect();
        (told.len(), told.iter().sum())
    }

    #[test]
    fn of_one_subject_so_many_are_told_a_minute_and_the_next_says_what_was_left_out() {
        let measure = Measure::default();
        assert_eq!(told_of(&measure, "eve", 100, NOW), (30, 0));
        assert_eq!(told_of(&measure, "ann", 1, NOW), (1, 0), "others are heard");
        assert_eq!(told_of(&measure, "eve", 1, NOW + MINUTE - 1), (0, 0));
        assert_eq!(told_of(&measure, "eve", 5, NOW + MINUTE), (5, 71));
        assert_eq!(told_of(&measure, "eve", 5, NOW), (5, 0), "a clock set back stops nothing");
    }

    #[test]
    fn many_subjects_are_told_so_much_together_and_cost_no_memory() {
        let measure = Measure::default();
        let told = (0..10_000).filter(|number| measure.take(&format!("s{number}"), NOW).is_some()).count();
        assert_eq!(told, 300);
        assert!(measure.0.lock().subjects.len() <= 300);
        assert_eq!(told_of(&measure, "late", 1, NOW + MINUTE), (1, 0));
        assert_eq!(measure.0.lock().subjects.len(), 1);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(told(&"é".repeat(300)).chars().count(), 200);
        let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(organizations(names.iter()), "0,1,2,3,4,5,6,7,8,9");
    }
}
