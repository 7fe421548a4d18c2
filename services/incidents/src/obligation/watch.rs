//! Looks again at incidents of which nobody says anything new: an outage that goes on crosses thresholds by time alone, and another book asks for other things.

use deadline::Deadline;
use fault::Outcome;
use jiff::Timestamp;
use store::{Collection, Transaction};
use wire::incidents::v1::Incident;

use super::follow;
use crate::incident::Incidents;
use crate::{id_of, organization_of};

/// The deadline at which an outage that goes on crosses the next threshold.
pub(super) const CROSSING: &str = "outage-crossing";

/// The deadline at which the incidents after one are looked at by the law that holds since.
pub(super) const OTHER_LAW: &str = "other-law";

/// How many incidents are looked at in one transaction.
const PORTION: usize = 50;

/// A threshold of so many hours is crossed after them; a look that comes a little late misses nothing.
const AFTER: i64 = 1_000_000;

/// Looks at an incident again when its outage will have crossed the next threshold; not where there is none.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn until(tx: &mut Transaction, incident: &Incident, next: Option<Timestamp>) -> Outcome<()> {
    let organization = organization_of(&incident.name);
    match next {
        None => deadline::clear(tx, organization, CROSSING, &[&incident.name]).await,
        Some(next) => {
            let due = next.as_microsecond().saturating_add(AFTER);
            deadline::set(tx, &[Deadline::new(organization, CROSSING, &incident.name, due)]).await
        }
    }
}

/// Looks at an incident whose time has come.
pub(super) async fn look(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let organization = organization_of(&deadline.name);
    // Held before it is read: what somebody says of it at the same moment is not laid over by what was known before.
    super::hold(tx, organization).await?;
    let incidents = Collection::<Incidents>::new(tx.database().clone());
    let found = incidents.load(tx, organization, &[id_of(&deadline.name)]).await?;
    for incident in found {
        follow(tx, &incident).await?;
    }
    Ok(())
}

/// Looks at every incident of an organization that is open, or of which something is still to be told: what the law asks has changed. The first of them in
/// this transaction, the others [`PORTION`] by [`PORTION`] when it is committed.
///
/// # Errors
/// As [`follow`].
pub(crate) async fn look_at_all(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    look_after(tx, organization, "").await
}

/// Looks at those after the last one that was looked at.
pub(super) async fn go_on(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    look_after(tx, organization_of(&deadline.name), id_of(&deadline.name)).await
}

/// Looks at a portion of those after an incident. What is left has a deadline, so that it is not forgotten with the process.
async fn look_after(tx: &mut Transaction, organization: &str, last: &str) -> Outcome<()> {
    // Held before any is read: what changes at the same moment is followed by the new law, since it waits.
    super::hold(tx, organization).await?;
    let incidents = Collection::<Incidents>::new(tx.database().clone());
    let found = incidents.select(tx, organization, |sql| {
        sql.push("id > ").bind(last).push(" AND source = '' AND (open = 1 OR ");
        sql.push("'organizations/' || organization || '/incidents/' || id IN (SELECT incident FROM obligation WHERE organization = ");
        sql.bind(organization).push(" AND open = 1)) ORDER BY id LIMIT ").bind(i64::try_from(PORTION).unwrap_or(i64::MAX));
    });
    let found = found.await?;
    for incident in &found {
        follow(tx, incident).await?;
    }
    let Some(last) = found.last().filter(|_| found.len() == PORTION) else { return Ok(()) };
    let now = tx.context().clock.now();
    deadline::set(tx, &[Deadline::new(organization, OTHER_LAW, &last.name, now)]).await
}
