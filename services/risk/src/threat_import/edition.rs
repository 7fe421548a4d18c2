//! What an import did: counts, and the difference between two editions. Pure.

use fault::Fault;
use store::Laid;
use wire::risk::v1::import_threats_response::{Rejected, Renamed};
use wire::risk::v1::{ImportThreatsResponse, Threat};

use super::receive::rejected;

/// How many keys are listed of each sort.
const MOST_LISTED: usize = 500;

/// How many rejected records are listed.
const MOST_REJECTED: usize = 1000;

/// The answer, as it comes to be.
#[derive(Default)]
pub(super) struct Edition {
    pub(super) answer: ImportThreatsResponse,
    /// How many mitigations were flagged as gone.
    removed_mitigations: usize,
}

impl Edition {
    pub(super) fn new(read: usize) -> Self {
        let answer = ImportThreatsResponse { read: number(read), ..Default::default() };
        Self { answer, removed_mitigations: 0 }
    }

    /// Counts what became of records.
    pub(super) fn count(&mut self, laid: &Laid) {
        self.answer.created += laid.created;
        self.answer.updated += laid.updated;
        self.answer.unchanged += laid.unchanged;
    }

    /// Takes in records that were not taken.
    pub(super) fn reject(&mut self, more: Vec<Rejected>) {
        self.answer.rejected = self.answer.rejected.saturating_add(number(more.len()));
        let room = MOST_REJECTED.saturating_sub(self.answer.rejected_items.len());
        self.answer.rejected_items.extend(more.into_iter().take(room));
    }

    /// Takes in a record that a rule refused.
    pub(super) fn refuse(&mut self, origin: &str, key: &str, fault: &Fault) {
        self.reject(vec![rejected(origin, key, fault)]);
    }

    /// A threat came: it is new, was gone, or is called otherwise than before.
    pub(super) fn came(&mut self, key: &str, title: String, before: Option<&Threat>) {
        match before {
            Some(before) if !before.gone => {
                if before.title != title {
                    self.answer.renamed_count += 1;
                    let renamed = Renamed { key: key.to_owned(), before: before.title.clone(), after: title };
                    listed(&mut self.answer.renamed, renamed);
                }
            }
            _ => {
                self.answer.added_count += 1;
                listed(&mut self.answer.added, key.to_owned());
            }
        }
    }

    /// Threats that were there did not come.
    pub(super) fn removed(&mut self, keys: Vec<String>) {
        self.answer.removed_count = number(keys.len());
        self.answer.removed = keys.into_iter().take(MOST_LISTED).collect();
    }

    /// Mitigations that were there did not come.
    pub(super) fn removed_mitigations(&mut self, keys: Vec<String>) {
        self.removed_mitigations = keys.len();
        self.answer.removed_mitigations = keys.into_iter().take(MOST_LISTED).collect();
    }

    /// Whether anything was written.
    pub(super) fn wrote(&self) -> bool {
        let answer = &self.answer;
        answer.created + answer.updated + answer.removed_count > 0 || self.removed_mitigations > 0
    }
}

fn listed<T>(list: &mut Vec<T>, one: T) {
    if list.len() < MOST_LISTED {
        list.push(one);
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titled(title: &str, gone: bool) -> Threat {
        Threat { title: title.to_owned(), gone, ..Default::default() }
    }

    #[test]
    fn editions_differ_by_what_is_added_removed_and_renamed() {
        let mut edition = Edition::new(4);
        edition.came("A", "same".to_owned(), Some(&titled("same", false)));
        edition.came("B", "new title".to_owned(), Some(&titled("old title", false)));
        edition.came("C", "back".to_owned(), Some(&titled("back", true)));
        edition.came("D", "new".to_owned(), None);
        edition.removed(vec!["E".to_owned()]);
        let answer = edition.answer;
        assert_eq!((answer.read, answer.added_count, answer.renamed_count, answer.removed_count), (4, 2, 1, 1));
        assert_eq!(answer.added, ["C", "D"]);
        assert_eq!(
            answer.renamed.first().map(|one| (one.before.as_str(), one.after.as_str())),
            Some(("old title", "new title"))
        );
    }

    #[test]
    fn lists_end_and_counts_do_not() {
        let mut edition = Edition::new(600);
        for at in 0..600 {
            edition.came(&format!("K{at}"), String::new(), None);
        }
        edition.removed((0..700).map(|at| format!("R{at}")).collect());
        assert_eq!((edition.answer.added.len(), edition.answer.added_count), (500, 600));
        assert_eq!((edition.answer.removed.len(), edition.answer.removed_count), (500, 700));
    }
}
