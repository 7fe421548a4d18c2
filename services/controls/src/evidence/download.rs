//! A file on its way out: read a little at a time, as its reader takes it.

use std::sync::Arc;

use fault::{Fault, Outcome};
use futures::{Stream, stream};
use sha2::{Digest as _, Sha256};
use tonic::Status;
use wire::controls::v1::download_evidence_response::Part;
use wire::controls::v1::{DownloadEvidenceResponse, ErrorReason, Evidence, EvidenceFile};
use wire::fault::v1::ErrorReason as House;

use super::files::{Files, damaged};
use crate::organization_of;

/// How many bytes are read and sent at once.
const CHUNK: u64 = 256 * 1024;

/// What is being sent, and how far it is.
struct Sending {
    files: Arc<Files>,
    organization: String,
    file: EvidenceFile,
    size: u64,
    /// The next byte; none before the file was told.
    at: Option<u64>,
    from: u64,
    /// The digest of what was sent; none where it was not read from its beginning.
    hasher: Option<Sha256>,
}

/// The answers: what the file is, then its bytes.
///
/// # Errors
/// `EVIDENCE_HAS_NO_FILE`; `FIELD_INVALID` for an offset beyond the end.
pub(super) fn download(
    files: Arc<Files>,
    evidence: Evidence,
    offset: i64,
) -> Outcome<impl Stream<Item = Result<DownloadEvidenceResponse, Status>> + Send> {
    let Some(file) = evidence.file else {
        let message = "the evidence has no file yet: upload one first";
        return Err(Fault::precondition(ErrorReason::EvidenceHasNoFile, message).with("evidence", evidence.name));
    };
    let (size, from) = (u64::try_from(file.size).unwrap_or_default(), u64::try_from(offset).unwrap_or_default());
    if from > size {
        let message = format!("offset is {from}, and the file has {size} bytes: begin at {size} at most");
        return Err(Fault::invalid(House::FieldInvalid, message).with("limit", size).on("offset"));
    }
    let organization = organization_of(&evidence.name).to_owned();
    let hasher = (from == 0).then(Sha256::new);
    let sending = Sending { files, organization, file, size, at: None, from, hasher };
    Ok(stream::try_unfold(sending, |sending| async move { sending.next().await.map_err(Status::from) }))
}

impl Sending {
    async fn next(mut self) -> Outcome<Option<(DownloadEvidenceResponse, Self)>> {
        let Some(at) = self.at else {
            self.at = Some(self.from);
            let part = Some(Part::File(self.file.clone()));
            return Ok(Some((DownloadEvidenceResponse { part }, self)));
        };
        let sha256 = &self.file.sha256;
        if at >= self.size {
            // A reader who sees the end has all of it, as it was uploaded.
            return match self.hasher.take().map(|hasher| data_encoding::HEXLOWER.encode(&hasher.finalize())) {
                Some(found) if found != *sha256 => Err(damaged(sha256)),
                _ => Ok(None),
            };
        }
        let end = self.size.min(at + CHUNK);
        let bytes = self.files.read(&self.organization, sha256, at..end).await?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&bytes);
        }
        self.at = Some(end);
        Ok(Some((DownloadEvidenceResponse { part: Some(Part::Chunk(bytes)) }, self)))
    }
}
