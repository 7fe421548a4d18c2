//! The check every call passes before a service sees it.

use std::sync::Arc;
use std::task::{Context as Poll, Poll as Ready};

use fault::{Fault, Outcome};
use futures::future::{BoxFuture, Either, FutureExt as _, ready};
use http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};
use wire::fault::v1::ErrorReason;

use crate::denial::{Measure, organizations, told};
use crate::token::{Refusal, Why};
use crate::{Clock, Context, Denials, Denied, Roles, Rules, Verifier};

/// Puts [`Authenticate`] in front of a service.
#[derive(Clone, Debug)]
pub struct AuthenticateLayer {
    door: Arc<Door>,
    /// Services of the suite are not let in.
    public: bool,
}

#[derive(Debug)]
struct Door {
    verifier: Arc<Verifier>,
    roles: Arc<Roles>,
    rules: Rules,
    clock: Arc<dyn Clock>,
    denials: Option<Arc<dyn Denials>>,
    measure: Measure,
}

impl AuthenticateLayer {
    /// A door that knows these keys, roles and rules.
    #[must_use]
    pub fn new(verifier: Arc<Verifier>, roles: Roles, rules: Rules, clock: Arc<dyn Clock>) -> Self {
        Self::telling(verifier, roles, rules, clock, None)
    }

    /// The same door, which tells the attempts that it denies to `denials`, and not to the log only.
    #[must_use]
    pub fn telling(
        verifier: Arc<Verifier>,
        roles: Roles,
        rules: Rules,
        clock: Arc<dyn Clock>,
        denials: Option<Arc<dyn Denials>>,
    ) -> Self {
        Self {
            door: Arc::new(Door {
                verifier,
                roles: Arc::new(roles),
                rules,
                clock,
                denials,
                measure: Measure::default(),
            }),
            public: false,
        }
    }

    /// The same door as the public one: services of the suite do not come in here. They call each other directly, so their
    /// tokens, which open every organization, are of no use to whoever gets hold of one outside.
    #[must_use]
    pub fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// Checks a call by its path and headers, and gives the context it acts in. `None`: no method of ours, or a public one.
    ///
    /// A token that names a key we do not know is refused; [`AuthenticateLayer::admit_after_renewal`] looks for newer keys.
    ///
    /// # Errors
    /// `TOKEN_MISSING`, `TOKEN_INVALID`, `PERMISSION_MISSING`.
    pub fn admit(&self, path: &str, headers: &HeaderMap) -> Outcome<Option<Context>> {
        self.door.admit(path, headers, self.public).map_err(|refusal| self.door.deny(path, headers, refusal))
    }

    /// As [`AuthenticateLayer::admit`], but where the token names a key that we do not know, the keys are fetched again
    /// first, if they are fetched at all: the provider may have begun to sign with a new one. That takes a few seconds at
    /// most, and is not done again within seconds.
    ///
    /// # Errors
    /// `TOKEN_MISSING`, `TOKEN_INVALID`, `PERMISSION_MISSING`.
    pub async fn admit_after_renewal(&self, path: &str, headers: &HeaderMap) -> Outcome<Option<Context>> {
        match self.door.admit(path, headers, self.public) {
            Err(Refusal { why: Why::UnknownKey, .. }) => self.door.admit_renewed(path, headers, self.public).await,
            outcome => outcome.map_err(|refusal| self.door.deny(path, headers, refusal)),
        }
    }
}

impl<S> Layer<S> for AuthenticateLayer {
    type Service = Authenticate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate { inner, door: Arc::clone(&self.door), public: self.public }
    }
}

/// Verifies the token, checks the permission of the method, and puts the [`Context`] into the request.
#[derive(Clone, Debug)]
pub struct Authenticate<S> {
    inner: S,
    door: Arc<Door>,
    public: bool,
}

impl Door {
    async fn admit_renewed(&self, path: &str, headers: &HeaderMap, public: bool) -> Outcome<Option<Context>> {
        self.verifier.renew().await;
        self.admit(path, headers, public).map_err(|refusal| self.deny(path, headers, refusal))
    }

    /// What the caller hears; and the attempt is told.
    fn deny(&self, path: &str, headers: &HeaderMap, refusal: Refusal) -> Box<Fault> {
        let (caller, cause) = match &refusal.why {
            // Whoever shows no token claims to be nobody: there is nothing to tell of it.
            Why::NoToken => return refusal.fault,
            Why::UnknownKey => (None, "key"),
            Why::Token(cause) => (None, *cause),
            Why::Permission(caller) => (Some(caller), ""),
        };
        let (subject, now) = (caller.map(|caller| told(&caller.subject)).unwrap_or_default(), self.clock.now());
        let Some(left_out) = self.measure.take(&subject, now) else { return refusal.fault };
        let attempt = Denied {
            at: now,
            subject,
            on_behalf_of: caller.map(|caller| told(&caller.on_behalf_of)).unwrap_or_default(),
            organizations: caller.map(|caller| organizations(caller.organizations.iter())).unwrap_or_default(),
            method: path.trim_start_matches('/').to_owned(),
            permission: self.rules.get(path).map(|rule| rule.permission.clone()).unwrap_or_default(),
            reason: refusal.fault.reason(),
            cause,
            trace: trace(headers),
            left_out,
        };
        tracing::warn!(
            target: "access::denied", subject = attempt.subject, on_behalf_of = attempt.on_behalf_of,
            organizations = attempt.organizations, method = attempt.method, permission = attempt.permission,
            reason = attempt.reason, cause, left_out, "an attempt was denied"
        );
        if let Some(denials) = &self.denials {
            denials.denied(attempt);
        }
        refusal.fault
    }

    fn admit(&self, path: &str, headers: &HeaderMap, public: bool) -> Result<Option<Context>, Refusal> {
        let Some(rule) = self.rules.get(path) else { return Ok(None) };
        if rule.public {
            return Ok(None);
        }
        let caller = self.verifier.look(bearer(headers)?, self.clock.now())?;
        if public && caller.is_service() {
            let message = "services of the suite do not come in by the public door: they call each other directly";
            let fault = Fault::new(Code::PermissionDenied, ErrorReason::PermissionMissing, message);
            let fault = fault.with("permission", &rule.permission);
            return Err(Refusal { why: Why::Permission(caller), fault });
        }
        if let Err(fault) = self.roles.require(&caller.roles, &rule.permission) {
            return Err(Refusal { why: Why::Permission(caller), fault });
        }
        Ok(Some(Context {
            caller,
            method: path.trim_start_matches('/').into(),
            trace: trace(headers),
            roles: Arc::clone(&self.roles),
            clock: Arc::clone(&self.clock),
        }))
    }
}

fn carry<B>(context: Option<Context>, request: &mut Request<B>) {
    if let Some(context) = context {
        request.extensions_mut().insert(context);
    }
}

fn trace(headers: &HeaderMap) -> String {
    let trace = headers.get("traceparent").and_then(|value| value.to_str().ok()).filter(|text| text.len() == 55);
    trace.unwrap_or_default().to_owned()
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let refusal =
        |why, reason, message: &str| Refusal { why, fault: Fault::new(Code::Unauthenticated, reason, message) };
    let Some(value) = headers.get(http::header::AUTHORIZATION) else {
        let message = "the call carries no token: send `authorization: Bearer <token>` (`telwarden token` makes one)";
        return Err(refusal(Why::NoToken, ErrorReason::TokenMissing, message));
    };
    let text = value.to_str().ok().and_then(|text| text.split_once(' '));
    match text {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => {
            let message = "the authorization header must read `Bearer <token>`";
            Err(refusal(Why::Token("malformed"), ErrorReason::TokenInvalid, message))
        }
    }
}

impl<S, B, R> Service<Request<B>> for Authenticate<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Poll<'_>) -> Ready<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.door.admit(request.uri().path(), request.headers(), self.public) {
            Ok(context) => {
                carry(context, &mut request);
                Either::Left(self.inner.call(request))
            }
            Err(refusal) if !matches!(refusal.why, Why::UnknownKey) => {
                let fault = self.door.deny(request.uri().path(), request.headers(), refusal);
                Either::Right(ready(Ok(Status::from(fault).into_http())).boxed())
            }
            Err(_) => {
                // The one that was polled ready is the one to call.
                let fresh = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, fresh);
                let (door, public) = (Arc::clone(&self.door), self.public);
                let later = async move {
                    match door.admit_renewed(request.uri().path(), request.headers(), public).await {
                        Ok(context) => {
                            carry(context, &mut request);
                            inner.call(request).await
                        }
                        Err(fault) => Ok(Status::from(fault).into_http()),
                    }
                };
                Either::Right(later.boxed())
            }
        }
    }
}
