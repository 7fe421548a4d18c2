use wire::incidents::v1::signal::{AlarmType, Form, Severity};

use super::{ColumnMap, seconds, take, take_mapped};
use crate::alarms::Format::Csv;

#[test]
fn columns_are_guessed_by_their_names() {
    let taken = take(
        Csv,
        "Alarm ID;NE Name;Specific Problem;Alarm Type;Perceived Severity;Probable Cause;Additional Text;Raised Time;Cleared Time;Vendor\n\
         a-1;rtr-1;LINK_DOWN;communicationsAlarm;Major;loss of signal;port 7;2026-11-30 12:00:00;;Acme\n",
    );
    let signal = taken.only();
    assert_eq!(
        (taken.records[0].origin.as_str(), signal.source.as_str(), signal.source_id.as_str()),
        ("line 2", "nms-north", "a-1")
    );
    assert_eq!(
        (signal.device.as_str(), signal.kind.as_str(), signal.cause.as_str(), signal.text.as_str()),
        ("rtr-1", "LINK_DOWN", "loss of signal", "port 7")
    );
    assert_eq!(
        (signal.form(), signal.alarm_type(), signal.severity()),
        (Form::Alarm, AlarmType::Communications, Severity::Major)
    );
    assert_eq!((seconds(signal.raise_time), signal.clear_time), (Some(1_796_040_000), None));
    assert_eq!(signal.attributes["Vendor"], "Acme");
}

#[test]
fn without_a_column_of_ids_they_are_made_of_what_rows_say() {
    let text = "alarm_id,device_id,start_timestamp,end_timestamp\n4,404,15,15\n0,381,34,\n4,404,15,15\n4,404,15.5,\n4,404,15,15\n";
    let ids = |text: &str| -> Vec<String> {
        take(Csv, text).signals().iter().map(|signal| signal.source_id.clone()).collect()
    };
    let wanted = ["404/4/15", "381/0/34", "404/4/15/2", "404/4/15.500000000", "404/4/15/3"];
    assert_eq!(ids(text), wanted);
    assert_eq!(ids(text), wanted, "a second reading gives the same");
    let taken = take(Csv, text);
    let first = taken.signals()[0];
    assert_eq!(
        (first.kind.as_str(), first.device.as_str(), seconds(first.raise_time), seconds(first.clear_time)),
        ("4", "404", Some(15), Some(15))
    );
    assert!(
        taken.report.warnings.iter().any(|warning| warning.contains("`alarm_id` is taken as the kind")),
        "{:?}",
        taken.report.warnings
    );
    // An id has its limit, and stays one.
    let long = format!("device,kind,time\n{0},{1},7\n{0},{1},8\n", "d".repeat(256), "k".repeat(200));
    let long = ids(&long);
    assert!(long[0] != long[1] && long.iter().all(|id| id.len() == 256), "{long:?}");
}

#[test]
fn a_map_names_columns_defaults_and_meanings() {
    let taken = take_mapped(
        "NR,NE,WHAT,SEV,WHEN,STATE,NOTE,EXTRA\n7,rtr-1,fan,1,30.11.2026 12:00,closed,secret,x\n8,rtr-2,fan,9,1796040000,open,,\n",
        r#"
        date_formats = ["%d.%m.%Y %H:%M"]
        key = ["NE", "NR"]
        [columns]
        ne = "device"
        WHAT = "kind"
        SEV = "severity"
        WHEN = "raise_time"
        STATE = "state"
        NOTE = "ignore"
        EXTRA = "attribute.shelf"
        [defaults]
        alarm_type = "equipment"
        form = "detection"
        source = "nms-south"
        [values.severity]
        "1" = "critical"
        "#,
    );
    let signals = taken.signals();
    let first = signals[0];
    assert_eq!(
        (first.source.as_str(), first.source_id.as_str(), first.severity()),
        ("nms-south", "rtr-1/7", Severity::Critical)
    );
    assert_eq!((first.alarm_type(), first.form()), (AlarmType::Equipment, Form::Detection));
    assert_eq!((seconds(first.raise_time), seconds(first.clear_time)), (Some(1_796_040_000), Some(1_796_040_000)));
    let kept: Vec<(&str, &str)> = first.attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(kept, [("NR", "7"), ("STATE", "closed"), ("shelf", "x")]);
    let second = signals[1];
    assert_eq!(
        (second.source_id.as_str(), seconds(second.raise_time), second.clear_time),
        ("rtr-2/8", Some(1_796_040_000), None)
    );
    assert_eq!((second.severity(), second.attributes["SEV"].as_str()), (Severity::Indeterminate, "9"));
}

#[test]
fn bad_rows_are_rejected_alone_with_line_and_remedy() {
    let taken = take(
        Csv,
        "id,device,kind,raised\n1,a,k,never\n2,a\n,a,k,7\n4,,k,7\n5,a,,7\n6,a,k,\n7,a,k,1796040000123\n\n8,a,k,7\n",
    );
    let rejected = taken.rejected();
    for (told, wanted) in rejected.iter().zip([
        "line 2 raised: `never` is no time",
        "line 3 : the row has 2 cells",
        "line 4 id: the id `id` is empty",
        "line 5 device: ",
        "line 6 kind: ",
        "line 7 raise_time: ",
        "line 8 raised: `1796040000123` is no time",
    ]) {
        assert!(told.starts_with(wanted), "{told} / {wanted}");
    }
    assert_eq!((rejected.len(), taken.records.len(), taken.report.objects["row"]), (7, 1, 8), "{rejected:?}");
}

#[test]
fn a_file_without_what_alarms_must_have_is_refused_with_the_remedy() {
    for (text, field) in [("id,kind,time\n", "device"), ("id,device,time\n", "kind"), ("device,kind\n", "raise_time")] {
        let error = super::attempt(Csv, text.as_bytes(), &super::settings())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(error.contains(&format!("no column goes to `{field}`")) && error.contains("[columns]"), "{error}");
    }
    for (map, told) in [
        ("[columns]\nA = \"devise\"", "no field `devise`"),
        ("[defaults]\nid = \"1\"", "default key"),
        ("[columns]\nA = \"kind\"\nB = \"kind\"", "both go to `kind`"),
    ] {
        let error = ColumnMap::from_toml(map).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(told), "{error}");
    }
}
