//! The services the suite is made of, and how each starts.

use std::sync::Arc;

use access::Clock;
use anyhow::{Result, bail};
use futures::future::BoxFuture;
use store::{Database, Tables};
use tonic::service::Routes;

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
    /// Starts it on its database.
    pub start: for<'a> fn(&'a Database, Arc<dyn Clock>) -> BoxFuture<'a, Result<Routes>>,
}

/// Every service, in the order in which they start: one that follows another comes after it.
pub const MEMBERS: [Member; 2] = [
    Member {
        name: assets::NAME,
        port: 9101,
        tables: assets::tables,
        grpc_services: assets::services,
        start: |database, clock| {
            Box::pin(async move { assets::service(database, clock).await.map_err(|fault| anyhow::anyhow!("{fault}")) })
        },
    },
    Member {
        name: controls::NAME,
        port: 9102,
        tables: controls::tables,
        grpc_services: controls::services,
        start: |database, clock| {
            Box::pin(
                async move { controls::service(database, clock).await.map_err(|fault| anyhow::anyhow!("{fault}")) },
            )
        },
    },
];

/// The names of all services.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MEMBERS.iter().map(|member| member.name).collect()
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
