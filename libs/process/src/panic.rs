//! A panic in a handler is a defect that one caller meets, and no other.
//!
//! The caller gets INTERNAL; the log gets what the panic said, under the trace id of the call; the connection, and every
//! other call on it, lives on. The body is guarded as well: a stream that panics halfway ends in the same status.
//! (tower-http's layer guards only what comes before the body, and does not speak gRPC.)

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use fault::Fault;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use tonic::Status;
use tower::{Layer, Service};

/// Why a body ends early.
type BoxError = Box<dyn Error + Send + Sync>;

/// Makes a panic in a service a failure of one call. Goes inside [`crate::trace::TraceLayer`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PanicLayer;

impl<S> Layer<S> for PanicLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner }
    }
}

/// A service whose panics are failures.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
}

impl<S, A, B> Service<Request<A>> for Guarded<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<GuardedBody<B>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let content = request.headers().get(header::CONTENT_TYPE);
        let grpc = content.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
        // The service was lent to this one call, and nothing of the call outlives it: no one sees a half-done state.
        let answer = match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(answer) => AssertUnwindSafe(answer).catch_unwind(),
            Err(panic) => {
                let status = status(panic.as_ref());
                return Box::pin(async move { Ok(response(status, grpc)) });
            }
        };
        Box::pin(async move {
            match answer.await {
                Ok(answer) => Ok(answer?.map(|inner| GuardedBody(State::Inner { inner, grpc }))),
                Err(panic) => Ok(response(status(panic.as_ref()), grpc)),
            }
        })
    }
}

/// The status of a panic. Making it writes the panic to the log.
fn status(panic: &(dyn Any + Send)) -> Status {
    let said = panic
        .downcast_ref::<&str>()
        .map(|said| (*said).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "something that is no text".to_owned());
    Status::from(Fault::defect(format!("a handler panicked: {said}")))
}

fn response<B>(status: Status, grpc: bool) -> Response<GuardedBody<B>> {
    if grpc {
        return status.into_http::<GuardedBody<B>>();
    }
    let error = serde_json::json!({"error": {"code": 500, "message": status.message(), "status": "INTERNAL"}});
    let mut response = Response::new(GuardedBody(State::Text(Bytes::from(error.to_string()))));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The body of a guarded response.
#[derive(Debug)]
pub struct GuardedBody<B>(State<B>);

#[derive(Debug)]
enum State<B> {
    Inner { inner: B, grpc: bool },
    Text(Bytes),
    Over,
}

impl<B> Default for GuardedBody<B> {
    fn default() -> Self {
        Self(State::Over)
    }
}

impl<B> Body for GuardedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let (inner, grpc) = match &mut this.0 {
            State::Inner { inner, grpc } => (inner, *grpc),
            State::Text(text) => {
                let text = std::mem::take(text);
                this.0 = State::Over;
                return Poll::Ready(Some(Ok(Frame::data(text))));
            }
            State::Over => return Poll::Ready(None),
        };
        // After a panic the body is never polled again.
        match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx))) {
            Ok(polled) => polled.map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            Err(panic) => {
                this.0 = State::Over;
                let status = status(panic.as_ref());
                let mut trailers = HeaderMap::new();
                if grpc && status.add_header(&mut trailers).is_ok() {
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                // Breaking off is the only way that HTTP has to say that the rest is missing.
                Poll::Ready(Some(Err(status.message().into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            State::Inner { inner, .. } => inner.is_end_stream(),
            State::Text(_) => false,
            State::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Inner { inner, .. } => inner.size_hint(),
            State::Text(text) => SizeHint::with_exact(text.len() as u64),
            State::Over => SizeHint::with_exact(0),
        }
    }
}
