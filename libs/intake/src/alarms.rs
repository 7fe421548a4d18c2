//! Alarms: what management systems and network functions report, read into records of signals.
//!
//! [`read`] hands every record to the sink as soon as it is known, and gives a [`Report`] that accounts for every object of the file: a record,
//! left out with the reason, or rejected with its place and a remedy. The same file gives the same ids each time it is read, so that reading it
//! again changes nothing. What has no field of its own is kept as an attribute, at most 64 of 1024 characters.
//!
//! ```
//! use std::ops::ControlFlow;
//! let mut file: &[u8] = b"id,device,kind,severity,raised\n7,akron-rtr01,link_down,major,2026-11-30T12:00:00Z\n";
//! let settings = intake::alarms::Settings { source: "nms-north".to_owned(), ..Default::default() };
//! let mut kinds = Vec::new();
//! let report = intake::alarms::read(intake::alarms::Format::Csv, &mut file, &settings, &mut |record| {
//!     kinds.extend(record.signal.map(|signal| signal.kind));
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(kinds, ["link_down"]);
//! assert_eq!(report.objects.get("row"), Some(&1));
//! # Ok::<(), intake::IntakeError>(())
//! ```

mod csv;
mod draft;
mod out;
mod tmf642;
mod ves;
mod words;

use std::io::Read;
use std::ops::ControlFlow;

use wire::incidents::v1::SignalRecord;

pub use self::csv::ColumnMap;
use crate::out::Stop;
use crate::{IntakeError, Report};
use out::Out;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TM Forum TMF642 alarms, version 4: a JSON list, one object after the other (NDJSON), or a single object; events about alarms and tasks that
    /// hold alarms, too. Read as it comes.
    Tmf642,
    /// Events of VES, version 7 (`commonEventHeader`): one event, a list of them, `{"event": …}`, `{"eventList": […]}`, and these one after the
    /// other. Read as it comes, one event at a time.
    Ves,
    /// Comma separated values with a header line. Read as it comes. Where no column holds an id, 24 bytes or so are kept of each row.
    Csv,
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who says it, such as `nms-north`, at most 64 characters: with the id that an alarm has there, what it is known by. [`Format::Tmf642`] asks for
    /// it where an alarm has no `sourceSystemId`, [`Format::Csv`] where no column says it; [`Format::Ves`] takes `reportingEntityName` where it is
    /// empty.
    pub source: String,
    /// Which column is which field, for [`Format::Csv`]; guessed from the header where absent. Other formats ignore it.
    pub map: Option<ColumnMap>,
}

/// Reads `input` as `format` and hands every record to `sink` as soon as it is known. Positions count the records handed over, from 1.
///
/// The sink may answer [`ControlFlow::Break`]: reading ends and the report covers what was read until then.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read: it is empty, not text, cut off, not of the format, or the input fails. Records that
/// were handed over before stay handed over. A single bad object is no error: it is in [`Report::rejected`].
pub fn read(
    format: Format,
    input: &mut dyn Read,
    settings: &Settings,
    sink: &mut dyn FnMut(SignalRecord) -> ControlFlow<()>,
) -> Result<Report, IntakeError> {
    let mut out = Out::new(sink);
    let read = match format {
        Format::Tmf642 => tmf642::read(input, settings, &mut out),
        Format::Ves => ves::read(input, settings, &mut out),
        Format::Csv => self::csv::read(input, settings, &mut out),
    };
    match read {
        Ok(()) | Err(Stop::Asked) => Ok(out.into_report()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
