//! Risk (ITU-T X.1055, X.1059, X.1061): from exposed asset to an owned, treated, insured, dated decision.
//!
//! One file a resource, each read top to bottom: its table, its rules, its custom methods, its API.

pub mod advisory;
pub mod estate;
pub mod exposure;
pub mod exposure_policy;
pub mod finding;
mod insurance;
pub mod insurance_claim;
pub mod insurance_policy;
pub mod insurer;
pub mod insurer_answer;
pub mod insurer_questionnaire;
pub mod legacy_link;
pub mod mitigation;
pub mod quantification;
mod rating;
mod reactions;
pub mod remediation_policy;
pub mod risk;
pub mod risk_criteria;
pub mod risk_method;
pub mod risk_profile;
pub mod scan_run;
pub mod score;
pub mod silent_cover_review;
pub mod surface_snapshot;
pub mod threat;
pub mod threat_catalogue;
mod threat_import;
mod ties;
pub mod treatment;
mod version;
pub mod vulnerability;

use std::sync::Arc;

use fault::{Fault, Outcome};
pub(crate) use resource::{id_of, organization_of};
use store::Database;
pub(crate) use store::{enter, ours};
use tonic::service::Routes;
use wire::risk::v1 as api;

/// The service's name: of its database, in permissions, in the ledger.
pub const NAME: &str = "risk";

/// The gRPC services it serves, beside its part of the ledger.
#[must_use]
pub fn services() -> Vec<String> {
    wire::services("telwarden.risk.v1")
}

store::migrations![Migrator;
    "m0001_deadline",
    "m0002_feed",
    "m0003_estate",
    "m0004_risk_method",
    "m0020_risk_criteria",
    "m0021_risk",
    "m0022_treatment",
    "m0023_estate_control",
    "m0024_risk_profile",
    "m0025_risk_trend",
    "m0030_threat_catalogue",
    "m0031_threat",
    "m0032_mitigation",
    "m0040_vulnerability",
    "m0041_remediation_policy",
    "m0042_finding",
    "m0043_advisory",
    "m0050_exposure_policy",
    "m0051_exposure",
    "m0052_scan_run",
    "m0053_legacy_link",
    "m0054_surface_snapshot",
    "m0060_quantification",
    "m0061_quantification_run",
    "m0062_quantification_queue",
    "m0070_risk_peril",
    "m0071_insurer",
    "m0072_insurance_policy",
    "m0073_insurance_claim",
    "m0074_insurer_questionnaire",
    "m0075_insurer_answer",
    "m0076_silent_cover_review",
    "m0077_risk_sparse",
];

store::resources![Migrator;
    risk_criteria: risk_criteria::AllCriteria,
    risk_methods: risk_method::RiskMethods,
    risk_profiles: risk_profile::RiskProfiles,
    risks: risk::Risks,
    treatments: treatment::Treatments,
    threat_catalogues: threat_catalogue::ThreatCatalogues,
    threats: threat::Threats,
    mitigations: mitigation::Mitigations,
    exposure_policies: exposure_policy::ExposurePolicies,
    exposures: exposure::Exposures,
    scan_runs: scan_run::ScanRuns,
    legacy_links: legacy_link::LegacyLinks,
    surface_snapshots: surface_snapshot::SurfaceSnapshots,
    quantifications: quantification::Quantifications,
    insurers: insurer::Insurers,
    insurance_policies: insurance_policy::InsurancePolicies,
    insurance_claims: insurance_claim::InsuranceClaims,
    insurer_questionnaires: insurer_questionnaire::InsurerQuestionnaires,
    insurer_answers: insurer_answer::InsurerAnswers,
    silent_cover_reviews: silent_cover_review::SilentCoverReviews,
    vulnerabilities: vulnerability::Vulnerabilities,
    remediation_policies: remediation_policy::RemediationPolicies,
    findings: finding::Findings,
    advisories: advisory::Advisories,
];

/// The service on a database: every gRPC service it serves, its part of the ledger included.
///
/// # Errors
/// `STORE_UNAVAILABLE`, where work a crash left undone cannot be taken up.
pub async fn service(database: &Database, clock: Arc<dyn access::Clock>) -> Outcome<Routes> {
    let registry = Arc::new(Registry::new(database));
    quantification::start(database, Arc::clone(&clock));
    timer(database, clock).start().await?;
    let of = |registry: &Arc<Registry>| Arc::clone(registry);
    Ok(Routes::new(api::risk_method_service_server::RiskMethodServiceServer::from_arc(of(&registry)))
        .add_service(api::risk_criteria_service_server::RiskCriteriaServiceServer::from_arc(of(&registry)))
        .add_service(api::risk_profile_service_server::RiskProfileServiceServer::from_arc(of(&registry)))
        .add_service(api::risk_service_server::RiskServiceServer::from_arc(of(&registry)))
        .add_service(api::treatment_service_server::TreatmentServiceServer::from_arc(of(&registry)))
        .add_service(api::threat_catalogue_service_server::ThreatCatalogueServiceServer::from_arc(of(&registry)))
        .add_service(api::threat_service_server::ThreatServiceServer::from_arc(of(&registry)))
        .add_service(api::mitigation_service_server::MitigationServiceServer::from_arc(of(&registry)))
        .add_service(api::threat_import_service_server::ThreatImportServiceServer::from_arc(of(&registry)))
        .add_service(api::exposure_policy_service_server::ExposurePolicyServiceServer::from_arc(of(&registry)))
        .add_service(api::exposure_service_server::ExposureServiceServer::from_arc(of(&registry)))
        .add_service(api::scan_run_service_server::ScanRunServiceServer::from_arc(of(&registry)))
        .add_service(api::legacy_link_service_server::LegacyLinkServiceServer::from_arc(of(&registry)))
        .add_service(api::surface_snapshot_service_server::SurfaceSnapshotServiceServer::from_arc(of(&registry)))
        .add_service(api::quantification_service_server::QuantificationServiceServer::from_arc(of(&registry)))
        .add_service(api::insurer_service_server::InsurerServiceServer::from_arc(of(&registry)))
        .add_service(api::insurance_policy_service_server::InsurancePolicyServiceServer::from_arc(of(&registry)))
        .add_service(api::insurance_claim_service_server::InsuranceClaimServiceServer::from_arc(of(&registry)))
        .add_service(api::insurer_questionnaire_service_server::InsurerQuestionnaireServiceServer::from_arc(of(
            &registry,
        )))
        .add_service(api::insurer_answer_service_server::InsurerAnswerServiceServer::from_arc(of(&registry)))
        .add_service(api::silent_cover_review_service_server::SilentCoverReviewServiceServer::from_arc(of(&registry)))
        .add_service(api::finding_service_server::FindingServiceServer::from_arc(of(&registry)))
        .add_service(api::remediation_policy_service_server::RemediationPolicyServiceServer::from_arc(of(&registry)))
        .add_service(api::vulnerability_service_server::VulnerabilityServiceServer::new(vulnerability::Service(of(
            &registry,
        ))))
        .add_service(api::advisory_service_server::AdvisoryServiceServer::new(advisory::Service(of(&registry))))
        .add_service(feed::service(database)))
}

/// Follows the asset registry, by a client that puts this service's own token on each call.
///
/// # Errors
/// `STORE_UNAVAILABLE`. A registry that does not answer is no error: it is called again.
pub async fn follow_assets<T>(database: &Database, assets: T, clock: Arc<dyn access::Clock>) -> Outcome<feed::Running>
where
    T: tonic::client::GrpcService<tonic::body::Body> + Clone + Send + Sync + 'static,
    T::Future: Send,
    T::Error: Into<tonic::codegen::StdError>,
    T::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <T::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
{
    feed::Consumer::new(database, "assets", assets, clock).kinds(&estate::KINDS).start(reactions::OfAssets).await
}

/// Follows the service of controls, by a client that puts this service's own token on each call.
///
/// # Errors
/// As [`follow_assets`].
pub async fn follow_controls<T>(
    database: &Database,
    controls: T,
    clock: Arc<dyn access::Clock>,
) -> Outcome<feed::Running>
where
    T: tonic::client::GrpcService<tonic::body::Body> + Clone + Send + Sync + 'static,
    T::Future: Send,
    T::Error: Into<tonic::codegen::StdError>,
    T::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <T::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
{
    let kinds = &estate::implementation::KINDS;
    feed::Consumer::new(database, "controls", controls, clock).kinds(kinds).start(reactions::OfControls).await
}

/// What happens by itself when it is due.
fn timer(database: &Database, clock: Arc<dyn access::Clock>) -> deadline::Timer {
    let timer = treatment::timer(risk::timer(deadline::Timer::new(database, clock)));
    let timer = finding::timer(surface_snapshot::timer(exposure::timer(timer)));
    insurance_claim::timer(insurance_policy::timer(timer))
}

/// The id that the key of a threat or mitigation becomes, where the caller gives none.
///
/// # Errors
/// `FIELD_INVALID` where it is no key.
pub(crate) fn keyed(key: &str, field: &str) -> Outcome<String> {
    resource::id_of_key(key).ok_or_else(|| {
        let message = format!("`{key}` is no key: it has 1 to 63 characters, the first a letter or digit");
        Fault::invalid(wire::fault::v1::ErrorReason::FieldInvalid, message).on(field.to_owned())
    })
}
