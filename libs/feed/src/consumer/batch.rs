//! How much is taken in at once.

use prost::Message as _;
use wire::changes::v1::{Change, WatchChangesResponse};

/// How much is taken in by one transaction, unless a single transaction of the source is larger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// In changes.
    pub(super) changes: usize,
    /// In bytes, encoded.
    pub(super) bytes: usize,
}

/// Answers that came together, as one.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    /// The place after all of them.
    pub(super) cursor: String,
    pub(super) sequence: i64,
    /// The newest place in the ledger of the source, as it said last.
    pub(super) newest: i64,
    bytes: usize,
}

impl Batch {
    pub(super) fn add(&mut self, answer: WatchChangesResponse) {
        self.bytes += answer.changes.iter().map(size).sum::<usize>();
        self.changes.extend(answer.changes);
        (self.cursor, self.sequence, self.newest) = (answer.cursor, answer.sequence, answer.newest);
    }

    /// Whether nothing more should be added.
    pub(super) fn is_full(&self, limits: Limits) -> bool {
        self.changes.len() >= limits.changes || self.bytes >= limits.bytes
    }
}

/// How many of the first changes are taken in together: whole transactions, at least one, and not more than the limits.
pub(super) fn portion(changes: &[Change], limits: Limits) -> usize {
    let (mut whole, mut bytes) = (0, 0);
    for transaction in changes.chunk_by(|a, b| a.transaction == b.transaction) {
        bytes += transaction.iter().map(size).sum::<usize>();
        let next = whole + transaction.len();
        if whole > 0 && (next > limits.changes || bytes > limits.bytes) {
            break;
        }
        whole = next;
    }
    whole
}

/// What a change weighs, near enough: the resource before and after, and the rest of it.
fn size(change: &Change) -> usize {
    let json = change.before.as_ref().map_or(0, |json| json.encoded_len())
        + change.after.as_ref().map_or(0, |json| json.encoded_len());
    change.before_message.len() + change.after_message.len() + json + 400
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(transactions: &[i64]) -> Vec<Change> {
        transactions.iter().map(|&transaction| Change { transaction, ..Change::default() }).collect()
    }

    #[test]
    fn transactions_are_not_split_and_limits_are_kept() {
        let of = |transactions: &[i64], changes_limit, bytes| {
            portion(&changes(transactions), Limits { changes: changes_limit, bytes })
        };
        assert_eq!(of(&[1, 1, 3, 3, 5], 10, 1 << 20), 5);
        assert_eq!(of(&[1, 1, 3, 3, 5], 4, 1 << 20), 4);
        assert_eq!(of(&[1, 1, 3, 3, 5], 3, 1 << 20), 2);
        assert_eq!(of(&[1, 1, 1, 1, 5], 3, 1 << 20), 4, "larger than the limit alone, and whole");
        assert_eq!(of(&[1, 2, 3], 10, 900), 2, "bytes count too");
        assert_eq!(of(&[], 10, 900), 0);
    }
}
