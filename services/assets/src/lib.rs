//! The asset registry (ITU-T X.1057): assets, dependencies, sites, policies, change requests, import. And the registers that
//! ITU-T X.1051 asks for beside it: interconnects, security levels of services, essential users, disclosure requests.
//!
//! One file a resource, each read top to bottom: its table, its rules, its custom methods, its API.

pub mod asset;
pub mod asset_policy;
pub mod asset_type;
pub mod change_request;
pub mod dependency;
pub mod disclosure_request;
pub mod essential_user;
mod import;
pub mod interconnect;
mod locks;
mod provenance;
pub mod quarantined_record;
mod register;
pub mod selector;
pub mod service_security_level;
pub mod site;
pub mod source;
pub mod survey;
mod taxonomy;
pub mod verification_campaign;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
pub(crate) use resource::{id_of, organization_of};
use store::Database;
use tonic::service::Routes;
use wire::assets::v1 as api;
use wire::assets::v1::{Count, ExternalId};
use wire::fault::v1::ErrorReason;

/// The service's name: of its database, in permissions, in the ledger.
pub const NAME: &str = "assets";

/// The gRPC services it serves, beside its part of the ledger.
#[must_use]
pub fn services() -> Vec<String> {
    wire::services("telwarden.assets.v1")
}

store::migrations![Migrator;
    "m0001_asset",
    "m0002_site",
    "m0003_dependency",
    "m0004_asset_policy",
    "m0005_asset_type",
    "m0006_change_request",
    "m0007_asset_unlisted_by",
    "m0008_selector",
    "m0009_selector_membership",
    "m0010_interconnect",
    "m0011_service_security_level",
    "m0012_essential_user",
    "m0013_disclosure_request",
    "m0020_survey",
    "m0021_quarantined_record",
    "m0030_source",
    "m0040_deadline",
    "m0041_asset_override",
    "m0050_verification_campaign",
];

store::resources![Migrator;
    asset_policies: asset_policy::AssetPolicies,
    asset_types: asset_type::AssetTypes,
    assets: asset::Assets,
    change_requests: change_request::ChangeRequests,
    dependencies: dependency::Dependencies,
    disclosure_requests: disclosure_request::DisclosureRequests,
    essential_users: essential_user::EssentialUsers,
    interconnects: interconnect::Interconnects,
    quarantined_records: quarantined_record::QuarantinedRecords,
    selector_memberships: selector::SelectorMemberships,
    selectors: selector::Selectors,
    service_security_levels: service_security_level::ServiceSecurityLevels,
    sites: site::Sites,
    sources: source::Sources,
    surveys: survey::Surveys,
    verification_campaigns: verification_campaign::VerificationCampaigns,
];

/// What an operator may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long an import in one transaction, one that is atomic or a dry run, may make others wait as a whole. Default: five
    /// minutes.
    pub import_whole: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { import_whole: Duration::from_secs(300) }
    }
}

/// The service on a database with the settings as they are by default.
///
/// # Errors
/// As [`service_with`].
pub async fn service(database: &Database, clock: Arc<dyn access::Clock>) -> Outcome<Routes> {
    service_with(database, clock, Settings::default()).await
}

/// The service on a database: every gRPC service it serves, its part of the ledger included.
///
/// # Errors
/// `STORE_UNAVAILABLE`, where work a crash left undone cannot be taken up.
pub async fn service_with(database: &Database, clock: Arc<dyn access::Clock>, settings: Settings) -> Outcome<Routes> {
    let registry = Arc::new(Registry::new(database));
    import::take_up(&registry, &clock).await?;
    selector::start(&registry, &clock).await?;
    survey::sweep::start(&registry, &clock).await?;
    asset::value_override::timer(database, clock).start().await?;
    let running = Arc::<survey::run::Running>::default();
    let surveys = survey::SurveyApi { registry: Arc::clone(&registry), running: Arc::clone(&running) };
    let most = 4 * 1024 * 1024;
    let of = |registry: &Arc<Registry>| Arc::clone(registry);
    Ok(Routes::new(
        api::asset_service_server::AssetServiceServer::from_arc(of(&registry)).max_decoding_message_size(most),
    )
    .add_service(api::asset_policy_service_server::AssetPolicyServiceServer::from_arc(of(&registry)))
    .add_service(api::asset_type_service_server::AssetTypeServiceServer::from_arc(of(&registry)))
    .add_service(api::change_request_service_server::ChangeRequestServiceServer::from_arc(of(&registry)))
    .add_service(api::dependency_service_server::DependencyServiceServer::from_arc(of(&registry)))
    .add_service(api::selector_service_server::SelectorServiceServer::from_arc(of(&registry)))
    .add_service(api::disclosure_request_service_server::DisclosureRequestServiceServer::from_arc(of(&registry)))
    .add_service(api::essential_user_service_server::EssentialUserServiceServer::from_arc(of(&registry)))
    .add_service(api::interconnect_service_server::InterconnectServiceServer::from_arc(of(&registry)))
    .add_service(api::service_security_level_service_server::ServiceSecurityLevelServiceServer::from_arc(of(&registry)))
    .add_service(api::site_service_server::SiteServiceServer::from_arc(of(&registry)))
    .add_service(api::source_service_server::SourceServiceServer::from_arc(of(&registry)))
    .add_service(api::verification_campaign_service_server::VerificationCampaignServiceServer::from_arc(of(&registry)))
    .add_service(api::import_service_server::ImportServiceServer::new(import::Import(
        of(&registry),
        running,
        settings.import_whole,
    )))
    .add_service(
        api::quarantined_record_service_server::QuarantinedRecordServiceServer::from_arc(of(&registry))
            .max_decoding_message_size(most),
    )
    .add_service(api::survey_service_server::SurveyServiceServer::new(surveys))
    .add_service(feed::service(database)))
}

/// The organization of a parent, once the caller may enter it.
pub(crate) fn enter(context: &Context, parent: &str) -> Outcome<String> {
    store::enter(context, parent, "parent")
}

/// Refuses external ids of which one stands twice.
pub(crate) fn distinct(ids: &[ExternalId], field: &str) -> Outcome<()> {
    let mut seen = HashSet::new();
    let Some(twice) = ids.iter().find(|id| !seen.insert((&id.system, &id.value))) else { return Ok(()) };
    let message = format!("{} {} stands twice among the external ids: leave one out", twice.system, twice.value);
    Err(Fault::invalid(ErrorReason::ValueTaken, message).on(field.to_owned()))
}

/// Counts, the most frequent first.
pub(crate) fn most_frequent(counts: HashMap<String, i64>, most: usize) -> Vec<Count> {
    let mut counts: Vec<Count> = counts.into_iter().map(|(key, count)| Count { key, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
    counts.truncate(most);
    counts
}
