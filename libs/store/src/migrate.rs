//! Schemas: explicit migrations, and the tables they must lead to.

use std::future::Future;
use std::pin::Pin;

use access::{Clock as _, SystemClock};
use prost::{Message as _, Name as _};
use rand::RngCore as _;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::verify::{Auditable, Held};
use crate::{Dialect, Rules, Sql};

/// Migrations under way.
type Migrating = Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send>>;

/// The tables of one service: how they come to be, and how they are checked.
pub struct Tables {
    migrate: fn(DatabaseConnection) -> Migrating,
    pub(crate) held: Vec<Box<dyn Auditable>>,
    tables: Vec<Table>,
}

/// One table as a resource asks for it, for tests: what migrations must lead to, and what callers cannot set.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The statements that would make it, in the portable form of migrations.
    pub ddl: String,
    /// The full name of its message.
    pub message: String,
    /// An encoded message without what the service alone says.
    pub clear_output: fn(&[u8]) -> Vec<u8>,
}

impl Tables {
    /// The tables of a service, made by its migrations.
    #[must_use]
    pub fn new<M: MigratorTrait>() -> Self {
        Self {
            migrate: |connection| Box::pin(async move { M::up(&connection, None).await }),
            held: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a resource: its rows are then part of what verification covers.
    #[must_use]
    pub fn with<R: Rules>(mut self) -> Self {
        self.held.push(Box::new(Held::<R>::default()));
        self.tables.push(Table {
            name: R::TABLE.to_owned(),
            ddl: ddl::<R>(),
            message: R::Message::full_name(),
            clear_output: |bytes| {
                let mut message = R::Message::decode(bytes).unwrap_or_default();
                R::clear_output(&mut message);
                message.encode_to_vec()
            },
        });
        self
    }

    /// What the resources ask for.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

/// The statements that make the tables of a resource, in the portable form: `TEXT`, `BIGINT`, `DOUBLE PRECISION`, `BYTES`.
#[must_use]
fn ddl<R: Rules>() -> String {
    use resource::FieldType;
    use std::fmt::Write as _;
    let mut out = format!(
        "CREATE TABLE {} (\n  \"organization\" TEXT NOT NULL,\n  \"id\" TEXT NOT NULL,\n  \"version\" BIGINT NOT NULL,\n  \"create_time\" BIGINT NOT NULL,\n  \"update_time\" BIGINT NOT NULL,\n",
        R::TABLE
    );
    for column in R::columns() {
        let kept = match (column.field_type)() {
            FieldType::Real => "DOUBLE PRECISION",
            FieldType::Integer | FieldType::Boolean | FieldType::Time => "BIGINT",
            _ => "TEXT",
        };
        let _ = writeln!(out, "  \"{}\" {kept} NOT NULL,", column.name);
    }
    out.push_str("  \"body\" BYTES NOT NULL,\n  PRIMARY KEY (\"organization\", \"id\")\n);\n");
    let indexed = R::columns().iter().filter(|column| column.order || column.index).map(|column| column.name);
    for column in indexed.chain(["update_time"]) {
        let _ =
            writeln!(out, "CREATE INDEX {0}_by_{column} ON {0} (\"organization\", \"{column}\", \"id\");", R::TABLE);
    }
    for column in R::columns().iter().filter(|column| column.sparse).map(|column| column.name) {
        let table = R::TABLE;
        let head = format!("CREATE INDEX {table}_by_{column} ON {table} (\"organization\", \"{column}\", \"id\")");
        let _ = writeln!(out, "{head} WHERE \"{column}\" <> '';");
    }
    for side in R::sides() {
        let _ = write!(out, "CREATE TABLE {} (\n  \"organization\" TEXT NOT NULL,\n  \"id\" TEXT NOT NULL", side.table);
        for column in side.columns {
            let _ = write!(out, ",\n  \"{column}\" TEXT NOT NULL");
        }
        out.push_str("\n);\n");
        let columns: Vec<String> = side.columns.iter().map(|name| format!("\"{name}\"")).collect();
        let columns = columns.join(", ");
        match side.unique {
            Some(_) => {
                let _ =
                    writeln!(out, "CREATE UNIQUE INDEX {0}_value ON {0} (\"organization\", {columns});", side.table);
            }
            None => {
                let _ =
                    writeln!(out, "CREATE INDEX {0}_value ON {0} (\"organization\", {columns}, \"id\");", side.table);
            }
        }
        let _ = writeln!(out, "CREATE INDEX {0}_id ON {0} (\"organization\", \"id\");", side.table);
    }
    out
}

/// One migration, written in SQL that both dialects read: types `TEXT`, `BIGINT`, `DOUBLE PRECISION`, `BYTES`.
pub struct SqlMigration {
    /// Its name, which orders it and is never changed: `m0001_asset`.
    pub name: &'static str,
    /// Its statements, each ended by a semicolon at the end of a line.
    pub sql: &'static str,
}

impl MigrationName for SqlMigration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SqlMigration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait spells it so")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let dialect = match connection.get_database_backend() {
            sea_orm::DatabaseBackend::Postgres => Dialect::Postgres,
            _ => Dialect::Sqlite,
        };
        run_portable(connection, dialect, self.sql).await
    }
}

/// Lists the migrations of a service: `store::migrations![Migrator; "m0001_asset", …]`, files in its `migrations` folder.
#[macro_export]
macro_rules! migrations {
    ($migrator:ident; $($name:literal),* $(,)?) => {
        /// The migrations of this service, in order.
        pub struct $migrator;

        impl $crate::MigratorTrait for $migrator {
            fn migrations() -> Vec<Box<dyn $crate::MigrationTrait>> {
                vec![$(Box::new($crate::SqlMigration {
                    name: $name,
                    sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $name, ".sql")),
                })),*]
            }
        }
    };
}

/// Lists the resources of a service, once: makes its registry (a database and a [`crate::Collection`] for each) and its tables.
#[macro_export]
macro_rules! resources {
    ($migrator:ident; $($field:ident : $resource:ty),* $(,)?) => {
        /// The tables this service owns.
        #[must_use]
        pub fn tables() -> $crate::Tables {
            $crate::Tables::new::<$migrator>()$(.with::<$resource>())*
        }

        /// Everything the handlers share.
        pub struct Registry {
            pub(crate) database: $crate::Database,
            $(pub(crate) $field: $crate::Collection<$resource>,)*
        }

        impl Registry {
            fn new(database: &$crate::Database) -> Self {
                Self { database: database.clone(), $($field: $crate::Collection::new(database.clone()),)* }
            }
        }
    };
}

async fn run_portable(connection: &impl ConnectionTrait, dialect: Dialect, sql: &str) -> Result<(), DbErr> {
    let sql: String = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.execute_unprepared(&dialect_of(dialect, statement.trim_end_matches(';'))).await?;
    }
    Ok(())
}

/// Portable SQL in the words of SQLite.
#[must_use]
pub fn for_sqlite(portable: &str) -> String {
    dialect_of(Dialect::Sqlite, portable)
}

/// Types in the words of one dialect. PostgreSQL sorts text by code point too, so that lists are the same on both.
fn dialect_of(dialect: Dialect, portable: &str) -> String {
    match dialect {
        Dialect::Sqlite => portable.replace(" BYTES", " BLOB"),
        Dialect::Postgres => portable.replace(" BYTES", " BYTEA").replace(" TEXT", " TEXT COLLATE \"C\""),
    }
}

/// The ledger differs by dialect in where its order comes from.
fn ledger_ddl(dialect: Dialect) -> String {
    let place = match dialect {
        Dialect::Sqlite => "seq INTEGER PRIMARY KEY, transaction_seq BIGINT NOT NULL",
        Dialect::Postgres => {
            "row_id BIGSERIAL PRIMARY KEY, seq BIGINT UNIQUE, transaction_seq BIGINT NOT NULL DEFAULT 0"
        }
    };
    let unplaced = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "CREATE INDEX IF NOT EXISTS ledger_unplaced ON ledger (row_id) WHERE seq IS NULL;\n",
    };
    format!(
        "CREATE TABLE IF NOT EXISTS ledger ({place}, at BIGINT NOT NULL, organization TEXT NOT NULL, resource TEXT NOT NULL, \
         kind TEXT NOT NULL, verb BIGINT NOT NULL, version BIGINT NOT NULL, actor TEXT NOT NULL, on_behalf_of TEXT NOT NULL, \
         method TEXT NOT NULL, trace TEXT NOT NULL, before BYTES NOT NULL, after BYTES NOT NULL, content BYTES NOT NULL, \
         digest BYTES NOT NULL, grp TEXT NOT NULL);\n\
         CREATE INDEX IF NOT EXISTS ledger_organization ON ledger (organization, seq);\n\
         CREATE INDEX IF NOT EXISTS ledger_resource ON ledger (resource, seq);\n{unplaced}\
         CREATE TABLE IF NOT EXISTS store_identity (identity TEXT NOT NULL, token_key BYTES NOT NULL);\n"
    )
}

pub(crate) async fn run(connection: &DatabaseConnection, dialect: Dialect, tables: &Tables) -> Result<(), DbErr> {
    run_portable(connection, dialect, &ledger_ddl(dialect)).await?;
    (tables.migrate)(connection.clone()).await
}

/// Who the database is, and the key of its page tokens; made when the database is new.
pub(crate) async fn identity(connection: &DatabaseConnection, dialect: Dialect) -> Result<(String, [u8; 32]), DbErr> {
    let backend = connection.get_database_backend();
    let select = || Statement::from_string(backend, "SELECT identity, token_key FROM store_identity");
    let row = match connection.query_one_raw(select()).await? {
        Some(row) => row,
        None => {
            let mut key = [0_u8; 32];
            rand::rng().fill_bytes(&mut key);
            let mut sql = Sql::new(dialect, "INSERT INTO store_identity (identity, token_key) VALUES (");
            sql.bind(SystemClock.id()).push(", ").bind(key.to_vec()).push(")");
            connection.execute_raw(sql.statement()).await?;
            connection.query_one_raw(select()).await?.ok_or_else(|| DbErr::Custom("no identity".to_owned()))?
        }
    };
    let key: Vec<u8> = row.try_get_by_index(1)?;
    let key = key.try_into().map_err(|_| DbErr::Custom("the token key is not 32 bytes".to_owned()))?;
    Ok((row.try_get_by_index(0)?, key))
}
