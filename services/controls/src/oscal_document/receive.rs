//! The stream of an import, to its end: `start`, then bytes. Nothing is looked at before all of it is here.

use std::sync::LazyLock;

use fault::{Fault, Outcome};
use futures::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::Streaming;
use wire::Validate as _;
use wire::controls::v1::import_oscal_request::Part;
use wire::controls::v1::{ErrorReason, ImportOscalRequest, ImportOscalStart};

use super::{MOST_BYTES, too_large};

/// How many documents are received and read at once; others wait. A document of the greatest size takes some hundred megabytes while it
/// is read.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// How many bytes one message may bring.
const MOST_CHUNK: usize = 1 << 20;

/// A place among those that are read at once.
pub(crate) async fn place() -> Outcome<SemaphorePermit<'static>> {
    AT_ONCE.acquire().await.map_err(Fault::defect)
}

/// The first message.
pub(crate) async fn start(stream: &mut Streaming<ImportOscalRequest>) -> Outcome<ImportOscalStart> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status.to_string(), 0))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(not_started("send `start` as the first message"));
    };
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if !violations.is_empty() {
        return Err(Fault::violations(violations));
    }
    if usize::try_from(start.size_bytes).unwrap_or(usize::MAX) > MOST_BYTES {
        return Err(over().on("start.size_bytes"));
    }
    Ok(start)
}

/// The bytes that follow.
pub(crate) async fn bytes(stream: &mut Streaming<ImportOscalRequest>, start: &ImportOscalStart) -> Outcome<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(message) = stream.next().await {
        let message = message.map_err(|status| cut(&status.to_string(), bytes.len()))?;
        let Some(Part::Chunk(chunk)) = message.part else {
            return Err(not_started(
                "`start` came again, or a message was empty: send `start` once, first, then bytes",
            ));
        };
        if chunk.len() > MOST_CHUNK {
            let message = format!("a chunk has at most {MOST_CHUNK} bytes: send the document in smaller parts");
            return Err(too_large(message, "bytes of a chunk", MOST_CHUNK).on("chunk"));
        }
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(over().on("chunk"));
        }
        bytes.extend(chunk);
    }
    let announced = usize::try_from(start.size_bytes).unwrap_or_default();
    if announced > 0 && announced != bytes.len() {
        let message = format!("{announced} bytes were announced, and {} came", bytes.len());
        return Err(cut(&message, bytes.len()));
    }
    Ok(bytes)
}

fn over() -> Box<Fault> {
    let message = format!("a document has at most {MOST_BYTES} bytes: split it into several");
    too_large(message, "bytes", MOST_BYTES)
}

fn cut(why: &str, received: usize) -> Box<Fault> {
    let message = format!("the stream was cut, nothing of it is kept: {why}; import the document again");
    Fault::new(tonic::Code::Aborted, ErrorReason::OscalImportCut, message).with("received", received)
}

fn not_started(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::OscalImportNotStarted, message)
}
