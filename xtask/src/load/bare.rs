//! The least that can answer `GetAsset`: a tonic server that gives one message.

use std::path::Path;

use anyhow::{Context as _, Result};
use prost::Message as _;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use wire::assets::v1::{Asset, GetAssetRequest};

/// Serves until it is killed; says where in one line, like `telwarden up`.
pub(crate) fn serve(message: &Path) -> Result<()> {
    let bytes = std::fs::read(message).with_context(|| format!("{} cannot be read", message.display()))?;
    let asset = Asset::decode(bytes.as_slice())?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        super::child::say_ready(listener.local_addr()?);
        // Said of the incoming connections: what is said of the server does not reach connections that it is given, and a
        // server that waits for acknowledgements is no limit of anything.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        Ok(tonic::transport::Server::builder().add_service(Bare(asset)).serve_with_incoming(incoming).await?)
    })
}

/// Answers every call with the same asset, as a generated server would.
#[derive(Clone)]
struct Bare(Asset);

impl tonic::server::NamedService for Bare {
    const NAME: &'static str = "telwarden.assets.v1.AssetService";
}

impl tower::Service<http::Request<tonic::body::Body>> for Bare {
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = futures::future::BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let method = Same(self.0.clone());
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(tonic_prost::ProstCodec::<Asset, GetAssetRequest>::default());
            Ok(grpc.unary(method, request).await)
        })
    }
}

struct Same(Asset);

impl tonic::server::UnaryService<GetAssetRequest> for Same {
    type Response = Asset;
    type Future = std::future::Ready<Result<tonic::Response<Asset>, tonic::Status>>;

    fn call(&mut self, _: tonic::Request<GetAssetRequest>) -> Self::Future {
        std::future::ready(Ok(tonic::Response::new(self.0.clone())))
    }
}
