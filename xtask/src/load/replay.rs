//! The bare program: sqlx and SQL, committing the very rows that the suite committed.
//!
//! It knows nothing of the schema. It lists the tables of a finished database, sees which of them grew while the suite worked,
//! and writes their rows, as they stand in the end, into empty tables with the same columns and the same indexes. The rows
//! of every table are shared out over as many transactions as the suite was asked for. Reading is not timed; writing is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgPool, PgPoolOptions, PgRow, PgTypeInfo};
use sqlx::sqlite::{
    SqliteArgumentsBuffer, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous, SqliteTypeInfo,
};
use sqlx::{AssertSqlSafe, Decode, Encode, Postgres, Row as _, Sqlite, Type, TypeInfo as _, ValueRef as _};
use tokio::task::JoinSet;

/// Rows to a statement at most, as in the import stream.
const ROWS: usize = 500;
/// Values to a statement at most: below what either database takes.
const VALUES: usize = 32_000;
/// How many rows are held in memory at a time, about.
const WINDOW: u64 = 50_000;
/// Where the empty tables are on PostgreSQL.
const BARE: &str = "telwarden_bare";

/// How many rows each table has.
pub(crate) type Counts = BTreeMap<String, u64>;

/// How the bare program is to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Over how many transactions the rows are shared out.
    pub(crate) transactions: u64,
    /// How many tasks commit at once.
    pub(crate) tasks: usize,
}

/// What is copied of a table.
#[derive(Clone, Debug)]
struct Shape {
    table: String,
    columns: Vec<String>,
    rows: u64,
}

impl Shape {
    fn columns(&self) -> String {
        self.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
    }

    /// How many rows belong to transaction `index` of `all`.
    fn share(&self, index: u64, all: u64) -> u64 {
        let before = |index: u64| u128::from(self.rows) * u128::from(index) / u128::from(all.max(1));
        u64::try_from(before(index + 1) - before(index)).unwrap_or(u64::MAX)
    }

    /// How many rows to a statement.
    fn chunk(&self) -> usize {
        ROWS.min(VALUES / self.columns.len().max(1)).max(1)
    }

    fn insert(&self, target: &str, rows: usize, numbered: bool) -> String {
        let mut marks = String::new();
        let mut number = 0;
        for row in 0..rows {
            marks.push_str(if row == 0 { "(" } else { "), (" });
            for column in 0..self.columns.len() {
                number += 1;
                marks.push_str(if column == 0 { "" } else { ", " });
                marks.push_str(&if numbered { format!("${number}") } else { "?".to_owned() });
            }
        }
        format!("INSERT INTO {target}{} ({}) VALUES {marks})", quoted(&self.table), self.columns())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value of an embedded database.
#[derive(Clone, Debug)]
enum Datum {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Type<Sqlite> for Datum {
    fn type_info() -> SqliteTypeInfo {
        <Vec<u8> as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Datum {
    fn encode(self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) => Encode::<Sqlite>::encode(value, buffer),
            Self::Real(value) => Encode::<Sqlite>::encode(value, buffer),
            Self::Text(value) => Encode::<Sqlite>::encode(value, buffer),
            Self::Bytes(value) => Encode::<Sqlite>::encode(value, buffer),
        }
    }

    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        self.clone().encode(buffer)
    }
}

/// A value of a server, in the form in which it travels, whatever its type.
#[derive(Clone, Debug)]
struct Raw {
    kind: PgTypeInfo,
    bytes: Option<Vec<u8>>,
}

impl Type<Postgres> for Raw {
    fn type_info() -> PgTypeInfo {
        <Vec<u8> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Raw {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(match &self.bytes {
            None => IsNull::Yes,
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                IsNull::No
            }
        })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }
}

/// The same program for both databases: sqlx knows a database by its type, so generic code would be mostly bounds.
macro_rules! program {
    ($module:ident, $database:ty, $datum:ty, $row:ty, $read:path, $begin:literal, $hint:literal, $target:expr, $numbered:literal) => {
        mod $module {
            use super::*;

            type Pool = sqlx::Pool<$database>;
            /// The rows of a transaction, table by table.
            type Transaction = Vec<Vec<Vec<$datum>>>;

            pub(super) async fn count(pool: &Pool, target: &str, table: &str) -> Result<u64> {
                let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {target}{}", quoted(table)));
                let count: i64 = sqlx::query_scalar(sql).fetch_one(pool).await?;
                Ok(count.unsigned_abs())
            }

            async fn write(pool: &Pool, shapes: &[Shape], rows: Transaction) -> Result<()> {
                let mut transaction = pool.begin_with($begin).await?;
                for (shape, rows) in shapes.iter().zip(rows) {
                    let mut rows = rows.into_iter().peekable();
                    while rows.peek().is_some() {
                        let some: Vec<_> = rows.by_ref().take(shape.chunk()).collect();
                        let mut insert = sqlx::query(AssertSqlSafe(shape.insert(&$target, some.len(), $numbered)));
                        for value in some.into_iter().flatten() {
                            insert = insert.bind(value);
                        }
                        insert.execute(&mut *transaction).await?;
                    }
                }
                Ok(transaction.commit().await?)
            }

            async fn write_all(
                pool: &Pool,
                shapes: &Arc<[Shape]>,
                waiting: VecDeque<Transaction>,
                tasks: usize,
            ) -> Result<Duration> {
                let waiting = Arc::new(Mutex::new(waiting));
                let mut running = JoinSet::new();
                let begin = Instant::now();
                for _ in 0..tasks {
                    let (pool, shapes, waiting) = (pool.clone(), Arc::clone(shapes), Arc::clone(&waiting));
                    running.spawn(async move {
                        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.pop_front());
                        while let Some(rows) = next() {
                            write(&pool, &shapes, rows).await?;
                        }
                        anyhow::Ok(())
                    });
                }
                while let Some(done) = running.join_next().await {
                    done??;
                }
                Ok(begin.elapsed())
            }

            /// Writes the rows of `source` into `target`, and says how long the writing took.
            pub(super) async fn copy(source: &Pool, target: &Pool, shapes: Vec<Shape>, plan: Plan) -> Result<Duration> {
                let all = plan.transactions;
                let shapes: Arc<[Shape]> = shapes.into();
                let mut streams: Vec<_> = shapes
                    .iter()
                    .map(|shape| {
                        let sql = format!("SELECT {} FROM {} {}", shape.columns(), quoted(&shape.table), $hint);
                        sqlx::query(AssertSqlSafe(sql)).fetch(source)
                    })
                    .collect();
                let (mut took, mut next) = (Duration::ZERO, 0);
                while next < all {
                    let (mut window, mut held) = (VecDeque::new(), 0);
                    while next < all && held < WINDOW {
                        let mut transaction: Transaction = Vec::with_capacity(shapes.len());
                        for (shape, stream) in shapes.iter().zip(&mut streams) {
                            let mut rows = Vec::new();
                            for _ in 0..shape.share(next, all) {
                                let row: $row = stream.next().await.context("fewer rows than were counted")??;
                                let values = (0..shape.columns.len()).map(|at| $read(&row, at));
                                rows.push(values.collect::<Result<Vec<$datum>>>()?);
                            }
                            held += rows.len() as u64;
                            transaction.push(rows);
                        }
                        window.push_back(transaction);
                        next += 1;
                    }
                    took += write_all(target, &shapes, window, plan.tasks).await?;
                }
                for shape in shapes.iter() {
                    let written = count(target, &$target, &shape.table).await?;
                    if written != shape.rows {
                        bail!("the bare program wrote {written} of {} rows of {}", shape.rows, shape.table);
                    }
                }
                Ok(took)
            }
        }
    };
}

program!(sqlite, Sqlite, Datum, SqliteRow, read_sqlite, "BEGIN IMMEDIATE", "NOT INDEXED", "", false);
program!(postgres, Postgres, Raw, PgRow, read_postgres, "BEGIN", "", format!("{BARE}."), true);

fn read_sqlite(row: &SqliteRow, at: usize) -> Result<Datum> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Datum::Null);
    }
    let kind = value.type_info().name().to_owned();
    let datum = match kind.as_str() {
        "INTEGER" => Decode::<Sqlite>::decode(value).map(Datum::Integer),
        "REAL" => Decode::<Sqlite>::decode(value).map(Datum::Real),
        "TEXT" => Decode::<Sqlite>::decode(value).map(Datum::Text),
        "BLOB" => Decode::<Sqlite>::decode(value).map(Datum::Bytes),
        other => bail!("the bare program does not know columns of type {other}: teach it"),
    };
    datum.map_err(|error| anyhow::anyhow!("{error}"))
}

fn read_postgres(row: &PgRow, at: usize) -> Result<Raw> {
    let value = row.try_get_raw(at)?;
    let kind = value.type_info().into_owned();
    let bytes = if value.is_null() {
        None
    } else {
        Some(value.as_bytes().map_err(|error| anyhow::anyhow!("{error}"))?.to_vec())
    };
    Ok(Raw { kind, bytes })
}

/// A database that the suite writes or wrote.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    /// A file.
    File(std::path::PathBuf),
    /// The URL of a database of a server.
    Url(String),
}

impl Written {
    /// How many rows each table has now.
    pub(crate) async fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::new();
        match self {
            Self::File(file) => {
                let pool = file_pool(file, 1).await?;
                for table in sqlite_tables(&pool).await? {
                    counts.insert(table.clone(), sqlite::count(&pool, "", &table).await?);
                }
                pool.close().await;
            }
            Self::Url(url) => {
                let pool = server_pool(url, 1).await?;
                for table in postgres_tables(&pool).await? {
                    counts.insert(table.clone(), postgres::count(&pool, "", &table).await?);
                }
                pool.close().await;
            }
        }
        Ok(counts)
    }

    /// Waits until entries of the ledger that were committed also have their place, which PostgreSQL gives them afterwards.
    pub(crate) async fn settle(&self) -> Result<()> {
        let Self::Url(url) = self else { return Ok(()) };
        let pool = server_pool(url, 1).await?;
        for _ in 0..600 {
            let sql = "SELECT COUNT(*) FROM ledger WHERE seq IS NULL";
            if sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await? == 0 {
                pool.close().await;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("entries of the ledger still have no place a minute after they were committed")
    }

    /// Writes what was written since `before` again, with the bare program, and says how long it took. The suite must have
    /// ended.
    pub(crate) async fn again(&self, before: &Counts, plan: Plan) -> Result<Duration> {
        let mut grown = self.counts().await?;
        grown.retain(|table, rows| *rows > before.get(table).copied().unwrap_or(0));
        match self {
            Self::File(file) => file_again(file, &grown, plan).await,
            Self::Url(url) => server_again(url, &grown, plan).await,
        }
    }
}

async fn file_pool(file: &std::path::Path, connections: u32) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(30));
    Ok(SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?)
}

async fn server_pool(url: &str, connections: u32) -> Result<PgPool> {
    let options = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
    options.connect(url).await.context("the PostgreSQL server does not answer")
}

async fn sqlite_tables(pool: &SqlitePool) -> Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    Ok(sqlx::query_scalar(sql).fetch_all(pool).await?)
}

async fn postgres_tables(pool: &PgPool) -> Result<Vec<String>> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename";
    Ok(sqlx::query_scalar(sql).fetch_all(pool).await?)
}

async fn file_again(file: &std::path::Path, grown: &Counts, plan: Plan) -> Result<Duration> {
    let source = file_pool(file, u32::try_from(grown.len())? + 1).await?;
    let mut shapes = Vec::new();
    for (table, &rows) in grown {
        let sql = "SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0";
        let columns = sqlx::query_scalar(sql).bind(table).fetch_all(&source).await?;
        shapes.push(Shape { table: table.clone(), columns, rows });
    }
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&source).await?;
    let schema: Vec<String> = sqlx::query_scalar(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
         ORDER BY type <> 'table', type <> 'index'",
    )
    .fetch_all(&source)
    .await?;
    let bare = file.with_file_name("bare.db");
    // The settings of the suite's writer.
    let options = SqliteConnectOptions::new()
        .filename(&bare)
        .create_if_missing(true)
        .page_size(u32::try_from(page)?)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30))
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "4000")
        .statement_cache_capacity(256);
    let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    let target = pool.connect_with(options).await?;
    for statement in schema {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&target).await?;
    }
    super::settle_disk();
    let took = sqlite::copy(&source, &target, shapes, plan).await;
    target.close().await;
    source.close().await;
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(bare.with_file_name(format!("bare.db{ending}")));
    }
    took
}

async fn server_again(url: &str, grown: &Counts, plan: Plan) -> Result<Duration> {
    let source = server_pool(url, u32::try_from(grown.len())? + 1).await?;
    let mut shapes = Vec::new();
    for (table, &rows) in grown {
        // What the database fills in by itself stays its business.
        let sql = "SELECT column_name::text FROM information_schema.columns \
                   WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'NO' \
                   AND is_generated = 'NEVER' AND COALESCE(column_default, '') NOT LIKE 'nextval(%' ORDER BY ordinal_position";
        let columns = sqlx::query_scalar(sql).bind(table).fetch_all(&source).await?;
        shapes.push(Shape { table: table.clone(), columns, rows });
    }
    let run = async |sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&source).await;
    run(format!("CREATE SCHEMA {BARE}")).await?;
    for table in postgres_tables(&source).await? {
        let table = quoted(&table);
        run(format!("CREATE TABLE {BARE}.{table} (LIKE {table} INCLUDING ALL)")).await?;
    }
    // What the server still has to do for the suite's rows is done before, not at the bare program's expense.
    run("VACUUM ANALYZE".to_owned()).await?;
    run("CHECKPOINT".to_owned()).await?;
    super::settle_disk();
    let options = url.parse::<sqlx::postgres::PgConnectOptions>()?.statement_cache_capacity(256);
    let tasks = u32::try_from(plan.tasks)?;
    let pool = PgPoolOptions::new().min_connections(tasks).max_connections(tasks).test_before_acquire(false);
    let target = pool.connect_with(options).await?;
    let took = postgres::copy(&source, &target, shapes, plan).await;
    target.close().await;
    source.close().await;
    took
}
