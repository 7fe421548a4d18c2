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

use crate::changes::CHANGE_SERVICE;
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
    standing: BTreeMap<String, Standing>,
}

/// How many answers in a row make a service well, or unwell: one that is lost changes nothing.
const ROUNDS: u8 = 2;

/// What is held of a service, by what was heard of it.
#[derive(Clone, Copy, Debug)]
struct Standing {
    well: bool,
    asked: bool,
    /// How many answers in a row say otherwise.
    against: u8,
}

impl Standing {
    /// Well until it was asked; then the first answer counts at once.
    const NEW: Self = Self { well: true, asked: false, against: 0 };

    /// Takes an answer in. Whether what is held of the service changes by it.
    fn hear(&mut self, well: bool) -> bool {
        let first = !std::mem::replace(&mut self.asked, true);
        if well == self.well {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let changed = first || self.against >= ROUNDS;
        if changed {
            (self.well, self.against) = (well, 0);
        }
        changed
    }
}

impl Board {
    /// Every service counts as well until it was asked.
    pub(crate) fn new(services: &[Service], closing: Shutdown) -> Self {
        let watched = services.iter().map(|service| Watched {
            name: service.name.clone(),
            grpc_services: service.grpc_services.clone(),
            upstream: service.upstream.clone(),
        });
        let standing = services.iter().map(|service| (service.name.clone(), Standing::NEW)).collect();
        let state = Mutex::new(State { stopping: false, standing });
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
            state.standing.iter().map(|(name, standing)| (name.as_str(), told(standing.well))).collect();
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
        self.inner.health.set_serving(CHANGE_SERVICE).await;
    }

    async fn ask_all(&self) {
        let answers = join_all(self.inner.services.iter().map(|service| ask(service.upstream.clone()))).await;
        let mut any = false;
        for (service, well) in self.inner.services.iter().zip(answers) {
            if self.hear(&service.name, well) {
                tracing::info!(service = service.name, well, "the health of a service changed");
                self.tell(service, well).await;
                any = true;
            }
        }
        // The feed over all ledgers needs all of them.
        if any {
            let all = self.inner.state.lock().standing.values().all(|standing| standing.well);
            self.set(CHANGE_SERVICE, all).await;
        }
    }

    fn hear(&self, service: &str, well: bool) -> bool {
        self.inner.state.lock().standing.get_mut(service).is_some_and(|standing| standing.hear(well))
    }

    async fn tell(&self, service: &Watched, well: bool) {
        for name in service.grpc_services.iter().filter(|name| *name != CHANGE_SERVICE) {
            self.set(name, well).await;
        }
    }

    async fn set(&self, name: &str, well: bool) {
        if well {
            self.inner.health.set_serving(name).await;
        } else {
            self.inner.health.set_not_serving(name).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_that_is_lost_changes_nothing() {
        let mut standing = Standing::NEW;
        let heard = [true, false, true, false, false, true, false, true, true, true];
        let changes = heard.map(|well| standing.hear(well));
        let after = [4, 8];
        assert_eq!(changes, std::array::from_fn(|round| after.contains(&round)));
        assert!(standing.well);
        let mut new = Standing::NEW;
        assert!(new.hear(false) && !new.well, "the first answer counts at once");
    }
}
