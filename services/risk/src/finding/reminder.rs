//! What happens to findings when its time has come: they become overdue, and acceptances end. Each once.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Transaction, micros, timestamp};
use wire::risk::v1::Finding;
use wire::risk::v1::finding::State;

use super::Findings;
use super::moves::{self, By, Step};

/// The kind of the deadline at which a finding becomes overdue.
const OVERDUE: &str = "overdue-finding";
/// The kind of the deadline at which an acceptance ends.
const EXPIRE: &str = "expire-finding-acceptance";

/// Keeps the deadlines in step with findings that were written.
pub(super) async fn follow(tx: &mut Transaction, organization: &str, changed: &[Changed<Finding>]) -> Outcome<()> {
    deadline::follow(tx, organization, OVERDUE, changed, |finding| &finding.name, late).await?;
    deadline::follow(tx, organization, EXPIRE, changed, |finding| &finding.name, ends).await
}

/// When a finding becomes overdue, if it does.
fn late(finding: &Finding) -> Option<i64> {
    let open = moves::OPEN.contains(&finding.state()) && !finding.overdue;
    finding.due_time.as_ref().filter(|_| open).map(|due| micros(Some(due)))
}

/// When the acceptance of a finding ends, if it does: also where somebody verified or closed what is accepted.
fn ends(finding: &Finding) -> Option<i64> {
    let accepted = finding.resolution() == State::Accepted
        && matches!(finding.state(), State::Accepted | State::Verified | State::Closed);
    finding.accept_until.as_ref().filter(|_| accepted).map(|until| micros(Some(until)))
}

async fn become_overdue(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Finding, new: &mut Finding| {
        if late(old).is_some_and(|due| due <= now) {
            new.overdue = true;
            new.overdue_time = timestamp(now);
        }
        Ok(())
    };
    let findings = Collection::<Findings>::new(tx.database().clone());
    findings.change_in(tx, &deadline.name, "", rule).await.map(drop)
}

async fn end(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |context: &Context, old: &Finding, new: &mut Finding| {
        if ends(old).is_none_or(|until| until > now) {
            return Ok(());
        }
        let by = By { decider: &context.caller.subject, reason: "its acceptance expired", now };
        moves::make(Step::Reopen, old, new, &by)
    };
    let findings = Collection::<Findings>::new(tx.database().clone());
    findings.change_in(tx, &deadline.name, "", rule).await.map(drop)
}

/// The timer, with what is due for findings.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer
        .on(OVERDUE, |tx, deadline| Box::pin(become_overdue(tx, deadline)))
        .on(EXPIRE, |tx, deadline| Box::pin(end(tx, deadline)))
}
