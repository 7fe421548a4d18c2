//! The end of the door.

use std::time::Duration;

use futures::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use wire::changes::v1::WatchChangesRequest;

use crate::grpc::{get, site};
use crate::suite::{Suite, reason};

#[tokio::test]
async fn the_door_closes_once_calls_are_answered_and_nobody_who_watches_holds_it_open() {
    let mut suite = Suite::with_defaults().await;
    let serving = suite.serving.take().unwrap();
    let mut client = suite.site_client().await;
    client.create_site(suite.call(site("organizations/acme", "slow"))).await.unwrap();
    let request = WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    let mut feed = suite.change_client().await.watch_changes(suite.call(request)).await.unwrap().into_inner();
    let mut health = HealthClient::new(suite.channel().await);
    let mut health = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    health.message().await.unwrap().unwrap();
    let request = suite.call(get("slow"));
    let slow = tokio::spawn(async move { client.get_site(request).await });
    suite.sites.entered.notified().await;

    suite.shutdown.begin();
    while feed.next().await.is_some() {}
    let ended = loop {
        match health.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the end is told"),
            Err(status) => break status,
        }
    };
    assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
    assert!(!serving.is_finished(), "a call is still in flight");
    suite.sites.release.notify_one();
    slow.await.unwrap().unwrap();
    // Well before the time that calls in flight are given at most (10 s).
    tokio::time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
}
