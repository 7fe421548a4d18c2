//! Risk profiles as their callers see them.

use testkit::{Bench, reason};
use wire::risk::v1 as api;
use wire::risk::v1::risk::State;
use wire::risk::v1::risk_profile::Scenario;
use wire::risk::v1::risk_profile_service_client::RiskProfileServiceClient;
use wire::risk::v1::{InstantiateRiskProfileResponse, RiskProfile};

use crate::on_every_database;
use crate::register::{PARENT, close, counts_hold, estate, get, named};

fn profiles(bench: &Bench) -> RiskProfileServiceClient<testkit::Client> {
    RiskProfileServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

async fn instantiate(bench: &Bench, profile: &str, criteria: &str) -> InstantiateRiskProfileResponse {
    let request = api::InstantiateRiskProfileRequest {
        name: named("riskProfiles", profile),
        service: named("assets", "voice"),
        criteria: named("riskCriteria", criteria),
        owner: "head of voice".to_owned(),
        ..Default::default()
    };
    profiles(bench).instantiate_risk_profile(request).await.unwrap().into_inner()
}

on_every_database! {
    async fn a_profile_becomes_risks_once(bench) {
        estate(&bench).await;
        let list = api::ListRiskProfilesRequest {
            parent: PARENT.to_owned(),
            filter: "kind = SERVICE_AREA".to_owned(),
            ..Default::default()
        };
        assert_eq!(profiles(&bench).list_risk_profiles(list).await.unwrap().into_inner().risk_profiles.len(), 15);
        let made = instantiate(&bench, "fixed-voice", "matrix-5x5").await;
        assert_eq!((made.risks.len(), made.created, made.unchanged), (2, 2, 0));
        let first = made.risks.first().unwrap();
        assert_eq!((first.state(), first.owner.as_str()), (State::Identified, "head of voice"));
        assert_eq!(first.profile, named("riskProfiles", "fixed-voice"));
        assert!(first.name.contains("pbx-fraud") && first.likelihood == 4 && first.next_review_time.is_some());
        assert!(first.description.contains("X.1051"), "{}", first.description);
        let again = instantiate(&bench, "fixed-voice", "matrix-5x5").await;
        assert_eq!((again.risks.clone(), again.created, again.unchanged), (made.risks.clone(), 0, 2));
        let additive = instantiate(&bench, "iptv", "additive-0-8").await;
        assert!(additive.risks.iter().all(|risk| risk.likelihood == 0), "its positions are on another scale");
        let summary = api::SummarizeRiskProfileRequest { name: named("riskProfiles", "fixed-voice") };
        let sums = profiles(&bench).summarize_risk_profile(summary.clone()).await.unwrap().into_inner();
        assert_eq!((sums.count, sums.above_appetite), (2, 2));
        let highest: Vec<(i32, &str)> = sums.highest.iter().map(|level| (level.level, level.label.as_str())).collect();
        assert_eq!(highest, [(3, "high")]);
        close(&bench, first.name.rsplit('/').next().unwrap()).await.unwrap();
        assert_eq!(profiles(&bench).summarize_risk_profile(summary).await.unwrap().into_inner().count, 1);
        let none = api::InstantiateRiskProfileRequest { name: named("riskProfiles", "iptv"), ..Default::default() };
        assert_eq!(reason(&profiles(&bench).instantiate_risk_profile(none).await.unwrap_err()), "RISK_TARGET_UNCLEAR");
        counts_hold(&bench).await;
    }

    async fn an_organization_makes_a_profile_of_its_own(bench) {
        estate(&bench).await;
        let scenario = |key: &str| Scenario { key: key.to_owned(), display_name: key.to_owned(), ..Default::default() };
        let create = |scenarios: Vec<Scenario>| api::CreateRiskProfileRequest {
            parent: PARENT.to_owned(),
            risk_profile_id: "satellite".to_owned(),
            risk_profile: Some(RiskProfile {
                display_name: "Satellite".to_owned(),
                kind: api::risk_profile::Kind::ServiceArea.into(),
                area: "satellite".to_owned(),
                scenarios,
                ..Default::default()
            }),
        };
        let twice = create(vec![scenario("jammed"), scenario("jammed")]);
        assert_eq!(reason(&profiles(&bench).create_risk_profile(twice).await.unwrap_err()), "FIELD_INVALID");
        profiles(&bench).create_risk_profile(create(vec![scenario("jammed")])).await.unwrap();
        let made = instantiate(&bench, "satellite", "matrix-5x5").await;
        let id = made.risks.first().unwrap().name.rsplit('/').next().unwrap().to_owned();
        assert_eq!(get(&bench, &id).await.current.unwrap().level, -1, "nothing is suggested");
        let delete = api::DeleteRiskProfileRequest { name: named("riskProfiles", "satellite"), ..Default::default() };
        assert_eq!(reason(&profiles(&bench).delete_risk_profile(delete).await.unwrap_err()), "STILL_REFERENCED");
    }
}
