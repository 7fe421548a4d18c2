//! The services the suite is made of, and how each starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use access::{Clock, ServiceToken};
use anyhow::{Result, bail};
use feed::Running;
use futures::future::BoxFuture;
use store::{Database, Tables};
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;

/// Another service, called with this service's own token.
pub type Neighbour = InterceptedService<gateway::Upstream, ServiceToken>;

/// What the services are set to, beside where they listen and whom they trust. Each takes what is its own.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the asset registry: how long an import in one transaction may make others wait as a whole.
    pub import_whole: Duration,
    /// Of the service of controls: the folder that holds the files of evidence.
    pub evidence_folder: PathBuf,
    /// Of the service of controls: how many bytes a file of evidence may have.
    pub evidence_largest: u64,
}

impl Settings {
    /// With files of evidence in a folder, and the rest as it is by default.
    #[must_use]
    pub fn new(evidence_folder: PathBuf) -> Self {
        let import_whole = assets::Settings::default().import_whole;
        Self { import_whole, evidence_folder, evidence_largest: controls::evidence::LARGEST }
    }
}

/// Starts a service on its database.
pub type Start = for<'a> fn(&'a Database, Arc<dyn Clock>, &'a Settings) -> BoxFuture<'a, Result<Routes>>;

/// Begins to follow the feed of another service.
pub type StartFollowing = for<'a> fn(&'a Database, Neighbour, Arc<dyn Clock>) -> BoxFuture<'a, Result<Running>>;

/// A service of the suite.
pub struct Member {
    /// Its name: of its database, in permissions, in the ledger.
    pub name: &'static str,
    /// The port it listens on where it runs alone and nothing else is set.
    pub port: u16,
    /// Its tables.
    pub tables: fn() -> Tables,
    /// The gRPC services it serves, beside its part of the ledger.
    pub grpc_services: fn() -> Vec<String>,
    /// Its own settings with their explanations, as TOML.
    pub settings: &'static str,
    /// Starts it on its database.
    pub start: Start,
    /// The services whose feeds it follows.
    pub follows: &'static [Follow],
}

/// The feed of another service that one follows.
pub struct Follow {
    /// The other service.
    pub source: &'static str,
    /// Begins to follow it.
    pub start: StartFollowing,
}

/// Every service, in the order in which they start: one that follows another comes after it.
pub const MEMBERS: [Member; 4] = [
    Member {
        name: assets::NAME,
        port: 9101,
        tables: assets::tables,
        grpc_services: assets::services,
        settings: include_str!("serve/assets.toml"),
        start: |database, clock, settings| {
            Box::pin(async move {
                let settings = assets::Settings { import_whole: settings.import_whole };
                let started = assets::service_with(database, clock, settings).await;
                started.map_err(|fault| anyhow::anyhow!("{fault}"))
            })
        },
        follows: &[],
    },
    Member {
        name: controls::NAME,
        port: 9102,
        tables: controls::tables,
        grpc_services: controls::services,
        settings: include_str!("serve/evidence.toml"),
        start: |database, clock, settings| {
            Box::pin(async move {
                let files = controls::evidence::Files::in_folder(&settings.evidence_folder, settings.evidence_largest);
                let settings = files.map(controls::Settings::new).map_err(|fault| anyhow::anyhow!("{fault}"))?;
                let started = controls::service_with(database, clock, settings).await;
                started.map_err(|fault| anyhow::anyhow!("{fault}"))
            })
        },
        follows: &[Follow {
            source: assets::NAME,
            start: |database, assets, clock| {
                Box::pin(async move {
                    let following = controls::follow_assets(database, assets, clock).await;
                    following.map_err(|fault| anyhow::anyhow!("{fault}"))
                })
            },
        }],
    },
    Member {
        name: risk::NAME,
        port: 9103,
        tables: risk::tables,
        grpc_services: risk::services,
        settings: "",
        start: |database, clock, _| {
            Box::pin(async move {
                let started = risk::service(database, clock).await;
                started.map_err(|fault| anyhow::anyhow!("{fault}"))
            })
        },
        follows: &[
            Follow {
                source: assets::NAME,
                start: |database, assets, clock| {
                    Box::pin(async move {
                        let following = risk::follow_assets(database, assets, clock).await;
                        following.map_err(|fault| anyhow::anyhow!("{fault}"))
                    })
                },
            },
            Follow {
                source: controls::NAME,
                start: |database, controls, clock| {
                    Box::pin(async move {
                        let following = risk::follow_controls(database, controls, clock).await;
                        following.map_err(|fault| anyhow::anyhow!("{fault}"))
                    })
                },
            },
        ],
    },
    Member {
        name: incidents::NAME,
        port: 9104,
        tables: incidents::tables,
        grpc_services: incidents::services,
        settings: "",
        start: |database, clock, _| {
            Box::pin(async move {
                let started = incidents::service(database, clock).await;
                started.map_err(|fault| anyhow::anyhow!("{fault}"))
            })
        },
        follows: &[Follow {
            source: assets::NAME,
            start: |database, assets, clock| {
                Box::pin(async move {
                    let following = incidents::follow_assets(database, assets, clock).await;
                    following.map_err(|fault| anyhow::anyhow!("{fault}"))
                })
            },
        }],
    },
];

/// The names of all services.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MEMBERS.iter().map(|member| member.name).collect()
}

/// Begins to follow the feeds that a service follows, by what there is of the others.
///
/// # Errors
/// When the service's own database does not answer.
pub async fn follow(
    member: &Member,
    database: &Database,
    token: &ServiceToken,
    neighbours: &BTreeMap<String, gateway::Upstream>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Running>> {
    let mut running = Vec::new();
    for follow in member.follows {
        if let Some(neighbour) = neighbours.get(follow.source) {
            let neighbour = token.around(neighbour.clone());
            running.push((follow.start)(database, neighbour, Arc::clone(clock)).await?);
        }
    }
    Ok(running)
}

/// The service of a name.
///
/// # Errors
/// When there is none; then it names those there are.
pub fn member(name: &str) -> Result<&'static Member> {
    match MEMBERS.iter().find(|member| member.name == name) {
        Some(member) => Ok(member),
        None => bail!("no service {name}; there are: {}", names().join(", ")),
    }
}
