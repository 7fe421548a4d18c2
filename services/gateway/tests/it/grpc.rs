//! gRPC through the door.

use std::collections::BTreeSet;
use std::time::Duration;

use access::{Clock as _, SystemClock};
use gateway::Settings;
use tonic::Code;
use tonic_types::StatusExt as _;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::{CreateSiteRequest, GetAssetRequest, GetSiteRequest, Site};

use crate::suite::{CHANGES, SITES, Suite, door, reason, services};

pub(crate) fn site(parent: &str, id: &str) -> CreateSiteRequest {
    let site = Site { display_name: "Exchange".to_owned(), r#type: "office".to_owned(), ..Default::default() };
    CreateSiteRequest { parent: parent.to_owned(), site_id: id.to_owned(), site: Some(site) }
}

pub(crate) fn get(id: &str) -> GetSiteRequest {
    GetSiteRequest { name: format!("organizations/acme/sites/{id}") }
}

#[tokio::test]
async fn a_unary_call_reaches_its_service_and_its_errors_come_back_whole() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.site_client().await;
    let made = client.create_site(suite.call(site("organizations/acme", "a"))).await.unwrap().into_inner();
    assert_eq!(made.name, "organizations/acme/sites/a");
    let got = client.get_site(suite.call(get("a"))).await.unwrap().into_inner();
    assert_eq!(got, made);

    let status = client.get_site(suite.call(get("b"))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let status = client.create_site(suite.call(CreateSiteRequest::default())).await.unwrap_err();
    let fields = status.get_details_bad_request().unwrap().field_violations;
    let fields: BTreeSet<String> = fields.into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, BTreeSet::from(["parent".to_owned(), "site".to_owned()]));
}

#[tokio::test]
async fn the_service_sees_the_token_unchanged_and_the_trace_of_the_door() {
    let suite = Suite::with_defaults().await;
    let mut request = suite.call(get("a"));
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request.metadata_mut().insert("traceparent", caller.parse().unwrap());
    let token = request.metadata().get("authorization").unwrap().clone();
    let _ = suite.site_client().await.get_site(request).await.unwrap_err();
    let seen = suite.sites.seen.lock().pop().unwrap();
    assert_eq!(seen.get("authorization"), Some(&token));
    let trace = seen.get("traceparent").unwrap().to_str().unwrap();
    assert!(trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{trace}");
    assert_ne!(trace, caller, "the call is a child of the door's span");
    assert_eq!(seen.get("grpc-timeout").unwrap(), "30000000u");
}

#[tokio::test]
async fn services_of_the_suite_come_in_only_where_they_are_admitted() {
    for (admit_services, expected) in [(false, Code::PermissionDenied), (true, Code::NotFound)] {
        let suite = Suite::open(Settings { admit_services, ..Settings::default() }).await;
        let mut request = tonic::Request::new(get("a"));
        let token =
            suite.key.mint("service:controls", &["-"], &["service"], SystemClock.now(), Duration::from_secs(60));
        let token = format!("Bearer {}", token.unwrap());
        request.metadata_mut().insert("authorization", token.parse().unwrap());
        let status = suite.site_client().await.get_site(request).await.unwrap_err();
        assert_eq!(status.code(), expected);
        let path = "/v1/organizations/acme/sites/a";
        let answer = suite.http(http::Method::GET, path, Some(&token), "").await;
        assert_eq!(answer.status.as_u16(), if admit_services { 404 } else { 403 });
        assert_eq!(suite.sites.seen.lock().len(), if admit_services { 2 } else { 0 });
    }
}

#[tokio::test]
async fn callers_are_refused_at_the_door() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.site_client().await;
    let status = client.get_site(get("a")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
    let mut forged = suite.call(get("a"));
    forged.metadata_mut().insert("authorization", "Bearer a.b.c".parse().unwrap());
    let status = client.get_site(forged).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_INVALID"));
    let mut small = tonic::Request::new(site("organizations/acme", "a"));
    small.metadata_mut().insert("authorization", suite.token_of("eve", &["viewer"]).parse().unwrap());
    let status = client.create_site(small).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
    assert!(suite.sites.seen.lock().is_empty(), "none of them reached the service");
}

#[tokio::test]
async fn a_service_that_is_not_behind_the_door_is_unimplemented() {
    let suite = Suite::with_defaults().await;
    let mut client = AssetServiceClient::new(suite.channel().await);
    let status = client.get_asset(suite.call(GetAssetRequest::default())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"));
}

#[tokio::test]
async fn a_panic_is_one_callers_failure() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.site_client().await;
    let status = client.get_site(suite.call(get("panics"))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "DEFECT"));
    client.create_site(suite.call(site("organizations/acme", "a"))).await.unwrap();
}

#[test]
fn a_door_that_would_let_anyone_in_is_not_built() {
    let folder = tempfile::tempdir().unwrap();
    let key = access::LocalKey::open(folder.path()).unwrap();
    let suite = || {
        let (assets, risk) = (crate::fake::Ledger::new("assets", 0), crate::fake::Ledger::new("risk", 0));
        services(&Default::default(), &assets, &risk)
    };
    let error = |services, door| gateway::gateway(services, door, Default::default()).err().unwrap().to_string();
    assert!(error(suite(), door(&key, &[SITES])).contains("no rule for /telwarden.changes.v1.ChangeService/"));
    let whole = || door(&key, &[SITES, CHANGES]);
    assert!(error(Vec::new(), whole()).contains("at least one service"));
    let mut twice = suite();
    twice[0].grpc_services.push(SITES.to_owned());
    assert!(error(twice, whole()).contains("SiteService is named by two services"));
    let mut unknown = suite();
    unknown[0].grpc_services.push("telwarden.none.v1.NoService".to_owned());
    assert!(error(unknown, whole()).contains("NoService"));
}
