//! What of a document is not taken, with its place and the reason.

use fault::Fault;
use wire::controls::v1::{ErrorReason, RejectedOscalItem};

use crate::oscal::Problem;

/// How many rejected items a document keeps.
const MOST_KEPT: usize = 100;

/// How many rejected items an import tells.
const MOST_TOLD: usize = 1000;

/// The rejected items of one import: all are counted, the first are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejected {
    items: Vec<RejectedOscalItem>,
    count: i32,
}

impl Rejected {
    /// What the reader of the document did not understand.
    pub(crate) fn of(problems: &[Problem]) -> Self {
        let mut rejected = Self::default();
        for problem in problems {
            rejected.add(&problem.path, "", ErrorReason::OscalItemInvalid, &problem.reason);
        }
        rejected
    }

    /// Adds one.
    pub(crate) fn add(&mut self, path: &str, id: &str, reason: ErrorReason, message: &str) {
        self.keep(path, id, reason.as_str_name(), message);
    }

    /// Adds one that the rules of its resource refuse, or its message does not fit.
    pub(crate) fn refuse(&mut self, path: &str, id: &str, fault: &Fault) {
        let field = fault.field();
        let message =
            if field.is_empty() { fault.message().to_owned() } else { format!("{field}: {}", fault.message()) };
        self.keep(path, id, fault.reason(), &message);
    }

    fn keep(&mut self, path: &str, id: &str, reason: &str, message: &str) {
        self.count = self.count.saturating_add(1);
        if self.items.len() < MOST_TOLD {
            self.items.push(RejectedOscalItem {
                path: short(path, 500),
                id: short(id, 200),
                reason: reason.to_owned(),
                message: short(message, 1000),
            });
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> i32 {
        self.count
    }

    /// Those that the document keeps.
    pub(crate) fn kept(&self) -> Vec<RejectedOscalItem> {
        self.items.iter().take(MOST_KEPT).cloned().collect()
    }

    /// Those that the import tells.
    pub(crate) fn told(self) -> Vec<RejectedOscalItem> {
        self.items
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
