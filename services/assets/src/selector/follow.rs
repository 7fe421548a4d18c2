//! What a change of assets does to what selectors select: pure evaluation, then only the differences are written.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use store::{Changed, Matcher, Transaction};
use wire::assets::v1::{Asset, SelectorMembership};

use super::{SelectorMemberships, Selectors, memberships};
use crate::asset::Assets;

/// A selector and an asset, both named in full.
pub(super) type Pair = (String, String);

/// The ids of selectors with their filters.
type Selecting = Vec<(String, Arc<Matcher<Assets>>)>;

/// Holds changed assets against every selector of the organization. What enters or leaves one is written, in the same
/// transaction as the change, and so told exactly once.
pub(crate) async fn follow(tx: &mut Transaction, organization: &str, changed: &[Changed<Asset>]) -> Outcome<()> {
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    for (id, matcher) in selecting(tx, organization).await?.iter() {
        let holds = |asset: Option<&Asset>| asset.is_some_and(|asset| matcher.matches(asset));
        for change in changed {
            let Some(asset) = change.after.as_ref().or(change.before.as_ref()) else { continue };
            let moves = match (holds(change.before.as_ref()), holds(change.after.as_ref())) {
                (false, true) => &mut entered,
                (true, false) => &mut left,
                _ => continue,
            };
            moves.push((format!("organizations/{organization}/selectors/{id}"), asset.name.clone()));
        }
    }
    enter(tx, organization, entered).await?;
    leave(tx, organization, left).await
}

/// The selectors that are followed, by id, each with its filter.
async fn selecting(tx: &mut Transaction, organization: &str) -> Outcome<Arc<Selecting>> {
    if let Some(known) = tx.recall::<Selectors, Selecting>(organization).await? {
        return Ok(known);
    }
    let mut sql = tx.sql("SELECT id, filter FROM selector WHERE organization = ");
    sql.bind(organization).push(" AND state <> 'DELETING' ORDER BY id");
    let mut selecting = Vec::new();
    for row in tx.rows(sql).await? {
        let filter: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        selecting.push((row.try_get_by_index(0).map_err(Fault::defect)?, matcher(&filter)?));
    }
    let selecting = Arc::new(selecting);
    tx.remember::<Selectors, Selecting>(organization, Arc::clone(&selecting));
    Ok(selecting)
}

/// Filters read once: most writes meet the same few.
fn matcher(filter: &str) -> Outcome<Arc<Matcher<Assets>>> {
    static READ: LazyLock<Mutex<HashMap<String, Arc<Matcher<Assets>>>>> = LazyLock::new(Mutex::default);
    const MOST: usize = 4096;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(matcher) = read.get(filter) {
        return Ok(Arc::clone(matcher));
    }
    let matcher = Arc::new(Matcher::new(filter, "filter")?);
    if read.len() >= MOST {
        read.clear();
    }
    read.insert(filter.to_owned(), Arc::clone(&matcher));
    Ok(matcher)
}

/// Makes assets members, those that are not yet. Gives how many.
pub(super) async fn enter(tx: &mut Transaction, organization: &str, pairs: Vec<Pair>) -> Outcome<u64> {
    let mut drafts: Vec<_> = pairs
        .into_iter()
        .map(|(selector, asset)| {
            (id(&selector, &asset), SelectorMembership { selector, asset, ..SelectorMembership::default() })
        })
        .collect();
    let ids: HashSet<&str> = drafts.iter().map(|(id, _)| id.as_str()).collect();
    let known = tx.existing::<SelectorMemberships>(organization, ids).await?;
    drafts.retain(|(id, _)| !known.contains(id));
    // A selector that was deleted meanwhile refuses its own, and that is right.
    let made = memberships(tx).create_each(tx, organization, drafts).await?;
    Ok(made.iter().filter(|made| made.is_ok()).count() as u64)
}

/// Ends memberships, those that there are. Gives how many.
pub(super) async fn leave(tx: &mut Transaction, organization: &str, pairs: Vec<Pair>) -> Outcome<()> {
    let ids: Vec<String> = pairs.iter().map(|(selector, asset)| id(selector, asset)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    memberships(tx).delete_many(tx, organization, &ids).await.map(|_| ())
}

/// Ends the next thousand memberships of a selector. Gives whether there were any.
pub(super) async fn clear(tx: &mut Transaction, organization: &str, selector: &str) -> Outcome<bool> {
    let mut sql = tx.sql("SELECT id FROM selector_membership WHERE organization = ");
    sql.bind(organization).push(" AND selector = ").bind(selector).push(" ORDER BY id LIMIT 1000");
    let ids = tx.rows(sql).await?;
    let ids: Vec<String> =
        ids.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    memberships(tx).delete_many(tx, organization, &ids).await?;
    Ok(!ids.is_empty())
}

/// The id of a membership: the same selector and asset are the same membership.
fn id(selector: &str, asset: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{selector}\n{asset}")));
    digest.get(..24).unwrap_or_default().to_owned()
}
