//! What happens to risks by itself: an acceptance ends, and the risk is looked at anew.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Transaction, micros};
use wire::risk::v1::Risk;
use wire::risk::v1::risk::State;

use super::Risks;
use super::lifecycle::enter;
use crate::{organization_of, ties};

/// The deadline at which an acceptance ends.
const EXPIRE: &str = "expire-risk-acceptance";

/// The timer, with what is due for risks.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(EXPIRE, |tx, deadline| Box::pin(expire(tx, deadline)))
}

/// When the acceptance of a risk ends, if it counts.
fn ends(risk: &Risk) -> Option<i64> {
    let accepted = risk.acceptance.as_ref().filter(|_| risk.state() == State::Accepted)?;
    Some(micros(Some(accepted.until.as_ref()?)))
}

/// Keeps deadlines in step with what was written.
pub(super) async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Risk>]) -> Outcome<()> {
    deadline::follow(tx, organization, EXPIRE, changed, |risk| &risk.name, ends).await
}

/// Opens a risk whose acceptance has ended; one that was changed at the same moment stays as it is.
async fn expire(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    ties::hold(tx, organization_of(&deadline.name)).await?;
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Risk, new: &mut Risk| {
        if ends(old).is_some_and(|due| due <= now) {
            enter(new, State::Reopened, "its acceptance has ended", now);
        }
        Ok(())
    };
    let risks = Collection::<Risks>::new(tx.database().clone());
    match risks.change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}
