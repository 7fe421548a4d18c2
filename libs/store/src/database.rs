//! One database of one service, on SQLite or PostgreSQL, behind two handles: one to write, one to read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
use resource::Sealer;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, QueryResult, SqlErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::sync::{Notify, watch};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::{Sql, Tables, Transaction};

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.35 or later, one file a service.
    Sqlite,
    /// PostgreSQL 14 or later, one database a service.
    Postgres,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file; made when absent.
    File(PathBuf),
    /// A PostgreSQL URL with the database's name.
    Url(String),
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened.
    #[error("the database at {place} cannot be opened: {cause}")]
    Open {
        /// Where.
        place: String,
        /// Why.
        cause: DbErr,
    },
    /// It cannot be brought to the present schema.
    #[error("the schema of {service} cannot be brought up to date: {cause}")]
    Migrate {
        /// Whose.
        service: String,
        /// Why.
        cause: DbErr,
    },
}

/// One database of one service.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) service: String,
    pub(crate) write: DatabaseConnection,
    pub(crate) read: DatabaseConnection,
    pub(crate) dialect: Dialect,
    pub(crate) sealer: Sealer,
    /// Identifies this database: cursors of another are refused.
    pub(crate) identity: String,
    /// The last sequence of the ledger that readers can see; watching it is being woken.
    pub(crate) head: watch::Sender<i64>,
    /// Wakes the sequencer: entries arrived that have no place yet.
    pub(crate) arrived: Notify,
    /// How many writes have rung so far; watching it is being woken.
    pub(crate) bell: watch::Sender<u64>,
    /// What is known of rows that are asked for at every write.
    pub(crate) memory: crate::memory::Memory,
    statements: AtomicI64,
}

impl Database {
    /// Opens the database of a service and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened or migrated.
    pub async fn open(service: &str, location: &Location, tables: &Tables) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::Open { place: location.place(), cause };
        let (write, read, dialect) = match location {
            Location::File(path) => {
                let (write, read) = open_file(path).await.map_err(failed)?;
                (write, read, Dialect::Sqlite)
            }
            Location::Url(url) => {
                let pool = sea_orm::Database::connect(options(url.clone(), 16)).await.map_err(failed)?;
                (pool.clone(), pool, Dialect::Postgres)
            }
        };
        let migrate = |cause| StoreError::Migrate { service: service.to_owned(), cause };
        crate::migrate::run(&write, dialect, tables).await.map_err(migrate)?;
        let (identity, key) = crate::migrate::identity(&write, dialect).await.map_err(migrate)?;
        let (head, _) = watch::channel(0);
        let inner = Inner {
            service: service.to_owned(),
            write,
            read,
            dialect,
            sealer: Sealer::new(key),
            identity,
            head,
            arrived: Notify::new(),
            bell: watch::Sender::new(0),
            memory: crate::memory::Memory::default(),
            statements: AtomicI64::new(0),
        };
        let database = Self { inner: Arc::new(inner) };
        let newest = database.newest().await.map_err(|fault| migrate(DbErr::Custom(fault.to_string())))?;
        database.inner.head.send_replace(newest);
        if dialect == Dialect::Postgres {
            crate::sequencer::start(&database);
        }
        Ok(database)
    }

    /// The service whose database it is.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.inner.service
    }

    /// Which database speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// Names this database: another copy of it has another identity only when made anew.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.inner.identity
    }

    /// Wakes when the ledger grows; holds the newest sequence.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<i64> {
        self.inner.head.subscribe()
    }

    /// Wakes when a write of this process that rang ([`Transaction::ring`]) is committed. Ends when the database is gone.
    #[must_use]
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.inner.bell.subscribe()
    }

    /// The database for a task that must not keep it open.
    #[must_use]
    pub fn weak(&self) -> WeakDatabase {
        WeakDatabase { inner: Arc::downgrade(&self.inner) }
    }

    /// How many statements ran so far: tests bound what one call costs.
    #[must_use]
    pub fn statements(&self) -> i64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Begins to write on behalf of a call. Dropped without [`Transaction::commit`], it undoes itself.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn begin(&self, context: &Context) -> Outcome<Transaction> {
        let options = TransactionOptions {
            // A writer that starts out reading fails on SQLite when another wrote in between; so none does.
            sqlite_transaction_mode: (self.inner.dialect == Dialect::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.inner.write.begin_with_options(options).await.map_err(|error| refuse(&error))?;
        Ok(Transaction::new(self.clone(), inner, context.clone()))
    }

    /// A statement to build on.
    #[must_use]
    pub fn sql(&self, text: impl Into<String>) -> Sql {
        Sql::new(self.inner.dialect, text)
    }

    /// Rows of a read.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, or `DEFECT` for a statement of ours that is wrong.
    pub async fn rows(&self, sql: Sql) -> Outcome<Vec<QueryResult>> {
        self.count();
        self.inner.read.query_all_raw(sql.statement()).await.map_err(|error| refuse(&error))
    }

    /// The first row of a read.
    ///
    /// # Errors
    /// As [`Database::rows`].
    pub async fn row(&self, sql: Sql) -> Outcome<Option<QueryResult>> {
        self.count();
        self.inner.read.query_one_raw(sql.statement()).await.map_err(|error| refuse(&error))
    }

    /// Closes the connections.
    pub async fn close(&self) {
        let _ = self.inner.read.clone().close().await;
        let _ = self.inner.write.clone().close().await;
    }

    pub(crate) fn count(&self) {
        self.inner.statements.fetch_add(1, Ordering::Relaxed);
    }
}

/// A database that somebody else holds.
#[derive(Clone)]
pub struct WeakDatabase {
    inner: std::sync::Weak<Inner>,
}

impl WeakDatabase {
    /// The database; none once nobody holds it any more.
    #[must_use]
    pub fn upgrade(&self) -> Option<Database> {
        self.inner.upgrade().map(|inner| Database { inner })
    }
}

impl Location {
    /// Where, for people: never with a password.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Url(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
                _ => url.clone(),
            },
        }
    }
}

fn options(url: String, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(Duration::from_secs(600));
    options
}

/// One connection that writes and several that only read. Readers see committed states only and never wait for the writer.
async fn open_file(path: &Path) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut write = options(url.clone(), 1);
    write.idle_timeout(Duration::from_secs(u64::from(u32::MAX))).map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            // What a large write touches stays here until it is committed, instead of going to the log and back.
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "4000")
            .statement_cache_capacity(256)
    });
    let write = sea_orm::Database::connect(write).await?;
    let mut read = options(url, 4);
    read.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(10))
            .pragma("query_only", "ON")
            .pragma("cache_size", "-16384")
            .pragma("mmap_size", "268435456")
            .statement_cache_capacity(256)
    });
    Ok((write, sea_orm::Database::connect(read).await?))
}

/// What a caller hears of a failure of the database. Texts of the driver stay in the log.
pub(crate) fn refuse(error: &DbErr) -> Box<Fault> {
    if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
        let message = "another resource of the organization already has this value";
        return Fault::new(Code::AlreadyExists, ErrorReason::ValueTaken, message).because(error.to_string());
    }
    let text = error.to_string();
    let conflict = ["database is locked", "could not serialize", "deadlock detected", "lock timeout"];
    if conflict.iter().any(|sign| text.contains(sign)) {
        let message = "the database was busy with another change of the same data: try again";
        return Fault::new(Code::Aborted, ErrorReason::StoreUnavailable, message).because(text);
    }
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
            Fault::new(Code::Unavailable, ErrorReason::StoreUnavailable, "the database does not answer: try again")
                .because(text)
        }
        _ if text.contains("disk is full") || text.contains("readonly database") || text.contains("I/O error") => {
            Fault::new(Code::Unavailable, ErrorReason::StoreUnavailable, "the database cannot write: see the log")
                .because(text)
        }
        _ => Fault::defect(text),
    }
}
