//! The history of signals, for rules to be learnt from.

use correlate::{Alarm, Severity};
use fault::{Fault, Outcome};
use store::Database;

use crate::estate::text;

/// At most so many signals are looked at, the latest.
pub(crate) const MOST: i64 = 100_000;

/// The signals of a time (microseconds since 1970, from one to before the other), as the engine saw them, in the order of time.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn history(database: &Database, organization: &str, from: i64, to: i64) -> Outcome<Vec<Alarm>> {
    let mut sql = database.sql("SELECT asset, device, kind, raise_time, source FROM signal WHERE organization = ");
    sql.bind(organization).push(" AND raise_time >= ").bind(from).push(" AND raise_time < ").bind(to);
    sql.push(" AND state <> 'SUPPRESSED' ORDER BY raise_time DESC, id DESC LIMIT ").bind(MOST);
    let read = |row: &sea_orm::QueryResult| {
        let (asset, device) = (text(row, 0)?, text(row, 1)?);
        let at: i64 = row.try_get_by_index(3).map_err(Fault::defect)?;
        Ok(Alarm {
            device: if asset.is_empty() { device } else { crate::id_of(&asset).to_owned() },
            kind: text(row, 2)?,
            source: text(row, 4)?,
            id: String::new(),
            cause: String::new(),
            at: jiff::Timestamp::from_microsecond(at).map_err(Fault::defect)?,
            severity: Severity::Indeterminate,
        })
    };
    let mut history: Vec<Alarm> = database.rows(sql).await?.iter().map(read).collect::<Outcome<_>>()?;
    history.reverse();
    Ok(history)
}
