//! A service whose feed tells what a test lets it tell: what another service's changes do here, without that service.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use access::SystemClock;
use futures::Stream;
use prost::{Message, Name};
use store::Database;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use wire::assets::v1::{Asset, Selector, SelectorMembership};
use wire::changes::v1::change::Verb;
use wire::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use wire::changes::v1::{Change, ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::{Effectiveness, State};

const PARENT: &str = "organizations/acme";

/// The feed of a service.
#[derive(Clone)]
pub(crate) struct Source {
    service: &'static str,
    told: Arc<Mutex<Vec<Change>>>,
    bell: Arc<watch::Sender<usize>>,
}

type Answers = Pin<Box<dyn Stream<Item = Result<WatchChangesResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ChangeService for Source {
    type WatchChangesStream = Answers;

    async fn list_changes(&self, _: Request<ListChangesRequest>) -> Result<Response<ListChangesResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn watch_changes(&self, request: Request<WatchChangesRequest>) -> Result<Response<Answers>, Status> {
        let from: usize = request.into_inner().cursor.parse().unwrap_or_default();
        let (told, rung) = (Arc::clone(&self.told), self.bell.subscribe());
        let next = |(from, told, mut rung): (usize, Arc<Mutex<Vec<Change>>>, watch::Receiver<usize>)| async move {
            rung.wait_for(|told| *told > from).await.ok()?;
            let changes: Vec<Change> = told.lock().unwrap().iter().skip(from).cloned().collect();
            let upto = from + changes.len();
            let sequence = i64::try_from(upto).unwrap();
            let cursor = upto.to_string();
            let answer = WatchChangesResponse { changes, cursor, sequence, newest: sequence, heartbeat: false };
            Some((Ok(answer), (upto, told, rung)))
        };
        Ok(Response::new(Box::pin(futures::stream::unfold((from, told, rung), next))))
    }
}

impl Source {
    pub(crate) fn new(service: &'static str) -> Self {
        Self { service, told: Arc::default(), bell: Arc::new(watch::channel(0).0) }
    }

    /// Tells what became of a resource.
    pub(crate) fn tell<M: Message + Name>(&self, name: &str, before: Option<&M>, after: Option<&M>) {
        let bytes = |message: Option<&M>| message.map(Message::encode_to_vec).unwrap_or_default();
        let mut told = self.told.lock().unwrap();
        let sequence = i64::try_from(told.len()).unwrap() + 1;
        let verb = match (before, after) {
            (None, _) => Verb::Created,
            (_, None) => Verb::Deleted,
            _ => Verb::Updated,
        };
        told.push(Change {
            service: self.service.to_owned(),
            sequence,
            transaction: sequence,
            resource: name.to_owned(),
            kind: M::full_name(),
            verb: verb.into(),
            digest: format!("{sequence:064x}"),
            trace: format!("{sequence:032x}"),
            before_message: bytes(before),
            after_message: bytes(after),
            ..Change::default()
        });
        self.bell.send_replace(told.len());
    }

    /// Follows it, and waits until all that was told so far is taken in.
    pub(crate) async fn follow(&self, database: &Database) -> feed::Running {
        let clock = Arc::new(SystemClock);
        let client = ChangeServiceServer::new(self.clone());
        let running = match self.service {
            "controls" => ::risk::follow_controls(database, client, clock).await.unwrap(),
            _ => ::risk::follow_assets(database, client, clock).await.unwrap(),
        };
        self.taken_in(&running).await;
        running
    }

    /// Waits until all that was told so far is taken in.
    pub(crate) async fn taken_in(&self, running: &feed::Running) {
        let newest = i64::try_from(self.told.lock().unwrap().len()).unwrap();
        let mut standing = running.standing();
        let taken = standing.wait_for(|standing| standing.sequence >= newest || standing.parked);
        let taken = tokio::time::timeout(std::time::Duration::from_secs(20), taken).await;
        assert!(!taken.expect("it is taken in within 20 s").unwrap().parked, "it is taken in");
    }

    pub(crate) fn asset(&self, id: &str, before: Option<f64>, after: Option<f64>) {
        let name = format!("{PARENT}/assets/{id}");
        let of = |value: f64| Asset {
            name: name.clone(),
            display_name: id.to_owned(),
            effective_value: value,
            ..Asset::default()
        };
        self.tell(&name, before.map(of).as_ref(), after.map(of).as_ref());
    }

    pub(crate) fn selector(&self, id: &str) {
        let name = format!("{PARENT}/selectors/{id}");
        let selector = Selector { name: name.clone(), display_name: id.to_owned(), ..Selector::default() };
        self.tell(&name, None, Some(&selector));
    }

    pub(crate) fn member(&self, selector: &str, asset: &str, comes: bool) {
        let name = format!("{PARENT}/selectors/{selector}/members/{asset}");
        let of = SelectorMembership {
            selector: format!("{PARENT}/selectors/{selector}"),
            asset: format!("{PARENT}/assets/{asset}"),
            ..Default::default()
        };
        if comes { self.tell(&name, None, Some(&of)) } else { self.tell(&name, Some(&of), None) }
    }

    /// Tells that an implementation came from one state and effectiveness to another.
    pub(crate) fn implementation(&self, id: &str, before: Option<(State, f64)>, after: (State, f64), why: &str) {
        let name = format!("{PARENT}/implementations/{id}");
        let of = |(state, score): (State, f64)| Implementation {
            name: name.clone(),
            display_name: id.to_owned(),
            state: state.into(),
            state_reason: why.to_owned(),
            effectiveness: Some(Effectiveness { score, ..Default::default() }),
            ..Implementation::default()
        };
        self.tell(&name, before.map(of).as_ref(), Some(&of(after)));
    }
}
