//! The ledgers of all services as one: `telwarden.changes.v1.ChangeService` of the whole suite.

mod cursor;
mod feed;
mod pages;

use std::sync::Arc;

use futures::future::try_join_all;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, stream};
use process::shutdown::Shutdown;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use wire::changes::v1::{ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};

use crate::{Service, Upstream};
use cursor::Cursor;
use feed::Event;
use pages::PageToken;

/// The service that every upstream serves for its own ledger.
pub(crate) const CHANGE_SERVICE: &str = "telwarden.changes.v1.ChangeService";

/// What of a caller's headers its calls to the ledgers carry.
const FORWARDED: [&str; 4] = ["authorization", "traceparent", "tracestate", "x-request-id"];

/// The largest answer of one ledger: a page or a transaction of large resources.
const ANSWER_LIMIT: usize = 64 << 20;

/// How many changes a page has where the caller does not say, and at most.
const PAGE: i32 = 50;
const LARGEST_PAGE: i32 = 1000;

/// The change service over all services. Its feeds end when the door is `closing`, rather than hold it open.
pub(crate) fn server(services: &[Service], closing: &Shutdown) -> ChangeServiceServer<Changes> {
    let mut ledgers: Vec<Ledger> = services
        .iter()
        .map(|service| Ledger { name: service.name.as_str().into(), upstream: service.upstream.clone() })
        .collect();
    ledgers.sort_by(|a, b| a.name.cmp(&b.name));
    ChangeServiceServer::new(Changes { ledgers, closing: closing.clone() })
}

/// The ledgers, in the order of their services' names.
pub(crate) struct Changes {
    ledgers: Vec<Ledger>,
    closing: Shutdown,
}

struct Ledger {
    name: Arc<str>,
    upstream: Upstream,
}

impl Ledger {
    fn client(&self) -> ChangeServiceClient<Upstream> {
        ChangeServiceClient::new(self.upstream.clone()).max_decoding_message_size(ANSWER_LIMIT)
    }
}

fn carrying<T>(caller: &MetadataMap, message: T) -> Request<T> {
    let mut request = Request::new(message);
    for name in FORWARDED {
        if let Some(value) = caller.get(name) {
            request.metadata_mut().insert(name, value.clone());
        }
    }
    request
}

#[tonic::async_trait]
impl ChangeService for Changes {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let (caller, _, asked) = request.into_parts();
        fault::check(&asked)?;
        let token = PageToken::read(&asked)?;
        let wanted = if asked.page_size == 0 { PAGE } else { asked.page_size.min(LARGEST_PAGE) };
        let mut answer = ListChangesResponse::default();
        let mut page_token = token.page_token;
        let start = self.ledgers.partition_point(|ledger| *ledger.name < *token.service);
        let mut ledgers = self.ledgers.get(start..).unwrap_or_default().iter().peekable();
        while let Some(ledger) = ledgers.next() {
            // A ledger that is gone gave its name to the token, but has nothing more to say.
            let resumed = if *ledger.name == *token.service { std::mem::take(&mut page_token) } else { String::new() };
            let missing = wanted.saturating_sub(i32::try_from(answer.changes.len()).unwrap_or(i32::MAX));
            let message = ListChangesRequest { page_size: missing, page_token: resumed, ..asked.clone() };
            let page = ledger.client().list_changes(carrying(&caller, message)).await?.into_inner();
            answer.changes.extend(page.changes);
            let full = i32::try_from(answer.changes.len()).unwrap_or(i32::MAX) >= wanted;
            let next = match ledgers.peek() {
                _ if !page.next_page_token.is_empty() => (&ledger.name, page.next_page_token),
                Some(next) if full => (&next.name, String::new()),
                Some(_) => continue,
                None => break,
            };
            answer.next_page_token = PageToken { service: next.0.to_string(), page_token: next.1 }.write(&asked);
            break;
        }
        Ok(Response::new(answer))
    }

    type WatchChangesStream = BoxStream<'static, Result<WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (caller, _, asked) = request.into_parts();
        fault::check(&asked)?;
        let cursor = Cursor::read(&asked.cursor)?;
        let resumed = !asked.cursor.is_empty();
        let opened = self.ledgers.iter().map(|ledger| {
            let message = WatchChangesRequest {
                cursor: cursor.of(&ledger.name).to_owned(),
                // A service that came after the cursor was made is told from its first change on.
                from_now: asked.from_now && !resumed,
                ..asked.clone()
            };
            let (request, name) = (carrying(&caller, message), Arc::clone(&ledger.name));
            let mut client = ledger.client();
            async move { client.watch_changes(request).await.map(|answer| named(name, answer.into_inner())) }.boxed()
        });
        let sources = try_join_all(opened).await?;
        let feed = feed::merge(sources, cursor, asked.from_now && !resumed);
        let closing = self.closing.token().cancelled_owned();
        Ok(Response::new(feed.take_until(closing).boxed()))
    }
}

/// The answers of one ledger under its name, and its end.
fn named(
    name: Arc<str>,
    answers: impl stream::Stream<Item = Result<WatchChangesResponse, Status>> + Send + 'static,
) -> BoxStream<'static, Event> {
    let end = Event { service: Arc::clone(&name), answer: None };
    let events = answers.map(move |answer| Event { service: Arc::clone(&name), answer: Some(answer) });
    events.chain(stream::once(async { end })).boxed()
}
