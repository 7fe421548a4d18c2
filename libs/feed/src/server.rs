//! The ledger of one database as a feed.

use std::pin::Pin;
use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
use futures::Stream;
use store::{Database, Entry, LedgerPage, open};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};
use wire::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use wire::changes::v1::watch_changes_request::Body;
use wire::changes::v1::{Change, ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};
use wire::fault::v1::ErrorReason;

use crate::cursor::{read, write};
use crate::restricted::Visible;
use crate::view;

/// How often a quiet feed says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
const HELLO: Duration = Duration::from_millis(1);
/// How many entries are read at once; a larger transaction is read whole.
const PAGE: i64 = 500;
/// How long a reader may take nothing before it is cut off.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many answers may wait for a reader.
const AHEAD: usize = 8;

/// The gRPC service of one database's ledger.
#[must_use]
pub fn service(database: &Database) -> ChangeServiceServer<Feed> {
    ChangeServiceServer::new(Feed { database: database.clone() }).max_encoding_message_size(usize::MAX)
}

/// Serves the ledger of one database.
#[derive(Clone)]
pub struct Feed {
    database: Database,
}

/// Whose changes a reader sees.
enum Scope {
    Organization(String),
    /// Those of all organizations, of which only services of the suite may read at once.
    Everywhere,
}

impl Scope {
    /// Lets a reader in.
    fn enter(context: &Context, parent: &str) -> Outcome<Self> {
        if parent == EVERYWHERE {
            context.enter_everywhere("parent")?;
            return Ok(Self::Everywhere);
        }
        let organization = resource::parse_parent(parent)
            .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
        context.enter(&organization, parent)?;
        Ok(Self::Organization(organization))
    }

    async fn entries(&self, database: &Database, after: i64, limit: i64) -> Outcome<LedgerPage> {
        match self {
            Self::Organization(organization) => database.entries(organization, after, limit).await,
            Self::Everywhere => database.entries_of_all(after, limit).await,
        }
    }
}

/// The parent of the changes of all organizations (AIP-159).
pub(crate) const EVERYWHERE: &str = "organizations/-";

/// What a reader wants to see.
struct Wanted {
    scope: Scope,
    kinds: Vec<String>,
    prefix: String,
    visible: Visible,
    body: Body,
}

impl Wanted {
    fn wants(&self, entry: &Entry) -> bool {
        self.visible.contains(&entry.kind)
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
            && entry.resource.starts_with(&self.prefix)
    }
}

#[tonic::async_trait]
impl ChangeService for Feed {
    type WatchChangesStream = Pin<Box<dyn Stream<Item = Result<WatchChangesResponse, Status>> + Send>>;

    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let (context, request) = open(request)?;
        Ok(Response::new(self.list(&context, &request).await?))
    }

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (context, request) = open(request)?;
        let scope = Scope::enter(&context, &request.parent)?;
        let after = match request.cursor.as_str() {
            "" if request.from_now => self.database.newest().await?,
            "" => 0,
            cursor => read(self.database.identity(), cursor).ok_or_else(foreign)?,
        };
        if after > self.database.newest().await? {
            return Err(foreign().into());
        }
        let body = request.body();
        let visible = Visible::to(&context);
        let wanted = Wanted { scope, kinds: request.kinds, prefix: request.resource_prefix, visible, body };
        let (sender, receiver) = mpsc::channel(AHEAD);
        let database = self.database.clone();
        tokio::spawn(async move {
            if let Err(fault) = follow(&database, &wanted, after, &sender).await {
                let _ = sender.send(Err(Status::from(fault))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

impl Feed {
    async fn list(&self, context: &Context, request: &ListChangesRequest) -> Outcome<ListChangesResponse> {
        let scope = Scope::enter(context, &request.parent)?;
        let size = if request.page_size == 0 { 50 } else { i64::from(request.page_size.min(1000)) };
        let mut after = match request.page_token.as_str() {
            "" => 0,
            token => read(self.database.identity(), token).ok_or_else(|| {
                let message = "the page token was not made by this ledger: take the next_page_token of the page before";
                Fault::invalid(ErrorReason::PageTokenInvalid, message).on("page_token")
            })?,
        };
        let visible = Visible::to(context);
        let wanted =
            |kind: &String| visible.contains(kind) && (request.kinds.is_empty() || request.kinds.contains(kind));
        let mut changes = Vec::new();
        loop {
            let page = if request.resource.is_empty() {
                scope.entries(&self.database, after, size).await?
            } else {
                context.enter(request.resource.split('/').nth(1).unwrap_or_default(), &request.resource)?;
                self.database.history(&request.resource, after, size).await?
            };
            let full = i64::try_from(page.entries.len()).unwrap_or(i64::MAX) >= size;
            for entry in page.entries {
                after = entry.sequence;
                if wanted(&entry.kind) {
                    changes.push(view::change(self.database.service(), entry, Body::Json)?);
                }
                if i64::try_from(changes.len()).unwrap_or(i64::MAX) >= size {
                    return Ok(ListChangesResponse {
                        changes,
                        next_page_token: write(self.database.identity(), after),
                    });
                }
            }
            if !full {
                return Ok(ListChangesResponse { changes, next_page_token: String::new() });
            }
        }
    }
}

fn foreign() -> Box<Fault> {
    let message = "the cursor was not made by this feed: list the resources, then watch with `from_now`";
    Fault::invalid(ErrorReason::CursorInvalid, message).on("cursor")
}

/// Sends what there is, then waits to be woken; says that it is alive, and where it stands, when it has had nothing to tell
/// for a while: also a reader who wants little of a busy ledger has a recent cursor.
async fn follow(
    database: &Database,
    wanted: &Wanted,
    mut after: i64,
    sender: &mpsc::Sender<Result<WatchChangesResponse, Status>>,
) -> Outcome<()> {
    let mut head = database.head();
    // A reader learns at once that it is connected, and where it stands.
    let mut beat = Instant::now() + HELLO;
    loop {
        loop {
            let newest = *head.borrow_and_update();
            let page = wanted.scope.entries(database, after, PAGE).await?;
            let moved = page.through > after;
            after = after.max(page.through);
            let changes = page
                .entries
                .into_iter()
                .filter(|entry| wanted.wants(entry))
                .map(|entry| view::change(database.service(), entry, wanted.body))
                .collect::<Outcome<Vec<Change>>>()?;
            if !changes.is_empty() {
                send(sender, answer(database, changes, after)).await?;
                beat = Instant::now() + HEARTBEAT;
            }
            if !moved || after >= newest || Instant::now() >= beat {
                break;
            }
        }
        if Instant::now() < beat {
            tokio::select! {
                () = sender.closed() => return Ok(()),
                woken = tokio::time::timeout_at(beat, head.changed()) => match woken {
                    Ok(Ok(())) => continue,
                    Ok(Err(_)) => return Ok(()),
                    Err(_) => {}
                },
            }
        }
        send(sender, WatchChangesResponse { heartbeat: true, ..answer(database, Vec::new(), after) }).await?;
        beat = Instant::now() + HEARTBEAT;
    }
}

fn answer(database: &Database, changes: Vec<Change>, after: i64) -> WatchChangesResponse {
    let newest = (*database.head().borrow()).max(after);
    WatchChangesResponse {
        changes,
        cursor: write(database.identity(), after),
        heartbeat: false,
        sequence: after,
        newest,
    }
}

async fn send(
    sender: &mpsc::Sender<Result<WatchChangesResponse, Status>>,
    response: WatchChangesResponse,
) -> Outcome<()> {
    let slow = |_| {
        let message = "the reader took nothing for 30 s and was cut off: resume from its last cursor";
        Fault::new(Code::Aborted, ErrorReason::ReaderTooSlow, message)
    };
    sender.send_timeout(Ok(response), PATIENCE).await.map_err(slow)
}
