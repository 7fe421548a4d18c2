//! Incidents (ITU-T X.1056, processes 4 and 5; E.409): what went wrong, from the first report to the lesson.
//!
//! One moves by methods of its own along its life, forward only but for a reopening; each move stands in its timeline, in the same transaction. How grave it is
//! follows from answers (`incident/classification.rs`) or from a decision with a reason. When it happened is evidence once it is declared. Reading needs
//! `readRestricted`.

mod classification;
mod measure;
mod moves;
mod rules;

use access::Context;
use fault::Fault;
use store::{Move, Referrer, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::incidents::v1 as api;
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{Cause, Domain, Known, Level, State, TrafficLight};
use wire::incidents::v1::incident_service_server::IncidentService;

use crate::Registry;
use moves::Said;

// === The table ===

/// All incidents.
pub struct Incidents;

impl store::Resource for Incidents {
    type Message = Incident;
    const TABLE: &'static str = "incident";
    const COLLECTION: &'static str = "incidents";

    fn columns() -> &'static [store::Column<Incident>] {
        store::columns![Incident;
            display_name: text order search, state: choice(State) order, level: choice(Level), level_rank: integer order, domain: choice(Domain),
            incident_class: text, telecom_class: text, traffic_light: choice(TrafficLight), source: text, owner: text, handler: text,
            cause: choice(Cause), personal_data_breach: choice(Known), merged_into: text, open: boolean index,
            detect_time: time order, close_time: time order, users_affected: integer order,
        ]
    }

    fn sides() -> &'static [Side<Incident>] {
        store::sides![Incident; labels: map "incident_label", assets: set "incident_asset"]
    }

    fn referrers() -> &'static [Referrer] {
        const {
            &[
                Referrer::within("timeline entries", "timeline_entry"),
                Referrer::within("lessons", "lesson"),
                Referrer::within("obligations", "obligation"),
                Referrer::within("evidence items", "evidence_item"),
            ]
        }
    }

    store::head!(Incident;
        state, state_reason, state_time, triage_time, declare_time, contain_time, recover_time, close_time, level, original_level, level_rank, domain,
        answers, level_changes, time_corrections, users_affected, merged_into, no_lesson_reason, open, signal_count, source, source_id, source_record, classification_reason,
    );
}

store::life!(Incidents; State, "incident");

// === The moves ===

const TRIAGE: Move<State> = Move::new(&[State::Reported], State::Triaged, "triaged");
const DECLARE: Move<State> = Move::new(&[State::Reported, State::Triaged], State::Declared, "declared");
const ASSIGN: Move<State> = Move::new(&[State::Declared], State::Assigned, "assigned");
const ANALYSE: Move<State> = Move::new(
    &[State::Assigned, State::Containing, State::Eradicating, State::Recovering, State::Monitoring],
    State::Analysing,
    "analysed",
);
const CONTAIN: Move<State> = Move::new(&[State::Assigned, State::Analysing], State::Containing, "contained");
const ERADICATE: Move<State> = Move::new(&[State::Analysing, State::Containing], State::Eradicating, "eradicated");
const RECOVER: Move<State> =
    Move::new(&[State::Analysing, State::Containing, State::Eradicating], State::Recovering, "recovered from");
const MONITOR: Move<State> = Move::new(&[State::Recovering], State::Monitoring, "watched");
const CLOSE: Move<State> = Move::new(&[State::Recovering, State::Monitoring], State::Closed, "closed");
const REVIEW: Move<State> = Move::new(&[State::Closed], State::Reviewed, "reviewed");
const REOPEN: Move<State> = Move::new(&[State::Closed, State::Reviewed], State::Analysing, "reopened");
const DISMISS: Move<State> = Move::new(&[State::Reported, State::Triaged], State::Dismissed, "dismissed");
const MERGE: Move<State> = Move::new(&[State::Reported, State::Triaged], State::Merged, "merged into another");

/// Answers a method that moves an incident; what it says beside the reason is the last argument.
macro_rules! moved {
    ($registry:expr, $request:expr, $by:expr) => { moved!($registry, $request, $by, _r => Said::default()) };
    ($registry:expr, $request:expr, $by:expr, $r:ident => $said:expr) => {{
        let (context, r) = open($request)?;
        let $r = &r;
        reply($registry.move_incident(&context, (&r.name, &r.etag), &$by, &r.reason, $said).await)
    }};
}

// === The API ===

#[tonic::async_trait]
impl IncidentService for Registry {
    async fn create_incident(
        &self,
        request: Request<api::CreateIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        self.incidents.serve_create(request).await
    }

    async fn get_incident(&self, request: Request<api::GetIncidentRequest>) -> Result<Response<Incident>, Status> {
        self.incidents.serve_get(request).await
    }

    async fn list_incidents(
        &self,
        request: Request<api::ListIncidentsRequest>,
    ) -> Result<Response<api::ListIncidentsResponse>, Status> {
        self.incidents.serve_list(request).await
    }

    async fn update_incident(
        &self,
        request: Request<api::UpdateIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        self.incidents.serve_update(request).await
    }

    async fn delete_incident(&self, request: Request<api::DeleteIncidentRequest>) -> Result<Response<()>, Status> {
        self.incidents.serve_delete(request).await
    }

    async fn classify_incident(
        &self,
        request: Request<api::ClassifyIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Incident, new: &mut Incident| {
            classification::classify(context, old, new, &r.answers, &r.reason)
        };
        reply(self.incidents.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn describe_classification(
        &self,
        request: Request<api::DescribeClassificationRequest>,
    ) -> Result<Response<api::DescribeClassificationResponse>, Status> {
        let (context, r) = open(request)?;
        store::enter(&context, &r.parent, "parent")?;
        reply(classification::describe())
    }

    async fn measure_outages(
        &self,
        request: Request<api::MeasureOutagesRequest>,
    ) -> Result<Response<api::MeasureOutagesResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.measured(&context, &r.name).await)
    }

    async fn change_incident_level(
        &self,
        request: Request<api::ChangeIncidentLevelRequest>,
    ) -> Result<Response<Incident>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Incident, new: &mut Incident| {
            classification::change_level(context, old, new, r.level(), &r.reason)
        };
        reply(self.incidents.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn correct_incident_times(
        &self,
        request: Request<api::CorrectIncidentTimesRequest>,
    ) -> Result<Response<Incident>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Incident, new: &mut Incident| {
            rules::correct_times(context, old, new, &r);
            Ok(())
        };
        reply(self.incidents.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn triage_incident(
        &self,
        request: Request<api::TriageIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, TRIAGE)
    }

    async fn declare_incident(
        &self,
        request: Request<api::DeclareIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, DECLARE)
    }

    async fn assign_incident(
        &self,
        request: Request<api::AssignIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, ASSIGN, r => Said { owner: &r.owner, handler: &r.handler, ..Said::default() })
    }

    async fn analyse_incident(
        &self,
        request: Request<api::AnalyseIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, ANALYSE)
    }

    async fn contain_incident(
        &self,
        request: Request<api::ContainIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, CONTAIN)
    }

    async fn eradicate_incident(
        &self,
        request: Request<api::EradicateIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, ERADICATE, r => Said { since: r.effective_time.as_ref(), ..Said::default() })
    }

    async fn recover_incident(
        &self,
        request: Request<api::RecoverIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, RECOVER, r => Said { since: r.effective_time.as_ref(), ..Said::default() })
    }

    async fn monitor_incident(
        &self,
        request: Request<api::MonitorIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, MONITOR, r => Said { since: r.effective_time.as_ref(), ..Said::default() })
    }

    async fn close_incident(&self, request: Request<api::CloseIncidentRequest>) -> Result<Response<Incident>, Status> {
        moved!(self, request, CLOSE, r => Said {
            since: r.effective_time.as_ref(), no_lesson_reason: &r.no_lesson_reason, ..Said::default()
        })
    }

    async fn review_incident(
        &self,
        request: Request<api::ReviewIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, REVIEW)
    }

    async fn reopen_incident(
        &self,
        request: Request<api::ReopenIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, REOPEN)
    }

    async fn dismiss_incident(
        &self,
        request: Request<api::DismissIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        moved!(self, request, DISMISS)
    }

    async fn merge_incident(&self, request: Request<api::MergeIncidentRequest>) -> Result<Response<Incident>, Status> {
        let (context, r) = open(request)?;
        reply(self.merge_into(&context, &r).await)
    }
}

/// The one thing that has no level yet and is asked for more.
fn unclassified(incident: &Incident, done: &str) -> Box<Fault> {
    let message = format!("it has no level of E.409 yet and cannot be {done}: classify it first");
    Fault::precondition(api::ErrorReason::IncidentNotClassified, message).with("incident", &incident.name)
}

pub(crate) use moves::add_assets;
pub(crate) use rules::{instant, outages};

/// Refuses to add to an incident that is over or none.
///
/// # Errors
/// `STATE_FORBIDS`.
pub(crate) fn takes_up(incident: &Incident) -> fault::Outcome<()> {
    store::in_state("incident", incident.state(), &moves::OPEN, "given signals")
}

/// Whether it is neither over nor none.
fn is_open(state: State) -> bool {
    !matches!(state, State::Closed | State::Reviewed | State::Dismissed | State::Merged)
}

/// Whether a level ends with a lesson (X.1056: what is learnt goes into preparing and protecting).
fn needs_lesson(level: Level) -> bool {
    matches!(level, Level::SecurityIncident | Level::Crisis)
}
