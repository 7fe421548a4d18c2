use std::fmt::Write as _;

use serde_json::{Value, json};
use wire::incidents::v1::signal::{AlarmType, Form, Severity};

use super::{Settings, attempt, seconds, take};
use crate::alarms::Format::Ves;

/// An event of a domain, with what the domain says.
fn event(domain: &str, fields: Value) -> Value {
    let mut event = json!({"commonEventHeader": {
        "version": "4.1", "vesEventListenerVersion": "7.2.1", "domain": domain, "eventName": "Thing_gNB-Acme_Something", "eventId": "e-1",
        "sequence": 3, "priority": "High", "reportingEntityName": "collector-1", "sourceName": "gnb-17", "sourceId": "de305d54",
        "startEpochMicrosec": 1_796_040_000_000_000_i64, "lastEpochMicrosec": 1_796_040_007_500_000_i64, "nfVendorName": "Acme"
    }});
    event[format!("{domain}Fields")] = fields;
    event
}

fn fault() -> Value {
    event(
        "fault",
        json!({"faultFieldsVersion": "4.0", "alarmCondition": "linkDown", "eventSeverity": "MAJOR", "eventSourceType": "port", "specificProblem": "port 7 has no light",
            "vfStatus": "Active", "alarmInterfaceA": "port-7", "alarmAdditionalInformation": {"eventType": "COMMUNICATIONS_ALARM", "shelf": "2"}}),
    )
}

fn one(event: &Value) -> super::Taken {
    take(Ves, &json!({"event": event}).to_string())
}

#[test]
fn a_fault_goes_to_its_fields_and_what_has_none_is_kept() {
    let taken = one(&fault());
    let signal = taken.only();
    assert_eq!(taken.records[0].origin, "$.event");
    assert_eq!(
        (signal.source.as_str(), signal.source_id.as_str(), signal.device.as_str()),
        ("nms-north", "gnb-17/e-1", "gnb-17")
    );
    assert_eq!(
        (signal.kind.as_str(), signal.cause.as_str(), signal.text.as_str()),
        ("linkDown", "linkDown", "port 7 has no light")
    );
    assert_eq!(
        (signal.form(), signal.alarm_type(), signal.severity()),
        (Form::Alarm, AlarmType::Communications, Severity::Major)
    );
    assert_eq!((seconds(signal.raise_time), signal.clear_time), (Some(1_796_040_000), None));
    let reported = signal.report_time.expect("a time");
    assert_eq!((reported.seconds, reported.nanos), (1_796_040_007, 500_000_000));
    for (key, value) in [
        ("domain", "fault"),
        ("eventName", "Thing_gNB-Acme_Something"),
        ("sequence", "3"),
        ("nfVendorName", "Acme"),
        ("sourceId", "de305d54"),
        ("alarmInterfaceA", "port-7"),
        ("shelf", "2"),
        ("vfStatus", "Active"),
    ] {
        assert_eq!(signal.attributes.get(key).map(String::as_str), Some(value), "{key}");
    }
}

#[test]
fn without_a_source_the_reporting_entity_is_it() {
    let taken = attempt(Ves, fault().to_string().as_bytes(), &Settings::default()).expect("readable");
    assert_eq!(taken.only().source, "collector-1");
}

#[test]
fn normal_says_that_the_condition_is_gone() {
    let mut normal = fault();
    normal["faultFields"]["eventSeverity"] = json!("NORMAL");
    let taken = one(&normal);
    assert_eq!(
        (taken.only().source_id.as_str(), seconds(taken.only().clear_time)),
        ("gnb-17/e-1", Some(1_796_040_007))
    );
}

#[test]
fn events_come_alone_in_lists_and_one_after_the_other() {
    let (bare, wrapped) = (fault(), json!({"event": fault()}));
    let list = json!({"eventList": [fault(), wrapped.clone()]});
    for (text, wanted) in [
        (bare.to_string(), vec!["line 1"]),
        (list.to_string(), vec!["$.eventList[0]", "$.eventList[1].event"]),
        (
            json!([bare, wrapped, list]).to_string(),
            vec!["$[0]", "$[1].event", "$[2].eventList[0]", "$[2].eventList[1].event"],
        ),
        (
            format!("{bare}\n{wrapped}\n{list}\n"),
            vec!["line 1", "line 2 $.event", "line 3 $.eventList[0]", "line 3 $.eventList[1].event"],
        ),
    ] {
        let taken = take(Ves, &text);
        let origins: Vec<&str> = taken.records.iter().map(|record| record.origin.as_str()).collect();
        assert_eq!((origins, taken.rejected()), (wanted, Vec::new()));
    }
}

#[test]
fn what_says_nothing_of_a_condition_is_left_out_with_the_reason() {
    let mut lines = String::new();
    for event in [
        event("heartbeat", json!({"heartbeatFieldsVersion": "3.0", "heartbeatInterval": 20})),
        event("measurement", json!({})),
        event("perf3gpp", json!({})),
        event("pnfRegistration", json!({"pnfRegistrationFieldsVersion": "2.1", "oamV6IpAddress": "fe80::1%eth2"})),
        event("mobileFlow", json!({"imsi": "001010000000001"})),
        event(
            "stateChange",
            json!({"stateChangeFieldsVersion": "4.0", "newState": "inService", "oldState": "maintenance", "stateInterface": "7"}),
        ),
        event(
            "syslog",
            json!({"syslogFieldsVersion": "4.0", "eventSourceType": "host", "syslogMsg": "hello", "syslogTag": "app", "syslogSev": "Info"}),
        ),
    ] {
        writeln!(lines, "{event}").expect("text");
    }
    let taken = take(Ves, &lines);
    assert_eq!((taken.records.len(), taken.rejected()), (0, Vec::new()));
    for kind in [
        "heartbeat",
        "measurement",
        "perf3gpp",
        "pnfRegistration",
        "mobileFlow",
        "stateChange, in service",
        "syslog, informational",
    ] {
        assert_eq!(taken.left(kind), 1, "{kind}");
        assert!(!taken.report.not_imported[kind].why.is_empty());
    }
}

#[test]
fn other_domains_say_what_they_can() {
    let tca = json!({"thresholdCrossingFieldsVersion": "4.0", "additionalParameters": [{"criticality": "MAJ", "hashMap": {"errors": "9"}, "thresholdCrossed": "errors"}],
        "alertAction": "CLEAR", "alertDescription": "IF-ERRORS", "alertType": "INTERFACE-ANOMALY", "collectionTimestamp": "x", "eventSeverity": "MINOR", "eventStartTimestamp": "x"});
    let syslog = |facility: i64| json!({"syslogFieldsVersion": "4.0", "eventSourceType": "host", "syslogMsg": "Failed password", "syslogTag": "sshd", "syslogSev": "Warning", "syslogFacility": facility});
    let state = json!({"stateChangeFieldsVersion": "4.0", "newState": "maintenance", "oldState": "inService", "stateInterface": "7"});
    for (event, kind, form, alarm_type, severity) in [
        (event("thresholdCrossingAlert", tca), "IF-ERRORS", Form::Alarm, AlarmType::QualityOfService, Severity::Minor),
        (event("syslog", syslog(10)), "sshd", Form::Detection, AlarmType::Unspecified, Severity::Warning),
        (event("syslog", syslog(3)), "sshd", Form::Alarm, AlarmType::Unspecified, Severity::Warning),
        (event("stateChange", state), "maintenance", Form::Alarm, AlarmType::Unspecified, Severity::Unspecified),
        (
            event("other", json!({"otherFieldsVersion": "3.0", "hashMap": {"a": "b"}})),
            "Thing_gNB-Acme_Something",
            Form::Alarm,
            AlarmType::Unspecified,
            Severity::Unspecified,
        ),
    ] {
        let taken = one(&event);
        let signal = taken.only();
        assert_eq!(
            (signal.kind.as_str(), signal.form(), signal.alarm_type(), signal.severity()),
            (kind, form, alarm_type, severity)
        );
        assert_eq!((signal.clear_time.is_some(), signal.planned_outage), (kind == "IF-ERRORS", kind == "maintenance"));
    }
}

#[test]
fn an_alarm_of_3gpp_is_known_by_its_own_id_and_cleared_by_it() {
    let notify = |kind: &str, severity: &str| {
        let mut event = event(
            "stndDefined",
            json!({"stndDefinedFieldsVersion": "1.0", "schemaReference": "urn:x", "data": {"notificationType": kind, "alarmId": "a-7", "alarmType": "INTEGRITY_VIOLATION",
                "probableCause": "unexpectedInformation", "perceivedSeverity": severity, "eventTime": "2026-11-30T12:01:00Z", "serviceUser": "oam"}}),
        );
        event["commonEventHeader"]["stndDefinedNamespace"] = json!("3GPP-FaultSupervision");
        event["commonEventHeader"]["sourceName"] = json!("north/gnb-17");
        event
    };
    let (raised, cleared) =
        (one(&notify("notifyNewSecAlarm", "CRITICAL")), one(&notify("notifyClearedAlarm", "CLEARED")));
    for taken in [&raised, &cleared] {
        let signal = taken.only();
        assert_eq!(
            (signal.source_id.as_str(), signal.kind.as_str(), signal.alarm_type()),
            ("north/gnb-17/alarms/a-7", "unexpectedInformation", AlarmType::IntegrityViolation)
        );
        assert_eq!(signal.attributes["serviceUser"], "oam");
    }
    assert_eq!((seconds(raised.only().clear_time), seconds(cleared.only().clear_time)), (None, Some(1_796_040_060)));
    assert_eq!(one(&notify("notifyMOICreation", "MAJOR")).left("stndDefined, notifyMOICreation"), 1);
}

#[test]
fn what_the_format_demands_is_demanded() {
    let mut cases: Vec<(Value, &str)> =
        vec![(json!({"event": 7}), "commonEventHeader"), (json!({"a": {"b": 1}}), "commonEventHeader")];
    let header = |key: &str, value: Value| {
        let mut event = fault();
        event["commonEventHeader"][key] = value;
        event
    };
    for key in [
        "domain",
        "eventId",
        "eventName",
        "sequence",
        "priority",
        "reportingEntityName",
        "sourceName",
        "startEpochMicrosec",
        "lastEpochMicrosec",
        "version",
        "vesEventListenerVersion",
    ] {
        cases.push((header(key, Value::Null), "commonEventHeader"));
        let mut event = fault();
        event["commonEventHeader"].as_object_mut().expect("an object").remove(key);
        cases.push((event, "commonEventHeader"));
    }
    cases.push((header("vesEventListenerVersion", json!("30.0.1")), "commonEventHeader.vesEventListenerVersion"));
    cases.push((header("startEpochMicrosec", json!(1e300)), "commonEventHeader.startEpochMicrosec"));
    cases.push((header("domain", json!("weather")), "commonEventHeader.domain"));
    for key in
        ["faultFieldsVersion", "alarmCondition", "eventSeverity", "eventSourceType", "specificProblem", "vfStatus"]
    {
        let mut event = fault();
        event["faultFields"].as_object_mut().expect("an object").remove(key);
        cases.push((event, "faultFields"));
    }
    let mut bare = fault();
    bare.as_object_mut().expect("an object").remove("faultFields");
    cases.push((bare, ""));
    cases.push((
        event("pnfRegistration", json!({"pnfRegistrationFieldsVersion": "2.1", "oamV4IpAddress": "9.9.9.9a"})),
        "pnfRegistrationFields.oamV4IpAddress",
    ));
    cases.push((event("stndDefined", json!({"stndDefinedFieldsVersion": "1.0", "data": {}})), "commonEventHeader"));
    for (event, field) in cases {
        let taken = take(Ves, &event.to_string());
        assert_eq!((taken.records.len(), taken.report.rejected.len()), (0, 1), "{event}");
        let told = &taken.report.rejected[0];
        assert!(
            told.field.starts_with(field) && told.message.contains("mend it") && !told.origin.is_empty(),
            "{told:?} / {event}"
        );
    }
}

#[test]
fn a_bad_event_of_a_list_is_rejected_alone() {
    let mut bad = fault();
    bad["faultFields"]["eventSeverity"] = json!("DREADFUL");
    let taken = take(Ves, &json!({"eventList": [fault(), bad, 7, fault()]}).to_string());
    let positions: Vec<i64> = taken.records.iter().map(|record| record.position).collect();
    assert_eq!(positions, [1, 2]);
    let rejected = taken.rejected();
    assert!(rejected[0].starts_with("$.eventList[1] faultFields.eventSeverity: "), "{rejected:?}");
    assert!(rejected[1].starts_with("$.eventList[2] : expected an event"), "{rejected:?}");
}
