//! Asset types (ITU-T X.1057 clause 8.1): those that ship, as data, and the operator's own, as rows.

use access::Context;
use fault::{Fault, Outcome};
use store::{Referrer, Rules, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::ListRequest as _;
use wire::assets::v1::asset_type_service_server::AssetTypeService;
use wire::assets::v1::{
    AssetType, CreateAssetTypeRequest, DeleteAssetTypeRequest, ErrorReason, GetAssetTypeRequest, ListAssetTypesRequest,
    ListAssetTypesResponse, UpdateAssetTypeRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::taxonomy::{ShippedType, asset_types};
use crate::{Registry, id_of};

/// The operator's own asset types.
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

fn shipped(organization: &str, data: &ShippedType) -> AssetType {
    AssetType {
        name: format!("organizations/{organization}/assetTypes/{}", data.key),
        display_name: data.display_name.clone(),
        parent_type: data.parent.clone(),
        description: data.description.clone(),
        telecom_specific: data.telecom_specific,
        shipped: true,
        provisional: data.provisional,
        ..Default::default()
    }
}

fn refuse_shipped(key: &str) -> Outcome<()> {
    if !asset_types().contains_key(key) {
        return Ok(());
    }
    let message = format!("{key} is a shipped type and stays as it is: make one of your own with it as parent");
    Err(Fault::precondition(ErrorReason::AssetTypeShipped, message).with("type", key))
}

#[tonic::async_trait]
impl AssetTypeService for Registry {
    async fn create_asset_type(&self, request: Request<CreateAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        let (context, request) = open(request)?;
        refuse_shipped(&request.asset_type_id)?;
        reply(self.asset_types.create(&context, &request.parent, &request.asset_type_id, request.asset_type).await)
    }

    async fn get_asset_type(&self, request: Request<GetAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        let (context, request) = open(request)?;
        let known = asset_types().get(id_of(&request.name));
        let organization = crate::organization_of(&request.name);
        match known.filter(|data| shipped(organization, data).name == request.name) {
            Some(data) => {
                context.enter(organization, &request.name)?;
                reply(Ok(shipped(organization, data)))
            }
            None => reply(self.asset_types.get(&context, &request.name).await),
        }
    }

    /// The operator's own types come in pages; the shipped ones come with the first page, where nothing is filtered.
    async fn list_asset_types(
        &self,
        request: Request<ListAssetTypesRequest>,
    ) -> Result<Response<ListAssetTypesResponse>, Status> {
        let (context, r) = open(request)?;
        let page = self.asset_types.list(&context, r.query()).await?;
        let mut types = Vec::new();
        if r.page_token.is_empty() && r.filter.is_empty() {
            let organization = crate::enter(&context, &r.parent)?;
            types.extend(asset_types().values().map(|data| shipped(&organization, data)));
        }
        types.extend(page.items);
        reply(Ok(ListAssetTypesResponse { asset_types: types, next_page_token: page.next_page_token }))
    }

    async fn update_asset_type(&self, request: Request<UpdateAssetTypeRequest>) -> Result<Response<AssetType>, Status> {
        let context = Context::of(&request)?;
        let request = request.into_inner();
        refuse_shipped(request.asset_type.as_ref().map(|own| id_of(&own.name)).unwrap_or_default())?;
        reply(self.asset_types.update(&context, request.asset_type, request.update_mask).await)
    }

    async fn delete_asset_type(&self, request: Request<DeleteAssetTypeRequest>) -> Result<Response<()>, Status> {
        let (context, request) = open(request)?;
        refuse_shipped(id_of(&request.name))?;
        reply(self.asset_types.delete(&context, &request.name, &request.etag).await)
    }
}
