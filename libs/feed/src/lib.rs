//! The change stream: the ledger of one service as an ordered feed.
//!
//! Guarantees, in etcd's words: *ordered* (by sequence), *unique* (per cursor), *atomic* (a transaction's changes are never
//! split), *reliable* (no gaps), *resumable* (from any cursor), *bookmarkable* (a heartbeat's cursor promises that nothing
//! older will come). They rest on the ledger being numbered in the order of visibility (see `store`).

mod cursor;
mod restricted;
mod view;

use std::pin::Pin;
use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
use futures::Stream;
use store::{Database, Entry, open};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};
use wire::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use wire::changes::v1::{Change, ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};
use wire::fault::v1::ErrorReason;

use cursor::{read, write};
use restricted::Visible;

/// How often a quiet feed says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
const HELLO: Duration = Duration::from_millis(1);
/// How many entries are read at once; a larger transaction is read whole.
const PAGE: i64 = 500;
/// How long a reader may take nothing before it is cut off.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// What a reader wants to see of an organization's changes.
struct Wanted {
    organization: String,
    kinds: Vec<String>,
    prefix: String,
    visible: Visible,
}

impl Wanted {
    fn wants(&self, entry: &Entry) -> bool {
        self.visible.contains(&entry.kind)
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
            && entry.resource.starts_with(&self.prefix)
    }
}

fn enter(context: &Context, parent: &str) -> Outcome<String> {
    let organization = resource::parse_parent(parent)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
    context.enter(&organization, parent)?;
    Ok(organization)
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
        let organization = enter(&context, &request.parent)?;
        let after = match request.cursor.as_str() {
            "" if request.from_now => self.database.newest().await?,
            "" => 0,
            cursor => read(self.database.identity(), cursor).ok_or_else(foreign)?,
        };
        if after > self.database.newest().await? {
            return Err(foreign().into());
        }
        let visible = Visible::to(&context);
        let wanted = Wanted { organization, kinds: request.kinds, prefix: request.resource_prefix, visible };
        let (sender, receiver) = mpsc::channel(8);
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
        let organization = enter(context, &request.parent)?;
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
                self.database.entries(&organization, after, size).await?
            } else {
                context.enter(request.resource.split('/').nth(1).unwrap_or_default(), &request.resource)?;
                self.database.history(&request.resource, after, size).await?
            };
            let full = i64::try_from(page.entries.len()).unwrap_or(i64::MAX) >= size;
            for entry in page.entries {
                after = entry.sequence;
                if wanted(&entry.kind) {
                    changes.push(view::change(self.database.service(), &entry)?);
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

/// Sends what there is, then waits to be woken; says that it is alive when nothing comes.
async fn follow(
    database: &Database,
    wanted: &Wanted,
    mut after: i64,
    sender: &mpsc::Sender<Result<WatchChangesResponse, Status>>,
) -> Outcome<()> {
    let mut head = database.head();
    // A reader learns at once that it is connected, and where it stands.
    let mut quiet = HELLO;
    loop {
        let newest = *head.borrow_and_update();
        loop {
            let page = database.entries(&wanted.organization, after, PAGE).await?;
            let through = page.through;
            let changes = page
                .entries
                .iter()
                .filter(|entry| wanted.wants(entry))
                .map(|entry| view::change(database.service(), entry))
                .collect::<Outcome<Vec<Change>>>()?;
            let moved = through > after;
            after = after.max(through);
            if !changes.is_empty() {
                send(
                    sender,
                    WatchChangesResponse { changes, cursor: write(database.identity(), after), heartbeat: false },
                )
                .await?;
            }
            if !moved || after >= newest {
                break;
            }
        }
        tokio::select! {
            () = sender.closed() => return Ok(()),
            woken = tokio::time::timeout(std::mem::replace(&mut quiet, HEARTBEAT), head.changed()) => match woken {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => {
                    let beat = WatchChangesResponse { changes: Vec::new(), cursor: write(database.identity(), after), heartbeat: true };
                    send(sender, beat).await?;
                }
            },
        }
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
