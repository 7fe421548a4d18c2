//! The change ledger: audit trail, outbox and evidence in one append-only table, written in the transaction of the change.
//!
//! An entry's digest covers its content and the digest before it, so an edit, a gap or a swap shows. On SQLite, where one
//! writes at a time, entries get their place as they are written; on PostgreSQL the sequencer numbers what has become
//! visible, since a value of a sequence says nothing about the order of commits (docs/adr/0005-sequencer.md).

use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use sea_orm::{QueryResult, Value};
use sha2::{Digest as _, Sha256};

use crate::{Database, Dialect, Transaction, Verb};

/// What a write says about one resource, before it has a place.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) organization: String,
    pub(crate) resource: String,
    pub(crate) kind: String,
    pub(crate) verb: Verb,
    pub(crate) version: i64,
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1, without gaps.
    pub sequence: i64,
    /// The place of the first entry of its transaction.
    pub transaction: i64,
    /// When, microseconds since 1970.
    pub at: i64,
    /// Whose.
    pub organization: String,
    /// The resource's name.
    pub resource: String,
    /// The full name of the resource's message.
    pub kind: String,
    /// What happened.
    pub verb: Verb,
    /// The version after.
    pub version: i64,
    /// Who did it.
    pub actor: String,
    /// For whom.
    pub on_behalf_of: String,
    /// By which method.
    pub method: String,
    /// The W3C `traceparent` of the call that did it.
    pub trace: String,
    /// The message before, encoded; empty for a creation.
    pub before: Vec<u8>,
    /// The message after, encoded; empty for a deletion.
    pub after: Vec<u8>,
    /// SHA-256 of everything above but the places.
    pub content: Vec<u8>,
    /// SHA-256 of the digest before, the places and the content.
    pub digest: Vec<u8>,
}

/// Entries in order, and where the ledger stood when they were read.
#[derive(Clone, Debug, Default)]
pub struct LedgerPage {
    /// The entries, the oldest first.
    pub entries: Vec<Entry>,
    /// The sequence up to which the ledger was searched.
    pub through: i64,
}

const COLUMNS: &str = "seq, transaction_seq, at, organization, resource, kind, verb, version, actor, on_behalf_of, method, trace, before, \
                        after, content, digest";

impl Entry {
    /// The digest of the content as it stands.
    #[must_use]
    pub fn content_digest(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(&self.at.to_be_bytes());
        part(self.organization.as_bytes());
        part(self.resource.as_bytes());
        part(self.kind.as_bytes());
        part(&[self.verb as u8]);
        part(&self.version.to_be_bytes());
        for text in [&self.actor, &self.on_behalf_of, &self.method, &self.trace] {
            part(text.as_bytes());
        }
        part(&self.before);
        part(&self.after);
        hasher.finalize().to_vec()
    }

    pub(crate) fn read(row: &QueryResult) -> Outcome<Self> {
        let entry = || -> Result<Self, sea_orm::DbErr> {
            let verb: i64 = row.try_get_by_index(6)?;
            Ok(Self {
                sequence: row.try_get_by_index(0)?,
                transaction: row.try_get_by_index(1)?,
                at: row.try_get_by_index(2)?,
                organization: row.try_get_by_index(3)?,
                resource: row.try_get_by_index(4)?,
                kind: row.try_get_by_index(5)?,
                verb: Verb::of(verb),
                version: row.try_get_by_index(7)?,
                actor: row.try_get_by_index(8)?,
                on_behalf_of: row.try_get_by_index(9)?,
                method: row.try_get_by_index(10)?,
                trace: row.try_get_by_index(11)?,
                before: row.try_get_by_index(12)?,
                after: row.try_get_by_index(13)?,
                content: row.try_get_by_index(14)?,
                digest: row.try_get_by_index(15)?,
            })
        };
        entry().map_err(Fault::defect)
    }
}

/// The digest that chains an entry to the one before it.
#[must_use]
pub(crate) fn chain(before: &[u8], sequence: i64, transaction: i64, content: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(sequence.to_be_bytes());
    hasher.update(transaction.to_be_bytes());
    hasher.update(content);
    hasher.finalize().to_vec()
}

fn entry(context: &Context, at: i64, draft: Draft) -> Entry {
    let mut entry = Entry {
        sequence: 0,
        transaction: 0,
        at,
        organization: draft.organization,
        resource: draft.resource,
        kind: draft.kind,
        verb: draft.verb,
        version: draft.version,
        actor: context.caller.subject.clone(),
        on_behalf_of: context.caller.on_behalf_of.clone(),
        method: context.method.to_string(),
        trace: context.trace.clone(),
        before: draft.before,
        after: draft.after,
        content: Vec::new(),
        digest: Vec::new(),
    };
    entry.content = entry.content_digest();
    entry
}

/// Writes entries of a transaction; `first` is the place of the transaction's first entry, 0 where this writes it. Gives the
/// first and last places (SQLite), or 1 and 1 where the sequencer will give them.
pub(crate) async fn append(
    tx: &mut Transaction,
    drafts: Vec<(Arc<Context>, Draft)>,
    first: i64,
) -> Outcome<(i64, i64)> {
    let at = tx.context().clock.now();
    let dialect = tx.database().dialect();
    let group = tx.group().to_owned();
    let columns: Vec<&str> = COLUMNS.split(", ").chain(["grp"]).skip(unplaced(dialect)).collect();
    let count = drafts.len();
    let entries = drafts.into_iter().map(|(context, draft)| entry(&context, at, draft));
    if dialect == Dialect::Postgres {
        let rows = entries.map(|entry| values(entry, &group).skip(unplaced(dialect)).collect());
        tx.insert_each("ledger", &columns, count, Box::new(rows)).await?;
        return Ok((1, 1));
    }
    let (mut sequence, mut digest) = tx.newest().await?;
    let first = if first > 0 { first } else { sequence + 1 };
    let placed = entries.map(|mut entry| {
        sequence += 1;
        entry.sequence = sequence;
        entry.transaction = first;
        digest = chain(&digest, sequence, first, &entry.content);
        entry.digest.clone_from(&digest);
        values(entry, &group).collect()
    });
    tx.insert_each("ledger", &columns, count, Box::new(placed)).await?;
    tx.stands(sequence, digest);
    Ok((first, sequence))
}

/// How many of the first columns the sequencer will fill in.
fn unplaced(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sqlite => 0,
        Dialect::Postgres => 2,
    }
}

fn values(entry: Entry, group: &str) -> impl Iterator<Item = Value> {
    let values: [Value; 17] = [
        entry.sequence.into(),
        entry.transaction.into(),
        entry.at.into(),
        entry.organization.into(),
        entry.resource.into(),
        entry.kind.into(),
        (entry.verb as i64).into(),
        entry.version.into(),
        entry.actor.into(),
        entry.on_behalf_of.into(),
        entry.method.into(),
        entry.trace.into(),
        entry.before.into(),
        entry.after.into(),
        entry.content.into(),
        entry.digest.into(),
        group.into(),
    ];
    values.into_iter()
}

impl Database {
    /// The newest place in the ledger, 0 where it is empty.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn newest(&self) -> Outcome<i64> {
        let row = self.row(self.sql("SELECT COALESCE(MAX(seq), 0) FROM ledger")).await?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
    }

    /// Entries of one organization after a place, whole transactions only, in order. `limit` bounds how many are read at
    /// once; a transaction larger than it is read whole.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn entries(&self, organization: &str, after: i64, limit: i64) -> Outcome<LedgerPage> {
        self.page(Some(organization), after, limit).await
    }

    /// As [`Database::entries`], of all organizations: for services of the suite alone.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn entries_of_all(&self, after: i64, limit: i64) -> Outcome<LedgerPage> {
        self.page(None, after, limit).await
    }

    async fn page(&self, organization: Option<&str>, after: i64, limit: i64) -> Outcome<LedgerPage> {
        let newest = self.newest().await?;
        let from = |place: i64| {
            let mut sql = self.sql(format!("SELECT {COLUMNS} FROM ledger WHERE "));
            if let Some(organization) = organization {
                sql.push("organization = ").bind(organization).push(" AND ");
            }
            sql.push("seq > ").bind(place);
            sql
        };
        let mut sql = from(after);
        sql.push(" AND seq <= ").bind(newest).push(" ORDER BY seq LIMIT ").bind(limit);
        let rows = self.rows(sql).await?;
        let mut entries = rows.iter().map(Entry::read).collect::<Outcome<Vec<_>>>()?;
        let full = entries.len() as i64 >= limit;
        let through = if full { entries.last().map_or(after, |entry| entry.sequence) } else { newest.max(after) };
        if full && let Some(last) = entries.last() {
            let (transaction, sequence) = (last.transaction, last.sequence);
            // What was committed together is told together. Its entries follow one another, so the search ends where the next
            // transaction begins: without that it would go through the rest of the ledger, once a page.
            let mut next = self.sql("SELECT seq FROM ledger WHERE seq > ");
            next.bind(sequence).push(" AND transaction_seq <> ").bind(transaction).push(" ORDER BY seq LIMIT 1");
            let next = self.row(next).await?.map(|row| row.try_get_by_index(0).map_err(Fault::defect)).transpose()?;
            let mut sql = from(sequence);
            sql.push(" AND seq < ").bind(next.unwrap_or(i64::MAX));
            sql.push(" AND transaction_seq = ").bind(transaction).push(" ORDER BY seq");
            let rest = self.rows(sql).await?;
            entries.extend(rest.iter().map(Entry::read).collect::<Outcome<Vec<_>>>()?);
        }
        let through = entries.last().map_or(through, |entry| entry.sequence.max(through));
        Ok(LedgerPage { entries, through })
    }

    /// Entries of one resource after a place, the oldest first.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn history(&self, resource: &str, after: i64, limit: i64) -> Outcome<LedgerPage> {
        let newest = self.newest().await?;
        let mut sql = self.sql(format!("SELECT {COLUMNS} FROM ledger WHERE resource = "));
        sql.bind(resource).push(" AND seq > ").bind(after).push(" ORDER BY seq LIMIT ").bind(limit);
        let rows = self.rows(sql).await?;
        let entries = rows.iter().map(Entry::read).collect::<Outcome<Vec<_>>>()?;
        let full = entries.len() as i64 >= limit;
        let through = if full { entries.last().map_or(after, |entry| entry.sequence) } else { newest };
        Ok(LedgerPage { entries, through })
    }

    /// Entries of one resource in the order in which they were written, the oldest first, those included that are committed but
    /// have no place in the ledger yet: what a caller has just done is among them. Each comes with where to go on.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn life(&self, resource: &str, after: i64, limit: i64) -> Outcome<Vec<(i64, Entry)>> {
        self.told(resource, (">", after), "", limit).await
    }

    /// As [`Database::life`], the newest first: those before a place, `i64::MAX` for the newest of all.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn life_backwards(&self, resource: &str, before: i64, limit: i64) -> Outcome<Vec<(i64, Entry)>> {
        self.told(resource, ("<", before), " DESC", limit).await
    }

    async fn told(
        &self,
        resource: &str,
        (side, place): (&str, i64),
        way: &str,
        limit: i64,
    ) -> Outcome<Vec<(i64, Entry)>> {
        let order = match self.dialect() {
            Dialect::Sqlite => "seq",
            Dialect::Postgres => "row_id",
        };
        let columns = COLUMNS.replacen("seq", "COALESCE(seq, 0)", 1);
        let mut sql = self.sql(format!("SELECT {columns}, {order} FROM ledger WHERE resource = "));
        sql.bind(resource).push(&format!(" AND {order} {side} ")).bind(place);
        sql.push(&format!(" ORDER BY {order}{way} LIMIT ")).bind(limit);
        let rows = self.rows(sql).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(16).map_err(Fault::defect)?, Entry::read(row)?))).collect()
    }

    /// All entries after a place, of every organization: for verification.
    pub(crate) async fn all_entries(&self, after: i64, limit: i64) -> Outcome<Vec<Entry>> {
        let mut sql = self.sql(format!("SELECT {COLUMNS} FROM ledger WHERE seq > "));
        sql.bind(after).push(" ORDER BY seq LIMIT ").bind(limit);
        self.rows(sql).await?.iter().map(Entry::read).collect()
    }
}
