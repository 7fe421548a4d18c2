//! Evidence: the chain holds, and every row is what the ledger last said of it.

use std::collections::HashMap;
use std::marker::PhantomData;

use fault::Outcome;
use futures::future::BoxFuture;
use prost::{Message as _, Name as _};
use sha2::{Digest as _, Sha256};

use crate::ledger::{Entry, chain};
use crate::resource::Resource;
use crate::row::{Statements, quoted};
use crate::{Database, Rules, Tables};

/// What verification counted, where all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries of the ledger.
    pub entries: u64,
    /// Rows, by table.
    pub rows: std::collections::BTreeMap<String, u64>,
    /// The newest digest, hexadecimal: note it down elsewhere, and later it proves that nothing before it was rewritten.
    pub digest: String,
}

/// The first thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// An entry is not what was written.
    #[error("ledger entry {sequence} ({resource}) was altered: its content does not give its digest")]
    EntryAltered {
        /// Its place.
        sequence: i64,
        /// The resource it speaks of.
        resource: String,
    },
    /// The chain is broken between an entry and the one before.
    #[error(
        "ledger entry {sequence} ({resource}) does not follow from the one before it: an entry was removed, inserted or reordered here, or its digest altered"
    )]
    ChainBroken {
        /// Its place.
        sequence: i64,
        /// The resource it speaks of.
        resource: String,
    },
    /// An entry is missing.
    #[error("ledger entry {sequence} is missing")]
    EntryMissing {
        /// Its place.
        sequence: i64,
    },
    /// A row is not what the ledger last said.
    #[error(
        "{resource} was altered in table {table}: the row is not what ledger entry {sequence} says; differing: {differing}"
    )]
    RowAltered {
        /// The resource.
        resource: String,
        /// Where.
        table: String,
        /// The entry that says otherwise.
        sequence: i64,
        /// The fields that differ.
        differing: String,
    },
    /// A row has no entry.
    #[error("{resource} stands in table {table}, but the ledger does not know it")]
    RowUnknown {
        /// The resource.
        resource: String,
        /// Where.
        table: String,
    },
    /// A row is gone.
    #[error("{resource} is missing from table {table}: ledger entry {sequence} says it exists")]
    RowMissing {
        /// The resource.
        resource: String,
        /// Where.
        table: String,
        /// The entry.
        sequence: i64,
    },
    /// A side table disagrees with its row.
    #[error("table {table} does not hold what {resource} says")]
    SideAltered {
        /// The resource.
        resource: String,
        /// Where.
        table: String,
    },
}

/// What the ledger last said of a resource: where, and the digest of the message.
type Said = HashMap<String, (i64, [u8; 32])>;

/// A table whose rows can be held against the ledger.
pub(crate) trait Auditable: Send + Sync {
    fn table(&self) -> &'static str;
    fn kind(&self) -> String;
    fn check<'a>(&'a self, database: &'a Database, said: &'a mut Said) -> BoxFuture<'a, Outcome<Result<u64, Finding>>>;
}

/// The rows of one resource.
pub(crate) struct Held<R>(PhantomData<fn() -> R>);

impl<R> Default for Held<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Verifies the ledger of a database and every row against it.
///
/// # Errors
/// `STORE_UNAVAILABLE`. What is found is the inner result.
pub async fn verify(database: &Database, tables: &Tables) -> Outcome<Result<Verified, Finding>> {
    // A crash may have left entries that are committed and have no place yet: they are evidence too.
    database.place_entries().await?;
    let mut verified = Verified::default();
    let mut said: HashMap<String, Said> = HashMap::new();
    let (mut expected, mut digest) = (1, Vec::new());
    loop {
        let entries = database.all_entries(expected - 1, 2000).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if let Some(finding) = check_entry(&entry, expected, &digest) {
                return Ok(Err(finding));
            }
            expected += 1;
            digest.clone_from(&entry.digest);
            let of_kind = said.entry(entry.kind.clone()).or_default();
            if entry.after.is_empty() {
                of_kind.remove(&entry.resource);
            } else {
                of_kind.insert(entry.resource, (entry.sequence, Sha256::digest(&entry.after).into()));
            }
        }
    }
    verified.entries = u64::try_from(expected - 1).unwrap_or_default();
    verified.digest = data_encoding::HEXLOWER.encode(&digest);
    for table in &tables.held {
        let mut of_kind = said.remove(&table.kind()).unwrap_or_default();
        match table.check(database, &mut of_kind).await? {
            Ok(rows) => verified.rows.insert(table.table().to_owned(), rows),
            Err(finding) => return Ok(Err(finding)),
        };
        if let Some((resource, (sequence, _))) = of_kind.into_iter().min_by_key(|(_, (sequence, _))| *sequence) {
            return Ok(Err(Finding::RowMissing { resource, table: table.table().to_owned(), sequence }));
        }
    }
    Ok(Ok(verified))
}

fn check_entry(entry: &Entry, expected: i64, before: &[u8]) -> Option<Finding> {
    let (sequence, resource) = (entry.sequence, entry.resource.clone());
    if sequence != expected {
        return Some(Finding::EntryMissing { sequence: expected });
    }
    if entry.content_digest() != entry.content {
        return Some(Finding::EntryAltered { sequence, resource });
    }
    if chain(before, sequence, entry.transaction, &entry.content) != entry.digest {
        return Some(Finding::ChainBroken { sequence, resource });
    }
    None
}

impl<R: Rules> Auditable for Held<R> {
    fn table(&self) -> &'static str {
        R::TABLE
    }

    fn kind(&self) -> String {
        R::Message::full_name()
    }

    fn check<'a>(&'a self, database: &'a Database, said: &'a mut Said) -> BoxFuture<'a, Outcome<Result<u64, Finding>>> {
        Box::pin(async move {
            let statements = Statements::<R>::new(database.dialect());
            let (mut organization, mut id, mut count) = (String::new(), String::new(), 0_u64);
            loop {
                let mut sql = statements.select();
                sql.push("(organization, id) > (").bind(organization.as_str()).push(", ").bind(id.as_str());
                sql.push(") ORDER BY organization, id LIMIT 1000");
                let rows = database.rows(sql).await?;
                if rows.is_empty() {
                    return Ok(Ok(count));
                }
                let mut page = Vec::with_capacity(rows.len());
                for row in &rows {
                    let row = statements.read(row)?;
                    let name = R::name(&row.message).to_owned();
                    let Some((sequence, digest)) = said.remove(&name) else {
                        return Ok(Err(Finding::RowUnknown { resource: name, table: R::TABLE.to_owned() }));
                    };
                    if digest != <[u8; 32]>::from(Sha256::digest(row.message.encode_to_vec())) {
                        let differing = differing::<R>(database, sequence, &row.message).await?;
                        let table = R::TABLE.to_owned();
                        return Ok(Err(Finding::RowAltered { resource: name, table, sequence, differing }));
                    }
                    organization.clone_from(&row.organization);
                    id.clone_from(&row.id);
                    count += 1;
                    page.push((row.organization, row.id, row.message));
                }
                if let Some(finding) = check_sides::<R>(database, &page).await? {
                    return Ok(Err(finding));
                }
            }
        })
    }
}

/// The fields in which a row and an entry differ, for the one who investigates.
async fn differing<R: Resource>(database: &Database, sequence: i64, message: &R::Message) -> Outcome<String> {
    let entries = database.all_entries(sequence - 1, 1).await?;
    let Some(descriptor) = wire::pool().get_message_by_name(&R::Message::full_name()) else { return Ok(String::new()) };
    let read = |bytes: &[u8]| prost_reflect::DynamicMessage::decode(descriptor.clone(), bytes).ok();
    let (Some(said), Some(is)) = (entries.first().and_then(|entry| read(&entry.after)), read(&message.encode_to_vec()))
    else {
        return Ok(String::new());
    };
    let fields = descriptor.fields().filter(|field| said.get_field(field) != is.get_field(field));
    Ok(fields.map(|field| field.name().to_owned()).collect::<Vec<_>>().join(", "))
}

async fn check_sides<R: Resource>(
    database: &Database,
    page: &[(String, String, R::Message)],
) -> Outcome<Option<Finding>> {
    for side in R::sides() {
        let ids: Vec<&str> = page.iter().map(|(_, id, _)| id.as_str()).collect();
        let columns: Vec<String> = side.columns.iter().map(|name| quoted(name)).collect();
        let mut sql =
            database.sql(format!("SELECT organization, id, {} FROM {} WHERE ", columns.join(", "), side.table));
        sql.is_in("id", &ids);
        let mut held: HashMap<(String, String), Vec<Vec<String>>> = HashMap::new();
        for row in database.rows(sql).await? {
            let text = |index| row.try_get_by_index::<String>(index).map_err(fault::Fault::defect);
            let values = (0..side.columns.len()).map(|index| text(index + 2)).collect::<Outcome<Vec<_>>>()?;
            held.entry((text(0)?, text(1)?)).or_default().push(values);
        }
        for (organization, id, message) in page {
            let mut is = held.remove(&(organization.clone(), id.clone())).unwrap_or_default();
            let mut said = (side.rows)(message);
            is.sort();
            said.sort();
            if is != said {
                let (resource, table) = (R::name(message).to_owned(), side.table.to_owned());
                return Ok(Some(Finding::SideAltered { resource, table }));
            }
        }
    }
    Ok(None)
}
