use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use channel::{EndpointState, Endpoints, Settings, Upstream};
use tonic::Code;

use crate::replica::{Replica, call, eventually, reason, settings, state_of, upstream};

#[tokio::test]
async fn requests_spread_over_replicas() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    // A hiccup of the machine that runs the test is soon forgotten.
    let settings = Settings { latency_decay: Duration::from_millis(100), ..settings() };
    let upstream = upstream(&[&one, &two], settings).await;
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let upstream = upstream.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(one.hits() + two.hits(), 800);
    assert!(one.hits() >= 80 && two.hits() >= 80, "{} and {}", one.hits(), two.hits());
    for replica in [one, two] {
        assert_eq!(replica.memory.connections.load(Ordering::SeqCst), 2, "connections are kept, not remade");
    }
}

#[tokio::test]
async fn a_killed_replica_is_not_noticed_by_callers_and_serves_again_when_it_returns() {
    let (mut one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    one.kill().await;
    for _ in 0..100 {
        let (answer, status) = call(&upstream, "/t.T/Get").await;
        assert_eq!((status.code(), answer.as_ref()), (Code::Ok, b"two".as_ref()));
    }
    assert_eq!(state_of(&upstream, &one), EndpointState::Unreachable);
    one.revive();
    eventually("the replica is back", || state_of(&upstream, &one) == EndpointState::Open).await;
    let before = one.hits();
    let until = Instant::now() + Duration::from_secs(10);
    while one.hits() == before {
        assert!(Instant::now() < until, "it never takes its share again");
        assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
    }
}

#[tokio::test]
async fn callers_at_work_do_not_notice_a_replica_being_killed() {
    let (mut one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let upstream = upstream.clone();
            tokio::spawn(async move {
                for _ in 0..200 {
                    let (_, status) = call(&upstream, "/t.T/Get").await;
                    assert_eq!(status.code(), Code::Ok, "{}", status.message());
                }
            })
        })
        .collect();
    eventually("all are at work", || one.hits() > 100).await;
    one.kill().await;
    assert!(one.hits() + two.hits() < 1600, "killed while they work");
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn what_accepts_but_never_speaks_takes_no_calls() {
    let one = Replica::start("one").await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = [one.address, silent.local_addr().unwrap()].map(|address| format!("http://{address}"));
    let upstream = Upstream::remote("assets", &Endpoints::Static(addresses.to_vec()), &settings()).unwrap();
    for _ in 0..50 {
        assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
    }
    assert_eq!(upstream.report()[1].state, EndpointState::Unreachable);
}

#[tokio::test]
async fn calls_of_any_kind_survive_a_replica_that_is_down() {
    // Nothing is sent to it, so nothing need be repeatable.
    let (mut one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    one.kill().await;
    eventually("its end is seen", || state_of(&upstream, &one) == EndpointState::Unreachable).await;
    for _ in 0..100 {
        assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
    }
}

#[tokio::test]
async fn a_replica_that_ails_is_ejected_and_returns_when_it_is_well() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    one.memory.ailing.store(true, Ordering::SeqCst);
    let mut calls = 0;
    while state_of(&upstream, &one) == EndpointState::Open {
        calls += 1;
        assert!(calls < 1000, "never ejected");
        assert_eq!(call(&upstream, "/t.T/Get").await.1.code(), Code::Ok, "the other one answers instead");
    }
    let seen = one.hits();
    for _ in 0..20 {
        call(&upstream, "/t.T/Get").await;
    }
    assert!(one.hits() <= seen + 3, "shut, but for a probe: {} after {seen}", one.hits());
    assert!(upstream.report().iter().any(|endpoint| endpoint.failures >= 5));

    one.memory.ailing.store(false, Ordering::SeqCst);
    let until = Instant::now() + Duration::from_secs(10);
    while state_of(&upstream, &one) != EndpointState::Open {
        assert!(Instant::now() < until, "never returned");
        assert_eq!(call(&upstream, "/t.T/Get").await.1.code(), Code::Ok);
    }
}

#[tokio::test]
async fn never_more_than_half_are_ejected() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    for replica in [&one, &two] {
        replica.memory.ailing.store(true, Ordering::SeqCst);
    }
    for _ in 0..100 {
        let (_, status) = call(&upstream, "/t.T/Put").await;
        assert_eq!((status.code(), status.message()), (Code::Unavailable, "ailing"), "the replica's own words");
        let out = upstream.report().iter().filter(|endpoint| endpoint.state != EndpointState::Open).count();
        assert!(out <= 1, "{out} out");
    }
}

#[tokio::test]
async fn one_that_hangs_is_ejected() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    // Both hang on this path: the first to have five in a row is out, the other stays.
    let ejected = || upstream.report().iter().any(|endpoint| endpoint.state == EndpointState::Shut);
    let mut calls = 0;
    while !ejected() {
        calls += 1;
        assert!(calls < 50, "never ejected");
        let mut request = crate::replica::request("/t.T/Hang", "q");
        request.headers_mut().insert("grpc-timeout", "60m".parse().unwrap());
        let (_, status) = crate::replica::finish(crate::replica::send(&upstream, request).await).await;
        assert_eq!(status.code(), Code::DeadlineExceeded);
    }
}

#[tokio::test]
async fn a_defect_hit_by_one_caller_takes_no_replica_from_the_others() {
    let (one, two) = (Replica::start("one").await, Replica::start("two").await);
    let upstream = upstream(&[&one, &two], settings()).await;
    for _ in 0..100 {
        assert_eq!(call(&upstream, "/t.T/Defect").await.1.code(), Code::Internal);
    }
    assert!(upstream.report().iter().all(|endpoint| endpoint.state == EndpointState::Open));
}

#[tokio::test]
async fn with_all_dead_calls_fail_fast_and_name_the_service() {
    let mut one = Replica::start("one").await;
    let upstream = upstream(&[&one], settings()).await;
    one.kill().await;
    eventually("its end is seen", || state_of(&upstream, &one) == EndpointState::Unreachable).await;
    let started = Instant::now();
    let (_, status) = call(&upstream, "/t.T/Put").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
    assert!(status.message().contains("assets"), "{}", status.message());
    assert!(started.elapsed() >= Duration::from_millis(250), "the first waits for someone to come back");

    let started = Instant::now();
    for _ in 0..50 {
        assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Unavailable);
    }
    assert!(started.elapsed() < Duration::from_millis(250), "the others do not wait: {:?}", started.elapsed());

    one.revive();
    eventually("it is back", || state_of(&upstream, &one) == EndpointState::Open).await;
    assert_eq!(call(&upstream, "/t.T/Put").await.1.code(), Code::Ok);
}

#[tokio::test]
async fn a_call_waits_for_a_replica_that_comes_in_time() {
    let mut one = Replica::start("one").await;
    one.kill().await;
    let endpoints = Endpoints::Static(vec![format!("http://{}", one.address)]);
    let mut settings = settings();
    settings.failfast_after = Duration::from_secs(10);
    let upstream = Upstream::remote("assets", &endpoints, &settings).unwrap();
    let waiting = tokio::spawn(async move { call(&upstream, "/t.T/Put").await.1.code() });
    tokio::task::yield_now().await;
    one.revive();
    assert_eq!(waiting.await.unwrap(), Code::Ok);
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let one = Replica::start("one").await;
    let endpoints =
        Endpoints::Dns { host: "localhost".to_owned(), port: one.address.port(), every: Duration::from_secs(1) };
    let upstream = Upstream::remote("assets", &endpoints, &settings()).unwrap();
    assert_eq!(call(&upstream, "/t.T/Get").await.1.code(), Code::Ok);
    let authority = one.memory.headers.lock().clone();
    assert!(!authority.contains_key("host"));
}
