//! The notice clock: until when the insurer is to be told. It is overdue once.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Transaction, micros};
use wire::risk::v1::InsuranceClaim;
use wire::risk::v1::insurance_claim::State;

use super::InsuranceClaims;

/// The kind of the deadline.
const OVERDUE: &str = "overdue-claim-notice";

/// Whether the clock runs.
pub(super) fn running(claim: &InsuranceClaim) -> bool {
    claim.state() == State::CircumstanceNoticed && claim.notice_due_time.is_some()
}

/// When the notice is overdue, if it is not yet.
fn due(claim: &InsuranceClaim) -> Option<i64> {
    (running(claim) && !claim.notice_overdue).then(|| micros(claim.notice_due_time.as_ref()))
}

/// Keeps the deadlines in step with claims that were written.
pub(super) async fn follow(
    tx: &mut Transaction,
    organization: &str,
    changed: &[Changed<InsuranceClaim>],
) -> Outcome<()> {
    deadline::follow(tx, organization, OVERDUE, changed, |claim| &claim.name, due).await
}

/// The timer, with what is due for claims.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(OVERDUE, |tx, deadline| Box::pin(flag(tx, deadline)))
}

/// Flags a claim whose time has come; one that was notified at the same moment stays as it is.
async fn flag(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &InsuranceClaim, new: &mut InsuranceClaim| {
        new.notice_overdue |= due(old).is_some_and(|due| due <= now);
        Ok(())
    };
    let claims = Collection::<InsuranceClaims>::new(tx.database().clone());
    match claims.change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}
