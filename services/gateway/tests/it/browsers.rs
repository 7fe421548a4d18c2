//! Pages of other origins.

use bytes::Bytes;
use gateway::Settings;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::Full;

use crate::suite::{CHANGES, SITES, Suite, door, services};

const OURS: &str = "https://console.example.org";

async fn preflight(suite: &Suite, origin: &str) -> (StatusCode, HeaderMap) {
    let request = Request::options(suite.url("/telwarden.assets.v1.SiteService/GetSite"))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,x-grpc-web");
    let response = suite.send(request.body(Full::<Bytes>::default()).unwrap()).await;
    (response.status(), response.headers().clone())
}

#[tokio::test]
async fn only_the_pages_of_named_origins_may_call() {
    let suite = Suite::open(Settings { browser_origins: vec![OURS.to_owned()], ..Default::default() }).await;
    let (status, headers) = preflight(&suite, OURS).await;
    assert_eq!((status, headers["access-control-allow-origin"].to_str().unwrap()), (StatusCode::OK, OURS));
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("x-grpc-web") && allowed.contains("authorization"), "{allowed}");
    let (_, headers) = preflight(&suite, "https://elsewhere.example").await;
    assert!(!headers.contains_key("access-control-allow-origin"));

    let request = Request::get(suite.url("/healthz")).header("origin", OURS);
    let response = suite.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(response.headers()["access-control-allow-origin"], OURS);
    let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("grpc-status"), "{exposed}");

    let closed = Suite::with_defaults().await;
    let (status, headers) = preflight(&closed, OURS).await;
    assert!(!status.is_success() && !headers.contains_key("access-control-allow-origin"), "{status}");
    assert_eq!(closed.http(Method::GET, "/healthz", None, "").await.status, StatusCode::OK);
}

#[test]
fn what_is_no_origin_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = access::LocalKey::open(folder.path()).unwrap();
    let ledgers = || (crate::fake::Ledger::new("assets", 0), crate::fake::Ledger::new("risk", 0));
    let built = |origins: &[&str]| {
        let (assets, risk) = ledgers();
        let browser_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        let settings = Settings { browser_origins, ..Default::default() };
        gateway::gateway(services(&Default::default(), &assets, &risk), door(&key, &[SITES, CHANGES]), settings)
    };
    for right in [&["*"][..], &[OURS], &[OURS, "http://localhost:3000"], &[]] {
        assert!(built(right).is_ok(), "{right:?}");
    }
    for wrong in [&["console.example.org"][..], &[OURS, "*"], &["https://a\nb"]] {
        let error = built(wrong).err().unwrap().to_string();
        assert!(error.contains("browser_origins"), "{error}");
    }
}
