//! Looking at a run from outside, and stopping it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Years of scenarios that have been simulated.
    pub done: u64,
    /// Years of scenarios in all: the years of the run times its scenarios. 0 before the run has begun.
    pub total: u64,
}

type Listener = dyn Fn(Progress) + Send + Sync;

/// A handle on a run, shared with whoever shows its progress or may cancel it. Clones are the same handle; one serves one run.
#[derive(Clone, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
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

    /// Is also told, after each block of years (some thousands of years of one scenario), on the thread that simulated it.
    #[must_use]
    pub fn telling(listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { listener: Some(Box::new(listener)), ..Shared::default() }))
    }

    /// Asks the run to end as soon as it can, which is within milliseconds; it then gives [`crate::Stopped::Cancelled`].
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// How far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (done, total) = (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed));
        Progress { done, total }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, years: u64) {
        let done = self.0.done.fetch_add(years, Ordering::Relaxed) + years;
        if let Some(listener) = &self.0.listener {
            listener(Progress { done, total: self.0.total.load(Ordering::Relaxed) });
        }
    }
}
