//! The life of an implementation: which move leads from where to where, and what each needs. Pure.

use fault::{Fault, Outcome};
use store::{in_state, micros};
use wire::controls::v1::implementation::{Judgement, State, Verdict};
use wire::controls::v1::{ErrorReason, Implementation};

use super::known::Known;

/// A move, by the method that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Design,
    Approve,
    Begin,
    Operate,
    Review,
    Confirm,
    Remediate,
    Retire,
    Revise,
}

/// What a move needs, beside the state it starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A design text and an owner.
    Designed,
    /// An approval that is not void.
    Approved,
    /// The design judged EFFECTIVE or PARTLY_EFFECTIVE.
    DesignEffective,
    /// What it depends on OPERATING, each.
    DependenciesOperate,
    /// Operation judged EFFECTIVE or PARTLY_EFFECTIVE since it came into its state.
    OperationEffective,
    /// No test that stands failed.
    NoTestFailed,
    /// A replacement or a reason.
    Explained,
    /// Nothing that runs depends on it.
    NothingDepends,
}

/// A row of the table of moves: the step, from, to, and what it needs.
type Move = (Step, State, State, &'static [Condition]);

const END: &[Condition] = &[Condition::Explained, Condition::NothingDepends];
const OPERATE: &[Condition] = &[Condition::Approved, Condition::DesignEffective, Condition::DependenciesOperate];
const CONFIRM: &[Condition] = &[
    Condition::Approved,
    Condition::DesignEffective,
    Condition::DependenciesOperate,
    Condition::OperationEffective,
    Condition::NoTestFailed,
];

/// Every move there is.
pub(crate) const MOVES: &[Move] = &[
    (Step::Design, State::Proposed, State::Designed, &[Condition::Designed]),
    (Step::Approve, State::Designed, State::Approved, &[Condition::Designed]),
    (Step::Begin, State::Approved, State::Implementing, &[Condition::Approved]),
    (Step::Operate, State::Implementing, State::Operating, OPERATE),
    (Step::Review, State::Operating, State::UnderReview, &[]),
    (Step::Review, State::Remediation, State::UnderReview, &[]),
    (Step::Confirm, State::UnderReview, State::Operating, CONFIRM),
    (Step::Remediate, State::Operating, State::Remediation, &[]),
    (Step::Remediate, State::UnderReview, State::Remediation, &[]),
    (Step::Revise, State::Designed, State::Proposed, &[]),
    (Step::Revise, State::Approved, State::Proposed, &[]),
    (Step::Revise, State::Implementing, State::Proposed, &[]),
    (Step::Revise, State::Remediation, State::Proposed, &[]),
    (Step::Retire, State::Proposed, State::Retired, END),
    (Step::Retire, State::Designed, State::Retired, END),
    (Step::Retire, State::Approved, State::Retired, END),
    (Step::Retire, State::Implementing, State::Retired, END),
    (Step::Retire, State::Operating, State::Retired, END),
    (Step::Retire, State::UnderReview, State::Retired, END),
    (Step::Retire, State::Remediation, State::Retired, END),
];

/// The states before the end.
pub(crate) const LIVING: [State; 7] = [
    State::Proposed,
    State::Designed,
    State::Approved,
    State::Implementing,
    State::Operating,
    State::UnderReview,
    State::Remediation,
];

/// The states in which a new approval may take the place of a void one, without a move.
pub(crate) const APPROVED_ANEW: [State; 3] = [State::Implementing, State::UnderReview, State::Remediation];

impl Step {
    /// What is done by it, for people.
    fn done(self) -> &'static str {
        match self {
            Self::Design => "designed",
            Self::Approve => "approved",
            Self::Begin => "begun",
            Self::Operate => "taken into operation",
            Self::Review => "reviewed",
            Self::Confirm => "confirmed",
            Self::Remediate => "remediated",
            Self::Retire => "retired",
            Self::Revise => "revised",
        }
    }
}

/// Where a move leads from a state.
///
/// # Errors
/// `STATE_FORBIDS`, with the states it starts from.
pub(crate) fn target(step: Step, from: State) -> Outcome<State> {
    let found = MOVES.iter().find(|(known, start, ..)| (*known, *start) == (step, from));
    match found {
        Some((_, _, to, _)) => Ok(*to),
        None => {
            let starts: Vec<State> =
                MOVES.iter().filter(|(known, ..)| *known == step).map(|(_, start, ..)| *start).collect();
            in_state("implementation", from, &starts, step.done()).map(|()| from)
        }
    }
}

/// Whether an implementation may come from the one state into the other, as it becomes.
///
/// # Errors
/// `STATE_FORBIDS` where no move leads there; else as [`needed`].
pub(crate) fn allowed(old: &Implementation, new: &Implementation, known: &Known) -> Outcome<()> {
    let (from, to) = (old.state(), new.state());
    let Some((.., conditions)) = MOVES.iter().find(|(_, start, end, _)| (*start, *end) == (from, to)) else {
        let starts: Vec<State> =
            MOVES.iter().filter(|(_, _, end, _)| *end == to).map(|(_, start, ..)| *start).collect();
        return in_state("implementation", from, &starts, "brought there");
    };
    needed(conditions, old, new, known)
}

/// Refuses where conditions do not hold; says all of them in message and metadata.
///
/// # Errors
/// The reason of the first.
pub(crate) fn needed(
    conditions: &[Condition],
    old: &Implementation,
    new: &Implementation,
    known: &Known,
) -> Outcome<()> {
    let lacking: Vec<Lack> = conditions.iter().filter_map(|condition| condition.lack(old, new, known)).collect();
    let Some(first) = lacking.first() else { return Ok(()) };
    let missing: Vec<&str> = lacking.iter().map(|lack| lack.key).collect();
    let messages: Vec<&str> = lacking.iter().map(|lack| lack.message.as_str()).collect();
    let fault = Fault::precondition(first.reason, messages.join("; ")).with("missing", missing.join(", "));
    Err(lacking
        .iter()
        .filter(|lack| !lack.names.is_empty())
        .fold(fault, |fault, lack| fault.with("names", &lack.names)))
}

/// A condition that does not hold.
struct Lack {
    reason: ErrorReason,
    key: &'static str,
    message: String,
    /// Of what is in the way; empty where that is the implementation itself.
    names: String,
}

/// Whether somebody judged that it does at least part of what it should.
fn does(judgement: Option<&Judgement>) -> bool {
    judgement.is_some_and(|given| matches!(given.verdict(), Verdict::Effective | Verdict::PartlyEffective))
}

/// Names for people and metadata: the first ten.
fn listed(names: &[&str]) -> String {
    match names.len() {
        0..=10 => names.join(", "),
        more => format!("{} and {} more", names.iter().take(10).copied().collect::<Vec<_>>().join(", "), more - 10),
    }
}

impl Condition {
    /// What to say where it does not hold.
    fn lack(self, old: &Implementation, new: &Implementation, known: &Known) -> Option<Lack> {
        match self {
            Self::DependenciesOperate => Self::others(
                &known.idle_dependencies(new),
                ErrorReason::DependencyNotOperating,
                "dependencies that operate",
                |names| format!("it depends on what does not operate: take {names} into operation first"),
            ),
            Self::NoTestFailed => {
                Self::others(&known.failing_tests(new), ErrorReason::TestStandsFailed, "tests that passed", |names| {
                    format!("what was tested last failed: run {names} again once it is repaired")
                })
            }
            Self::NothingDepends => Self::others(
                &known.running_dependents(new),
                ErrorReason::StillDependedOn,
                "nothing that runs and depends on it",
                |names| format!("{names} run and depend on it: retire them, or let them go of it, first"),
            ),
            _ => self.own(old, new).map(|(reason, key, message)| Lack { reason, key, message, names: String::new() }),
        }
    }

    fn others(
        names: &[&str],
        reason: ErrorReason,
        key: &'static str,
        message: impl FnOnce(&str) -> String,
    ) -> Option<Lack> {
        let shown = listed(names);
        (!names.is_empty()).then(|| Lack { reason, key, message: message(&shown), names: shown })
    }

    /// What to say of the implementation itself where a condition on it alone does not hold.
    fn own(self, old: &Implementation, new: &Implementation) -> Option<(ErrorReason, &'static str, String)> {
        match self {
            Self::Designed => {
                let fields = [("design", &new.design), ("owner", &new.owner)];
                let empty: Vec<&str> =
                    fields.iter().filter(|(_, text)| text.trim().is_empty()).map(|(field, _)| *field).collect();
                let message = format!("it needs {}: give what is missing first", empty.join(" and "));
                let key = match empty.as_slice() {
                    [] => return None,
                    [field] => field,
                    _ => "design, owner",
                };
                Some((ErrorReason::ImplementationIncomplete, key, message))
            }
            Self::Approved if !approval::counts(new.approval.as_ref()) => {
                let message = match &new.approval {
                    Some(void) => format!("its approval is void ({}): have it approved anew", void.void_reason),
                    None => "it is not approved: have it approved by somebody who did not design it".to_owned(),
                };
                Some((ErrorReason::ApprovalMissing, "an approval that counts", message))
            }
            Self::DesignEffective if !does(new.design_effectiveness.as_ref()) => {
                let message = "its design is not judged EFFECTIVE or PARTLY_EFFECTIVE: have it judged (:judgeDesign) or \
                               design it anew";
                Some((ErrorReason::DesignNotEffective, "a design judged effective", message.to_owned()))
            }
            Self::OperationEffective => {
                let given = new.operating_effectiveness.as_ref();
                let since =
                    micros(given.and_then(|given| given.judge_time.as_ref())) >= micros(old.state_time.as_ref());
                let message = "its operation is not judged EFFECTIVE or PARTLY_EFFECTIVE since the review began: have it \
                               judged (:judgeOperation) or remediate it";
                let key = "operation judged effective since the review began";
                (!since || !does(given)).then(|| (ErrorReason::OperationNotJudged, key, message.to_owned()))
            }
            Self::Explained if new.replaced_by.is_empty() && new.state_reason.trim().is_empty() => {
                let message = "say what replaces it (replaced_by) or why it ends (reason)";
                Some((ErrorReason::RetirementUnexplained, "a replacement or a reason", message.to_owned()))
            }
            _ => None,
        }
    }
}

/// Brings an implementation into a state. `now` is in microseconds since 1970.
pub(crate) fn enter(new: &mut Implementation, to: State, reason: &str, now: i64) {
    new.set_state(to);
    reason.clone_into(&mut new.state_reason);
    new.state_time = store::timestamp(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 8] = [
        State::Proposed,
        State::Designed,
        State::Approved,
        State::Implementing,
        State::Operating,
        State::UnderReview,
        State::Remediation,
        State::Retired,
    ];

    /// Where each move leads from each of the states, in their order; `-` where it is refused.
    const LEADS: [(Step, &str); 9] = [
        (Step::Design, "D-------"),
        (Step::Approve, "-A------"),
        (Step::Begin, "--I-----"),
        (Step::Operate, "---O----"),
        (Step::Review, "----U-U-"),
        (Step::Confirm, "-----O--"),
        (Step::Remediate, "----MM--"),
        (Step::Retire, "RRRRRRR-"),
        (Step::Revise, "-PPP--P-"),
    ];

    fn letter(state: State) -> char {
        let at = STATES.iter().position(|one| *one == state).unwrap_or_default();
        "PDAIOUMR".chars().nth(at).unwrap_or('?')
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
    fn no_two_moves_lead_from_one_state_to_the_same() {
        for (at, (step, from, to, _)) in MOVES.iter().enumerate() {
            let twice = MOVES.iter().skip(at + 1).find(|(_, start, end, _)| (start, end) == (from, to));
            assert!(twice.is_none(), "{step:?} and {:?}", twice.map(|(step, ..)| *step));
        }
    }

    #[test]
    fn what_is_missing_is_said_all_at_once() {
        let bare = Implementation { name: "organizations/acme/implementations/i".to_owned(), ..Default::default() };
        let fault = needed(CONFIRM, &bare, &bare, &Known::default()).err().map(|fault| fault.message().to_owned());
        let message = fault.unwrap_or_default();
        for part in ["not approved", ":judgeDesign", ":judgeOperation"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
