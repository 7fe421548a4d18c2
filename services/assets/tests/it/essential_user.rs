//! Essential users: the order in which communications are restored, and whose review is due.

use testkit::{Bench, reason};
use wire::assets::v1::essential_user_service_client::EssentialUserServiceClient;
use wire::assets::v1::{
    Contact, CreateEssentialUserRequest, DeleteAssetRequest, DeleteEssentialUserRequest, EssentialUser,
    ListEssentialUsersRequest, UpdateEssentialUserRequest,
};

use crate::{assets, on_every_database, rated};

type Client = EssentialUserServiceClient<testkit::Client>;

fn client(bench: &Bench, role: &str) -> Client {
    EssentialUserServiceClient::new(bench.client("ana", &["acme"], &[role]))
}

fn user(name: &str, category: &str, priority: i32) -> EssentialUser {
    EssentialUser { display_name: name.to_owned(), category: category.to_owned(), priority, ..Default::default() }
}

async fn create(client: &mut Client, user: EssentialUser) -> Result<EssentialUser, tonic::Status> {
    let parent = "organizations/acme".to_owned();
    let request = CreateEssentialUserRequest { parent, essential_user: Some(user), ..Default::default() };
    client.create_essential_user(request).await.map(tonic::Response::into_inner)
}

async fn names(client: &mut Client, filter: &str) -> Vec<String> {
    let request = ListEssentialUsersRequest {
        parent: "organizations/acme".to_owned(),
        filter: filter.to_owned(),
        order_by: "priority".to_owned(),
        ..Default::default()
    };
    let listed = client.list_essential_users(request).await.unwrap().into_inner().essential_users;
    listed.into_iter().map(|user| user.display_name).collect()
}

on_every_database! {
    async fn the_order_of_restoration_and_what_is_due_for_review_are_lists(bench) {
        let cell = rated(&bench, "cell", (1, 1, 1)).await.name;
        let mut ana = client(&bench, "asset-manager");
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let water = EssentialUser { review_time: at(1_800_000_000), ..user("Lunholt Water", "utility", 30) };
        create(&mut ana, water).await.unwrap();
        let rescue = EssentialUser { assets: vec![cell.clone()], review_time: at(1_700_000_000), ..user("Rescue centre", "emergency-service", 1) };
        let rescue = create(&mut ana, rescue).await.unwrap();
        create(&mut ana, user("Ostbrook Hospitals", "hospital", 2)).await.unwrap();
        assert_eq!(names(&mut ana, "").await, ["Rescue centre", "Ostbrook Hospitals", "Lunholt Water"]);
        assert_eq!(names(&mut ana, &format!("assets:\"{cell}\"")).await, ["Rescue centre"]);
        assert_eq!(names(&mut ana, "review_time<\"2026-01-01T00:00:00Z\" AND review_time>\"2020-01-01T00:00:00Z\"").await, ["Rescue centre"]);
        assert_eq!(names(&mut ana, "category=\"hospital\"").await, ["Ostbrook Hospitals"]);
        let kept = assets(&bench).delete_asset(DeleteAssetRequest { name: cell.clone(), ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&kept), "STILL_REFERENCED");
        ana.delete_essential_user(DeleteEssentialUserRequest { name: rescue.name, ..Default::default() }).await.unwrap();
        assets(&bench).delete_asset(DeleteAssetRequest { name: cell, ..Default::default() }).await.unwrap();
    }

    async fn what_is_wrong_is_refused_with_its_reason(bench) {
        let mut ana = client(&bench, "asset-manager");
        let mute = Contact { function: "Control room".to_owned(), ..Default::default() };
        for (wrong, expected) in [
            (user("Circus", "circus", 1), "ESSENTIAL_USER_CATEGORY_UNKNOWN"),
            (user("Nobody first", "hospital", 0), "FIELD_INVALID"),
            (user("Far too late", "hospital", 1000), "FIELD_INVALID"),
            (EssentialUser { contact: Some(mute), ..user("Mute", "hospital", 1) }, "CONTACT_UNREACHABLE"),
            (EssentialUser { assets: vec!["organizations/acme/assets/none".to_owned()], ..user("Lost", "hospital", 1) }, "REFERENCE_MISSING"),
        ] {
            assert_eq!(reason(&create(&mut ana, wrong).await.unwrap_err()), expected);
        }
        let made = create(&mut ana, user("Ostbrook Hospitals", "hospital", 2)).await.unwrap();
        let first = EssentialUser { name: made.name, priority: 1, ..Default::default() };
        let request = UpdateEssentialUserRequest { essential_user: Some(first), update_mask: None };
        let mut viewer = client(&bench, "viewer");
        assert_eq!(reason(&viewer.update_essential_user(request.clone()).await.unwrap_err()), "PERMISSION_MISSING");
        assert_eq!(ana.update_essential_user(request).await.unwrap().into_inner().priority, 1);
        assert_eq!(names(&mut viewer, "").await, ["Ostbrook Hospitals"]);
    }
}
