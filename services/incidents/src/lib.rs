//! Incidents (ITU-T X.1056, E.409; ISO/IEC 27035): from a flood of signals to a closed case, with every clock of the law kept.
//!
//! One file a resource, each read top to bottom: its table, its rules, its custom methods, its API.

pub mod case;
pub mod correlation_book;
mod correlator;
mod estate;
pub mod evidence_item;
pub mod exchange;
pub mod incident;
pub mod lesson;
pub mod obligation;
pub mod signal;
pub mod statute_book;
pub mod timeline_entry;

use std::sync::Arc;

use fault::Outcome;
pub(crate) use resource::{id_of, organization_of};
use store::Database;
use tonic::service::Routes;
use wire::incidents::v1 as api;

/// The service's name: of its database, in permissions, in the ledger.
pub const NAME: &str = "incidents";

/// The gRPC services it serves, beside its part of the ledger.
#[must_use]
pub fn services() -> Vec<String> {
    wire::services("telwarden.incidents.v1")
}

store::migrations![Migrator;
    "m0001_deadline",
    "m0002_feed",
    "m0003_estate",
    "m0010_incident",
    "m0011_timeline_entry",
    "m0012_lesson",
    "m0020_statute_book",
    "m0021_obligation",
    "m0030_correlation_book",
    "m0031_signal",
    "m0032_signal_case",
    "m0033_signal_stream",
    "m0034_evidence_item",
];

store::resources![Migrator;
    cases: case::Cases,
    correlation_books: correlation_book::CorrelationBooks,
    evidence_items: evidence_item::EvidenceItems,
    incidents: incident::Incidents,
    lessons: lesson::Lessons,
    obligations: obligation::Obligations,
    signals: signal::Signals,
    statute_books: statute_book::StatuteBooks,
    timeline_entries: timeline_entry::TimelineEntries,
];

/// The service on a database: every gRPC service it serves, its part of the ledger included.
///
/// # Errors
/// `STORE_UNAVAILABLE`, where work a crash left undone cannot be taken up.
pub async fn service(database: &Database, clock: Arc<dyn access::Clock>) -> Outcome<Routes> {
    let registry = Arc::new(Registry::new(database));
    timer(database, clock).start().await?;
    let of = |registry: &Arc<Registry>| Arc::clone(registry);
    let signals = signal::Service(of(&registry), Arc::default());
    Ok(Routes::new(api::incident_service_server::IncidentServiceServer::from_arc(of(&registry)))
        .add_service(api::case_service_server::CaseServiceServer::from_arc(of(&registry)))
        .add_service(api::correlation_book_service_server::CorrelationBookServiceServer::from_arc(of(&registry)))
        .add_service(api::signal_service_server::SignalServiceServer::new(signals))
        .add_service(api::evidence_item_service_server::EvidenceItemServiceServer::from_arc(of(&registry)))
        .add_service(api::exchange_service_server::ExchangeServiceServer::from_arc(of(&registry)))
        .add_service(api::lesson_service_server::LessonServiceServer::from_arc(of(&registry)))
        .add_service(api::obligation_service_server::ObligationServiceServer::from_arc(of(&registry)))
        .add_service(api::statute_book_service_server::StatuteBookServiceServer::from_arc(of(&registry)))
        .add_service(api::timeline_entry_service_server::TimelineEntryServiceServer::from_arc(of(&registry)))
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
fn timer(database: &Database, clock: Arc<dyn access::Clock>) -> deadline::Timer {
    obligation::timer(lesson::timer(deadline::Timer::new(database, clock)))
}
