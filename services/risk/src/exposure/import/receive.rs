//! The stream of an import: `start`, then records.

use fault::{Fault, Outcome};
use futures::StreamExt as _;
use tonic::Streaming;
use wire::Validate as _;
use wire::risk::v1::import_exposures_request::Part;
use wire::risk::v1::{ErrorReason, ExposureRecord, ImportExposuresRequest, ImportExposuresStart};

/// How many records one message may hold.
const MOST_RECORDS: usize = 500;

/// The first message.
pub(super) async fn start(stream: &mut Streaming<ImportExposuresRequest>) -> Outcome<ImportExposuresStart> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status.to_string(), 0))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(not_started("send `start` as the first message"));
    };
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if violations.is_empty() { Ok(start) } else { Err(Fault::violations(violations)) }
}

/// The records of the next message; none at the end. `received` is how many came before.
pub(super) async fn records(
    stream: &mut Streaming<ImportExposuresRequest>,
    received: i32,
) -> Outcome<Option<Vec<ExposureRecord>>> {
    let Some(message) = stream.next().await else { return Ok(None) };
    let message = message.map_err(|status| cut(&status.to_string(), received))?;
    let Some(Part::Records(records)) = message.part else {
        return Err(not_started("`start` came again, or a message was empty: send `start` once, first, then records"));
    };
    let count = records.records.len();
    if count > MOST_RECORDS {
        let message =
            format!("a message holds at most {MOST_RECORDS} records, and this one {count}: send them in several");
        return Err(Fault::invalid(ErrorReason::ScanBatchTooLarge, message)
            .with("count", count)
            .with("limit", MOST_RECORDS)
            .on("records.records"));
    }
    Ok(Some(records.records))
}

fn cut(why: &str, received: i32) -> Box<Fault> {
    let message = format!("the stream was cut after {received} records, which are kept: {why}; import the scan again");
    Fault::new(tonic::Code::Aborted, ErrorReason::ScanImportCut, message).with("received", received)
}

fn not_started(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::ScanImportNotStarted, message)
}
