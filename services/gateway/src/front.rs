//! What every request meets first: which protocol it speaks, whether it may come in, and who answers it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use access::AuthenticateLayer;
use axum::body::HttpBody;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, header};
use process::shutdown::Shutdown;
use tonic::Status;
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{BoxError, Layer as _, Service, ServiceExt as _};
use transcode::{Transcoder, error_response};

use crate::ending::Ending;
use crate::pages::Pages;
use crate::pass::Pass;
use crate::rate::RateLimit;
use crate::{Upstream, refusal};

/// The door for every protocol.
#[derive(Clone)]
pub(crate) struct Front {
    house: Arc<House>,
    web: GrpcWebService<Calls>,
}

/// What the protocols have in common.
pub(crate) struct House {
    pub(crate) door: AuthenticateLayer,
    pub(crate) rate: RateLimit,
    pub(crate) calls_per_second: u32,
    pub(crate) pass: Pass,
    pub(crate) transcoder: Transcoder,
    pub(crate) pages: Pages,
    /// Begun when the door closes.
    pub(crate) closing: Shutdown,
    /// Health and reflection, by the prefix of their path (`/grpc.health.v1.Health/`).
    pub(crate) standard: Vec<(String, Upstream)>,
}

impl House {
    /// Whether the caller may call the method at this gRPC path now.
    async fn admit(&self, path: &str, headers: &HeaderMap) -> Result<(), Status> {
        let Some(context) = self.door.admit_after_renewal(path, headers).await? else { return Ok(()) };
        let taken = self.rate.take(&context.caller.subject, Instant::now());
        taken.map_err(|wait| refusal::rate_limited(self.calls_per_second, wait))
    }

    async fn grpc(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if let Some((_, upstream)) = self.standard.iter().find(|(prefix, _)| path.starts_with(prefix)) {
            let Ok(response) = upstream.clone().oneshot(request).await;
            return response.map(|body| Body::new(Ending::new(body, &self.closing)));
        }
        if !self.pass.serves(path) {
            return refusal::method_unknown(path).into_http();
        }
        if let Err(status) = self.admit(path, request.headers()).await {
            return status.into_http();
        }
        let Ok(response) = self.pass.clone().oneshot(request).await;
        response
    }

    async fn rest(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if let Some(response) = self.pages.answer(request.method(), path) {
            return response;
        }
        if let Some(method) = self.transcoder.grpc_path(request.method(), path)
            && let Err(status) = self.admit(method, request.headers()).await
        {
            return error_response(status).map(Body::new);
        }
        self.transcoder.handle(request, self.pass.clone()).await.map(Body::new)
    }
}

/// The calls of gRPC, and of gRPC-Web once it is made into gRPC.
#[derive(Clone)]
struct Calls(Arc<House>);

impl Service<Request<Body>> for Calls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let house = Arc::clone(&self.0);
        Box::pin(async move { Ok(house.grpc(request).await) })
    }
}

impl Front {
    pub(crate) fn new(house: House) -> Self {
        let house = Arc::new(house);
        Self { web: GrpcWebLayer::new().layer(Calls(Arc::clone(&house))), house }
    }
}

impl<B> Service<Request<B>> for Front
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let request = request.map(Body::new);
        let content = request.headers().get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
        // The layer of tonic-web refuses whatever is neither gRPC-Web nor HTTP/2, so it sees gRPC-Web only.
        if content.starts_with(b"application/grpc-web") {
            return Box::pin(self.web.clone().oneshot(request));
        }
        let (grpc, house) = (content.starts_with(b"application/grpc"), Arc::clone(&self.house));
        Box::pin(async move { Ok(if grpc { house.grpc(request).await } else { house.rest(request).await }) })
    }
}
