//! The ledgers of all services as one.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use tonic::Code;
use wire::changes::v1::{Change, ListChangesRequest, WatchChangesRequest, WatchChangesResponse};

use crate::suite::{Suite, reason};

fn watch(cursor: &str, from_now: bool) -> WatchChangesRequest {
    let (parent, cursor) = ("organizations/acme".to_owned(), cursor.to_owned());
    WatchChangesRequest { parent, cursor, from_now, ..Default::default() }
}

fn keys(changes: &[Change]) -> Vec<(String, i64)> {
    changes.iter().map(|change| (change.service.clone(), change.sequence)).collect()
}

/// The next so many changes, and the cursor after each answer.
async fn read(stream: &mut tonic::Streaming<WatchChangesResponse>, wanted: usize) -> (Vec<(String, i64)>, Vec<String>) {
    let (mut changes, mut cursors) = (Vec::new(), Vec::new());
    while changes.len() < wanted {
        let answer = stream.next().await.unwrap().unwrap();
        changes.extend(keys(&answer.changes));
        cursors.push(answer.cursor);
    }
    (changes, cursors)
}

#[tokio::test]
async fn a_watch_tells_every_ledger_and_resumes_anywhere() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.change_client().await;
    let mut stream = client.watch_changes(suite.call(watch("", false))).await.unwrap().into_inner();
    let (mut all, mut cursors) = read(&mut stream, 5).await;
    suite.assets.commit();
    let (more, last) = read(&mut stream, 1).await;
    assert_eq!(more, [("assets".to_owned(), 3)]);
    all.extend(more);
    cursors.extend(last);
    for service in ["assets", "risk"] {
        let sequences: Vec<i64> = all.iter().filter(|(name, _)| name == service).map(|(_, n)| *n).collect();
        assert_eq!(sequences, [1, 2, 3], "{service}: in order and once");
    }
    // From every place, what is left is exactly what had not been sent.
    for (index, cursor) in cursors.iter().enumerate().take(5) {
        let mut stream = client.watch_changes(suite.call(watch(cursor, false))).await.unwrap().into_inner();
        let (mut left, _) = read(&mut stream, 5 - index).await;
        let mut expected = all[index + 1..].to_vec();
        left.sort();
        expected.sort();
        assert_eq!(left, expected, "after {index}");
    }
}

#[tokio::test]
async fn now_is_one_place_in_all_ledgers() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.change_client().await;
    let mut stream = client.watch_changes(suite.call(watch("", true))).await.unwrap().into_inner();
    let start = stream.next().await.unwrap().unwrap();
    assert!(start.heartbeat && start.changes.is_empty());
    drop(stream);
    // What is committed while nobody reads is read from the cursor.
    suite.risk.commit();
    suite.assets.commit();
    let mut stream = client.watch_changes(suite.call(watch(&start.cursor, true))).await.unwrap().into_inner();
    let (mut changes, _) = read(&mut stream, 2).await;
    changes.sort();
    assert_eq!(changes, [("assets".to_owned(), 3), ("risk".to_owned(), 4)]);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_refused() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.change_client().await;
    let status = client.watch_changes(suite.call(watch("17", false))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "CURSOR_INVALID"));
}

#[tokio::test]
async fn pages_go_through_the_ledgers_by_name() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.change_client().await;
    let whole: Vec<(String, i64)> =
        [("assets", 1), ("assets", 2), ("risk", 1), ("risk", 2), ("risk", 3)].map(|(s, n)| (s.to_owned(), n)).into();
    for page_size in [0, 1, 2, 3, 4, 5, 6] {
        let parent = "organizations/acme".to_owned();
        let mut asked = ListChangesRequest { parent, page_size, ..Default::default() };
        let mut told = Vec::new();
        loop {
            let page = client.list_changes(suite.call(asked.clone())).await.unwrap().into_inner();
            assert!(page_size == 0 || page.changes.len() <= page_size as usize);
            told.extend(keys(&page.changes));
            asked.page_token = page.next_page_token;
            if asked.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(told, whole, "in pages of {page_size}");
    }
    let parent = "organizations/acme".to_owned();
    let wrong = [
        (
            ListChangesRequest { parent: parent.clone(), page_token: "x".to_owned(), ..Default::default() },
            "PAGE_TOKEN_INVALID",
        ),
        (ListChangesRequest { parent, page_size: -1, ..Default::default() }, "FIELD_INVALID"),
        (ListChangesRequest::default(), "FIELD_INVALID"),
    ];
    for (request, expected) in wrong {
        let status = client.list_changes(suite.call(request)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, expected));
    }
}

#[tokio::test]
async fn the_ledgers_see_who_asks_and_in_which_trace() {
    let suite = Suite::with_defaults().await;
    let request = suite.call(ListChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() });
    let token = request.metadata().get("authorization").unwrap().clone();
    suite.change_client().await.list_changes(request).await.unwrap();
    let mut traces = BTreeMap::new();
    for ledger in [&suite.assets, &suite.risk] {
        let seen = ledger.seen.lock().pop().unwrap();
        assert_eq!(seen.get("authorization"), Some(&token));
        let trace = seen.get("traceparent").unwrap().to_str().unwrap();
        *traces.entry(trace[3..35].to_owned()).or_insert(0) += 1;
    }
    assert_eq!(traces.into_values().collect::<Vec<_>>(), [2], "one trace for both");
}

#[tokio::test]
async fn a_feed_ends_at_its_deadline_and_when_the_door_closes() {
    let suite = Suite::with_defaults().await;
    let mut client = suite.change_client().await;
    let mut request = suite.call(watch("", false));
    request.metadata_mut().insert("grpc-timeout", "2S".parse().unwrap());
    let mut stream = client.watch_changes(request).await.unwrap().into_inner();
    read(&mut stream, 5).await;
    let status = stream.next().await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_PASSED"));

    let mut stream = client.watch_changes(suite.call(watch("", false))).await.unwrap().into_inner();
    read(&mut stream, 5).await;
    suite.shutdown.begin();
    assert!(stream.next().await.is_none(), "the end is no error: the reader resumes elsewhere");
}

#[tokio::test]
async fn a_ledger_that_does_not_answer_fails_the_feed() {
    let suite = Suite::with_more(Default::default(), vec![crate::standard::away()]).await;
    let status = suite.change_client().await.watch_changes(suite.call(watch("", false))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
}
