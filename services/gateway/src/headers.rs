//! What goes no further than one connection (RFC 9110, 7.6.1).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers that concern the connection to us alone, whether the caller names them in `connection` or not.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TRAILER,
    // The upstream has a name of its own.
    header::HOST,
];

/// Leaves what is meant for the upstream. `te: trailers` is said anew: gRPC needs it on every hop.
pub(crate) fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_the_connection_stays_here() {
        let mut headers = HeaderMap::new();
        let sent = [
            ("connection", "close, X-Mine"),
            ("connection", "te"),
            ("x-mine", "1"),
            ("te", "gzip"),
            ("transfer-encoding", "chunked"),
            ("host", "example.test"),
            ("authorization", "Bearer a"),
            ("grpc-encoding", "gzip"),
            ("traceparent", "00-a"),
            ("x-request-id", "7"),
        ];
        for (name, value) in sent {
            headers.append(name, HeaderValue::from_static(value));
        }
        end_to_end(&mut headers);
        let mut left: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        let expected = [
            ("authorization", "Bearer a"),
            ("grpc-encoding", "gzip"),
            ("te", "trailers"),
            ("traceparent", "00-a"),
            ("x-request-id", "7"),
        ];
        assert_eq!(left, expected);
    }
}
