//! TM Forum TMF642 alarms (version 4), read as they come.
//!
//! Read with tolerance: severities in any case, types of alarms in any spelling, `isRoot` or `isRootCause`, single objects in place of lists, ids
//! as texts or numbers. An event about an alarm (`{"event": {"alarm": …}}`) is read as the alarm, and a task (`ackAlarms`, `clearAlarms`,
//! `groupAlarms` and the like) as the alarms that it holds by value.

use std::io::Read;

use prost_types::Timestamp;
use serde_json::{Map, Value};

use super::draft::Draft;
use super::out::Out;
use super::{Settings, words};
use crate::elements::Elements;
use crate::out::Go;
use crate::text::{self, word};
use crate::{IntakeError, dates};

const EXPECTED: &str = "TMF642 alarms: a JSON list of objects, or objects one after the other";

/// Members of an alarm that go to fields, or say nothing of it.
const KNOWN: &[&str] = &[
    "id",
    "sourceSystemId",
    "alarmType",
    "perceivedSeverity",
    "probableCause",
    "specificProblem",
    "alarmedObject",
    "alarmDetails",
    "alarmRaisedTime",
    "alarmReportingTime",
    "alarmClearedTime",
    "plannedOutageIndicator",
    "serviceAffecting",
    "ackUserId",
    "isRoot",
    "isRootCause",
    "@baseType",
    "@type",
    "@schemaLocation",
];

/// Members of tasks that hold alarms.
const HOLDERS: &[&str] =
    &["ackedAlarm", "unAckedAlarm", "clearedAlarm", "commentedAlarm", "groupedAlarm", "unGroupedAlarm", "alarm"];

/// Reads alarms.
pub(super) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut elements = Elements::new(input, EXPECTED);
    while let Some(element) = elements.next()? {
        if is_ves(&element.value) {
            let found = "an event of VES".to_owned();
            return Err(IntakeError::Unexpected { at: element.origin, found, expected: EXPECTED }.into());
        }
        object(&element.value, &element.origin, settings, out)?;
    }
    Ok(())
}

/// Whether it is of the other format: an event of VES.
fn is_ves(value: &Value) -> bool {
    ["/commonEventHeader", "/event/commonEventHeader", "/eventList"].iter().any(|path| value.pointer(path).is_some())
}

/// An alarm, an event about one, or a task with some.
fn object(value: &Value, origin: &str, settings: &Settings, out: &mut Out<'_>) -> Go {
    let Some(fields) = value.as_object() else {
        no_object(value, origin, out);
        return Ok(());
    };
    if let Some(Value::Object(event)) = fields.get("event").filter(|_| !is_alarm(fields)) {
        return held(event, &format!("{origin}.event"), settings, out);
    }
    if is_alarm(fields) {
        return alarm(fields, origin, settings, out);
    }
    held(fields, origin, settings, out)
}

/// Whether the object is an alarm, not something that holds or names some.
fn is_alarm(fields: &Map<String, Value>) -> bool {
    const TOLD: &[&str] =
        &["alarmRaisedTime", "perceivedSeverity", "alarmedObject", "alarmType", "probableCause", "specificProblem"];
    TOLD.iter().any(|key| fields.contains_key(*key))
}

/// The alarms that something else holds by value.
fn held(fields: &Map<String, Value>, origin: &str, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut found = false;
    for key in HOLDERS {
        let Some(value) = fields.get(*key) else { continue };
        found = true;
        let items = if let Value::Array(items) = value { items.as_slice() } else { std::slice::from_ref(value) };
        for (at, item) in items.iter().enumerate() {
            let origin = format!("{origin}.{key}[{at}]");
            match item.as_object() {
                Some(fields) => alarm(fields, &origin, settings, out)?,
                None => no_object(item, &origin, out),
            }
        }
    }
    if found {
        out.count("task or event");
        out.leave_out("task or event", "the alarms that it holds are read, the task or the event itself is not kept");
    } else if fields.contains_key("alarmPattern") || fields.contains_key("parentAlarm") {
        out.count("task or event");
        out.leave_out("task, without alarms", "it names alarms and does not hold them: export the alarms themselves");
    } else {
        alarm(fields, origin, settings, out)?;
    }
    Ok(())
}

fn no_object(value: &Value, origin: &str, out: &mut Out<'_>) {
    let kind = text::kind_of(value);
    out.count(kind);
    let message = format!("expected a TMF642 alarm, found {kind}; each element must be an object with an `id`");
    out.reject(origin, "", message);
}

fn alarm(fields: &Map<String, Value>, origin: &str, settings: &Settings, out: &mut Out<'_>) -> Go {
    out.count("alarm");
    let raised = word(fields, "alarmRaisedTime");
    let Some(raise_time) = dates::read(&raised, &[]) else {
        let message = if raised.is_empty() {
            "an alarm must say when it was raised; give it as 2026-11-30T12:00:00Z".to_owned()
        } else {
            format!("`{}` is no time; write it as 2026-11-30T12:00:00Z", text::line(&raised, 60))
        };
        out.reject(origin, "alarmRaisedTime", message);
        return Ok(());
    };
    let source = word(fields, "sourceSystemId");
    let mut draft = Draft::alarm(if source.is_empty() { &settings.source } else { &source });
    draft.signal.raise_time = Some(raise_time);
    ids(fields, &mut draft);
    about(fields, origin, &mut draft, out);
    let [problem, cause, kind] = ["specificProblem", "probableCause", "alarmType"].map(|key| word(fields, key));
    draft.kind(&[&problem, &cause, &kind]);
    if text::line(&problem, 1000) != draft.signal.kind {
        draft.attributes.put("specificProblem", &problem);
    }
    draft.cause(&cause);
    draft.alarm_type("alarmType", &kind, out);
    draft.text(&[&word(fields, "alarmDetails")]);
    draft.signal.report_time = time(fields, "alarmReportingTime", &mut draft, out);
    state(fields, &mut draft, out);
    flags(fields, &mut draft, out);
    draft.keep_rest(fields, KNOWN);
    out.take(draft, origin)
}

/// What its source calls it.
fn ids(fields: &Map<String, Value>, draft: &mut Draft) {
    let (id, external) = (word(fields, "id"), word(fields, "externalAlarmId"));
    draft.signal.source_id = if id.is_empty() { external } else { id };
}

/// What it is about: the first object; by its id, else its name, else its address.
fn about(fields: &Map<String, Value>, origin: &str, draft: &mut Draft, out: &mut Out<'_>) {
    let (first, rest) = match fields.get("alarmedObject") {
        Some(Value::Array(items)) => (items.first(), items.get(1..).unwrap_or_default()),
        Some(one) => (Some(one), Default::default()),
        None => (None, Default::default()),
    };
    for other in rest {
        draft.attributes.put_json("alarmedObject", other);
    }
    match first {
        Some(Value::Object(object)) => {
            let names = ["id", "name", "href"].map(|key| word(object, key));
            let name = names.iter().find(|name| !name.is_empty()).map(String::as_str).unwrap_or_default();
            draft.device(name, origin, out);
            for (key, value) in object.iter().filter(|(key, _)| !key.starts_with('@') && *key != "id") {
                if value.as_str().is_none_or(|text| text.trim() != name) {
                    draft.attributes.put_json(&format!("alarmedObject.{key}"), value);
                }
            }
        }
        Some(Value::String(name)) => draft.device(name, origin, out),
        Some(Value::Number(number)) => draft.device(&number.to_string(), origin, out),
        _ => {}
    }
}

/// Whether the condition is still there, and how bad it is.
fn state(fields: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    let gone = draft.severity("perceivedSeverity", &word(fields, "perceivedSeverity"), out);
    let state = text::squeeze(&word(fields, "state"));
    let cleared = time(fields, "alarmClearedTime", draft, out);
    if gone || cleared.is_some() || matches!(state.as_str(), "cleared" | "closed") {
        draft.gone([cleared, dates::read(&word(fields, "alarmChangedTime"), &[])]);
    }
}

/// What is so, or is not.
fn flags(fields: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    let planned = word(fields, "plannedOutageIndicator");
    let known = words::yes(&planned).or_else(|| match text::squeeze(&planned).as_str() {
        "planned" | "plannedoutage" | "inplannedoutage" | "plannedmaintenance" | "outofservice" | "maintenance" => {
            Some(true)
        }
        "" | "inservice" | "unplanned" | "notplanned" | "none" => Some(false),
        _ => None,
    });
    draft.signal.planned_outage = known.unwrap_or_default();
    if known.is_none() {
        draft.attributes.put("plannedOutageIndicator", &planned);
        out.warn(format!(
            "the `plannedOutageIndicator` `{}` is not known: such alarms count as not planned",
            text::line(&planned, 60)
        ));
    }
    let affecting = word(fields, "serviceAffecting");
    draft.signal.service_affecting = words::yes(&affecting).unwrap_or_default();
    if words::yes(&affecting).is_none() {
        draft.attributes.put("serviceAffecting", &affecting);
    }
    for key in ["isRootCause", "isRoot"] {
        draft.attributes.put("isRootCause", &word(fields, key));
    }
    let user = word(fields, "ackUserId");
    // What says that it is not acknowledged names who took the acknowledgement back.
    if matches!(text::squeeze(&word(fields, "ackState")).as_str(), "" | "acknowledged" | "acked") {
        draft.signal.acknowledged_by = text::line(&user, 200);
    } else {
        draft.attributes.put("ackUserId", &user);
    }
}

/// A time that an alarm may have; what is none is kept as an attribute.
fn time(fields: &Map<String, Value>, key: &str, draft: &mut Draft, out: &mut Out<'_>) -> Option<Timestamp> {
    let written = word(fields, key);
    let found = dates::read(&written, &[]);
    if found.is_none() && !written.is_empty() {
        draft.attributes.put(key, &written);
        out.warn(format!("`{key}`: `{}` is no time; it is kept as an attribute", text::line(&written, 60)));
    }
    found
}
