//! Failures as callers see them.

use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;

const ASSET: &str = "/v1/organizations/acme/assets/a";

#[tokio::test]
async fn a_status_becomes_the_json_of_aip_193() {
    let upstream = Upstream::new(vec![Err(Fault::not_found("organizations/acme/assets/a").into())]);
    let got = send(&upstream, request("GET", ASSET, &[], "")).await;
    assert_eq!(got.code, 404);
    assert_eq!(got.header("content-type"), "application/json");
    let want = json!({"error": {
        "code": 404,
        "status": "NOT_FOUND",
        "message": "organizations/acme/assets/a does not exist, or is not yours to see",
        "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RESOURCE_NOT_FOUND",
            "domain": "telwarden",
            "metadata": {"name": "organizations/acme/assets/a"},
        }],
    }});
    assert_eq!(got.json(), want);
}

#[test]
fn every_code_has_its_http_code() {
    let table = [
        (Code::Cancelled, 499, "CANCELLED"),
        (Code::Unknown, 500, "UNKNOWN"),
        (Code::InvalidArgument, 400, "INVALID_ARGUMENT"),
        (Code::DeadlineExceeded, 504, "DEADLINE_EXCEEDED"),
        (Code::NotFound, 404, "NOT_FOUND"),
        (Code::AlreadyExists, 409, "ALREADY_EXISTS"),
        (Code::PermissionDenied, 403, "PERMISSION_DENIED"),
        (Code::ResourceExhausted, 429, "RESOURCE_EXHAUSTED"),
        (Code::FailedPrecondition, 400, "FAILED_PRECONDITION"),
        (Code::Aborted, 409, "ABORTED"),
        (Code::OutOfRange, 400, "OUT_OF_RANGE"),
        (Code::Unimplemented, 501, "UNIMPLEMENTED"),
        (Code::Internal, 500, "INTERNAL"),
        (Code::Unavailable, 503, "UNAVAILABLE"),
        (Code::DataLoss, 500, "DATA_LOSS"),
        (Code::Unauthenticated, 401, "UNAUTHENTICATED"),
    ];
    for (code, http, name) in table {
        assert_eq!(error_response(Status::new(code, "m")).status().as_u16(), http, "{code:?}");
        let json = crate::error::error_json(Status::new(code, "m"));
        assert_eq!((&json["error"]["status"], &json["error"]["code"]), (&json!(name), &json!(http)));
    }
}

#[tokio::test]
async fn hints_of_the_status_become_headers() {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(Duration::from_millis(1500)));
    let got = read(error_response(Status::with_error_details(Code::Unavailable, "later", details))).await;
    assert_eq!((got.code, got.header("retry-after")), (503, "2"));
    let got = read(error_response(Status::unauthenticated("who?"))).await;
    assert_eq!(got.header("www-authenticate"), "Bearer");
    let mut status = Status::internal("m");
    status.metadata_mut().insert("x-request-id", "r".parse().unwrap());
    status.metadata_mut().insert("other", "o".parse().unwrap());
    let got = read(error_response(status)).await;
    assert_eq!((got.header("x-request-id"), got.header("other")), ("r", ""));
}

#[tokio::test]
async fn what_the_transport_says_gets_a_reason() {
    let table = [
        (Status::cancelled("Timeout expired"), 504, "DEADLINE_PASSED"),
        (Status::unavailable("connection refused"), 503, "SERVICE_UNREACHABLE"),
        (Status::unimplemented(""), 501, "METHOD_UNKNOWN"),
    ];
    for (status, code, reason) in table {
        let got = read(error_response(status)).await;
        assert_eq!((got.code, got.reason().as_str()), (code, reason));
    }
}

#[tokio::test]
async fn details_that_cannot_be_read_do_no_harm() {
    let other = prost_reflect::prost_types::Any { type_url: "example.com/other.Thing".to_owned(), value: vec![1, 2] };
    let details = tonic_types::pb::Status { code: 9, message: "m".to_owned(), details: vec![other] }.encode_to_vec();
    let status = Status::with_details(Code::FailedPrecondition, "m", details.into());
    let got = read(error_response(status)).await;
    assert_eq!(got.json()["error"]["details"], json!([{"@type": "example.com/other.Thing", "value": "AQI="}]));
    let status = Status::with_details(Code::FailedPrecondition, "m", Bytes::from_static(b"\xff\xff"));
    let got = read(error_response(status)).await;
    assert_eq!(got.json()["error"]["details"], json!([]));
}

#[tokio::test]
async fn an_upstream_that_fails_is_unreachable_not_a_defect() {
    let broken = tower::service_fn(|_: Request<tonic::body::Body>| async {
        Err::<Response<tonic::body::Body>, _>(std::io::Error::other("connection refused"))
    });
    let got = read(transcoder().handle(request("GET", ASSET, &[], ""), broken).await).await;
    assert_eq!((got.code, got.reason().as_str()), (503, "SERVICE_UNREACHABLE"));
    let refusing = tower::service_fn(|_: Request<tonic::body::Body>| async {
        Err::<Response<tonic::body::Body>, BoxError>(Status::resource_exhausted("full").into())
    });
    let got = read(transcoder().handle(request("GET", ASSET, &[], ""), refusing).await).await;
    assert_eq!(got.code, 429);
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let upstream = Upstream::ok(json!({}));
    let got = send(&upstream, request("GET", "/v2/organizations/acme/assets", &[], "")).await;
    assert_eq!((got.code, got.reason().as_str()), (404, "METHOD_UNKNOWN"));
    assert!(got.json()["error"]["message"].as_str().unwrap().contains("/openapi.json"));
    let got = send(&upstream, request("PUT", ASSET, &[], "")).await;
    assert_eq!((got.code, got.header("allow")), (405, "DELETE, GET, PATCH"));
    // A streamed import has no REST form.
    assert_eq!(transcoder().matches(&Method::POST, "/v1/organizations/acme/assets:import"), Match::NotFound);
    assert_eq!(transcoder().matches(&Method::GET, "/v1/organizations/acme/assets"), Match::Found);
    assert_eq!(
        transcoder().grpc_path(&Method::GET, "/v1/organizations/acme/changes:watch"),
        Some("/telwarden.changes.v1.ChangeService/WatchChanges")
    );
}

#[test]
fn conflicts_stop_the_start() {
    let error = Transcoder::new(pool(), &[SERVICES[0], SERVICES[0]]).unwrap_err();
    assert!(matches!(error, ConflictError::Path { .. }), "{error}");
    assert!(error.to_string().contains("CreateAsset"), "{error}");
    let error = Transcoder::new(pool(), &["telwarden.assets.v1.NoService"]).unwrap_err();
    assert!(matches!(error, ConflictError::ServiceUnknown(_)), "{error}");
}
