//! Acceptance: by whom, how long, bound to what was decided, over once.

use std::sync::Arc;

use access::{Clock as _, ManualClock};
use testkit::reason;
use tonic::Code;
use wire::risk::v1 as api;
use wire::risk::v1::Risk;
use wire::risk::v1::risk::State;
use wire::risk::v1::treatment::TreatmentOption;

use crate::on_every_database;
use crate::register::{
    DAY, accept, add, bring, changes, counts_hold, estate, get, manual, named, signalling, treatment, treatments,
    until, update,
};

on_every_database! {
    async fn a_risk_is_accepted_within_authority_by_another_for_a_time(bench) {
        estate(&bench).await;
        let now = access::SystemClock.now();
        bring(&bench, "r", signalling(), State::ResidualAssessed, 0).await;
        let above = accept(&bench, "r", ("ben", "approver"), now + DAY).await.unwrap_err();
        assert_eq!((above.code(), reason(&above).as_str()), (Code::PermissionDenied, "AUTHORITY_EXCEEDED"));
        for part in ["level is 3 (high)", "level 2 (medium)", "administrator may accept it"] {
            assert!(above.message().contains(part), "{part}: {}", above.message());
        }
        let own = accept(&bench, "r", ("mia", "administrator"), now + DAY).await.unwrap_err();
        assert_eq!((own.code(), reason(&own).as_str()), (Code::PermissionDenied, "DUTIES_NOT_SEGREGATED"));
        let unasked = accept(&bench, "r", ("mia", "risk-manager"), now + DAY).await.unwrap_err();
        assert_eq!(reason(&unasked), "PERMISSION_MISSING");
        for wrong in [now - DAY, now + 181 * DAY] {
            let refused = accept(&bench, "r", ("ada", "administrator"), wrong).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "ACCEPTANCE_TOO_LONG"));
            assert!(refused.message().contains("180 days"), "{}", refused.message());
        }
        let accepted = accept(&bench, "r", ("ada", "administrator"), now + 90 * DAY).await.unwrap();
        assert_eq!((accepted.state(), accepted.authors.len()), (State::Accepted, 0));
        let acceptance = accepted.acceptance.unwrap();
        assert_eq!((acceptance.accepter.as_str(), acceptance.authority_level), ("ada", 4));
        assert_eq!((acceptance.level, acceptance.score, acceptance.level_label.as_str()), (3, 3, "high"));
        assert_eq!(store::micros(acceptance.until.as_ref()), now + 90 * DAY);
        let approval = acceptance.approval.unwrap();
        assert_eq!((approval.approver.as_str(), approval.comment.as_str()), ("ada", "we can bear it"));
        assert_eq!(approval.digest.len(), 64);
        counts_hold(&bench).await;
    }

    async fn what_was_accepted_is_open_again_once_it_is_something_else(bench) {
        estate(&bench).await;
        let end = access::SystemClock.now() + DAY;
        bring(&bench, "r", signalling(), State::Accepted, end).await;
        // Neither words nor a lower risk touch the decision.
        let words = Risk { description: "More of it.".to_owned(), owner: "zoe".to_owned(), ..signalling() };
        assert_eq!(update(&bench, "r", words, &["description", "owner"]).await.unwrap().state(), State::Accepted);
        let lower = Risk { likelihood: 3, ..signalling() };
        assert_eq!(update(&bench, "r", lower, &["likelihood"]).await.unwrap().state(), State::Accepted);
        let higher = update(&bench, "r", Risk { likelihood: 5, ..signalling() }, &["likelihood"]).await.unwrap();
        assert_eq!(higher.state(), State::Reopened);
        assert!(higher.state_reason.contains("very high"), "{}", higher.state_reason);
        let void = higher.acceptance.unwrap().approval.unwrap();
        assert!(void.void_time.is_some() && void.void_reason.contains("mia"), "{void:?}");
        for (id, target) in [("other", named("assets", "smf")), ("same", named("assets", "amf"))] {
            bring(&bench, id, signalling(), State::Accepted, end).await;
            let state = update(&bench, id, Risk { asset: target, ..signalling() }, &["asset"]).await.unwrap().state();
            assert_eq!(state, if id == "same" { State::Accepted } else { State::Reopened });
        }
        // Its treatments are a part of what was decided.
        add(&bench, "same", "more", treatment(TreatmentOption::Share, (0, 3))).await.unwrap();
        let open = get(&bench, "same").await;
        assert_eq!(open.state(), State::Reopened);
        assert!(open.state_reason.contains("acceptance is void"), "{}", open.state_reason);
    }

    async fn a_treatment_that_is_given_up_opens_what_was_accepted_with_it(bench) {
        estate(&bench).await;
        bring(&bench, "r", signalling(), State::Accepted, access::SystemClock.now() + DAY).await;
        let name = format!("{}/treatments/t", named("risks", "r"));
        let begin = api::BeginTreatmentRequest { name: name.clone(), ..Default::default() };
        treatments(&bench).begin_treatment(begin).await.unwrap();
        assert_eq!(get(&bench, "r").await.state(), State::Accepted, "that it goes on is as decided");
        let cancel = api::CancelTreatmentRequest { name, reason: "no money".to_owned(), ..Default::default() };
        treatments(&bench).cancel_treatment(cancel).await.unwrap();
        assert_eq!(get(&bench, "r").await.state(), State::Reopened);
        counts_hold(&bench).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_ends_opens_the_risk_once_whatever_replicas_there_are() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        let now = clock.now();
        let ids: Vec<String> = (0..4).map(|number| format!("r{number}")).collect();
        for id in &ids {
            bring(&bench, id, signalling(), State::Accepted, now + DAY).await;
        }
        bring(&bench, "later", signalling(), State::Accepted, now + 9 * DAY).await;
        // The clock of the first replica stands still; two others start a day later, at once.
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(now + 2 * DAY));
        let start = || ::risk::service(&bench.database, Arc::clone(&later));
        let (one, two) = tokio::join!(start(), start());
        one.unwrap();
        two.unwrap();
        for id in &ids {
            until("it opens", async || get(&bench, id).await.state() == State::Reopened).await;
            assert_eq!(get(&bench, id).await.state_reason, "its acceptance has ended");
            assert_eq!(changes(&bench, &named("risks", id), "deadline/expire-risk-acceptance").await, 1, "{id}");
        }
        assert_eq!(get(&bench, "later").await.state(), State::Accepted);
        // And the first one has nothing left to do when its clock comes there.
        clock.advance(8 * DAY);
        assert_eq!(changes(&bench, &named("risks", "r0"), "deadline/expire-risk-acceptance").await, 1);
        counts_hold(&bench).await;
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }
}
