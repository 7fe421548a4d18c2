//! What events of each domain say, and which of them are left out.

use serde_json::{Map, Value};
use wire::incidents::v1::signal::{AlarmType, Form, Severity};

use super::{fields_of, notification};
use crate::alarms::draft::Draft;
use crate::alarms::out::Out;
use crate::text::word;

/// Facilities of syslog that tell of security: authorization, twice, and the audit of the log.
const SECURITY: [i64; 3] = [4, 10, 13];

/// What the domain says, in the member of its name.
fn fields<'a>(domain: &str, event: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    event.get(&fields_of(domain))?.as_object()
}

/// Whether an event says nothing of a condition: what it is, and why it is left out.
pub(super) fn left_out(domain: &str, event: &Map<String, Value>) -> Option<(String, &'static str)> {
    let whole = |why| Some((domain.to_owned(), why));
    let fields = fields(domain, event);
    let says = |key: &str| fields.map(|fields| word(fields, key)).unwrap_or_default();
    match domain {
        "heartbeat" => whole("it says that the source is there: no condition"),
        "measurement" | "perf3gpp" => whole("it measures; a threshold that is crossed comes as an alert of its own"),
        "pnfRegistration" => whole("it registers a device: import that as an asset"),
        "mobileFlow" | "sipSignaling" | "voiceQuality" => {
            whole("it tells of flows and calls of subscribers, which are not kept here")
        }
        "stateChange" if says("newState") == "inService" => {
            Some(("stateChange, in service".to_owned(), "to be in service is no condition"))
        }
        "syslog" if fields.and_then(level).is_some_and(|level| level > 5) => {
            Some(("syslog, informational".to_owned(), "what is told for information or debugging is no condition"))
        }
        "notification" if says("changeType").eq_ignore_ascii_case("FileReady") => {
            Some(("notification, of a file".to_owned(), "it says where a file is: no condition"))
        }
        "stndDefined" => notification::left_out(event),
        _ => None,
    }
}

/// Puts what an event says into its signal.
pub(super) fn apply(domain: &str, event: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    let header = event.get("commonEventHeader").and_then(Value::as_object);
    let name = header.map(|header| word(header, "eventName")).unwrap_or_default();
    let nothing = Map::new();
    let fields = fields(domain, event).unwrap_or(&nothing);
    match domain {
        "fault" => {
            fault(fields, draft, out);
            draft.maybe_alarm_type(&header.map(|header| word(header, "eventType")).unwrap_or_default());
        }
        "thresholdCrossingAlert" => threshold(fields, draft, out),
        "syslog" => syslog(fields, draft),
        "stateChange" => state_change(fields, draft),
        "notification" => {
            draft.kind(&[&word(fields, "changeType")]);
            draft.keep_rest(fields, &["notificationFieldsVersion", "changeType"]);
        }
        "stndDefined" => notification::apply(fields, draft, out),
        _ => draft.keep_rest(fields, &["otherFieldsVersion"]),
    }
    if draft.signal.kind.is_empty() {
        draft.kind(&[&name]);
    }
}

/// A fault: the condition, what it is in particular, and how bad.
fn fault(fields: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    let condition = word(fields, "alarmCondition");
    draft.kind(&[&condition]);
    draft.cause(&condition);
    draft.text(&[&word(fields, "specificProblem")]);
    if draft.severity("eventSeverity", &word(fields, "eventSeverity"), out) {
        draft.gone([draft.signal.report_time, None]);
    }
    if let Some(Value::Object(more)) = fields.get("alarmAdditionalInformation") {
        // O1 has the type of the alarm there, in the words of 3GPP.
        for key in ["alarmType", "eventType"] {
            draft.maybe_alarm_type(&word(more, key));
        }
        draft.keep_rest(more, &[]);
    }
    match word(fields, "eventCategory").to_ascii_lowercase().as_str() {
        "security" => draft.maybe_alarm_type("securityServiceOrMechanismViolation"),
        "link" | "routing" | "signaling" => draft.maybe_alarm_type("communicationsAlarm"),
        _ => {}
    }
    let known =
        ["faultFieldsVersion", "alarmCondition", "specificProblem", "eventSeverity", "alarmAdditionalInformation"];
    draft.keep_rest(fields, &known);
}

/// A threshold that is crossed, or no longer is.
fn threshold(fields: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    draft.signal.alarm_type = AlarmType::QualityOfService.into();
    draft.kind(&[&word(fields, "alertDescription"), &word(fields, "alertType")]);
    draft.cause(&word(fields, "possibleRootCause"));
    let normal = draft.severity("eventSeverity", &word(fields, "eventSeverity"), out);
    if normal || word(fields, "alertAction") == "CLEAR" {
        draft.gone([draft.signal.report_time, None]);
    }
    if let Some(Value::Object(more)) = fields.get("additionalFields") {
        draft.keep_rest(more, &[]);
    }
    let known = [
        "thresholdCrossingFieldsVersion",
        "alertDescription",
        "possibleRootCause",
        "eventSeverity",
        "additionalFields",
    ];
    draft.keep_rest(fields, &known);
}

/// How urgent a line of syslog is, 0 to 7, where it says so.
fn level(fields: &Map<String, Value>) -> Option<i64> {
    const LEVELS: [&str; 8] = ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Info", "Debug"];
    let told = word(fields, "syslogSev");
    let by_word = LEVELS.iter().zip(0..).find(|(level, _)| **level == told).map(|(_, number)| number);
    by_word.or_else(|| number(fields, "syslogPri").map(|priority| priority.rem_euclid(8)))
}

fn number(fields: &Map<String, Value>, key: &str) -> Option<i64> {
    fields.get(key).and_then(Value::as_i64)
}

/// A line of syslog; severities as RFC 5674 has them. What comes of facilities of security is a detection.
fn syslog(fields: &Map<String, Value>, draft: &mut Draft) {
    let facility =
        number(fields, "syslogFacility").or_else(|| number(fields, "syslogPri").map(|all| all.div_euclid(8)));
    if facility.is_some_and(|facility| SECURITY.contains(&facility)) {
        draft.signal.form = Form::Detection.into();
    }
    draft.signal.severity = match level(fields) {
        Some(0 | 1) => Severity::Critical,
        Some(2) => Severity::Major,
        Some(3) => Severity::Minor,
        Some(4) => Severity::Warning,
        _ => Severity::Indeterminate,
    }
    .into();
    let tag = word(fields, "syslogTag");
    if !matches!(tag.as_str(), "NILVALUE" | "-") {
        draft.kind(&[&tag]);
    }
    draft.text(&[&word(fields, "syslogMsg")]);
    if let Some(Value::Object(more)) = fields.get("additionalFields") {
        draft.keep_rest(more, &[]);
    }
    draft.keep_rest(fields, &["syslogFieldsVersion", "syslogMsg", "additionalFields"]);
}

/// Something went out of service, or into maintenance, which is planned.
fn state_change(fields: &Map<String, Value>, draft: &mut Draft) {
    let state = word(fields, "newState");
    draft.kind(&[&state]);
    if state == "maintenance" {
        draft.signal.planned_outage = true;
    } else {
        draft.signal.severity = Severity::Major.into();
    }
    draft.keep_rest(fields, &["stateChangeFieldsVersion"]);
}
