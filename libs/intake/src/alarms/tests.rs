//! What a user sees: files in, records and a report out.

mod csv;
mod damaged;
mod published;
mod tmf642;
mod ves;

use std::ops::ControlFlow;

use wire::incidents::v1::{Signal, SignalRecord};

use super::{ColumnMap, Format, Settings, read};
use crate::{IntakeError, Report};

/// What one file gave.
struct Taken {
    records: Vec<SignalRecord>,
    report: Report,
}

impl Taken {
    fn signals(&self) -> Vec<&Signal> {
        self.records.iter().filter_map(|record| record.signal.as_ref()).collect()
    }

    fn only(&self) -> &Signal {
        assert_eq!((self.records.len(), &self.report.rejected), (1, &Vec::new()));
        self.records[0].signal.as_ref().expect("a signal")
    }

    /// `origin field: message` of what was rejected.
    fn rejected(&self) -> Vec<String> {
        let told = |one: &crate::Rejected| format!("{} {}: {}", one.origin, one.field, one.message);
        self.report.rejected.iter().map(told).collect()
    }

    fn left(&self, kind: &str) -> u64 {
        self.report.not_imported.get(kind).map_or(0, |entry| entry.count)
    }
}

fn attempt(format: Format, bytes: &[u8], settings: &Settings) -> Result<Taken, IntakeError> {
    let (mut records, mut input) = (Vec::new(), bytes);
    let report = read(format, &mut input, settings, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok(Taken { records, report })
}

fn settings() -> Settings {
    Settings { source: "nms-north".to_owned(), map: None }
}

fn take(format: Format, text: &str) -> Taken {
    attempt(format, text.as_bytes(), &settings()).expect("the file can be read")
}

fn take_mapped(text: &str, map: &str) -> Taken {
    let settings = Settings { map: Some(ColumnMap::from_toml(map).expect("the map is right")), ..settings() };
    attempt(Format::Csv, text.as_bytes(), &settings).expect("the file can be read")
}

/// Seconds since 1970.
fn seconds(time: Option<prost_types::Timestamp>) -> Option<i64> {
    time.map(|time| time.seconds)
}
