use std::ops::ControlFlow;

use proptest::prelude::*;

use super::{ColumnMap, attempt, settings};
use crate::alarms::{Format, read};

const FORMATS: [Format; 3] = [Format::Tmf642, Format::Ves, Format::Csv];

/// Members that readers know, with values that they may not expect.
const MEMBERS: &str = "\"(id|sourceSystemId|alarmType|perceivedSeverity|probableCause|alarmedObject|alarmRaisedTime|event|alarm|ackedAlarm|eventList|commonEventHeader|domain|faultFields|stndDefinedFields)\":(null|7|-7e300|\"x\"|\"fault\"|\"cleared\"|\"2026-11-30T12:00:00Z\"|\\[\\]|\\{\\}|\\[\\{\"id\":1\\},7\\]|\\{\"event\":\\{\"alarm\":\\{\\}\\}\\}|\\{\"domain\":\"fault\"\\})";

#[test]
fn damaged_files_are_refused_with_place_and_remedy() {
    let deep = format!("[{}", "[".repeat(100_000));
    let cases: &[(&[u8], &str)] = &[
        (b"", "line 1"),
        (b" \n ", "line 1"),
        (b"7", "line 1 column 1"),
        (b"<html>", "`<`"),
        (b"\xff\xfe[\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"[{\"id\": \"a\"", "line 1 column 12"),
        (b"[{\"id\": \"a\"},", "line 1 column 14"),
        (b"[{\"id\":\n \"\xff\"}]", "line 2 column 3"),
        (b"{\"id\": \"a\"}\n{\"id\": ", "line 2"),
        (deep.as_bytes(), "levels of nesting"),
    ];
    for format in [Format::Tmf642, Format::Ves] {
        for (bytes, place) in cases {
            let error = attempt(format, bytes, &settings()).err().map(|error| error.to_string()).unwrap_or_default();
            let told = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
            assert!(error.contains(place), "{format:?} {told:?}: {error}");
        }
    }
}

#[test]
fn a_sink_that_breaks_ends_the_reading_with_a_report() {
    let (mut input, mut seen): (&[u8], i64) = (b"device,kind,time\na,k,1\nb,k,2\nc,k,3\n", 0);
    let report = read(Format::Csv, &mut input, &settings(), &mut |record| {
        seen = record.position;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .expect("breaking is no error");
    assert_eq!((seen, report.objects["row"]), (2, 2));
}

/// A file of lines without an end, until it fails.
struct Endless {
    line: &'static [u8],
    left: usize,
}

impl std::io::Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        self.left = self.left.checked_sub(1).ok_or_else(|| std::io::Error::other("the disk is gone"))?;
        let count = room.len().min(self.line.len());
        room[..count].copy_from_slice(&self.line[..count]);
        Ok(count)
    }
}

#[test]
fn records_are_out_long_before_the_last_byte_is_in() {
    let alarm = br#"{"id":"1","probableCause":"fan","alarmedObject":"a","alarmRaisedTime":"2026-11-30T12:00:00Z"}
"#;
    let mut input = Endless { line: alarm, left: 10_000 };
    let mut seen = 0;
    let error = read(Format::Tmf642, &mut input, &settings(), &mut |_| {
        seen += 1;
        ControlFlow::Continue(())
    });
    assert!(error.err().is_some_and(|error| error.to_string().contains("the disk is gone")));
    assert!(seen >= 9_900, "{seen}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in FORMATS {
            let _ = attempt(format, &bytes, &settings());
        }
        let _ = attempt(Format::Csv, &[b"device,kind,time,severity\n", bytes.as_slice()].concat(), &settings());
    }

    #[test]
    fn no_text_of_the_right_signs_makes_a_reader_panic(text in r#"[\[\]{},:"a1 \n;\\-]{0,120}"#) {
        for format in FORMATS {
            let _ = attempt(format, text.as_bytes(), &settings());
        }
        let _ = ColumnMap::from_toml(&text);
    }

    #[test]
    fn no_members_make_a_reader_panic(parts in proptest::collection::vec(MEMBERS, 0..12)) {
        let parts = parts.join(",");
        for format in [Format::Tmf642, Format::Ves] {
            for text in [format!("[{{{parts}}}]"), format!("{{{parts}}}"), format!("{{\"event\":{{\"commonEventHeader\":{{{parts}}},{parts}}}}}")] {
                let _ = attempt(format, text.as_bytes(), &settings());
            }
        }
    }

    #[test]
    fn every_row_is_accounted_for_and_ids_are_different(rows in proptest::collection::vec("[ab1,.]{0,7}", 0..20)) {
        let text = format!("device,kind,time\n{}\n", rows.join("\n"));
        let taken = attempt(Format::Csv, text.as_bytes(), &settings()).expect("readable");
        let told = taken.records.len() + taken.report.rejected.len();
        prop_assert_eq!(told as u64 + taken.left("row, blank"), taken.report.objects.get("row").copied().unwrap_or_default());
        let mut ids: Vec<&str> = taken.signals().iter().map(|signal| signal.source_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), taken.records.len());
    }
}
