//! Profiles: selections of controls made for a purpose. They come from OSCAL profiles, resolved as these say.

use store::{Rules, Side};
use tonic::{Request, Response, Status};
use wire::controls::v1::profile_service_server::ProfileService;
use wire::controls::v1::{
    DeleteProfileRequest, GetProfileRequest, ListProfilesRequest, ListProfilesResponse, Profile, UpdateProfileRequest,
};

use crate::Registry;

/// The profiles of an organization.
pub struct Profiles;

impl store::Resource for Profiles {
    type Message = Profile;
    const TABLE: &'static str = "profile";
    const COLLECTION: &'static str = "profiles";

    fn columns() -> &'static [store::Column<Profile>] {
        store::columns![Profile; display_name: text order search]
    }

    fn sides() -> &'static [Side<Profile>] {
        store::sides![Profile; labels: map "profile_label", catalogues: set "profile_catalogue"]
    }

    store::head!(Profile; catalogues, controls, oscal_document);
}

impl Rules for Profiles {
    type Needs = ();
}

#[tonic::async_trait]
impl ProfileService for Registry {
    async fn get_profile(&self, request: Request<GetProfileRequest>) -> Result<Response<Profile>, Status> {
        self.profiles.serve_get(request).await
    }

    async fn list_profiles(
        &self,
        request: Request<ListProfilesRequest>,
    ) -> Result<Response<ListProfilesResponse>, Status> {
        self.profiles.serve_list(request).await
    }

    async fn update_profile(&self, request: Request<UpdateProfileRequest>) -> Result<Response<Profile>, Status> {
        self.profiles.serve_update(request).await
    }

    async fn delete_profile(&self, request: Request<DeleteProfileRequest>) -> Result<Response<()>, Status> {
        self.profiles.serve_delete(request).await
    }
}
