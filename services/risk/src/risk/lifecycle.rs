//! The life of a risk: which move leads from where to where, and what each needs (domain of ITU-T X.1055). Pure.

use fault::{Fault, Outcome};
use store::in_state;
use wire::risk::v1::risk::State;
use wire::risk::v1::{ErrorReason, Risk};

/// A move, by the method that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Assess,
    Evaluate,
    PlanTreatment,
    Treat,
    AssessResidual,
    Accept,
    Reopen,
    Close,
}

/// What a move needs, beside the state it starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// All that its criteria score it by.
    Scored,
    /// A treatment that is not cancelled.
    Treated,
}

/// A row of the table of moves: the step, from, to, and what it needs.
type Move = (Step, State, State, &'static [Condition]);

const SCORED: &[Condition] = &[Condition::Scored];
const TREATED: &[Condition] = &[Condition::Scored, Condition::Treated];

/// Every move there is.
const MOVES: &[Move] = &[
    (Step::Assess, State::Identified, State::Analysed, SCORED),
    (Step::Assess, State::Evaluated, State::Analysed, SCORED),
    (Step::Assess, State::Reopened, State::Analysed, SCORED),
    (Step::Evaluate, State::Analysed, State::Evaluated, SCORED),
    (Step::PlanTreatment, State::Evaluated, State::TreatmentPlanned, TREATED),
    (Step::Treat, State::TreatmentPlanned, State::Treating, TREATED),
    (Step::AssessResidual, State::Treating, State::ResidualAssessed, SCORED),
    (Step::Accept, State::ResidualAssessed, State::Accepted, SCORED),
    (Step::Reopen, State::Evaluated, State::Reopened, &[]),
    (Step::Reopen, State::TreatmentPlanned, State::Reopened, &[]),
    (Step::Reopen, State::Treating, State::Reopened, &[]),
    (Step::Reopen, State::ResidualAssessed, State::Reopened, &[]),
    (Step::Reopen, State::Accepted, State::Reopened, &[]),
    (Step::Reopen, State::Closed, State::Reopened, &[]),
    (Step::Close, State::Identified, State::Closed, &[]),
    (Step::Close, State::Analysed, State::Closed, &[]),
    (Step::Close, State::Evaluated, State::Closed, &[]),
    (Step::Close, State::TreatmentPlanned, State::Closed, &[]),
    (Step::Close, State::Treating, State::Closed, &[]),
    (Step::Close, State::ResidualAssessed, State::Closed, &[]),
    (Step::Close, State::Accepted, State::Closed, &[]),
    (Step::Close, State::Reopened, State::Closed, &[]),
];

/// The states before the end.
pub(crate) const LIVING: [State; 8] = [
    State::Identified,
    State::Analysed,
    State::Evaluated,
    State::TreatmentPlanned,
    State::Treating,
    State::ResidualAssessed,
    State::Accepted,
    State::Reopened,
];

/// The states that rest on the score: where that comes above the appetite by itself, the risk is looked at anew.
pub(super) const RESTING: [State; 5] =
    [State::Evaluated, State::TreatmentPlanned, State::Treating, State::ResidualAssessed, State::Accepted];

impl Step {
    /// What is done by it, for people.
    fn done(self) -> &'static str {
        match self {
            Self::Assess => "assessed",
            Self::Evaluate => "evaluated",
            Self::PlanTreatment => "planned for treatment",
            Self::Treat => "treated",
            Self::AssessResidual => "assessed for what is left",
            Self::Accept => "accepted",
            Self::Reopen => "reopened",
            Self::Close => "closed",
        }
    }
}

/// Where a move leads from a state. An assessment of what is ANALYSED is another one, and leads nowhere else.
///
/// # Errors
/// `STATE_FORBIDS`, with the states it starts from.
pub(super) fn target(step: Step, from: State) -> Outcome<State> {
    if (step, from) == (Step::Assess, State::Analysed) {
        return Ok(from);
    }
    match MOVES.iter().find(|(known, start, ..)| (*known, *start) == (step, from)) {
        Some((_, _, to, _)) => Ok(*to),
        None => in_state("risk", from, &starts(|known, _| known == step), step.done()).map(|()| from),
    }
}

/// The states that moves of a kind start from.
fn starts(such: impl Fn(Step, State) -> bool) -> Vec<State> {
    MOVES.iter().filter(|(step, _, to, _)| such(*step, *to)).map(|(_, start, ..)| *start).collect()
}

/// Whether a risk may come from the one state into the other, as it becomes. `treatments` is how many it has that are not cancelled, `missing` what
/// its criteria lack to score it.
///
/// # Errors
/// `STATE_FORBIDS` where no move leads there; `RISK_NOT_SCORED`, `TREATMENT_MISSING`.
pub(super) fn allowed(old: &Risk, new: &Risk, missing: &[&str], treatments: usize) -> Outcome<()> {
    let (from, to) = (old.state(), new.state());
    let Some((.., conditions)) = MOVES.iter().find(|(_, start, end, _)| (*start, *end) == (from, to)) else {
        return in_state("risk", from, &starts(|_, end| end == to), "brought there");
    };
    for condition in *conditions {
        match condition {
            Condition::Scored => scored(missing)?,
            Condition::Treated if treatments == 0 => {
                let message =
                    "it has no treatment: create one within it first; to bear it as it is is one too (RETAIN)";
                return Err(Fault::precondition(ErrorReason::TreatmentMissing, message).with("risk", &old.name));
            }
            Condition::Treated => {}
        }
    }
    Ok(())
}

/// Refuses what cannot be scored.
///
/// # Errors
/// `RISK_NOT_SCORED`.
pub(super) fn scored(missing: &[&str]) -> Outcome<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    let message = format!("its criteria cannot score it: {missing} is not set");
    Err(Fault::precondition(ErrorReason::RiskNotScored, message).with("missing", missing))
}

/// Brings a risk into a state. `now` is in microseconds since 1970.
pub(super) fn enter(new: &mut Risk, to: State, reason: &str, now: i64) {
    new.set_state(to);
    reason.clone_into(&mut new.state_reason);
    new.state_time = store::timestamp(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 9] = [
        State::Identified,
        State::Analysed,
        State::Evaluated,
        State::TreatmentPlanned,
        State::Treating,
        State::ResidualAssessed,
        State::Accepted,
        State::Reopened,
        State::Closed,
    ];

    /// Where each move leads from each of the states, in their order; `-` where it is refused.
    const LEADS: [(Step, &str); 8] = [
        (Step::Assess, "AAA----A-"),
        (Step::Evaluate, "-E-------"),
        (Step::PlanTreatment, "--P------"),
        (Step::Treat, "---T-----"),
        (Step::AssessResidual, "----R----"),
        (Step::Accept, "-----X---"),
        (Step::Reopen, "--OOOOO-O"),
        (Step::Close, "CCCCCCCC-"),
    ];

    fn letter(state: State) -> char {
        let at = STATES.iter().position(|one| *one == state).unwrap_or_default();
        "IAEPTRXOC".chars().nth(at).unwrap_or('?')
    }

    #[test]
    fn every_move_from_every_state_leads_where_it_should_or_is_refused_with_the_states_it_starts_from() {
        for (step, row) in LEADS {
            for (from, expected) in STATES.into_iter().zip(row.chars()) {
                match target(step, from) {
                    Ok(to) => assert_eq!(letter(to), expected, "{step:?} from {from:?}"),
                    Err(fault) => {
                        assert_eq!(expected, '-', "{step:?} from {from:?}: {fault}");
                        assert_eq!((fault.code(), fault.reason()), (tonic::Code::FailedPrecondition, "STATE_FORBIDS"));
                        let start = STATES.into_iter().zip(row.chars()).find(|(_, leads)| *leads != '-');
                        let named = start.is_some_and(|(start, _)| fault.message().contains(start.as_str_name()));
                        assert!(named, "{fault}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_two_moves_lead_from_one_state_to_the_same() {
        for (at, (step, from, to, _)) in MOVES.iter().enumerate() {
            let twice = MOVES.iter().skip(at + 1).find(|(_, start, end, _)| (start, end) == (from, to));
            assert!(twice.is_none(), "{step:?} and {:?}", twice.map(|(step, ..)| *step));
        }
    }

    #[test]
    fn what_rests_on_the_score_can_be_reopened() {
        for state in RESTING {
            assert!(target(Step::Reopen, state).is_ok(), "{state:?}");
        }
    }

    #[test]
    fn what_a_move_lacks_is_said() {
        let risk = |state: State| Risk { state: state.into(), ..Risk::default() };
        let lacks = |from, to, missing: &[&str], treatments| {
            allowed(&risk(from), &risk(to), missing, treatments).err().map(|fault| fault.reason())
        };
        assert_eq!(lacks(State::Identified, State::Analysed, &["likelihood"], 0), Some("RISK_NOT_SCORED"));
        assert_eq!(lacks(State::Evaluated, State::TreatmentPlanned, &[], 0), Some("TREATMENT_MISSING"));
        assert_eq!(lacks(State::Evaluated, State::TreatmentPlanned, &[], 1), None);
        assert_eq!(lacks(State::Identified, State::Accepted, &[], 1), Some("STATE_FORBIDS"));
    }
}
