//! Risks: scenarios on assets, services and selectors, scored, treated and accepted (ITU-T X.1055; ISO/IEC 27005).
//!
//! Where each move leads and what it needs is the table in `risk/lifecycle.rs`. A risk is scored whenever it is written (`risk/rules.rs`), by what its
//! projections know; what happens elsewhere arrives by the feeds (`reactions.rs`) and scores it anew, with the reason. An acceptance is bound to what
//! was decided (`risk/accept.rs`); where that changes, or the current level comes above the appetite by itself, the risk is REOPENED.

mod accept;
mod due;
mod heatmap;
mod known;
mod lifecycle;
mod moves;
mod part;
mod rules;
mod summary;
mod tally;
mod trend;

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Referrer, Side, SideRole, open, reply};
use tonic::{Request, Response, Status};
use wire::risk::v1 as api;
use wire::risk::v1::risk::{Confidence, State};
use wire::risk::v1::risk_service_server::RiskService;
use wire::risk::v1::{Risk, RiskCriteria};

pub(crate) use due::timer;
pub(crate) use lifecycle::LIVING;
pub(crate) use moves::{close_with_asset, criteria_changed, treatments_changed};

use crate::risk_criteria::{AllCriteria, DEFAULT};
use crate::risk_profile::RiskProfiles;
use crate::threat::Threats;
use crate::{Registry, ties};
use lifecycle::Step;
use moves::assessed;
use part::{
    AcceptanceUntil, CurrentConsequence, CurrentLevel, CurrentLikelihood, InherentConsequence, InherentLevel,
    InherentLikelihood, ResidualConsequence, ResidualLevel, ResidualLikelihood,
};

// === The table ===

/// All risks.
pub struct Risks;

impl store::Resource for Risks {
    type Message = Risk;
    const TABLE: &'static str = "risk";
    const COLLECTION: &'static str = "risks";

    fn columns() -> &'static [store::Column<Risk>] {
        store::columns![Risk;
            display_name: text order search, asset: text sparse, service: text sparse, selector: text sparse,
            threat: text sparse, vulnerability: text sparse, criteria: text, profile: text sparse, peril: text, owner: text order, source: text,
            confidence: choice(Confidence), likelihood: integer, next_review_time: time order,
            state: choice(State) order, above_appetite: boolean, asset_value: real, score_time: time,
            inherent_likelihood: part(InherentLikelihood), inherent_consequence: part(InherentConsequence),
            inherent_level: part(InherentLevel), current_likelihood: part(CurrentLikelihood),
            current_consequence: part(CurrentConsequence), current_level: part(CurrentLevel) order,
            residual_likelihood: part(ResidualLikelihood), residual_consequence: part(ResidualConsequence),
            residual_level: part(ResidualLevel), acceptance_until: part(AcceptanceUntil) order,
        ]
    }

    fn sides() -> &'static [Side<Risk>] {
        const SIDES: &[Side<Risk>] = &[
            Side {
                table: "risk_label",
                columns: &["key", "value"],
                unique: None,
                role: SideRole::Map("labels"),
                rows: |risk| risk.labels.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect(),
                same: |one, other| one.labels == other.labels,
            },
            Side {
                table: "risk_implementation",
                columns: &["value"],
                unique: None,
                role: SideRole::Set("implementations"),
                rows: |risk| risk.implementations.iter().map(|link| vec![link.implementation.clone()]).collect(),
                same: |one, other| one.implementations == other.implementations,
            },
        ];
        SIDES
    }

    fn references() -> &'static [Reference<Risk>] {
        store::references![Risk; criteria: AllCriteria, profile: RiskProfiles, threat: Threats]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("treatments", "treatment")] }
    }

    store::head!(Risk; state, state_reason, state_time, asset_value, inherent, current, residual, above_appetite, score_reason, score_time, assessor, authors, acceptance);
}

/// The organization of a parent, entered.
///
/// # Errors
/// `FIELD_INVALID`, `RESOURCE_NOT_FOUND`.
fn organization(context: &Context, parent: &str) -> Outcome<String> {
    let organization = resource::parse_parent(parent)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
    context.enter(&organization, parent)?;
    Ok(organization)
}

impl Registry {
    /// The criteria that are asked for; those that ship for everybody where none are.
    async fn asked_criteria(&self, context: &Context, organization: &str, name: &str) -> Outcome<RiskCriteria> {
        let name = match name {
            "" => format!("organizations/{organization}/riskCriteria/{DEFAULT}"),
            name => name.to_owned(),
        };
        self.risk_criteria.get(context, &name).await
    }
}

// === The API ===

#[tonic::async_trait]
impl RiskService for Registry {
    async fn create_risk(&self, request: Request<api::CreateRiskRequest>) -> Result<Response<Risk>, Status> {
        self.risks.serve_create(request).await
    }

    async fn get_risk(&self, request: Request<api::GetRiskRequest>) -> Result<Response<Risk>, Status> {
        self.risks.serve_get(request).await
    }

    async fn list_risks(
        &self,
        request: Request<api::ListRisksRequest>,
    ) -> Result<Response<api::ListRisksResponse>, Status> {
        self.risks.serve_list(request).await
    }

    async fn update_risk(&self, request: Request<api::UpdateRiskRequest>) -> Result<Response<Risk>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let risk = r.risk.unwrap_or_default();
        let mut tx = ties::begin(&self.database, &context, &risk.name).await?;
        let updated = self.risks.update_in(&mut tx, risk, r.update_mask).await?;
        tx.commit().await?;
        Ok(Response::new(updated))
    }

    async fn delete_risk(&self, request: Request<api::DeleteRiskRequest>) -> Result<Response<()>, Status> {
        self.risks.serve_delete(request).await
    }

    async fn assess_risk(&self, request: Request<api::AssessRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Assess, &r.reason, assessed).await)
    }

    async fn evaluate_risk(&self, request: Request<api::EvaluateRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Evaluate, &r.reason, |_, _| {}).await)
    }

    async fn plan_risk_treatment(
        &self,
        request: Request<api::PlanRiskTreatmentRequest>,
    ) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::PlanTreatment, &r.reason, |_, _| {}).await)
    }

    async fn treat_risk(&self, request: Request<api::TreatRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Treat, &r.reason, |_, _| {}).await)
    }

    async fn assess_risk_residual(
        &self,
        request: Request<api::AssessRiskResidualRequest>,
    ) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::AssessResidual, &r.reason, assessed).await)
    }

    async fn accept_risk(&self, request: Request<api::AcceptRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        let asked = |_: &Context, new: &mut Risk| new.acceptance = Some(accept::asked(&r));
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Accept, &r.comment, asked).await)
    }

    async fn reopen_risk(&self, request: Request<api::ReopenRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Reopen, &r.reason, |_, _| {}).await)
    }

    async fn close_risk(&self, request: Request<api::CloseRiskRequest>) -> Result<Response<Risk>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_risk(&context, (&r.name, &r.etag), Step::Close, &r.reason, |_, _| {}).await)
    }

    async fn heatmap_risks(
        &self,
        request: Request<api::HeatmapRisksRequest>,
    ) -> Result<Response<api::HeatmapRisksResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.draw_heatmap(&context, &r).await)
    }

    async fn summarize_risks(
        &self,
        request: Request<api::SummarizeRisksRequest>,
    ) -> Result<Response<api::SummarizeRisksResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.summarize_register(&context, &r).await)
    }

    async fn trend_risks(
        &self,
        request: Request<api::TrendRisksRequest>,
    ) -> Result<Response<api::TrendRisksResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.trend_of_register(&context, &r).await)
    }
}
