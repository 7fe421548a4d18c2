//! A service whose feed tells what a test lets it tell: what another service's changes do here, without that service.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use prost::{Message, Name};
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use wire::changes::v1::change::Verb;
use wire::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use wire::changes::v1::{Change, ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};

/// The feed of a service.
#[derive(Clone)]
pub struct Source {
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
            let changes: Vec<Change> =
                told.lock().unwrap_or_else(PoisonError::into_inner).iter().skip(from).cloned().collect();
            let upto = from + changes.len();
            let sequence = i64::try_from(upto).unwrap_or(i64::MAX);
            let cursor = upto.to_string();
            let answer = WatchChangesResponse { changes, cursor, sequence, newest: sequence, heartbeat: false };
            Some((Ok(answer), (upto, told, rung)))
        };
        Ok(Response::new(Box::pin(futures::stream::unfold((from, told, rung), next))))
    }
}

impl Source {
    /// That of a service, which has told nothing yet.
    #[must_use]
    pub fn new(service: &'static str) -> Self {
        Self { service, told: Arc::default(), bell: Arc::new(watch::channel(0).0) }
    }

    /// Tells what became of a resource.
    pub fn tell<M: Message + Name>(&self, name: &str, before: Option<&M>, after: Option<&M>) {
        let bytes = |message: Option<&M>| message.map(Message::encode_to_vec).unwrap_or_default();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = i64::try_from(told.len()).unwrap_or(i64::MAX) + 1;
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

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> ChangeServiceServer<Self> {
        ChangeServiceServer::new(self.clone())
    }

    /// Waits until all that was told so far is taken in.
    ///
    /// # Panics
    /// Where it is not within 20 s.
    pub async fn taken_in(&self, running: &feed::Running) {
        let newest = i64::try_from(self.told.lock().unwrap_or_else(PoisonError::into_inner).len()).unwrap_or(i64::MAX);
        let mut standing = running.standing();
        let taken = standing.wait_for(|standing| standing.sequence >= newest || standing.parked);
        let taken = tokio::time::timeout(std::time::Duration::from_secs(20), taken).await;
        assert!(!taken.expect("it is taken in within 20 s").expect("the feed is followed").parked, "it is taken in");
    }
}
