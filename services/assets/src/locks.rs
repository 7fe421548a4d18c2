//! The locks that are no row's, and the order in which everything takes them. On SQLite one transaction writes at a time, so
//! all of this is PostgreSQL's.
//!
//! 1. [`values`], one transaction an organization: whoever lets values flow claims assets that nobody can know before. It is
//!    taken before any asset is claimed, so that nobody who has an asset waits for it. A dependency may take it late: it
//!    claims no asset that way, only keeps two from being deleted. Whatever else claims several assets in more than one
//!    statement takes it too.
//! 2. [`import_from`], one batch a source.
//! 3. [`policy_alone`] for what changes the active policy, [`policy`] for what is made by it.
//! 4. Rows. Several of a kind in one statement, in the order of their ids. The batches of an import and the build of a selector
//!    can begin anew, so they give way ([`store::Transaction::give_way`]) instead.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use access::Context;
use fault::Outcome;
use store::{Database, Dialect, Hold, Transaction};

const VALUES: i32 = 7_310_602;
// 7310603 are deadlines.
const IMPORT: i32 = 7_310_604;
const POLICY: i32 = 7_310_605;

/// One transaction at a time works out the values of an organization: two that overlap would each miss the other's edge.
pub(crate) async fn values(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    tx.hold(VALUES, organization, Hold::Alone).await
}

/// One batch at a time is imported from a source: two would each create what the other does.
pub(crate) async fn import_from(tx: &mut Transaction, organization: &str, source: &str) -> Outcome<()> {
    tx.hold(IMPORT, &format!("{organization}\n{source}"), Hold::Alone).await
}

/// The active policy stays what it is: what is new by it is not seen by a change of the policy that is under way.
pub(crate) async fn policy(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    tx.hold(POLICY, organization, Hold::Shared).await
}

/// Nothing is made by the active policy that cannot be seen yet.
pub(crate) async fn policy_alone(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    tx.hold(POLICY, organization, Hold::Alone).await
}

/// Begins a transaction that holds [`values`]. Whoever waits for it here has no connection yet: behind an import that holds it
/// for minutes, those who wait would soon have them all.
pub(crate) async fn begin_flow(database: &Database, context: &Context, organization: &str) -> Outcome<Transaction> {
    if database.dialect() == Dialect::Sqlite {
        return database.begin(context).await;
    }
    let turn = queue(database, organization).lock_owned().await;
    let mut tx = database.begin(context).await?;
    tx.keep(turn);
    values(&mut tx, organization).await?;
    Ok(tx)
}

/// As [`begin_flow`], for a change of an asset, named in full.
pub(crate) async fn begin_flow_from(database: &Database, context: &Context, asset: &str) -> Outcome<Transaction> {
    // A name that is none is refused where it is read.
    let organization = crate::organization_of(asset);
    if !organization.is_empty() {
        context.enter(organization, asset)?;
    }
    begin_flow(database, context, organization).await
}

/// Where the transactions of this process wait for the values of an organization.
fn queue(database: &Database, organization: &str) -> Arc<tokio::sync::Mutex<()>> {
    type Queues = HashMap<(String, String), Arc<tokio::sync::Mutex<()>>>;
    static QUEUES: LazyLock<Mutex<Queues>> = LazyLock::new(Mutex::default);
    const MOST_IDLE: usize = 1000;
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    if queues.len() > MOST_IDLE {
        queues.retain(|_, queue| Arc::strong_count(queue) > 1);
    }
    Arc::clone(queues.entry((database.identity().to_owned(), organization.to_owned())).or_default())
}
