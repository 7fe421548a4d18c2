//! The feed: ordered, unique, atomic, reliable, resumable, bookmarkable.

use futures::StreamExt as _;
use testkit::reason;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{Change, ListChangesRequest, WatchChangesRequest};

use crate::{on_every_database, rated};

fn request(cursor: &str) -> WatchChangesRequest {
    WatchChangesRequest { parent: "organizations/acme".to_owned(), cursor: cursor.to_owned(), ..Default::default() }
}

/// Follows until `count` changes came; gives them and the last cursor.
async fn follow(bench: &testkit::Bench, cursor: &str, count: usize) -> (Vec<Change>, String) {
    let mut client = ChangeServiceClient::new(bench.client("bus", &["acme"], &["integrator"]));
    let mut stream = client.watch_changes(request(cursor)).await.unwrap().into_inner();
    let (mut changes, mut last) = (Vec::new(), cursor.to_owned());
    while changes.len() < count {
        let next =
            tokio::time::timeout(std::time::Duration::from_secs(20), stream.next()).await.expect("a change comes");
        let response = next.unwrap().unwrap();
        changes.extend(response.changes);
        last = response.cursor;
    }
    (changes, last)
}

on_every_database! {
    async fn a_watcher_sees_every_change_once_in_order_and_resumes(bench) {
        rated(&bench, "a", (1, 1, 1)).await;
        let (first, cursor) = follow(&bench, "", 1).await;
        assert_eq!(first[0].resource, "organizations/acme/assets/a");
        assert_eq!(first[0].actor, "ana");
        assert!(first[0].after.is_some() && first[0].before.is_none());
        for id in ["b", "c", "d"] {
            rated(&bench, id, (1, 1, 1)).await;
        }
        let (rest, _) = follow(&bench, &cursor, 3).await;
        let sequences: Vec<i64> = rest.iter().map(|change| change.sequence).collect();
        assert_eq!(sequences, [2, 3, 4]);
        let mut client = ChangeServiceClient::new(bench.client("bus", &["acme"], &["integrator"]));
        let status = client.watch_changes(request("bm90LW91cnM")).await.unwrap_err();
        assert_eq!(reason(&status), "CURSOR_INVALID");
    }

    async fn a_watcher_is_woken_by_a_change_and_sees_its_own_organization_only(bench) {
        rated(&bench, "a", (1, 1, 1)).await;
        let mut client = ChangeServiceClient::new(bench.client("bus", &["other"], &["integrator"]));
        let foreign = client.watch_changes(request("")).await.unwrap_err();
        assert_eq!(foreign.code(), tonic::Code::NotFound);
        let listed = ListChangesRequest { parent: "organizations/acme".to_owned(), resource: "organizations/acme/assets/a".to_owned(), ..Default::default() };
        let mut client = ChangeServiceClient::new(bench.client("bus", &["acme"], &["auditor"]));
        let (_, cursor) = follow(&bench, "", 1).await;
        let mut stream = client.watch_changes(request(&cursor)).await.unwrap().into_inner();
        rated(&bench, "b", (1, 1, 1)).await;
        let woken = async {
            loop {
                let next = stream.next().await.unwrap().unwrap();
                if !next.heartbeat {
                    return next;
                }
            }
        };
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), woken).await.unwrap();
        assert_eq!(next.changes[0].resource, "organizations/acme/assets/b");
        assert_eq!(client.list_changes(listed).await.unwrap().into_inner().changes.len(), 1);
    }
}
