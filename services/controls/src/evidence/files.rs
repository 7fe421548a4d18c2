//! Where the files of evidence are: a folder, or memory.
//!
//! A file comes in under a name of its own (`incoming/…`), is made whole there, and is then moved to where it is kept, under its SHA-256
//! within its organization: the same file twice is kept once, and nobody sees half a file. What a crash leaves in `incoming` is swept;
//! what it leaves where files are kept is found by a deadline that is set before the move (`upload.rs`).

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fault::{Fault, Outcome};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use wire::controls::v1::ErrorReason;

/// How large a file may be where nothing else is set: 1 GiB.
pub const LARGEST: u64 = 1 << 30;

/// How long nobody may have written to what comes in before it is taken for what a crash left. An upload is cut off after a minute of
/// silence, also one that another replica takes.
const ABANDONED: Duration = Duration::from_secs(600);

/// Where files are on their way in, beside those that are kept.
const INCOMING: &str = "incoming";

/// Where the files of evidence are.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Where files come in, if it is a folder.
    incoming: Option<PathBuf>,
    largest: u64,
}

impl Files {
    /// Files in a folder, which is made when absent; several replicas share one. None may be larger than `largest` bytes. What is
    /// acknowledged is on disk.
    ///
    /// # Errors
    /// `FILE_STORE_UNAVAILABLE` where the folder cannot be made or used.
    pub fn in_folder(folder: &FilePath, largest: u64) -> Outcome<Self> {
        let incoming = folder.join(INCOMING);
        std::fs::create_dir_all(&incoming).map_err(|error| {
            Fault::new(
                Code::Unavailable,
                ErrorReason::FileStoreUnavailable,
                format!("the folder of evidence {} cannot be used: {error}", folder.display()),
            )
        })?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(unavailable)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), incoming: Some(incoming), largest })
    }

    /// Files in memory, gone when the process ends: for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()), incoming: None, largest: LARGEST }
    }

    /// How many bytes a file may have.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.largest
    }

    /// Begins to take a file in. `id` is used for nothing else.
    pub(super) async fn receive(&self, id: &str) -> Outcome<Incoming> {
        let path = Path::from_iter([INCOMING, id]);
        let upload = self.store.put_multipart(&path).await.map_err(unavailable)?;
        Ok(Incoming { store: Arc::clone(&self.store), path, upload, hasher: Sha256::new(), received: 0, whole: false })
    }

    /// Keeps a file that came in whole. Nothing is written where it is kept already.
    pub(super) async fn keep(&self, organization: &str, sha256: &str, incoming: &mut Incoming) -> Outcome<()> {
        let place = place(organization, sha256);
        match self.store.head(&place).await {
            Ok(kept) if kept.size == incoming.received => Ok(()),
            // What has another size is not the file: what came in takes its place.
            Ok(_) | Err(Error::NotFound { .. }) => {
                self.store.rename(&incoming.path, &place).await.map_err(unavailable)?;
                incoming.whole = false;
                Ok(())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Bytes of a file.
    pub(super) async fn read(&self, organization: &str, sha256: &str, range: Range<u64>) -> Outcome<Vec<u8>> {
        let (place, length, end) = (place(organization, sha256), range.end - range.start, range.end);
        match self.store.get_range(&place, range).await {
            Ok(bytes) if bytes.len() as u64 == length => Ok(bytes.into()),
            Ok(_) | Err(Error::NotFound { .. }) => Err(damaged(sha256)),
            // Either it is shorter than it was, or it cannot be read.
            Err(error) => match self.store.head(&place).await {
                Ok(kept) if kept.size < end => Err(damaged(sha256)),
                _ => Err(unavailable(error)),
            },
        }
    }

    /// Removes a file; one that is not there is no error.
    pub(super) async fn remove(&self, organization: &str, sha256: &str) -> Outcome<()> {
        match self.store.delete(&place(organization, sha256)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Removes what a crash left of files on their way in. `now` is in microseconds since 1970. Gives how many there were.
    pub(super) async fn sweep(&self, now: i64) -> Outcome<usize> {
        let Some(folder) = self.incoming.clone() else { return Ok(0) };
        let sweeping = tokio::task::spawn_blocking(move || sweep(&folder, now));
        sweeping.await.map_err(Fault::defect)?.map_err(unavailable)
    }
}

/// Removes files of a folder that nobody wrote to for long.
fn sweep(folder: &FilePath, now: i64) -> std::io::Result<usize> {
    let before =
        u64::try_from(now).unwrap_or_default().saturating_sub(u64::try_from(ABANDONED.as_micros()).unwrap_or(0));
    let before = std::time::UNIX_EPOCH + Duration::from_micros(before);
    let mut swept = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Another replica may have swept it, or its upload have ended, since the folder was read.
        if entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|modified| modified < before)
            && std::fs::remove_file(entry.path()).is_ok()
        {
            swept += 1;
        }
    }
    Ok(swept)
}

/// Where a file is kept. A folder a file's first two digits, so that no folder holds them all.
fn place(organization: &str, sha256: &str) -> Path {
    Path::from_iter(["files", organization, sha256.get(..2).unwrap_or_default(), sha256])
}

/// A file on its way in. Dropped before it is kept, nothing of it stays, except where the process dies.
pub(super) struct Incoming {
    store: Arc<dyn ObjectStore>,
    path: Path,
    upload: Box<dyn MultipartUpload>,
    hasher: Sha256,
    received: u64,
    /// Whether all of it is under its own name.
    whole: bool,
}

impl Incoming {
    /// How many bytes have come.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Takes the next bytes; they are written when this returns.
    pub(super) async fn write(&mut self, bytes: Vec<u8>) -> Outcome<()> {
        self.hasher.update(&bytes);
        self.received += bytes.len() as u64;
        self.upload.put_part(bytes.into()).await.map_err(unavailable)
    }

    /// The SHA-256 of what has come.
    pub(super) fn sha256(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.hasher.clone().finalize())
    }

    /// Makes it whole, to be kept.
    pub(super) async fn complete(&mut self) -> Outcome<()> {
        self.upload.complete().await.map_err(unavailable)?;
        self.whole = true;
        Ok(())
    }

    /// Gives it up, or what is left of it once it is kept.
    pub(super) async fn discard(mut self) {
        let discarded = if self.whole { self.store.delete(&self.path).await } else { self.upload.abort().await };
        if let Err(error) = discarded {
            tracing::debug!(%error, path = %self.path, "what came in could not be removed; it is swept later");
        }
    }
}

/// The place where files are does not do what it should.
fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Box<Fault> {
    let message = "the place where files of evidence are kept does not answer, or cannot be written: try again";
    Fault::new(Code::Unavailable, ErrorReason::FileStoreUnavailable, message).because(error)
}

/// A file is not what was uploaded.
pub(super) fn damaged(sha256: &str) -> Box<Fault> {
    let message =
        "the file is gone from where it was kept, or is not what was uploaded: treat what you have of it as damaged";
    Fault::new(Code::DataLoss, ErrorReason::EvidenceFileDamaged, message).with("sha256", sha256)
}
