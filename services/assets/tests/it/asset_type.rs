//! Asset types: what ships and what is the operator's own stand in one list, and what ships stays as it is.

use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::assets::v1::asset_type_service_client::AssetTypeServiceClient;
use wire::assets::v1::{
    AssetType, CreateAssetTypeRequest, DeleteAssetTypeRequest, GetAssetTypeRequest, ListAssetTypesRequest,
    UpdateAssetTypeRequest,
};

use crate::on_every_database;

const PARENT: &str = "organizations/acme";

fn client(bench: &Bench) -> AssetTypeServiceClient<testkit::Client> {
    AssetTypeServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

async fn all(bench: &Bench, filter: &str, order_by: &str, page_size: i32) -> Vec<AssetType> {
    let mut client = client(bench);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListAssetTypesRequest {
            parent: PARENT.to_owned(),
            page_size,
            page_token,
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
        };
        let page = client.list_asset_types(request).await.unwrap().into_inner();
        assert!(page.asset_types.len() <= page_size as usize, "{} of {page_size}", page.asset_types.len());
        found.extend(page.asset_types);
        if page.next_page_token.is_empty() {
            return found;
        }
        page_token = page.next_page_token;
    }
}

on_every_database! {
async fn shipped_and_own_types_are_one_list(bench) {
    let mut client = client(&bench);
    for (id, display_name, parent_type) in [("aa-own", "Zebra", "router"), ("zz-own", "Aardvark", "")] {
        let own = AssetType { display_name: display_name.to_owned(), parent_type: parent_type.to_owned(), ..Default::default() };
        let request = CreateAssetTypeRequest {
            parent: PARENT.to_owned(),
            asset_type_id: id.to_owned(),
            asset_type: Some(own),
        };
        client.create_asset_type(request).await.unwrap();
    }
    let whole = all(&bench, "", "", 1000).await;
    assert!(whole.iter().filter(|one| one.shipped).count() > 20);
    assert_eq!(whole.iter().filter(|one| !one.shipped).count(), 2);
    assert!(whole.iter().all(|one| one.name.starts_with("organizations/acme/assetTypes/")));
    for order_by in ["", "name desc", "display_name", "display_name desc, name", "parent_type, display_name desc"] {
        let whole = all(&bench, "", order_by, 1000).await;
        for size in [1, 7] {
            assert_eq!(all(&bench, "", order_by, size).await, whole, "order {order_by:?}, {size} a page");
        }
    }
    let names = all(&bench, "", "name", 5).await;
    assert!(names.is_sorted_by(|one, other| one.name < other.name));
    let routers = all(&bench, "parent_type = \"router\"", "", 2).await;
    assert!(routers.iter().any(|one| one.name.ends_with("/aa-own")));
    assert!(routers.iter().all(|one| one.parent_type == "router"));
}}

on_every_database! {
async fn what_ships_stays_as_it_is(bench) {
    let mut client = client(&bench);
    let name = "organizations/acme/assetTypes/router".to_owned();
    let shipped = client.get_asset_type(GetAssetTypeRequest { name: name.clone() }).await.unwrap().into_inner();
    assert!(shipped.shipped && shipped.name == name);
    let refused = |status: Status| {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "RESOURCE_SHIPPED"));
    };
    let own = AssetType { display_name: "Mine".to_owned(), ..Default::default() };
    let request = CreateAssetTypeRequest {
        parent: PARENT.to_owned(),
        asset_type_id: "router".to_owned(),
        asset_type: Some(own.clone()),
    };
    refused(client.create_asset_type(request).await.unwrap_err());
    let changed = AssetType { name: name.clone(), ..own };
    let request = UpdateAssetTypeRequest { asset_type: Some(changed), update_mask: None };
    refused(client.update_asset_type(request).await.unwrap_err());
    refused(client.delete_asset_type(DeleteAssetTypeRequest { name: name.clone(), etag: String::new() }).await.unwrap_err());
    let foreign = GetAssetTypeRequest { name: "organizations/other/assetTypes/router".to_owned() };
    assert_eq!(client.get_asset_type(foreign).await.unwrap_err().code(), Code::NotFound);
}}
