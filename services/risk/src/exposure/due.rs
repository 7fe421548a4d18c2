//! What happens to exposures by itself: a case for what nobody knows, the warning before an approval ends, and its end.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Transaction, micros, timestamp};
use wire::risk::v1::exposure::State;
use wire::risk::v1::{Exposure, ExposureCase};

use super::{Exposures, rules};

/// The deadline at which a case is raised.
const CASE: &str = "raise-exposure-case";
/// The deadline at which an approval ends soon.
const EXPIRING: &str = "warn-exposure-approval";
/// The deadline at which an approval ends.
const EXPIRE: &str = "expire-exposure-approval";

/// The timer, with what is due for exposures.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer
        .on(CASE, |tx, deadline| Box::pin(raise(tx, deadline)))
        .on(EXPIRING, |tx, deadline| Box::pin(warn(tx, deadline)))
        .on(EXPIRE, |tx, deadline| Box::pin(expire(tx, deadline)))
}

fn case_due(exposure: &Exposure) -> Option<i64> {
    exposure.case_due_time.as_ref().map(|time| micros(Some(time)))
}

fn warning_due(exposure: &Exposure) -> Option<i64> {
    exposure.expiring_time.as_ref().map(|time| micros(Some(time)))
}

fn end_due(exposure: &Exposure) -> Option<i64> {
    exposure.approved_until.as_ref().filter(|_| rules::stands(exposure.state())).map(|time| micros(Some(time)))
}

/// Keeps deadlines in step with what was written.
pub(super) async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Exposure>]) -> Outcome<()> {
    type Due = fn(&Exposure) -> Option<i64>;
    for (kind, due) in [(CASE, case_due as Due), (EXPIRING, warning_due as Due), (EXPIRE, end_due as Due)] {
        deadline::follow(tx, organization, kind, changed, |exposure| &exposure.name, due).await?;
    }
    Ok(())
}

/// Raises a case, once for each time it is UNKNOWN.
async fn raise(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    change(tx, deadline, case_due, |new, now| {
        let since = new.state_time.as_ref().map(ToString::to_string).unwrap_or_default();
        let reason = format!("nobody has said whose it is since {since}");
        new.case = Some(ExposureCase { raise_time: timestamp(now), reason });
    })
    .await
}

/// Says that an approval ends soon.
async fn warn(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    change(tx, deadline, warning_due, |new, now| rules::enter(new, State::Expiring, "its approval ends soon", now))
        .await
}

/// Ends an approval: it is still claimed, and somebody must decide anew.
async fn expire(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    change(tx, deadline, end_due, |new, now| rules::enter(new, State::Claimed, "its approval has ended", now)).await
}

/// Changes what is due; what was changed at the same moment and is due no more stays as it is.
async fn change(
    tx: &mut Transaction,
    deadline: &Deadline,
    due: fn(&Exposure) -> Option<i64>,
    rule: impl FnOnce(&mut Exposure, i64) + Send,
) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Exposure, new: &mut Exposure| {
        if due(old).is_some_and(|due| due <= now) {
            rule(new, now);
        }
        Ok(())
    };
    let exposures = Collection::<Exposures>::new(tx.database().clone());
    exposures.change_in(tx, &deadline.name, "", rule).await.map(drop)
}
