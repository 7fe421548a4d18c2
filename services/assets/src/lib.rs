//! The asset registry (ITU-T X.1057): assets, dependencies, sites, policies, change requests, import.
//!
//! One file a resource, each read top to bottom: its table, its rules, its custom methods, its API.

pub mod asset;
pub mod asset_policy;
pub mod asset_type;
pub mod change_request;
pub mod dependency;
mod import;
pub mod site;
mod taxonomy;

use std::collections::HashMap;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Database, Tables};
use tonic::service::Routes;
use wire::assets::v1 as api;
use wire::assets::v1::Count;

/// The service's name: of its database, in permissions, in the ledger.
pub const NAME: &str = "assets";

/// The gRPC services it serves, beside its part of the ledger.
pub const SERVICES: [&str; 7] = [
    "telwarden.assets.v1.AssetService",
    "telwarden.assets.v1.AssetPolicyService",
    "telwarden.assets.v1.AssetTypeService",
    "telwarden.assets.v1.ChangeRequestService",
    "telwarden.assets.v1.DependencyService",
    "telwarden.assets.v1.ImportService",
    "telwarden.assets.v1.SiteService",
];

store::migrations![Migrator; "m0001_asset", "m0002_site", "m0003_dependency", "m0004_asset_policy", "m0005_asset_type", "m0006_change_request"];

/// The tables it owns.
#[must_use]
pub fn tables() -> Tables {
    Tables::new::<Migrator>()
        .with::<asset::Assets>()
        .with::<site::Sites>()
        .with::<dependency::Dependencies>()
        .with::<asset_policy::AssetPolicies>()
        .with::<asset_type::AssetTypes>()
        .with::<change_request::ChangeRequests>()
}

/// Everything the handlers share.
pub struct Registry {
    pub(crate) database: Database,
    pub(crate) assets: Collection<asset::Assets>,
    pub(crate) sites: Collection<site::Sites>,
    pub(crate) dependencies: Collection<dependency::Dependencies>,
    pub(crate) asset_policies: Collection<asset_policy::AssetPolicies>,
    pub(crate) asset_types: Collection<asset_type::AssetTypes>,
    pub(crate) change_requests: Collection<change_request::ChangeRequests>,
}

/// The service on a database: every gRPC service it serves, its part of the ledger included.
///
/// # Errors
/// `STORE_UNAVAILABLE`, where work a crash left undone cannot be taken up.
pub async fn service(database: &Database, clock: Arc<dyn access::Clock>) -> Outcome<Routes> {
    let registry = Arc::new(Registry {
        database: database.clone(),
        assets: Collection::new(database.clone()),
        sites: Collection::new(database.clone()),
        dependencies: Collection::new(database.clone()),
        asset_policies: Collection::new(database.clone()),
        asset_types: Collection::new(database.clone()),
        change_requests: Collection::new(database.clone()),
    });
    import::take_up(&registry, &clock).await?;
    let most = 4 * 1024 * 1024;
    let of = |registry: &Arc<Registry>| Arc::clone(registry);
    Ok(Routes::new(
        api::asset_service_server::AssetServiceServer::from_arc(of(&registry)).max_decoding_message_size(most),
    )
    .add_service(api::asset_policy_service_server::AssetPolicyServiceServer::from_arc(of(&registry)))
    .add_service(api::asset_type_service_server::AssetTypeServiceServer::from_arc(of(&registry)))
    .add_service(api::change_request_service_server::ChangeRequestServiceServer::from_arc(of(&registry)))
    .add_service(api::dependency_service_server::DependencyServiceServer::from_arc(of(&registry)))
    .add_service(api::import_service_server::ImportServiceServer::new(import::Import(of(&registry))))
    .add_service(api::site_service_server::SiteServiceServer::from_arc(of(&registry)))
    .add_service(feed::service(database)))
}

/// The last segment of a name.
pub(crate) fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// The organization of a name; empty where it is none.
pub(crate) fn organization_of(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

/// The organization of a parent, once the caller may enter it.
pub(crate) fn enter(context: &Context, parent: &str) -> Outcome<String> {
    let organization = resource::parse_parent(parent).map_err(|problem| {
        Fault::invalid(problem.reason(), problem.to_string()).on(problem.field().unwrap_or("parent").to_owned())
    })?;
    context.enter(&organization, parent)?;
    Ok(organization)
}

/// Counts, the most frequent first.
pub(crate) fn most_frequent(counts: HashMap<String, i64>, most: usize) -> Vec<Count> {
    let mut counts: Vec<Count> = counts.into_iter().map(|(key, count)| Count { key, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
    counts.truncate(most);
    counts
}
