//! Cases (ITU-T X.1056, triage): the few things that many signals are about.
//!
//! Correlation opens them as signals come in (`signal/place.rs`), and what they are follows from their signals and from the registry of assets
//! (`case/tally.rs`, `case/settle.rs`, `case/priority.rs`). They leave the queue by a decision (`case/moves.rs`): one becomes an incident, belongs to one, is
//! part of another case, or is nothing.

mod class;
mod moves;
mod priority;
mod settle;
mod tally;

use fault::Outcome;
use store::{Move, Rules, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::incidents::v1 as api;
use wire::incidents::v1::case::State;
use wire::incidents::v1::case_service_server::CaseService;
use wire::incidents::v1::signal::Severity;
use wire::incidents::v1::{Case, Incident};

use crate::Registry;

pub(crate) use settle::{decisions, settle};
pub(crate) use tally::Tallies;

// === The table ===

/// All cases.
pub struct Cases;

impl store::Resource for Cases {
    type Message = Case;
    const TABLE: &'static str = "signal_case";
    const COLLECTION: &'static str = "cases";

    fn columns() -> &'static [store::Column<Case>] {
        store::columns![Case;
            display_name: text search, state: choice(State) order, root_asset: text sparse, site: text, severity: choice(Severity), security: boolean,
            priority: integer order, asset_grade: integer, asset_value: real, users_behind: integer, signal_count: integer order, raised_count: integer,
            first_signal_time: time, last_signal_time: time order, clear_time: time, incident: text sparse, merged_into: text sparse,
            incident_class: text,
        ]
    }

    fn sides() -> &'static [Side<Case>] {
        store::sides![Case; assets: set "signal_case_asset"]
    }

    store::head!(Case;
        display_name, state, state_reason, state_time, root, root_asset, site, severity, security, priority, priority_reason, asset_grade, asset_value, users_behind,
        signal_count, raised_count, first_signal_time, last_signal_time, clear_time, assets, incident, merged_into, incident_class, class_reason,
    );
}

store::life!(Cases; State, "case");

impl Rules for Cases {
    type Needs = ();
}

// === The moves ===

const PROMOTE: Move<State> = Move::new(&[State::Open], State::Promoted, "made an incident");
const ATTACH: Move<State> = Move::new(&[State::Open], State::Attached, "attached to an incident");
const DISMISS: Move<State> = Move::new(&[State::Open], State::Dismissed, "dismissed");
const MERGE: Move<State> = Move::new(&[State::Open], State::Merged, "made part of another");

/// The states in which a case goes on taking signals up.
const LIVING: [State; 3] = [State::Open, State::Promoted, State::Attached];

/// The name of a case by its number.
pub(crate) fn name_of(organization: &str, number: i64) -> String {
    format!("organizations/{organization}/cases/{number}")
}

/// The number of a case, which its name ends with.
fn number(name: &str) -> Outcome<i64> {
    crate::id_of(name).parse().map_err(|_| fault::Fault::not_found(name))
}

// === The API ===

#[tonic::async_trait]
impl CaseService for Registry {
    async fn get_case(&self, request: Request<api::GetCaseRequest>) -> Result<Response<Case>, Status> {
        self.cases.serve_get(request).await
    }

    async fn list_cases(
        &self,
        request: Request<api::ListCasesRequest>,
    ) -> Result<Response<api::ListCasesResponse>, Status> {
        self.cases.serve_list(request).await
    }

    async fn promote_case(&self, request: Request<api::PromoteCaseRequest>) -> Result<Response<Incident>, Status> {
        let (context, r) = open(request)?;
        reply(self.promote(&context, &r).await)
    }

    async fn attach_case(&self, request: Request<api::AttachCaseRequest>) -> Result<Response<Case>, Status> {
        let (context, r) = open(request)?;
        reply(self.attach(&context, &r).await)
    }

    async fn dismiss_case(&self, request: Request<api::DismissCaseRequest>) -> Result<Response<Case>, Status> {
        let (context, r) = open(request)?;
        reply(self.dismiss(&context, &r).await)
    }

    async fn merge_case(&self, request: Request<api::MergeCaseRequest>) -> Result<Response<Case>, Status> {
        let (context, r) = open(request)?;
        reply(self.merge(&context, &r).await)
    }
}
