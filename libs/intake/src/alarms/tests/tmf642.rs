use wire::incidents::v1::signal::{AlarmType, Form, Severity};

use super::{Settings, attempt, seconds, take};
use crate::alarms::Format::Tmf642;

const ALARM: &str = r#"{
  "id": 4711, "href": "/alarm/4711", "@type": "Alarm", "externalAlarmId": "x-9", "state": "raised",
  "alarmType": "Quality of Service Alarm", "perceivedSeverity": "CRITICAL", "probableCause": "thresholdCrossed",
  "specificProblem": " packet loss ", "alarmedObjectType": "Router",
  "alarmedObject": [{"id": 77, "href": "/resource/77"}, {"id": "78"}],
  "sourceSystemId": "ems-7", "alarmDetails": "loss=7 %",
  "alarmRaisedTime": "2026-11-30T12:00:00.250Z", "alarmReportingTime": "2026-11-30T12:00:02Z", "alarmChangedTime": "2026-11-30T12:05:00Z",
  "ackState": "acknowledged", "ackUserId": "duty-3", "isRoot": true, "parentAlarm": {"id": "9"}, "serviceAffecting": true,
  "plannedOutageIndicator": "outOfService", "vendorThing": {"shelf": 3}
}"#;

#[test]
fn an_alarm_goes_to_its_fields_and_what_has_none_is_kept() {
    let taken = take(Tmf642, ALARM);
    let signal = taken.only();
    assert_eq!((taken.records[0].position, taken.records[0].origin.as_str()), (1, "line 1"));
    assert_eq!((signal.source.as_str(), signal.source_id.as_str()), ("ems-7", "4711"));
    assert_eq!(
        (signal.kind.as_str(), signal.cause.as_str(), signal.device.as_str()),
        ("packet loss", "thresholdCrossed", "77")
    );
    assert_eq!(
        (signal.form(), signal.alarm_type(), signal.severity()),
        (Form::Alarm, AlarmType::QualityOfService, Severity::Critical)
    );
    let raised = signal.raise_time.expect("a time");
    assert_eq!((raised.seconds, raised.nanos), (1_796_040_000, 250_000_000));
    assert_eq!((seconds(signal.report_time), signal.clear_time), (Some(1_796_040_002), None));
    assert_eq!((signal.text.as_str(), signal.acknowledged_by.as_str()), ("loss=7 %", "duty-3"));
    assert!(signal.planned_outage && signal.service_affecting);
    for (key, value) in [
        ("externalAlarmId", "x-9"),
        ("alarmedObjectType", "Router"),
        ("alarmedObject", r#"{"id":"78"}"#),
        ("alarmedObject.href", "/resource/77"),
        ("isRootCause", "true"),
        ("parentAlarm", r#"{"id":"9"}"#),
        ("vendorThing", r#"{"shelf":3}"#),
    ] {
        assert_eq!(signal.attributes.get(key).map(String::as_str), Some(value), "{key}");
    }
}

#[test]
fn kinds_sources_ids_and_devices_fall_back() {
    let taken = take(
        Tmf642,
        r#"[
        {"externalAlarmId":"e-1","alarmType":"EQUIPMENT_ALARM","probableCause":"fan","alarmedObject":{"name":"rtr-1"},"alarmRaisedTime":"2026-11-30T12:00:00Z"},
        {"id":"2","alarmType":"timeDomainViolation","alarmedObject":{"href":"/r/9"},"alarmRaisedTime":"2026-11-30T12:00:00Z"}
        ]"#,
    );
    let told: Vec<_> = taken
        .signals()
        .iter()
        .map(|signal| {
            (
                signal.source.as_str(),
                signal.source_id.as_str(),
                signal.kind.as_str(),
                signal.device.as_str(),
                signal.alarm_type(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("nms-north", "e-1", "fan", "rtr-1", AlarmType::Equipment),
            ("nms-north", "2", "timeDomainViolation", "/r/9", AlarmType::TimeDomainViolation),
        ]
    );
}

#[test]
fn what_is_cleared_says_since_when() {
    let alarm = |rest: &str| {
        format!(
            r#"{{"id":"1","probableCause":"fan","alarmedObject":{{"id":"a"}},"alarmRaisedTime":"2026-11-30T12:00:00Z"{rest}}}"#
        )
    };
    for (rest, cleared) in [
        ("", None),
        (
            r#","perceivedSeverity":"Cleared","alarmClearedTime":"2026-11-30T12:00:07Z","alarmChangedTime":"2026-11-30T12:00:03Z""#,
            Some(7),
        ),
        (r#","perceivedSeverity":"CLEARED","alarmChangedTime":"2026-11-30T12:00:03Z""#, Some(3)),
        (r#","state":"cleared""#, Some(0)),
        (r#","alarmClearedTime":"2026-11-30T12:00:05Z""#, Some(5)),
    ] {
        let taken = take(Tmf642, &alarm(rest));
        assert_eq!(seconds(taken.only().clear_time).map(|time| time - 1_796_040_000), cleared, "{rest}");
    }
}

#[test]
fn one_bad_object_is_rejected_alone() {
    let taken = take(
        Tmf642,
        r#"[7,
        {"id":"1","probableCause":"fan","alarmedObject":{"id":"a"}},
        {"id":"2","probableCause":"fan","alarmedObject":{"id":"a"},"alarmRaisedTime":"yesterday"},
        {"id":"3","probableCause":"fan","alarmRaisedTime":"2026-11-30T12:00:00Z"},
        {"probableCause":"fan","alarmedObject":{"id":"a"},"alarmRaisedTime":"2026-11-30T12:00:00Z"},
        {"id":"5","alarmedObject":{"id":"a"},"alarmRaisedTime":"2026-11-30T12:00:00Z"},
        {"id":"6","probableCause":"fan","alarmedObject":{"id":"a"},"alarmRaisedTime":"2026-11-30T12:00:00Z","sourceSystemId":"a source whose name is longer than the sixty-four characters it may have"},
        {"id":"7","probableCause":"fan","alarmedObject":{"id":"a"},"alarmRaisedTime":"2026-11-30T12:00:00Z","perceivedSeverity":"dreadful"}]"#,
    );
    let rejected = taken.rejected();
    for (told, wanted) in rejected.iter().zip([
        "$[0] : expected a TMF642 alarm, found a number",
        "$[1] alarmRaisedTime: an alarm must say when",
        "$[2] alarmRaisedTime: `yesterday` is no time",
        "$[3] device: nothing says what it is about",
        "$[4] source_id: it has no id",
        "$[5] kind: nothing says what kind",
        "$[6] source: the name of the system it comes from has more than 64",
    ]) {
        assert!(told.starts_with(wanted), "{told} / {wanted}");
    }
    assert_eq!(rejected.len(), 7, "{rejected:?}");
    let last = taken.signals()[0];
    assert_eq!((last.source_id.as_str(), last.severity()), ("7", Severity::Indeterminate));
    assert_eq!(last.attributes["perceivedSeverity"], "dreadful");
    assert_eq!(taken.report.objects["alarm"], 7);
}

#[test]
fn without_a_source_an_alarm_must_name_it() {
    let alarm = r#"{"id":"1","probableCause":"fan","alarmedObject":"a","alarmRaisedTime":"2026-11-30T12:00:00Z"}"#;
    let taken = attempt(Tmf642, alarm.as_bytes(), &Settings::default()).expect("readable");
    assert!(taken.rejected()[0].contains("line 1 source"), "{:?}", taken.rejected());
}

#[test]
fn events_and_tasks_are_read_as_the_alarms_they_hold() {
    let alarm =
        r#"{"id":"1","probableCause":"fan","alarmedObject":{"id":"a"},"alarmRaisedTime":"2026-11-30T12:00:00Z"}"#;
    let lines = format!(
        "{{\"eventType\":\"AlarmCreateEvent\",\"event\":{{\"alarm\":{alarm}}}}}\n{{\"id\":\"9\",\"alarmPattern\":[],\"ackedAlarm\":[{alarm},{alarm}]}}\n{{\"id\":\"10\",\"alarmPattern\":[{{\"id\":\"1\"}}]}}\n"
    );
    let taken = take(Tmf642, &lines);
    let origins: Vec<&str> = taken.records.iter().map(|record| record.origin.as_str()).collect();
    assert_eq!(origins, ["line 1.event.alarm[0]", "line 2.ackedAlarm[0]", "line 2.ackedAlarm[1]"]);
    assert_eq!((taken.left("task or event"), taken.left("task, without alarms")), (2, 1));
}

#[test]
fn whoever_took_an_acknowledgement_back_has_not_acknowledged() {
    let taken = take(
        Tmf642,
        r#"{"id":"1","probableCause":"fan","alarmedObject":"a","alarmRaisedTime":"2026-11-30T12:00:00Z","ackState":"UNacknowledged","ackUserId":"duty-3"}"#,
    );
    let signal = taken.only();
    assert_eq!((signal.acknowledged_by.as_str(), signal.attributes["ackUserId"].as_str()), ("", "duty-3"));
}

#[test]
fn events_of_ves_are_not_taken_for_alarms() {
    for text in [r#"{"event":{"commonEventHeader":{}}}"#, r#"[{"commonEventHeader":{}}]"#, r#"{"eventList":[]}"#] {
        let error = attempt(Tmf642, text.as_bytes(), &Settings::default()).err().map(|error| error.to_string());
        assert!(error.unwrap_or_default().contains("found an event of VES"), "{text}");
    }
}
