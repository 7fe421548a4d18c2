//! The sample operator's registers are made through the public API, once.

use wire::assets::v1::essential_user_service_client::EssentialUserServiceClient;
use wire::assets::v1::interconnect::State;
use wire::assets::v1::interconnect_service_client::InterconnectServiceClient;
use wire::assets::v1::{ListEssentialUsersRequest, ListInterconnectsRequest};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_has_registers_and_making_them_again_changes_nothing() {
    let running = crate::story::start().await;
    crate::story::import(&running, "acme", 1.0).await;
    let registers = sample::registers(sample::Settings { seed: 5, scale: 1.0 }).unwrap();
    let client = running.client(&running.token("ana", &["acme"], &["asset-manager"]).unwrap()).unwrap();
    let create = || telwarden::registers::create(client.clone(), "acme", "oss", &registers);
    let made = create().await.unwrap();
    let expected = telwarden::registers::Made {
        interconnects: registers.interconnects.len(),
        security_levels: registers.security_levels.len(),
        essential_users: registers.essential_users.len(),
    };
    assert_eq!(made, expected);
    assert_eq!(create().await.unwrap(), telwarden::registers::Made::default());

    let mut api = InterconnectServiceClient::new(client.clone());
    let request = ListInterconnectsRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    let listed = api.list_interconnects(request).await.unwrap().into_inner().interconnects;
    for state in [State::Draft, State::InForce, State::Isolated] {
        assert!(listed.iter().any(|interconnect| interconnect.state() == state), "{state:?}");
    }
    assert!(listed.iter().all(|interconnect| !interconnect.site.is_empty()), "each is at a site");
    let mut api = EssentialUserServiceClient::new(client.clone());
    let request = ListEssentialUsersRequest {
        parent: "organizations/acme".to_owned(),
        order_by: "priority".to_owned(),
        ..Default::default()
    };
    let first =
        api.list_essential_users(request).await.unwrap().into_inner().essential_users.into_iter().next().unwrap();
    assert_eq!((first.priority, first.category.as_str()), (1, "emergency-service"));
    running.stop().await.unwrap();
}
