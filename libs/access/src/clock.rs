//! Time and chance, injected, so that tests can turn the one and repeat the other.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngCore as _;
use tokio::sync::watch;

/// Where time and chance come from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;
    /// Ten bytes nobody can guess.
    fn entropy(&self) -> [u8; 10];
    /// Waits until it is `at`, in microseconds since 1970; does not wait where it is already. May end late, never early by
    /// more than the machine's clock is turned meanwhile: whoever waits looks at the time again.
    fn until(&self, at: i64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let left = u64::try_from(at.saturating_sub(self.now())).unwrap_or_default();
        Box::pin(tokio::time::sleep(Duration::from_micros(left)))
    }
    /// A fresh id: UUID version 7, lower case, rising with time.
    fn id(&self) -> String {
        resource::new_id(u64::try_from(self.now() / 1000).unwrap_or_default(), self.entropy())
    }
}

/// The machine's clock and the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    fn entropy(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }
}

/// A clock that stands still until turned, with countable randomness. Whoever waits for a time goes on when it is turned there.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<i64>,
    drawn: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `now` microseconds since 1970.
    #[must_use]
    pub fn at(now: i64) -> Self {
        Self { now: watch::Sender::new(now), drawn: AtomicU64::new(0) }
    }

    /// Turns the clock forward.
    pub fn advance(&self, micros: i64) {
        self.now.send_modify(|now| *now = now.saturating_add(micros));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        *self.now.borrow()
    }

    fn until(&self, at: i64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut turned = self.now.subscribe();
        Box::pin(async move {
            // The clock outlives this wait, so its hand is never gone.
            let _ = turned.wait_for(|now| *now >= at).await;
        })
    }

    fn entropy(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (to, from) in bytes.iter_mut().skip(2).zip(drawn) {
            *to = from;
        }
        bytes
    }
}
