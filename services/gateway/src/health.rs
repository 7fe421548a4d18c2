//! Who is well: asked of every upstream, told by `grpc.health.v1` and `/healthz`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use process::health::Health;
use process::shutdown::Shutdown;
use serde_json::{Value as Json, json};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{Service, Upstream};

/// How often every upstream is asked, and how long its answer may take.
const ROUND: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(2);

/// The health of the door and of every service behind it. Clones are the same board.
#[derive(Clone)]
pub(crate) struct Board {
    inner: Arc<Inner>,
}

struct Inner {
    health: Health,
    services: Vec<Watched>,
    state: Mutex<State>,
    /// Begun once the door stops: what would go on for ever ends then.
    closing: Shutdown,
}

struct Watched {
    name: String,
    grpc_services: Vec<String>,
    upstream: Upstream,
}

struct State {
    stopping: bool,
    well: BTreeMap<String, bool>,
}

impl Board {
    /// Every service counts as well until it was asked.
    pub(crate) fn new(services: &[Service], closing: Shutdown) -> Self {
        let watched = services.iter().map(|service| Watched {
            name: service.name.clone(),
            grpc_services: service.grpc_services.clone(),
            upstream: service.upstream.clone(),
        });
        let well = services.iter().map(|service| (service.name.clone(), true)).collect();
        let state = Mutex::new(State { stopping: false, well });
        Self { inner: Arc::new(Inner { health: Health::new(), services: watched.collect(), state, closing }) }
    }

    /// What `grpc.health.v1` answers from.
    pub(crate) fn health(&self) -> &Health {
        &self.inner.health
    }

    /// Whether the door itself takes calls.
    pub(crate) fn serving(&self) -> bool {
        !self.inner.state.lock().stopping
    }

    /// `{"status":"SERVING","services":{"assets":"SERVING"}}`. A service that does not answer is told of, and does not
    /// make the door itself unfit: the other services are served.
    pub(crate) fn json(&self) -> Json {
        let state = self.inner.state.lock();
        let told = |well: bool| if well { "SERVING" } else { "NOT_SERVING" };
        let services: BTreeMap<&str, &str> =
            state.well.iter().map(|(name, well)| (name.as_str(), told(*well))).collect();
        json!({ "status": told(!state.stopping), "services": services })
    }

    /// Asks every service every few seconds until `shutdown`, and tells of that too.
    pub(crate) async fn watch(self, shutdown: Shutdown) {
        let mut round = tokio::time::interval(ROUND);
        loop {
            tokio::select! {
                biased;
                () = shutdown.wait() => break,
                _ = round.tick() => {}
            }
            tokio::select! {
                biased;
                () = shutdown.wait() => break,
                () = self.ask_all() => {}
            }
        }
        self.inner.state.lock().stopping = true;
        self.inner.closing.begin();
        self.inner.health.set_not_serving("").await;
    }

    /// Tells of every service that it is served, before any was asked.
    pub(crate) async fn begin(&self) {
        self.inner.health.set_serving("").await;
        for service in &self.inner.services {
            self.tell(service, true).await;
        }
    }

    async fn ask_all(&self) {
        let answers = join_all(self.inner.services.iter().map(|service| ask(service.upstream.clone()))).await;
        for (service, well) in self.inner.services.iter().zip(answers) {
            let before = self.inner.state.lock().well.insert(service.name.clone(), well);
            if before != Some(well) {
                tracing::info!(service = service.name, well, "the health of a service changed");
                self.tell(service, well).await;
            }
        }
    }

    async fn tell(&self, service: &Watched, well: bool) {
        for name in &service.grpc_services {
            if well {
                self.inner.health.set_serving(name).await;
            } else {
                self.inner.health.set_not_serving(name).await;
            }
        }
    }
}

/// Whether an upstream can serve. One that answers without knowing the health protocol can.
async fn ask(upstream: Upstream) -> bool {
    let mut client = HealthClient::new(upstream);
    let check = client.check(HealthCheckRequest::default());
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(answer)) => answer.into_inner().status() == ServingStatus::Serving,
        Ok(Err(status)) => answered(&status),
        Err(_) => false,
    }
}

fn answered(status: &Status) -> bool {
    matches!(status.code(), Code::Unimplemented | Code::NotFound | Code::Unauthenticated | Code::PermissionDenied)
}
