//! Security levels: what customers are promised of a service, and then stays as it was.

use testkit::{Bench, reason};
use wire::assets::v1::asset_type_service_client::AssetTypeServiceClient;
use wire::assets::v1::service_security_level::State;
use wire::assets::v1::service_security_level_service_client::ServiceSecurityLevelServiceClient;
use wire::assets::v1::{
    Asset, AssetType, CreateAssetRequest, CreateAssetTypeRequest, CreateServiceSecurityLevelRequest,
    DeleteServiceSecurityLevelRequest, PublishServiceSecurityLevelRequest, ServiceSecurityLevel,
    UpdateServiceSecurityLevelRequest, WithdrawServiceSecurityLevelRequest,
};

use crate::{assets, on_every_database};

type Client = ServiceSecurityLevelServiceClient<testkit::Client>;

fn client(bench: &Bench) -> Client {
    ServiceSecurityLevelServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

async fn asset(bench: &Bench, id: &str, kind: &str) -> String {
    let asset = Asset { display_name: id.to_owned(), r#type: kind.to_owned(), ..Default::default() };
    let request =
        CreateAssetRequest { parent: "organizations/acme".to_owned(), asset_id: id.to_owned(), asset: Some(asset) };
    assets(bench).create_asset(request).await.unwrap().into_inner().name
}

fn level(asset: &str) -> ServiceSecurityLevel {
    ServiceSecurityLevel {
        display_name: "Voice, standard".to_owned(),
        asset: asset.to_owned(),
        level: "standard".to_owned(),
        ..Default::default()
    }
}

fn complete(asset: &str) -> ServiceSecurityLevel {
    ServiceSecurityLevel {
        protections: vec!["The access is encrypted.".to_owned()],
        statement: "Your calls are encrypted on our access network.".to_owned(),
        availability_percent: 99.95,
        incident_notification_minutes: 240,
        ..level(asset)
    }
}

async fn create(client: &mut Client, level: ServiceSecurityLevel) -> Result<ServiceSecurityLevel, tonic::Status> {
    let request = CreateServiceSecurityLevelRequest {
        parent: "organizations/acme".to_owned(),
        service_security_level: Some(level),
        ..Default::default()
    };
    client.create_service_security_level(request).await.map(tonic::Response::into_inner)
}

async fn publish(client: &mut Client, name: &str) -> Result<ServiceSecurityLevel, tonic::Status> {
    let request = PublishServiceSecurityLevelRequest { name: name.to_owned(), ..Default::default() };
    client.publish_service_security_level(request).await.map(tonic::Response::into_inner)
}

on_every_database! {
    async fn what_customers_were_told_does_not_change(bench) {
        let voice = asset(&bench, "voice", "mobile-voice").await;
        let mut ana = client(&bench);
        let bare = create(&mut ana, level(&voice)).await.unwrap();
        let lacking = publish(&mut ana, &bare.name).await.unwrap_err();
        assert_eq!(reason(&lacking), "SECURITY_LEVEL_INCOMPLETE");
        for field in ["protections", "statement", "availability_percent", "incident_notification_minutes"] {
            assert!(lacking.message().contains(field), "{lacking:?} names {field}");
        }
        let made = create(&mut ana, complete(&voice)).await.unwrap();
        let published = publish(&mut ana, &made.name).await.unwrap();
        assert!(published.state() == State::Published && published.publish_time.is_some());
        let better = ServiceSecurityLevel { name: made.name.clone(), availability_percent: 99.0, ..Default::default() };
        let request = UpdateServiceSecurityLevelRequest { service_security_level: Some(better), update_mask: None };
        assert_eq!(reason(&ana.update_service_security_level(request).await.unwrap_err()), "STATE_FORBIDS");
        let gone = DeleteServiceSecurityLevelRequest { name: made.name.clone(), ..Default::default() };
        assert_eq!(reason(&ana.delete_service_security_level(gone).await.unwrap_err()), "STATE_FORBIDS");
        let draft = DeleteServiceSecurityLevelRequest { name: bare.name, ..Default::default() };
        ana.delete_service_security_level(draft).await.unwrap();
    }

    async fn one_level_of_a_service_is_published_at_a_time(bench) {
        let voice = asset(&bench, "voice", "mobile-voice").await;
        let mut ana = client(&bench);
        let first = create(&mut ana, complete(&voice)).await.unwrap().name;
        let second = create(&mut ana, complete(&voice)).await.unwrap().name;
        let other = create(&mut ana, ServiceSecurityLevel { level: "enhanced".to_owned(), ..complete(&voice) }).await.unwrap().name;
        publish(&mut ana, &first).await.unwrap();
        publish(&mut ana, &other).await.unwrap();
        assert_eq!(reason(&publish(&mut ana, &second).await.unwrap_err()), "VALUE_TAKEN");
        let withdraw = |reason: &str| WithdrawServiceSecurityLevelRequest { name: first.clone(), reason: reason.to_owned(), ..Default::default() };
        assert_eq!(reason(&ana.withdraw_service_security_level(withdraw("")).await.unwrap_err()), "FIELD_INVALID");
        let gone = ana.withdraw_service_security_level(withdraw("replaced")).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.withdraw_reason.as_str()), (State::Withdrawn, "replaced"));
        publish(&mut ana, &second).await.unwrap();
        assert_eq!(reason(&publish(&mut ana, &first).await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn a_level_is_offered_of_a_service_even_of_a_type_of_ones_own(bench) {
        let mut types = AssetTypeServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        for (key, parent) in [("business-vpn", "enterprise-vpn"), ("gold-vpn", "business-vpn")] {
            let own = AssetType { display_name: key.to_owned(), parent_type: parent.to_owned(), ..Default::default() };
            let request = CreateAssetTypeRequest { parent: "organizations/acme".to_owned(), asset_type_id: key.to_owned(), asset_type: Some(own) };
            types.create_asset_type(request).await.unwrap();
        }
        let (vpn, router) = (asset(&bench, "vpn", "gold-vpn").await, asset(&bench, "router", "router").await);
        let mut ana = client(&bench);
        create(&mut ana, level(&vpn)).await.unwrap();
        assert_eq!(reason(&create(&mut ana, level(&router)).await.unwrap_err()), "ASSET_NO_SERVICE");
        assert_eq!(reason(&create(&mut ana, level("organizations/acme/assets/none")).await.unwrap_err()), "REFERENCE_MISSING");
        let over = ServiceSecurityLevel { availability_percent: 100.1, ..level(&vpn) };
        assert_eq!(reason(&create(&mut ana, over).await.unwrap_err()), "FIELD_INVALID");
    }
}
