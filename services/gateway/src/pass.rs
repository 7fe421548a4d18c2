//! The pass-through: one gRPC call to the upstream that serves its method, without decoding it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use channel::{Allowance, Deadline, Timer};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use process::trace::{TraceContext, inject};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::answer::Answer;
use crate::frames::Measured;
use crate::{Settings, Upstream, headers, refusal, unreadable};

/// A method, and who serves it.
pub(crate) struct Method {
    /// The short name of who serves it, for what is said of it.
    pub(crate) service: Arc<str>,
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
    /// How long unary calls may take; streams may take as long as their callers like.
    unary: Allowance,
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
                unary: Allowance {
                    unasked: Some(settings.default_deadline.get()),
                    longest: Some(settings.longest_deadline.get()),
                },
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
        let now = Instant::now();
        let allowance = if method.streams { Allowance::default() } else { self.unary };
        let deadline = Deadline::of(&request, now, allowance).map_err(|fault| Box::new(fault.into()))?;
        if let Some(deadline) = deadline {
            deadline.tell(now, request.headers_mut());
        }
        if let Some(here) = request.extensions().get::<TraceContext>().copied() {
            inject(request.headers_mut(), &here);
        }
        let (breach, broken) = oneshot::channel();
        let mut broken = broken.fuse();
        let request = request.map(|body| Body::new(Measured::new(body, self.message_limit, breach)));
        let mut timer = Timer::new(Arc::clone(&method.service), deadline);
        let response = tokio::select! {
            biased;
            Ok(()) = &mut broken => return Err(Box::new(refusal::message_too_large(self.message_limit))),
            answered = timer.within(method.upstream.clone().oneshot(request)) => {
                let Ok(response) = answered.map_err(|fault| Box::new(Status::from(fault)))?;
                response
            }
        };
        // What the upstream says of a body that we broke off is not the reason.
        if let Some(Ok(())) = (&mut broken).now_or_never() {
            return Err(Box::new(refusal::message_too_large(self.message_limit)));
        }
        if let Some(status) = unreadable::told(response.headers()) {
            return Err(Box::new(status));
        }
        Ok(response.map(|inner| {
            let message_limit = self.message_limit;
            let answer = Answer { inner, breach: broken, message_limit, permit: Some(place), over: false };
            Body::new(timer.over(answer))
        }))
    }
}
