//! A signal on its way from a file.

use prost_types::Timestamp;
use serde_json::{Map, Value};
use wire::incidents::v1::Signal;
use wire::incidents::v1::signal::{AlarmType, Form, Severity};

use super::out::Out;
use super::words::{self, Said};
use crate::text::{self, Attributes, OF_SIGNALS};

/// How many characters a kind has at most.
const LONGEST_KIND: usize = 200;
/// How many characters the name of a device has at most.
const LONGEST_DEVICE: usize = 256;

/// A signal on its way, with what it says beyond the fields.
pub(super) struct Draft {
    pub(super) signal: Signal,
    pub(super) attributes: Attributes,
}

impl Draft {
    /// An alarm that `source` tells.
    pub(super) fn alarm(source: &str) -> Self {
        let signal = Signal { source: source.trim().to_owned(), form: Form::Alarm.into(), ..Signal::default() };
        Self { signal, attributes: Attributes::within(OF_SIGNALS) }
    }

    /// What kind of thing it says: the first of `words` that holds something.
    pub(super) fn kind(&mut self, words: &[&str]) {
        let first = words.iter().map(|word| text::line(word, LONGEST_KIND)).find(|word| !word.is_empty());
        self.signal.kind = first.unwrap_or_default();
    }

    /// What it is about. A name that is too long is shortened, and kept whole as an attribute.
    pub(super) fn device(&mut self, name: &str, origin: &str, out: &mut Out<'_>) {
        let device = text::line(name, LONGEST_DEVICE);
        if name.trim().chars().count() > LONGEST_DEVICE {
            self.attributes.put("device", name);
            out.warn(format!(
                "{origin}: the name of the device has more than {LONGEST_DEVICE} characters and is shortened, so that no asset is found by it"
            ));
        }
        self.signal.device = device;
    }

    /// The probable cause.
    pub(super) fn cause(&mut self, cause: &str) {
        self.signal.cause = text::line(cause, 256);
    }

    /// What else it says; what is said twice stands once.
    pub(super) fn text(&mut self, parts: &[&str]) {
        let mut lines: Vec<&str> = Vec::new();
        for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
            if !lines.contains(&part) {
                lines.push(part);
            }
        }
        self.signal.text = text::clip(&lines.join("\n"), 4000);
    }

    /// How bad it is, by a word. True where the word says that the condition is gone. A word that is not known is kept as an attribute.
    pub(super) fn severity(&mut self, key: &str, word: &str, out: &mut Out<'_>) -> bool {
        match words::severity(word) {
            Some(Said::Gone) => return true,
            Some(Said::Severity(severity)) => self.signal.severity = severity.into(),
            None if word.trim().is_empty() => {}
            None => {
                self.signal.severity = Severity::Indeterminate.into();
                self.attributes.put(key, word);
                let told = text::line(word, 60);
                out.warn(format!("the severity `{told}` is not known and is read as INDETERMINATE; it is kept as the attribute `{key}`"));
            }
        }
        false
    }

    /// Which type of alarm it is, by a word. A word that is not known is kept as an attribute.
    pub(super) fn alarm_type(&mut self, key: &str, word: &str, out: &mut Out<'_>) {
        match words::alarm_type(word) {
            Some(found) => self.signal.alarm_type = found.into(),
            None if word.trim().is_empty() => {}
            None => {
                self.attributes.put(key, word);
                let told = text::line(word, 60);
                out.warn(format!(
                    "the type of alarm `{told}` is none of X.733 or X.736; it is kept as the attribute `{key}`"
                ));
            }
        }
    }

    /// As [`Draft::alarm_type`], where a word may as well mean something else: then nothing is kept.
    pub(super) fn maybe_alarm_type(&mut self, word: &str) {
        if self.signal.alarm_type() == AlarmType::Unspecified
            && let Some(found) = words::alarm_type(word)
        {
            self.signal.alarm_type = found.into();
        }
    }

    /// Says that the condition is gone: since the first of `times` that is known.
    pub(super) fn gone(&mut self, times: [Option<Timestamp>; 2]) {
        self.signal.clear_time = times.into_iter().flatten().next().or(self.signal.raise_time);
    }

    /// Keeps the members of `object` that are not in `known`.
    pub(super) fn keep_rest(&mut self, object: &Map<String, Value>, known: &[&str]) {
        for (key, value) in object.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.attributes.put_json(key, value);
        }
    }
}
