//! The end of a selector: its memberships first, some in each transaction, so that others can write in between; then itself.
//!
//! It is DELETING meanwhile, and no write that begins after that lets an asset enter it or leave it. So it is enough to wait for
//! those that began before, as a build does. A crash leaves it DELETING, and whoever looks for such goes on.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use access::Context;
use fault::Outcome;
use store::Database;
use tonic::Code;
use tracing::Instrument as _;

use super::build::{PAUSE, older_writes_end};
use super::follow;
use crate::{Registry, organization_of};

/// The selectors that this process clears, each in a database.
static UNDER_WAY: LazyLock<Mutex<HashSet<(String, String)>>> = LazyLock::new(Mutex::default);

/// Clears a selector in a task of its own, and again until it is gone. One task a selector. Gives what ends with the task.
pub(super) fn start(database: &Database, context: Context, name: String) -> impl Future<Output = ()> + use<> {
    let registry = Registry::new(database);
    let key = (database.identity().to_owned(), name.clone());
    let (gone, told) = tokio::sync::oneshot::channel::<()>();
    if UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
        let work = async move {
            let mut pause = PAUSE.0;
            while let Err(fault) = clear(&registry, &context, &name).await {
                let (reason, message) = (fault.reason(), fault.message());
                tracing::warn!(selector = name, reason, "deleting a selector failed, and goes on later: {message}");
                context.clock.until(context.clock.now().saturating_add(pause)).await;
                pause = (pause * 2).min(PAUSE.1);
            }
            UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            drop(gone);
        };
        tokio::spawn(work.in_current_span());
    }
    async move {
        // Nothing is ever sent: it ends when the task does, or at once where another is at it.
        let _ = told.await;
    }
}

async fn clear(registry: &Registry, context: &Context, name: &str) -> Outcome<()> {
    older_writes_end(&registry.database).await?;
    loop {
        let mut tx = registry.database.begin(context).await?;
        let more = follow::clear(&mut tx, organization_of(name), name).await?;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    match registry.selectors.delete(context, name, "").await {
        // Another replica was faster.
        Err(fault) if fault.code() == Code::NotFound => Ok(()),
        ended => ended,
    }
}
