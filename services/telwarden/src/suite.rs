//! The suite in one process: every service on its own database, behind the gateway.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::{
    AuthenticateLayer, Clock, Denials, LocalKey, Roles, Rules, ServiceToken, SystemClock, Verifier, shipped_roles,
};
use anyhow::{Context as _, Result, bail};
use process::listen::{ListenLimits, TlsSettings};
use process::shutdown::Shutdown;
use store::denial::DeniedAttempts;
use store::{Database, Location, Tables};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::Layer as _;
use tower::util::BoxCloneSyncService;

use crate::client::{self, Client};
use crate::member::{self, MEMBERS};

/// The gRPC service by which every service of the suite shows its ledger.
pub const CHANGES: &str = "telwarden.changes.v1.ChangeService";

/// How to run the suite.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where databases, keys and files of evidence are.
    pub data: PathBuf,
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// A PostgreSQL server, with a user who may create databases, instead of embedded databases.
    pub postgres: Option<String>,
    /// Settings of the gateway.
    pub gateway: gateway::Settings,
    /// The certificate that the gateway shows; none: it speaks in the clear.
    pub tls: Option<TlsSettings>,
}

/// The suite, running.
pub struct Suite {
    /// Where the gateway answers.
    pub address: SocketAddr,
    /// The key that mints tokens.
    pub key: LocalKey,
    /// The databases, by service.
    pub databases: Vec<Database>,
    following: Vec<feed::Running>,
    secure: bool,
    front: gateway::Upstream,
    shutdown: Shutdown,
    serving: JoinHandle<std::io::Result<()>>,
}

/// Services, with the tables of each.
#[must_use]
pub fn services() -> Vec<(&'static str, Tables)> {
    MEMBERS.iter().map(|member| (member.name, (member.tables)())).collect()
}

/// Every gRPC service of the suite.
#[must_use]
pub fn grpc_services() -> Vec<String> {
    MEMBERS.iter().flat_map(|member| (member.grpc_services)()).chain([CHANGES.to_owned()]).collect()
}

/// The check every call passes, for tokens of the embedded default.
///
/// # Errors
/// When the key cannot be read or a method has no access rule.
pub fn door(key: &LocalKey) -> Result<AuthenticateLayer> {
    door_of(Verifier::new(key.trust())?, shipped_roles(), None)
}

/// The check every call passes, for one verifier. Attempts that it denies are told to `denials`, and to the log.
///
/// # Errors
/// When a method has no access rule.
pub fn door_of(verifier: Verifier, roles: Roles, denials: Option<Arc<dyn Denials>>) -> Result<AuthenticateLayer> {
    let rules = Rules::of(wire::pool(), &grpc_services())?;
    Ok(AuthenticateLayer::telling(Arc::new(verifier), roles, rules, Arc::new(SystemClock), denials))
}

/// The table of denied attempts of a service's database.
///
/// # Errors
/// When it cannot be made.
pub async fn denials(database: &Database) -> Result<Arc<dyn Denials>> {
    let attempts = DeniedAttempts::open(database).await.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    Ok(Arc::new(attempts))
}

/// Starts the suite; it serves when this returns.
///
/// # Errors
/// When a database, a key or the address cannot be used.
pub async fn start(options: Options) -> Result<Suite> {
    if let Some(tls) = &options.tls {
        tls.check()?;
    }
    let key = LocalKey::open(&options.data.join("keys"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (mut databases, mut served, mut neighbours) = (Vec::new(), Vec::new(), BTreeMap::new());
    let settings = member::Settings::new(options.data.join("evidence"));
    for member in &MEMBERS {
        let database = open(member.name, &(member.tables)(), &options.data, options.postgres.as_deref()).await?;
        let routes = (member.start)(&database, Arc::clone(&clock), &settings).await?;
        let door = door_of(Verifier::new(key.trust())?, shipped_roles(), Some(denials(&database).await?))?;
        let upstream = BoxCloneSyncService::new(door.layer(routes));
        neighbours.insert(member.name.to_owned(), upstream.clone());
        let (name, grpc_services) = (member.name.to_owned(), (member.grpc_services)());
        served.push(gateway::Service { name, grpc_services, upstream });
        databases.push(database);
    }
    let mut following = Vec::new();
    for (member, database) in MEMBERS.iter().zip(&databases) {
        let token = ServiceToken::minted(key.clone(), member.name, Arc::clone(&clock))?;
        following.extend(member::follow(member, database, &token, &neighbours, &clock).await?);
    }
    // The gateway denies first; it has no database, but in one process it has the table of the first service.
    let told = match databases.first() {
        Some(database) => Some(denials(database).await?),
        None => None,
    };
    let door = door_of(Verifier::new(key.trust())?, shipped_roles(), told)?;
    let gateway = gateway::gateway(served, door, options.gateway)?;
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!("cannot listen on {}: is another program there? choose another with --listen", options.listen)
    })?;
    let address = listener.local_addr()?;
    let shutdown = Shutdown::new();
    let (front, secure) = (gateway.service(), options.tls.is_some());
    let serving = tokio::spawn(gateway.serve(listener, options.tls, ListenLimits::default(), shutdown.clone()));
    Ok(Suite { address, key, databases, following, secure, front, shutdown, serving })
}

/// What the URL of a listener begins with.
pub(crate) fn scheme(secure: bool) -> &'static str {
    if secure { "https" } else { "http" }
}

/// Opens the database of a service: a file below `data`, or a database of the PostgreSQL server.
///
/// # Errors
/// When it cannot be opened, made or migrated.
pub async fn open(service: &str, tables: &Tables, data: &Path, postgres: Option<&str>) -> Result<Database> {
    let location = match postgres {
        None => Location::File(data.join(format!("{service}.db"))),
        Some(server) => Location::Url(database_of(server, service).await?),
    };
    Ok(Database::open(service, &location, tables).await?)
}

/// The URL of a service's own database on a server; the database is made when absent.
async fn database_of(server: &str, service: &str) -> Result<String> {
    use sea_orm::{ConnectionTrait as _, Statement};
    let Some((base, before)) = server.rsplit_once('/').filter(|(base, _)| base.len() > "postgres://".len()) else {
        bail!(
            "the PostgreSQL URL must name a database to connect to first: postgres://user:password@host:5432/postgres"
        );
    };
    let prefix = match before.split_once('?').map_or(before, |(name, _)| name) {
        "postgres" | "" => "telwarden",
        name => name,
    };
    let name = format!("{prefix}_{service}");
    let options = before.split_once('?').map(|(_, options)| format!("?{options}")).unwrap_or_default();
    let connection = sea_orm::Database::connect(server).await.context("the PostgreSQL server does not answer")?;
    let backend = connection.get_database_backend();
    let exists =
        Statement::from_sql_and_values(backend, "SELECT 1 FROM pg_database WHERE datname = $1", [name.clone().into()]);
    if connection.query_one_raw(exists).await?.is_none() {
        connection.execute_unprepared(&format!("CREATE DATABASE \"{}\"", name.replace('"', ""))).await?;
    }
    connection.close().await?;
    Ok(format!("{base}/{name}{options}"))
}

impl Suite {
    /// The gateway's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", scheme(self.secure), self.address)
    }

    /// Calls the gateway from within this process, whatever it shows to the network.
    ///
    /// # Errors
    /// When the token holds characters that no token has.
    pub fn client(&self, token: &str) -> Result<Client> {
        client::over(self.front.clone(), token)
    }

    /// A token of the embedded default, for an hour.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn token(&self, subject: &str, organizations: &[&str], roles: &[&str]) -> Result<String> {
        Ok(self.key.mint(subject, organizations, roles, SystemClock.now(), std::time::Duration::from_secs(3600))?)
    }

    /// Stops taking calls, lets those under way end, and closes the databases.
    ///
    /// # Errors
    /// When the gateway failed.
    pub async fn stop(self) -> Result<()> {
        self.shutdown.begin();
        self.serving.await??;
        // Services that follow each other hold each other's databases.
        for following in self.following {
            following.stop().await;
        }
        for database in &self.databases {
            database.close().await;
        }
        Ok(())
    }
}
