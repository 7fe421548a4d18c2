//! Quantifications as their callers see them: what is refused, how far one is, that it ends whole or not at all.

use std::sync::Arc;

use access::{Clock as _, ManualClock};
use testkit::{Bench, reason};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::risk::v1 as api;
use wire::risk::v1::Quantification;
use wire::risk::v1::quantification::State;
use wire::risk::v1::quantification_service_client::QuantificationServiceClient;

use crate::on_every_database;
use crate::register::{PARENT, changes, create as create_risk, manual, named, signalling, until};

/// Two events a year of 100,000 or 300,000, of which a policy takes what is between 50,000 and 200,000.
const INSURED: &str = "\
scenarios:
  - id: ransomware
    frequency: {distribution: poisson, rate: 2}
    severity: {distribution: discrete, values: [100000, 300000], weights: [0.5, 0.5]}
    policy: {excess: 50000, limit: 150000}
";

/// So many events a year that a run of many years takes its time.
const LONG: &str = "\
scenarios:
  - id: flood
    frequency: {distribution: poisson, rate: 200}
    severity: {distribution: lognormal, p05: 50000, p95: 2000000}
";

fn client(bench: &Bench) -> QuantificationServiceClient<testkit::Client> {
    QuantificationServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

async fn begin(bench: &Bench, id: &str, model: &str, years: i64) -> Result<Quantification, Status> {
    let request = api::CreateQuantificationRequest {
        parent: PARENT.to_owned(),
        quantification_id: id.to_owned(),
        quantification: Some(Quantification { model: model.to_owned(), years, seed: 7, ..Default::default() }),
    };
    client(bench).create_quantification(request).await.map(tonic::Response::into_inner)
}

async fn get(bench: &Bench, name: &str) -> Quantification {
    let request = api::GetQuantificationRequest { name: name.to_owned() };
    client(bench).get_quantification(request).await.unwrap().into_inner()
}

async fn cancel(bench: &Bench, name: &str) -> Result<Quantification, Status> {
    let request =
        api::CancelQuantificationRequest { name: name.to_owned(), reason: "no need".to_owned(), ..Default::default() };
    client(bench).cancel_quantification(request).await.map(tonic::Response::into_inner)
}

async fn is(bench: &Bench, name: &str, state: State) {
    until(&format!("{name} is {}", state.as_str_name()), async || get(bench, name).await.state() == state).await;
}

/// What the engine itself makes of it.
fn simulated(model: &str, years: u64) -> quantify::Outcome {
    let model = quantify::Model::from_yaml(model).unwrap();
    let settings = quantify::Settings { years, seed: 7, ..Default::default() };
    quantify::run(&model, &settings, &quantify::Watch::new()).unwrap()
}

on_every_database! {
    async fn a_quantification_gives_the_figures_of_the_engine(bench) {
        let begun = begin(&bench, "insured", INSURED, 20_000).await.unwrap();
        assert_eq!((begun.state(), begun.requester.as_str(), begun.total_years), (State::Queued, "mia", 20_000));
        is(&bench, &begun.name, State::Done).await;
        let done = get(&bench, &begun.name).await;
        let expected = simulated(INSURED, 20_000);
        let losses = done.portfolio.unwrap();
        assert_eq!(losses.gross.unwrap().mean.to_bits(), expected.portfolio.losses.gross.mean.to_bits());
        let (retained, transferred) = (losses.retained.unwrap(), losses.transferred.unwrap());
        // Of 100,000 the policy pays 50,000 and of 300,000 it pays 150,000, the most; two events a year, one of each: 200,000 both ways.
        assert!((retained.mean - 200_000.0).abs() < 5.0 * retained.mean_error, "{retained:?}");
        assert!((transferred.mean - 200_000.0).abs() < 5.0 * transferred.mean_error, "{transferred:?}");
        assert_eq!((done.expected_loss.to_bits(), done.tail_loss.to_bits()), (retained.mean.to_bits(), retained.tvar99.to_bits()));
        assert_eq!((done.done_years, done.scenarios.len(), done.engine_version.is_empty()), (20_000, 1, false));
        // And again, to the last digit.
        let again = begin(&bench, "again", INSURED, 20_000).await.unwrap();
        is(&bench, &again.name, State::Done).await;
        assert_eq!(get(&bench, &again.name).await.outcome, done.outcome);
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn everything_wrong_with_a_model_is_said_at_once_by_its_field(bench) {
        let wrong = INSURED.replace("rate: 2", "rate: -1").replace("[0.5, 0.5]", "[0.5, .nan]");
        let refused = begin(&bench, "wrong", &wrong, 0).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        let fields: Vec<String> =
            refused.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect();
        assert!(fields.iter().any(|field| field == "quantification.model.scenarios[0].frequency.rate"), "{fields:?}");
        assert!(fields.iter().any(|field| field.starts_with("quantification.model.scenarios[0].severity.weights")), "{fields:?}");
        // Too many events for the years, and no model at all.
        for (model, years) in [(LONG.replace("200", "1e9"), 10_000_000), ("a: [".to_owned(), 0), ("scenarios: []".to_owned(), 0)] {
            let refused = begin(&bench, "wrong", &model, years).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{model}: {refused}");
        }
    }

    async fn what_runs_tells_how_far_it_is_and_is_cancelled_at_once(bench) {
        let begun = begin(&bench, "long", LONG, 5_000_000).await.unwrap();
        until("it gets on", async || get(&bench, &begun.name).await.done_years > 0).await;
        let request = api::ListQuantificationsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let listed = client(&bench).list_quantifications(request).await.unwrap().into_inner().quantifications;
        assert!(listed.iter().all(|one| one.done_years > 0), "a list tells it too: {listed:?}");
        let waiting = begin(&bench, "waiting", LONG, 5_000_000).await.unwrap();
        assert_eq!(get(&bench, &waiting.name).await.state(), State::Queued, "one at a time");
        let request = api::DeleteQuantificationRequest { name: begun.name.clone(), ..Default::default() };
        let refused = client(&bench).delete_quantification(request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
        for name in [&waiting.name, &begun.name] {
            let cancelled = cancel(&bench, name).await.unwrap();
            assert_eq!((cancelled.state(), cancelled.state_reason.as_str()), (State::Cancelled, "no need"));
            assert_eq!(reason(&cancel(&bench, name).await.unwrap_err()), "STATE_FORBIDS");
        }
        // The engine is free again, and nothing of what was cancelled is left.
        let next = begin(&bench, "next", INSURED, 1_000).await.unwrap();
        is(&bench, &next.name, State::Done).await;
        let cancelled = get(&bench, &begun.name).await;
        assert_eq!((cancelled.state(), cancelled.portfolio, cancelled.outcome), (State::Cancelled, None, None));
        client(&bench).delete_quantification(request).await.unwrap();
    }

    async fn a_risk_is_quantified_by_its_last_model(bench) {
        let (_source, _running) = crate::register::estate(&bench).await;
        create_risk(&bench, "r", signalling()).await.unwrap();
        let request = api::QuantifyRiskRequest { name: named("risks", "r"), years: 1_000, seed: 7, ..Default::default() };
        let refused = client(&bench).quantify_risk(request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "QUANTIFICATION_MODEL_MISSING");
        let wrong = api::QuantifyRiskRequest { model: INSURED.replace("rate: 2", "rate: -1"), ..request.clone() };
        let refused = client(&bench).quantify_risk(wrong).await.unwrap_err();
        let field = refused.get_details_bad_request().unwrap().field_violations[0].field.clone();
        assert_eq!(field, "model.scenarios[0].frequency.rate", "as the request has it");
        let with = api::QuantifyRiskRequest { model: INSURED.to_owned(), ..request.clone() };
        let first = client(&bench).quantify_risk(with).await.unwrap().into_inner();
        assert_eq!(first.risk, named("risks", "r"));
        is(&bench, &first.name, State::Done).await;
        let second = client(&bench).quantify_risk(request).await.unwrap().into_inner();
        is(&bench, &second.name, State::Done).await;
        assert_eq!(get(&bench, &second.name).await.outcome, get(&bench, &first.name).await.outcome);
        let filter = format!("risk = \"{}\" AND state = DONE", named("risks", "r"));
        let request = api::ListQuantificationsRequest { parent: PARENT.to_owned(), filter, ..Default::default() };
        assert_eq!(client(&bench).list_quantifications(request).await.unwrap().into_inner().quantifications.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_left_undone_is_begun_anew_and_ends_once() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        let begun = begin(&bench, "long", LONG, 400_000).await.unwrap();
        until("it gets on", async || get(&bench, &begun.name).await.done_years > 0).await;
        // For another replica, whose clock is past the lease, the first is gone.
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(clock.now() + 60_000_000));
        ::risk::service(&bench.database, Arc::clone(&later)).await.unwrap();
        is(&bench, &begun.name, State::Done).await;
        let done = get(&bench, &begun.name).await;
        assert_eq!(done.state_reason, "begun anew: who ran it is gone");
        assert_eq!(done.expected_loss.to_bits(), simulated(LONG, 400_000).portfolio.losses.gross.mean.to_bits());
        // Taken up twice, ended once.
        assert_eq!(changes(&bench, &begun.name, "run/quantification").await, 3);
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_given_up() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        let begun = begin(&bench, "long", LONG, 5_000_000).await.unwrap();
        until("it gets on", async || get(&bench, &begun.name).await.done_years > 0).await;
        // As three processes leave it that stopped in the midst of it.
        let mut tx = bench.database.begin(&crate::exposure::service()).await.unwrap();
        let sql = tx.sql("UPDATE quantification_run SET attempts = 3, lease_time = 0, runner = 'gone'");
        assert_eq!(tx.run(sql).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(clock.now() + 60_000_000));
        ::risk::service(&bench.database, Arc::clone(&later)).await.unwrap();
        is(&bench, &begun.name, State::Failed).await;
        let failed = get(&bench, &begun.name).await;
        assert!(failed.state_reason.starts_with("it was begun 3 times"), "{}", failed.state_reason);
        assert!(failed.end_time.is_some());
    }
}
