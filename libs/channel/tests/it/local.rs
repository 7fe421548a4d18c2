use std::convert::Infallible;
use std::time::Duration;

use channel::{Deadline, Upstream};
use http::{Request, Response};
use http_body_util::StreamBody;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::BoxError;

use crate::replica::{call, finish, reason, request, send, status};

#[tokio::test(start_paused = true)]
async fn a_service_in_this_process_sees_the_deadline_and_is_held_to_it() {
    let upstream = Upstream::local(
        "assets",
        tower::service_fn(|request: Request<Body>| async move {
            let deadline = request.extensions().get::<Deadline>().copied();
            assert_eq!(deadline, Some(Deadline(Instant::now() + Duration::from_secs(30))));
            assert_eq!(request.headers()["grpc-timeout"], "30000000u");
            std::future::pending::<Result<Response<Body>, Infallible>>().await
        }),
    );
    let started = Instant::now();
    let (_, status) = call(&upstream, "/t.T/Put").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_PASSED"));
    // The timer's tick is a millisecond.
    assert!(started.elapsed() <= Duration::from_millis(30_001), "{:?}", started.elapsed());
    assert_eq!(upstream.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn its_answers_are_held_to_it_too() {
    let upstream = Upstream::local(
        "assets",
        tower::service_fn(|_: Request<Body>| async {
            let silence = futures::stream::pending::<Result<http_body::Frame<bytes::Bytes>, Infallible>>();
            Ok::<_, Infallible>(Response::new(Body::new(StreamBody::new(silence))))
        }),
    );
    let (_, status) = call(&upstream, "/t.T/Put").await;
    assert_eq!(reason(&status), "DEADLINE_PASSED");
}

#[tokio::test]
async fn the_sooner_of_two_deadlines_holds() {
    let upstream = Upstream::local(
        "assets",
        tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>()),
    );
    let mut request = request("/t.T/Put", "q");
    request.headers_mut().insert("grpc-timeout", "30S".parse().unwrap());
    request.extensions_mut().insert(Deadline(Instant::now() + Duration::from_millis(20)));
    assert_eq!(reason(&finish(send(&upstream, request).await).await.1), "DEADLINE_PASSED");
}

#[tokio::test]
async fn its_answers_and_its_errors_are_grpc_answers() {
    let upstream = Upstream::local(
        "assets",
        tower::service_fn(|request: Request<Body>| async move {
            match request.uri().path() {
                "/answer" => Ok(status(Code::NotFound, "not here")),
                "/status" => Err(BoxError::from(Status::aborted("as it is"))),
                "/shed" => Err(BoxError::from(tower::load_shed::error::Overloaded::new())),
                _ => Err(BoxError::from("the worker is gone")),
            }
        }),
    );
    let table = [
        ("/answer", Code::NotFound, ""),
        ("/status", Code::Aborted, ""),
        ("/shed", Code::ResourceExhausted, "OVERLOADED"),
        ("/other", Code::Unavailable, "SERVICE_UNREACHABLE"),
    ];
    for (path, code, expected) in table {
        let (_, status) = call(&upstream, path).await;
        assert_eq!((status.code(), reason(&status).as_str()), (code, expected), "{path}");
        assert!(!status.message().contains("worker"), "causes are for the log");
    }
    assert_eq!(upstream.report()[0].address, "in process");
}

#[tokio::test]
async fn the_routes_of_tonic_are_such_a_service() {
    let upstream = Upstream::local("assets", tonic::service::Routes::default());
    assert_eq!(call(&upstream, "/nobody.Knows/It").await.1.code(), Code::Unimplemented);
}
