//! The rows: how far a feed has been followed, and what stopped it.

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::{Database, Dialect, Transaction};

/// The statements that make the tables, in the portable form of migrations.
pub const TABLE: &str = include_str!("../../feed.sql");

/// Longer texts of failures are cut; in characters.
const LONGEST: usize = 1000;

/// How far a feed has been followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) cursor: String,
    /// The place in the ledger of the source.
    pub(super) sequence: i64,
    /// When the newest change that was taken in was made, microseconds since 1970; 0 where there is none.
    pub(super) change_time: i64,
    /// How often in a row the next change could not be taken in.
    pub(super) attempts: i64,
}

/// A feed that is not followed further, since a change in it cannot be taken in. Nothing is skipped: it is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The name under which the feed is followed.
    pub source: String,
    /// The service whose change it is.
    pub service: String,
    /// The place of the change in the ledger of that service: where the transaction of several begins. Where the feed itself
    /// refused to be followed, the place from which it was to go on.
    pub sequence: i64,
    /// The name of the resource; empty where the feed itself refused to be followed.
    pub resource: String,
    /// The full name of the resource's message.
    pub kind: String,
    /// The reason of the failure, from the index of errors.
    pub reason: String,
    /// What is wrong, cause included.
    pub message: String,
    /// When it was first tried, microseconds since 1970.
    pub since: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, microseconds since 1970; at a restart at once.
    pub try_time: i64,
}

/// The feeds that this database does not follow further at this moment.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn parked(database: &Database) -> Outcome<Vec<Parked>> {
    let columns = "source, service, sequence, resource, kind, reason, message, since, attempts, try_time";
    let rows = database.rows(database.sql(format!("SELECT {columns} FROM feed_parked ORDER BY source"))).await?;
    rows.iter()
        .map(|row| {
            Ok(Parked {
                source: text(row, 0)?,
                service: text(row, 1)?,
                sequence: number(row, 2)?,
                resource: text(row, 3)?,
                kind: text(row, 4)?,
                reason: text(row, 5)?,
                message: text(row, 6)?,
                since: number(row, 7)?,
                attempts: number(row, 8)?,
                try_time: number(row, 9)?,
            })
        })
        .collect()
}

/// Has a feed followed from its beginning again, once the transaction is committed: where the database of the source was made
/// anew, or the consumer wants to know of more than before. Whoever calls this sees to it that what was taken in before is
/// gone, or does no harm when it is taken in again.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn rewind(tx: &mut Transaction, source: &str) -> Outcome<()> {
    for table in ["feed_cursor", "feed_parked"] {
        let mut sql = tx.sql(format!("DELETE FROM {table} WHERE source = "));
        sql.bind(source);
        tx.run(sql).await?;
    }
    begin(tx, source).await
}

/// Sees to it that there is a row, which replicas take turns by.
pub(super) async fn begin(tx: &mut Transaction, source: &str) -> Outcome<()> {
    let mut sql = tx.sql("INSERT INTO feed_cursor (source, cursor, sequence, change_time, move_time) VALUES (");
    sql.bind(source).push(", '', 0, 0, ").bind(tx.context().clock.now()).push(") ON CONFLICT (source) DO NOTHING");
    tx.run(sql).await?;
    Ok(())
}

/// How far the feed has been followed by now.
pub(super) async fn read(database: &Database, source: &str) -> Outcome<Place> {
    let mut sql = database.sql(
        "SELECT c.cursor, c.sequence, c.change_time, COALESCE(p.attempts, 0) FROM feed_cursor c \
         LEFT JOIN feed_parked p ON p.source = c.source WHERE c.source = ",
    );
    sql.bind(source);
    let Some(row) = database.row(sql).await? else { return Ok(Place::default()) };
    Ok(Place {
        cursor: text(&row, 0)?,
        sequence: number(&row, 1)?,
        change_time: number(&row, 2)?,
        attempts: number(&row, 3)?,
    })
}

/// Claims the feed for this transaction. False where another replica has it at this moment, or has followed it further.
pub(super) async fn claim(tx: &mut Transaction, source: &str, place: &Place) -> Outcome<bool> {
    let mut sql = tx.sql("SELECT cursor FROM feed_cursor WHERE source = ");
    sql.bind(source);
    if tx.database().dialect() == Dialect::Postgres {
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
    let row = tx.row(sql).await?;
    row.map_or(Ok(false), |row| Ok(text(&row, 0)? == place.cursor))
}

/// Notes how far the feed has been followed; what stopped it has been overcome.
pub(super) async fn advance(tx: &mut Transaction, source: &str, place: &Place) -> Outcome<()> {
    let mut sql = tx.sql("UPDATE feed_cursor SET cursor = ");
    sql.bind(place.cursor.as_str()).push(", sequence = ").bind(place.sequence);
    sql.push(", change_time = ").bind(place.change_time).push(", move_time = ").bind(tx.context().clock.now());
    sql.push(" WHERE source = ").bind(source);
    tx.run(sql).await?;
    let mut sql = tx.sql("DELETE FROM feed_parked WHERE source = ");
    sql.bind(source);
    tx.run(sql).await?;
    Ok(())
}

/// Notes what stopped the feed. What stopped it first keeps its time.
pub(super) async fn park(tx: &mut Transaction, parked: &Parked) -> Outcome<()> {
    let mut sql = tx.sql(
        "INSERT INTO feed_parked (source, service, sequence, resource, kind, reason, message, since, attempts, try_time) VALUES (",
    );
    let message: String = parked.message.chars().take(LONGEST).collect();
    for text in [&parked.source, &parked.service] {
        sql.bind(text.as_str()).push(", ");
    }
    sql.bind(parked.sequence).push(", ");
    for text in [&parked.resource, &parked.kind, &parked.reason, &message] {
        // PostgreSQL takes no zero character.
        sql.bind(text.replace('\0', "")).push(", ");
    }
    sql.bind(parked.since).push(", ").bind(parked.attempts).push(", ").bind(parked.try_time);
    sql.push(
        ") ON CONFLICT (source) DO UPDATE SET service = excluded.service, sequence = excluded.sequence, \
         resource = excluded.resource, kind = excluded.kind, reason = excluded.reason, message = excluded.message, \
         attempts = excluded.attempts, try_time = excluded.try_time",
    );
    tx.run(sql).await?;
    Ok(())
}

fn text(row: &QueryResult, index: usize) -> Outcome<String> {
    row.try_get_by_index(index).map_err(Fault::defect)
}

fn number(row: &QueryResult, index: usize) -> Outcome<i64> {
    row.try_get_by_index(index).map_err(Fault::defect)
}
