//! How far a control is implemented, and what follows for the controls it is mapped to: values in, values out.

use std::collections::{BTreeMap, HashMap};

use wire::controls::v1::Coverage;
use wire::controls::v1::coverage::Level;
use wire::controls::v1::implementation::State;
use wire::controls::v1::mapping_entry::Relation;

/// What is done about one control.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Done {
    /// How far it is.
    pub(super) level: Rank,
    /// The effectiveness of its most effective implementation, 0 to 1.
    pub(super) effectiveness: f64,
    /// How many implementations it has that are not RETIRED.
    pub(super) implementations: i32,
}

/// A level, by how much it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Nothing is done.
    #[default]
    None,
    /// Something will be.
    Planned,
    /// Part is done.
    Partial,
    /// All is done.
    Full,
}

impl Rank {
    /// What an implementation in a state makes of its control.
    pub(super) fn of(state: State) -> Self {
        match state {
            State::Unspecified | State::Retired => Self::None,
            State::Proposed | State::Designed | State::Approved => Self::Planned,
            State::Implementing | State::UnderReview | State::Remediation => Self::Partial,
            State::Operating => Self::Full,
        }
    }

    /// As the API says it.
    pub(super) fn level(self) -> Level {
        match self {
            Self::None => Level::None,
            Self::Planned => Level::Planned,
            Self::Partial => Level::Partial,
            Self::Full => Level::Full,
        }
    }
}

/// An entry of a mapping, seen from the catalogue that is implemented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// The ids of controls that are implemented, taken together.
    pub(super) from: Vec<String>,
    /// The ids of controls for which something follows, taken together.
    pub(super) to: Vec<String>,
    /// How what is implemented relates to these.
    pub(super) relation: Relation,
}

impl Entry {
    /// The same entry, seen from the other catalogue.
    pub(super) fn turned(self) -> Self {
        Self { name: self.name, from: self.to, to: self.from, relation: inverse(self.relation) }
    }
}

/// The same relation, seen from the other side.
pub(super) fn inverse(relation: Relation) -> Relation {
    match relation {
        Relation::Subset => Relation::Superset,
        Relation::Superset => Relation::Subset,
        same => same,
    }
}

/// What follows for one control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Follows<'a> {
    /// How far it is.
    pub(super) rank: Rank,
    /// By which entry: the first of those by which it is that far.
    pub(super) by: &'a Entry,
}

/// What follows from what is done, by the id of the control; controls that an entry names without anything following are there
/// with rank NONE. The sources of an entry are taken together: all are FULL, or it is PARTIAL at most.
pub(super) fn derive<'a>(done: &HashMap<String, Done>, entries: &'a [Entry]) -> BTreeMap<&'a str, Follows<'a>> {
    let mut follows: BTreeMap<&str, Follows<'_>> = BTreeMap::new();
    for entry in entries {
        let rank = passed_on(together(done, &entry.from), entry.relation);
        for target in &entry.to {
            let held = follows.entry(target).or_insert(Follows { rank, by: entry });
            if rank > held.rank {
                *held = Follows { rank, by: entry };
            }
        }
    }
    follows
}

/// How far several controls are, taken together.
fn together(done: &HashMap<String, Done>, ids: &[String]) -> Rank {
    let rank = |id: &String| done.get(id).map_or(Rank::None, |one| one.level);
    let least = ids.iter().map(rank).min().unwrap_or_default();
    let most = ids.iter().map(rank).max().unwrap_or_default();
    // Some of it is done: that is a part, whatever becomes of the rest.
    if least < Rank::Partial && most >= Rank::Partial { Rank::Partial } else { least.max(most.min(Rank::Planned)) }
}

fn passed_on(rank: Rank, relation: Relation) -> Rank {
    match relation {
        Relation::Equal | Relation::Superset => rank,
        Relation::Subset | Relation::Intersects => rank.min(Rank::Partial),
        Relation::Related | Relation::None | Relation::Unspecified => Rank::None,
    }
}

/// Adds up what is done about controls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    coverage: Coverage,
    effectiveness: f64,
}

impl Tally {
    /// Adds a control that applies.
    pub(super) fn add(&mut self, rank: Rank, effectiveness: f64) {
        let count = match rank {
            Rank::None => &mut self.coverage.none,
            Rank::Planned => &mut self.coverage.planned,
            Rank::Partial => &mut self.coverage.partial,
            Rank::Full => &mut self.coverage.full,
        };
        *count += 1;
        self.coverage.applicable += 1;
        self.effectiveness += effectiveness;
    }

    /// Adds a control that does not apply.
    pub(super) fn leave_out(&mut self) {
        self.coverage.not_applicable += 1;
    }

    /// The sum.
    pub(super) fn coverage(mut self) -> Coverage {
        let all = f64::from(self.coverage.applicable);
        self.coverage.ratio = if all > 0.0 { f64::from(self.coverage.full) / all } else { 1.0 };
        self.coverage.effectiveness = if all > 0.0 { self.effectiveness / all } else { 0.0 };
        self.coverage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(of: &[(&str, Rank)]) -> HashMap<String, Done> {
        of.iter().map(|&(id, level)| (id.to_owned(), Done { level, ..Done::default() })).collect()
    }

    fn entry(from: &[&str], relation: Relation, to: &[&str]) -> Entry {
        let ids = |of: &[&str]| of.iter().map(|&id| id.to_owned()).collect();
        Entry { name: format!("{from:?} {relation:?}"), from: ids(from), to: ids(to), relation }
    }

    #[test]
    fn a_part_is_never_raised_to_the_whole_however_many_there_are() {
        let done = done(&[("a", Rank::Full), ("b", Rank::Full)]);
        for relation in [Relation::Subset, Relation::Intersects] {
            let entries = [
                entry(&["a"], relation, &["t"]),
                entry(&["b"], relation, &["t"]),
                entry(&["a", "b"], relation, &["t"]),
            ];
            assert_eq!(derive(&done, &entries)["t"].rank, Rank::Partial);
        }
        for relation in [Relation::Equal, Relation::Superset] {
            assert_eq!(derive(&done, &[entry(&["a", "b"], relation, &["t"])])["t"].rank, Rank::Full);
        }
        for relation in [Relation::Related, Relation::None] {
            assert_eq!(derive(&done, &[entry(&["a"], relation, &["t"])])["t"].rank, Rank::None);
        }
    }

    #[test]
    fn sources_are_taken_together() {
        let done = done(&[("full", Rank::Full), ("planned", Rank::Planned), ("partial", Rank::Partial)]);
        let of = |from: &[&str]| derive(&done, &[entry(from, Relation::Equal, &["t"])])["t"].rank;
        assert_eq!(of(&["full", "none"]), Rank::Partial);
        assert_eq!(of(&["full", "planned"]), Rank::Partial);
        assert_eq!(of(&["full", "partial"]), Rank::Partial);
        assert_eq!(of(&["planned", "none"]), Rank::Planned);
        assert_eq!(of(&["none"]), Rank::None);
        assert_eq!(of(&["full"]), Rank::Full);
    }

    #[test]
    fn what_follows_says_by_which_entry_it_is_most() {
        let done = done(&[("a", Rank::Full)]);
        let entries = [
            entry(&["a"], Relation::Related, &["t"]),
            entry(&["a"], Relation::Equal, &["t"]),
            entry(&["x"], Relation::Equal, &["t"]),
        ];
        let follows = derive(&done, &entries);
        assert_eq!((follows["t"].rank, follows["t"].by.relation), (Rank::Full, Relation::Equal));
    }

    #[test]
    fn a_relation_seen_from_the_other_side_twice_is_itself() {
        for relation in [
            Relation::Equal,
            Relation::Subset,
            Relation::Superset,
            Relation::Intersects,
            Relation::Related,
            Relation::None,
        ] {
            assert_eq!(inverse(inverse(relation)), relation);
        }
        assert_eq!(inverse(Relation::Subset), Relation::Superset);
    }

    #[test]
    fn nothing_that_applies_is_all_done() {
        let mut tally = Tally::default();
        tally.leave_out();
        let coverage = tally.coverage();
        assert_eq!((coverage.applicable, coverage.not_applicable), (0, 1));
        assert!((coverage.ratio - 1.0).abs() < f64::EPSILON);
    }
}
