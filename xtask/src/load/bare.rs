//! The limits: a bare sqlx program that commits the same rows, and a bare tonic server that returns the same message.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Column as _, Executor as _, Row as _, TypeInfo as _};
use wire::assets::v1::{Asset, GetAssetRequest};

use super::suite::{Rows, Running};

/// A value of a row, whatever the database.
#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Integer(i64),
    Real(f64),
    Bytes(Vec<u8>),
}

/// One row of a table, to be written again and again with other keys.
struct Template {
    table: &'static str,
    columns: Vec<String>,
    values: Vec<Value>,
}

enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

macro_rules! template {
    ($name:ident, $pool:ty) => {
        async fn $name(pool: &$pool, table: &'static str) -> Result<Template> {
            let row =
                sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM {table} LIMIT 1"))).fetch_one(pool).await?;
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for (index, column) in row.columns().iter().enumerate() {
                // The serial key of PostgreSQL's ledger makes itself.
                if column.name() == "row_id" {
                    continue;
                }
                columns.push(column.name().to_owned());
                values.push(match column.type_info().name() {
                    "TEXT" => Value::Text(row.try_get(index)?),
                    "BLOB" | "BYTEA" => Value::Bytes(row.try_get(index)?),
                    "REAL" | "DOUBLE PRECISION" | "FLOAT8" => Value::Real(row.try_get(index)?),
                    _ => Value::Integer(row.try_get(index)?),
                });
            }
            Ok(Template { table, columns, values })
        }
    };
}
template!(sqlite_template, sqlx::SqlitePool);
template!(postgres_template, sqlx::PgPool);

impl Template {
    fn sql(&self, rows: usize, numbered: bool) -> String {
        let names: Vec<String> = self.columns.iter().map(|name| format!("\"{name}\"")).collect();
        let mut number = 0;
        let mut row = || {
            let marks: Vec<String> = self
                .columns
                .iter()
                .map(|_| {
                    if numbered {
                        number += 1;
                        format!("${number}")
                    } else {
                        "?".to_owned()
                    }
                })
                .collect();
            format!("({})", marks.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(|_| row()).collect();
        format!("INSERT INTO {} ({}) VALUES {}", self.table, names.join(", "), rows.join(", "))
    }

    /// The values of one row, with a key of its own.
    fn row(&self, key: u64) -> Vec<Value> {
        let fresh = |(name, value): (&String, &Value)| match (name.as_str(), self.table) {
            ("id", _) => Value::Text(format!("bare-{key:012}")),
            ("seq" | "transaction_seq", _) => Value::Integer(i64::try_from(key).unwrap_or_default() + 1_000_000_000),
            _ => value.clone(),
        };
        self.columns.iter().zip(&self.values).map(fresh).collect()
    }
}

macro_rules! write_rows {
    ($connection:expr, $template:expr, $keys:expr, $numbered:expr) => {{
        let sql = $template.sql($keys.len(), $numbered);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for key in $keys {
            for value in $template.row(*key) {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Integer(number) => query.bind(number),
                    Value::Real(number) => query.bind(number),
                    Value::Bytes(bytes) => query.bind(bytes),
                };
            }
        }
        query.execute($connection).await?;
    }};
}

/// The pool of the bare program, with the very tables of the registry, and what to write into them.
async fn open(running: &Running, name: &str) -> Result<(Pool, Vec<Template>)> {
    if running.postgres.is_some() {
        let pool = PgPoolOptions::new().max_connections(16).connect(&running.database()).await?;
        let templates = vec![postgres_template(&pool, "asset").await?, postgres_template(&pool, "ledger").await?];
        // Tables of the same shape, indexes included, so that neither program sees the other's rows.
        for table in ["asset", "ledger", "dependency"] {
            pool.execute(sqlx::AssertSqlSafe(format!(
                "DROP TABLE IF EXISTS bare_{table}; CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)"
            )))
            .await?;
        }
        let templates = templates.into_iter().map(|template| Template {
            table: if template.table == "asset" { "bare_asset" } else { "bare_ledger" },
            ..template
        });
        return Ok((Pool::Postgres(pool), templates.collect()));
    }
    let source = SqlitePoolOptions::new().max_connections(1).connect(&running.database()).await?;
    let ddl = sqlx::query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
        .fetch_all(&source)
        .await?;
    let mut templates = vec![sqlite_template(&source, "asset").await?, sqlite_template(&source, "ledger").await?];
    if let Ok(dependency) = sqlite_template(&source, "dependency").await {
        templates.push(dependency);
    }
    let options: SqliteConnectOptions = running.beside(name).parse()?;
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-32768");
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    for row in ddl {
        pool.execute(sqlx::AssertSqlSafe(row.try_get::<String, _>(0)?)).await?;
    }
    Ok((Pool::Sqlite(pool), templates))
}

/// Transactions a second, each with one asset and one ledger row.
pub(crate) async fn commits(running: &Running, callers: u64, period: Duration) -> Result<f64> {
    let (pool, templates) = open(running, "commits.db").await?;
    let [asset, ledger, ..] = templates.as_slice() else { bail!("no rows to copy") };
    let began = Instant::now();
    let work = (0..callers).map(|caller| {
        let pool = &pool;
        async move {
            let mut count = 0_u64;
            while began.elapsed() < period {
                let key = [caller * 10_000_000 + count];
                match pool {
                    Pool::Sqlite(pool) => {
                        let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                        write_rows!(&mut *tx, asset, &key, false);
                        write_rows!(&mut *tx, ledger, &key, false);
                        tx.commit().await?;
                    }
                    Pool::Postgres(pool) => {
                        let mut tx = pool.begin().await?;
                        write_rows!(&mut *tx, asset, &key, true);
                        write_rows!(&mut *tx, ledger, &key, true);
                        tx.commit().await?;
                    }
                }
                count += 1;
            }
            Ok::<_, anyhow::Error>(count)
        }
    });
    let done: u64 = try_join_all(work).await?.into_iter().sum();
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

/// How long the bare program takes for the rows of an import, 500 in a transaction: a row and its ledger row each.
pub(crate) async fn batches(running: &Running, rows: Rows) -> Result<Duration> {
    let (pool, templates) = open(running, "batches.db").await?;
    let asset = templates.first().context("no asset to copy")?;
    let ledger = templates.get(1).context("no entry to copy")?;
    let dependency = templates.get(2).unwrap_or(asset);
    let began = Instant::now();
    let mut key = 0;
    for (template, count) in [(asset, rows.assets), (dependency, rows.dependencies)] {
        let mut left = count;
        while left > 0 {
            let keys: Vec<u64> = (key..key + left.min(500)).collect();
            match &pool {
                Pool::Sqlite(pool) => {
                    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                    write_rows!(&mut *tx, template, &keys, false);
                    write_rows!(&mut *tx, ledger, &keys, false);
                    tx.commit().await?;
                }
                Pool::Postgres(pool) => {
                    let mut tx = pool.begin().await?;
                    write_rows!(&mut *tx, template, &keys, true);
                    write_rows!(&mut *tx, ledger, &keys, true);
                    tx.commit().await?;
                }
            }
            key += keys.len() as u64;
            left -= keys.len() as u64;
        }
    }
    Ok(began.elapsed())
}

/// A bare server that answers GetAsset with one asset; gives its URL.
pub(crate) async fn serve(asset: Asset) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(
        tonic::transport::Server::builder().tcp_nodelay(true).add_service(Bare(asset)).serve_with_incoming(incoming),
    );
    Ok(url)
}

/// Answers every call with the same asset, as a generated server would.
#[derive(Clone)]
struct Bare(Asset);

impl tonic::server::NamedService for Bare {
    const NAME: &'static str = "telwarden.assets.v1.AssetService";
}

impl tower::Service<http::Request<tonic::body::Body>> for Bare {
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = futures::future::BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let method = Same(self.0.clone());
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(tonic_prost::ProstCodec::<Asset, GetAssetRequest>::default());
            Ok(grpc.unary(method, request).await)
        })
    }
}

struct Same(Asset);

impl tonic::server::UnaryService<GetAssetRequest> for Same {
    type Response = Asset;
    type Future = std::future::Ready<Result<tonic::Response<Asset>, tonic::Status>>;

    fn call(&mut self, _: tonic::Request<GetAssetRequest>) -> Self::Future {
        std::future::ready(Ok(tonic::Response::new(self.0.clone())))
    }
}
