use std::sync::atomic::Ordering;

use bytes::Bytes;
use tonic::Code;

use crate::replica::{Replica, call, eventually, finish, reason, request, send, settings, upstream};

#[tokio::test]
async fn what_may_not_be_repeated_is_sent_once_only() {
    let (mut one, mut two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    let calling = tokio::spawn(async move { call(&upstream, "/t.T/Hang").await.1 });
    tokio::select! {
        () = one.memory.hanging.notified() => {}
        () = two.memory.hanging.notified() => std::mem::swap(&mut one, &mut two),
    }
    one.kill().await;
    let status = calling.await.unwrap();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
    assert!(status.message().contains("may have been carried out"), "{}", status.message());
    assert_eq!((one.hits(), two.hits()), (1, 0), "the other replica never saw it");
}

#[tokio::test]
async fn what_may_be_repeated_is_sent_once_more() {
    let mut one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let calling = tokio::spawn(async move { call(&upstream, "/t.T/HangGet").await.1 });
    one.memory.hanging.notified().await;
    one.kill().await;
    one.revive();
    one.memory.hanging.notified().await;
    assert_eq!(one.hits(), 2);
    one.kill().await;
    let status = calling.await.unwrap();
    assert_eq!(status.code(), Code::Unavailable, "never a third time");
    assert_eq!(one.hits(), 2);
}

#[tokio::test]
async fn the_same_bytes_are_sent_again_unless_there_are_too_many() {
    for (bytes, saved) in [(60_000, true), (70_000, false)] {
        let (one, two) = (Replica::start("one").await, Replica::start("two").await);
        one.memory.ailing.store(true, Ordering::SeqCst);
        let upstream = upstream(&[&one, &two], settings()).await;
        let body = Bytes::from(vec![7; bytes]);
        while one.hits() == 0 {
            let (answer, status) = finish(send(&upstream, request("/t.T/Echo", body.clone())).await).await;
            if saved || one.hits() == 0 {
                assert_eq!((status.code(), &answer), (Code::Ok, &body));
            } else {
                assert_eq!(status.message(), "ailing");
            }
        }
    }
}

#[tokio::test]
async fn the_server_may_forbid_a_retry() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    one.memory.ailing.store(true, Ordering::SeqCst);
    *one.memory.pushback.lock() = Some("-1");
    let upstream = upstream(&[&one, &two], settings()).await;
    let status = loop {
        let (_, status) = call(&upstream, "/t.T/Get").await;
        if one.hits() > 0 {
            break status;
        }
    };
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "ailing"));
}

#[tokio::test]
async fn retries_are_a_share_of_the_calls() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    for replica in [&one, &two] {
        replica.memory.ailing.store(true, Ordering::SeqCst);
    }
    let mut settings = settings();
    settings.budget.per_second = 0.0;
    let upstream = upstream(&[&one, &two], settings).await;
    for _ in 0..200 {
        assert_eq!(call(&upstream, "/t.T/Get").await.1.code(), Code::Unavailable);
    }
    let sent = one.hits() + two.hits();
    assert!((235..=241).contains(&sent), "200 calls and a fifth more, not {sent}");
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_a_status() {
    let mut one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let response = send(&upstream, request("/t.T/Watch", "q")).await;
    one.memory.hanging.notified().await;
    one.kill().await;
    let (_, status) = finish(response).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
    eventually("nothing is counted as under way", || upstream.in_flight() == 0).await;
}
