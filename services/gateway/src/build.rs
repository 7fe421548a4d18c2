//! Putting the door together, and opening it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use access::{AuthenticateLayer, Rules, RulesError};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method as HttpMethod, header};
use hyper::body::Incoming;
use process::health::Health;
use process::listen::{ListenLimits, TlsSettings};
use process::panic::PanicLayer;
use process::shutdown::Shutdown;
use process::trace::TraceLayer;
use prost_reflect::DescriptorPool;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::util::{BoxCloneSyncService, option_layer};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use transcode::{ConflictError, Info, Transcoder, openapi};

use crate::changes::{self, CHANGE_SERVICE};
use crate::front::{Front, House};
use crate::health::Board;
use crate::pages::Pages;
use crate::pass::{Method, Pass};
use crate::rate::RateLimit;
use crate::{Service, Settings, Upstream};

/// How long a browser may remember that it may call.
const PREFLIGHT: Duration = Duration::from_secs(3600);

/// Why a gateway cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// There is nothing to be a gateway to.
    #[error("a gateway needs at least one service")]
    NoServices,
    /// Two services have the same short name, or serve the same gRPC service.
    #[error("{0} is named by two services: calls to it could go to either")]
    Twice(String),
    /// A gRPC service is unknown, or a method of it says nothing about who may call it.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The door would let anyone call a method that is not public.
    #[error("the door has no rule for {0}: make its rules for all services that the gateway serves")]
    Unguarded(String),
    /// Two methods answer to the same HTTP method and path.
    #[error(transparent)]
    Conflict(#[from] ConflictError),
    /// An origin of [`Settings::browser_origins`] cannot be the value of a header.
    #[error("browser_origins: {0} is no origin: write it as https://console.example.org, or * alone")]
    Origin(String),
    /// The descriptors of the suite cannot be told by reflection.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// A door, ready to be opened.
pub struct Gateway {
    front: Front,
    board: Board,
    browsers: Option<CorsLayer>,
}

/// Puts the door together: `door` must know the rules of every service, the `ChangeService` included.
///
/// # Errors
/// Whatever would make it unsafe or ambiguous to serve: see [`GatewayError`].
pub fn gateway(services: Vec<Service>, door: AuthenticateLayer, settings: Settings) -> Result<Gateway, GatewayError> {
    let mut services = services;
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let pool = wire::pool();
    let names = names(&services)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    guarded(pool, &names, &door)?;
    let door = if settings.admit_services { door } else { door.public() };
    let closing = Shutdown::new();
    let board = Board::new(&services, closing.clone());
    let limit = settings.message_limit.as_usize();
    let document = openapi(pool, &names, &info())?;
    let house = House {
        door,
        rate: RateLimit::new(settings.calls_per_second, settings.burst),
        calls_per_second: settings.calls_per_second,
        pass: Pass::new(methods(pool, &services, limit, &closing), &settings),
        transcoder: Transcoder::new(pool, &names)?.body_limit(limit),
        pages: Pages { openapi: Bytes::from(document.to_string()), board: board.clone() },
        standard: standard(&board, &names)?,
        closing,
    };
    Ok(Gateway { front: Front::new(house), board, browsers: browsers(settings.browser_origins)? })
}

impl Gateway {
    /// What `grpc.health.v1` answers from: whoever runs the gateway may tell more there. What the gateway finds out about
    /// the services themselves is told there once it serves.
    #[must_use]
    pub fn health(&self) -> &Health {
        self.board.health()
    }

    /// The door without a port, for a server of one's own. The health of the services is watched by [`Gateway::serve`]
    /// only.
    #[must_use]
    pub fn service(&self) -> Upstream {
        let service = option_layer(self.browsers.clone()).layer(self.front.clone());
        let service = TraceLayer::new().layer(PanicLayer.layer(service));
        Upstream::new(
            service
                .map_request(|request: http::Request<Body>| request)
                .map_response(|response| response.map(Body::new)),
        )
    }

    /// Serves until `shutdown` is begun, and then until the calls in flight are over.
    ///
    /// # Errors
    /// Only before anything is served: the files of `tls` cannot be used.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: Option<TlsSettings>,
        limits: ListenLimits,
        shutdown: Shutdown,
    ) -> io::Result<()> {
        self.board.begin().await;
        let service = self.service().map_request(|request: http::Request<Incoming>| request.map(Body::new));
        let watch = tokio::spawn(self.board.watch(shutdown.clone()));
        let served = process::listen::serve(listener, service, tls, limits, shutdown).await;
        watch.abort();
        served
    }
}

fn info() -> Info<'static> {
    Info {
        title: "Telwarden",
        version: env!("CARGO_PKG_VERSION"),
        description: "Information security management for telecommunication operators.",
        server: "",
    }
}

/// Lets the pages of these origins call from a browser; without any, browsers keep all pages but ours away.
fn browsers(origins: Vec<String>) -> Result<Option<CorsLayer>, GatewayError> {
    if origins.is_empty() {
        return Ok(None);
    }
    let read = |origin: String| {
        let value = HeaderValue::from_str(&origin).ok().filter(|_| origin.contains("://"));
        value.ok_or(GatewayError::Origin(origin))
    };
    let allowed = if origins == ["*"] {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.into_iter().map(read).collect::<Result<Vec<_>, _>>()?)
    };
    let told = ["grpc-status", "grpc-message", "grpc-status-details-bin", "retry-after", "etag", "traceparent"];
    // A token travels in a header, so there are no cookies to be careful with.
    Ok(Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([HttpMethod::GET, HttpMethod::POST, HttpMethod::PUT, HttpMethod::PATCH, HttpMethod::DELETE])
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(told.map(header::HeaderName::from_static))
            .max_age(PREFLIGHT),
    ))
}

/// The full names of all gRPC services, sorted.
fn names(services: &[Service]) -> Result<BTreeSet<String>, GatewayError> {
    let mut names = BTreeSet::from([CHANGE_SERVICE.to_owned()]);
    let mut short = BTreeSet::new();
    for service in services {
        if !short.insert(service.name.as_str()) {
            return Err(GatewayError::Twice(service.name.clone()));
        }
        for name in service.grpc_services.iter().filter(|name| *name != CHANGE_SERVICE) {
            if !names.insert(name.clone()) {
                return Err(GatewayError::Twice(name.clone()));
            }
        }
    }
    if services.is_empty() { Err(GatewayError::NoServices) } else { Ok(names) }
}

/// A door without rules for a method would let anyone through to it; better not to open it.
fn guarded(pool: &DescriptorPool, names: &[&str], door: &AuthenticateLayer) -> Result<(), GatewayError> {
    let rules = Rules::of(pool, names)?;
    let open = rules.iter().find(|(path, rule)| !rule.public && door.admit(path, &HeaderMap::new()).is_ok());
    open.map_or(Ok(()), |(path, _)| Err(GatewayError::Unguarded(path.to_owned())))
}

fn methods(pool: &DescriptorPool, services: &[Service], limit: usize, closing: &Shutdown) -> HashMap<String, Method> {
    let changes = BoxCloneSyncService::new(changes::server(services, closing).max_decoding_message_size(limit));
    let served = services.iter().flat_map(|service| {
        let named = service.grpc_services.iter().filter(|name| *name != CHANGE_SERVICE);
        named.map(|name| (name.as_str(), service.name.as_str(), &service.upstream))
    });
    let mut methods = HashMap::new();
    for (name, service, upstream) in served.chain([(CHANGE_SERVICE, "the gateway", &changes)]) {
        let Some(descriptor) = pool.get_service_by_name(name) else { continue };
        let service: Arc<str> = Arc::from(service);
        for method in descriptor.methods() {
            let entry = Method {
                service: Arc::clone(&service),
                upstream: upstream.clone(),
                streams: method.is_client_streaming() || method.is_server_streaming(),
                server_streams: method.is_server_streaming(),
            };
            methods.insert(format!("/{name}/{}", method.name()), entry);
        }
    }
    methods
}

/// Health and reflection, answered by the door itself.
fn standard(board: &Board, names: &[&str]) -> Result<Vec<(String, Upstream)>, GatewayError> {
    let health = board.health().service();
    let v1 = reflection(names).build_v1()?;
    let v1alpha = reflection(names).build_v1alpha()?;
    Ok(vec![mounted(health), mounted(v1), mounted(v1alpha)])
}

fn reflection<'a>(names: &[&str]) -> tonic_reflection::server::Builder<'a> {
    let mut builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // Each version knows only itself by default, and then lists the other without being able to describe it.
        .include_reflection_service(false)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET);
    // Only what is served here is listed; the descriptors hold every service there could be.
    let own =
        ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
    for name in names.iter().copied().chain(own) {
        builder = builder.with_service_name(name);
    }
    builder
}

fn mounted<S>(server: S) -> (String, Upstream)
where
    S: NamedService
        + tower::Service<
            http::Request<tonic::body::Body>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    (format!("/{}/", S::NAME), BoxCloneSyncService::new(server))
}
