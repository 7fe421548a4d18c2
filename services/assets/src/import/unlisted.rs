//! A full import says everything that a source lists. What it does not list any more is flagged, never deleted: that is for
//! people to decide (X.1057 clause 8.3, change and disposal).

use access::Context;
use fault::{Fault, Outcome};
use store::Transaction;

use super::batch::Session;
use crate::Registry;
use crate::survey::unlisted;

/// How many external ids are looked through at a time.
const PORTION: usize = 2000;

/// Flags every asset that the source has named before and does not list now. Gives how many. A source that lists no asset at
/// all is more likely broken than empty: then nothing is flagged.
pub(super) async fn flag(
    registry: &Registry,
    context: &Context,
    session: &Session,
    mut held: Option<&mut Transaction>,
) -> Outcome<u64> {
    if !session.lists_assets() {
        return Ok(0);
    }
    let (mut flagged, mut after) = (0, String::new());
    match held.as_mut() {
        Some(tx) => forget_listed(session, tx).await?,
        None => {
            let mut tx = registry.database.begin(context).await?.bulk();
            forget_listed(session, &mut tx).await?;
            tx.commit().await?;
        }
    }
    loop {
        let (portion, last) = match held.as_mut() {
            Some(tx) => flag_portion(registry, session, tx, &after).await?,
            None => {
                let mut tx = registry.database.begin(context).await?.bulk();
                let done = flag_portion(registry, session, &mut tx, &after).await?;
                tx.commit().await?;
                done
            }
        };
        flagged += portion;
        match last {
            Some(last) => after = last,
            None => return Ok(flagged),
        }
    }
}

/// Someone may have decided to keep an asset although the source does not list it. Where it lists it again, the decision has had
/// its day.
async fn forget_listed(session: &Session, tx: &mut Transaction) -> Outcome<()> {
    let decided = unlisted::kept(tx, session.organization(), session.source()).await?;
    let ids: Vec<&str> = decided.iter().map(String::as_str).collect();
    let mut again = Vec::new();
    for portion in ids.chunks(PORTION) {
        let mut sql = tx.sql("SELECT \"value\", id FROM asset_external_id WHERE organization = ");
        sql.bind(session.organization()).push(" AND \"system\" = ").bind(session.source());
        sql.push(" AND ").is_in("id", portion);
        for row in tx.rows(sql).await? {
            let external_id: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            if session.lists_asset(&external_id) {
                again.push(row.try_get_by_index::<String>(1).map_err(Fault::defect)?);
            }
        }
    }
    if !again.is_empty() {
        let ids: Vec<&str> = again.iter().map(String::as_str).collect();
        unlisted::forget(tx, session.organization(), session.source(), &ids).await?;
    }
    Ok(())
}

/// Flags what is not listed among the next external ids of the source; gives how many, and the last id looked at.
async fn flag_portion(
    registry: &Registry,
    session: &Session,
    tx: &mut Transaction,
    after: &str,
) -> Outcome<(u64, Option<String>)> {
    let mut sql = tx.sql("SELECT \"value\", id FROM asset_external_id WHERE organization = ");
    sql.bind(session.organization()).push(" AND \"system\" = ").bind(session.source());
    sql.push(" AND \"value\" > ").bind(after).push(" ORDER BY \"value\" LIMIT ").bind(PORTION as i64);
    let (mut last, mut missing) = (None, Vec::new());
    for row in tx.rows(sql).await? {
        let external_id: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        if !session.lists_asset(&external_id) {
            missing.push(row.try_get_by_index::<String>(1).map_err(Fault::defect)?);
        }
        last = Some(external_id);
    }
    if missing.is_empty() {
        return Ok((0, last));
    }
    // People decide under the same lock. One that was made before this is read here, and one made after finds the flag.
    crate::locks::values(tx, session.organization()).await?;
    let decided = unlisted::kept(tx, session.organization(), session.source()).await?;
    let ids: Vec<&str> = missing.iter().map(String::as_str).filter(|id| !decided.contains(*id)).collect();
    let flag = |old: &wire::assets::v1::Asset, new: &mut wire::assets::v1::Asset| {
        if !unlisted::gone(old) && !new.unlisted_by.iter().any(|source| source == session.source()) {
            new.unlisted_by.push(session.source().to_owned());
        }
    };
    Ok((registry.assets.change_allowed(tx, session.organization(), &ids, flag).await?, last))
}
