//! Surveys: what each import run did (ITU-T X.1057 clause 7.2, survey by import), and what people decide about what it found
//! and what it missed.

pub(crate) mod found;
mod keeper;
pub(crate) mod run;
pub(crate) mod sweep;
pub(crate) mod unlisted;

use std::sync::Arc;

use access::Context;
use fault::Outcome;
use store::{Rules, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::survey::State;
use wire::assets::v1::survey_service_server::SurveyService;
use wire::assets::v1::{
    CancelSurveyRequest, GetSurveyRequest, ListSurveysRequest, ListSurveysResponse, ResolveUnlistedRequest,
    ResolveUnlistedResponse, ReviewFoundAssetsRequest, ReviewFoundAssetsResponse, Survey,
};

use crate::Registry;
use run::Running;

// === The table ===

/// All surveys.
pub struct Surveys;

impl store::Resource for Surveys {
    type Message = Survey;
    const TABLE: &'static str = "survey";
    const COLLECTION: &'static str = "surveys";

    fn columns() -> &'static [store::Column<Survey>] {
        store::columns![Survey;
            source: text order, importer: text, state: choice(State) order, start_time: time order, end_time: time,
            full: boolean,
        ]
    }

    store::head!(Survey; source, importer, state, start_time, end_time, alive_time, full, atomic, accept_states, resumed,
        counts, by_kind, unlisted_assets, found_assets, revalued_assets, quarantined, not_quarantined, committed, canceller,
        cut_reason, cut_message, resume_token);
}

// === The rules ===

/// Nobody writes a survey but the import it records; what moves it is in `run.rs` and `sweep.rs`.
impl Rules for Surveys {
    type Needs = ();
}

/// Stops a run: RUNNING to CANCELLED.
fn cancel(context: &Context, old: &Survey, new: &mut Survey) -> Outcome<()> {
    if old.state() == State::Cancelled {
        return Ok(());
    }
    in_state("survey", old.state(), &[State::Running], "cancelled")?;
    new.set_state(State::Cancelled);
    new.canceller.clone_from(&context.caller.subject);
    Ok(())
}

// === The API ===

/// Serves surveys; knows the imports that run here.
pub(crate) struct SurveyApi {
    pub(crate) registry: Arc<Registry>,
    pub(crate) running: Arc<Running>,
}

impl SurveyApi {
    async fn cancel(&self, context: &Context, name: &str) -> Outcome<Survey> {
        let surveys = &self.registry.surveys;
        // May the caller, is there one, does it run: all asked before the import hears of it.
        let survey = surveys.get(context, name).await?;
        cancel(context, &survey, &mut survey.clone())?;
        // An import in one transaction keeps an embedded database to itself, so the row can be written only when it has
        // stopped: it must hear of it first.
        self.running.cancel(name, &context.caller.subject);
        surveys.change(context, name, "", cancel).await
    }
}

#[tonic::async_trait]
impl SurveyService for SurveyApi {
    async fn get_survey(&self, request: Request<GetSurveyRequest>) -> Result<Response<Survey>, Status> {
        self.registry.surveys.serve_get(request).await
    }

    async fn list_surveys(
        &self,
        request: Request<ListSurveysRequest>,
    ) -> Result<Response<ListSurveysResponse>, Status> {
        self.registry.surveys.serve_list(request).await
    }

    async fn cancel_survey(&self, request: Request<CancelSurveyRequest>) -> Result<Response<Survey>, Status> {
        let (context, r) = open(request)?;
        reply(self.cancel(&context, &r.name).await)
    }

    async fn review_found_assets(
        &self,
        request: Request<ReviewFoundAssetsRequest>,
    ) -> Result<Response<ReviewFoundAssetsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(found::review(&self.registry, &context, &r).await)
    }

    async fn resolve_unlisted(
        &self,
        request: Request<ResolveUnlistedRequest>,
    ) -> Result<Response<ResolveUnlistedResponse>, Status> {
        let (context, r) = open(request)?;
        reply(unlisted::resolve(&self.registry, &context, &r).await)
    }
}
