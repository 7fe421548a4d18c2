//! A key set that an identity provider publishes, fetched again and again.

mod fetch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::key_set::Keys;
use crate::token::TokenError;
use fetch::Fetcher;

/// A token that names an unknown key makes us ask for newer ones, but no more often than this, or anybody could make us
/// trouble the provider.
const ASKED_AT_MOST: Duration = Duration::from_secs(10);
/// How long a call waits for newer keys.
const WAIT: Duration = Duration::from_secs(3);
/// How soon a fetch that failed is tried again, if the next is not due before.
const MEND: Duration = Duration::from_secs(30);
/// The shortest time between fetches that may be set.
const SHORTEST: Duration = Duration::from_secs(1);

/// Whose tokens are believed, where an identity provider publishes its keys.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The `iss` every token must have.
    pub issuer: String,
    /// The `aud` every token must have.
    pub audience: String,
    /// Where the provider publishes its JSON Web Key Set: `https://`, or `http://` on this machine.
    pub key_set_url: String,
    /// The authority that the provider's certificate must come from (PEM); none: those that this system trusts.
    pub authority: Option<PathBuf>,
    /// The time between fetches, at least 1 s.
    pub every: Duration,
    /// For how long the first fetch is tried again before the start is given up.
    pub patience: Duration,
}

/// The keys of a provider, kept fresh until this is dropped.
pub(crate) struct Published {
    shared: Arc<Shared>,
    finished: watch::Receiver<u64>,
    task: AbortHandle,
}

/// What callers and the task that fetches have in common.
struct Shared {
    wake: Notify,
    asked: Mutex<Asked>,
}

/// Who asked for newer keys.
#[derive(Default)]
struct Asked {
    /// Somebody did, and has no answer yet.
    pending: bool,
    last: Option<Instant>,
}

impl Published {
    /// Fetches the keys, and goes on doing so.
    pub(crate) async fn start(provider: Provider) -> Result<(Self, Arc<Keys>), TokenError> {
        if provider.every < SHORTEST {
            let cause = format!("it must be at least {} s", SHORTEST.as_secs());
            return Err(TokenError::Setting { setting: "key_set_every", cause });
        }
        let fetcher = Fetcher::new(&provider)?;
        let keys = Arc::new(Keys::new(first(&fetcher, &provider).await?));
        let shared = Arc::new(Shared { wake: Notify::new(), asked: Mutex::default() });
        let (answer, finished) = watch::channel(0);
        let task = tokio::spawn(keep(fetcher, Arc::clone(&keys), provider.every, Arc::clone(&shared), answer));
        Ok((Self { shared, finished, task: task.abort_handle() }, keys))
    }

    /// Asks for newer keys and waits for them a while, unless that was done just now. Many who ask at once get one fetch.
    pub(crate) async fn renew(&self) {
        // Before asking, so that no answer is missed.
        let mut finished = self.finished.clone();
        finished.mark_unchanged();
        {
            let mut asked = self.shared.asked.lock();
            if !asked.pending {
                if asked.last.is_some_and(|last| last.elapsed() < ASKED_AT_MOST) {
                    return;
                }
                *asked = Asked { pending: true, last: Some(Instant::now()) };
                self.shared.wake.notify_one();
            }
        }
        let _ = timeout(WAIT, finished.changed()).await;
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The first fetch, tried again with growing pauses: a provider may start at the same time as we do.
async fn first(fetcher: &Fetcher, provider: &Provider) -> Result<crate::key_set::KeySet, TokenError> {
    let until = Instant::now() + provider.patience;
    let mut pause = Duration::from_millis(250);
    loop {
        let cause = match fetcher.fetch().await {
            Ok(keys) => {
                tracing::info!(url = %provider.key_set_url, keys = keys.len(), "fetched the key set");
                return Ok(keys);
            }
            Err(cause) => cause,
        };
        if Instant::now() + pause > until {
            let (url, seconds) = (provider.key_set_url.clone(), provider.patience.as_secs());
            return Err(TokenError::Unreachable { url, cause, seconds });
        }
        tracing::warn!(url = %provider.key_set_url, %cause, "no key set yet; trying again");
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// Fetches the keys when it is time, or when asked to. The last good ones stay while the provider gives none.
async fn keep(fetcher: Fetcher, keys: Arc<Keys>, every: Duration, shared: Arc<Shared>, answer: watch::Sender<u64>) {
    let mut fresh = Instant::now();
    let mut rest = every;
    loop {
        let asked_for = tokio::select! {
            () = shared.wake.notified() => true,
            () = sleep(rest) => false,
        };
        rest = match fetcher.fetch().await {
            Ok(set) => {
                fresh = Instant::now();
                let count = set.len();
                if keys.replace(set) {
                    tracing::info!(url = %fetcher.url(), keys = count, "the key set has changed");
                }
                every
            }
            Err(cause) => {
                let age = fresh.elapsed().as_secs();
                tracing::error!(
                    url = %fetcher.url(), %cause, seconds_old = age,
                    "the key set cannot be fetched; the keys before stay in use"
                );
                every.min(MEND)
            }
        };
        if asked_for {
            shared.asked.lock().pending = false;
            answer.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}
