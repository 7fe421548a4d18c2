//! Changes are decided by someone else, on exactly what was asked.

use testkit::reason;
use wire::assets::v1::asset::State;
use wire::assets::v1::change_request::Kind;
use wire::assets::v1::change_request_service_client::ChangeRequestServiceClient;
use wire::assets::v1::{
    ApproveChangeRequestRequest, Asset, ChangeRequest, CompleteChangeRequestRequest, CreateChangeRequestRequest,
    UpdateAssetRequest,
};

use crate::{assets, get, on_every_database, rated};

on_every_database! {
    async fn a_classified_asset_is_disposed_of_with_proof_only(bench) {
        rated(&bench, "old", (3, 3, 3)).await;
        let name = "organizations/acme/assets/old".to_owned();
        let secret = Asset { name: name.clone(), classification: "secret".to_owned(), ..Default::default() };
        assets(&bench).update_asset(UpdateAssetRequest { asset: Some(secret), update_mask: None }).await.unwrap();
        let mut ana = ChangeRequestServiceClient::new(bench.client("ana", &["acme"], &["asset-manager", "approver"]));
        let ask = ChangeRequest { asset: name.clone(), kind: Kind::Dispose.into(), reason: "end of life".to_owned(), ..Default::default() };
        let request = CreateChangeRequestRequest { parent: "organizations/acme".to_owned(), change_request: Some(ask), ..Default::default() };
        let asked = ana.create_change_request(request.clone()).await.unwrap().into_inner();
        assert_eq!(asked.requester, "ana");
        let own = ana.approve_change_request(ApproveChangeRequestRequest { name: asked.name.clone(), ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        let complete = |proof: &str, name: &str| CompleteChangeRequestRequest { name: name.to_owned(), sanitization_proof: proof.to_owned(), ..Default::default() };
        assert_eq!(reason(&ana.complete_change_request(complete("x", &asked.name)).await.unwrap_err()), "STATE_FORBIDS");
        let mut bo = ChangeRequestServiceClient::new(bench.client("bo", &["acme"], &["approver"]));
        bo.approve_change_request(ApproveChangeRequestRequest { name: asked.name.clone(), ..Default::default() }).await.unwrap();
        assert_eq!(reason(&ana.complete_change_request(complete("", &asked.name)).await.unwrap_err()), "SANITIZATION_PROOF_MISSING");
        ana.complete_change_request(complete("shredded, certificate 7", &asked.name)).await.unwrap();
        assert_eq!(get(&bench, "old").await.state(), State::Disposed);
    }

    async fn what_changed_after_approval_must_be_asked_again(bench) {
        rated(&bench, "r", (1, 1, 1)).await;
        let name = "organizations/acme/assets/r".to_owned();
        let mut ana = ChangeRequestServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        let ask = ChangeRequest { asset: name.clone(), kind: Kind::Transfer.into(), reason: "sold".to_owned(), target_owner: "Radio".to_owned(), ..Default::default() };
        let request = CreateChangeRequestRequest { parent: "organizations/acme".to_owned(), change_request: Some(ask), ..Default::default() };
        let asked = ana.create_change_request(request).await.unwrap().into_inner();
        let mut bo = ChangeRequestServiceClient::new(bench.client("bo", &["acme"], &["approver"]));
        bo.approve_change_request(ApproveChangeRequestRequest { name: asked.name.clone(), ..Default::default() }).await.unwrap();
        let moved = Asset { name, classification: "secret".to_owned(), ..Default::default() };
        assets(&bench).update_asset(UpdateAssetRequest { asset: Some(moved), update_mask: None }).await.unwrap();
        let stale = ana.complete_change_request(CompleteChangeRequestRequest { name: asked.name, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&stale), "APPROVAL_STALE");
    }
}
