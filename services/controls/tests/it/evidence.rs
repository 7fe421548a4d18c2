//! Evidence: what it proves, for how long, and what happens to what it proved.

use std::sync::Arc;
use std::time::Duration;

use access::{Clock as _, ManualClock, SystemClock};
use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::controls::v1 as api;
use wire::controls::v1::evidence::State;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::implementation::{State as Life, Verdict};
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;

use crate::evidence_file::upload;

pub(crate) const DAY: i64 = 86_400_000_000;
const PARENT: &str = "organizations/acme";

pub(crate) type Client = EvidenceServiceClient<testkit::Client>;

pub(crate) fn evidence(bench: &Bench) -> Client {
    EvidenceServiceClient::new(bench.client("ana", &["acme"], &["control-owner"]))
}

pub(crate) fn name(id: &str) -> String {
    format!("{PARENT}/evidence/{id}")
}

pub(crate) fn implementation(id: &str) -> String {
    format!("{PARENT}/implementations/{id}")
}

/// The service by a clock that is turned by hand, from now on.
pub(crate) async fn manual(postgres: Option<&str>) -> (Bench, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres).await;
    (bench, clock)
}

/// An implementation that operates.
pub(crate) async fn operating(bench: &Bench, id: &str) {
    let by = |subject: &str| ImplementationServiceClient::new(bench.client(subject, &["acme"], &["administrator"]));
    let implementation = api::Implementation {
        display_name: id.to_owned(),
        control: format!("{PARENT}/catalogues/x1051-2023/controls/8.16"),
        design: "Logs are read each day.".to_owned(),
        owner: "ana".to_owned(),
        ..Default::default()
    };
    let request = api::CreateImplementationRequest {
        parent: PARENT.to_owned(),
        implementation_id: id.to_owned(),
        implementation: Some(implementation),
    };
    let name = by("ana").create_implementation(request).await.unwrap().into_inner().name;
    let design = api::DesignImplementationRequest { name: name.clone(), ..Default::default() };
    by("ana").design_implementation(design).await.unwrap();
    let approve = api::ApproveImplementationRequest { name: name.clone(), ..Default::default() };
    by("bea").approve_implementation(approve).await.unwrap();
    let judge = api::JudgeImplementationDesignRequest {
        name: name.clone(),
        verdict: Verdict::Effective.into(),
        ..Default::default()
    };
    by("bea").judge_implementation_design(judge).await.unwrap();
    let begin = api::BeginImplementationRequest { name: name.clone(), ..Default::default() };
    by("ana").begin_implementation(begin).await.unwrap();
    let operate = api::OperateImplementationRequest { name, ..Default::default() };
    by("ana").operate_implementation(operate).await.unwrap();
}

pub(crate) async fn life(bench: &Bench, id: &str) -> (Life, String) {
    let mut client = ImplementationServiceClient::new(bench.client("ana", &["acme"], &["viewer"]));
    let request = api::GetImplementationRequest { name: implementation(id) };
    let got = client.get_implementation(request).await.unwrap().into_inner();
    (got.state(), got.state_reason)
}

/// How many changes of a resource the ledger has by a method.
pub(crate) async fn changes(bench: &Bench, resource: &str, method: &str) -> i64 {
    let mut sql = bench.database.sql("SELECT COUNT(*) FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(method);
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Waits until something holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what} within 20 s");
}

/// What is asked of a new piece of evidence.
pub(crate) fn of(implementations: &[&str], valid: (i64, i64)) -> api::Evidence {
    api::Evidence {
        implementations: implementations.iter().map(|id| implementation(id)).collect(),
        valid_from: store::timestamp(valid.0),
        valid_until: store::timestamp(valid.1),
        ..Default::default()
    }
}

pub(crate) const ALWAYS: (i64, i64) = (i64::MIN, i64::MIN);

pub(crate) async fn create(bench: &Bench, id: &str, more: api::Evidence) -> Result<api::Evidence, Status> {
    let evidence_of = api::Evidence { display_name: id.to_owned(), ..more };
    let request = api::CreateEvidenceRequest {
        parent: PARENT.to_owned(),
        evidence_id: id.to_owned(),
        evidence: Some(evidence_of),
    };
    evidence(bench).create_evidence(request).await.map(tonic::Response::into_inner)
}

/// A piece of evidence with its file, which is its id.
async fn valid(bench: &Bench, id: &str, more: api::Evidence) -> api::Evidence {
    create(bench, id, more).await.unwrap();
    upload(bench, id, id.as_bytes()).await.unwrap()
}

pub(crate) async fn get(bench: &Bench, id: &str) -> api::Evidence {
    evidence(bench).get_evidence(api::GetEvidenceRequest { name: name(id) }).await.unwrap().into_inner()
}

async fn update(bench: &Bench, evidence_of: api::Evidence, paths: &[&str]) -> Result<api::Evidence, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let update_mask = Some(prost_types::FieldMask { paths });
    let request = api::UpdateEvidenceRequest { evidence: Some(evidence_of), update_mask };
    evidence(bench).update_evidence(request).await.map(tonic::Response::into_inner)
}

async fn withdraw(bench: &Bench, id: &str) -> Result<api::Evidence, Status> {
    let request = api::WithdrawEvidenceRequest { name: name(id), reason: "forged".to_owned(), ..Default::default() };
    evidence(bench).withdraw_evidence(request).await.map(tonic::Response::into_inner)
}

macro_rules! by_hand {
    ($(async fn $name:ident($bench:ident, $clock:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let ($bench, $clock) = $crate::evidence::manual(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}
pub(crate) use by_hand;

by_hand! {
    async fn evidence_expires_on_time_and_what_it_proved_comes_under_review(bench, clock) {
        operating(&bench, "watch").await;
        let now = clock.now();
        let made = create(&bench, "log", of(&["watch"], (i64::MIN, now + DAY))).await.unwrap();
        assert_eq!((made.state(), made.collected_by.as_str(), store::micros(made.collect_time.as_ref())), (State::Empty, "ana", now));
        let uploaded = upload(&bench, "log", b"nothing happened").await.unwrap();
        assert_eq!(uploaded.state(), State::Valid);
        clock.advance(DAY - 1);
        assert_eq!(get(&bench, "log").await.state(), State::Valid, "not early");
        clock.advance(1);
        until("it expires", async || get(&bench, "log").await.state() == State::Expired).await;
        let expired = get(&bench, "log").await;
        assert_eq!(store::micros(expired.end_time.as_ref()), now + DAY);
        let (state, why) = life(&bench, "watch").await;
        assert_eq!(state, Life::UnderReview, "in the same transaction");
        assert!(why.contains(&name("log")) && why.contains("expired"), "{why}");
        assert_eq!(changes(&bench, &implementation("watch"), "deadline/expire-evidence").await, 1);
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn what_other_evidence_proves_stays_in_operation(bench, clock) {
        operating(&bench, "watch").await;
        let now = clock.now();
        valid(&bench, "old", of(&["watch"], (i64::MIN, now + DAY))).await;
        valid(&bench, "new", of(&["watch"], (now + DAY, now + 3 * DAY))).await;
        // None of these proves it then: empty, not begun, of another.
        create(&bench, "empty", of(&["watch"], ALWAYS)).await.unwrap();
        valid(&bench, "later", of(&["watch"], (now + 9 * DAY, i64::MIN))).await;
        valid(&bench, "loose", of(&[], ALWAYS)).await;
        clock.advance(DAY);
        until("the old one expires", async || get(&bench, "old").await.state() == State::Expired).await;
        assert_eq!(life(&bench, "watch").await.0, Life::Operating, "the new one has begun in the same moment");
        clock.advance(2 * DAY);
        until("the new one expires", async || get(&bench, "new").await.state() == State::Expired).await;
        assert_eq!(life(&bench, "watch").await.0, Life::UnderReview);
    }

    async fn evidence_that_is_withdrawn_or_names_something_else_no_longer_proves(bench, clock) {
        for id in ["a", "b", "c"] {
            operating(&bench, id).await;
        }
        let first = valid(&bench, "first", of(&["a", "b"], ALWAYS)).await;
        valid(&bench, "second", of(&["b", "c"], ALWAYS)).await;
        let only_b = api::Evidence { implementations: vec![implementation("b")], ..first };
        update(&bench, only_b, &["implementations"]).await.unwrap();
        let (state, why) = life(&bench, "a").await;
        assert_eq!(state, Life::UnderReview);
        assert!(why.contains("no longer proves it"), "{why}");
        let gone = withdraw(&bench, "second").await.unwrap();
        assert_eq!((gone.state(), gone.withdrawer.as_str(), gone.withdraw_reason.as_str()), (State::Withdrawn, "ana", "forged"));
        assert_eq!(life(&bench, "b").await.0, Life::Operating, "the first one proves it still");
        let (state, why) = life(&bench, "c").await;
        assert!(state == Life::UnderReview && why.contains("withdrawn"), "{why}");
        let twice = withdraw(&bench, "second").await.unwrap_err();
        assert_eq!(reason(&twice), "STATE_FORBIDS");
        assert!(clock.now() > 0);
    }

    async fn evidence_of_the_past_is_kept_and_takes_nothing_with_it(bench, clock) {
        operating(&bench, "watch").await;
        let now = clock.now();
        let past = valid(&bench, "past", of(&["watch"], (now - 2 * DAY, now - DAY))).await;
        assert_eq!(past.state(), State::Expired);
        assert_eq!(life(&bench, "watch").await.0, Life::Operating);
    }

    async fn what_is_over_is_not_made_valid_again(bench, clock) {
        let now = clock.now();
        let old = valid(&bench, "old", of(&[], (i64::MIN, now + DAY))).await;
        let shorter = api::Evidence { valid_until: store::timestamp(now), ..old.clone() };
        update(&bench, shorter, &["valid_until"]).await.unwrap();
        until("it expires at once", async || get(&bench, "old").await.state() == State::Expired).await;
        let longer = api::Evidence { valid_until: store::timestamp(now + 9 * DAY), etag: String::new(), ..old.clone() };
        let refused = update(&bench, longer, &["valid_until"]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
        let labelled = api::Evidence { description: "kept for the auditor".to_owned(), etag: String::new(), ..old };
        assert_eq!(update(&bench, labelled, &["description"]).await.unwrap().description, "kept for the auditor");
    }

    async fn an_end_that_is_moved_is_the_end_that_counts(bench, clock) {
        let now = clock.now();
        let made = valid(&bench, "log", of(&[], (i64::MIN, now + DAY))).await;
        let longer = api::Evidence { valid_until: store::timestamp(now + 2 * DAY), ..made };
        update(&bench, longer, &["valid_until"]).await.unwrap();
        valid(&bench, "other", of(&[], (i64::MIN, now + DAY))).await;
        clock.advance(DAY);
        until("the other expires", async || get(&bench, "other").await.state() == State::Expired).await;
        assert_eq!(get(&bench, "log").await.state(), State::Valid);
        clock.advance(DAY);
        until("it expires", async || get(&bench, "log").await.state() == State::Expired).await;
    }

    async fn wrong_evidence_says_what_is_right(bench, clock) {
        let now = clock.now();
        operating(&bench, "watch").await;
        for (wrong, why, field) in [
            (of(&[], (now, now)), "FIELD_INVALID", "valid_until"),
            (of(&["none"], ALWAYS), "REFERENCE_MISSING", "implementations"),
            (of(&["watch", "watch"], ALWAYS), "FIELD_INVALID", "implementations"),
        ] {
            let refused = create(&bench, "wrong", wrong).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why), "{}", refused.message());
            use tonic_types::StatusExt as _;
            let fields = refused.get_details_bad_request().unwrap().field_violations;
            assert!(fields.iter().any(|violation| violation.field.contains(field)), "{fields:?}");
        }
        valid(&bench, "log", of(&["watch"], ALWAYS)).await;
        let delete = |id: &str| api::DeleteEvidenceRequest { name: name(id), ..Default::default() };
        let held = evidence(&bench).delete_evidence(delete("log")).await.unwrap_err();
        assert_eq!(reason(&held), "STATE_FORBIDS");
        let mut implementations = ImplementationServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let request = api::DeleteImplementationRequest { name: implementation("watch"), ..Default::default() };
        assert_eq!(implementations.delete_implementation(request).await.unwrap_err().code(), Code::FailedPrecondition);
        let set = api::Evidence { state: State::Valid.into(), file: Some(api::EvidenceFile::default()), ..of(&[], ALWAYS) };
        let made = create(&bench, "sly", set).await.unwrap();
        assert_eq!((made.state(), made.file), (State::Empty, None), "state and file are not the caller's to set");
    }
}

/// Replicas that were away while evidence expired, each with the same work before it.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_and_a_restart_end_evidence_once() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        let now = clock.now();
        let ids: Vec<String> = (0..6).map(|number| format!("i{number}")).collect();
        for id in &ids {
            operating(&bench, id).await;
            // Two that end in the same moment: each could be taken for the one that proves it still.
            for part in ["a", "b"] {
                valid(&bench, &format!("{id}-{part}"), of(&[id], (i64::MIN, now + DAY))).await;
            }
        }
        // The clock of the first replica stands still; two others start a day later, at once.
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(now + 2 * DAY));
        let start = || controls::service(&bench.database, Arc::clone(&later));
        let (one, two) = tokio::join!(start(), start());
        one.unwrap();
        two.unwrap();
        for id in &ids {
            for part in ["a", "b"] {
                let of_one = format!("{id}-{part}");
                until("it expires", async || get(&bench, &of_one).await.state() == State::Expired).await;
                assert_eq!(changes(&bench, &name(&of_one), "deadline/expire-evidence").await, 1, "{of_one}");
            }
            assert_eq!(life(&bench, id).await.0, Life::UnderReview, "{id}");
            assert_eq!(changes(&bench, &implementation(id), "deadline/expire-evidence").await, 1, "{id}");
        }
        // And the first one has nothing left to do when its clock comes there.
        clock.advance(2 * DAY);
        valid(&bench, "probe", of(&[], (i64::MIN, clock.now() + 1))).await;
        clock.advance(1);
        until("the first one looked", async || get(&bench, "probe").await.state() == State::Expired).await;
        assert_eq!(changes(&bench, &implementation("i0"), "deadline/expire-evidence").await, 1);
    }
}
