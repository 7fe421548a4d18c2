//! Alarms that others published; skipped, loudly, where the shared data is not here.

use std::collections::BTreeSet;
use std::io::Read as _;

use serde_json::{Value, json};

use super::{Settings, attempt, seconds, settings};
use crate::alarms::Format;
use crate::tests::{archive, shared};

#[test]
fn the_samples_of_tm_forum_are_read() {
    for (file, alarms, cleared) in [
        ("Alarm", 1, 0),
        ("AckAlarms", 2, 0),
        ("ClearAlarms", 2, 2),
        ("CommentAlarms", 2, 0),
        ("GroupAlarms", 2, 0),
        ("UnAckAlarms", 2, 0),
        ("UnGroupAlarms", 2, 0),
    ] {
        let Some(bytes) = shared(&format!("tmf/samples/TMF642_Alarm/{file}.example.json")) else { return };
        let taken = attempt(Format::Tmf642, &bytes, &Settings::default()).expect("readable");
        assert_eq!((taken.records.len(), taken.rejected()), (alarms, Vec::new()), "{file}");
        let gone = taken.signals().iter().filter(|signal| signal.clear_time.is_some()).count();
        assert_eq!(gone, cleared, "{file}");
        assert!(taken.signals().iter().all(|signal| signal.source == "ems-1"), "{file}");
        assert_eq!(taken.report.warnings, Vec::<String>::new(), "{file}");
    }
}

#[test]
fn every_valid_event_is_accepted_or_left_out_with_the_reason() {
    let Some(files) = archive("alarms/ves-events-valid.tar.gz") else { return };
    let (mut records, mut left) = (0, 0);
    for (name, bytes) in &files {
        let taken = attempt(Format::Ves, bytes, &Settings::default()).expect("readable");
        assert_eq!(taken.rejected(), Vec::<String>::new(), "{name}");
        let out: u64 = taken.report.not_imported.values().map(|entry| entry.count).sum();
        assert!(taken.report.not_imported.values().all(|entry| !entry.why.is_empty()), "{name}");
        let objects: u64 = taken.report.objects.values().sum();
        assert_eq!(taken.records.len() as u64 + out, objects, "{name}");
        assert!(objects > 0, "{name}");
        records += taken.records.len();
        left += out;
    }
    println!("{} files: {records} signals, {left} events left out", files.len());
    assert_eq!((files.len(), records, left), (30, 24, 12));
}

#[test]
fn every_invalid_event_is_refused() {
    let Some(files) = archive("alarms/ves-events-invalid.tar.gz") else { return };
    for (name, bytes) in &files {
        let taken = attempt(Format::Ves, bytes, &Settings::default()).expect("readable");
        assert_eq!((taken.records.len(), taken.report.rejected.len()), (0, 1), "{name}");
        let told = &taken.report.rejected[0];
        println!("{name}: {}", told.message);
        assert!(!told.field.is_empty() && told.message.contains("mend it"), "{name}: {told:?}");
    }
    assert_eq!(files.len(), 14);
}

#[test]
fn the_alarms_of_a_microwave_network_are_read_with_the_same_ids_each_time() {
    let Some(packed) = shared("alarms/25V_474N_Microwave/Alarm.csv.gz") else { return };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    let taken = attempt(Format::Csv, &bytes, &settings()).expect("readable");
    assert_eq!((taken.records.len(), taken.rejected()), (48_572, Vec::new()));
    let signals = taken.signals();
    let of = |what: fn(&&&wire::incidents::v1::Signal) -> String| {
        signals.iter().map(|one| what(&one)).collect::<BTreeSet<_>>()
    };
    assert_eq!(of(|signal| signal.device.clone()).len(), 474);
    assert_eq!(of(|signal| signal.kind.clone()).len(), 25);
    let ids = of(|signal| signal.source_id.clone());
    assert_eq!(ids.len(), 48_572);
    assert!(signals.iter().all(|signal| seconds(signal.raise_time) == seconds(signal.clear_time)));
    let again = attempt(Format::Csv, &bytes, &settings()).expect("readable");
    assert!(again.records == taken.records, "a second reading gives the same");
}

/// The members of an object that stand right in the event or in one of its members, by their paths.
fn members(event: &Value) -> Vec<(String, String)> {
    let parts = event.as_object().into_iter().flatten();
    let inside = parts.flat_map(|(part, fields)| {
        fields.as_object().into_iter().flatten().map(move |(key, _)| (part.clone(), key.clone()))
    });
    inside.collect()
}

#[test]
fn what_the_published_schema_refuses_is_refused() {
    let Some(schema) = shared("alarms/ves-CommonEventFormat_30.2.1.schema.json") else { return };
    let Some(files) = archive("alarms/ves-events-valid.tar.gz") else { return };
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let rules = jsonschema::validator_for(&schema).expect("a schema");
    let wrong = [Value::Null, json!(7), json!("x"), json!([]), json!({}), json!(true)];
    let mut refused = 0;
    for (name, bytes) in &files {
        let whole: Value = serde_json::from_slice(bytes).expect("JSON");
        // The schema's own notion of an IPv6 address knows no zones, and one of the valid events has one.
        let Some(event) = whole.get("event").filter(|_| rules.is_valid(&whole)) else { continue };
        for (part, key) in members(event) {
            for value in std::iter::once(None).chain(wrong.iter().cloned().map(Some)) {
                let mut changed = event.clone();
                let fields = changed[&part].as_object_mut().expect("an object");
                match value {
                    Some(value) => drop(fields.insert(key.clone(), value)),
                    None => drop(fields.remove(&key)),
                }
                let text = json!({ "event": changed });
                if rules.is_valid(&text) {
                    continue;
                }
                refused += 1;
                let taken = attempt(Format::Ves, text.to_string().as_bytes(), &settings()).expect("readable");
                assert_eq!(taken.report.rejected.len(), 1, "{name} {part}.{key}: {}", changed[&part]);
            }
        }
    }
    println!("{refused} changed events are refused by both");
    assert!(refused > 1000, "{refused}");
}
