//! Controls (ITU-T X.1051): catalogues, Statements of Applicability, and the life cycle of every control.
//!
//! One file a resource, each read top to bottom: its table, its rules, its custom methods, its API.

pub mod catalogue;
pub mod control;
pub mod control_test;
pub mod coverage;
pub mod document;
pub mod estate;
pub mod evidence;
pub mod exception;
pub mod implementation;
pub mod mapping;
pub mod mapping_entry;
pub mod oscal;
pub mod oscal_document;
pub mod profile;
pub mod scope;
pub mod shipped;
pub mod statement;
pub mod statement_row;
pub mod test_run;

use std::sync::Arc;
use std::time::Duration;

use fault::{Fault, Outcome};
pub(crate) use resource::{id_of, organization_of};
use store::Database;
use tonic::service::Routes;
use wire::controls::v1 as api;

/// The service's name: of its database, in permissions, in the ledger.
pub const NAME: &str = "controls";

/// The gRPC services it serves, beside its part of the ledger.
#[must_use]
pub fn services() -> Vec<String> {
    wire::services("telwarden.controls.v1")
}

store::migrations![Migrator;
    "m0001_catalogue",
    "m0002_control",
    "m0003_deadline",
    "m0004_feed",
    "m0005_estate",
    "m0010_document",
    "m0011_mapping",
    "m0012_mapping_entry",
    "m0013_profile",
    "m0020_scope",
    "m0021_statement",
    "m0022_statement_row",
    "m0030_implementation",
    "m0031_control_test",
    "m0032_test_run",
    "m0040_evidence",
    "m0041_exception",
    "m0050_oscal_document",
    "m0051_oscal_content",
    "m0052_mapping_relationship",
];

store::resources![Migrator;
    catalogues: catalogue::Catalogues,
    control_tests: control_test::ControlTests,
    controls: control::Controls,
    documents: document::Documents,
    evidence: evidence::AllEvidence,
    exceptions: exception::Exceptions,
    implementations: implementation::Implementations,
    mapping_entries: mapping_entry::MappingEntries,
    mappings: mapping::Mappings,
    oscal_documents: oscal_document::OscalDocuments,
    profiles: profile::Profiles,
    scopes: scope::Scopes,
    statement_rows: statement_row::StatementRows,
    statements: statement::Statements,
    test_runs: test_run::TestRuns,
];

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the files of evidence are, and how large one may be.
    pub evidence_files: evidence::Files,
    /// How long a caller may be silent while it uploads a file. Default: [`evidence::SILENCE`].
    pub upload_silence: Duration,
}

impl Settings {
    /// With files of evidence there, and the rest as it is by default.
    #[must_use]
    pub fn new(evidence_files: evidence::Files) -> Self {
        Self { evidence_files, upload_silence: evidence::SILENCE }
    }
}

/// The service on a database, with files of evidence in memory alone: for tests.
///
/// # Errors
/// As [`service_with`].
pub async fn service(database: &Database, clock: Arc<dyn access::Clock>) -> Outcome<Routes> {
    service_with(database, clock, Settings::new(evidence::Files::in_memory())).await
}

/// The service on a database: every gRPC service it serves, its part of the ledger included.
///
/// # Errors
/// `STORE_UNAVAILABLE`, where work a crash left undone cannot be taken up.
pub async fn service_with(database: &Database, clock: Arc<dyn access::Clock>, settings: Settings) -> Outcome<Routes> {
    if let Some(file) = shipped::unreadable().first() {
        return Err(Fault::defect(format!("what ships cannot be read: {file:?}")));
    }
    let registry = Arc::new(Registry::new(database));
    let files = Arc::new(settings.evidence_files);
    evidence::sweep(database, &files, &clock).await?;
    timer(database, clock, &files).start().await?;
    let silence = settings.upload_silence;
    let evidence = evidence::EvidenceApi { registry: Arc::clone(&registry), files, silence };
    let of = |registry: &Arc<Registry>| Arc::clone(registry);
    let documents = oscal_document::Documents(of(&registry));
    Ok(Routes::new(api::catalogue_service_server::CatalogueServiceServer::from_arc(of(&registry)))
        .add_service(api::control_service_server::ControlServiceServer::from_arc(of(&registry)))
        .add_service(api::control_test_service_server::ControlTestServiceServer::from_arc(of(&registry)))
        .add_service(api::coverage_service_server::CoverageServiceServer::from_arc(of(&registry)))
        .add_service(api::document_service_server::DocumentServiceServer::from_arc(of(&registry)))
        .add_service(api::evidence_service_server::EvidenceServiceServer::new(evidence))
        .add_service(api::exception_service_server::ExceptionServiceServer::from_arc(of(&registry)))
        .add_service(api::implementation_service_server::ImplementationServiceServer::from_arc(of(&registry)))
        .add_service(api::mapping_service_server::MappingServiceServer::from_arc(of(&registry)))
        .add_service(api::mapping_entry_service_server::MappingEntryServiceServer::from_arc(of(&registry)))
        .add_service(api::oscal_document_service_server::OscalDocumentServiceServer::new(documents))
        .add_service(api::profile_service_server::ProfileServiceServer::from_arc(of(&registry)))
        .add_service(api::scope_service_server::ScopeServiceServer::from_arc(of(&registry)))
        .add_service(api::statement_row_service_server::StatementRowServiceServer::from_arc(of(&registry)))
        .add_service(api::statement_service_server::StatementServiceServer::from_arc(of(&registry)))
        .add_service(api::test_run_service_server::TestRunServiceServer::from_arc(of(&registry)))
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
    feed::Consumer::new(database, "assets", assets, clock).kinds(&estate::KINDS).start(estate::Projection).await
}

/// What happens by itself when it is due.
fn timer(database: &Database, clock: Arc<dyn access::Clock>, files: &Arc<evidence::Files>) -> deadline::Timer {
    let timer = control_test::timer(implementation::timer(deadline::Timer::new(database, clock)));
    exception::timer(evidence::timer(timer, files))
}
