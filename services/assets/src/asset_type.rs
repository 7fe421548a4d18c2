//! Asset types (ITU-T X.1057 clause 8.1): those that ship, as data, and the operator's own, as rows.

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Referrer, Rules, Shipped, Transaction};
use tonic::{Request, Response, Status};
use wire::assets::v1::asset_type_service_server::AssetTypeService;
use wire::assets::v1::{
    AssetType, CreateAssetTypeRequest, DeleteAssetTypeRequest, GetAssetTypeRequest, ListAssetTypesRequest,
    ListAssetTypesResponse, UpdateAssetTypeRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::taxonomy::{ShippedType, asset_types};

static SHIPPED: LazyLock<Shipped<AssetType>> =
    LazyLock::new(|| asset_types().iter().map(|(key, data)| (key.clone(), shipped(data))).collect());

/// Asset types: those that ship, and the operator's own.
pub struct AssetTypes;

impl store::Resource for AssetTypes {
    type Message = AssetType;
    const TABLE: &'static str = "asset_type";
    const COLLECTION: &'static str = "assetTypes";

    fn columns() -> &'static [store::Column<AssetType>] {
        store::columns![AssetType; display_name: text order search, parent_type: text order]
    }

    fn referrers() -> &'static [Referrer] {
        &[
            Referrer { what: "assets", table: "asset", column: "type", filter: "type=", by_id: true },
            Referrer {
                what: "asset types",
                table: "asset_type",
                column: "parent_type",
                filter: "parent_type=",
                by_id: true,
            },
        ]
    }

    fn shipped() -> &'static Shipped<AssetType> {
        &SHIPPED
    }

    store::head!(AssetType; shipped, provisional);
}

impl Rules for AssetTypes {
    /// The operator's own types among the parents named.
    type Needs = std::collections::HashSet<String>;

    async fn needs(tx: &mut Transaction, organization: &str, types: &[&AssetType]) -> Outcome<Self::Needs> {
        let parents = types.iter().map(|own| own.parent_type.as_str()).filter(|key| !key.is_empty()).collect();
        tx.existing::<Self>(organization, parents).await
    }

    fn check(_: &Context, own: &Self::Needs, new: &mut AssetType) -> Outcome<()> {
        let parent = &new.parent_type;
        if !parent.is_empty() && !asset_types().contains_key(parent) && !own.contains(parent) {
            let message = format!("the parent type {parent} does not exist: create it first, or leave it empty");
            return Err(Fault::invalid(House::ReferenceMissing, message).on("asset_type.parent_type"));
        }
        Ok(())
    }
}

fn shipped(data: &ShippedType) -> AssetType {
    AssetType {
        display_name: data.display_name.clone(),
        parent_type: data.parent.clone(),
        description: data.description.clone(),
        telecom_specific: data.telecom_specific,
        shipped: true,
        provisional: data.provisional,
        ..Default::default()
    }
}

#[tonic::async_trait]
impl AssetTypeService for Registry {
    async fn create_asset_type(&self, request: Request<CreateAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        self.asset_types.serve_create(request).await
    }

    async fn get_asset_type(&self, request: Request<GetAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        self.asset_types.serve_get(request).await
    }

    async fn list_asset_types(
        &self,
        request: Request<ListAssetTypesRequest>,
    ) -> Result<Response<ListAssetTypesResponse>, Status> {
        self.asset_types.serve_list(request).await
    }

    async fn update_asset_type(&self, request: Request<UpdateAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        self.asset_types.serve_update(request).await
    }

    async fn delete_asset_type(&self, request: Request<DeleteAssetTypeRequest>) -> Result<Response<()>, Status> {
        self.asset_types.serve_delete(request).await
    }
}
