//! Reads of single rows that wait at the same moment are made together: one statement for all of them.
//!
//! A statement costs a round trip whether it reads one row or fifty. Under load, callers queue for a connection anyway;
//! whoever gets one reads for everybody who waits. A lone caller waits for nobody. A read starts after its call came in,
//! so what a caller has written before, it sees.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fault::Outcome;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Semaphore, oneshot};

use crate::row::{Row, Statements};
use crate::{Database, Resource};

/// How many statements read at once: as many as keep two cores busy; more would only make the batches smaller.
const READERS: usize = 3;

/// How many rows one statement reads at most.
const MOST: usize = 500;

/// What became of a read: a row or none; no answer at all where whoever read for others failed or went away.
type Answer<M> = oneshot::Sender<Option<Row<M>>>;

/// A caller that waits for a row.
struct Waiting<M> {
    organization: String,
    id: String,
    answer: Answer<M>,
}

/// Reads of one kind of resource.
pub(crate) struct Together<M> {
    waiting: Mutex<Vec<Waiting<M>>>,
    readers: Semaphore,
}

impl<M> Default for Together<M> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), readers: Semaphore::new(READERS) }
    }
}

impl<M: Clone> Together<M> {
    /// One row.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn read<R: Resource<Message = M>>(
        &self,
        database: &Database,
        statements: &Statements<R>,
        organization: &str,
        id: &str,
    ) -> Outcome<Option<Row<M>>> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { organization: organization.to_owned(), id: id.to_owned(), answer };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        tokio::pin!(answered);
        let others_read = tokio::select! {
            biased;
            row = &mut answered => match row {
                Ok(row) => return Ok(row),
                Err(_) => false,
            },
            _reader = self.readers.acquire() => loop {
                // More may wait than one statement reads, this caller among the last of them.
                let groups = self.next();
                if groups.is_empty() {
                    break true;
                }
                for group in groups {
                    // A failure is not this caller's: it may be another organization's row. Whoever waited reads for
                    // itself, and hears of its own.
                    if let Err(fault) = read_for(database, statements, group).await {
                        tracing::warn!(%fault, table = R::TABLE, "a read for several callers failed; each reads for itself");
                    }
                }
                match answered.try_recv() {
                    Ok(row) => return Ok(row),
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Closed) => break false,
                }
            },
        };
        if others_read && let Ok(row) = answered.await {
            return Ok(row);
        }
        // Whoever read for this caller failed or was cancelled: it reads for itself.
        let row = database.row(statements.select_one(organization, id)).await?;
        row.map(|row| statements.read(&row)).transpose()
    }

    /// The callers that wait now, the longest first, by organization.
    fn next(&self) -> Vec<Vec<Waiting<M>>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = waiting.len().min(MOST);
        let mut groups: HashMap<String, Vec<Waiting<M>>> = HashMap::new();
        for caller in waiting.drain(..most).filter(|caller| !caller.answer.is_closed()) {
            groups.entry(caller.organization.clone()).or_default().push(caller);
        }
        groups.into_values().collect()
    }
}

async fn read_for<R: Resource>(
    database: &Database,
    statements: &Statements<R>,
    group: Vec<Waiting<R::Message>>,
) -> Outcome<()> {
    let Some(organization) = group.first().map(|caller| caller.organization.clone()) else { return Ok(()) };
    let ids: Vec<&str> = group.iter().map(|caller| caller.id.as_str()).collect();
    let sql = match ids.as_slice() {
        [id] => statements.select_one(&organization, id),
        ids => statements.select_many(&organization, ids),
    };
    let mut rows: HashMap<String, Row<R::Message>> = HashMap::new();
    for row in database.rows(sql).await? {
        let row = statements.read(&row)?;
        rows.insert(row.id.clone(), row);
    }
    for caller in group {
        // A caller that has gone needs no answer.
        let _ = caller.answer.send(rows.get(&caller.id).cloned());
    }
    Ok(())
}
