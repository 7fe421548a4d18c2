//! Essential users: who has priority in congestion and restoration (ITU-T X.1051, essential communications: TEL.18.1.7 of
//! the 2016 edition).

use access::Context;
use fault::Outcome;
use store::{Reference, Rules, Side};
use tonic::{Request, Response, Status};
use wire::assets::v1::essential_user_service_server::EssentialUserService;
use wire::assets::v1::{
    CreateEssentialUserRequest, DeleteEssentialUserRequest, ErrorReason, EssentialUser, GetEssentialUserRequest,
    ListEssentialUsersRequest, ListEssentialUsersResponse, UpdateEssentialUserRequest,
};

use crate::asset::Assets;
use crate::{Registry, register};

/// The register of essential users.
pub struct EssentialUsers;

impl store::Resource for EssentialUsers {
    type Message = EssentialUser;
    const TABLE: &'static str = "essential_user";
    const COLLECTION: &'static str = "essentialUsers";

    fn columns() -> &'static [store::Column<EssentialUser>] {
        store::columns![EssentialUser;
            display_name: text order search, category: text, priority: integer order, priority_scheme: text,
            review_time: time order,
        ]
    }

    fn sides() -> &'static [Side<EssentialUser>] {
        store::sides![EssentialUser; labels: map "essential_user_label", assets: set "essential_user_asset"]
    }

    fn references() -> &'static [Reference<EssentialUser>] {
        store::references![EssentialUser; assets(each): Assets]
    }

    store::head!(EssentialUser;);
}

impl Rules for EssentialUsers {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut EssentialUser) -> Outcome<()> {
        let (categories, reason) = (&register::ESSENTIAL_USER_CATEGORIES, ErrorReason::EssentialUserCategoryUnknown);
        let what = "category of essential users";
        register::known(categories, &new.category, what, reason, "essential_user.category")?;
        match &new.contact {
            Some(contact) => register::reachable(contact, "essential_user.contact"),
            None => Ok(()),
        }
    }
}

#[tonic::async_trait]
impl EssentialUserService for Registry {
    async fn create_essential_user(
        &self,
        request: Request<CreateEssentialUserRequest>,
    ) -> Result<Response<EssentialUser>, Status> {
        self.essential_users.serve_create(request).await
    }

    async fn get_essential_user(
        &self,
        request: Request<GetEssentialUserRequest>,
    ) -> Result<Response<EssentialUser>, Status> {
        self.essential_users.serve_get(request).await
    }

    async fn list_essential_users(
        &self,
        request: Request<ListEssentialUsersRequest>,
    ) -> Result<Response<ListEssentialUsersResponse>, Status> {
        self.essential_users.serve_list(request).await
    }

    async fn update_essential_user(
        &self,
        request: Request<UpdateEssentialUserRequest>,
    ) -> Result<Response<EssentialUser>, Status> {
        self.essential_users.serve_update(request).await
    }

    async fn delete_essential_user(
        &self,
        request: Request<DeleteEssentialUserRequest>,
    ) -> Result<Response<()>, Status> {
        self.essential_users.serve_delete(request).await
    }
}
