//! One service, or the gateway, alone: as production runs it.

mod own;
mod trust;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::{Clock, ServiceToken, SystemClock, shipped_roles};
use anyhow::{Context as _, Result, bail};
use process::listen::{ListenLimits, TlsSection, TlsSettings};
use process::shutdown::Shutdown;
use process::telemetry::TelemetrySettings;
use serde::Deserialize;
use store::{Database, Location};
use tokio::net::TcpListener;
use tower::Layer as _;
use tower::util::BoxCloneSyncService;

use crate::member::{self, MEMBERS, Member};
use crate::suite;
use own::{AssetsSection, EvidenceSection};
use trust::TrustSection;

/// What can run alone: every service, and the gateway.
#[must_use]
pub fn names() -> Vec<&'static str> {
    member::names().into_iter().chain(["gateway"]).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceConfig {
    service: ServiceSection,
    assets: Option<AssetsSection>,
    evidence: Option<EvidenceSection>,
    #[serde(default)]
    follow: FollowSection,
    trust: TrustSection,
    #[serde(default)]
    tls: TlsSection,
    telemetry: TelemetrySettings,
    listen: ListenLimits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceSection {
    address: SocketAddr,
    database: String,
}

/// The services whose feeds a service follows, and the token it calls them with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowSection {
    token_file: PathBuf,
    #[serde(default)]
    assets: Vec<String>,
    #[serde(default)]
    controls: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewayConfig {
    door: DoorSection,
    upstreams: BTreeMap<String, Vec<String>>,
    trust: TrustSection,
    #[serde(default)]
    tls: TlsSection,
    gateway: gateway::Settings,
    telemetry: TelemetrySettings,
    listen: ListenLimits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorSection {
    address: SocketAddr,
}

/// The built-in settings of what runs alone, each explained.
///
/// # Errors
/// When there is nothing of that name.
pub fn defaults(name: &str) -> Result<String> {
    if name == "gateway" {
        return Ok(format!("{}\n{}\n{}", include_str!("serve/gateway.toml"), gateway::DEFAULTS, process::DEFAULTS));
    }
    let Some(member) = MEMBERS.iter().find(|member| member.name == name) else {
        bail!("no service {name}; there are: {}", names().join(", "))
    };
    let own = include_str!("serve/service.toml");
    let own = own.replace("{name}", member.name).replace("{port}", &member.port.to_string());
    let follow = if member.follows.is_empty() { "" } else { include_str!("serve/follow.toml") };
    Ok(format!("{own}\n{}\n{follow}\n{}", member.settings, process::DEFAULTS))
}

/// Runs one service or the gateway until it is told to stop.
///
/// # Errors
/// A setting, a database or an address that cannot be used.
pub async fn serve(name: &str, config: Option<&Path>) -> Result<()> {
    let defaults = defaults(name)?;
    let shutdown = Shutdown::new();
    let signal = shutdown.clone();
    tokio::spawn(async move {
        if process::shutdown::until_signal().await.is_ok() {
            signal.begin();
        }
    });
    if name == "gateway" {
        run_gateway(&defaults, config, shutdown).await
    } else {
        run_service(member::member(name)?, &defaults, config, shutdown).await
    }
}

fn ours() -> impl Iterator<Item = (String, String)> {
    // Variables of the command line are not settings.
    std::env::vars().filter(|(key, _)| !matches!(key.as_str(), "TELWARDEN_TOKEN" | "TELWARDEN_GATEWAY"))
}

async fn run_service(member: &Member, defaults: &str, config: Option<&Path>, shutdown: Shutdown) -> Result<()> {
    let config: ServiceConfig = process::config::load(defaults, config, ours())?;
    let tls = usable(config.tls)?;
    let telemetry = process::telemetry::start(&config.telemetry.clone().named(member.name))?;
    let verifier = config.trust.verifier().await?;
    let location = match config.service.database.as_str() {
        url if url.starts_with("postgres") => Location::Url(url.to_owned()),
        path => Location::File(path.into()),
    };
    let settings = own::settings(member, &location, config.assets, config.evidence)?;
    let database = Database::open(member.name, &location, &(member.tables)()).await?;
    let door = suite::door_of(verifier, shipped_roles(), Some(suite::denials(&database).await?))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let health = process::health::Health::new();
    health.set_serving("").await;
    let routes = (member.start)(&database, Arc::clone(&clock), &settings).await?.add_service(health.service());
    let following = follow(member, config.follow, &database, &clock).await?;
    let stack = process::trace::TraceLayer::new().layer(process::panic::PanicLayer.layer(door.layer(routes)));
    let listener = bind(config.service.address).await?;
    ready(&listener, member.name, tls.is_some())?;
    process::listen::serve(listener, stack, tls, config.listen, shutdown).await?;
    for following in following {
        following.stop().await;
    }
    database.close().await;
    telemetry.shutdown().await.context("telemetry could not be flushed")
}

/// Begins to follow what the settings give the addresses of.
async fn follow(
    member: &Member,
    section: FollowSection,
    database: &Database,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<feed::Running>> {
    let named = [(assets::NAME, section.assets), (controls::NAME, section.controls)];
    for (name, replicas) in &named {
        if !replicas.is_empty() && member.follows.iter().all(|follow| follow.source != *name) {
            bail!("follow.{name} is set, and {} does not follow it: leave it out", member.name);
        }
    }
    let set = named.into_iter().filter(|(_, replicas)| !replicas.is_empty());
    let replicas: BTreeMap<&str, Vec<String>> = set.collect();
    let called: Vec<&str> = replicas.keys().copied().collect();
    let Some(token) = ServiceToken::of_settings(&section.token_file, &called, Arc::clone(clock))? else {
        for follow in member.follows {
            tracing::warn!(
                source = follow.source,
                "not followed: the setting follow.{} names no replica",
                follow.source
            );
        }
        return Ok(Vec::new());
    };
    let settings = channel::Settings::described_by(wire::pool());
    let mut neighbours = BTreeMap::new();
    for (name, replicas) in replicas {
        let upstream = channel::Upstream::remote(name, &channel::Endpoints::Static(replicas), &settings)
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        neighbours.insert(name.to_owned(), BoxCloneSyncService::new(upstream));
    }
    member::follow(member, database, &token, &neighbours, clock).await
}

async fn run_gateway(defaults: &str, config: Option<&Path>, shutdown: Shutdown) -> Result<()> {
    let config: GatewayConfig = process::config::load(defaults, config, ours())?;
    let tls = usable(config.tls)?;
    let telemetry = process::telemetry::start(&config.telemetry.clone().named("gateway"))?;
    // Without a database of its own it tells what it denies to the log alone, which goes to the collector.
    let door = suite::door_of(config.trust.verifier().await?, shipped_roles(), None)?;
    // The gateway has set each call its limit by its own settings before the call comes to the channel.
    let settings = channel::Settings { unary_maximum: None, ..channel::Settings::described_by(wire::pool()) };
    let services = upstreams(config.upstreams, &settings)?;
    let gateway = gateway::gateway(services, door, config.gateway)?;
    let listener = bind(config.door.address).await?;
    ready(&listener, "gateway", tls.is_some())?;
    gateway.serve(listener, tls, config.listen, shutdown).await?;
    telemetry.shutdown().await.context("telemetry could not be flushed")
}

/// The services the gateway stands before, each at its replicas.
fn upstreams(
    mut replicas: BTreeMap<String, Vec<String>>,
    settings: &channel::Settings,
) -> Result<Vec<gateway::Service>> {
    let mut services = Vec::with_capacity(MEMBERS.len());
    for member in &MEMBERS {
        let Some(replicas) = replicas.remove(member.name) else {
            bail!("the setting upstreams.{} is missing: it names the replicas of {}", member.name, member.name)
        };
        let upstream = channel::Upstream::remote(member.name, &channel::Endpoints::Static(replicas), settings)
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        services.push(gateway::Service {
            name: member.name.to_owned(),
            grpc_services: (member.grpc_services)(),
            upstream: BoxCloneSyncService::new(upstream),
        });
    }
    if let Some(unknown) = replicas.keys().next() {
        bail!("the setting upstreams.{unknown} names no service; there are: {}", member::names().join(", "));
    }
    Ok(services)
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}: is another program there?"))
}

/// The files of `[tls]`, found usable before anything is said to serve.
fn usable(section: TlsSection) -> Result<Option<TlsSettings>> {
    let tls = section.settings()?;
    if let Some(tls) = &tls {
        tls.check()?;
    }
    Ok(tls)
}

/// Says on stdout that it serves, for whoever waits for it.
fn ready(listener: &TcpListener, name: &str, secure: bool) -> Result<()> {
    use std::io::Write as _;
    println!("{{\"ready\":true,\"{name}\":\"{}://{}\"}}", suite::scheme(secure), listener.local_addr()?);
    std::io::stdout().flush()?;
    Ok(())
}
