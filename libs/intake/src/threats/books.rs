//! The books of a reader: what came, what became of it.

use std::collections::HashSet;

use resource::id_of_key;
use wire::Validate;
use wire::risk::v1::threat_record::Record;
use wire::risk::v1::{Mitigation, Threat, ThreatRecord};

use crate::report::{MOST_REJECTED, MOST_WARNINGS};
use crate::{Rejected, Report};

/// Takes threats and mitigations, and accounts for all else.
#[derive(Default)]
pub(super) struct Books {
    report: Report,
    mitigations: Vec<ThreatRecord>,
    threats: Vec<ThreatRecord>,
    ids: HashSet<(bool, String)>,
}

impl Books {
    /// Counts objects of a kind.
    pub(super) fn count(&mut self, kind: &str, count: usize) {
        *self.report.objects.entry(kind.to_owned()).or_default() += count as u64;
    }

    /// Says that objects of a kind became no record of their own, and where they went.
    pub(super) fn folded(&mut self, kind: &str, count: usize, why: &str) {
        if count == 0 {
            return;
        }
        let entry = self.report.not_imported.entry(kind.to_owned()).or_default();
        entry.count += count as u64;
        why.clone_into(&mut entry.why);
    }

    /// Says that an object cannot be taken.
    pub(super) fn reject(&mut self, origin: &str, field: &str, message: String) {
        if self.report.rejected.len() >= MOST_REJECTED {
            self.folded("rejected beyond those listed", 1, "so many are listed one by one");
            return;
        }
        let (reason, field) = ("FIELD_INVALID".to_owned(), field.to_owned());
        self.report.rejected.push(Rejected { origin: origin.to_owned(), reason, message, field });
    }

    /// Says what a person should look at.
    pub(super) fn warn(&mut self, warning: String) {
        if self.report.warnings.len() < MOST_WARNINGS && !self.report.warnings.contains(&warning) {
            self.report.warnings.push(warning);
        }
    }

    /// Takes a threat, where it keeps to the rules of its fields.
    pub(super) fn threat(&mut self, origin: String, mut threat: Threat) {
        threat.position = number(self.threats.len());
        let key = threat.key.clone();
        if self.fits(&origin, &key, false, &threat) {
            self.threats.push(ThreatRecord { origin, record: Some(Record::Threat(threat)) });
        }
    }

    /// Takes a mitigation, where it keeps to the rules of its fields.
    pub(super) fn mitigation(&mut self, origin: String, mut mitigation: Mitigation) {
        mitigation.position = number(self.mitigations.len());
        let key = mitigation.key.clone();
        if self.fits(&origin, &key, true, &mitigation) {
            self.mitigations.push(ThreatRecord { origin, record: Some(Record::Mitigation(mitigation)) });
        }
    }

    fn fits(&mut self, origin: &str, key: &str, mitigation: bool, message: &impl Validate) -> bool {
        let mut violations = Vec::new();
        message.check(&wire::At::Root, &mut violations);
        if let Some(violation) = violations.first() {
            let message = format!("{key}: {}", violation.description);
            self.reject(origin, &violation.field, message);
            return false;
        }
        let Some(id) = id_of_key(key) else {
            let message = format!("`{key}` is no key: at most 63 characters, the first a letter or digit");
            self.reject(origin, "key", message);
            return false;
        };
        if !self.ids.insert((mitigation, id)) {
            self.reject(origin, "key", format!("{key} came before: the first one is taken"));
            return false;
        }
        true
    }

    /// The records, mitigations first, and the report.
    pub(super) fn closed(self) -> (Vec<ThreatRecord>, Report) {
        let mut records = self.mitigations;
        records.extend(self.threats);
        (records, self.report)
    }
}

/// The place that the next one after so many has.
fn number(before: usize) -> i32 {
    i32::try_from(before + 1).unwrap_or(i32::MAX)
}
