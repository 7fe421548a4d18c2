//! A file on its way in: nothing of it stays unless all of it came, and is what was announced.
//!
//! The order of what lasts: first the deadline that looks for a file nobody names, then, under a lock on the digest, the row of the
//! evidence (not yet committed), the file in its place, the commit. So a row never names a file that is not there; a file that no row
//! names is removed by the deadline.

use std::sync::Arc;
use std::time::Duration;

use access::Context;
use deadline::Deadline;
use fault::{Fault, Outcome};
use futures::StreamExt as _;
use store::{Hold, Transaction, in_state, micros, timestamp};
use tonic::{Code, Status, Streaming};
use wire::Validate as _;
use wire::controls::v1::evidence::State;
use wire::controls::v1::upload_evidence_request::Part;
use wire::controls::v1::{ErrorReason, Evidence, EvidenceFile, UploadEvidenceRequest, UploadStart};

use super::files::{Files, Incoming};
use crate::{Registry, organization_of};

/// How many bytes a chunk may have.
const LARGEST_CHUNK: usize = 1 << 20;

/// How long a caller may be silent while it uploads, where nothing else is set.
pub const SILENCE: Duration = Duration::from_secs(60);

/// The kind of the deadline at which a file goes that no evidence names.
pub(super) const REMOVE: &str = "remove-evidence-file";

/// How long after it was kept a file is looked at: its upload has ended by then, one way or the other.
const LOOKED_AT_AFTER: i64 = 3_600_000_000;

/// One transaction at a time keeps or removes the file of a digest.
const FILE: i32 = 7_310_641;

/// Takes the file of a piece of evidence.
pub(super) async fn upload(
    registry: &Registry,
    files: &Files,
    silence: Duration,
    context: &Context,
    mut stream: Streaming<UploadEvidenceRequest>,
) -> Outcome<Evidence> {
    let start = match next(&mut stream, silence, 0).await? {
        Some(Part::Start(start)) => start,
        _ => return Err(not_started("send `start` as the first message")),
    };
    // Nothing is said of the request before it is known that the caller may see the evidence.
    let before = registry.evidence.get(context, &start.name).await?;
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if !violations.is_empty() {
        return Err(Fault::violations(violations));
    }
    if !admits(&before, &start)? {
        return Ok(before);
    }
    let size = within(&start, files.largest())?;
    let mut incoming = files.receive(&context.clock.id()).await?;
    let landed = match receive(&mut stream, silence, &start, size, &mut incoming).await {
        Ok(()) => land(registry, files, context, &start, &mut incoming).await,
        Err(fault) => Err(fault),
    };
    incoming.discard().await;
    landed
}

/// Whether evidence takes this file; false where it has it already.
fn admits(evidence: &Evidence, start: &UploadStart) -> Outcome<bool> {
    match &evidence.file {
        Some(file) if file.sha256 == start.sha256 => Ok(false),
        Some(file) => {
            let message = "the evidence has another file already, and evidence is never replaced: create evidence of its own for this one";
            Err(Fault::precondition(ErrorReason::EvidenceHasFile, message).with("sha256", &file.sha256))
        }
        None => in_state("evidence", evidence.state(), &[State::Empty], "given a file").map(|()| true),
    }
}

/// How many bytes will come.
fn within(start: &UploadStart, largest: u64) -> Outcome<u64> {
    let size = u64::try_from(start.size).unwrap_or_default();
    if size <= largest {
        return Ok(size);
    }
    let message = format!("the file has {size} bytes, and the service takes {largest} at most (evidence.maximum_size)");
    Err(Fault::invalid(ErrorReason::UploadTooLarge, message).with("size", size).with("limit", largest).on("start.size"))
}

/// Takes chunks until the stream ends; then all of the file is there, and is what was announced.
async fn receive(
    stream: &mut Streaming<UploadEvidenceRequest>,
    silence: Duration,
    start: &UploadStart,
    size: u64,
    incoming: &mut Incoming,
) -> Outcome<()> {
    while let Some(part) = next(stream, silence, incoming.received()).await? {
        let Part::Chunk(chunk) = part else { return Err(not_started("`start` came again: send it once, first")) };
        if chunk.is_empty() || chunk.len() > LARGEST_CHUNK {
            let description = format!("has {} bytes: send 1 to {LARGEST_CHUNK} in a chunk", chunk.len());
            return Err(Fault::violations(vec![wire::Violation { field: "chunk".to_owned(), description }]));
        }
        let received = incoming.received() + chunk.len() as u64;
        if received > size {
            return Err(wrong_size(size, received, "at least "));
        }
        incoming.write(chunk).await?;
    }
    if incoming.received() != size {
        return Err(wrong_size(size, incoming.received(), ""));
    }
    let found = incoming.sha256();
    if found != start.sha256 {
        let message = format!("the SHA-256 of what came is {found}, not {}: nothing of it was kept", start.sha256);
        return Err(Fault::invalid(ErrorReason::UploadDigestWrong, message).with("found", found).on("start.sha256"));
    }
    incoming.complete().await
}

/// Keeps the file, and says so in the evidence.
async fn land(
    registry: &Registry,
    files: &Files,
    context: &Context,
    start: &UploadStart,
    incoming: &mut Incoming,
) -> Outcome<Evidence> {
    let organization = organization_of(&start.name);
    let mut tx = registry.database.begin(context).await?;
    look_at(&mut tx, organization, &start.sha256, context.clock.now().saturating_add(LOOKED_AT_AFTER)).await?;
    tx.commit().await?;

    let mut tx = registry.database.begin(context).await?;
    tx.hold(FILE, &format!("{organization}\n{}", start.sha256), Hold::Alone).await?;
    let rule = |context: &Context, old: &Evidence, new: &mut Evidence| {
        if admits(old, start)? {
            give(context, start, new);
        }
        Ok(())
    };
    let evidence = registry.evidence.change_in(&mut tx, &start.name, "", rule).await?;
    files.keep(organization, &start.sha256, incoming).await?;
    tx.commit().await?;
    Ok(evidence)
}

/// The evidence has its file.
fn give(context: &Context, start: &UploadStart, new: &mut Evidence) {
    let now = context.clock.now();
    let media_type = if start.media_type.is_empty() { "application/octet-stream" } else { &start.media_type };
    new.file = Some(EvidenceFile {
        file_name: start.file_name.clone(),
        media_type: media_type.to_owned(),
        size: start.size,
        sha256: start.sha256.clone(),
        uploader: context.caller.subject.clone(),
        upload_time: timestamp(now),
    });
    // What is over never proved anything, and so takes nothing with it.
    if new.valid_until.is_some() && micros(new.valid_until.as_ref()) <= now {
        new.set_state(State::Expired);
        new.end_time = timestamp(now);
    } else {
        new.set_state(State::Valid);
    }
}

/// Has a file looked at: it goes where no evidence names it by then. `due` is in microseconds since 1970.
pub(super) async fn look_at(tx: &mut Transaction, organization: &str, sha256: &str, due: i64) -> Outcome<()> {
    deadline::set(tx, &[Deadline::new(organization, REMOVE, sha256, due)]).await
}

/// Removes a file that no evidence names.
pub(super) async fn remove(tx: &mut Transaction, files: Arc<Files>, deadline: &Deadline) -> Outcome<()> {
    let Deadline { organization, name: sha256, .. } = deadline;
    tx.hold(FILE, &format!("{organization}\n{sha256}"), Hold::Alone).await?;
    let mut sql = tx.sql("SELECT 1 FROM evidence_file WHERE organization = ");
    sql.bind(organization.as_str()).push(" AND sha256 = ").bind(sha256.as_str()).push(" LIMIT 1");
    if tx.row(sql).await?.is_some() {
        return Ok(());
    }
    files.remove(organization, sha256).await
}

/// The next part; none at the end.
async fn next(
    stream: &mut Streaming<UploadEvidenceRequest>,
    silence: Duration,
    received: u64,
) -> Outcome<Option<Part>> {
    let message = tokio::time::timeout(silence, stream.next()).await.map_err(|_| {
        let seconds = silence.as_secs();
        cut(&format!("nothing came for {seconds} s: send the file without pauses"), received)
    })?;
    match message.transpose().map_err(|status| torn(&status, received))? {
        None => Ok(None),
        Some(UploadEvidenceRequest { part: Some(part) }) => Ok(Some(part)),
        Some(_) => Err(not_started("a message holds neither `start` nor a chunk")),
    }
}

fn torn(status: &Status, received: u64) -> Box<Fault> {
    cut(&format!("the stream was cut: {}; upload the file again", status.message()), received)
}

fn cut(message: &str, received: u64) -> Box<Fault> {
    Fault::new(Code::Aborted, ErrorReason::UploadCut, message).with("received", received)
}

fn wrong_size(size: u64, received: u64, more: &str) -> Box<Fault> {
    let message = format!("start.size is {size} bytes, and {more}{received} came: nothing of it was kept");
    Fault::invalid(ErrorReason::UploadSizeWrong, message).with("size", size).with("received", received).on("start.size")
}

fn not_started(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::UploadNotStarted, message)
}
