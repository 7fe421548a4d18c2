//! Numbers the ledger on PostgreSQL, where commits become visible in another order than rows were written.
//!
//! One round numbers everything visible that has no place, ordered by *(last row of the transaction, row)*. A change that
//! follows another on the same resource was made by a transaction that began to write after the other had committed, so
//! the other is visible whenever it is, and its last row is smaller: per-resource order holds, and no transaction is split.
//! A lock of the database lets one replica number at a time; the unique place is the backstop.

use std::time::Duration;

use fault::{Fault, Outcome};
use sea_orm::{ConnectionTrait as _, TransactionTrait as _, Value};

use crate::database::refuse;
use crate::ledger::chain;
use crate::sql::portions;
use crate::{Database, Dialect, Sql};

/// How long entries of another replica may wait to be seen.
const POLL: Duration = Duration::from_millis(250);

/// How long entries may wait for others to be numbered with them: a round costs the same for one as for many, and under
/// load a round for each commit would take the database from those who write.
const GATHER: Duration = Duration::from_millis(5);

/// Starts the task that numbers, for as long as the database is held elsewhere.
pub(crate) fn start(database: &Database) {
    let held = std::sync::Arc::downgrade(&database.inner);
    tokio::spawn(async move {
        loop {
            let Some(inner) = held.upgrade() else { return };
            let database = Database { inner };
            if tokio::time::timeout(POLL, database.inner.arrived.notified()).await.is_ok() {
                tokio::time::sleep(GATHER).await;
            }
            if let Err(fault) = number(&database).await {
                tracing::warn!(%fault, service = database.service(), "the ledger could not be numbered; trying again");
                drop(database);
                tokio::time::sleep(POLL).await;
            }
        }
    });
}

/// One entry without a place.
struct Unplaced {
    row: i64,
    group: String,
    content: Vec<u8>,
}

impl Database {
    /// Gives a place to every entry of the ledger that is committed and has none, without waiting for the task that does so.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn place_entries(&self) -> Outcome<()> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                while number(self).await? > 0 {}
                Ok(())
            }
        }
    }
}

/// One round; gives how many were numbered, and shows readers where the ledger ends now.
async fn number(database: &Database) -> Outcome<usize> {
    let tx = database.inner.write.begin().await.map_err(|error| refuse(&error))?;
    let lock = database.sql("SELECT pg_advisory_xact_lock(7310601)");
    tx.query_one_raw(lock.statement()).await.map_err(|error| refuse(&error))?;
    let sql = database.sql(
        "SELECT row_id, grp, content FROM (SELECT row_id, grp, content, MAX(row_id) OVER (PARTITION BY grp) AS last_row \
         FROM ledger WHERE seq IS NULL) unplaced ORDER BY last_row, row_id",
    );
    let rows = tx.query_all_raw(sql.statement()).await.map_err(|error| refuse(&error))?;
    if rows.is_empty() {
        // Another replica may have been faster.
        drop(tx);
        show(database, database.newest().await?);
        return Ok(0);
    }
    let unplaced = rows
        .iter()
        .map(|row| {
            Ok(Unplaced {
                row: row.try_get_by_index(0)?,
                group: row.try_get_by_index(1)?,
                content: row.try_get_by_index(2)?,
            })
        })
        .collect::<Result<Vec<_>, sea_orm::DbErr>>()
        .map_err(Fault::defect)?;
    let newest = database.sql("SELECT seq, digest FROM ledger WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1");
    let newest = tx.query_one_raw(newest.statement()).await.map_err(|error| refuse(&error))?;
    let (mut sequence, mut digest): (i64, Vec<u8>) = match newest {
        Some(row) => (row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?),
        None => (0, Vec::new()),
    };
    let (mut transaction, mut group) = (0, "");
    let mut places = Vec::with_capacity(unplaced.len());
    for entry in &unplaced {
        sequence += 1;
        if group != entry.group {
            (transaction, group) = (sequence, entry.group.as_str());
        }
        digest = chain(&digest, sequence, transaction, &entry.content);
        places.push(vec![entry.row.into(), sequence.into(), transaction.into(), digest.clone().into()]);
    }
    for portion in portions(database.dialect(), places.len(), places.into_iter()) {
        tx.execute_raw(place(database, portion).statement()).await.map_err(|error| refuse(&error))?;
    }
    tx.commit().await.map_err(|error| refuse(&error))?;
    show(database, sequence);
    Ok(unplaced.len())
}

fn show(database: &Database, newest: i64) {
    database.inner.head.send_if_modified(|head| std::mem::replace(head, newest.max(*head)) < newest);
}

fn place(database: &Database, places: Vec<Vec<Value>>) -> Sql {
    let mut sql =
        database.sql("UPDATE ledger SET seq = v.column2, transaction_seq = v.column3, digest = v.column4 FROM (");
    sql.rows(places).push(") AS v WHERE ledger.row_id = v.column1");
    sql
}
