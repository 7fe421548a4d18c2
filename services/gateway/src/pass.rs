//! The pass-through: one gRPC call to the upstream that serves its method, without decoding it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, OptionFuture};
use http::{Request, Response};
use process::trace::{TraceContext, inject};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::answer::Answer;
use crate::frames::Measured;
use crate::{Settings, Upstream, headers, refusal, timeout, unreadable};

/// A method, and who serves it.
pub(crate) struct Method {
    pub(crate) upstream: Upstream,
    /// Whether it streams, from the client or to it.
    pub(crate) streams: bool,
    /// Whether it streams to the client.
    pub(crate) server_streams: bool,
}

/// Hands calls on by their gRPC path. Whether the caller may make the call is decided before.
#[derive(Clone)]
pub(crate) struct Pass {
    inner: Arc<Inner>,
}

struct Inner {
    methods: HashMap<String, Method>,
    calls: Room,
    streams: Room,
    message_limit: u64,
    default_deadline: Duration,
    longest_deadline: Duration,
}

/// How much there may be of something at once.
struct Room {
    limit: u32,
    places: Arc<Semaphore>,
}

impl Room {
    fn new(limit: u32) -> Self {
        let limit = limit.max(1);
        let places = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { limit, places: Arc::new(Semaphore::new(places)) }
    }

    fn take(&self) -> Result<OwnedSemaphorePermit, Box<Status>> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| Box::new(refusal::overloaded(self.limit)))
    }
}

impl Pass {
    /// Serves these methods, by path (`/package.Service/Method`).
    pub(crate) fn new(methods: HashMap<String, Method>, settings: &Settings) -> Self {
        Self {
            inner: Arc::new(Inner {
                methods,
                calls: Room::new(settings.max_in_flight),
                streams: Room::new(settings.max_streams),
                message_limit: settings.message_limit.bytes(),
                default_deadline: settings.default_deadline.get(),
                longest_deadline: settings.longest_deadline.get(),
            }),
        }
    }

    /// Whether a method answers at this path.
    pub(crate) fn serves(&self, path: &str) -> bool {
        self.inner.methods.contains_key(path)
    }
}

impl tower::Service<Request<Body>> for Pass {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { Ok(inner.pass(request).await.unwrap_or_else(|status| status.into_http())) })
    }
}

impl Inner {
    async fn pass(&self, mut request: Request<Body>) -> Result<Response<Body>, Box<Status>> {
        let path = request.uri().path();
        let method = self.methods.get(path).ok_or_else(|| Box::new(refusal::method_unknown(path)))?;
        let place = if method.server_streams { self.streams.take()? } else { self.calls.take()? };
        headers::end_to_end(request.headers_mut());
        let mut allowed = timeout::asked(request.headers())?;
        if !method.streams {
            let bound = allowed.map_or(self.default_deadline, |asked| asked.min(self.longest_deadline));
            if allowed != Some(bound) {
                timeout::tell(request.headers_mut(), bound);
            }
            allowed = Some(bound);
        }
        if let Some(here) = request.extensions().get::<TraceContext>().copied() {
            inject(request.headers_mut(), &here);
        }
        let (breach, broken) = oneshot::channel();
        let mut broken = broken.fuse();
        let request = request.map(|body| Body::new(Measured::new(body, self.message_limit, breach)));
        let mut deadline = allowed.map(|allowed| Box::pin(tokio::time::sleep(allowed)));
        let response = tokio::select! {
            biased;
            Ok(()) = &mut broken => return Err(Box::new(refusal::message_too_large(self.message_limit))),
            Ok(response) = method.upstream.clone().oneshot(request) => response,
            Some(()) = OptionFuture::from(deadline.as_mut()) => return Err(Box::new(refusal::deadline_passed())),
        };
        // What the upstream says of a body that we broke off is not the reason.
        if let Some(Ok(())) = (&mut broken).now_or_never() {
            return Err(Box::new(refusal::message_too_large(self.message_limit)));
        }
        if let Some(status) = unreadable::told(response.headers()) {
            return Err(Box::new(status));
        }
        Ok(response.map(|inner| {
            Body::new(Answer {
                inner,
                breach: broken,
                message_limit: self.message_limit,
                deadline,
                permit: Some(place),
                over: false,
            })
        }))
    }
}
