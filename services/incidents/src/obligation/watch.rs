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

/// Looks at every open incident of an organization: what the law asks has changed.
///
/// # Errors
/// As [`follow`].
pub(crate) async fn look_at_all(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    // Held before any is read: what changes at the same moment is followed by the new law, since it waits.
    super::hold(tx, organization).await?;
    let incidents = Collection::<Incidents>::new(tx.database().clone());
    let open = incidents.select(tx, organization, |sql| {
        sql.push("open = 1 AND source = '' ORDER BY id");
    });
    for incident in open.await? {
        follow(tx, &incident).await?;
    }
    Ok(())
}
