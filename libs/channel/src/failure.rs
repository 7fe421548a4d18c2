//! Failures of the way to a service, and the gRPC answers they become.

use std::error::Error;

use fault::Fault;
use http::{HeaderMap, HeaderValue, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use wire::fault::v1::ErrorReason;

use crate::breaker::Verdict;

pub(crate) const GRPC_STATUS: &str = "grpc-status";

/// No replica can take a call.
pub(crate) fn unreachable(service: &str) -> Box<Fault> {
    Fault::new(
        Code::Unavailable,
        ErrorReason::ServiceUnreachable,
        format!("no replica of {service} answers; the call was not sent, so it is safe to try again later"),
    )
    .with("service", service)
}

/// The connection broke, or the stream was reset, after the call was sent.
pub(crate) fn broken_off(service: &str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Box<Fault> {
    Fault::new(
        Code::Unavailable,
        ErrorReason::ServiceUnreachable,
        format!(
            "{service} broke off before its answer was complete; the call may have been carried out: look before you \
             repeat it"
        ),
    )
    .with("service", service)
    .because(cause)
}

/// What answered does not speak gRPC.
pub(crate) fn not_grpc(service: &str, what: &str) -> Box<Fault> {
    Fault::new(
        Code::Unavailable,
        ErrorReason::ServiceUnreachable,
        format!("what answers at the address of {service} gave {what} instead of a gRPC answer; check the address"),
    )
    .with("service", service)
}

/// The time ran out.
pub(crate) fn deadline_passed(service: &str) -> Box<Fault> {
    Fault::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlinePassed,
        format!(
            "the time allowed for this call to {service} ran out; it may have been carried out: look before you repeat \
             it, and allow more time with grpc-timeout"
        ),
    )
    .with("service", service)
}

/// Too much is under way.
pub(crate) fn overloaded(service: &str, limit: Option<usize>) -> Box<Fault> {
    let message = match limit {
        Some(limit) => format!("{limit} calls to {service} are under way, which is the limit; try again later"),
        None => format!("{service} cannot take more work now; try again later"),
    };
    let fault = Fault::new(Code::ResourceExhausted, ErrorReason::Overloaded, message).with("service", service);
    match limit {
        Some(limit) => fault.with("limit", limit),
        None => fault,
    }
}

/// A failure as a whole answer: HTTP 200 and a grpc-status.
pub(crate) fn answer(fault: Box<Fault>) -> Response<Body> {
    tracing::debug!(%fault, "call failed on the way");
    Status::from(fault).into_http()
}

/// A failure as the trailers of an answer that had begun.
pub(crate) fn trailers(fault: Box<Fault>) -> HeaderMap {
    tracing::debug!(%fault, "answer cut short");
    let status = Status::from(fault);
    let mut trailers = HeaderMap::with_capacity(3);
    if status.add_header(&mut trailers).is_err() {
        // Cannot happen with our own texts; the code alone is still right.
        trailers.insert(GRPC_STATUS, HeaderValue::from(status.code() as i32));
    }
    trailers
}

/// What an error of a connection or a stream says: of the endpoint, and to the caller.
pub(crate) fn of_transport(service: &str, error: hyper::Error) -> (Verdict, Box<Fault>) {
    let gone = error.is_canceled() || error.is_closed() || error.is_timeout();
    let text = error.to_string();
    // tonic knows the codes of HTTP/2: unknown is a broken connection, anything else was said about this one stream.
    let code = Status::from_error(Box::new(error)).code();
    match code {
        Code::ResourceExhausted => (Verdict::Strained, overloaded(service, None)),
        _ if gone || matches!(code, Code::Unknown | Code::Unavailable) => (Verdict::Failure, broken_off(service, text)),
        _ => (Verdict::Strained, broken_off(service, text)),
    }
}

/// The status in headers or trailers, if they hold one.
pub(crate) fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get(GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}

/// What a status says of the endpoint that sent it.
pub(crate) fn verdict(code: Code) -> Verdict {
    match code {
        Code::Unavailable => Verdict::Failure,
        Code::ResourceExhausted | Code::Internal | Code::Unknown | Code::DataLoss | Code::DeadlineExceeded => {
            Verdict::Strained
        }
        _ => Verdict::Success,
    }
}
