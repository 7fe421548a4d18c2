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
mod moves;
mod part;
mod rules;

use access::Context;
use store::{Reference, Referrer, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::controls::v1 as api;
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::State;
use wire::controls::v1::implementation_service_server::ImplementationService;

pub(crate) use due::timer;
pub(crate) use lifecycle::LIVING;
pub(crate) use moves::follow_tests;
pub use moves::lapse;

use crate::Registry;
use crate::control::Controls;
use crate::scope::Scopes;
use lifecycle::Step;
use moves::{plan_review, withdraw};
use part::{OfDesign, OfOperation, Score};

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
            Referrer {
                what: "evidence",
                table: "evidence_implementation",
                column: "value",
                filter: "implementations:",
                by_id: false,
            },
            Referrer {
                what: "exceptions",
                table: "exception",
                column: "implementation",
                filter: "implementation=",
                by_id: false,
            },
        ];
        REFERRERS
    }

    store::head!(Implementation; state, state_reason, state_time, designer, authors, approval, design_effectiveness, operating_effectiveness, effectiveness);
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
