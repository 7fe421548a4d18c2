//! Where a suite under measurement lives: always on new, empty databases, embedded or of a server.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgPool, PgPoolOptions};

use super::calls::{Callers, tokens};
use super::child::Serving;
use super::replay::Written;

/// Where suites live.
pub(crate) struct Home {
    program: PathBuf,
    server: Option<Server>,
}

struct Server {
    url: String,
    pool: PgPool,
    next: AtomicU32,
}

/// A suite, ready and empty.
pub(crate) struct Suite {
    /// The process.
    pub(crate) serving: Serving,
    /// Who calls it.
    pub(crate) callers: Callers,
    /// Where the registry of assets keeps its rows.
    pub(crate) written: Written,
    folder: tempfile::TempDir,
    database: Option<String>,
}

/// What a suite leaves behind; gone when dropped, but for databases of a server, which the next suite or
/// [`Home::leave`] removes.
pub(crate) struct Left {
    /// Where the registry of assets kept its rows.
    pub(crate) written: Written,
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Home {
    /// On embedded databases.
    pub(crate) fn embedded(program: &Path) -> Self {
        Self { program: program.to_owned(), server: None }
    }

    /// On databases of a server, of whom the URL's user may create some.
    pub(crate) async fn server(program: &Path, url: &str) -> Result<Self> {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
        let pool = pool.context("the PostgreSQL server does not answer")?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let set: String = sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&pool).await?;
            if set != "on" {
                bail!(
                    "the PostgreSQL server has {setting}={set}: what is measured of durable writes there is worth nothing"
                );
            }
        }
        let server = Server { url: url.to_owned(), pool, next: AtomicU32::new(0) };
        Ok(Self { program: program.to_owned(), server: Some(server) })
    }

    /// What the table calls it.
    pub(crate) fn name(&self) -> &'static str {
        if self.server.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// Starts a suite on databases of its own; what the suites before it left on the server is removed.
    pub(crate) async fn suite(&self) -> Result<Suite> {
        if let Some(server) = &self.server {
            server.clear().await?;
        }
        self.beside().await
    }

    /// As [`Home::suite`], beside another that goes on.
    pub(crate) async fn beside(&self) -> Result<Suite> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let (database, written) = match &self.server {
            None => (None, Written::File(data.join("assets.db"))),
            Some(server) => {
                let base = server.fresh().await?;
                (Some(at(&server.url, &base)?), Written::Url(at(&server.url, &format!("{base}_assets"))?))
            }
        };
        self.start(folder, database, written).await
    }

    /// Starts a suite on what another left behind.
    pub(crate) async fn again(&self, left: Left) -> Result<Suite> {
        self.start(left.folder, left.database, left.written).await
    }

    async fn start(&self, folder: tempfile::TempDir, database: Option<String>, written: Written) -> Result<Suite> {
        let data = folder.path().join("data");
        let mut arguments =
            vec![OsStr::new("up"), OsStr::new("--data"), data.as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()];
        arguments.extend(database.iter().flat_map(|url| [OsStr::new("--postgres"), OsStr::new(url)]));
        super::settle_disk();
        let serving = Serving::start(&self.program, &arguments)?;
        let callers = Callers::connect(&serving.url, &tokens(&data.join("keys"))?).await?;
        Ok(Suite { serving, callers, written, folder, database })
    }

    /// What the bare program writes an import with, for the table: the fastest way that each database has.
    pub(crate) fn bulk(&self) -> &'static str {
        if self.server.is_some() { "bare COPY, same rows" } else { "bare sqlx, same rows by 500" }
    }

    /// Removes what is left on the server.
    pub(crate) async fn leave(&self) -> Result<()> {
        if let Some(server) = &self.server {
            server.clear().await?;
            server.pool.close().await;
        }
        Ok(())
    }
}

impl Suite {
    /// Where another service of it keeps its rows.
    pub(crate) fn written_of(&self, service: &str) -> Written {
        match &self.written {
            Written::File(file) => Written::File(file.with_file_name(format!("{service}.db"))),
            Written::Url(url) => Written::Url(url.replace("_assets", &format!("_{service}"))),
        }
    }

    /// What it leaves behind where it has ended by itself, or was killed.
    pub(crate) fn left(self) -> Left {
        drop(self.serving);
        Left { written: self.written, folder: self.folder, database: self.database }
    }

    /// Ends the suite; what it wrote stays.
    pub(crate) async fn end(self) -> Result<Left> {
        self.written.settle().await?;
        Ok(self.left())
    }
}

impl Server {
    fn prefix() -> String {
        format!("telwarden_load_{}", std::process::id())
    }

    /// An empty database whose name those of the services begin with.
    async fn fresh(&self) -> Result<String> {
        let name = format!("{}_{}", Self::prefix(), self.next.fetch_add(1, Ordering::Relaxed));
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&self.pool).await?;
        // Users who may not ask for one measure without.
        let _ = sqlx::raw_sql("CHECKPOINT").execute(&self.pool).await;
        Ok(name)
    }

    async fn clear(&self) -> Result<()> {
        let sql = "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)";
        let names: Vec<String> =
            sqlx::query_scalar(sql).bind(format!("{}_", Self::prefix())).fetch_all(&self.pool).await?;
        for name in names {
            let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
            sqlx::raw_sql(drop).execute(&self.pool).await?;
        }
        Ok(())
    }
}

/// The URL of another database of the same server.
fn at(url: &str, database: &str) -> Result<String> {
    let (url, options) = url.split_once('?').map_or((url, None), |(url, options)| (url, Some(options)));
    let (server, _) = url.rsplit_once('/').context("the PostgreSQL URL must name a database to connect to first")?;
    Ok(format!("{server}/{database}{}", options.map(|options| format!("?{options}")).unwrap_or_default()))
}
