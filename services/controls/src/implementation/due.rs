//! What happens to implementations by itself: a review when its time comes, and effectiveness worked out anew when a test run
//! becomes too old to count.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Transaction, micros};
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::State;

use super::Implementations;
use super::effectiveness::{WINDOW, runs};
use super::lifecycle::enter;

/// The deadline at which a review is due.
const REVIEW: &str = "review-implementation";
/// The deadline at which a test run is too old to count.
const REWORK: &str = "rework-effectiveness";

/// The timer, with what is due for implementations.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer
        .on(REVIEW, |tx, deadline| Box::pin(review(tx, deadline)))
        .on(REWORK, |tx, deadline| Box::pin(rework(tx, deadline)))
}

/// When an implementation is to be reviewed, if it is.
fn review_due(one: Option<&Implementation>) -> Option<i64> {
    let one = one.filter(|one| one.state() == State::Operating)?;
    Some(micros(Some(one.next_review_time.as_ref()?)))
}

/// When the oldest run that counts is too old.
fn rework_due(one: Option<&Implementation>) -> Option<i64> {
    let one = one.filter(|one| runs(one.state()))?;
    Some(micros(Some(one.effectiveness.as_ref()?.oldest_run_time.as_ref()?)).saturating_add(WINDOW))
}

/// Keeps deadlines in step with what was written.
pub(super) async fn settled(
    tx: &mut Transaction,
    organization: &str,
    changed: &[Changed<Implementation>],
) -> Outcome<()> {
    type Due = fn(Option<&Implementation>) -> Option<i64>;
    for (kind, due) in [(REVIEW, review_due as Due), (REWORK, rework_due as Due)] {
        let (mut sets, mut clears) = (Vec::new(), Vec::new());
        for change in changed {
            let (before, after) = (due(change.before.as_ref()), due(change.after.as_ref()));
            let Some(one) = change.after.as_ref().or(change.before.as_ref()).filter(|_| before != after) else {
                continue;
            };
            match after {
                Some(due) => sets.push(Deadline::new(organization, kind, &one.name, due)),
                None => clears.push(one.name.as_str()),
            }
        }
        deadline::clear(tx, organization, kind, &clears).await?;
        deadline::set(tx, &sets).await?;
    }
    Ok(())
}

/// Brings what operates under review, where its time has come; one that was moved or reviewed at the same moment stays.
async fn review(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    change(tx, &deadline.name, |new| {
        if review_due(Some(new)).is_some_and(|due| due <= now) {
            enter(new, State::UnderReview, "its review is due", now);
        }
    })
    .await
}

/// Works effectiveness out anew.
async fn rework(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    change(tx, &deadline.name, |_| {}).await
}

/// Changes an implementation, or passes over one that is gone.
pub(super) async fn change(
    tx: &mut Transaction,
    name: &str,
    rule: impl FnOnce(&mut Implementation) + Send,
) -> Outcome<()> {
    let implementations = Collection::<Implementations>::new(tx.database().clone());
    let rule = |_: &Context, _: &Implementation, new: &mut Implementation| {
        rule(new);
        Ok(())
    };
    match implementations.change_in(tx, name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}
