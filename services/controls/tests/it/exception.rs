//! Exceptions: asked for by one, granted by another, until a time, and what happens when that comes.

use std::sync::Arc;

use access::{Clock as _, ManualClock};
use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::controls::v1 as api;
use wire::controls::v1::exception::State;
use wire::controls::v1::exception_service_client::ExceptionServiceClient;
use wire::controls::v1::implementation::State as Life;

use crate::evidence::{DAY, by_hand, changes, implementation, life, manual, operating, until};

const PARENT: &str = "organizations/acme";

type Client = ExceptionServiceClient<testkit::Client>;

fn by(bench: &Bench, subject: &str, role: &str) -> Client {
    ExceptionServiceClient::new(bench.client(subject, &["acme"], &[role]))
}

fn name(id: &str) -> String {
    format!("{PARENT}/exceptions/{id}")
}

/// An exception as ana asks for it.
fn from(implementation: &str, until: i64) -> api::Exception {
    api::Exception {
        display_name: "No log reading over the holidays".to_owned(),
        implementation: implementation.to_owned(),
        reason: "nobody is there".to_owned(),
        compensating_measures: "alarms go to the duty phone".to_owned(),
        request_until: store::timestamp(until),
        risk_references: vec!["R-7".to_owned()],
        ..Default::default()
    }
}

async fn ask(bench: &Bench, id: &str, exception: api::Exception) -> Result<api::Exception, Status> {
    let request = api::CreateExceptionRequest {
        parent: PARENT.to_owned(),
        exception_id: id.to_owned(),
        exception: Some(exception),
    };
    by(bench, "ana", "control-owner").create_exception(request).await.map(tonic::Response::into_inner)
}

async fn grant_as(client: Client, id: &str, until: Option<i64>) -> Result<api::Exception, Status> {
    let request = api::GrantExceptionRequest {
        name: name(id),
        until: until.and_then(store::timestamp),
        comment: "bearable".to_owned(),
        ..Default::default()
    };
    let mut client = client;
    client.grant_exception(request).await.map(tonic::Response::into_inner)
}

async fn grant(bench: &Bench, id: &str, until: Option<i64>) -> Result<api::Exception, Status> {
    grant_as(by(bench, "bea", "approver"), id, until).await
}

async fn revoke(bench: &Bench, id: &str) -> Result<api::Exception, Status> {
    let request = api::RevokeExceptionRequest { name: name(id), reason: "abused".to_owned(), ..Default::default() };
    by(bench, "bea", "approver").revoke_exception(request).await.map(tonic::Response::into_inner)
}

async fn get(bench: &Bench, id: &str) -> api::Exception {
    by(bench, "ana", "viewer").get_exception(api::GetExceptionRequest { name: name(id) }).await.unwrap().into_inner()
}

async fn update(client: Client, exception: api::Exception, path: &str) -> Result<api::Exception, Status> {
    let update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
    let request = api::UpdateExceptionRequest { exception: Some(exception), update_mask };
    let mut client = client;
    client.update_exception(request).await.map(tonic::Response::into_inner)
}

by_hand! {
    async fn an_exception_counts_until_its_time_and_then_what_it_covered_comes_under_review(bench, clock) {
        operating(&bench, "watch").await;
        let now = clock.now();
        let asked = ask(&bench, "x", from(&implementation("watch"), now + 3 * DAY)).await.unwrap();
        assert_eq!((asked.state(), asked.requester.as_str()), (State::Requested, "ana"));
        let granted = grant(&bench, "x", Some(now + DAY)).await.unwrap();
        assert_eq!((granted.state(), granted.decider.as_str(), granted.decision_note.as_str()), (State::Granted, "bea", "bearable"));
        assert_eq!(store::micros(granted.grant_until.as_ref()), now + DAY, "for less than was asked");
        let given = granted.approval.unwrap();
        assert_eq!((given.approver.as_str(), given.void_time, given.digest.len()), ("bea", None, 64));
        clock.advance(DAY - 1);
        assert_eq!(get(&bench, "x").await.state(), State::Granted, "not early");
        clock.advance(1);
        until("it expires", async || get(&bench, "x").await.state() == State::Expired).await;
        assert_eq!(store::micros(get(&bench, "x").await.end_time.as_ref()), now + DAY);
        let (state, why) = life(&bench, "watch").await;
        assert!(state == Life::UnderReview && why.contains(&name("x")) && why.contains("expired"), "{why}");
        assert_eq!(changes(&bench, &implementation("watch"), "deadline/expire-exception").await, 1);
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn nobody_grants_or_refuses_what_they_asked_or_wrote(bench, clock) {
        operating(&bench, "watch").await;
        let until = clock.now() + DAY;
        ask(&bench, "x", from(&implementation("watch"), until)).await.unwrap();
        let own = grant_as(by(&bench, "ana", "administrator"), "x", None).await.unwrap_err();
        assert_eq!((own.code(), reason(&own).as_str()), (Code::PermissionDenied, "DUTIES_NOT_SEGREGATED"));
        let request = api::RefuseExceptionRequest { name: name("x"), reason: "no".to_owned(), ..Default::default() };
        let own = by(&bench, "ana", "administrator").refuse_exception(request.clone()).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        // Who rewrites the reason has written what is to be granted.
        let rewritten = api::Exception { name: name("x"), reason: "a better one".to_owned(), ..Default::default() };
        let rewritten = update(by(&bench, "cem", "control-owner"), rewritten, "reason").await.unwrap();
        assert_eq!((rewritten.requester.as_str(), rewritten.authors), ("ana", vec!["ana".to_owned(), "cem".to_owned()]));
        let own = grant_as(by(&bench, "cem", "administrator"), "x", None).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        let refused = by(&bench, "bea", "approver").refuse_exception(request).await.unwrap().into_inner();
        assert_eq!((refused.state(), refused.decision_note.as_str(), refused.approval), (State::Refused, "no", None));
        assert_eq!(reason(&grant(&bench, "x", None).await.unwrap_err()), "STATE_FORBIDS");
        let small = grant_as(by(&bench, "eve", "control-owner"), "x", None).await.unwrap_err();
        assert_eq!(reason(&small), "PERMISSION_MISSING");
        assert_eq!(life(&bench, "watch").await.0, Life::Operating);
    }

    async fn something_else_that_is_asked_makes_the_approval_void(bench, clock) {
        operating(&bench, "watch").await;
        let now = clock.now();
        ask(&bench, "x", from(&implementation("watch"), now + 3 * DAY)).await.unwrap();
        let granted = grant(&bench, "x", None).await.unwrap();
        // What people call it is not what was approved.
        let renamed = api::Exception { display_name: "Holidays".to_owned(), etag: String::new(), ..granted.clone() };
        let renamed = update(by(&bench, "ana", "control-owner"), renamed, "display_name").await.unwrap();
        assert!(renamed.state() == State::Granted && renamed.approval == granted.approval);
        let weaker = api::Exception { compensating_measures: String::new(), etag: String::new(), ..granted.clone() };
        let void = update(by(&bench, "ana", "control-owner"), weaker, "compensating_measures").await.unwrap();
        assert_eq!((void.state(), void.grant_until), (State::Requested, None));
        let given = void.approval.unwrap();
        assert!(given.void_time.is_some() && given.void_reason.contains("ana"), "{given:?}");
        let (state, why) = life(&bench, "watch").await;
        assert!(state == Life::UnderReview && why.contains("no longer what was granted"), "{why}");
        let again = grant(&bench, "x", None).await.unwrap();
        assert_eq!(again.state(), State::Granted);
        let given = again.approval.unwrap();
        assert!(given.void_time.is_none() && given.digest != granted.approval.unwrap().digest);
        clock.advance(3 * DAY);
        until("it expires once more", async || get(&bench, "x").await.state() == State::Expired).await;
        let over = api::Exception { name: name("x"), reason: "longer".to_owned(), ..Default::default() };
        let over = update(by(&bench, "ana", "control-owner"), over, "reason").await.unwrap_err();
        assert_eq!(reason(&over), "STATE_FORBIDS");
    }

    async fn what_another_exception_covers_stays_until_that_ends_too(bench, clock) {
        operating(&bench, "watch").await;
        operating(&bench, "other").await;
        let now = clock.now();
        for (id, days) in [("x", 1), ("y", 2)] {
            ask(&bench, id, from(&implementation("watch"), now + days * DAY)).await.unwrap();
            grant(&bench, id, None).await.unwrap();
        }
        ask(&bench, "asked", from(&implementation("other"), now + DAY)).await.unwrap();
        clock.advance(DAY);
        until("the first expires", async || get(&bench, "x").await.state() == State::Expired).await;
        assert_eq!(life(&bench, "watch").await.0, Life::Operating);
        let revoked = revoke(&bench, "y").await.unwrap();
        assert_eq!((revoked.state(), revoked.decision_note.as_str()), (State::Revoked, "abused"));
        assert!(revoked.end_time.is_some());
        let (state, why) = life(&bench, "watch").await;
        assert!(state == Life::UnderReview && why.contains("revoked"), "{why}");
        assert_eq!(reason(&revoke(&bench, "y").await.unwrap_err()), "STATE_FORBIDS");
        // What was only asked for covered nothing.
        let request = api::WithdrawExceptionRequest { name: name("asked"), ..Default::default() };
        let back = by(&bench, "ana", "control-owner").withdraw_exception(request).await.unwrap().into_inner();
        assert_eq!(back.state(), State::Withdrawn);
        assert_eq!(life(&bench, "other").await.0, Life::Operating);
    }

    async fn an_exception_from_a_control_alone_moves_no_implementation(bench, clock) {
        operating(&bench, "watch").await;
        let control = format!("{PARENT}/catalogues/x1051-2023/controls/8.16");
        ask(&bench, "x", api::Exception { control, ..from("", clock.now() + DAY) }).await.unwrap();
        grant(&bench, "x", None).await.unwrap();
        clock.advance(DAY);
        until("it expires", async || get(&bench, "x").await.state() == State::Expired).await;
        assert_eq!(life(&bench, "watch").await.0, Life::Operating);
    }

    async fn wrong_exceptions_say_what_is_right(bench, clock) {
        operating(&bench, "watch").await;
        let (now, one) = (clock.now(), implementation("watch"));
        for (wrong, why) in [
            (from("", now + DAY), "EXCEPTION_FROM_NOTHING"),
            (from(&implementation("none"), now + DAY), "REFERENCE_MISSING"),
            (from(&one, now), "EXCEPTION_TOO_LONG"),
            (from(&one, now + 732 * DAY), "EXCEPTION_TOO_LONG"),
            (api::Exception { request_until: None, ..from(&one, now) }, "FIELD_INVALID"),
            (api::Exception { reason: String::new(), ..from(&one, now + DAY) }, "FIELD_INVALID"),
        ] {
            let refused = ask(&bench, "wrong", wrong).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why), "{}", refused.message());
        }
        ask(&bench, "x", from(&one, now + 2 * DAY)).await.unwrap();
        for until in [now, now - DAY, now + 2 * DAY + 1, now + 900 * DAY] {
            let refused = grant(&bench, "x", Some(until)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "EXCEPTION_TOO_LONG"));
        }
        // Nobody decided in time.
        clock.advance(2 * DAY);
        assert_eq!(reason(&grant(&bench, "x", None).await.unwrap_err()), "EXCEPTION_TOO_LONG");
        assert_eq!(get(&bench, "x").await.state(), State::Requested);
    }
}

/// Replicas that were away while exceptions expired, each with the same work before it.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_and_a_restart_end_exceptions_once() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        let now = clock.now();
        let ids: Vec<String> = (0..6).map(|number| format!("i{number}")).collect();
        for id in &ids {
            operating(&bench, id).await;
            for part in ["a", "b"] {
                let of_one = format!("{id}-{part}");
                ask(&bench, &of_one, from(&implementation(id), now + DAY)).await.unwrap();
                grant(&bench, &of_one, None).await.unwrap();
            }
        }
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(now + 2 * DAY));
        let start = || controls::service(&bench.database, Arc::clone(&later));
        let (one, two) = tokio::join!(start(), start());
        one.unwrap();
        two.unwrap();
        for id in &ids {
            for part in ["a", "b"] {
                let of_one = format!("{id}-{part}");
                until("it expires", async || get(&bench, &of_one).await.state() == State::Expired).await;
                assert_eq!(changes(&bench, &name(&of_one), "deadline/expire-exception").await, 1, "{of_one}");
            }
            assert_eq!(life(&bench, id).await.0, Life::UnderReview, "{id}");
            assert_eq!(changes(&bench, &implementation(id), "deadline/expire-exception").await, 1, "{id}");
        }
    }
}
