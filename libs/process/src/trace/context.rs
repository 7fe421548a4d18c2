//! The `traceparent` header.

use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, HeaderValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

const TRACEPARENT: &str = "traceparent";

/// A place in a trace. Neither id is all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span in it.
    pub span_id: [u8; 8],
    /// Whether the trace is recorded by whoever began it.
    pub sampled: bool,
}

/// The text is not a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a traceparent: expected 00-(32 hex digits)-(16 hex digits)-(2 hex digits), in lower case, no id all zeros"
)]
pub struct TraceContextError;

impl TraceContext {
    /// The first place of a new, recorded trace.
    #[must_use]
    pub fn begin() -> Self {
        let ids = RandomIdGenerator::default();
        Self { trace_id: ids.new_trace_id().to_bytes(), span_id: ids.new_span_id().to_bytes(), sampled: true }
    }

    /// A new place in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span_id: RandomIdGenerator::default().new_span_id().to_bytes(), ..self }
    }

    /// The id of the trace in 32 hex digits, as it is in the log.
    #[must_use]
    pub fn trace_id_hex(&self) -> String {
        self.trace_id.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for TraceContext {
    /// As a `traceparent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-", u128::from_be_bytes(self.trace_id))?;
        write!(f, "{:016x}-{:02x}", u64::from_be_bytes(self.span_id), u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = TraceContextError;

    /// Reads a `traceparent` of version 00, and the part of later versions that the standard promises to keep.
    fn from_str(text: &str) -> Result<Self, TraceContextError> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(TraceContextError);
        let (version, trace, span, flags) = (next()?, next()?, next()?, next()?);
        let [version] = bytes::<1>(version)?;
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return Err(TraceContextError);
        }
        let (trace_id, span_id, [flags]) = (bytes::<16>(trace)?, bytes::<8>(span)?, bytes::<1>(flags)?);
        if trace_id == [0; 16] || span_id == [0; 8] {
            return Err(TraceContextError);
        }
        Ok(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }
}

/// Exactly N bytes in lower-case hex digits.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], TraceContextError> {
    let lower = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 2 * N || !text.bytes().all(lower) {
        return Err(TraceContextError);
    }
    let value = u128::from_str_radix(text, 16).map_err(|_| TraceContextError)?;
    value.to_be_bytes().last_chunk::<N>().copied().ok_or(TraceContextError)
}

/// The place in a trace that a request comes from. None if it names none, two, or something else.
#[must_use]
pub fn extract(headers: &HeaderMap) -> Option<TraceContext> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()?.trim().parse().ok()
}

/// Tells the other side of an outgoing call which place in a trace it comes from.
pub fn inject(headers: &mut HeaderMap, context: &TraceContext) {
    // Hex digits and hyphens are always a header value.
    if let Ok(value) = HeaderValue::try_from(context.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_the_standard_allows_is_read_and_nothing_else() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let span = "b7ad6b7169203331";
        let zeros = "0".repeat(32);
        let table = [
            (GOOD.to_owned(), Some(true)),
            (format!("00-{trace}-{span}-00"), Some(false)),
            (format!("00-{trace}-{span}-03"), Some(true)),
            (format!("cc-{trace}-{span}-01"), Some(true)),
            (format!("cc-{trace}-{span}-01-what-comes-later"), Some(true)),
            (format!("cc-{trace}-{span}-01.what-comes-later"), None),
            (format!("00-{trace}-{span}-01-what-comes-later"), None),
            (format!("ff-{trace}-{span}-01"), None),
            (format!("00-{zeros}-{span}-01"), None),
            (format!("00-{trace}-{}-01", &zeros[..16]), None),
            (format!("00-{}-{span}-01", trace.to_uppercase()), None),
            (format!("00-{trace}-{span}-1"), None),
            (format!("00-{trace}-{span}"), None),
            (format!("00-+{}-{span}-01", &trace[1..]), None),
            (format!("{GOOD} "), None),
            (String::new(), None),
            ("00-é".to_owned(), None),
        ];
        for (text, sampled) in table {
            let read = text.parse::<TraceContext>().ok();
            assert_eq!(read.map(|context| context.sampled), sampled, "{text}");
            if let Some(context) = read {
                assert_eq!(context.trace_id_hex(), trace);
                assert!(context.to_string().contains(span));
            }
        }
    }

    #[test]
    fn a_call_carries_its_place_in_the_trace() {
        let mut headers = HeaderMap::new();
        assert_eq!(extract(&headers), None);
        let context = TraceContext::begin();
        inject(&mut headers, &TraceContext::begin());
        inject(&mut headers, &context);
        assert_eq!(extract(&headers), Some(context));
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert_eq!(extract(&headers), None, "two parents are none");
    }

    #[test]
    fn a_child_is_elsewhere_in_the_same_trace() {
        let parent: TraceContext = GOOD.parse().unwrap();
        let child = parent.child();
        assert_eq!(child.trace_id, parent.trace_id);
        assert_ne!(child.span_id, parent.span_id);
        assert_eq!(parent.to_string(), GOOD);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<TraceContext>();
        }

        #[test]
        fn what_is_written_is_read_back(trace_id in 1..u128::MAX, span_id in 1..u64::MAX, sampled in proptest::bool::ANY) {
            let context = TraceContext { trace_id: trace_id.to_be_bytes(), span_id: span_id.to_be_bytes(), sampled };
            proptest::prop_assert_eq!(context.to_string().parse::<TraceContext>(), Ok(context));
        }
    }
}
