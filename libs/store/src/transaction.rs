//! A write under way: statements, and the ledger entries that go with them.

use std::collections::HashSet;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use prost::Name as _;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};

use crate::database::refuse;
use crate::ledger::Draft;
use crate::sql::portions;
use crate::{Database, Dialect, Resource, Sql};

/// A write under way. Dropped without [`Transaction::commit`], it undoes itself.
pub struct Transaction {
    database: Database,
    inner: DatabaseTransaction,
    context: Arc<Context>,
    /// What waits to be written to the ledger, and on whose behalf each was done.
    drafts: Vec<(Arc<Context>, Draft)>,
    /// Names the transaction in the ledger, until its entries have places.
    group: String,
    /// The places of the first and the newest entry written so far; 0 where none.
    places: (i64, i64),
    /// Where the ledger stood before this write, once it was asked, and the place and digest that come before what it writes next.
    /// SQLite alone, where nobody else writes meanwhile.
    stood: Option<i64>,
    newest: Option<(i64, Vec<u8>)>,
    /// Of what kinds it wrote, and in which organizations.
    wrote: HashSet<(String, String)>,
    /// What follows for other rows is put off to the end of a bulk load.
    bulk: bool,
    /// Whoever waits at [`Database::bell`] is woken when this is committed.
    rings: bool,
    /// The locks it holds that are no row's.
    holds: HashSet<(i32, String)>,
    /// What ends with it.
    kept: Vec<Box<dyn std::any::Any + Send + Sync>>,
}

/// What is made as it is asked for.
pub(crate) type Made<'a, T> = Box<dyn Iterator<Item = T> + Send + 'a>;

/// Whether a lock suffers another holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody else holds it.
    Alone,
    /// Others may share it; who wants it alone waits.
    Shared,
}

/// Entries are written out when this many wait, so that an import of any size holds few in memory.
const MOST_WAITING: usize = 2_000;

impl Transaction {
    pub(crate) fn new(database: Database, inner: DatabaseTransaction, context: Context) -> Self {
        let group = context.clock.id();
        let context = Arc::new(context);
        Self {
            database,
            inner,
            context,
            drafts: Vec::new(),
            group,
            places: (0, 0),
            stood: None,
            newest: None,
            wrote: HashSet::new(),
            bulk: false,
            rings: false,
            holds: HashSet::new(),
            kept: Vec::new(),
        }
    }

    /// On whose behalf.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// From here on, what is written is on behalf of `context`: the ledger tells each change under the context in which it was
    /// made. For a transaction that does what follows from several causes.
    pub fn act_as(&mut self, context: Context) {
        self.context = Arc::new(context);
    }

    /// The database written to.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Says that this write is a part of a bulk load: [`crate::Rules::settled`] may put off what it would do at once.
    #[must_use]
    pub fn bulk(mut self) -> Self {
        self.bulk = true;
        self
    }

    /// Whether this write is a part of a bulk load.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.bulk
    }

    /// Wakes whoever waits at [`Database::bell`] once this is committed, and not before.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Holds a lock that is no row's until this write ends, and waits for it first: what it is of is named by a number, one a
    /// purpose in the whole suite, and a text. What is held is not asked for again, so who wants it alone says so at once.
    /// SQLite writes one at a time anyway.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn hold(&mut self, purpose: i32, of: &str, hold: Hold) -> Outcome<()> {
        if self.database.dialect() == Dialect::Sqlite || self.holds.contains(&(purpose, of.to_owned())) {
            return Ok(());
        }
        let function = match hold {
            Hold::Alone => "pg_advisory_xact_lock",
            Hold::Shared => "pg_advisory_xact_lock_shared",
        };
        let mut sql = self.sql(format!("SELECT 1 FROM (SELECT {function}({purpose}, hashtext("));
        sql.bind(of).push("))) held");
        self.rows(sql).await?;
        self.holds.insert((purpose, of.to_owned()));
        Ok(())
    }

    /// Keeps something until this write ends, be it committed or undone: a place in a queue, say.
    pub fn keep(&mut self, what: impl std::any::Any + Send + Sync) {
        self.kept.push(Box::new(what));
    }

    /// From now on, this write fails with ABORTED where it would wait so long for what another has, in milliseconds: for one
    /// that can begin anew, so that it gives way before PostgreSQL cuts off either of two that wait for each other (after a
    /// second, by default). SQLite writes one at a time anyway.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn give_way(&mut self, after: u32) -> Outcome<()> {
        if self.database.dialect() == Dialect::Postgres {
            self.run(self.sql(format!("SET LOCAL lock_timeout = {after}"))).await?;
        }
        Ok(())
    }

    /// A statement to build on.
    #[must_use]
    pub fn sql(&self, text: impl Into<String>) -> Sql {
        self.database.sql(text)
    }

    /// Runs a statement; gives how many rows it touched.
    ///
    /// # Errors
    /// `VALUE_TAKEN`, `STORE_UNAVAILABLE`, or `DEFECT`.
    pub async fn run(&mut self, sql: Sql) -> Outcome<u64> {
        self.database.count();
        let done = self.inner.execute_raw(sql.statement()).await.map_err(|error| refuse(&error))?;
        Ok(done.rows_affected())
    }

    /// Rows of a read that sees what this transaction wrote.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn rows(&mut self, sql: Sql) -> Outcome<Vec<QueryResult>> {
        self.database.count();
        self.inner.query_all_raw(sql.statement()).await.map_err(|error| refuse(&error))
    }

    /// The first row of a read that sees what this transaction wrote.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn row(&mut self, sql: Sql) -> Outcome<Option<QueryResult>> {
        self.database.count();
        self.inner.query_one_raw(sql.statement()).await.map_err(|error| refuse(&error))
    }

    /// Runs statements one after the other, each with how many rows it must touch. While the database runs one, the next is made:
    /// to make them takes about as long as to run them.
    ///
    /// # Errors
    /// As [`Transaction::run`]; `ETAG_MISMATCH` where one touches another number of rows.
    pub(crate) async fn run_each(&mut self, mut statements: Made<'_, (Sql, u64)>) -> Outcome<()> {
        let mut next = statements.next();
        while let Some((sql, touches)) = next {
            // The database is asked before the next is made, since that is polled second.
            let (touched, following) = futures::join!(self.run(sql), async { statements.next() });
            if touched? != touches {
                return Err(met());
            }
            next = following;
        }
        Ok(())
    }

    /// Inserts rows into a table, in as few statements as the dialect takes. No value may be NULL.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn insert(&mut self, table: &str, columns: &[&str], rows: Vec<Vec<Value>>) -> Outcome<()> {
        let count = rows.len();
        self.insert_each(table, columns, count, Box::new(rows.into_iter())).await
    }

    /// As [`Transaction::insert`], so many rows that are made while those before them are written.
    pub(crate) async fn insert_each(
        &mut self,
        table: &str,
        columns: &[&str],
        count: usize,
        rows: Made<'_, Vec<Value>>,
    ) -> Outcome<()> {
        let names: Vec<String> = columns.iter().map(|name| crate::row::quoted(name)).collect();
        let dialect = self.database.dialect();
        // A statement that fails undoes the whole transaction, so SQLite need not keep what this one alone would undo.
        let insert = match dialect {
            Dialect::Sqlite => "INSERT OR FAIL",
            Dialect::Postgres => "INSERT",
        };
        let head = format!("{insert} INTO {table} ({}) ", names.join(", "));
        let statements = portions(dialect, count, rows).map(move |portion| {
            let touches = portion.len() as u64;
            let mut sql = Sql::new(dialect, head.as_str());
            sql.rows(portion);
            (sql, touches)
        });
        self.run_each(Box::new(statements)).await
    }

    /// Which of the ids exist among the resources of a kind. On PostgreSQL those that do are kept from being deleted until
    /// this write ends, so that what refers to them now refers to something.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn existing<R: Resource>(&mut self, organization: &str, ids: HashSet<&str>) -> Outcome<HashSet<String>> {
        self.existing_in(R::TABLE, organization, ids).await
    }

    pub(crate) async fn existing_in(
        &mut self,
        table: &str,
        organization: &str,
        ids: HashSet<&str>,
    ) -> Outcome<HashSet<String>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut ids: Vec<&str> = ids.into_iter().collect();
        ids.sort_unstable();
        let mut sql = self.sql(format!("SELECT id FROM {table} WHERE organization = "));
        sql.bind(organization).push(" AND ").is_in("id", &ids);
        if self.database.dialect() == Dialect::Postgres {
            sql.push(" ORDER BY id FOR KEY SHARE");
        }
        let rows = self.rows(sql).await?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
    }

    /// Tells PostgreSQL how full the tables are, as this write sees them. It plans by what it last knew, and a bulk load
    /// outruns its own count (measured: a look-up by external id read the whole table, 40 ms instead of 2). SQLite
    /// plans by the indexes alone.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn take_stock(&mut self) -> Outcome<()> {
        match self.database.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                let tables = "SELECT string_agg(quote_ident(relname), ', ') FROM pg_stat_user_tables";
                let Some(row) = self.row(self.sql(tables)).await? else { return Ok(()) };
                let tables: String = row.try_get_by_index(0).map_err(Fault::defect)?;
                // A small sample shows what matters: how many rows, and that one organization has most of them.
                self.run(self.sql("SET LOCAL default_statistics_target = 10")).await?;
                // Another load that does the same does not wait for this one to end.
                self.run(self.sql(format!("ANALYZE (SKIP_LOCKED) {tables}"))).await?;
                Ok(())
            }
        }
    }

    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// The place and the digest of the newest entry of the ledger, as this write sees it; 0 and nothing where it is empty. Asked
    /// once: SQLite, of which alone this is asked, lets nobody else write meanwhile.
    pub(crate) async fn newest(&mut self) -> Outcome<(i64, Vec<u8>)> {
        if let Some(newest) = &self.newest {
            return Ok(newest.clone());
        }
        let row = self.row(self.sql("SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1")).await?;
        let newest: (i64, Vec<u8>) = match row {
            Some(row) => {
                (row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?)
            }
            None => (0, Vec::new()),
        };
        self.stood = Some(newest.0);
        self.newest = Some(newest.clone());
        Ok(newest)
    }

    /// Says where the ledger stands after entries were written.
    pub(crate) fn stands(&mut self, place: i64, digest: Vec<u8>) {
        self.newest = Some((place, digest));
    }

    /// What was worked out from the rows of a kind in an organization ([`Transaction::remember`]), where that is still what they
    /// give. On PostgreSQL, where others write at the same time, nothing is remembered: to ask whether it still holds would cost
    /// as much as to read it.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn recall<R: Resource, T: Send + Sync + 'static>(
        &mut self,
        organization: &str,
    ) -> Outcome<Option<Arc<T>>> {
        let Some(key) = self.memorable::<R>(organization) else { return Ok(None) };
        self.newest().await?;
        let stood = self.stood.unwrap_or_default();
        Ok(self.database.inner.memory.recall(stood, &key))
    }

    /// Remembers what the rows of a kind in an organization give, until one of them is written.
    pub fn remember<R: Resource, T: Send + Sync + 'static>(&mut self, organization: &str, what: Arc<T>) {
        if let (Some(key), Some(stood)) = (self.memorable::<R>(organization), self.stood) {
            self.database.inner.memory.remember(stood, key, what);
        }
    }

    /// What is remembered is of committed rows, so not of a kind that this write wrote itself.
    fn memorable<R: Resource>(&self, organization: &str) -> Option<(String, String)> {
        let key = (R::Message::full_name(), organization.to_owned());
        (self.database.dialect() == Dialect::Sqlite && !self.wrote.contains(&key)).then_some(key)
    }

    pub(crate) async fn record(&mut self, drafts: impl IntoIterator<Item = Draft>) -> Outcome<()> {
        let waiting = self.drafts.len();
        self.drafts.extend(drafts.into_iter().map(|draft| (Arc::clone(&self.context), draft)));
        // What is recorded at once is of one kind and organization.
        if let Some((_, draft)) = self.drafts.get(waiting) {
            self.wrote.insert((draft.kind.clone(), draft.organization.clone()));
        }
        if self.drafts.len() >= MOST_WAITING { self.write_entries().await } else { Ok(()) }
    }

    /// Writes to the ledger what waits, where that is worth a statement: while the caller works out what else to write.
    pub(crate) async fn write_waiting(&mut self) -> Outcome<()> {
        if self.drafts.len() < crate::sql::most(Dialect::Sqlite) { Ok(()) } else { self.write_entries().await }
    }

    async fn write_entries(&mut self) -> Outcome<()> {
        let drafts = std::mem::take(&mut self.drafts);
        if drafts.is_empty() {
            return Ok(());
        }
        self.places = crate::ledger::append(self, drafts, self.places.0).await?;
        Ok(())
    }

    /// Makes it last, and wakes whoever follows the ledger.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`; then nothing has changed.
    pub async fn commit(mut self) -> Outcome<()> {
        self.write_entries().await?;
        self.inner.commit().await.map_err(|error| refuse(&error))?;
        if self.rings {
            self.database.inner.bell.send_modify(|rung| *rung += 1);
        }
        let (_, written) = self.places;
        if written > 0 {
            match self.database.dialect() {
                Dialect::Sqlite => {
                    self.database.inner.memory.forget(self.stood.unwrap_or_default(), written, &self.wrote);
                    self.database
                        .inner
                        .head
                        .send_if_modified(|head| std::mem::replace(head, (*head).max(written)) < written);
                }
                Dialect::Postgres => self.database.inner.arrived.notify_one(),
            }
        }
        Ok(())
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`; the database undoes it all the same.
    pub async fn undo(self) -> Outcome<()> {
        self.inner.rollback().await.map_err(|error| refuse(&error))
    }
}

/// A row changed between being read and being written: on PostgreSQL two calls met.
pub(crate) fn met() -> Box<Fault> {
    Fault::new(
        tonic::Code::Aborted,
        wire::fault::v1::ErrorReason::EtagMismatch,
        "the resource was changed by another call at the same moment: read it and try again",
    )
}
