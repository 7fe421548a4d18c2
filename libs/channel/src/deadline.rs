//! Until when a call may take: what the caller allows, and no longer than the route does.

use std::time::Duration;

use fault::{Fault, Outcome};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Request};
use tokio::time::Instant;
use wire::fault::v1::ErrorReason;

use crate::timeout::{encode_timeout, parse_timeout};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// What a route allows its calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How long a call may take whose caller names no limit. `None`: as long as it likes.
    pub unasked: Option<Duration>,
    /// How long any call may take at most, whatever its caller says or does not say. `None`: as long as the above.
    pub longest: Option<Duration>,
}

impl Allowance {
    /// One limit for callers who name none and for those who name a longer one.
    #[must_use]
    pub fn at_most(limit: Option<Duration>) -> Self {
        Self { unasked: None, longest: limit }
    }
}

/// The instant after which nobody waits for the answer any more. Put into the extensions of every request that an
/// [`Upstream`](crate::Upstream) passes to a service in the same process; one that is already there is kept if sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// What is left at `now`: zero once it has passed.
    #[must_use]
    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// The deadline of a request that arrived at `now`: the soonest of its `grpc-timeout`, its own [`Deadline`] extension
    /// and what the route allows. `None` where nothing limits it.
    ///
    /// # Errors
    /// `FIELD_INVALID` where the `grpc-timeout` cannot be read.
    pub fn of<B>(request: &Request<B>, now: Instant, route: Allowance) -> Outcome<Option<Self>> {
        let asked = match request.headers().get(GRPC_TIMEOUT) {
            Some(value) => Some(read(value)?),
            None => None,
        };
        let allowed = sooner(asked.or(route.unasked), route.longest);
        // Beyond what the clock can hold is the same as no limit.
        let own = allowed.and_then(|allowed| now.checked_add(allowed)).map(Self);
        let inherited = request.extensions().get::<Self>().copied();
        Ok(sooner(own, inherited))
    }

    /// Writes what is left at `now` for the next one called, into `grpc-timeout`.
    pub fn tell(self, now: Instant, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(encode_timeout(self.left(now))) {
            headers.insert(GRPC_TIMEOUT, value);
        }
    }
}

/// The lesser of two limits, either of which may be none.
fn sooner<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn read(value: &HeaderValue) -> Outcome<Duration> {
    value.to_str().ok().and_then(parse_timeout).ok_or_else(|| {
        let shown: String = String::from_utf8_lossy(value.as_bytes()).chars().take(40).collect();
        Fault::invalid(
            ErrorReason::FieldInvalid,
            format!("grpc-timeout is {shown:?}; it must be 1 to 8 digits and one of H, M, S, m, u, n, as in 5S"),
        )
        .on("grpc-timeout")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn request(timeout: Option<&str>, inherited: Option<Deadline>) -> Request<()> {
        let mut request = Request::new(());
        if let Some(timeout) = timeout {
            request.headers_mut().insert(GRPC_TIMEOUT, timeout.parse().unwrap());
        }
        if let Some(inherited) = inherited {
            request.extensions_mut().insert(inherited);
        }
        request
    }

    #[test]
    fn the_soonest_of_all_limits_holds() {
        let now = Instant::now();
        let table = [
            (None, None, None, None),
            (None, None, Some(30), Some(30)),
            (Some("5S"), None, Some(30), Some(5)),
            (Some("5M"), None, Some(30), Some(30)),
            (Some("5M"), None, None, Some(300)),
            (Some("99999999H"), None, Some(30), Some(30)),
            (Some("5S"), Some(2), Some(30), Some(2)),
            (None, Some(60), Some(30), Some(30)),
        ];
        for (asked, inherited, maximum, expected) in table {
            let request = request(asked, inherited.map(|seconds| Deadline(now + seconds * S)));
            let route = Allowance::at_most(maximum.map(|seconds: u32| seconds * S));
            let deadline = Deadline::of(&request, now, route).unwrap();
            assert_eq!(deadline, expected.map(|seconds: u32| Deadline(now + seconds * S)), "{asked:?} {maximum:?}");
        }
    }

    #[test]
    fn a_route_may_allow_who_asks_more_than_who_does_not() {
        let now = Instant::now();
        let route = Allowance { unasked: Some(30 * S), longest: Some(600 * S) };
        for (asked, expected) in [(None, 30), (Some("5S"), 5), (Some("5M"), 300), (Some("1H"), 600)] {
            let deadline = Deadline::of(&request(asked, None), now, route).unwrap();
            assert_eq!(deadline, Some(Deadline(now + expected * S)), "{asked:?}");
        }
    }

    #[test]
    fn a_timeout_that_cannot_be_read_is_named() {
        let fault = Deadline::of(&request(Some("soon"), None), Instant::now(), Allowance::default()).unwrap_err();
        assert_eq!((fault.reason(), fault.field()), ("FIELD_INVALID", "grpc-timeout"));
        assert!(fault.message().contains("soon"));
    }

    #[test]
    fn the_next_one_is_told_what_is_left() {
        let now = Instant::now();
        let mut request = request(Some("5S"), None);
        let deadline = Deadline::of(&request, now, Allowance::default()).unwrap().unwrap();
        deadline.tell(now + 2 * S, request.headers_mut());
        assert_eq!(request.headers()[GRPC_TIMEOUT], "3000000u");
        assert_eq!(deadline.left(now + 9 * S), Duration::ZERO);
    }
}
