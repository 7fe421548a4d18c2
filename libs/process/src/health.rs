//! Whether a service can serve, by the standard protocol (`grpc.health.v1`).

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// What is told to those who ask for the health of a service. Clones tell the same.
///
/// The process as a whole, asked for by the empty name, is serving from the start.
#[derive(Clone, Debug, Default)]
pub struct Health {
    reporter: HealthReporter,
}

impl Health {
    /// Knows of the process as a whole, and of nothing else yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `service` (by its full proto name, or empty for the process as a whole) can serve.
    pub async fn set_serving(&self, service: impl AsRef<str>) {
        self.reporter.set_service_status(service, ServingStatus::Serving).await;
    }

    /// `service` (by its full proto name, or empty for the process as a whole) cannot serve.
    pub async fn set_not_serving(&self, service: impl AsRef<str>) {
        self.reporter.set_service_status(service, ServingStatus::NotServing).await;
    }

    /// The service that answers those who ask, or watch.
    #[must_use]
    pub fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }
}
