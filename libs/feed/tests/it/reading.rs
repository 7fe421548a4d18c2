//! Who may read the changes of all organizations, and in which form they come.

use std::time::Duration;

use access::{Clock as _, ServiceToken};
use testkit::reason;
use tonic::{Code, Request};
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::watch_changes_request::Body;
use wire::changes::v1::{Change, ListChangesRequest, WatchChangesRequest};

use crate::bench::{Bench, Line, on_every_database};

fn watch(parent: &str, body: Body) -> WatchChangesRequest {
    WatchChangesRequest { parent: parent.to_owned(), body: body.into(), ..Default::default() }
}

/// A request of a caller.
fn by<M>(bench: &Bench, message: M, subject: &str, organizations: &[&str], roles: &[&str]) -> Request<M> {
    let token = bench.key.mint(subject, organizations, roles, bench.clock.now(), Duration::from_secs(60)).unwrap();
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn first(client: &mut ChangeServiceClient<Line>, request: Request<WatchChangesRequest>) -> Vec<Change> {
    let mut stream = client.watch_changes(request).await.unwrap().into_inner();
    loop {
        let answer = stream.message().await.unwrap().unwrap();
        if !answer.heartbeat {
            assert_eq!((answer.sequence, answer.newest), (2, 2));
            return answer.changes;
        }
    }
}

on_every_database! {
    async fn only_services_read_all_organizations_at_once(bench) {
        let source = bench.serve().await;
        source.create("acme", &["a"]).await;
        source.create("other", &["b"]).await;
        let mut client = ChangeServiceClient::new(bench.line.clone());
        let everything = watch("organizations/-", Body::Json);
        let refusals = [
            ("ana", &["acme", "other"][..], "administrator", Code::PermissionDenied, "PERMISSION_MISSING"),
            ("service:controls", &["acme"], "service", Code::PermissionDenied, "PERMISSION_MISSING"),
            ("ana", &["-"], "auditor", Code::Unauthenticated, "TOKEN_INVALID"),
            ("ana", &["-"], "service", Code::Unauthenticated, "TOKEN_INVALID"),
            ("service:controls", &["-"], "auditor", Code::Unauthenticated, "TOKEN_INVALID"),
        ];
        for (subject, organizations, role, code, why) in refusals {
            let refused = client.watch_changes(by(&bench, everything.clone(), subject, organizations, &[role])).await;
            let status = refused.err().unwrap();
            assert_eq!((status.code(), reason(&status).as_str()), (code, why), "{subject} {organizations:?} {role}");
        }
        bench.until("placed", async || source.database.newest().await.unwrap() == 2).await;
        let service = |message| by(&bench, message, "service:controls", &["-"], &["service"]);
        let names = |changes: Vec<Change>| changes.into_iter().map(|change| change.resource).collect::<Vec<_>>();
        let both = ["organizations/acme/sites/a", "organizations/other/sites/b"];
        assert_eq!(names(first(&mut client, service(everything)).await), both);
        let one = watch("organizations/other", Body::Json);
        assert_eq!(names(first(&mut client, service(one)).await), both[1..], "one organization as well");
        let list = |parent: &str| ListChangesRequest { parent: parent.to_owned(), ..Default::default() };
        let listed = client.list_changes(by(&bench, list("organizations/-"), "service:x", &["-"], &["service"])).await;
        assert_eq!(names(listed.unwrap().into_inner().changes), both);
        let refused = client.list_changes(by(&bench, list("organizations/-"), "ana", &["acme"], &["auditor"])).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }

    async fn the_resource_comes_as_json_or_as_a_message(bench) {
        let source = bench.serve().await;
        source.create("acme", &["a"]).await;
        source.rename("organizations/acme/sites/a", "Renamed").await;
        bench.until("placed", async || source.database.newest().await.unwrap() == 2).await;
        let mut client = ChangeServiceClient::new(bench.line.clone());
        for body in [Body::Unspecified, Body::Json] {
            let changes = first(&mut client, by(&bench, watch("organizations/acme", body), "ana", &["acme"], &["viewer"])).await;
            let json = changes[1].after.as_ref().unwrap();
            assert!(json.fields.contains_key("displayName"));
            assert!(changes[1].before_message.is_empty() && changes[1].after_message.is_empty());
        }
        let request = by(&bench, watch("organizations/acme", Body::Message), "ana", &["acme"], &["viewer"]);
        let changes = first(&mut client, request).await;
        assert_eq!(changes[1].after, None);
        let site = |site: Option<wire::assets::v1::Site>| site.map(|site| site.display_name);
        assert_eq!(site(feed::before(&changes[1]).unwrap()).as_deref(), Some("Site a"));
        assert_eq!(site(feed::after(&changes[1]).unwrap()).as_deref(), Some("Renamed"));
        let mut unknown = watch("organizations/acme", Body::Json);
        unknown.body = 9;
        let status = client.watch_changes(by(&bench, unknown, "ana", &["acme"], &["viewer"])).await.err().unwrap();
        assert_eq!(reason(&status), "FIELD_INVALID");
    }

    async fn a_token_of_settings_is_put_on_calls(bench) {
        let source = bench.serve().await;
        source.create("acme", &["a"]).await;
        source.create("acme", &["b"]).await;
        bench.until("placed", async || source.database.newest().await.unwrap() == 2).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let token = bench.key.mint("service:controls", &["-"], &["service"], bench.now(), Duration::from_secs(60)).unwrap();
        std::fs::write(&path, token + "\n").unwrap();
        let token = ServiceToken::of_settings(&path, &["assets"], bench.clock()).unwrap().unwrap();
        let mut client = ChangeServiceClient::new(token.around(bench.line.clone()));
        let mut stream = client.watch_changes(watch("organizations/-", Body::Message)).await.unwrap().into_inner();
        assert!(stream.message().await.unwrap().is_some());
    }
}
