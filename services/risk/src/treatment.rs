//! Treatments: what is done about a risk (ISO/IEC 27005: modify, retain, avoid, share), each within its risk.
//!
//! What a treatment aims at gives the residual score of its risk, in the same transaction. One that is not done when it is due is flagged once, by the
//! timer.

mod part;
mod rules;

use access::Context;
use deadline::Timer;
use fault::{Fault, Outcome};
use store::{Reference, Resource as _, Side, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
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

/// Brings a treatment into a state. `now` is in microseconds since 1970.
fn enter(new: &mut Treatment, to: State, reason: &str, now: i64) {
    new.set_state(to);
    reason.clone_into(&mut new.state_reason);
    new.state_time = store::timestamp(now);
}

impl Registry {
    /// Creates a treatment. Its rules look at its risk, so that it has its name before.
    async fn create_within(&self, context: &Context, r: api::CreateTreatmentRequest) -> Outcome<Treatment> {
        let parent = resource::parse_parent_of(&r.parent, Treatments::COLLECTION, false)
            .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
        let id = if r.treatment_id.is_empty() { context.clock.id() } else { r.treatment_id };
        if !resource::valid_id(&id) {
            let wrong = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(House::FieldInvalid, wrong).on("treatment_id"));
        }
        let mut treatment = r.treatment.unwrap_or_default();
        Treatments::clear_output(&mut treatment);
        treatment.name = format!("{}/treatments/{id}", r.parent);
        let within = parent.within.unwrap_or_default();
        let mut tx = ties::begin(&self.database, context, &r.parent).await?;
        let drafts = vec![(format!("{within}/{id}"), treatment)];
        let made = self.treatments.create_in(&mut tx, &parent.organization, drafts).await?;
        tx.commit().await?;
        made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
    }

    /// Moves a treatment from one of some states into another.
    async fn step_treatment(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        (from, to, done): (&[State], State, &str),
        reason: &str,
    ) -> Outcome<Treatment> {
        let mut tx = ties::begin(&self.database, context, name).await?;
        let rule = |context: &Context, old: &Treatment, new: &mut Treatment| {
            in_state("treatment", old.state(), from, done)?;
            enter(new, to, reason, context.clock.now());
            Ok(())
        };
        let moved = self.treatments.change_in(&mut tx, name, etag, rule).await?;
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
        let (context, r) = open(request)?;
        reply(self.create_within(&context, r).await)
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
        let step = (&[State::Planned][..], State::InProgress, "begun");
        reply(self.step_treatment(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn complete_treatment(
        &self,
        request: Request<api::CompleteTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::InProgress][..], State::Done, "completed");
        reply(self.step_treatment(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn cancel_treatment(
        &self,
        request: Request<api::CancelTreatmentRequest>,
    ) -> Result<Response<Treatment>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Planned, State::InProgress][..], State::Cancelled, "cancelled");
        reply(self.step_treatment(&context, (&r.name, &r.etag), step, &r.reason).await)
    }
}
