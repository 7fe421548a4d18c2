//! Notifications of other standards inside of events (`stndDefined`): above all alarms of 3GPP TS 28.532.

use serde_json::{Map, Value};

use crate::alarms::draft::Draft;
use crate::alarms::out::Out;
use crate::text::word;
use crate::{dates, text};

/// Whether an event says nothing of a condition: what it is, and why it is left out.
pub(super) fn left_out(event: &Map<String, Value>) -> Option<(String, &'static str)> {
    let header = event.get("commonEventHeader")?.as_object()?;
    let space = word(header, "stndDefinedNamespace");
    let kind = word(event.get("stndDefinedFields")?.get("data")?.as_object()?, "notificationType");
    let by_space = match space.as_str() {
        "3GPP-Heartbeat" => Some("it says that the source is there: no condition"),
        "3GPP-PerformanceAssurance" => Some("it measures; a threshold that is crossed comes as an alarm of its own"),
        "3GPP-Provisioning" => Some("it tells of what was configured: no condition"),
        _ => None,
    };
    if let Some(why) = by_space {
        return Some((format!("stndDefined, {space}"), why));
    }
    let why = match kind.as_str() {
        "notifyHeartbeat" => "it says that the source is there: no condition",
        "notifyAlarmListRebuilt" | "notifyPotentialFaultyAlarmList" => {
            "it tells of a list of alarms: export the list and read it"
        }
        "notifyAckStateChanged" | "notifyComments" | "notifyCorrelatedNotificationChanged" => {
            "it tells what others did with an alarm, not what became of the condition"
        }
        "notifyFileReady" | "notifyFilePreparationError" => "it tells of a file: no condition",
        kind if kind.starts_with("notifyMOI") => "it tells of what was configured: no condition",
        _ => return None,
    };
    Some((format!("stndDefined, {}", text::line(&kind, 60)), why))
}

/// Puts a notification into its signal. The kind is the probable cause, which a notification that the alarm is cleared has, too.
pub(super) fn apply(fields: &Map<String, Value>, draft: &mut Draft, out: &mut Out<'_>) {
    let nothing = Map::new();
    let data = fields.get("data").and_then(Value::as_object).unwrap_or(&nothing);
    let alarm = word(data, "alarmId");
    if !alarm.is_empty() {
        // Each notification of an alarm is an event of its own: the alarm is what is known.
        draft.signal.source_id = format!("{}/alarms/{alarm}", draft.signal.device);
    }
    let [cause, problem, kind] = ["probableCause", "specificProblem", "alarmType"].map(|key| word(data, key));
    // Causes may be numbers, which say nothing on their own.
    let named =
        if data.get("probableCause").is_some_and(Value::is_number) { format!("probableCause-{cause}") } else { cause };
    draft.kind(&[&named, &problem, &kind]);
    draft.cause(&named);
    draft.text(&[&problem, &word(data, "additionalText"), &word(data, "proposedRepairActions")]);
    draft.alarm_type("alarmType", &kind, out);
    let gone = draft.severity("perceivedSeverity", &word(data, "perceivedSeverity"), out);
    if gone || word(data, "notificationType") == "notifyClearedAlarm" {
        let told = dates::read(&word(data, "eventTime"), &[]);
        draft.gone([told, draft.signal.report_time]);
    }
    let known = [
        "probableCause",
        "specificProblem",
        "alarmType",
        "additionalText",
        "proposedRepairActions",
        "perceivedSeverity",
    ];
    draft.keep_rest(data, &known);
    draft.keep_rest(fields, &["data", "stndDefinedFieldsVersion"]);
}
