//! Two services without a database: sites by name, and a ledger that the test writes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use fault::Fault;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};
use wire::assets::v1::site_service_server::SiteService;
use wire::assets::v1::*;
use wire::changes::v1::change_service_server::ChangeService;
use wire::changes::v1::{Change, ListChangesRequest, ListChangesResponse, WatchChangesRequest, WatchChangesResponse};

/// Sites by name. A site called `slow` is given out only once it is released; the metadata of every call is kept.
#[derive(Clone, Default)]
pub(crate) struct Sites {
    pub(crate) held: Arc<Mutex<BTreeMap<String, Site>>>,
    pub(crate) seen: Arc<Mutex<Vec<MetadataMap>>>,
    pub(crate) entered: Arc<Notify>,
    pub(crate) release: Arc<Notify>,
}

impl Sites {
    fn saw<T>(&self, request: &Request<T>) {
        self.seen.lock().push(request.metadata().clone());
    }
}

#[tonic::async_trait]
impl SiteService for Sites {
    async fn create_site(&self, request: Request<CreateSiteRequest>) -> Result<Response<Site>, Status> {
        self.saw(&request);
        let asked = request.into_inner();
        fault::check(&asked)?;
        let mut site = asked.site.unwrap_or_default();
        site.name = format!("{}/sites/{}", asked.parent, asked.site_id);
        site.etag = "\"1\"".to_owned();
        self.held.lock().insert(site.name.clone(), site.clone());
        Ok(Response::new(site))
    }

    async fn get_site(&self, request: Request<GetSiteRequest>) -> Result<Response<Site>, Status> {
        self.saw(&request);
        let name = request.into_inner().name;
        assert!(!name.ends_with("/panics"), "a site that panics");
        if name.ends_with("/slow") {
            self.entered.notify_one();
            self.release.notified().await;
        }
        let found = self.held.lock().get(&name).cloned();
        Ok(Response::new(found.ok_or_else(|| Fault::not_found(&name))?))
    }

    async fn list_sites(&self, request: Request<ListSitesRequest>) -> Result<Response<ListSitesResponse>, Status> {
        self.saw(&request);
        let sites = self.held.lock().values().cloned().collect();
        Ok(Response::new(ListSitesResponse { sites, ..Default::default() }))
    }

    async fn update_site(&self, request: Request<UpdateSiteRequest>) -> Result<Response<Site>, Status> {
        self.saw(&request);
        Ok(Response::new(request.into_inner().site.unwrap_or_default()))
    }

    async fn delete_site(&self, request: Request<DeleteSiteRequest>) -> Result<Response<()>, Status> {
        self.saw(&request);
        self.held.lock().remove(&request.into_inner().name);
        Ok(Response::new(()))
    }
}

/// The ledger of one service; its cursor is the sequence.
#[derive(Clone)]
pub(crate) struct Ledger {
    service: &'static str,
    length: Arc<watch::Sender<i64>>,
    pub(crate) seen: Arc<Mutex<Vec<MetadataMap>>>,
}

impl Ledger {
    pub(crate) fn new(service: &'static str, length: i64) -> Self {
        Self { service, length: Arc::new(watch::Sender::new(length)), seen: Arc::default() }
    }

    /// Commits one more change.
    pub(crate) fn commit(&self) {
        self.length.send_modify(|length| *length += 1);
    }

    fn change(service: &str, sequence: i64) -> Change {
        let resource = format!("organizations/acme/things/{sequence}");
        Change { service: service.to_owned(), sequence, resource, ..Default::default() }
    }
}

#[tonic::async_trait]
impl ChangeService for Ledger {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        self.seen.lock().push(request.metadata().clone());
        let asked = request.into_inner();
        let after: i64 = asked.page_token.parse().unwrap_or_default();
        let length = *self.length.borrow();
        let last = length.min(after + i64::from(asked.page_size));
        let changes = (after + 1..=last).map(|sequence| Self::change(self.service, sequence)).collect();
        let next_page_token = if last < length { last.to_string() } else { String::new() };
        Ok(Response::new(ListChangesResponse { changes, next_page_token }))
    }

    type WatchChangesStream = BoxStream<'static, Result<WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        self.seen.lock().push(request.metadata().clone());
        let asked = request.into_inner();
        let from = match asked.cursor.parse::<i64>() {
            Ok(cursor) => cursor,
            Err(_) if asked.from_now => *self.length.borrow(),
            Err(_) => 0,
        };
        let service = self.service;
        // A reader that starts at "now" is told where that is.
        let now = WatchChangesResponse { cursor: from.to_string(), heartbeat: true, ..Default::default() };
        let start = stream::iter(asked.from_now.then_some(Ok(now)));
        let length = self.length.subscribe();
        let changes = stream::unfold((from, length), move |(at, mut length)| async move {
            length.wait_for(|length| *length > at).await.ok()?;
            let changes = vec![Self::change(service, at + 1)];
            let answer = WatchChangesResponse { changes, cursor: (at + 1).to_string(), ..Default::default() };
            Some((Ok(answer), (at + 1, length)))
        });
        Ok(Response::new(start.chain(changes).boxed()))
    }
}
