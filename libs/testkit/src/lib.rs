//! A service in one process, with real tokens, a real database and a real connection, for tests.
//!
//! Tests run on an embedded database always, and on PostgreSQL where `TELWARDEN_TEST_POSTGRES` names a server
//! (`cargo xtask test` sees to it); without it they say so.
#![expect(clippy::expect_used, reason = "only tests depend on this crate, and a test may fail loudly")]

pub mod collector;
mod resources;
mod source;

use std::sync::Arc;
use std::time::Duration;

use access::{AuthenticateLayer, Clock, LocalKey, Rules, SystemClock, Verifier, shipped_roles};
use sea_orm::ConnectionTrait as _;
use store::{Database, Location, Tables};
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::service::{Interceptor, Routes};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Status};

pub use resources::{migrations_hold, output_only_holds};
pub use source::Source;

/// The names of the databases tests run on here.
#[must_use]
pub fn backends() -> Vec<Option<String>> {
    match std::env::var("TELWARDEN_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => vec![None, Some(url)],
        _ => {
            eprintln!(
                "SKIPPED on PostgreSQL: TELWARDEN_TEST_POSTGRES names no server; `cargo xtask test` finds or installs one"
            );
            vec![None]
        }
    }
}

/// Runs tests of a service on every database there is: the binary's own `registry` starts it.
#[expect(clippy::crate_in_macro_def, reason = "each test binary has a `registry` of its own")]
#[macro_export]
macro_rules! on_every_database {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident) $body:block)*) => {$(
        $(#[$meta])*
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in $crate::backends() {
                let $bench = crate::registry(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}

/// One service, serving.
pub struct Bench {
    /// Its database.
    pub database: Database,
    /// Its folder, with the key and, when embedded, the database.
    pub folder: TempDir,
    key: LocalKey,
    clock: Arc<dyn Clock>,
    channel: Channel,
}

/// Puts a token on a call.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// A connection with a token.
pub type Client = InterceptedService<Channel, Bearer>;

/// A database for one test: a file, or a fresh database of the server.
///
/// # Panics
/// When it cannot be made.
pub async fn location(folder: &TempDir, service: &str, postgres: Option<&str>) -> Location {
    let Some(server) = postgres else { return Location::File(folder.path().join(format!("{service}.db"))) };
    let name = format!("test_{}", SystemClock.id().replace('-', ""));
    let connection = sea_orm::Database::connect(server).await.expect("the PostgreSQL server answers");
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
    connection.close().await.expect("the connection closes");
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    Location::Url(format!("{base}/{name}"))
}

/// The service that every service serves beside its own: its part of the ledger.
const CHANGES: &str = "telwarden.changes.v1.ChangeService";

impl Bench {
    /// Starts a service made by `service` on a database of its own.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start<F>(
        name: &str,
        tables: &Tables,
        postgres: Option<&str>,
        services: &[String],
        service: impl FnOnce(Database) -> F,
    ) -> Self
    where
        F: Future<Output = Routes>,
    {
        Self::start_at(Arc::new(SystemClock), name, tables, postgres, services, service).await
    }

    /// As [`Bench::start`], where calls and tokens take their time from `clock`. After the clock is turned by more than an
    /// hour a connection needs a new token: take another [`Bench::client`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start_at<F>(
        clock: Arc<dyn Clock>,
        name: &str,
        tables: &Tables,
        postgres: Option<&str>,
        services: &[String],
        service: impl FnOnce(Database) -> F,
    ) -> Self
    where
        F: Future<Output = Routes>,
    {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let key = LocalKey::open(&folder.path().join("keys")).expect("a key can be made");
        let location = location(&folder, name, postgres).await;
        let database = Database::open(name, &location, tables).await.expect("the database opens");
        Self::serve(clock, database, (folder, key), services, service).await
    }

    /// The same service once more on the same database: another replica, or this one after a restart.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn beside<F>(&self, services: &[String], service: impl FnOnce(Database) -> F) -> Self
    where
        F: Future<Output = Routes>,
    {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let key = LocalKey::open(&self.folder.path().join("keys")).expect("the key can be read");
        Self::serve(Arc::clone(&self.clock), self.database.clone(), (folder, key), services, service).await
    }

    async fn serve<F>(
        clock: Arc<dyn Clock>,
        database: Database,
        (folder, key): (TempDir, LocalKey),
        services: &[String],
        service: impl FnOnce(Database) -> F,
    ) -> Self
    where
        F: Future<Output = Routes>,
    {
        let services: Vec<String> = services.iter().cloned().chain([CHANGES.to_owned()]).collect();
        let rules = Rules::of(wire::pool(), &services).expect("every method has a rule");
        let verifier = Verifier::new(key.trust()).expect("the key can be read");
        let door = AuthenticateLayer::new(Arc::new(verifier), shipped_roles(), rules, Arc::clone(&clock));
        let routes = service(database.clone()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(Server::builder().layer(door).add_routes(routes).serve_with_incoming(incoming));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("the address is one");
        Self { database, folder, key, clock, channel: endpoint.connect_lazy() }
    }

    /// A connection with a token of these roles in these organizations.
    ///
    /// # Panics
    /// When the token cannot be made.
    #[must_use]
    pub fn client(&self, subject: &str, organizations: &[&str], roles: &[&str]) -> Client {
        let token = self
            .key
            .mint(subject, organizations, roles, self.clock.now(), Duration::from_secs(3600))
            .expect("a token is made");
        let value = format!("Bearer {token}").parse().expect("a token is a header");
        InterceptedService::new(self.channel.clone(), Bearer(Some(value)))
    }

    /// A connection without a token.
    #[must_use]
    pub fn stranger(&self) -> Client {
        InterceptedService::new(self.channel.clone(), Bearer(None))
    }
}

/// The ledger of a bench holds, and every row is what it says.
///
/// # Panics
/// Where not, with what is wrong.
pub async fn ledger_holds(bench: &Bench, tables: &Tables) {
    let found = store::verify(&bench.database, tables).await.expect("the database answers");
    found.expect("the ledger holds");
}

/// The first field that an error complains of; empty where it names none.
#[must_use]
pub fn field(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().next().map(|violation| violation.field).unwrap_or_default()
}

/// The reason in the details of an error.
#[must_use]
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
