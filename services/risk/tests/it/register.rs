//! What the tests of the register have in common: an estate, a risk, its way through the states.

use std::sync::Arc;
use std::time::Duration;

use access::{Clock as _, ManualClock, SystemClock};
use testkit::Bench;
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::risk::{Consequences, ControlLink, State};
use wire::risk::v1::risk_criteria_service_client::RiskCriteriaServiceClient;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::treatment::TreatmentOption;
use wire::risk::v1::treatment_service_client::TreatmentServiceClient;
use wire::risk::v1::{Risk, Treatment};

use crate::source::Source;

pub(crate) const PARENT: &str = "organizations/acme";
pub(crate) const DAY: i64 = 86_400_000_000;

pub(crate) fn named(collection: &str, id: &str) -> String {
    format!("{PARENT}/{collection}/{id}")
}

pub(crate) fn risks(bench: &Bench, subject: &str, roles: &[&str]) -> RiskServiceClient<testkit::Client> {
    RiskServiceClient::new(bench.client(subject, &["acme"], roles))
}

pub(crate) fn managed(bench: &Bench) -> RiskServiceClient<testkit::Client> {
    risks(bench, "mia", &["risk-manager"])
}

pub(crate) fn treatments(bench: &Bench) -> TreatmentServiceClient<testkit::Client> {
    TreatmentServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

pub(crate) fn criteria(bench: &Bench) -> RiskCriteriaServiceClient<testkit::Client> {
    RiskCriteriaServiceClient::new(bench.client("mia", &["acme"], &["administrator"]))
}

/// The service by a clock that is turned by hand, from now on, with the estate of [`estate`].
pub(crate) async fn manual(postgres: Option<&str>) -> (Bench, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres).await;
    estate(&bench).await;
    (bench, clock)
}

/// The assets `amf` and `voice` of the value 7, and the selector `core` of `amf` and `smf`, which is worth 4.
pub(crate) async fn estate(bench: &Bench) -> (Source, feed::Running) {
    let assets = Source::new("assets");
    for (id, value) in [("amf", 7.0), ("smf", 4.0), ("voice", 7.0)] {
        assets.asset(id, None, Some(value));
    }
    assets.selector("core");
    for id in ["amf", "smf"] {
        assets.member("core", id, true);
    }
    let running = assets.follow(&bench.database).await;
    (assets, running)
}

/// A risk to `amf`: very likely and critical, which is high.
pub(crate) fn signalling() -> Risk {
    Risk {
        display_name: "Signalling storm".to_owned(),
        asset: named("assets", "amf"),
        likelihood: 4,
        consequences: Some(Consequences { availability: 4, finance: 2, ..Default::default() }),
        ..Risk::default()
    }
}

pub(crate) fn link(id: &str, likelihood_steps: i32, consequence_steps: i32) -> ControlLink {
    ControlLink { implementation: named("implementations", id), likelihood_steps, consequence_steps }
}

pub(crate) async fn create(bench: &Bench, id: &str, risk: Risk) -> Result<Risk, Status> {
    let request = api::CreateRiskRequest { parent: PARENT.to_owned(), risk_id: id.to_owned(), risk: Some(risk) };
    managed(bench).create_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn get(bench: &Bench, id: &str) -> Risk {
    managed(bench).get_risk(api::GetRiskRequest { name: named("risks", id) }).await.unwrap().into_inner()
}

pub(crate) async fn update(bench: &Bench, id: &str, risk: Risk, paths: &[&str]) -> Result<Risk, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let risk = Risk { name: named("risks", id), etag: String::new(), ..risk };
    let request = api::UpdateRiskRequest { risk: Some(risk), update_mask: Some(prost_types::FieldMask { paths }) };
    managed(bench).update_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn assess(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let request = api::AssessRiskRequest { name: named("risks", id), ..Default::default() };
    managed(bench).assess_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn evaluate(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let request = api::EvaluateRiskRequest { name: named("risks", id), ..Default::default() };
    managed(bench).evaluate_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn plan(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let request = api::PlanRiskTreatmentRequest { name: named("risks", id), ..Default::default() };
    managed(bench).plan_risk_treatment(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn treat(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let request = api::TreatRiskRequest { name: named("risks", id), ..Default::default() };
    managed(bench).treat_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn assess_residual(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let request = api::AssessRiskResidualRequest { name: named("risks", id), ..Default::default() };
    managed(bench).assess_risk_residual(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn reopen(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let (name, reason) = (named("risks", id), "new facts".to_owned());
    let request = api::ReopenRiskRequest { name, reason, ..Default::default() };
    managed(bench).reopen_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn close(bench: &Bench, id: &str) -> Result<Risk, Status> {
    let (name, reason) = (named("risks", id), "sold".to_owned());
    let request = api::CloseRiskRequest { name, reason, ..Default::default() };
    managed(bench).close_risk(request).await.map(tonic::Response::into_inner)
}

/// Accepts as a subject with roles, until a time.
pub(crate) async fn accept(bench: &Bench, id: &str, (subject, role): (&str, &str), until: i64) -> Result<Risk, Status> {
    let request = api::AcceptRiskRequest {
        name: named("risks", id),
        until: store::timestamp(until),
        conditions: "the storm filter stays on".to_owned(),
        comment: "we can bear it".to_owned(),
        ..Default::default()
    };
    risks(bench, subject, &[role]).accept_risk(request).await.map(tonic::Response::into_inner)
}

pub(crate) fn treatment(option: TreatmentOption, target: (i32, i32)) -> Treatment {
    Treatment {
        display_name: "Storm filter".to_owned(),
        option: option.into(),
        target_likelihood: target.0,
        target_consequence: target.1,
        ..Treatment::default()
    }
}

pub(crate) async fn add(bench: &Bench, risk: &str, id: &str, treatment: Treatment) -> Result<Treatment, Status> {
    let request = api::CreateTreatmentRequest {
        parent: named("risks", risk),
        treatment_id: id.to_owned(),
        treatment: Some(treatment),
    };
    treatments(bench).create_treatment(request).await.map(tonic::Response::into_inner)
}

/// A risk as far as a state.
pub(crate) async fn bring(bench: &Bench, id: &str, risk: Risk, to: State, until: i64) -> Risk {
    let mut at = create(bench, id, risk).await.unwrap();
    if to == State::Identified {
        return at;
    }
    add(bench, id, "t", treatment(TreatmentOption::Modify, (2, 0))).await.unwrap();
    for state in [
        State::Analysed,
        State::Evaluated,
        State::TreatmentPlanned,
        State::Treating,
        State::ResidualAssessed,
        State::Accepted,
    ] {
        at = match state {
            State::Analysed => assess(bench, id).await,
            State::Evaluated => evaluate(bench, id).await,
            State::TreatmentPlanned => plan(bench, id).await,
            State::Treating => treat(bench, id).await,
            State::ResidualAssessed => assess_residual(bench, id).await,
            _ => accept(bench, id, ("ada", "administrator"), until).await,
        }
        .unwrap();
        assert_eq!(at.state(), state);
        if state == to {
            break;
        }
    }
    at
}

/// How many changes of a resource the ledger has by a method.
pub(crate) async fn changes(bench: &Bench, resource: &str, method: &str) -> i64 {
    let mut sql = bench.database.sql("SELECT COUNT(*) FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(method);
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Waits until something holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what} within 20 s");
}

/// What a score comes to: likelihood, consequence, level.
pub(crate) fn came_to(score: Option<&api::risk::Score>) -> (i32, i32, i32) {
    score.map(|score| (score.likelihood, score.consequence, score.level)).unwrap()
}

/// The counts that are kept are those of the table.
pub(crate) async fn counts_hold(bench: &Bench) {
    for view in ["inherent", "current", "residual"] {
        let cell = format!("criteria, state, {view}_likelihood, {view}_consequence, {view}_level, above_appetite");
        let counted = format!("SELECT {cell}, COUNT(*) FROM risk GROUP BY {cell} ORDER BY {cell}");
        let kept = format!(
            "SELECT criteria, state, likelihood, consequence, level, above, count FROM risk_tally WHERE count <> 0 \
             AND view = '{}' ORDER BY criteria, state, likelihood, consequence, level, above",
            view.to_uppercase()
        );
        let mut found = Vec::new();
        for sql in [counted, kept] {
            let rows = bench.database.rows(bench.database.sql(sql)).await.unwrap();
            let read = |row: &sea_orm::QueryResult| {
                let text = |at: usize| row.try_get_by_index::<String>(at).unwrap();
                let numbers: Vec<i64> = (2..7).map(|at| row.try_get_by_index(at).unwrap()).collect();
                (text(0), text(1), numbers)
            };
            found.push(rows.iter().map(read).collect::<Vec<_>>());
        }
        assert_eq!(found.first(), found.last(), "{view}");
    }
}
