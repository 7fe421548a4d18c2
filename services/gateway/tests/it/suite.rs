//! The door on a port of its own, and clients for it.

use std::sync::Arc;
use std::time::Duration;

use access::{AuthenticateLayer, Clock as _, LocalKey, Roles, Rules, SystemClock, Verifier};
use bytes::Bytes;
use gateway::{Service, Settings, Upstream, gateway};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use process::listen::ListenLimits;
use process::shutdown::Shutdown;
use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::site_service_server::SiteServiceServer;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::change_service_server::ChangeServiceServer;

use crate::fake::{Ledger, Sites};

pub(crate) const SITES: &str = "telwarden.assets.v1.SiteService";
pub(crate) const CHANGES: &str = "telwarden.changes.v1.ChangeService";

/// The door, open.
pub(crate) struct Suite {
    pub(crate) sites: Sites,
    pub(crate) assets: Ledger,
    pub(crate) risk: Ledger,
    address: String,
    pub(crate) key: LocalKey,
    pub(crate) shutdown: Shutdown,
    pub(crate) serving: Option<JoinHandle<std::io::Result<()>>>,
    _folder: tempfile::TempDir,
}

impl Drop for Suite {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

/// A server in this process.
fn upstream(router: tonic::service::Routes) -> Upstream {
    Upstream::new(router)
}

/// Services `assets` (sites, and two changes) and `risk` (three changes).
pub(crate) fn services(sites: &Sites, assets: &Ledger, risk: &Ledger) -> Vec<Service> {
    let first = tonic::service::Routes::new(SiteServiceServer::new(sites.clone()).max_decoding_message_size(64 << 20))
        .add_service(ChangeServiceServer::new(assets.clone()));
    let second = tonic::service::Routes::new(ChangeServiceServer::new(risk.clone()));
    let assets_names = vec![SITES.to_owned(), CHANGES.to_owned()];
    vec![
        Service { name: "risk".to_owned(), grpc_services: vec![CHANGES.to_owned()], upstream: upstream(second) },
        Service { name: "assets".to_owned(), grpc_services: assets_names, upstream: upstream(first) },
    ]
}

pub(crate) fn door(key: &LocalKey, services: &[&str]) -> AuthenticateLayer {
    let rules = Rules::of(wire::pool(), services).unwrap();
    let roles: Roles = access::shipped_roles();
    AuthenticateLayer::new(Arc::new(Verifier::new(key.trust()).unwrap()), roles, rules, Arc::new(SystemClock))
}

impl Suite {
    pub(crate) async fn open(settings: Settings) -> Self {
        Self::with_more(settings, Vec::new()).await
    }

    /// With more services than the two.
    pub(crate) async fn with_more(settings: Settings, more: Vec<Service>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open(folder.path()).unwrap();
        let (sites, assets, risk) = (Sites::default(), Ledger::new("assets", 2), Ledger::new("risk", 3));
        let mut names = vec![SITES, CHANGES];
        names.extend(more.iter().flat_map(|service| &service.grpc_services).map(String::as_str));
        let door = door(&key, &names);
        let mut services = services(&sites, &assets, &risk);
        services.extend(more);
        let gateway = gateway(services, door, settings).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = Shutdown::new();
        let serving = tokio::spawn(gateway.serve(listener, None, ListenLimits::default(), shutdown.clone()));
        Self { sites, assets, risk, address, key, shutdown, serving: Some(serving), _folder: folder }
    }

    pub(crate) async fn with_defaults() -> Self {
        Self::open(Settings::default()).await
    }

    /// `Bearer …` of somebody with these roles in `organizations/acme`.
    pub(crate) fn token_of(&self, subject: &str, roles: &[&str]) -> String {
        let minted = self.key.mint(subject, &["acme"], roles, SystemClock.now(), Duration::from_secs(600));
        format!("Bearer {}", minted.unwrap())
    }

    pub(crate) fn token(&self) -> String {
        self.token_of("ann", &["administrator"])
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url("")).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn site_client(&self) -> SiteServiceClient<Channel> {
        SiteServiceClient::new(self.channel().await)
    }

    pub(crate) async fn change_client(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.channel().await)
    }

    /// A gRPC request with a token.
    pub(crate) fn call<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("authorization", self.token().parse().unwrap());
        request
    }

    /// One HTTP/1.1 exchange.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        client.request(request).await.unwrap()
    }

    /// An HTTP/1.1 exchange with the token given, if any; the body as it came.
    pub(crate) async fn http(&self, method: Method, path: &str, token: Option<&str>, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let response = self.send(request.body(Full::from(body.to_owned())).unwrap()).await;
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.http(Method::GET, path, Some(&self.token()), "").await
    }
}

/// A whole HTTP response.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The reason in the JSON error, whose own code must be that of the response.
    pub(crate) fn reason(&self) -> String {
        let json = self.json();
        assert_eq!(json["error"]["code"], self.status.as_u16());
        let details = json["error"]["details"].as_array().unwrap().clone();
        let info = details.iter().find(|detail| detail["reason"].is_string()).unwrap();
        info["reason"].as_str().unwrap().to_owned()
    }
}

/// The reason in a gRPC error.
pub(crate) fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().unwrap_or_else(|| panic!("no reason in {status:?}")).reason
}
