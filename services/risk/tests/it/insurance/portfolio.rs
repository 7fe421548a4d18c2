//! A model of many risks, composed of what the register holds, and what the engine makes of it.

use serde_json::Value;
use testkit::{Bench, reason};
use tonic::Code;
use wire::risk::v1 as api;
use wire::risk::v1::quantification::State;
use wire::risk::v1::quantification_service_client::QuantificationServiceClient;
use wire::risk::v1::treatment::{Cost, TreatmentOption};
use wire::risk::v1::treatment_service_client::TreatmentServiceClient;
use wire::risk::v1::{Quantification, Risk, Treatment};

use super::{bind, cyber, exclusion, fields, insurer, quote};
use crate::on_every_database;
use crate::register::{PARENT, create as create_risk, named, signalling, until};

/// Two events a year, each of so much interruption.
const INTERRUPTION: &str = "scenarios:\n- id: x\n  frequency: {distribution: poisson, rate: 2}\n  losses: [{coverage: business-interruption, severity: {distribution: constant, value: 150000}}]\n";

fn client(bench: &Bench) -> QuantificationServiceClient<testkit::Client> {
    QuantificationServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

/// A risk of a peril, quantified once.
async fn quantified(bench: &Bench, id: &str, peril: &str) {
    create_risk(bench, id, Risk { peril: peril.to_owned(), ..signalling() }).await.unwrap();
    let name = named("risks", id);
    let request = api::QuantifyRiskRequest { name, model: INTERRUPTION.to_owned(), years: 100, ..Default::default() };
    done(bench, &client(bench).quantify_risk(request).await.unwrap().into_inner().name).await;
}

/// A treatment that prevents every other event.
fn measure() -> Treatment {
    Treatment {
        display_name: "A second way".to_owned(),
        option: TreatmentOption::Modify.into(),
        cost: Some(Cost { currency_code: "EUR".to_owned(), yearly_cost: 20_000.0, ..Default::default() }),
        frequency_reduction: 0.5,
        ..Default::default()
    }
}

async fn done(bench: &Bench, name: &str) -> Quantification {
    let get = async || {
        let request = api::GetQuantificationRequest { name: name.to_owned() };
        client(bench).get_quantification(request).await.unwrap().into_inner()
    };
    until(&format!("{name} is done"), async || get().await.state() == State::Done).await;
    get().await
}

async fn compose(bench: &Bench, request: api::ComposeModelRequest) -> Result<api::ComposeModelResponse, tonic::Status> {
    let request = api::ComposeModelRequest { parent: PARENT.to_owned(), ..request };
    client(bench).compose_model(request).await.map(tonic::Response::into_inner)
}

on_every_database! {
    async fn policies_pay_for_the_risks_they_cover_and_treatments_and_quotes_stand_beside(bench) {
        let (_source, _running) = crate::register::estate(&bench).await;
        insurer(&bench, "nordic", Default::default()).await.unwrap();
        let mut primary = cyber();
        primary.exclusions = vec![exclusion("infrastructure")];
        quote(&bench, "primary", primary.clone()).await.unwrap();
        bind(&bench, "primary").await.unwrap();
        // The other offer carves the exclusion back, and costs more.
        primary.exclusions[0].carve_backs = vec!["infrastructure-outage".to_owned()];
        primary.premium = 160_000.0;
        quote(&bench, "other", primary).await.unwrap();
        quantified(&bench, "flood", "denial-of-service").await;
        quantified(&bench, "outage", "infrastructure-outage").await;
        let treatment = Treatment { yearly_kwh: 500.0, ..measure() };
        let request = api::CreateTreatmentRequest { parent: named("risks", "outage"), treatment_id: "way".to_owned(), treatment: Some(treatment) };
        let mut treatments = TreatmentServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]));
        treatments.create_treatment(request).await.unwrap();

        let asked = api::ComposeModelRequest { quotes: vec![named("insurancePolicies", "other")], ..Default::default() };
        let made = compose(&bench, asked).await.unwrap();
        assert_eq!(made.currency_code, "EUR");
        let model: Value = serde_json::from_str(&made.model).unwrap();
        assert_eq!(model["policies"][0]["scenarios"], serde_json::json!(["flood"]), "the exclusion leaves the outage to the operator");

        let quantification = Quantification { model: made.model, years: 20_000, seed: 1, currency_code: made.currency_code, ..Default::default() };
        let request = api::CreateQuantificationRequest { parent: PARENT.to_owned(), quantification_id: "all".to_owned(), quantification: Some(quantification) };
        let begun = client(&bench).create_quantification(request).await.unwrap().into_inner();
        let all = done(&bench, &begun.name).await;
        let losses = all.portfolio.unwrap();
        // Twice two events of 150,000; of each flood all but 50,000 is paid.
        for (figures, mean) in [(losses.gross.unwrap(), 600_000.0), (losses.retained.unwrap(), 400_000.0), (losses.transferred.unwrap(), 200_000.0)] {
            assert!((figures.mean - mean).abs() < 5.0 * figures.mean_error, "{mean}: {figures:?}");
        }
        let options = wire::json::of_struct(all.outcome.unwrap())["options"].clone();
        let borne = |id: &str| {
            let figures = if options[id]["retained"].is_null() { &options[id] } else { &options[id]["retained"] };
            (figures["mean"].as_f64().unwrap(), figures["mean_error"].as_f64().unwrap())
        };
        for (id, mean) in [("outage/way", 250_000.0), ("other", 200_000.0), ("without insurance", 600_000.0)] {
            let (found, error) = borne(id);
            assert!((found - mean).abs() < 5.0 * error, "{id}: {found} ± {error}");
        }
        assert_eq!((&options["outage/way"]["cost"], &options["outage/way"]["energy_kwh"]), (&20_000.0.into(), &500.0.into()));
        assert_eq!(options["other"]["premium"], 160_000.0);
    }

    async fn treatments_beyond_what_a_model_takes_are_left_out_and_that_is_said(bench) {
        let (_source, _running) = crate::register::estate(&bench).await;
        quantified(&bench, "flood", "denial-of-service").await;
        let mut treatments = TreatmentServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]));
        for _ in 0..quantify::Model::MOST_OPTIONS + 1 {
            let request = api::CreateTreatmentRequest { parent: named("risks", "flood"), treatment: Some(measure()), ..Default::default() };
            treatments.create_treatment(request).await.unwrap();
        }
        let made = compose(&bench, api::ComposeModelRequest::default()).await.unwrap();
        assert!(made.notes.iter().any(|note| note.starts_with("2 treatments are left out")), "{:?}", made.notes);
        quantify::Model::from_yaml(&made.model).unwrap();
    }

    async fn what_cannot_be_composed_is_refused_by_the_field_that_names_it(bench) {
        let (_source, _running) = crate::register::estate(&bench).await;
        create_risk(&bench, "new", signalling()).await.unwrap();
        let of = |risks: &[&str], quotes: &[&str]| api::ComposeModelRequest {
            risks: risks.iter().map(|id| named("risks", id)).collect(),
            quotes: quotes.iter().map(|id| named("insurancePolicies", id)).collect(),
            ..Default::default()
        };
        let refused = compose(&bench, of(&["new"], &[])).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("QUANTIFICATION_MODEL_MISSING", vec!["risks[0]".to_owned()]));
        let refused = compose(&bench, of(&["nowhere"], &[])).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::NotFound, vec!["risks[0]".to_owned()]));
        // Terms of policies are confidential.
        let mut viewer = QuantificationServiceClient::new(bench.client("vera", &["acme"], &["viewer"]));
        let request = api::ComposeModelRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert_eq!(viewer.compose_model(request).await.unwrap_err().code(), Code::PermissionDenied);
        let refused = compose(&bench, of(&[], &[])).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("QUANTIFICATION_MODEL_MISSING", vec!["risks".to_owned()]));
        quantified(&bench, "flood", "denial-of-service").await;
        let refused = compose(&bench, of(&[], &["nowhere"])).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::NotFound, vec!["quotes[0]".to_owned()]));
    }
}
