//! Looking at a scan from outside, and stopping it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that have been looked at.
    pub bytes: u64,
    /// What has been found in them.
    pub findings: u64,
}

type Listener = dyn Fn(Progress) + Send + Sync;

/// A handle on a scan, shared with whoever shows its progress or may cancel it. Clones are the same handle; one serves one scan.
#[derive(Clone, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bytes: AtomicU64,
    findings: AtomicU64,
    cancelled: AtomicBool,
    listener: Option<Box<Listener>>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("progress", &self.progress()).field("cancelled", &self.cancelled()).finish()
    }
}

impl Watch {
    /// Looks by asking [`Watch::progress`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Is also told, after each block (about a megabyte), on the thread that called the scan.
    #[must_use]
    pub fn telling(listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { listener: Some(Box::new(listener)), ..Shared::default() }))
    }

    /// Asks the scan to end after the blocks that are being looked at; it then gives [`crate::Stopped::Cancelled`].
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// How far the scan is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { bytes: self.0.bytes.load(Ordering::Relaxed), findings: self.0.findings.load(Ordering::Relaxed) }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, bytes: u64, findings: u64) {
        let bytes = self.0.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let findings = self.0.findings.fetch_add(findings, Ordering::Relaxed) + findings;
        if let Some(listener) = &self.0.listener {
            listener(Progress { bytes, findings });
        }
    }
}
