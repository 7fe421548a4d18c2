//! The life of a finding: which move leads from where to where. Pure.

use fault::Outcome;
use store::in_state;
use wire::risk::v1::Finding;
use wire::risk::v1::finding::State;

/// A move, by the method that makes it, or by what happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Mitigate,
    Fix,
    Accept,
    /// To NOT_AFFECTED: by a person, or by what an advisory says.
    Dismiss,
    Verify,
    Close,
    /// By a person, since it was seen again, or since its acceptance expired.
    Reopen,
    /// To CLOSED, since what it was found on is no more.
    Retire,
}

/// A row of the table of moves.
type Move = (Step, State, State);

/// Every move there is.
pub(crate) const MOVES: &[Move] = &[
    (Step::Mitigate, State::Open, State::Mitigated),
    (Step::Mitigate, State::Reopened, State::Mitigated),
    (Step::Fix, State::Open, State::Fixed),
    (Step::Fix, State::Reopened, State::Fixed),
    (Step::Fix, State::Mitigated, State::Fixed),
    (Step::Fix, State::Accepted, State::Fixed),
    (Step::Accept, State::Open, State::Accepted),
    (Step::Accept, State::Reopened, State::Accepted),
    (Step::Accept, State::Mitigated, State::Accepted),
    (Step::Dismiss, State::Open, State::NotAffected),
    (Step::Dismiss, State::Reopened, State::NotAffected),
    (Step::Dismiss, State::Mitigated, State::NotAffected),
    (Step::Dismiss, State::Accepted, State::NotAffected),
    (Step::Verify, State::Mitigated, State::Verified),
    (Step::Verify, State::Fixed, State::Verified),
    (Step::Verify, State::Accepted, State::Verified),
    (Step::Close, State::Verified, State::Closed),
    (Step::Close, State::NotAffected, State::Closed),
    (Step::Reopen, State::Mitigated, State::Reopened),
    (Step::Reopen, State::Fixed, State::Reopened),
    (Step::Reopen, State::Accepted, State::Reopened),
    (Step::Reopen, State::Verified, State::Reopened),
    (Step::Reopen, State::Closed, State::Reopened),
    (Step::Reopen, State::NotAffected, State::Reopened),
    (Step::Retire, State::Open, State::Closed),
    (Step::Retire, State::Reopened, State::Closed),
    (Step::Retire, State::Mitigated, State::Closed),
    (Step::Retire, State::Fixed, State::Closed),
    (Step::Retire, State::Accepted, State::Closed),
    (Step::Retire, State::NotAffected, State::Closed),
    (Step::Retire, State::Verified, State::Closed),
];

/// The states in which nothing was done about it.
pub(crate) const OPEN: [State; 2] = [State::Open, State::Reopened];

/// The states in which it is there, whatever was decided: what scores count.
pub(crate) const PRESENT: [State; 4] = [State::Open, State::Reopened, State::Mitigated, State::Accepted];

impl Step {
    /// What is done by it, for people.
    fn done(self) -> &'static str {
        match self {
            Self::Mitigate => "mitigated",
            Self::Fix => "fixed",
            Self::Accept => "accepted",
            Self::Dismiss => "dismissed",
            Self::Verify => "verified",
            Self::Close => "closed",
            Self::Reopen => "reopened",
            Self::Retire => "retired",
        }
    }
}

/// Where a move leads from a state.
///
/// # Errors
/// `STATE_FORBIDS`, with the states it starts from.
pub(crate) fn target(step: Step, from: State) -> Outcome<State> {
    match MOVES.iter().find(|(known, start, _)| (*known, *start) == (step, from)) {
        Some((.., to)) => Ok(*to),
        None => {
            let starts: Vec<State> =
                MOVES.iter().filter(|(known, ..)| *known == step).map(|(_, start, _)| *start).collect();
            in_state("finding", from, &starts, step.done()).map(|()| from)
        }
    }
}

/// Whether a finding may come from one state into another.
///
/// # Errors
/// `STATE_FORBIDS` where no move leads there.
pub(crate) fn allowed(from: State, to: State) -> Outcome<()> {
    if from == to || MOVES.iter().any(|(_, start, end)| (*start, *end) == (from, to)) {
        return Ok(());
    }
    let starts: Vec<State> = MOVES.iter().filter(|(.., end)| *end == to).map(|(_, start, _)| *start).collect();
    in_state("finding", from, &starts, "brought there")
}

/// Who moves a finding, when and why.
pub(crate) struct By<'a> {
    /// The `sub` of who does it.
    pub(crate) decider: &'a str,
    /// In words.
    pub(crate) reason: &'a str,
    /// In microseconds since 1970.
    pub(crate) now: i64,
}

/// Makes a move.
///
/// # Errors
/// As [`target`].
pub(crate) fn make(step: Step, old: &Finding, new: &mut Finding, by: &By<'_>) -> Outcome<()> {
    let to = target(step, old.state())?;
    new.set_state(to);
    by.reason.clone_into(&mut new.state_reason);
    by.decider.clone_into(&mut new.decider);
    new.state_time = store::timestamp(by.now);
    match step {
        Step::Mitigate | Step::Fix | Step::Accept | Step::Dismiss => new.set_resolution(to),
        Step::Verify | Step::Close => {}
        // Nothing is accepted any more of what is no more: the end of an acceptance would open it again.
        Step::Retire => new.set_resolution(State::Unspecified),
        Step::Reopen => {
            new.set_resolution(State::Unspecified);
            new.open_time = store::timestamp(by.now);
            new.reopen_count = new.reopen_count.saturating_add(1);
        }
    }
    if !matches!(step, Step::Dismiss | Step::Close | Step::Retire) {
        new.justification = 0;
        new.advisory.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 8] = [
        State::Open,
        State::Reopened,
        State::Mitigated,
        State::Fixed,
        State::Accepted,
        State::NotAffected,
        State::Verified,
        State::Closed,
    ];

    /// Where each move leads from each of the states, in their order; `-` where it is refused.
    const LEADS: [(Step, &str); 8] = [
        (Step::Mitigate, "MM------"),
        (Step::Fix, "FFF-F---"),
        (Step::Accept, "AAA-----"),
        (Step::Dismiss, "NNN-N---"),
        (Step::Verify, "--VVV---"),
        (Step::Close, "-----CC-"),
        (Step::Reopen, "--RRRRRR"),
        (Step::Retire, "CCCCCCC-"),
    ];

    fn letter(state: State) -> char {
        let at = STATES.iter().position(|one| *one == state).unwrap_or_default();
        "ORMFANVC".chars().nth(at).unwrap_or('?')
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
                        assert!(
                            start.is_some_and(|(start, _)| fault.message().contains(start.as_str_name())),
                            "{fault}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_change_of_state_that_is_no_move_is_refused() {
        for from in STATES {
            for to in STATES {
                let known = from == to || MOVES.iter().any(|(_, start, end)| (*start, *end) == (from, to));
                assert_eq!(allowed(from, to).is_ok(), known, "{from:?} to {to:?}");
            }
        }
    }
}
