//! A key set in a file, which is read again when it changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use crate::key_set::{KeySet, Keys};
use crate::token::TokenError;

const REREAD: Duration = Duration::from_secs(5);

/// A file, and what is known of it.
pub(crate) struct KeyFile {
    path: PathBuf,
    looked: Mutex<Looked>,
}

struct Looked {
    at: Instant,
    changed: Option<SystemTime>,
}

impl KeyFile {
    pub(crate) fn open(path: PathBuf) -> Result<(Self, KeySet), TokenError> {
        let changed = changed(&path);
        let keys = read(&path)?;
        Ok((Self { path, looked: Mutex::new(Looked { at: Instant::now(), changed }) }, keys))
    }

    /// Reads the key set again when its file has changed, looking at most every five seconds.
    pub(crate) fn reread(&self, keys: &Keys) {
        let Some(mut looked) = self.looked.try_lock() else { return };
        if looked.at.elapsed() < REREAD {
            return;
        }
        looked.at = Instant::now();
        let changed = changed(&self.path);
        if looked.changed == changed {
            return;
        }
        match read(&self.path) {
            Ok(set) => {
                looked.changed = changed;
                if keys.replace(set) {
                    tracing::info!(path = %self.path.display(), "read the key set again");
                }
            }
            Err(error) => tracing::error!(%error, "the key set cannot be read; the keys before stay in use"),
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn read(path: &Path) -> Result<KeySet, TokenError> {
    let failed = |cause: String| TokenError::File { path: path.to_owned(), cause };
    let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    KeySet::read(&text).map_err(failed)
}
