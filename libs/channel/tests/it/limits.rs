use std::sync::atomic::Ordering;

use channel::{Endpoints, Settings, Upstream};
use http_body_util::BodyExt as _;
use tonic::Code;

use crate::replica::{Replica, call, eventually, reason, request, send, settings, upstream};

#[tokio::test]
async fn too_many_at_once_are_refused_and_room_returns() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], Settings { max_in_flight: 2, ..settings() }).await;
    let first = send(&upstream, request("/t.T/Watch", "q")).await;
    let second = send(&upstream, request("/t.T/Watch", "q")).await;
    let (_, status) = call(&upstream, "/t.T/Put").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(status.message().contains('2'), "the limit is told: {}", status.message());
    drop(first);
    eventually("room returns", || upstream.in_flight() == 1).await;
    assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
    drop(second);
}

#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let somewhere = Endpoints::Static(vec!["http://127.0.0.1:1".to_owned()]);
    let table = [
        (Settings { max_in_flight: 0, ..settings() }, somewhere.clone(), "max_in_flight"),
        (Settings { connections: 0, ..settings() }, somewhere.clone(), "connections"),
        (settings(), Endpoints::Static(Vec::new()), "endpoints"),
        (settings(), Endpoints::Static(vec!["assets".to_owned()]), "endpoints"),
    ];
    for (settings, endpoints, field) in table {
        let fault = Upstream::remote("assets", &endpoints, &settings).unwrap_err();
        assert_eq!((fault.reason(), fault.field()), ("FIELD_INVALID", field));
    }
}

#[tokio::test]
async fn connections_close_when_the_last_handle_is_gone() {
    let one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    let response = send(&upstream, request("/t.T/Watch", "q")).await;
    one.memory.hanging.notified().await;
    drop(upstream);
    // A stream under way is not cut, so its connection stays; the idle one closes.
    eventually("the idle one closes", || one.memory.open.load(Ordering::SeqCst) == 1).await;
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    drop(body);
    eventually("the last closes", || one.memory.open.load(Ordering::SeqCst) == 0).await;
}
