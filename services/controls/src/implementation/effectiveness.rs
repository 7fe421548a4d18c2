//! How effective an implementation is, 0 to 1. The formula is ours; the proto says it in words. Pure.

use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::{Effectiveness, Judgement, State, Verdict};

/// How long a test run counts, in microseconds: 365 days.
pub(crate) const WINDOW: i64 = 365 * 86_400_000_000;
/// The factor of the tests where none of the window decided anything.
const UNTESTED: f64 = 0.5;

/// What the tests of an implementation gave within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tested {
    /// Runs that passed, and that failed.
    pub(crate) runs: (i64, i64),
    /// Tests in use whose latest run that decided anything passed, and failed.
    pub(crate) latest: (i64, i64),
    /// The oldest run counted, in microseconds since 1970.
    pub(crate) oldest: Option<i64>,
}

/// How effective an implementation is, as it stands.
pub(crate) fn worked_out(implementation: &Implementation, tested: Tested) -> Effectiveness {
    let design = factor(implementation.design_effectiveness.as_ref());
    let operation = factor(implementation.operating_effectiveness.as_ref());
    if !runs(implementation.state()) {
        return Effectiveness { design, operation, ..Default::default() };
    }
    let (passed, failed) = (tested.runs.0 + tested.latest.0, tested.runs.1 + tested.latest.1);
    let share = if passed + failed > 0 { ratio(passed, passed + failed) } else { UNTESTED };
    Effectiveness {
        score: design * operation * share,
        design,
        operation,
        tested: share,
        passed_runs: tested.runs.0,
        failed_runs: tested.runs.1,
        passing_tests: tested.latest.0,
        failing_tests: tested.latest.1,
        oldest_run_time: tested.oldest.and_then(store::timestamp),
    }
}

/// Whether an implementation in this state does its work.
pub(crate) fn runs(state: State) -> bool {
    matches!(state, State::Operating | State::UnderReview)
}

fn factor(judgement: Option<&Judgement>) -> f64 {
    match judgement.map(Judgement::verdict) {
        Some(Verdict::Effective) => 1.0,
        Some(Verdict::PartlyEffective) => 0.5,
        _ => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody runs so many tests in a year")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(state: State, design: Verdict, operation: Verdict) -> Implementation {
        let judgement = |verdict: Verdict| Some(Judgement { verdict: verdict.into(), ..Default::default() });
        Implementation {
            state: state.into(),
            design_effectiveness: judgement(design),
            operating_effectiveness: judgement(operation),
            ..Default::default()
        }
    }

    #[test]
    fn the_formula_of_the_proto() {
        let full = judged(State::Operating, Verdict::Effective, Verdict::Effective);
        let half = judged(State::UnderReview, Verdict::PartlyEffective, Verdict::Effective);
        let none = Tested::default();
        // One test, run four times, of which the latest passed and one failed: (3 + 1) of (4 + 1).
        let mostly = Tested { runs: (3, 1), latest: (1, 0), oldest: Some(7) };
        // The same, but it is the latest that failed: (3 + 0) of (4 + 1).
        let lately = Tested { latest: (0, 1), ..mostly };
        for (implementation, tested, score) in [
            (&full, none, 0.5),
            (&full, mostly, 0.8),
            (&full, lately, 0.6),
            (&half, none, 0.25),
            (&half, mostly, 0.4),
            (&judged(State::Operating, Verdict::Effective, Verdict::NotJudged), mostly, 0.0),
            (&judged(State::Operating, Verdict::Ineffective, Verdict::Effective), mostly, 0.0),
        ] {
            let worked = worked_out(implementation, tested);
            assert!((worked.score - score).abs() < 1e-12, "{score}: {worked:?}");
            assert_eq!((worked.passed_runs, worked.failing_tests), (tested.runs.0, tested.latest.1));
        }
    }

    #[test]
    fn what_does_not_run_has_no_effect() {
        for state in
            [State::Proposed, State::Designed, State::Approved, State::Implementing, State::Remediation, State::Retired]
        {
            let tested = Tested { runs: (9, 0), latest: (1, 0), oldest: Some(7) };
            let worked = worked_out(&judged(state, Verdict::Effective, Verdict::Effective), tested);
            assert_eq!((worked.score, worked.passed_runs, worked.design), (0.0, 0, 1.0), "{state:?}");
        }
    }
}
