//! Treatments: what is done about a risk (ISO/IEC 27005: modify, retain, avoid, share), each within its risk.
//!
//! What a treatment aims at gives the residual score of its risk, in the same transaction. One that is not done when it is due is flagged once, by the
//! timer.

mod part;
mod rules;

use access::Context;
use deadline::Timer;
use fault::Outcome;
use store::{Move, Reference, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::risk::v1 as api;
use wire::risk::v1::Treatment;
use wire::risk::v1::treatment::{State, TreatmentOption};
use wire::risk::v1::treatment_service_server::TreatmentService;

use crate::risk::Risks;
use crate::{Registry, ties};
use part::{Material, OfRisk};

// === The table ===

/// All treatments.
pub struct Treatments;

impl store::Resource for Treatments {
    type Message = Treatment;
    const TABLE: &'static str = "treatment";
    const COLLECTION: &'static str = "risks/*/treatments";

    fn columns() -> &'static [store::Column<Treatment>] {
        store::columns![Treatment;
            display_name: text order search, option: choice(TreatmentOption), owner: text,
            state: choice(State) order, due_time: time order, overdue: boolean index, target_likelihood: integer,
            target_consequence: integer, risk: part(OfRisk) index, material: part(Material),
        ]
    }

    fn sides() -> &'static [Side<Treatment>] {
        store::sides![Treatment; labels: map "treatment_label", implementations: set "treatment_implementation"]
    }

    fn references() -> &'static [Reference<Treatment>] {
        store::references![Treatment; name(parent): Risks]
    }

    store::head!(Treatment; state, state_reason, state_time, overdue, security_return);
}

/// The timer, with what is due for treatments.
pub(crate) fn timer(timer: Timer) -> Timer {
    rules::timer(timer)
}

store::life!(Treatments; State, "treatment");

const BEGIN: Move<State> = Move::new(&[State::Planned], State::InProgress, "begun");
const COMPLETE: Move<State> = Move::new(&[State::InProgress], State::Done, "completed");
const CANCEL: Move<State> = Move::new(&[State::Planned, State::InProgress], State::Cancelled, "cancelled");

impl Registry {
    /// Moves a treatment from one of some states into another.
    async fn step_treatment(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        by: &Move<State>,
        reason: &str,
    ) -> Outcome<Treatment> {
        let mut tx = ties::begin(&self.database, context, name).await?;
        let moved = self.treatments.step_in(&mut tx, (name, etag), by, reason).await?;
        tx.commit().await?;
        Ok(moved)
    }
}

// === The API ===

#[tonic::async_trait]
impl TreatmentService for Registry {
    async fn create_treatment(
        &self,
        request: Request<api::CreateTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        self.treatments.serve_create(request).await
    }

    async fn get_treatment(&self, request: Request<api::GetTreatmentRequest>) -> Result<Response<Treatment>, Status> {
        self.treatments.serve_get(request).await
    }

    async fn list_treatments(
        &self,
        request: Request<api::ListTreatmentsRequest>,
    ) -> Result<Response<api::ListTreatmentsResponse>, Status> {
        self.treatments.serve_list(request).await
    }

    async fn update_treatment(
        &self,
        request: Request<api::UpdateTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let treatment = r.treatment.unwrap_or_default();
        let mut tx = ties::begin(&self.database, &context, &treatment.name).await?;
        let updated = self.treatments.update_in(&mut tx, treatment, r.update_mask).await?;
        tx.commit().await?;
        Ok(Response::new(updated))
    }

    async fn delete_treatment(&self, request: Request<api::DeleteTreatmentRequest>) -> Result<Response<()>, Status> {
        self.treatments.serve_delete(request).await
    }

    async fn begin_treatment(
        &self,
        request: Request<api::BeginTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_treatment(&context, (&r.name, &r.etag), &BEGIN, &r.reason).await)
    }

    async fn complete_treatment(
        &self,
        request: Request<api::CompleteTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_treatment(&context, (&r.name, &r.etag), &COMPLETE, &r.reason).await)
    }

    async fn cancel_treatment(
        &self,
        request: Request<api::CancelTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_treatment(&context, (&r.name, &r.etag), &CANCEL, &r.reason).await)
    }
}
