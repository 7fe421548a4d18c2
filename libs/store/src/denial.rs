//! The table of denied attempts, beside the ledger of what was done.
//!
//! The door must not wait for a database, so attempts go through a short queue to one task that writes them. They are not
//! part of the chain of the ledger: what was not done changes nothing that the chain protects. The table keeps the newest
//! [`KEPT`] attempts, and the door tells only so many a minute, so nobody can fill a disk with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use access::{Denials, Denied};
use fault::Outcome;
use sea_orm::{ConnectionTrait as _, DbErr};
use tokio::sync::mpsc;

use crate::database::refuse;
use crate::{Database, Dialect, Sql};

/// How many attempts the table keeps at most, give or take a thousand; the oldest go first.
pub const KEPT: i64 = 1_000_000;
/// After how many attempts written the oldest are taken out.
const SWEPT: usize = 1000;
/// How many attempts may wait to be written.
const WAITING: usize = 1024;
/// How many attempts are written by one statement.
const AT_ONCE: usize = 64;
/// How often a batch is tried, and the pause between.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

const COLUMNS: &str = "at, subject, on_behalf_of, organizations, method, permission, reason, cause, trace, left_out";

/// The table of denied attempts of one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeniedAttempts {
    queue: mpsc::Sender<Denied>,
    /// Attempts that found the queue full, to be told with the next that does not.
    lost: Arc<AtomicU32>,
}

impl DeniedAttempts {
    /// Makes the table where it is not there yet, and begins to write. Writing ends with the last clone, or when the
    /// database is closed.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, where the table cannot be made.
    pub async fn open(database: &Database) -> Outcome<Self> {
        // Two replicas that start at once may both find no table, and PostgreSQL lets only one of them make it.
        if make(database).await.is_err() {
            make(database).await.map_err(|error| refuse(&error))?;
        }
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(database.clone(), waiting));
        Ok(Self { queue, lost: Arc::default() })
    }
}

impl Denials for DeniedAttempts {
    fn denied(&self, mut attempt: Denied) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        attempt.left_out = attempt.left_out.saturating_add(lost);
        if let Err(error) = self.queue.try_send(attempt) {
            let again = error.into_inner().left_out.saturating_add(1);
            self.lost.fetch_add(again, Ordering::Relaxed);
        }
    }
}

async fn make(database: &Database) -> Result<(), DbErr> {
    for statement in ddl(database.dialect()) {
        database.inner.write.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Unlike a migration of a service, this table is the same everywhere and never changes but by being made.
fn ddl(dialect: Dialect) -> [String; 3] {
    let (place, text) = match dialect {
        Dialect::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT"),
        Dialect::Postgres => ("BIGSERIAL PRIMARY KEY", "TEXT COLLATE \"C\""),
    };
    let texts = ["subject", "on_behalf_of", "organizations", "method", "permission", "reason", "cause", "trace"]
        .map(|column| format!("{column} {text} NOT NULL"))
        .join(", ");
    [
        format!(
            "CREATE TABLE IF NOT EXISTS denied_attempt (seq {place}, at BIGINT NOT NULL, {texts}, left_out BIGINT NOT NULL)"
        ),
        "CREATE INDEX IF NOT EXISTS denied_attempt_at ON denied_attempt (at)".to_owned(),
        "CREATE INDEX IF NOT EXISTS denied_attempt_subject ON denied_attempt (subject, at)".to_owned(),
    ]
}

async fn write(database: Database, mut waiting: mpsc::Receiver<Denied>) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    let mut since = 0;
    while waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
        since += batch.len();
        persist(&database, &batch).await;
        batch.clear();
        if since >= SWEPT {
            since = 0;
            if let Err(error) = sweep(&database, KEPT).await {
                tracing::error!(%error, "old denied attempts could not be taken out");
            }
        }
    }
}

/// Writes a batch, and tries again while a long transaction holds the database. What cannot be written is in the log of the
/// door all the same.
async fn persist(database: &Database, attempts: &[Denied]) {
    for _ in 0..TRIES {
        match insert(database, attempts).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, attempts = attempts.len(), "denied attempts could not be written yet");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::error!(attempts = attempts.len(), "denied attempts were given up");
}

async fn insert(database: &Database, attempts: &[Denied]) -> Result<(), DbErr> {
    let mut sql = database.sql(format!("INSERT INTO denied_attempt ({COLUMNS}) VALUES "));
    for (index, attempt) in attempts.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" }).bind(attempt.at).push(", ");
        let texts = [
            attempt.subject.as_str(),
            &attempt.on_behalf_of,
            &attempt.organizations,
            &attempt.method,
            &attempt.permission,
            attempt.reason,
            attempt.cause,
            &attempt.trace,
        ];
        // PostgreSQL has no place for the character zero.
        sql.bind_all(texts.map(|text| text.replace('\0', "\u{fffd}")));
        sql.push(", ").bind(i64::from(attempt.left_out)).push(")");
    }
    run(database, sql).await
}

async fn sweep(database: &Database, kept: i64) -> Result<(), DbErr> {
    let mut sql = database.sql("DELETE FROM denied_attempt WHERE seq <= (SELECT max(seq) FROM denied_attempt) - ");
    sql.bind(kept);
    run(database, sql).await
}

async fn run(database: &Database, sql: Sql) -> Result<(), DbErr> {
    database.count();
    database.inner.write.execute_raw(sql.statement()).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Location, MigrationTrait, MigratorTrait, Tables};

    struct Nothing;

    impl MigratorTrait for Nothing {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            Vec::new()
        }
    }

    fn attempt(number: i64) -> Denied {
        Denied {
            at: number,
            subject: "eve\0".to_owned(),
            on_behalf_of: String::new(),
            organizations: "acme,beta".to_owned(),
            method: "telwarden.assets.v1.SiteService/DeleteSite".to_owned(),
            permission: "assets.sites.delete".to_owned(),
            reason: "PERMISSION_MISSING",
            cause: "",
            trace: String::new(),
            left_out: 7,
        }
    }

    async fn count(database: &Database) -> i64 {
        let row = database.row(database.sql("SELECT count(*) FROM denied_attempt")).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    async fn eventually(database: &Database, expected: i64) {
        let reached = async {
            while count(database).await < expected {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reached).await.expect("they are written");
    }

    #[tokio::test]
    async fn attempts_are_written_once_survive_a_restart_and_the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("assets.db"));
        let database = Database::open("assets", &location, &Tables::new::<Nothing>()).await.unwrap();
        let attempts = DeniedAttempts::open(&database).await.unwrap();
        for number in 0..100 {
            attempts.denied(attempt(number));
        }
        eventually(&database, 100).await;
        database.close().await;

        let database = Database::open("assets", &location, &Tables::new::<Nothing>()).await.unwrap();
        let attempts = DeniedAttempts::open(&database).await.unwrap();
        attempts.denied(attempt(100));
        eventually(&database, 101).await;
        sweep(&database, 10).await.unwrap();
        assert_eq!(count(&database).await, 10);
        let rows = database
            .rows(database.sql("SELECT at, subject, organizations, left_out FROM denied_attempt ORDER BY seq"))
            .await
            .unwrap();
        let first = rows.first().unwrap();
        let told: (i64, String, String, i64) = (
            first.try_get_by_index(0).unwrap(),
            first.try_get_by_index(1).unwrap(),
            first.try_get_by_index(2).unwrap(),
            first.try_get_by_index(3).unwrap(),
        );
        assert_eq!(told, (91, "eve\u{fffd}".to_owned(), "acme,beta".to_owned(), 7));
    }
}
