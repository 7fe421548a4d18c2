//! Events of VES, version 7, read as they come.
//!
//! Every event is held to what the common event format demands (`ves/schema.json`, written for this reader): required fields, types, values and
//! addresses. What keeps to it and says that something is wrong becomes a signal; what measures, registers or says that all is well is left out,
//! with the reason. What belongs to subscribers (flows, calls) is left out too.

mod check;
mod domains;
mod notification;

use std::cell::Cell;
use std::io::Read;

use prost_types::Timestamp;
use serde_json::{Map, Value};
use wire::incidents::v1::signal::{AlarmType, Form};

use self::check::Check;
use super::Settings;
use super::draft::Draft;
use super::out::Out;
use crate::elements::{Element, Elements, Plan, Step, Walker, origin};
use crate::out::Go;
use crate::text::{self, word};

const EXPECTED: &str =
    "events of VES: `{\"event\": …}`, `{\"eventList\": […]}`, a list of them, or one after the other";

/// Members of the header that go to fields, or say nothing of the event.
const KNOWN: &[&str] = &["version", "vesEventListenerVersion", "startEpochMicrosec", "lastEpochMicrosec", "sourceName"];

/// Reads events.
pub(super) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut reader = Reader { settings, check: Check::new(), inside: Cell::new(false), out };
    Elements::new(input, EXPECTED).walk(&mut reader)
}

struct Reader<'a, 'b> {
    settings: &'a Settings,
    check: Check,
    /// The object that is open has members that hold events.
    inside: Cell<bool>,
    out: &'a mut Out<'b>,
}

impl Walker for Reader<'_, '_> {
    fn plan(&self, path: &[Step], opens: u8) -> Plan {
        let mut keys = path.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
        let in_list = matches!(path.last(), Some(Step::Index(_)));
        match (keys.next(), opens) {
            (None, _) => Plan::Enter,
            (Some("eventList"), b'[') if !in_list => {
                self.inside.set(true);
                Plan::Enter
            }
            (Some("event" | "eventList"), _) => {
                self.inside.set(true);
                Plan::Take
            }
            _ => Plan::Keep,
        }
    }

    fn take(&mut self, _: &[Step], element: Element) -> Go {
        match element.value {
            Value::Object(mut fields) => {
                // An entry of a list may be wrapped as a single event is.
                let inner = if fields.contains_key("commonEventHeader") { None } else { fields.remove("event") };
                match inner {
                    Some(Value::Object(event)) => self.event(event, &format!("{}.event", element.origin)),
                    _ => self.event(fields, &element.origin),
                }
            }
            other => {
                let kind = text::kind_of(&other);
                self.out.count(kind);
                let message = format!(
                    "expected an event of VES, found {kind}; each event is an object with a `commonEventHeader`"
                );
                self.out.reject(&element.origin, "", message);
                Ok(())
            }
        }
    }

    fn leave(&mut self, path: &[Step], members: Map<String, Value>) -> Go {
        if self.inside.take() && !members.contains_key("commonEventHeader") {
            return Ok(());
        }
        self.event(members, &origin(path))
    }
}

impl Reader<'_, '_> {
    fn event(&mut self, event: Map<String, Value>, origin: &str) -> Go {
        let event = Value::Object(event);
        let domain = event.pointer("/commonEventHeader/domain").and_then(Value::as_str).unwrap_or_default();
        let domain = if domain.is_empty() { "event, of no domain".to_owned() } else { text::line(domain, 40) };
        self.out.count(&domain);
        if let Some((field, message)) = self.check.first(&event) {
            self.out.reject(origin, &field, message);
            return Ok(());
        }
        let Value::Object(event) = event else { return Ok(()) };
        if let Some((kind, why)) = domains::left_out(&domain, &event) {
            self.out.leave_out(&kind, why);
            return Ok(());
        }
        let Some(Value::Object(header)) = event.get("commonEventHeader") else { return Ok(()) };
        let mut draft = self.draft(header, origin);
        domains::apply(&domain, &event, &mut draft, self.out);
        draft.keep_rest(header, KNOWN);
        draft.keep_rest(&event, &["commonEventHeader", &fields_of(&domain)]);
        self.out.take(draft, origin)
    }

    /// What the header says.
    fn draft(&mut self, header: &Map<String, Value>, origin: &str) -> Draft {
        let reporter = word(header, "reportingEntityName");
        let mut draft = Draft::alarm(if self.settings.source.is_empty() { &reporter } else { &self.settings.source });
        let device = word(header, "sourceName");
        draft.device(&device, origin, self.out);
        draft.signal.form = Form::Alarm.into();
        draft.signal.alarm_type = AlarmType::Unspecified.into();
        draft.signal.source_id = format!("{device}/{}", word(header, "eventId"));
        draft.signal.raise_time = micros(header, "startEpochMicrosec");
        draft.signal.report_time = micros(header, "lastEpochMicrosec");
        draft
    }
}

/// The member of an event that holds what its domain says.
fn fields_of(domain: &str) -> String {
    format!("{domain}Fields")
}

/// A point in time, in microseconds since 1970; the format bounds it.
fn micros(header: &Map<String, Value>, key: &str) -> Option<Timestamp> {
    let value = header.get(key)?;
    // Some write it with a fraction: what is smaller than a microsecond is cut.
    let whole =
        value.as_i64().or_else(|| value.as_f64().and_then(|number| format!("{:.0}", number.trunc()).parse().ok()))?;
    let nanos = i32::try_from(whole.rem_euclid(1_000_000)).ok()? * 1000;
    Some(Timestamp { seconds: whole.div_euclid(1_000_000), nanos })
}
