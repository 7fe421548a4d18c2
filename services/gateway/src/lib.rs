//! The one public door: gRPC, gRPC-Web, REST, health and reflection of the whole suite.
//!
//! One port, every protocol. A call is checked, counted and handed on to the service that serves its method, without being
//! decoded and with its token unchanged: the service verifies again. Nothing is held here but buckets and counters.
//!
//! ```text
//! gRPC ───────────────────────┐
//! gRPC-Web ── tonic-web ──────┼─ admit ── rate ─┬─ pass ─▶ upstream of the method
//! REST/JSON ── transcoder ────┘                 └─ changes ─▶ every upstream, as one feed
//! /  /docs  /openapi.json  /healthz  grpc.health.v1  grpc.reflection.v1  ── answered here, to anyone
//! ```
//!
//! A method that the descriptors of this build do not know is refused, since nobody here knows who may call it.

mod answer;
mod build;
mod changes;
mod ending;
mod frames;
mod front;
mod headers;
mod health;
mod pages;
mod pass;
mod rate;
mod refusal;
mod settings;
mod unreadable;

use std::convert::Infallible;

use http::{Request, Response};
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

pub use build::{Gateway, GatewayError, gateway};
pub use settings::{DEFAULTS, Settings};

/// Where calls are handed on to: a server in this process, or a channel. Its failures are responses.
pub type Upstream = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// One service of the suite.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its short name: `assets`. Unique.
    pub name: String,
    /// The full names of the gRPC services it serves: `telwarden.assets.v1.SiteService`. Each of one service only, but for
    /// `telwarden.changes.v1.ChangeService`, which every service serves for its own ledger, named here or not.
    pub grpc_services: Vec<String>,
    /// Where it is.
    pub upstream: Upstream,
}
