//! How implementations are moved: by people, by what their tests found, and by the end of what they relied on.

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Hold, Transaction, in_state, micros, timestamp};
use wire::controls::v1 as api;
use wire::controls::v1::implementation::{Judgement, State, Verdict};
use wire::controls::v1::{ErrorReason, Implementation};
use wire::fault::v1::ErrorReason as House;

use super::effectiveness::runs;
use super::lifecycle::{APPROVED_ANEW, Step, enter, target};
use super::{Implementations, due, rules};
use crate::Registry;

/// The lock of what ties the implementations of an organization together: one transaction at a time makes dependencies or moves
/// by them, since two would each miss what the other does. It is taken before any row.
const TIES: i32 = 7_310_630;

/// Brings what operates of these implementations under review, in the transaction in which what it relied on ends: evidence that
/// expires, an exception that does. What is in another state stays. Gives how many came under review. `reason` is for people.
///
/// # Errors
/// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
pub async fn lapse(tx: &mut Transaction, organization: &str, names: &[&str], reason: &str) -> Outcome<u64> {
    let now = tx.context().clock.now();
    let ids: Vec<&str> = names.iter().map(|name| crate::id_of(name)).collect();
    let implementations = Collection::<Implementations>::new(tx.database().clone());
    let rule = |old: &Implementation, new: &mut Implementation| {
        if old.state() == State::Operating {
            enter(new, State::UnderReview, reason, now);
        }
    };
    implementations.change_many(tx, organization, &ids, rule).await
}

/// What follows for an implementation from its tests, in the transaction of theirs: effectiveness, and where one failed, with
/// why, REMEDIATION for what runs.
///
/// # Errors
/// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
pub(crate) async fn follow_tests(tx: &mut Transaction, name: &str, failed: Option<&str>) -> Outcome<()> {
    let now = tx.context().clock.now();
    due::change(tx, name, |new| {
        if let Some(why) = failed.filter(|_| runs(new.state())) {
            enter(new, State::Remediation, why, now);
        }
    })
    .await
}

impl Registry {
    /// Begins a transaction that may tie implementations together.
    pub(super) async fn begin_tied(&self, context: &Context, name: &str) -> Outcome<Transaction> {
        // A name that is none is refused where it is read.
        let organization = crate::organization_of(name);
        if !organization.is_empty() {
            context.enter(organization, name)?;
        }
        let mut tx = self.database.begin(context).await?;
        tx.hold(TIES, organization, Hold::Alone).await?;
        Ok(tx)
    }

    /// Makes a move. What else the move needs is asked by the rules, once it is known what they must know.
    pub(super) async fn step(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        step: Step,
        reason: &str,
        more: impl FnOnce(&Context, &mut Implementation) + Send,
    ) -> Outcome<Implementation> {
        let mut tx = self.begin_tied(context, name).await?;
        if step == Step::Retire {
            // Tests before what they test, in the order in which a run takes them too.
            self.retire_tests(&mut tx, name).await?;
        }
        let rule = |context: &Context, old: &Implementation, new: &mut Implementation| {
            enter(new, target(step, old.state())?, reason, context.clock.now());
            more(context, new);
            Ok(())
        };
        let moved = self.implementations.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(moved)
    }

    pub(super) async fn approve_design(
        &self,
        context: &Context,
        r: api::ApproveImplementationRequest,
    ) -> Outcome<Implementation> {
        let rule = |context: &Context, old: &Implementation, new: &mut Implementation| {
            if !APPROVED_ANEW.contains(&old.state()) {
                enter(new, target(Step::Approve, old.state())?, &r.comment, context.clock.now());
            } else if approval::counts(old.approval.as_ref()) {
                let message = "it is approved as it stands: there is nothing to approve before it changes";
                return Err(Fault::precondition(ErrorReason::ApprovalStands, message).with("implementation", &old.name));
            }
            for author in &old.authors {
                approval::by_another(context, author, || {
                    format!("{author} wrote what is to be approved and so cannot approve it: another person must")
                })?;
            }
            new.approval = Some(approval::approve(context, "", &[rules::parts(new)], &r.comment)?);
            new.authors.clear();
            Ok(())
        };
        self.implementations.change(context, &r.name, &r.etag, rule).await
    }

    pub(super) async fn judge_design(
        &self,
        context: &Context,
        r: api::JudgeImplementationDesignRequest,
    ) -> Outcome<Implementation> {
        let rule = |context: &Context, old: &Implementation, new: &mut Implementation| {
            in_state("implementation", old.state(), &JUDGED_DESIGN, "judged by its design")?;
            for author in old.authors.iter().chain([&old.designer]) {
                approval::by_another(context, author, || {
                    format!("{author} designed it and so cannot judge the design: another person must")
                })?;
            }
            new.design_effectiveness = Some(judgement(context, r.verdict(), &r.comment)?);
            Ok(())
        };
        self.implementations.change(context, &r.name, &r.etag, rule).await
    }

    pub(super) async fn judge_operation(
        &self,
        context: &Context,
        r: api::JudgeImplementationOperationRequest,
    ) -> Outcome<Implementation> {
        let rule = |context: &Context, old: &Implementation, new: &mut Implementation| {
            in_state("implementation", old.state(), &JUDGED_OPERATION, "judged by its operation")?;
            approval::by_another(context, &old.operator, || {
                format!("{} operates it and so cannot judge the operation: another person must", old.operator)
            })?;
            new.operating_effectiveness = Some(judgement(context, r.verdict(), &r.comment)?);
            Ok(())
        };
        self.implementations.change(context, &r.name, &r.etag, rule).await
    }
}

/// Where there is a design to judge.
const JUDGED_DESIGN: [State; 6] =
    [State::Designed, State::Approved, State::Implementing, State::Operating, State::UnderReview, State::Remediation];
/// Where there is an operation to judge.
const JUDGED_OPERATION: [State; 3] = [State::Operating, State::UnderReview, State::Remediation];

/// A judgement by the caller.
fn judgement(context: &Context, verdict: Verdict, comment: &str) -> Outcome<Judgement> {
    if matches!(verdict, Verdict::Unspecified | Verdict::NotJudged) {
        let message = "say what the judgement is: EFFECTIVE, PARTLY_EFFECTIVE or INEFFECTIVE";
        return Err(Fault::invalid(House::FieldInvalid, message).on("verdict"));
    }
    Ok(Judgement {
        verdict: verdict.into(),
        judge: context.caller.subject.clone(),
        judge_time: timestamp(context.clock.now()),
        comment: comment.to_owned(),
    })
}

/// When an implementation that goes into operation is to be reviewed next: by its period, or at a time set by hand that is to come.
pub(super) fn plan_review(_: &Context, new: &mut Implementation) {
    const DAY: i64 = 86_400_000_000;
    let since = micros(new.state_time.as_ref());
    if new.review_period_days > 0 {
        new.next_review_time = timestamp(since.saturating_add(i64::from(new.review_period_days) * DAY));
    } else if micros(new.next_review_time.as_ref()) <= since {
        new.next_review_time = None;
    }
}

/// What is designed anew is not what was approved, be it the same in the end.
pub(super) fn withdraw(context: &Context, new: &mut Implementation) {
    if let Some(given) = new.approval.as_mut().filter(|given| given.void_time.is_none()) {
        given.void_time = timestamp(context.clock.now());
        given.void_reason = format!("what was approved was sent back by {}", context.caller.subject);
    }
}
