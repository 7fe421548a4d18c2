//! Sending a call to a replica: again and for free while nothing was sent, and at most once more after that.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, sleep};
use tonic::Code;
use tonic::body::Body;

use fault::{Fault, Outcome};

use crate::breaker::Verdict;
use crate::deadline::Deadline;
use crate::endpoint::{Call, Endpoint};
use crate::failure;
use crate::fleet::Fleet;
use crate::methods::Traits;
use crate::replay::{Outgoing, Replay, Rewind};

/// Headers of one hop that HTTP/1 knows and HTTP/2 forbids.
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    HOST,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];
/// What a server says of retrying: how many milliseconds to wait, or not to.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// A server that asks for a longer wait than this is not asked again.
const PUSHBACK_AT_MOST: Duration = Duration::from_secs(5);

/// An answer that has begun.
pub(crate) struct Begun {
    pub(crate) response: Response<Incoming>,
    /// The first frame, where it had to be looked at.
    pub(crate) first: Option<Frame<Bytes>>,
    pub(crate) call: Call,
}

/// What it takes to send a call a second time.
struct Spare {
    path: Uri,
    headers: HeaderMap,
    rewind: Rewind,
}

/// How one sending ended without an answer to pass on.
struct Setback {
    /// What the caller gets if there is no second sending: the server's own words where it had some.
    last_word: Outcome<Begun>,
    failed: Option<Arc<Endpoint>>,
    /// The wait the server asks for; `None` if it wants no second sending.
    wait: Option<Duration>,
}

/// Sends a request to a replica and waits for the beginning of its answer.
pub(crate) async fn send(
    fleet: &Fleet,
    request: Request<Body>,
    traits: Traits,
    deadline: Option<Deadline>,
) -> Outcome<Begun> {
    let (request, spare) = prepare(fleet, request, traits);
    let setback = match send_once(fleet, request, traits, deadline, None).await {
        Ok(begun) => return Ok(begun),
        Err(setback) => setback,
    };
    let again = spare.and_then(|spare| Some((spare.rewind.again()?, spare)));
    let (Some((body, spare)), Some(wait)) = (again, setback.wait) else { return setback.last_word };
    if !fleet.budget.lock().withdraw(Instant::now()) {
        tracing::warn!(service = %fleet.service, "no retry: the budget is spent");
        return setback.last_word;
    }
    tracing::debug!(service = %fleet.service, path = %spare.path, "retrying");
    // The first answer ends here, and with it its stream and its count.
    let Setback { last_word, failed, .. } = *setback;
    drop(last_word);
    if !wait.is_zero() {
        sleep(wait).await;
    }
    let request = rebuild(spare.path, spare.headers, Outgoing::Again(body));
    send_once(fleet, request, traits, deadline, failed.as_ref()).await.or_else(|setback| setback.last_word)
}

fn prepare(fleet: &Fleet, request: Request<Body>, traits: Traits) -> (Request<Outgoing>, Option<Spare>) {
    let (mut parts, body) = request.into_parts();
    if parts.version < Version::HTTP_2 {
        for name in &HOP_BY_HOP {
            parts.headers.remove(name);
        }
    }
    parts.version = Version::HTTP_2;
    parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    if !traits.idempotent {
        return (Request::from_parts(parts, Outgoing::Once(body)), None);
    }
    fleet.budget.lock().deposit();
    let (replay, rewind) = Replay::new(body);
    let spare = Spare { path: parts.uri.clone(), headers: parts.headers.clone(), rewind };
    (Request::from_parts(parts, Outgoing::Again(replay)), Some(spare))
}

fn rebuild(path: Uri, headers: HeaderMap, body: Outgoing) -> Request<Outgoing> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = path;
    *request.headers_mut() = headers;
    request
}

/// One sending. While a connection gives the request back unsent, the next endpoint is tried.
async fn send_once(
    fleet: &Fleet,
    mut request: Request<Outgoing>,
    traits: Traits,
    deadline: Option<Deadline>,
    avoid: Option<&Arc<Endpoint>>,
) -> Result<Begun, Box<Setback>> {
    let mut avoid = avoid.cloned();
    // Every connection may turn out closed once; after that something else is wrong.
    let mut chances = 4 * fleet.size().max(1);
    loop {
        let call = fleet.admit(avoid.as_ref(), traits.streaming).await.map_err(final_setback)?;
        let endpoint = Arc::clone(&call.endpoint);
        address(&mut request, &endpoint);
        if let Some(deadline) = deadline {
            deadline.tell(Instant::now(), request.headers_mut());
        }
        request = match endpoint.send(request) {
            Err(unsent) => {
                // Lost this instant; its task has yet to notice. Let it, or this would spin.
                tokio::task::yield_now().await;
                *unsent
            }
            Ok(sent) => match sent.await {
                Ok(response) => return begin(fleet, response, call, traits).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => unsent,
                    None => return Err(lost(fleet, error.into_error(), call)),
                },
            },
        };
        call.unsent();
        avoid = Some(endpoint);
        chances -= 1;
        if chances == 0 {
            return Err(final_setback(failure::unreachable(&fleet.service)));
        }
    }
}

/// Points the request at an endpoint. The path stays as it came.
fn address(request: &mut Request<Outgoing>, endpoint: &Endpoint) {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(endpoint.address.scheme.clone());
    parts.authority = Some(endpoint.address.authority.clone());
    parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

fn final_setback(fault: Box<Fault>) -> Box<Setback> {
    Box::new(Setback { last_word: Err(fault), failed: None, wait: None })
}

/// The connection or the stream ended before an answer began.
fn lost(fleet: &Fleet, error: hyper::Error, mut call: Call) -> Box<Setback> {
    let (verdict, fault) = failure::of_transport(&fleet.service, error);
    call.settle(verdict);
    let wait = (fault.code() == Code::Unavailable).then_some(Duration::ZERO);
    Box::new(Setback { last_word: Err(fault), failed: Some(Arc::clone(&call.endpoint)), wait })
}

/// Looks at the beginning of an answer: at its headers, and for calls that may be repeated at the first frame too.
async fn begin(
    fleet: &Fleet,
    mut response: Response<Incoming>,
    mut call: Call,
    traits: Traits,
) -> Result<Begun, Box<Setback>> {
    if response.status() != StatusCode::OK {
        call.settle(if response.status().is_server_error() { Verdict::Failure } else { Verdict::Strained });
        return Err(final_setback(failure::not_grpc(&fleet.service, &format!("HTTP {}", response.status()))));
    }
    let code = failure::code_in(response.headers());
    if let Some(code) = code {
        call.settle(failure::verdict(code));
        return told(response, None, call, code);
    }
    if response.body().is_end_stream() {
        call.settle(Verdict::Strained);
        return Err(final_setback(failure::not_grpc(&fleet.service, "an answer without grpc-status")));
    }
    if traits.streaming {
        // It lives; its first message may be hours away.
        call.settle(Verdict::Success);
    } else if traits.idempotent {
        // A unary answer follows its headers at once, so looking costs nothing and may still save the call.
        match response.frame().await {
            Some(Err(error)) => return Err(lost(fleet, error, call)),
            Some(Ok(frame)) => {
                let code = frame.trailers_ref().map(|trailers| failure::code_in(trailers).unwrap_or(Code::Unknown));
                call.settle(code.map_or(Verdict::Success, failure::verdict));
                return match code {
                    Some(code) => told(response, Some(frame), call, code),
                    None => Ok(Begun { response, first: Some(frame), call }),
                };
            }
            None => {}
        }
    }
    Ok(Begun { response, first: None, call })
}

/// The answer is a bare status. `UNAVAILABLE` may be worth a second sending, unless the server says otherwise.
fn told(
    response: Response<Incoming>,
    first: Option<Frame<Bytes>>,
    call: Call,
    code: Code,
) -> Result<Begun, Box<Setback>> {
    let trailers = first.as_ref().and_then(Frame::trailers_ref);
    let wait = pushback(trailers.unwrap_or(response.headers()));
    let begun = Begun { response, first, call };
    if code != Code::Unavailable || wait.is_none() {
        return Ok(begun);
    }
    let failed = Some(Arc::clone(&begun.call.endpoint));
    Err(Box::new(Setback { last_word: Ok(begun), failed, wait }))
}

fn pushback(headers: &HeaderMap) -> Option<Duration> {
    let Some(value) = headers.get(PUSHBACK) else { return Some(Duration::ZERO) };
    // Anything but a number that is not negative means: do not retry (gRFC A6).
    let milliseconds: u32 = value.to_str().ok()?.parse().ok()?;
    Some(Duration::from_millis(milliseconds.into())).filter(|wait| *wait <= PUSHBACK_AT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_decides_whether_and_when_to_retry() {
        let table = [
            (None, Some(0)),
            (Some("0"), Some(0)),
            (Some("250"), Some(250)),
            (Some("5001"), None),
            (Some("-1"), None),
            (Some("soon"), None),
        ];
        for (value, expected) in table {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(PUSHBACK, HeaderValue::from_static(value));
            }
            assert_eq!(pushback(&headers), expected.map(Duration::from_millis), "{value:?}");
        }
    }
}
