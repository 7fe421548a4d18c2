use bytes::Bytes;
use http_body_util::BodyExt as _;
use tonic::Code;
use wire::assets::v1::GetAssetRequest;
use wire::assets::v1::asset_service_client::AssetServiceClient;

use crate::replica::{Replica, call, finish, reason, request, send, settings, upstream};

#[tokio::test]
async fn bodies_headers_and_trailers_pass_unchanged() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let body: Bytes = (0..8 * 1024 * 1024u32).map(|index| index.to_le_bytes()[1]).collect();
    let mut request = request("/t.T/Echo", body.clone());
    request.headers_mut().insert("traceparent", "00-1-2-01".parse().unwrap());
    request.headers_mut().insert("authorization", "Bearer x".parse().unwrap());
    let response = send(&upstream, request).await;
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let answer = response.into_body().collect().await.unwrap();
    assert_eq!(answer.trailers().unwrap()["x-trailer"], "kept");
    assert!(answer.to_bytes() == body);
    let headers = one.memory.headers.lock().clone();
    assert_eq!((headers["traceparent"].to_str().unwrap(), headers["te"].to_str().unwrap()), ("00-1-2-01", "trailers"));
    assert_eq!(headers["authorization"], "Bearer x");
}

#[tokio::test]
async fn headers_of_one_http1_hop_stay_behind() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let mut request = request("/t.T/Put", "q");
    for (name, value) in
        [("connection", "keep-alive, te"), ("keep-alive", "timeout=5"), ("transfer-encoding", "chunked")]
    {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    assert_eq!(finish(send(&upstream, request).await).await.1.code(), Code::Ok);
}

#[tokio::test]
async fn what_is_not_grpc_becomes_a_clear_failure() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    for (path, told) in [("/t.T/Web", "HTTP 404"), ("/t.T/Mute", "grpc-status"), ("/t.T/Unfinished", "grpc-status")] {
        let (_, status) = call(&upstream, path).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"), "{path}");
        assert!(status.message().contains(told), "{path}: {}", status.message());
    }
}

#[tokio::test]
async fn a_generated_client_works_on_top() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let mut client = AssetServiceClient::new(upstream);
    let status = client.get_asset(GetAssetRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unimplemented, "no such path"));
}
