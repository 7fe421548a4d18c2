//! One service, as its callers see it.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body as _;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tower::{BoxError, Service, ServiceExt as _};

use fault::{Fault, Outcome};

use crate::answer::Answer;
use crate::attempt;
use crate::deadline::{Allowance, Deadline};
use crate::endpoint::{EndpointReport, EndpointState};
use crate::failure;
use crate::fleet::Fleet;
use crate::methods::{Methods, Traits};
use crate::settings::{Endpoints, Settings};
use crate::timed::Timer;

/// A service that can be called: in this process, or at some replicas elsewhere. Cheap to clone; all clones share their
/// connections, limits and memory. When the last is dropped, connections close as their calls end.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    service: Arc<str>,
    limit: usize,
    in_flight: Arc<AtomicUsize>,
    methods: Methods,
    unary_maximum: Option<std::time::Duration>,
    stream_maximum: Option<std::time::Duration>,
    target: Target,
}

enum Target {
    Local(Box<dyn Local>),
    Remote(Arc<Fleet>),
}

/// A service in this process, whatever its type.
trait Local: Send + Sync {
    fn call(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, BoxError>>;
}

struct Wrapped<S>(S);

impl<S> Local for Wrapped<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn call(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, BoxError>> {
        let call = self.0.clone().oneshot(request);
        Box::pin(async move { call.await.map_err(Into::into) })
    }
}

/// One of the calls that may be under way at once.
pub(crate) struct Permit(Arc<AtomicUsize>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Upstream {
    /// A service in this process: no network between, but the same limits and deadlines. `name` is what failures call it.
    pub fn local<S>(name: &str, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        Self::local_with(name, service, &Settings::default())
    }

    /// As [`Upstream::local`], with other limits and deadlines than the default; what `settings` says of the network and of
    /// retries does not matter here.
    pub fn local_with<S>(name: &str, service: S, settings: &Settings) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        Self::new(Arc::from(name), settings, Target::Local(Box::new(Wrapped(service))))
    }

    /// A service elsewhere. Connecting starts at once, in the background. `name` is what failures call it.
    ///
    /// # Errors
    /// `FIELD_INVALID` where an address, a certificate or a setting cannot be used, or outside a tokio runtime.
    pub fn remote(name: &str, endpoints: &Endpoints, settings: &Settings) -> Outcome<Self> {
        settings.check()?;
        let service: Arc<str> = Arc::from(name);
        let fleet = Fleet::start(Arc::clone(&service), endpoints, settings.clone())?;
        Ok(Self::new(service, settings, Target::Remote(fleet)))
    }

    fn new(service: Arc<str>, settings: &Settings, target: Target) -> Self {
        Self(Arc::new(Inner {
            service,
            limit: settings.max_in_flight,
            in_flight: Arc::new(AtomicUsize::new(0)),
            methods: Methods::new(&settings.idempotent, &settings.streaming),
            unary_maximum: settings.unary_maximum,
            stream_maximum: settings.stream_maximum,
            target,
        }))
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.service
    }

    /// Calls under way, streams included.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// How each endpoint looks from here.
    #[must_use]
    pub fn report(&self) -> Vec<EndpointReport> {
        match &self.0.target {
            Target::Remote(fleet) => fleet.report(),
            Target::Local(_) => vec![EndpointReport {
                address: "in process".to_owned(),
                state: EndpointState::Open,
                load: 0.0,
                in_flight: self.in_flight(),
                failures: 0,
            }],
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("service", &self.0.service).field("endpoints", &self.report()).finish()
    }
}

impl Service<Request<Body>> for Upstream {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Always: a call too many is answered, not held back.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { Ok(inner.serve(request).await.unwrap_or_else(failure::answer)) })
    }
}

impl Inner {
    async fn serve(&self, mut request: Request<Body>) -> Outcome<Response<Body>> {
        let permit = self.permit()?;
        let traits = self.methods.of(request.uri().path());
        let maximum = if traits.streaming { self.stream_maximum } else { self.unary_maximum };
        let now = Instant::now();
        let deadline = Deadline::of(&request, now, Allowance::at_most(maximum))?;
        if deadline.is_some_and(|deadline| deadline.left(now).is_zero()) {
            return Err(failure::deadline_passed(&self.service));
        }
        let timer = Timer::new(Arc::clone(&self.service), deadline);
        match &self.target {
            Target::Remote(fleet) => self.remote(fleet, request, traits, deadline, timer, permit).await,
            Target::Local(service) => {
                if let Some(deadline) = deadline {
                    deadline.tell(now, request.headers_mut());
                    request.extensions_mut().insert(deadline);
                }
                self.local(service.as_ref(), request, timer, permit).await
            }
        }
    }

    async fn remote(
        &self,
        fleet: &Fleet,
        request: Request<Body>,
        traits: Traits,
        deadline: Option<Deadline>,
        mut timer: Timer,
        permit: Permit,
    ) -> Outcome<Response<Body>> {
        let begun = timer.within(attempt::send(fleet, request, traits, deadline)).await??;
        let (parts, body) = begun.response.into_parts();
        let told = failure::code_in(&parts.headers).is_some();
        let answer = Answer::new(Arc::clone(&self.service), body, told, Some(begun.call), permit);
        Ok(Response::from_parts(parts, Body::new(timer.over(answer.after(begun.first)))))
    }

    async fn local(
        &self,
        service: &dyn Local,
        request: Request<Body>,
        mut timer: Timer,
        permit: Permit,
    ) -> Outcome<Response<Body>> {
        let response = match timer.within(service.call(request)).await? {
            Ok(response) => response,
            Err(error) => return self.explain(error),
        };
        let (parts, body) = response.into_parts();
        let told = failure::code_in(&parts.headers).is_some();
        if !told && body.is_end_stream() {
            return Err(failure::not_grpc(&self.service, &format!("HTTP {} without grpc-status", parts.status)));
        }
        let answer = Answer::new(Arc::clone(&self.service), body, told, None, permit);
        Ok(Response::from_parts(parts, Body::new(timer.over(answer))))
    }

    fn permit(&self) -> Outcome<Permit> {
        let permit = Permit(Arc::clone(&self.in_flight));
        if self.in_flight.fetch_add(1, Ordering::AcqRel) < self.limit {
            return Ok(permit);
        }
        Err(failure::overloaded(&self.service, Some(self.limit)))
    }

    /// A service in this process failed without an answer: a status passes as it is, a layer that shed the call says so.
    fn explain(&self, error: BoxError) -> Outcome<Response<Body>> {
        match error.downcast::<Status>() {
            Ok(status) => Ok(status.into_http()),
            Err(error) if is_shed(error.as_ref()) => Err(failure::overloaded(&self.service, None)),
            Err(error) => Err(Fault::new(
                tonic::Code::Unavailable,
                wire::fault::v1::ErrorReason::ServiceUnreachable,
                format!("{} gave no answer; try again later", self.service),
            )
            .with("service", &self.service)
            .because(error)),
        }
    }
}

fn is_shed(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<tower::load_shed::error::Overloaded>() {
            return true;
        }
        next = error.source();
    }
    false
}
