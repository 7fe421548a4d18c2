//! Two databases: that of a source, served with real tokens, and that of a consumer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use access::{
    AuthenticateLayer, Caller, Clock, Context, LocalKey, ManualClock, Rules, ServiceToken, Verifier, shipped_roles,
};
use fault::{Fault, Outcome};
use feed::{Consumer, Handler, Running};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use store::{Collection, Database, Location, MigrationTrait, MigratorTrait, SqlMigration, Tables, Transaction};
use tempfile::TempDir;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, Service, ServiceExt as _};
use wire::assets::v1::Site;
use wire::changes::v1::Change;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const START: i64 = 1_700_000_000 * SECOND;
pub(crate) const SITE: &str = "telwarden.assets.v1.Site";
const CHANGES: &str = "telwarden.changes.v1.ChangeService";

/// A resource as small as one can be.
pub(crate) struct Sites;

impl store::Resource for Sites {
    type Message = Site;
    const TABLE: &'static str = "site";
    const COLLECTION: &'static str = "sites";

    fn columns() -> &'static [store::Column<Site>] {
        store::columns![Site; display_name: text]
    }

    store::head!(Site;);
}

impl store::Rules for Sites {
    type Needs = ();
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let sites = Tables::new::<Self>().with::<Sites>().tables()[0].ddl.clone();
        let effect = "CREATE TABLE effect (\"sequence\" BIGINT NOT NULL, \"resource\" TEXT NOT NULL, \"value\" TEXT NOT NULL);\n";
        vec![
            Box::new(SqlMigration { name: "m0001_site", sql: sites.leak() }),
            Box::new(SqlMigration { name: "m0002_feed", sql: feed::TABLE }),
            Box::new(SqlMigration { name: "m0003_effect", sql: effect }),
        ]
    }
}

type Served = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Infallible>;
pub(crate) type Client = InterceptedService<Line, ServiceToken>;

/// The way to a source, which can be cut.
#[derive(Clone, Default)]
pub(crate) struct Line {
    served: Arc<Mutex<Option<Served>>>,
    calls: Arc<AtomicUsize>,
}

impl Line {
    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Service<http::Request<Body>> for Line {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let served = self.served.lock().clone();
        Box::pin(async move {
            match served {
                Some(served) => served.oneshot(request).await,
                None => Ok(Status::unavailable("nobody is there").into_http()),
            }
        })
    }
}

/// A source and a consumer of it.
pub(crate) struct Bench {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) key: LocalKey,
    pub(crate) line: Line,
    source: Location,
    consumer: Location,
    postgres: Option<String>,
    folder: TempDir,
}

impl Bench {
    pub(crate) async fn new(postgres: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open(&folder.path().join("keys")).unwrap();
        let source = testkit::location(&folder, "assets", postgres).await;
        let consumer = testkit::location(&folder, "controls", postgres).await;
        let clock = Arc::new(ManualClock::at(START));
        Self { clock, key, line: Line::default(), source, consumer, postgres: postgres.map(str::to_owned), folder }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Opens the database of the source and serves its feed.
    pub(crate) async fn serve(&self) -> Source {
        let database = Database::open("assets", &self.source, &tables()).await.unwrap();
        let routes = Routes::new(feed::service(&database));
        *self.line.served.lock() = Some(BoxCloneSyncService::new(self.door().layer(routes)));
        Source { sites: Collection::new(database.clone()), database, clock: self.clock() }
    }

    fn door(&self) -> AuthenticateLayer {
        let rules = Rules::of(wire::pool(), &[CHANGES]).unwrap();
        let verifier = Arc::new(Verifier::new(self.key.trust()).unwrap());
        AuthenticateLayer::new(verifier, shipped_roles(), rules, self.clock())
    }

    /// Cuts the way to the source, and ends what comes from it.
    pub(crate) async fn cut(&self, source: Source) {
        *self.line.served.lock() = None;
        source.database.close().await;
    }

    /// Another database takes the place of the source's.
    pub(crate) async fn replace_source(&mut self) {
        let folder = self.folder.path().join("other");
        self.source = match &self.postgres {
            Some(_) => testkit::location(&self.folder, "other", self.postgres.as_deref()).await,
            None => Location::File(folder.join("assets.db")),
        };
    }

    /// Opens the consumer's database: every time another replica.
    pub(crate) async fn open(&self) -> Database {
        Database::open("controls", &self.consumer, &tables()).await.unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        ServiceToken::minted(self.key.clone(), "controls", self.clock()).unwrap().around(self.line.clone())
    }

    pub(crate) fn consumer(&self, database: &Database) -> Consumer<Client> {
        Consumer::new(database, "assets", self.client(), self.clock())
    }

    pub(crate) async fn follow(&self, database: &Database, keeper: &Keeper) -> Running {
        self.consumer(database).kinds(&[SITE]).start(keeper.clone()).await.unwrap()
    }

    /// Waits until something holds, while time goes by a tenth of a second at a time.
    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let found = tokio::time::timeout(Duration::from_secs(60), async {
            while !holds().await {
                self.clock.advance(SECOND / 10);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(found.await.is_ok(), "never: {what}");
    }

    /// Waits until so many effects are there.
    pub(crate) async fn until_effects(&self, database: &Database, count: usize) {
        self.until(&format!("{count} effects"), async || effects(database).await.len() >= count).await;
    }
}

pub(crate) fn tables() -> Tables {
    Tables::new::<Migrator>().with::<Sites>()
}

/// The service that is followed.
pub(crate) struct Source {
    pub(crate) database: Database,
    sites: Collection<Sites>,
    clock: Arc<dyn Clock>,
}

impl Source {
    pub(crate) fn context(&self, organization: &str, trace: &str) -> Context {
        Context {
            caller: Arc::new(Caller::service("test", organization)),
            method: "test".into(),
            trace: trace.to_owned(),
            clock: Arc::clone(&self.clock),
            roles: Arc::default(),
        }
    }

    /// Creates sites by one transaction.
    pub(crate) async fn create(&self, organization: &str, ids: &[&str]) {
        self.create_traced(organization, ids, "").await;
    }

    pub(crate) async fn create_traced(&self, organization: &str, ids: &[&str], trace: &str) {
        self.write(&self.context(organization, trace), organization, ids, |id| format!("Site {id}")).await;
    }

    pub(crate) async fn create_named(&self, organization: &str, ids: &[&str], named: impl Fn(&str) -> String) {
        self.write(&self.context(organization, ""), organization, ids, named).await;
    }

    async fn write(&self, context: &Context, organization: &str, ids: &[&str], named: impl Fn(&str) -> String) {
        let mut tx = self.database.begin(context).await.unwrap();
        let site = |id: &&str| ((*id).to_owned(), Site { display_name: named(id), ..Site::default() });
        self.sites.create_in(&mut tx, organization, ids.iter().map(site).collect()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Serves the feed on a port too, and gives its address.
    pub(crate) async fn listen(&self, bench: &Bench) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let routes = Routes::new(feed::service(&self.database));
        tokio::spawn(Server::builder().layer(bench.door()).add_routes(routes).serve_with_incoming(incoming));
        address
    }

    pub(crate) async fn rename(&self, name: &str, display_name: &str) {
        let organization = name.split('/').nth(1).unwrap();
        let change = |_: &Context, _: &Site, new: &mut Site| {
            new.display_name = display_name.to_owned();
            Ok(())
        };
        self.sites.change(&self.context(organization, ""), name, "", change).await.unwrap();
    }

    pub(crate) async fn delete(&self, name: &str) {
        let organization = name.split('/').nth(1).unwrap();
        self.sites.delete(&self.context(organization, ""), name, "").await.unwrap();
    }
}

/// A handler that leaves a row for each change, and does with it what a test asks for.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    /// What came at once, each time.
    pub(crate) portions: Arc<Mutex<Vec<Portion>>>,
    trap: Arc<Mutex<Option<Trap>>>,
}

/// Of each change of a portion the place of its transaction, and its own.
pub(crate) type Portion = Vec<(i64, i64)>;

/// What happens at a change, given its resource, after its row is written.
type Trap = Arc<dyn Fn(&str) -> BoxFuture<'static, Outcome<()>> + Send + Sync>;

impl Keeper {
    pub(crate) fn set(&self, trap: impl Fn(&str) -> BoxFuture<'static, Outcome<()>> + Send + Sync + 'static) {
        *self.trap.lock() = Some(Arc::new(trap));
    }

    /// Fails, by `failure`, at changes of a resource.
    pub(crate) fn fail_at(&self, resource: &str, failure: impl Fn() -> Box<Fault> + Send + Sync + 'static) {
        let resource = resource.to_owned();
        self.set(move |changed| {
            let outcome = if changed == resource { Err(failure()) } else { Ok(()) };
            Box::pin(async move { outcome })
        });
    }

    pub(crate) fn heal(&self) {
        *self.trap.lock() = None;
    }

    pub(crate) fn tries(&self) -> usize {
        self.portions.lock().len()
    }
}

#[tonic::async_trait]
impl Handler for Keeper {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        self.portions.lock().push(changes.iter().map(|change| (change.transaction, change.sequence)).collect());
        let trap = self.trap.lock().clone();
        let mut rows = Vec::with_capacity(changes.len());
        for change in changes {
            let value = feed::after::<Site>(change)?.map_or_else(|| "gone".to_owned(), |site| site.display_name);
            rows.push(vec![change.sequence.into(), change.resource.as_str().into(), value.into()]);
        }
        tx.insert("effect", &["sequence", "resource", "value"], rows).await?;
        for change in changes {
            if let Some(trap) = &trap {
                trap(&change.resource).await?;
            }
        }
        Ok(())
    }
}

/// What the handler left: place, resource and value, in order of place.
pub(crate) async fn effects(database: &Database) -> Vec<(i64, String, String)> {
    let sql = database.sql("SELECT sequence, resource, value FROM effect ORDER BY sequence");
    let rows = database.rows(sql).await.unwrap();
    let row = |row: &sea_orm::QueryResult| {
        (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap(), row.try_get_by_index(2).unwrap())
    };
    rows.iter().map(row).collect()
}

/// The places of what the handler left.
pub(crate) async fn sequences(database: &Database) -> Vec<i64> {
    effects(database).await.into_iter().map(|(sequence, _, _)| sequence).collect()
}

macro_rules! on_every_database {
    ($(async fn $name:ident($($bench:ident)+) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let $($bench)+ = crate::bench::Bench::new(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}
pub(crate) use on_every_database;
