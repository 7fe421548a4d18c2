//! The task that follows.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use access::{Clock, Context};
use fault::{Fault, Outcome};
use futures::FutureExt as _;
use store::{Database, Transaction, WeakDatabase, micros};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::watch_changes_request::Body as Form;
use wire::changes::v1::{Change, WatchChangesRequest, WatchChangesResponse};
use wire::fault::v1::ErrorReason;

use super::Handler;
use super::batch::{Batch, Limits, portion};
use super::place::{self, Parked, Place};
use super::standing::Standing;
use crate::server::{EVERYWHERE, HEARTBEAT};

/// A second, in microseconds.
const SECOND: i64 = 1_000_000;
/// The first wait after a failure, and the longest: of the source, of the own database, of a change that is parked.
const SOURCE: Wait = Wait { first: SECOND / 10, longest: 10 * SECOND };
const STORE: Wait = Wait { first: SECOND / 10, longest: 30 * SECOND };
const PARKED: Wait = Wait { first: SECOND, longest: 600 * SECOND };
/// How often a replica that stands by looks whether another still follows, and how often it must find that it does not.
const LOOK: i64 = SECOND;
const LOOKS: u32 = 5;

/// How long to wait after failures: twice as long after each.
#[derive(Clone, Copy)]
struct Wait {
    first: i64,
    longest: i64,
}

impl Wait {
    /// How long to wait after so many failures in a row, in microseconds.
    fn after(self, failures: i64) -> i64 {
        (self.first << failures.saturating_sub(1).clamp(0, 30)).min(self.longest)
    }
}

/// What follows a feed.
pub(super) struct Follower<T> {
    pub(super) database: WeakDatabase,
    pub(super) source: String,
    pub(super) client: ChangeServiceClient<T>,
    /// On whose behalf: the service itself.
    pub(super) context: Context,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) kinds: Vec<String>,
    pub(super) limits: Limits,
    pub(super) handler: Box<dyn Handler>,
    pub(super) standing: Arc<watch::Sender<Standing>>,
}

/// Why the feed is not followed at this moment.
enum Halt {
    /// The database is gone: nobody wants to know any more.
    Gone,
    /// The source does not answer, or refuses.
    Source(Status),
    /// The own database fails, or another change of the same rows was in the way.
    Store(Box<Fault>),
    /// Another replica has followed further, or does so at this moment.
    Elsewhere,
    /// A change cannot be taken in.
    Parked(i64),
}

impl From<Box<Fault>> for Halt {
    fn from(fault: Box<Fault>) -> Self {
        Self::Store(fault)
    }
}

impl<T> Follower<T>
where
    T: GrpcService<Body> + Clone + Send + Sync + 'static,
    T::Future: Send,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    /// Follows until the database is gone.
    pub(super) async fn run(self, mut bell: watch::Receiver<u64>) {
        let gone = async move { while bell.changed().await.is_ok() {} };
        tokio::pin!(gone);
        let (mut source, mut store) = (0, 0);
        loop {
            let halt = tokio::select! {
                () = &mut gone => return,
                halt = self.round(&mut source, &mut store) => halt,
            };
            self.standing.send_modify(|standing| {
                standing.connected = false;
                standing.standby = matches!(halt, Halt::Elsewhere);
            });
            let wait = match halt {
                Halt::Gone => return,
                Halt::Source(status) => {
                    source += 1;
                    tracing::warn!(
                        source = self.source, code = ?status.code(), cause = status.message(), failures = source,
                        "the feed cannot be followed; calling again"
                    );
                    SOURCE.after(source)
                }
                Halt::Store(fault) => {
                    store += 1;
                    tracing::warn!(source = self.source, %fault, failures = store, "the feed is not taken in yet; trying again");
                    STORE.after(store)
                }
                Halt::Elsewhere => 0,
                Halt::Parked(attempts) => PARKED.after(attempts),
            };
            let wait = async { if wait > 0 { self.wait(wait).await } else { self.stand_by().await } };
            tokio::select! {
                () = &mut gone => return,
                () = wait => {}
            }
        }
    }

    /// Follows, over one connection, until something is in the way. `source` and `store` are how often in a row they failed.
    async fn round(&self, source: &mut i64, store: &mut i64) -> Halt {
        let ended = async {
            let mut place = place::read(&self.hold()?, &self.source).await?;
            let mut stream = self.call(&place).await?;
            loop {
                let mut batch = Batch::default();
                batch.add(self.next(&mut stream).await?);
                // What else is there already is taken in together. Its end, or a failure, comes again at the next look.
                let mut broken = None;
                while !batch.is_full(self.limits) && broken.is_none() {
                    match stream.message().now_or_never() {
                        Some(Ok(Some(answer))) => batch.add(answer),
                        Some(Ok(None)) => broken = Some(ended_status()),
                        Some(Err(status)) => broken = Some(status),
                        None => break,
                    }
                }
                *source = 0;
                self.told(&batch);
                self.take_in(&mut place, &batch).await?;
                *store = 0;
                if let Some(status) = broken {
                    return Err(Halt::Source(status));
                }
            }
        };
        let ended: Result<std::convert::Infallible, Halt> = ended.await;
        match ended {
            Ok(never) => match never {},
            Err(Halt::Source(status)) if refused(&status) => self.refused(&status).await.unwrap_or_else(Halt::Store),
            Err(halt) => halt,
        }
    }

    fn hold(&self) -> Result<Database, Halt> {
        self.database.upgrade().ok_or(Halt::Gone)
    }

    async fn call(&self, place: &Place) -> Result<Streaming<WatchChangesResponse>, Halt> {
        let request = WatchChangesRequest {
            parent: EVERYWHERE.to_owned(),
            cursor: place.cursor.clone(),
            kinds: self.kinds.clone(),
            body: Form::Message.into(),
            ..WatchChangesRequest::default()
        };
        let mut client = self.client.clone();
        let call = client.watch_changes(request);
        let answered = self.in_time(call).await?;
        Ok(answered.map_err(Halt::Source)?.into_inner())
    }

    async fn next(&self, stream: &mut Streaming<WatchChangesResponse>) -> Result<WatchChangesResponse, Halt> {
        let answer = self.in_time(stream.message()).await?;
        answer.map_err(Halt::Source)?.ok_or_else(|| Halt::Source(ended_status()))
    }

    /// A source that lives says so every [`HEARTBEAT`].
    async fn in_time<O>(&self, answer: impl Future<Output = O>) -> Result<O, Halt> {
        let patience = i64::try_from(HEARTBEAT.as_micros()).unwrap_or(i64::MAX).saturating_mul(3);
        tokio::select! {
            answer = answer => Ok(answer),
            () = self.clock.until(self.clock.now().saturating_add(patience)) => {
                Err(Halt::Source(Status::deadline_exceeded("the source has been silent for three heartbeats")))
            }
        }
    }

    /// Takes in what came, in as few transactions as the limits allow.
    async fn take_in(&self, place: &mut Place, batch: &Batch) -> Result<(), Halt> {
        if !batch.changes.is_sorted_by(|a, b| a.sequence < b.sequence) {
            return Err(Halt::Source(Status::data_loss("the source tells its changes out of order")));
        }
        // What was taken in before is not taken in again, even if it is told again.
        let old = batch.changes.partition_point(|change| change.sequence <= place.sequence);
        let mut rest = batch.changes.get(old..).unwrap_or_default();
        while !rest.is_empty() {
            let (portion, after) = rest.split_at(portion(rest, self.limits));
            rest = after;
            let target = target(portion, batch, rest.is_empty())?;
            match self.attempt(place, portion, &target).await {
                Ok(true) => self.moved(place, target),
                Ok(false) => return Err(Halt::Elsewhere),
                Err(fault) if passes(&fault) => return Err(Halt::Store(fault)),
                Err(fault) => self.one_by_one(place, portion, batch, fault).await?,
            }
        }
        // A bookmark, or changes of other kinds after the last of ours.
        if place.cursor != batch.cursor && batch.sequence >= place.sequence {
            let target = Place { cursor: batch.cursor.clone(), sequence: batch.sequence, attempts: 0, ..place.clone() };
            if !self.attempt(place, &[], &target).await? {
                return Err(Halt::Elsewhere);
            }
            self.moved(place, target);
        }
        Ok(())
    }

    /// Takes in each transaction of the source alone, so that only the one that cannot be is parked. `fault` is why they could
    /// not be taken in together.
    async fn one_by_one(
        &self,
        place: &mut Place,
        changes: &[Change],
        batch: &Batch,
        fault: Box<Fault>,
    ) -> Result<(), Halt> {
        let alone: Vec<&[Change]> = changes.chunk_by(|a, b| a.transaction == b.transaction).collect();
        if alone.len() == 1 {
            return Err(self.park(place, changes, &fault).await?);
        }
        for transaction in alone {
            let target = target(transaction, batch, false)?;
            match self.attempt(place, transaction, &target).await {
                Ok(true) => self.moved(place, target),
                Ok(false) => return Err(Halt::Elsewhere),
                Err(fault) if passes(&fault) => return Err(Halt::Store(fault)),
                Err(fault) => return Err(self.park(place, transaction, &fault).await?),
            }
        }
        Ok(())
    }

    /// Takes in changes, and the place after them, by one transaction. False where another replica follows the feed.
    async fn attempt(&self, place: &Place, changes: &[Change], target: &Place) -> Outcome<bool> {
        let Some(database) = self.database.upgrade() else { return Ok(false) };
        let mut tx = database.begin(&self.context).await?;
        match self.apply(&mut tx, place, changes, target).await {
            Ok(true) => tx.commit().await.map(|()| true),
            // On SQLite the next write would wait for this one.
            Ok(false) => tx.undo().await.map(|()| false),
            Err(fault) => {
                let undone = tx.undo().await;
                // Where the database is gone, the failure says less than that it is.
                undone.map_or_else(Err, |()| Err(fault))
            }
        }
    }

    async fn apply(&self, tx: &mut Transaction, place: &Place, changes: &[Change], target: &Place) -> Outcome<bool> {
        if !place::claim(tx, &self.source, place).await? {
            return Ok(false);
        }
        if !changes.is_empty() {
            // A panic would end the task, and with it the feed, without anybody being told.
            let applied = AssertUnwindSafe(self.handler.apply(tx, changes)).catch_unwind().await;
            applied.unwrap_or_else(|panic| Err(Fault::defect(said(panic.as_ref()))))?;
        }
        place::advance(tx, &self.source, target).await?;
        Ok(true)
    }

    /// Notes that changes cannot be taken in.
    async fn park(&self, place: &Place, changes: &[Change], fault: &Fault) -> Outcome<Halt> {
        let first = changes.first().cloned().unwrap_or_default();
        let now = self.clock.now();
        let attempts = place.attempts.saturating_add(1);
        let parked = Parked {
            source: self.source.clone(),
            service: if first.service.is_empty() { self.source.clone() } else { first.service },
            sequence: if changes.is_empty() { place.sequence } else { first.sequence },
            resource: first.resource,
            kind: first.kind,
            reason: fault.reason().to_owned(),
            message: fault.to_string(),
            since: now,
            attempts,
            try_time: now.saturating_add(PARKED.after(attempts)),
        };
        let Some(database) = self.database.upgrade() else { return Ok(Halt::Gone) };
        let mut tx = database.begin(&self.context).await?;
        if !place::claim(&mut tx, &self.source, place).await? {
            tx.undo().await?;
            return Ok(Halt::Elsewhere);
        }
        place::park(&mut tx, &parked).await?;
        tx.commit().await?;
        let Parked { source, service, sequence, resource, kind, .. } = parked;
        tracing::error!(
            source, service, sequence, resource, kind, attempts, %fault,
            "a change cannot be taken in; the feed is parked before it, and the change is tried again later"
        );
        self.standing.send_modify(|standing| standing.parked = true);
        Ok(Halt::Parked(attempts))
    }

    /// The source says that the cursor is not one it can go on from: nothing but a person can decide what to do.
    async fn refused(&self, status: &Status) -> Outcome<Halt> {
        let Some(database) = self.database.upgrade() else { return Ok(Halt::Gone) };
        let place = place::read(&database, &self.source).await?;
        drop(database);
        let message = format!(
            "the ledger of {} is not the one that was followed up to {}: its database was made anew, or put back to an older \
             state. Bring the former one back, or have the feed followed from its beginning (`feed::rewind`). It says: {}",
            self.source,
            place.sequence,
            status.message()
        );
        let fault = Fault::precondition(ErrorReason::CursorInvalid, message);
        self.park(&place, &[], &fault).await
    }

    /// What the source told of is known to be there, whether it is taken in or not.
    fn told(&self, batch: &Batch) {
        self.standing.send_modify(|standing| {
            (standing.connected, standing.standby) = (true, false);
            standing.newest = batch.newest.max(batch.sequence);
            if standing.is_level() {
                standing.through = self.clock.now();
            }
        });
    }

    fn moved(&self, place: &mut Place, target: Place) {
        let now = self.clock.now();
        // A bookmark carries the time of the change before it, which says nothing of now.
        let newer = (target.change_time != place.change_time).then(|| target.change_time.min(now));
        *place = target;
        self.standing.send_modify(|standing| {
            standing.parked = false;
            standing.sequence = place.sequence;
            standing.through = if standing.is_level() { now } else { newer.unwrap_or(standing.through) };
        });
    }

    /// Waits for about so long (microseconds), so that replicas do not all come back at once.
    async fn wait(&self, micros: i64) {
        let drawn = self.clock.entropy().last().copied().map_or(0, i64::from);
        let shorter = micros / 4 * drawn / 255;
        self.clock.until(self.clock.now().saturating_add(micros - shorter)).await;
    }

    /// Waits for as long as another replica follows the feed.
    async fn stand_by(&self) {
        let (mut seen, mut still) = (None, 0);
        while still < LOOKS {
            self.clock.until(self.clock.now().saturating_add(LOOK)).await;
            let Some(database) = self.database.upgrade() else { return };
            match place::read(&database, &self.source).await {
                Ok(place) if seen.as_ref() != Some(&place) => (seen, still) = (Some(place), 0),
                Ok(_) => still += 1,
                // The round that follows tells it.
                Err(_) => return,
            }
        }
    }
}

/// The place after changes of a batch: that of the batch itself, where they are its `last`.
fn target(changes: &[Change], batch: &Batch, last: bool) -> Result<Place, Halt> {
    let newest = changes.last();
    let sequence = newest.map_or(batch.sequence, |change| if last { batch.sequence } else { change.sequence });
    // Between the answers of the source its cursor is one for another place of the same ledger.
    let cursor = if last { Some(batch.cursor.clone()) } else { crate::cursor::at(&batch.cursor, sequence) };
    let cursor = cursor.ok_or_else(|| Halt::Source(Status::data_loss("the source gives cursors that are none")))?;
    let change_time = micros(newest.and_then(|change| change.change_time.as_ref()));
    Ok(Place { cursor, sequence, change_time, attempts: 0 })
}

/// Whether a failure goes away by itself.
fn passes(fault: &Fault) -> bool {
    matches!(fault.code(), Code::Unavailable | Code::Aborted)
}

/// Whether the source cannot go on from the cursor it was given.
fn refused(status: &Status) -> bool {
    let reason = status.get_details_error_info().map(|info| info.reason);
    matches!(reason.as_deref(), Some("CURSOR_INVALID" | "CURSOR_EXPIRED"))
}

fn ended_status() -> Status {
    Status::unavailable("the feed has ended")
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("the handler panicked: {}", text.unwrap_or_default())
}
