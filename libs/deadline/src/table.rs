//! The rows.

use fault::{Fault, Outcome};
use store::{Changed, Database, Dialect, Sql, Transaction};

/// The statements that make the table, in the portable form of migrations.
pub const TABLE: &str = include_str!("../deadline.sql");

/// Something that is due. There is one of a kind for a resource at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Whose.
    pub organization: String,
    /// What is to happen: `expire-exception`. The handler of this kind is called.
    pub kind: String,
    /// To what: the name of a resource, or what else tells deadlines of a kind apart within the organization.
    pub name: String,
    /// When, in microseconds since 1970.
    pub due: i64,
}

impl Deadline {
    /// A deadline; `due` in microseconds since 1970.
    #[must_use]
    pub fn new(organization: &str, kind: &str, name: &str, due: i64) -> Self {
        Self { organization: organization.to_owned(), kind: kind.to_owned(), name: name.to_owned(), due }
    }
}

/// How many deadlines one statement sets.
const PORTION: usize = 500;

/// Sets deadlines, each in the place of one of the same organization, kind and name, also where another transaction sets that at
/// the same moment. The timer hears of them when the transaction is committed.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn set(tx: &mut Transaction, deadlines: &[Deadline]) -> Outcome<()> {
    if deadlines.is_empty() {
        return Ok(());
    }
    // In one order, so that two that set the same do not wait for each other.
    let mut deadlines: Vec<&Deadline> = deadlines.iter().collect();
    deadlines.sort_by_key(|deadline| (&deadline.organization, &deadline.kind, &deadline.name));
    for portion in deadlines.chunks(PORTION) {
        let mut sql = tx.sql("INSERT INTO deadline (organization, kind, name, due, try_time, attempts) VALUES ");
        for (index, Deadline { organization, kind, name, due }) in portion.iter().enumerate() {
            sql.push(if index > 0 { ", (" } else { "(" }).bind(organization.as_str()).push(", ");
            sql.bind(kind.as_str())
                .push(", ")
                .bind(name.as_str())
                .push(", ")
                .bind(*due)
                .push(", ")
                .bind(*due)
                .push(", 0)");
        }
        sql.push(
            " ON CONFLICT (organization, kind, name) DO UPDATE SET due = excluded.due, try_time = excluded.try_time, attempts = 0",
        );
        tx.run(sql).await?;
    }
    tx.ring();
    Ok(())
}

/// Clears deadlines of one kind. Those that are not set are passed over.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn clear(tx: &mut Transaction, organization: &str, kind: &str, names: &[&str]) -> Outcome<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql("DELETE FROM deadline WHERE organization = ");
    sql.bind(organization).push(" AND kind = ").bind(kind).push(" AND ").is_in("name", names);
    tx.run(sql).await?;
    Ok(())
}

/// Keeps the deadlines of one kind in step with resources that were written, as [`store::Rules::settled`] tells of them. `due` gives when
/// a resource is due, in microseconds since 1970, if it is.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn follow<M: Sync>(
    tx: &mut Transaction,
    organization: &str,
    kind: &str,
    changed: &[Changed<M>],
    name: fn(&M) -> &str,
    due: fn(&M) -> Option<i64>,
) -> Outcome<()> {
    let (mut sets, mut clears) = (Vec::new(), Vec::new());
    for change in changed {
        let (before, after) = (change.before.as_ref().and_then(due), change.after.as_ref().and_then(due));
        let Some(of) = change.after.as_ref().or(change.before.as_ref()).filter(|_| before != after) else { continue };
        match after {
            Some(due) => sets.push(Deadline::new(organization, kind, name(of), due)),
            None => clears.push(name(of)),
        }
    }
    clear(tx, organization, kind, &clears).await?;
    set(tx, &sets).await
}

/// What is due at `now`, the longest due first, and how often it was tried.
pub(crate) async fn due(database: &Database, kinds: &[&str], now: i64, most: i64) -> Outcome<Vec<(Deadline, i64)>> {
    let mut sql = database.sql("SELECT organization, kind, name, due, attempts FROM deadline WHERE try_time <= ");
    sql.bind(now).push(" AND ").is_in("kind", kinds);
    sql.push(" ORDER BY try_time, organization, kind, name LIMIT ").bind(most);
    let rows = database.rows(sql).await?;
    rows.iter()
        .map(|row| {
            let text = |index| row.try_get_by_index::<String>(index).map_err(Fault::defect);
            let number = |index| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
            let deadline = Deadline { organization: text(0)?, kind: text(1)?, name: text(2)?, due: number(3)? };
            Ok((deadline, number(4)?))
        })
        .collect()
}

/// When something is due next, whether it is by now or not.
pub(crate) async fn nearest(database: &Database, kinds: &[&str]) -> Outcome<Option<i64>> {
    let mut sql = database.sql("SELECT try_time FROM deadline WHERE ");
    sql.is_in("kind", kinds).push(" ORDER BY try_time LIMIT 1");
    let row = database.row(sql).await?;
    row.map(|row| row.try_get_by_index(0).map_err(Fault::defect)).transpose()
}

/// Claims a deadline for this transaction. False where another replica has it, or it is no longer what it was. Not by a lock on
/// the row: calls claim the resource first and its deadline after, as handlers do, and the other way round they would
/// wait for each other.
pub(crate) async fn claim(tx: &mut Transaction, deadline: &Deadline) -> Outcome<bool> {
    if tx.database().dialect() == Dialect::Postgres {
        let mut sql = tx.sql("SELECT pg_try_advisory_xact_lock(7310603, hashtext(");
        sql.bind(format!("{}\n{}\n{}", deadline.organization, deadline.kind, deadline.name)).push("))");
        let row = tx.row(sql).await?;
        if !row.map_or(Ok(false), |row| row.try_get_by_index(0).map_err(Fault::defect))? {
            return Ok(false);
        }
    }
    let mut sql = tx.sql("SELECT 1 FROM deadline");
    same(&mut sql, deadline);
    Ok(tx.row(sql).await?.is_some())
}

/// Removes a deadline that was acted on. One that was set anew meanwhile, for another time, stays.
pub(crate) async fn done(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let mut sql = tx.sql("DELETE FROM deadline");
    same(&mut sql, deadline);
    tx.run(sql).await?;
    Ok(())
}

/// Puts off a deadline whose handler failed.
pub(crate) async fn postpone(tx: &mut Transaction, deadline: &Deadline, attempts: i64, until: i64) -> Outcome<()> {
    let mut sql = tx.sql("UPDATE deadline SET attempts = ");
    sql.bind(attempts).push(", try_time = ").bind(until);
    same(&mut sql, deadline);
    tx.run(sql).await?;
    Ok(())
}

fn same(sql: &mut Sql, deadline: &Deadline) {
    sql.push(" WHERE organization = ").bind(deadline.organization.as_str());
    sql.push(" AND kind = ").bind(deadline.kind.as_str()).push(" AND name = ").bind(deadline.name.as_str());
    sql.push(" AND due = ").bind(deadline.due);
}
