//! What the dates of a policy do: it begins, is to be renewed, and ends. Each once, by the timer.

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Life as _, Transaction, micros};
use wire::risk::v1::InsurancePolicy;
use wire::risk::v1::insurance_policy::State;

use super::InsurancePolicies;

/// The kind of the deadline.
const TURN: &str = "turn-insurance-policy";

/// The states in which a policy covers, if its end has not come.
pub(crate) const COVERING: [State; 3] = [State::InForce, State::RenewalDue, State::Renewed];

/// What a date does next: when, into which state, and why. None where nothing is to come.
fn next(policy: &InsurancePolicy) -> Option<(i64, State, &'static str)> {
    let at = |time: &Option<prost_types::Timestamp>| micros(time.as_ref());
    match policy.state() {
        State::Bound => Some((at(&policy.start_time), State::InForce, "its start came")),
        State::InForce if policy.renewal_notice_days > 0 => {
            Some((at(&policy.renewal_due_time), State::RenewalDue, "the notice of its renewal came"))
        }
        State::InForce | State::RenewalDue => {
            Some((at(&policy.end_time), State::Lapsed, "its end came, and nothing follows it"))
        }
        _ => None,
    }
}

/// Brings a policy as far as its dates have come by `now`, in microseconds since 1970.
pub(super) fn turn(policy: &mut InsurancePolicy, now: i64) {
    while let Some((_, to, reason)) = next(policy).filter(|(due, ..)| *due <= now) {
        InsurancePolicies::enter(policy, to, reason, now);
    }
}

fn due(policy: &InsurancePolicy) -> Option<i64> {
    next(policy).map(|(due, ..)| due)
}

/// Keeps the deadlines in step with policies that were written.
pub(super) async fn follow(
    tx: &mut Transaction,
    organization: &str,
    changed: &[Changed<InsurancePolicy>],
) -> Outcome<()> {
    deadline::follow(tx, organization, TURN, changed, |policy| &policy.name, due).await
}

/// The timer, with what is due for policies.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(TURN, |tx, deadline| Box::pin(come(tx, deadline)))
}

/// Turns a policy whose time has come; one that was moved at the same moment stays as it is.
async fn come(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let rule = |context: &Context, _: &InsurancePolicy, new: &mut InsurancePolicy| {
        turn(new, context.clock.now());
        Ok(())
    };
    let policies = Collection::<InsurancePolicies>::new(tx.database().clone());
    match policies.change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> InsurancePolicy {
        InsurancePolicy {
            state: State::Bound.into(),
            start_time: store::timestamp(100),
            renewal_due_time: store::timestamp(200),
            end_time: store::timestamp(300),
            renewal_notice_days: 1,
            ..InsurancePolicy::default()
        }
    }

    #[test]
    fn dates_turn_a_policy_one_after_the_other() {
        let mut policy = bound();
        for (now, state) in [
            (99, State::Bound),
            (100, State::InForce),
            (199, State::InForce),
            (200, State::RenewalDue),
            (300, State::Lapsed),
        ] {
            turn(&mut policy, now);
            assert_eq!(policy.state(), state, "{now}");
        }
        // One that is bound late comes as far at once, and one without notice is never due.
        let mut late = bound();
        turn(&mut late, 250);
        assert_eq!(late.state(), State::RenewalDue);
        let mut silent = InsurancePolicy { renewal_notice_days: 0, ..bound() };
        turn(&mut silent, 299);
        assert_eq!((silent.state(), due(&silent)), (State::InForce, Some(300)));
    }

    #[test]
    fn what_is_renewed_or_ended_is_left_alone() {
        for state in [State::Quoted, State::Renewed, State::Terminated, State::Declined, State::Lapsed] {
            assert_eq!(due(&InsurancePolicy { state: state.into(), ..bound() }), None, "{state:?}");
        }
    }
}
