//! Copying rows from table to table, whatever their columns, on either database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteRow, SqliteTypeInfo};
use sqlx::{AssertSqlSafe, Decode, Encode, Postgres, Row as _, Sqlite, Type, TypeInfo as _, ValueRef as _};
use tokio::task::JoinSet;

use super::{BARE, Plan};

/// Rows to a statement at most, as in the import stream.
const ROWS: usize = 500;
/// Values to a statement at most: below what either database takes.
const VALUES: usize = 32_000;
/// How many rows are held in memory at a time, about.
const WINDOW: u64 = 50_000;

/// What is copied of a table.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: u64,
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

/// A name as SQL wants it.
pub(super) fn quoted(name: &str) -> String {
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
        pub(super) mod $module {
            use super::*;

            type Pool = sqlx::Pool<$database>;
            /// The rows of a transaction, table by table.
            type Transaction = Vec<Vec<Vec<$datum>>>;

            /// How many rows a table has.
            pub(in super::super) async fn count(pool: &Pool, target: &str, table: &str) -> Result<u64> {
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
            pub(in super::super) async fn copy(
                source: &Pool,
                target: &Pool,
                shapes: Vec<Shape>,
                plan: Plan,
            ) -> Result<Duration> {
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

/// Streams the rows of `source` into `target`, table by table, and says how long the writing took.
pub(super) async fn stream(source: &sqlx::PgPool, target: &sqlx::PgPool, shapes: Vec<Shape>) -> Result<Duration> {
    let mut took = Duration::ZERO;
    for shape in shapes {
        let sql = format!("SELECT {} FROM {}", shape.columns(), quoted(&shape.table));
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(source);
        let into = format!("COPY {BARE}.{} ({}) FROM STDIN BINARY", quoted(&shape.table), shape.columns());
        let mut left = shape.rows;
        while left > 0 {
            let portion = left.min(WINDOW);
            let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
            for _ in 0..portion {
                let row: PgRow = rows.next().await.context("fewer rows than were counted")??;
                bytes.extend(i16::try_from(shape.columns.len())?.to_be_bytes());
                for at in 0..shape.columns.len() {
                    let value = read_postgres(&row, at)?.bytes;
                    let length = value.as_ref().map_or(Ok(-1), |bytes| i32::try_from(bytes.len()))?;
                    bytes.extend(length.to_be_bytes());
                    bytes.extend(value.unwrap_or_default());
                }
            }
            bytes.extend((-1_i16).to_be_bytes());
            let begin = Instant::now();
            let mut connection = target.acquire().await?;
            let mut copy = connection.copy_in_raw(&into).await?;
            copy.send(bytes).await?;
            copy.finish().await?;
            took += begin.elapsed();
            left -= portion;
        }
        let written = postgres::count(target, &format!("{BARE}."), &shape.table).await?;
        if written != shape.rows {
            bail!("the bare program wrote {written} of {} rows of {}", shape.rows, shape.table);
        }
    }
    Ok(took)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_share_all_rows_and_differ_by_one_at_most() {
        for (rows, all) in [(0, 3), (1, 3), (7, 3), (500, 1), (12_345, 35), (3, 1_000)] {
            let shape = Shape { table: "asset".to_owned(), columns: vec!["id".to_owned()], rows };
            let shares: Vec<u64> = (0..all).map(|index| shape.share(index, all)).collect();
            assert_eq!(shares.iter().sum::<u64>(), rows);
            assert!(shares.iter().all(|share| (rows / all..=rows.div_ceil(all)).contains(share)), "{shares:?}");
        }
    }

    #[tokio::test]
    async fn rows_of_every_type_arrive_as_they_were() {
        let pool = |_| sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:");
        let (source, target) = (pool(1).await.unwrap(), pool(2).await.unwrap());
        let table = "CREATE TABLE \"a b\" (i BIGINT, r DOUBLE PRECISION, t TEXT, b BLOB, n TEXT)";
        for pool in [&source, &target] {
            sqlx::raw_sql(table).execute(pool).await.unwrap();
        }
        let rows = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1203)
             INSERT INTO \"a b\" SELECT x, x / 8.0, 't' || x, zeroblob(x % 5), NULL FROM n";
        sqlx::raw_sql(rows).execute(&source).await.unwrap();
        let columns = ["i", "r", "t", "b", "n"].map(str::to_owned).to_vec();
        let shape = Shape { table: "a b".to_owned(), columns, rows: 1203 };
        let plan = Plan { transactions: 2, tasks: 1, stream: false };
        sqlite::copy(&source, &target, vec![shape], plan).await.unwrap();
        let sum = "SELECT COUNT(*) || ' ' || SUM(i) || ' ' || SUM(r) || ' ' || SUM(LENGTH(t)) || ' ' || SUM(LENGTH(b)) || ' ' || COUNT(n) FROM \"a b\"";
        let of = async |pool| sqlx::query_scalar::<_, String>(sum).fetch_one(pool).await.unwrap();
        assert_eq!(of(&target).await, of(&source).await);
    }
}
