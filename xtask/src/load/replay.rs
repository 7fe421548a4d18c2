//! The bare program: sqlx and SQL, committing the very rows that the suite committed.
//!
//! It knows nothing of the schema. It lists the tables of a finished database, sees which of them grew while the suite worked,
//! and writes their rows, as they stand in the end, into empty tables with the same columns and the same indexes. The rows
//! of every table are shared out over as many transactions as the suite was asked for, or, where a server has a faster way for
//! an import, streamed by COPY. Reading is not timed; writing is.

mod copy;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use copy::{Shape, postgres, quoted, sqlite};

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
    /// Whether a server takes the rows as a stream, table by table, as it loads them fastest. One task does it, with a commit
    /// for some 50,000 rows.
    pub(crate) stream: bool,
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

pub(crate) async fn file_pool(file: &std::path::Path, connections: u32) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(30));
    Ok(SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?)
}

pub(crate) async fn server_pool(url: &str, connections: u32) -> Result<PgPool> {
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
    let _ = run("CHECKPOINT".to_owned()).await;
    super::settle_disk();
    let options = url.parse::<sqlx::postgres::PgConnectOptions>()?.statement_cache_capacity(256);
    let tasks = u32::try_from(plan.tasks)?;
    let pool = PgPoolOptions::new().min_connections(tasks).max_connections(tasks).test_before_acquire(false);
    let target = pool.connect_with(options).await?;
    let took = match plan.stream {
        true => copy::stream(&source, &target, shapes).await,
        false => postgres::copy(&source, &target, shapes, plan).await,
    };
    target.close().await;
    run(format!("DROP SCHEMA {BARE} CASCADE")).await?;
    source.close().await;
    took
}
