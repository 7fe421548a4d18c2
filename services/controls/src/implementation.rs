//! Implementations: what the organization does about a control, from the proposal to the end (ITU-T X.1051).
//!
//! Where each move leads and what it needs is the table in `implementation/lifecycle.rs`. An approval is bound to the material
//! parts (`rules::parts`). A material change makes it void; then nothing operates on it: what is OPERATING comes UNDER_REVIEW, and
//! neither `:operate` nor `:confirm` succeeds before it is approved anew.

mod circle;
mod due;
mod effectiveness;
mod known;
mod lifecycle;
mod rules;

use access::Context;
use fault::{Fault, Outcome};
use store::{
    Choice as _, Collection, Datum, FieldType, Hold, Part, Reference, Referrer, Side, Transaction, in_state, micros,
    open, reply, timestamp,
};
use tonic::{Request, Response, Status};
use wire::controls::v1 as api;
use wire::controls::v1::implementation::{Effectiveness, Judgement, State, Verdict};
use wire::controls::v1::implementation_service_server::ImplementationService;
use wire::controls::v1::{ErrorReason, Implementation};
use wire::fault::v1::ErrorReason as House;

pub(crate) use due::timer;
use lifecycle::{APPROVED_ANEW, Step, enter, target};

use crate::Registry;
use crate::control::Controls;
use crate::scope::Scopes;

// === The table ===

/// All implementations.
pub struct Implementations;

impl store::Resource for Implementations {
    type Message = Implementation;
    const TABLE: &'static str = "implementation";
    const COLLECTION: &'static str = "implementations";

    fn columns() -> &'static [store::Column<Implementation>] {
        store::columns![Implementation;
            display_name: text order search, control: text order, scope: text index, selector: text index,
            owner: text order, operator: text, replaced_by: text index, next_review_time: time order,
            state: choice(State) order, design_effectiveness: part(OfDesign),
            operating_effectiveness: part(OfOperation), effectiveness: part(Score) order,
        ]
    }

    fn sides() -> &'static [Side<Implementation>] {
        store::sides![Implementation;
            labels: map "implementation_label",
            depends_on: set "implementation_depends_on",
            risk_references: set "implementation_risk_reference",
            legal_references: set "implementation_legal_reference",
        ]
    }

    fn references() -> &'static [Reference<Implementation>] {
        store::references![Implementation;
            control: Controls, scope: Scopes, depends_on(each): Implementations, replaced_by: Implementations,
        ]
    }

    fn referrers() -> &'static [Referrer] {
        const REFERRERS: &[Referrer] = &[
            Referrer {
                what: "implementations",
                table: "implementation_depends_on",
                column: "value",
                filter: "depends_on:",
                by_id: false,
            },
            Referrer {
                what: "implementations",
                table: "implementation",
                column: "replaced_by",
                filter: "replaced_by=",
                by_id: false,
            },
            Referrer {
                what: "tests",
                table: "control_test",
                column: "implementation",
                filter: "implementation=",
                by_id: false,
            },
        ];
        REFERRERS
    }

    store::head!(Implementation; state, state_reason, state_time, designer, authors, approval, design_effectiveness, operating_effectiveness, effectiveness);
}

/// The verdict on the design as a column.
struct OfDesign;
/// The verdict on the operation as a column.
struct OfOperation;
/// The score of the effectiveness as a column.
struct Score;

fn verdict_of(judgement: Option<&Judgement>) -> Datum {
    Datum::Text(judgement.map(Judgement::verdict).unwrap_or_default().text().to_owned())
}

fn judge_as(judgement: &mut Option<Judgement>, datum: Datum) {
    let text = datum.text();
    let verdict = Verdict::from_str_name(&text).unwrap_or_default();
    match judgement.as_mut() {
        Some(judgement) => judgement.set_verdict(verdict),
        None if verdict != Verdict::Unspecified => {
            *judgement = Some(Judgement { verdict: verdict.into(), ..Default::default() });
        }
        None => {}
    }
}

impl Part<Implementation> for OfDesign {
    fn field_type() -> FieldType {
        FieldType::Enum(Verdict::VALUES)
    }

    fn get(one: &Implementation) -> Datum {
        verdict_of(one.design_effectiveness.as_ref())
    }

    fn set(one: &mut Implementation, datum: Datum) {
        judge_as(&mut one.design_effectiveness, datum);
    }
}

impl Part<Implementation> for OfOperation {
    fn field_type() -> FieldType {
        FieldType::Enum(Verdict::VALUES)
    }

    fn get(one: &Implementation) -> Datum {
        verdict_of(one.operating_effectiveness.as_ref())
    }

    fn set(one: &mut Implementation, datum: Datum) {
        judge_as(&mut one.operating_effectiveness, datum);
    }
}

impl Part<Implementation> for Score {
    fn field_type() -> FieldType {
        FieldType::Real
    }

    fn get(one: &Implementation) -> Datum {
        Datum::Real(one.effectiveness.as_ref().map_or(0.0, |worked| worked.score))
    }

    fn set(one: &mut Implementation, datum: Datum) {
        let score = datum.real();
        match one.effectiveness.as_mut() {
            Some(worked) => worked.score = score,
            None if score != 0.0 => one.effectiveness = Some(Effectiveness { score, ..Default::default() }),
            None => {}
        }
    }
}

// === The moves ===

/// The lock of what ties the implementations of an organization together: one transaction at a time makes dependencies or moves
/// by them, since two would each miss what the other does. It is taken before any row.
const TIES: i32 = 7_310_620;

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
        if let Some(why) = failed.filter(|_| effectiveness::runs(new.state())) {
            enter(new, State::Remediation, why, now);
        }
    })
    .await
}

impl Registry {
    /// Begins a transaction that may tie implementations together.
    async fn begin_tied(&self, context: &Context, name: &str) -> Outcome<Transaction> {
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
    async fn step(
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

    async fn approve_design(&self, context: &Context, r: api::ApproveImplementationRequest) -> Outcome<Implementation> {
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

    async fn judge_design(
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

    async fn judge_operation(
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
fn plan_review(context: &Context, new: &mut Implementation) {
    const DAY: i64 = 86_400_000_000;
    let now = context.clock.now();
    if new.review_period_days > 0 {
        new.next_review_time = timestamp(now.saturating_add(i64::from(new.review_period_days) * DAY));
    } else if micros(new.next_review_time.as_ref()) <= now {
        new.next_review_time = None;
    }
}

/// What is designed anew is not what was approved, be it the same in the end.
fn withdraw(context: &Context, new: &mut Implementation) {
    if let Some(given) = new.approval.as_mut().filter(|given| given.void_time.is_none()) {
        given.void_time = timestamp(context.clock.now());
        given.void_reason = format!("what was approved was sent back by {}", context.caller.subject);
    }
}

// === The API ===

#[tonic::async_trait]
impl ImplementationService for Registry {
    async fn create_implementation(
        &self,
        request: Request<api::CreateImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        self.implementations.serve_create(request).await
    }

    async fn get_implementation(
        &self,
        request: Request<api::GetImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        self.implementations.serve_get(request).await
    }

    async fn list_implementations(
        &self,
        request: Request<api::ListImplementationsRequest>,
    ) -> Result<Response<api::ListImplementationsResponse>, Status> {
        self.implementations.serve_list(request).await
    }

    async fn update_implementation(
        &self,
        request: Request<api::UpdateImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let implementation = r.implementation.unwrap_or_default();
        let mut tx = self.begin_tied(&context, &implementation.name).await?;
        let updated = self.implementations.update_in(&mut tx, implementation, r.update_mask).await?;
        tx.commit().await.map_err(Status::from)?;
        reply(Ok(updated))
    }

    async fn delete_implementation(
        &self,
        request: Request<api::DeleteImplementationRequest>,
    ) -> Result<Response<()>, Status> {
        self.implementations.serve_delete(request).await
    }

    async fn design_implementation(
        &self,
        request: Request<api::DesignImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        let more = |context: &Context, new: &mut Implementation| {
            new.designer.clone_from(&context.caller.subject);
            rules::sign(context, new);
        };
        reply(self.step(&context, (&r.name, &r.etag), Step::Design, &r.reason, more).await)
    }

    async fn approve_implementation(
        &self,
        request: Request<api::ApproveImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.approve_design(&context, r).await)
    }

    async fn begin_implementation(
        &self,
        request: Request<api::BeginImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step(&context, (&r.name, &r.etag), Step::Begin, &r.reason, |_, _| {}).await)
    }

    async fn operate_implementation(
        &self,
        request: Request<api::OperateImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        let more = |context: &Context, new: &mut Implementation| {
            // What somebody thought of an operation before is not about this one.
            new.operating_effectiveness = Some(rules::not_judged());
            plan_review(context, new);
        };
        reply(self.step(&context, (&r.name, &r.etag), Step::Operate, &r.reason, more).await)
    }

    async fn review_implementation(
        &self,
        request: Request<api::ReviewImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step(&context, (&r.name, &r.etag), Step::Review, &r.reason, |_, _| {}).await)
    }

    async fn confirm_implementation(
        &self,
        request: Request<api::ConfirmImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step(&context, (&r.name, &r.etag), Step::Confirm, &r.reason, plan_review).await)
    }

    async fn remediate_implementation(
        &self,
        request: Request<api::RemediateImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step(&context, (&r.name, &r.etag), Step::Remediate, &r.reason, |_, _| {}).await)
    }

    async fn retire_implementation(
        &self,
        request: Request<api::RetireImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        let replaced_by = r.replaced_by;
        let more = |_: &Context, new: &mut Implementation| {
            if !replaced_by.is_empty() {
                new.replaced_by = replaced_by;
            }
        };
        reply(self.step(&context, (&r.name, &r.etag), Step::Retire, &r.reason, more).await)
    }

    async fn revise_implementation(
        &self,
        request: Request<api::ReviseImplementationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step(&context, (&r.name, &r.etag), Step::Revise, &r.reason, withdraw).await)
    }

    async fn judge_implementation_design(
        &self,
        request: Request<api::JudgeImplementationDesignRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.judge_design(&context, r).await)
    }

    async fn judge_implementation_operation(
        &self,
        request: Request<api::JudgeImplementationOperationRequest>,
    ) -> Result<Response<Implementation>, Status> {
        let (context, r) = open(request)?;
        reply(self.judge_operation(&context, r).await)
    }
}
