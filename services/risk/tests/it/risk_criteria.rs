//! Risk criteria as their callers see them.

use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::risk::v1 as api;
use wire::risk::v1::RiskCriteria;
use wire::risk::v1::risk_criteria_service_client::RiskCriteriaServiceClient;

use crate::on_every_database;
use crate::register::{PARENT, came_to, create, criteria, estate, get, named, signalling};

async fn list(bench: &Bench, filter: &str) -> Vec<String> {
    let request =
        api::ListRiskCriteriaRequest { parent: PARENT.to_owned(), filter: filter.to_owned(), ..Default::default() };
    let page = criteria(bench).list_risk_criteria(request).await.unwrap().into_inner();
    page.risk_criteria.into_iter().map(|one| one.name).collect()
}

async fn make(bench: &Bench, id: &str, one: RiskCriteria) -> Result<RiskCriteria, Status> {
    let request = api::CreateRiskCriteriaRequest {
        parent: PARENT.to_owned(),
        risk_criteria_id: id.to_owned(),
        risk_criteria: Some(RiskCriteria { name: String::new(), etag: String::new(), ..one }),
    };
    criteria(bench).create_risk_criteria(request).await.map(tonic::Response::into_inner)
}

async fn update(bench: &Bench, one: RiskCriteria) -> Result<RiskCriteria, Status> {
    let update_mask = Some(prost_types::FieldMask { paths: vec!["*".to_owned()] });
    let request = api::UpdateRiskCriteriaRequest { risk_criteria: Some(one), update_mask };
    criteria(bench).update_risk_criteria(request).await.map(tonic::Response::into_inner)
}

async fn shipped(bench: &Bench, id: &str) -> RiskCriteria {
    let request = api::GetRiskCriteriaRequest { name: named("riskCriteria", id) };
    criteria(bench).get_risk_criteria(request).await.unwrap().into_inner()
}

on_every_database! {
    async fn three_ship_and_an_organization_makes_its_own(bench) {
        let names = ["additive-0-8", "matrix-5x5", "product-cia"].map(|id| named("riskCriteria", id));
        assert_eq!(list(&bench, "").await, names);
        let matrix = shipped(&bench, "matrix-5x5").await;
        assert!(matrix.shipped && matrix.provisional && !matrix.provenance.is_empty());
        let refused = update(&bench, RiskCriteria { appetite: 4, ..matrix.clone() }).await.unwrap_err();
        assert_eq!(reason(&refused), "RESOURCE_SHIPPED");
        let own = make(&bench, "own", RiskCriteria { display_name: "Ours".to_owned(), ..matrix.clone() }).await.unwrap();
        assert!(!own.shipped);
        assert_eq!(list(&bench, "kind = MATRIX AND shipped = false").await, [own.name]);
        let mut fallen = matrix;
        fallen.matrix_rows[2].levels[4] = 2;
        let refused = make(&bench, "fallen", fallen).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "CRITERIA_UNSOUND"));
        assert!(refused.message().contains("row 3, column 5"), "{}", refused.message());
    }

    async fn whoever_assesses_risks_sets_neither_the_appetite_nor_the_authority(bench) {
        let own = make(&bench, "own", shipped(&bench, "matrix-5x5").await).await.unwrap();
        let mut assessor = RiskCriteriaServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]));
        let request = api::UpdateRiskCriteriaRequest {
            risk_criteria: Some(RiskCriteria { appetite: 4, ..own.clone() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["appetite".to_owned()] }),
        };
        assert_eq!(assessor.update_risk_criteria(request).await.unwrap_err().code(), Code::PermissionDenied);
        let request = api::CreateRiskCriteriaRequest {
            parent: PARENT.to_owned(),
            risk_criteria_id: "mine".to_owned(),
            risk_criteria: Some(RiskCriteria { name: String::new(), etag: String::new(), appetite: 4, ..own.clone() }),
        };
        assert_eq!(assessor.create_risk_criteria(request).await.unwrap_err().code(), Code::PermissionDenied);
        let request = api::GetRiskCriteriaRequest { name: own.name.clone() };
        assert_eq!(assessor.get_risk_criteria(request).await.unwrap().into_inner(), own);
    }

    async fn what_risks_use_stays_usable_and_they_are_scored_anew_when_it_changes(bench) {
        estate(&bench).await;
        let own = make(&bench, "own", shipped(&bench, "matrix-5x5").await).await.unwrap();
        let risk = create(&bench, "r", api::Risk { criteria: own.name.clone(), ..signalling() }).await.unwrap();
        assert_eq!(came_to(risk.current.as_ref()), (4, 4, 3));
        let mut shorter = own.clone();
        shorter.likelihood_steps.truncate(4);
        shorter.matrix_rows.truncate(4);
        let refused = update(&bench, shorter).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CRITERIA_IN_USE"));
        let mut stricter = own.clone();
        stricter.matrix_rows[3].levels[3] = 4;
        let own = update(&bench, stricter).await.unwrap();
        let stricter = get(&bench, "r").await;
        assert_eq!(came_to(stricter.current.as_ref()), (4, 4, 4));
        let why = stricter.score_reason.clone().unwrap();
        assert_eq!((why.service.as_str(), why.resource.as_str()), ("risk", own.name.as_str()));
        // A name changes no score, and so no risk.
        update(&bench, RiskCriteria { display_name: "Ours alone".to_owned(), ..own.clone() }).await.unwrap();
        assert_eq!(get(&bench, "r").await, stricter);
        let delete = api::DeleteRiskCriteriaRequest { name: own.name, ..Default::default() };
        assert_eq!(reason(&criteria(&bench).delete_risk_criteria(delete).await.unwrap_err()), "STILL_REFERENCED");
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }
}
