//! Treatments: what they aim at, how they move, when they are overdue.

use access::Clock as _;
use testkit::reason;
use wire::risk::v1 as api;
use wire::risk::v1::risk::LossEstimate;
use wire::risk::v1::treatment::{Cost, State, TreatmentOption};
use wire::risk::v1::{Risk, Treatment};

use crate::on_every_database;
use crate::register::{
    DAY, PARENT, add, came_to, changes, close, create, estate, get, manual, named, signalling, treatment, treatments,
    until,
};

fn named_within(risk: &str, id: &str) -> String {
    format!("{}/treatments/{id}", named("risks", risk))
}

on_every_database! {
    async fn a_treatment_gives_its_risk_what_is_left(bench) {
        estate(&bench).await;
        let loss = LossEstimate {
            currency_code: "EUR".to_owned(),
            value: 500_000.0,
            exposure_factor: 0.3,
            yearly_occurrences: 0.4,
            ..Default::default()
        };
        create(&bench, "r", Risk { loss: Some(loss), ..signalling() }).await.unwrap();
        let cost = Cost { currency_code: "EUR".to_owned(), setup_cost: 0.0, yearly_cost: 10_000.0 };
        let priced = Treatment {
            cost: Some(cost),
            annual_loss_after: 20_000.0,
            ..treatment(TreatmentOption::Modify, (2, 0))
        };
        let made = add(&bench, "r", "filter", priced).await.unwrap();
        assert_eq!((made.name.clone(), made.state()), (named_within("r", "filter"), State::Planned));
        assert!((made.security_return - 3.0).abs() < 1e-9);
        let risk = get(&bench, "r").await;
        assert_eq!(came_to(risk.residual.as_ref()), (2, 4, 2));
        let why = risk.score_reason.unwrap();
        assert_eq!(why.resource, made.name);
        assert!(risk.residual.unwrap().steps.iter().any(|step| step.origin == made.name));
        add(&bench, "r", "avoid", treatment(TreatmentOption::Avoid, (0, 0))).await.unwrap();
        assert_eq!(came_to(get(&bench, "r").await.residual.as_ref()), (1, 4, 1));
        let mut client = treatments(&bench);
        let name = named_within("r", "avoid");
        let cancel = api::CancelTreatmentRequest { name: name.clone(), reason: "too dear".to_owned(), ..Default::default() };
        assert_eq!(client.cancel_treatment(cancel).await.unwrap().into_inner().state(), State::Cancelled);
        assert_eq!(came_to(get(&bench, "r").await.residual.as_ref()), (2, 4, 2));
        let complete = api::CompleteTreatmentRequest { name: name.clone(), ..Default::default() };
        assert_eq!(reason(&client.complete_treatment(complete).await.unwrap_err()), "STATE_FORBIDS");
        let begin = api::BeginTreatmentRequest { name: made.name.clone(), ..Default::default() };
        assert_eq!(client.begin_treatment(begin).await.unwrap().into_inner().state(), State::InProgress);
        let complete = api::CompleteTreatmentRequest { name: made.name.clone(), ..Default::default() };
        assert_eq!(client.complete_treatment(complete).await.unwrap().into_inner().state(), State::Done);
        assert_eq!(came_to(get(&bench, "r").await.residual.as_ref()), (2, 4, 2));
        let delete = api::DeleteTreatmentRequest { name, ..Default::default() };
        assert_eq!(reason(&client.delete_treatment(delete).await.unwrap_err()), "STATE_FORBIDS");
        let list = api::ListTreatmentsRequest {
            parent: format!("{PARENT}/risks/-"),
            filter: "state != CANCELLED".to_owned(),
            ..Default::default()
        };
        assert_eq!(client.list_treatments(list).await.unwrap().into_inner().treatments.len(), 1);
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn a_treatment_is_of_a_risk_that_lives(bench) {
        estate(&bench).await;
        let none = add(&bench, "none", "t", treatment(TreatmentOption::Share, (1, 0))).await.unwrap_err();
        assert_eq!(reason(&none), "REFERENCE_MISSING", "{}", none.message());
        create(&bench, "r", signalling()).await.unwrap();
        close(&bench, "r").await.unwrap();
        let closed = add(&bench, "r", "t", treatment(TreatmentOption::Share, (1, 0))).await.unwrap_err();
        assert_eq!(reason(&closed), "STATE_FORBIDS");
        let way = add(&bench, "r", "t", Treatment { display_name: "x".to_owned(), ..Default::default() }).await;
        assert_eq!(reason(&way.unwrap_err()), "FIELD_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_treatment_is_overdue_once() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        create(&bench, "r", signalling()).await.unwrap();
        let due_time = store::timestamp(clock.now() + DAY);
        let due = Treatment { due_time, ..treatment(TreatmentOption::Modify, (2, 0)) };
        let made = add(&bench, "r", "t", due).await.unwrap();
        clock.advance(DAY - 1);
        let find = async || {
            let mut client = treatments(&bench);
            client.get_treatment(api::GetTreatmentRequest { name: made.name.clone() }).await.unwrap().into_inner()
        };
        assert!(!find().await.overdue, "not early");
        clock.advance(1);
        until("it is overdue", async || find().await.overdue).await;
        assert_eq!(changes(&bench, &made.name, "deadline/overdue-treatment").await, 1);
        let later = Treatment { due_time: store::timestamp(clock.now() + DAY), etag: String::new(), ..find().await };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["due_time".to_owned()] });
        let request = api::UpdateTreatmentRequest { treatment: Some(later), update_mask };
        assert!(!treatments(&bench).update_treatment(request).await.unwrap().into_inner().overdue);
        clock.advance(DAY);
        until("it is overdue again", async || find().await.overdue).await;
    }
}
