//! Profiles: selections of controls, such as baselines.

mod resolve;

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Referrer, Rules, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::controls::v1::profile_service_server::ProfileService;
use wire::controls::v1::{
    CreateProfileRequest, DeleteProfileRequest, GetProfileRequest, ListProfilesRequest, ListProfilesResponse, Profile,
    ResolveProfileRequest, ResolveProfileResponse, UpdateProfileRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::catalogue::Catalogues;

/// The profiles.
pub struct Profiles;

impl store::Resource for Profiles {
    type Message = Profile;
    const TABLE: &'static str = "profile";
    const COLLECTION: &'static str = "profiles";

    fn columns() -> &'static [store::Column<Profile>] {
        store::columns![Profile; display_name: text order search, missing_imports: integer]
    }

    fn sides() -> &'static [Side<Profile>] {
        store::sides![Profile;
            catalogues: set "profile_catalogue", profiles: set "profile_profile", labels: map "profile_label",
        ]
    }

    fn references() -> &'static [Reference<Profile>] {
        store::references![Profile; catalogues(each): Catalogues, profiles(each): Profiles]
    }

    fn referrers() -> &'static [Referrer] {
        const NAMED: &[Referrer] = &[Referrer {
            what: "profiles",
            table: "profile_profile",
            column: "value",
            filter: "profiles:",
            by_id: false,
        }];
        NAMED
    }

    store::head!(Profile; catalogues, profiles, missing_imports);
}

impl Rules for Profiles {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Profile) -> Outcome<()> {
        for (at, import) in new.imports.iter().enumerate() {
            if !import.catalogue.is_empty() && !import.profile.is_empty() {
                let message = "an import takes from a catalogue or from a profile: leave one of the two out";
                return Err(Fault::invalid(House::FieldInvalid, message).on(format!("profile.imports[{at}].profile")));
            }
            if import.catalogue.is_empty() && import.profile.is_empty() && import.href.is_empty() {
                let message = "an import takes from something: name a catalogue or a profile";
                return Err(Fault::invalid(House::FieldInvalid, message).on(format!("profile.imports[{at}].catalogue")));
            }
        }
        let distinct = |names: Vec<&String>| {
            let mut names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).cloned().collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        new.catalogues = distinct(new.imports.iter().map(|import| &import.catalogue).collect());
        new.profiles = distinct(new.imports.iter().map(|import| &import.profile).collect());
        let missing = new.imports.iter().filter(|import| import.catalogue.is_empty() && import.profile.is_empty());
        new.missing_imports = i32::try_from(missing.count()).unwrap_or(i32::MAX);
        Ok(())
    }
}

#[tonic::async_trait]
impl ProfileService for Registry {
    async fn create_profile(&self, request: Request<CreateProfileRequest>) -> Result<Response<Profile>, Status> {
        self.profiles.serve_create(request).await
    }

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

    async fn resolve_profile(
        &self,
        request: Request<ResolveProfileRequest>,
    ) -> Result<Response<ResolveProfileResponse>, Status> {
        let (context, r) = open(request)?;
        reply(resolve::resolve(self, &context, &r).await)
    }

    async fn delete_profile(&self, request: Request<DeleteProfileRequest>) -> Result<Response<()>, Status> {
        self.profiles.serve_delete(request).await
    }
}
