//! The way out of every reader of alarms: hands records over, keeps the books.

use std::collections::HashSet;
use std::ops::ControlFlow;

use wire::Validate as _;
use wire::incidents::v1::SignalRecord;

use super::draft::Draft;
use crate::out::{Go, Stop};
use crate::report::{MOST_REJECTED, MOST_WARNINGS, NotImported, Rejected};
use crate::{Report, text};

/// Hands records over and keeps the books.
pub(super) struct Out<'a> {
    sink: &'a mut dyn FnMut(SignalRecord) -> ControlFlow<()>,
    report: Report,
    warned: HashSet<String>,
    more_warnings: u64,
    position: i64,
}

impl<'a> Out<'a> {
    pub(super) fn new(sink: &'a mut dyn FnMut(SignalRecord) -> ControlFlow<()>) -> Self {
        Self { sink, report: Report::default(), warned: HashSet::new(), more_warnings: 0, position: 0 }
    }

    /// Counts an object of the file.
    pub(super) fn count(&mut self, kind: &str) {
        if let Some(count) = self.report.objects.get_mut(kind) {
            *count += 1;
        } else {
            self.report.objects.insert(kind.to_owned(), 1);
        }
    }

    /// Hands a signal over; where it breaks a rule of its fields, it is rejected instead.
    pub(super) fn take(&mut self, draft: Draft, origin: &str) -> Go {
        let Draft { mut signal, attributes } = draft;
        let (kept, cut) = attributes.done();
        if !cut.is_empty() {
            let keys = text::clip(&cut.join(", "), 200);
            self.warn(format!(
                "{origin}: more than a signal can keep (64 attributes of 1024 characters); shortened or dropped: {keys}"
            ));
        }
        signal.attributes = kept;
        if let Some((field, message)) = missing(&signal) {
            self.reject(origin, field, message.to_owned());
            return Ok(());
        }
        let record =
            SignalRecord { position: self.position + 1, origin: text::clip(origin, 300), signal: Some(signal) };
        if let Some(broken) = record.violations().first() {
            let field = broken.field.trim_start_matches("signal.").to_owned();
            let message = format!("{field}: {}; mend it in the source and export again", broken.description);
            self.reject(origin, &field, message);
            return Ok(());
        }
        self.position += 1;
        if (self.sink)(record).is_break() { Err(Stop::Asked) } else { Ok(()) }
    }

    /// Notes that something did not become a record.
    pub(super) fn leave_out(&mut self, kind: &str, why: &str) {
        if let Some(entry) = self.report.not_imported.get_mut(kind) {
            entry.count += 1;
        } else {
            self.report.not_imported.insert(kind.to_owned(), NotImported { count: 1, why: why.to_owned() });
        }
    }

    /// Notes an object that could not be taken, for what is wrong with one of its fields.
    pub(super) fn reject(&mut self, origin: &str, field: &str, message: String) {
        let reason = if field.is_empty() { "BODY_INVALID" } else { "FIELD_INVALID" };
        if self.report.rejected.len() >= MOST_REJECTED {
            self.leave_out(
                "rejected, not listed",
                "more objects were rejected than are listed; mend the listed ones first",
            );
            return;
        }
        self.report.rejected.push(Rejected {
            origin: origin.to_owned(),
            reason: reason.to_owned(),
            message,
            field: field.to_owned(),
        });
    }

    /// Notes what a person should look at. The same words count once.
    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        if self.warned.contains(&warning) {
            return;
        }
        if self.report.warnings.len() >= MOST_WARNINGS {
            self.more_warnings += 1;
            return;
        }
        self.warned.insert(warning.clone());
        self.report.warnings.push(warning);
    }

    /// The books.
    pub(super) fn into_report(self) -> Report {
        let mut report = self.report;
        if self.more_warnings > 0 {
            let more = self.more_warnings;
            report.warnings.push(format!("and {more} more warnings; mend what is listed and read again"));
        }
        report
    }
}

/// The first thing that a signal must have and has not, and what to do about it.
fn missing(signal: &wire::incidents::v1::Signal) -> Option<(&'static str, &'static str)> {
    let holds = |text: &str| !text.is_empty();
    if !holds(&signal.source) {
        return Some(("source", "nothing says which system it comes from: name it with the setting `source`"));
    }
    if signal.source.chars().count() > 64 {
        return Some((
            "source",
            "the name of the system it comes from has more than 64 characters: shorten it there, or name another with the setting `source`",
        ));
    }
    if !holds(&signal.source_id) {
        return Some(("source_id", "it has no id, so it would be new each time it is read: give it one in the source"));
    }
    if !holds(&signal.device) {
        return Some(("device", "nothing says what it is about: give the device in the source"));
    }
    if !holds(&signal.kind) {
        return Some((
            "kind",
            "nothing says what kind of thing it is: give a problem, a cause or a type in the source",
        ));
    }
    signal.raise_time.is_none().then_some((
        "raise_time",
        "nothing says when it was raised: give the time in the source, as 2026-11-30T12:00:00Z",
    ))
}
