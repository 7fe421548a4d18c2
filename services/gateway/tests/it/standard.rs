//! What is open to anyone: health, reflection, the API description and its page.

use std::collections::BTreeSet;
use std::convert::Infallible;

use fault::Fault;
use futures::stream;
use gateway::{Service, Upstream};
use http::Method;
use prost::Message as _;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use wire::fault::v1::ErrorReason;

use crate::suite::{CHANGES, SITES, Suite};

const TYPES: &str = "telwarden.assets.v1.AssetTypeService";

#[tokio::test]
async fn health_is_told_of_the_whole_and_of_every_service() {
    let suite = Suite::with_defaults().await;
    let mut client = HealthClient::new(suite.channel().await);
    for service in ["", SITES, CHANGES] {
        let answer = client.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = client.check(HealthCheckRequest { service: "x".to_owned() }).await.unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);
    let answer = suite.http(Method::GET, "/healthz", None, "").await;
    let expected = serde_json::json!({"status": "SERVING", "services": {"assets": "SERVING", "risk": "SERVING"}});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
}

/// A service none of whose replicas answers.
pub(crate) fn away() -> Service {
    let answer = |_: http::Request<tonic::body::Body>| async {
        let fault = Fault::new(tonic::Code::Unavailable, ErrorReason::ServiceUnreachable, "nobody is there");
        Ok::<_, Infallible>(tonic::Status::from(fault).into_http())
    };
    let (name, upstream) = ("types".to_owned(), Upstream::new(tower::service_fn(answer)));
    Service { name, grpc_services: vec![TYPES.to_owned()], upstream }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_told_of_and_the_door_stays_open() {
    let suite = Suite::with_more(Default::default(), vec![away()]).await;
    let mut client = HealthClient::new(suite.channel().await);
    let mut told = client.watch(HealthCheckRequest { service: TYPES.to_owned() }).await.unwrap().into_inner();
    while told.message().await.unwrap().unwrap().status() != ServingStatus::NotServing {}
    let other = client.check(HealthCheckRequest { service: SITES.to_owned() }).await.unwrap().into_inner();
    assert_eq!(other.status(), ServingStatus::Serving);
    let answer = suite.http(Method::GET, "/healthz", None, "").await;
    assert_eq!((answer.status.as_u16(), answer.json()["services"]["types"].as_str()), (200, Some("NOT_SERVING")));
}

async fn ask(client: &mut ServerReflectionClient<tonic::transport::Channel>, what: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { message_request: Some(what), ..Default::default() };
    let mut answers = client.server_reflection_info(stream::iter([request])).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap().message_response.unwrap()
}

#[tokio::test]
async fn reflection_lists_what_is_served_and_gives_every_file_it_needs() {
    let suite = Suite::with_defaults().await;
    let mut client = ServerReflectionClient::new(suite.channel().await);
    let MessageResponse::ListServicesResponse(list) =
        ask(&mut client, MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list");
    };
    let names: BTreeSet<String> = list.service.into_iter().map(|service| service.name).collect();
    let reflection = ["v1", "v1alpha"].map(|version| format!("grpc.reflection.{version}.ServerReflection"));
    let expected = [SITES, CHANGES, "grpc.health.v1.Health"].map(str::to_owned).into_iter().chain(reflection);
    assert_eq!(names, expected.collect());

    let mut wanted = Vec::new();
    let mut seen = BTreeSet::new();
    let symbols = names.into_iter().map(MessageRequest::FileContainingSymbol);
    wanted.extend(symbols);
    while let Some(what) = wanted.pop() {
        let shown = format!("{what:?}");
        let MessageResponse::FileDescriptorResponse(files) = ask(&mut client, what).await else {
            panic!("nothing for {shown}");
        };
        for file in files.file_descriptor_proto {
            let file = prost_types::FileDescriptorProto::decode(file.as_slice()).unwrap();
            let new = file.dependency.into_iter().filter(|name| seen.insert(name.clone()));
            wanted.extend(new.map(MessageRequest::FileByFilename));
        }
    }
    assert!(seen.contains("google/api/annotations.proto"));
}

#[tokio::test]
async fn the_older_reflection_is_served_too() {
    use tonic_reflection::pb::v1alpha as old;
    let suite = Suite::with_defaults().await;
    let mut client = old::server_reflection_client::ServerReflectionClient::new(suite.channel().await);
    let what = old::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = old::ServerReflectionRequest { message_request: Some(what), ..Default::default() };
    let mut answers = client.server_reflection_info(stream::iter([request])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let old::server_reflection_response::MessageResponse::ListServicesResponse(list) = answer else {
        panic!("no list");
    };
    assert!(list.service.iter().any(|service| service.name == SITES));
}

#[tokio::test]
async fn the_api_is_described_and_shown_without_a_token() {
    let suite = Suite::with_defaults().await;
    let document = suite.http(Method::GET, "/openapi.json", None, "").await;
    assert_eq!(document.headers["content-type"], "application/json");
    let json = document.json();
    assert!(json["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&String> = json["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().any(|path| path.ends_with("/sites")), "{paths:?}");
    assert!(paths.iter().any(|path| path.ends_with("/changes:watch")), "{paths:?}");
    for path in ["/", "/docs"] {
        let page = suite.http(Method::GET, path, None, "").await;
        let text = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(text.contains("openapi.json"));
        let foreign = ["http://", "https://", "src=", "@import", "url("].into_iter().find(|mark| text.contains(mark));
        assert_eq!(foreign, None, "the page needs nothing from elsewhere");
    }
}
