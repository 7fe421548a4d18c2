//! Implementations of controls: their life, who may do what, and what happens by itself.

use std::sync::Arc;
use std::time::Duration;

use access::{Caller, Clock as _, Context, ManualClock, SystemClock};
use testkit::{Bench, reason};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{Change, ListChangesRequest};
use wire::controls::v1 as api;
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::{State, Verdict};
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;

use crate::on_every_database;
use crate::scope::told;

pub(crate) const PARENT: &str = "organizations/acme";
const DAY: i64 = 86_400_000_000;

type Client = ImplementationServiceClient<testkit::Client>;

pub(crate) fn by(bench: &Bench, subject: &str) -> Client {
    ImplementationServiceClient::new(bench.client(subject, &["acme"], &["administrator"]))
}

pub(crate) fn name(id: &str) -> String {
    format!("organizations/acme/implementations/{id}")
}

/// The service by a clock that is turned by hand, from now on.
pub(crate) async fn manual(postgres: Option<&str>) -> (Bench, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres).await;
    (bench, clock)
}

/// As `on_every_database!`, with a clock that is turned by hand.
macro_rules! by_hand {
    ($(async fn $name:ident($bench:ident, $clock:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let ($bench, $clock) = $crate::implementation::manual(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}
pub(crate) use by_hand;

/// An implementation that may be designed.
pub(crate) fn thought_of(id: &str) -> Implementation {
    Implementation {
        display_name: id.to_owned(),
        control: "organizations/acme/catalogues/x1051-2023/controls/8.16".to_owned(),
        design: "Probes at every interconnect tell the operations centre of what differs from the ordinary.".to_owned(),
        owner: "head of operations".to_owned(),
        operator: "opal".to_owned(),
        ..Default::default()
    }
}

pub(crate) async fn propose(bench: &Bench, id: &str, implementation: Implementation) -> Result<Implementation, Status> {
    let request = api::CreateImplementationRequest {
        parent: PARENT.to_owned(),
        implementation_id: id.to_owned(),
        implementation: Some(implementation),
    };
    by(bench, "ana").create_implementation(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn get(bench: &Bench, id: &str) -> Implementation {
    by(bench, "ana").get_implementation(api::GetImplementationRequest { name: name(id) }).await.unwrap().into_inner()
}

async fn update(bench: &Bench, subject: &str, new: Implementation, fields: &[&str]) -> Result<Implementation, Status> {
    let paths = fields.iter().map(|&field| field.to_owned()).collect();
    let request = api::UpdateImplementationRequest {
        implementation: Some(new),
        update_mask: Some(prost_types::FieldMask { paths }),
    };
    by(bench, subject).update_implementation(request).await.map(tonic::Response::into_inner)
}

/// Makes a move, by the end of its path.
pub(crate) async fn go(bench: &Bench, subject: &str, verb: &str, id: &str) -> Result<Implementation, Status> {
    let mut client = by(bench, subject);
    let (name, etag, why) = (name(id), String::new(), "it is time".to_owned());
    let answer = match verb {
        "design" => client.design_implementation(api::DesignImplementationRequest { name, etag, reason: why }).await,
        "approve" => {
            client.approve_implementation(api::ApproveImplementationRequest { name, etag, comment: why }).await
        }
        "begin" => client.begin_implementation(api::BeginImplementationRequest { name, etag, reason: why }).await,
        "operate" => client.operate_implementation(api::OperateImplementationRequest { name, etag, reason: why }).await,
        "review" => client.review_implementation(api::ReviewImplementationRequest { name, etag, reason: why }).await,
        "confirm" => client.confirm_implementation(api::ConfirmImplementationRequest { name, etag, reason: why }).await,
        "remediate" => {
            client.remediate_implementation(api::RemediateImplementationRequest { name, etag, reason: why }).await
        }
        "retire" => {
            let request = api::RetireImplementationRequest { name, etag, reason: why, replaced_by: String::new() };
            client.retire_implementation(request).await
        }
        "revise" => client.revise_implementation(api::ReviseImplementationRequest { name, etag, reason: why }).await,
        "judgeDesign" => {
            let mut request = api::JudgeImplementationDesignRequest { name, etag, comment: why, ..Default::default() };
            request.set_verdict(Verdict::Effective);
            client.judge_implementation_design(request).await
        }
        "judgeOperation" => {
            let mut request =
                api::JudgeImplementationOperationRequest { name, etag, comment: why, ..Default::default() };
            request.set_verdict(Verdict::Effective);
            client.judge_implementation_operation(request).await
        }
        _ => return Err(Status::invalid_argument(format!("{verb} is no move"))),
    };
    answer.map(tonic::Response::into_inner)
}

/// Brings an implementation from where it begins to a state: ana designs, bea approves and judges.
pub(crate) async fn bring(bench: &Bench, id: &str, to: State) -> Implementation {
    let way: &[(&str, &str)] = match to {
        State::Designed => &[("ana", "design")],
        State::Approved => &[("ana", "design"), ("bea", "approve")],
        State::Implementing => &[("ana", "design"), ("bea", "approve"), ("ana", "begin")],
        State::Operating | State::UnderReview | State::Remediation => &[
            ("ana", "design"),
            ("bea", "approve"),
            ("ana", "begin"),
            ("bea", "judgeDesign"),
            ("ana", "operate"),
            ("bea", "judgeOperation"),
        ],
        State::Retired => &[("ana", "retire")],
        _ => &[],
    };
    for (subject, verb) in way {
        go(bench, subject, verb, id).await.unwrap();
    }
    match to {
        State::UnderReview => go(bench, "ana", "review", id).await.unwrap(),
        State::Remediation => go(bench, "ana", "remediate", id).await.unwrap(),
        _ => get(bench, id).await,
    }
}

/// An implementation that operates.
pub(crate) async fn operating(bench: &Bench, id: &str) -> Implementation {
    propose(bench, id, thought_of(id)).await.unwrap();
    bring(bench, id, State::Operating).await
}

fn metadata(status: &Status, key: &str) -> String {
    status.get_details_error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// What the ledger tells of a resource, the oldest first.
pub(crate) async fn history(bench: &Bench, resource: &str) -> Vec<Change> {
    let mut client = ChangeServiceClient::new(bench.client("eve", &["acme"], &["auditor"]));
    let (parent, resource) = (PARENT.to_owned(), resource.to_owned());
    let request = ListChangesRequest { parent, page_size: 1000, resource, ..Default::default() };
    client.list_changes(request).await.unwrap().into_inner().changes
}

/// The changes by which a resource came into a state.
pub(crate) async fn arrivals(bench: &Bench, resource: &str, state: &str) -> Vec<Change> {
    let is = |fields: Option<&prost_types::Struct>| {
        let value = fields.and_then(|fields| fields.fields.get("state")).and_then(|value| value.kind.clone());
        matches!(value, Some(prost_types::value::Kind::StringValue(text)) if text == state)
    };
    let arrived = |change: &Change| !is(change.before.as_ref()) && is(change.after.as_ref());
    history(bench, resource).await.into_iter().filter(arrived).collect()
}

/// Waits for what happens by itself.
pub(crate) async fn until<T>(what: impl AsyncFn() -> Option<T>) -> T {
    let look = async {
        loop {
            if let Some(found) = what().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.expect("it happens by itself")
}

const STATES: [State; 8] = [
    State::Proposed,
    State::Designed,
    State::Approved,
    State::Implementing,
    State::Operating,
    State::UnderReview,
    State::Remediation,
    State::Retired,
];

/// The states that each method may be called in.
const STARTS: [(&str, &[State]); 11] = [
    ("design", &[State::Proposed]),
    ("approve", &[State::Designed]),
    ("begin", &[State::Approved]),
    ("operate", &[State::Implementing]),
    ("review", &[State::Operating, State::Remediation]),
    ("confirm", &[State::UnderReview]),
    ("remediate", &[State::Operating, State::UnderReview]),
    (
        "retire",
        &[
            State::Proposed,
            State::Designed,
            State::Approved,
            State::Implementing,
            State::Operating,
            State::UnderReview,
            State::Remediation,
        ],
    ),
    ("revise", &[State::Designed, State::Approved, State::Implementing, State::Remediation]),
    (
        "judgeDesign",
        &[
            State::Designed,
            State::Approved,
            State::Implementing,
            State::Operating,
            State::UnderReview,
            State::Remediation,
        ],
    ),
    ("judgeOperation", &[State::Operating, State::UnderReview, State::Remediation]),
];

on_every_database! {
    async fn an_implementation_begins_as_a_proposal_for_what_exists(bench) {
        told(&bench, &[("selector", "core", "READY", "")]).await;
        let scope = api::Scope { display_name: "Voice".to_owned(), ..Default::default() };
        let scope = crate::scope::make(&bench, "voice", scope).await;
        let made = Implementation { scope: scope.name, selector: format!("{PARENT}/selectors/core"), ..thought_of("watch") };
        let made = propose(&bench, "watch", made).await.unwrap();
        assert_eq!((made.state(), made.authors.as_slice()), (State::Proposed, ["ana".to_owned()].as_slice()));
        assert_eq!(made.design_effectiveness.as_ref().unwrap().verdict(), Verdict::NotJudged);
        assert_eq!(made.effectiveness.unwrap().score, 0.0);
        assert_eq!(get(&bench, "watch").await, made);
        let wrong = [
            (Implementation { control: format!("{PARENT}/catalogues/x1051-2023/controls/99.1"), ..thought_of("a") }, "REFERENCE_MISSING"),
            (Implementation { scope: format!("{PARENT}/scopes/none"), ..thought_of("a") }, "REFERENCE_MISSING"),
            (Implementation { selector: format!("{PARENT}/selectors/none"), ..thought_of("a") }, "ESTATE_UNKNOWN"),
            (Implementation { selector: "organizations/other/selectors/core".to_owned(), ..thought_of("a") }, "ESTATE_UNKNOWN"),
            (Implementation { depends_on: vec![name("none")], ..thought_of("a") }, "REFERENCE_MISSING"),
            (Implementation { depends_on: vec![name("watch"), name("watch")], ..thought_of("a") }, "FIELD_INVALID"),
            (Implementation { next_review_time: store::timestamp(0), ..thought_of("a") }, "FIELD_INVALID"),
            (Implementation { cost_estimate: Some(api::implementation::CostEstimate { currency_code: "euro".to_owned(), ..Default::default() }), ..thought_of("a") }, "FIELD_INVALID"),
        ];
        for (implementation, why) in wrong {
            let refused = propose(&bench, "", implementation).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why), "{}", refused.message());
        }
    }

    async fn every_method_is_refused_in_every_state_but_its_own(bench) {
        for state in STATES {
            let id = state.as_str_name().to_lowercase().replace('_', "-");
            propose(&bench, &id, thought_of(&id)).await.unwrap();
            let before = bring(&bench, &id, state).await;
            assert_eq!(before.state(), state);
            for (verb, starts) in STARTS.into_iter().filter(|(_, starts)| !starts.contains(&state)) {
                let refused = go(&bench, "bea", verb, &id).await.unwrap_err();
                assert_eq!(refused.code(), Code::FailedPrecondition, "{verb} {state:?}: {}", refused.message());
                let anew = verb == "approve" && [State::Implementing, State::UnderReview, State::Remediation].contains(&state);
                assert_eq!(reason(&refused), if anew { "APPROVAL_STANDS" } else { "STATE_FORBIDS" }, "{verb} {state:?}");
                if !anew {
                    assert_eq!(metadata(&refused, "state"), state.as_str_name());
                    assert!(starts.iter().all(|start| refused.message().contains(start.as_str_name())), "{}", refused.message());
                }
            }
            assert_eq!(get(&bench, &id).await, before, "{state:?}: what is refused changes nothing");
        }
    }

    async fn a_whole_life(bench) {
        let made = propose(&bench, "watch", Implementation { review_period_days: 90, ..thought_of("watch") }).await.unwrap();
        assert_eq!(go(&bench, "ana", "design", "watch").await.unwrap().designer, "ana");
        let approved = go(&bench, "bea", "approve", "watch").await.unwrap();
        let approval = approved.approval.clone().unwrap();
        assert_eq!((approval.approver.as_str(), approval.comment.as_str(), approval.void_time), ("bea", "it is time", None));
        assert_eq!(approved.authors, Vec::<String>::new());
        go(&bench, "ana", "begin", "watch").await.unwrap();
        go(&bench, "bea", "judgeDesign", "watch").await.unwrap();
        let operating = go(&bench, "ana", "operate", "watch").await.unwrap();
        let since = store::micros(operating.state_time.as_ref());
        assert_eq!(store::micros(operating.next_review_time.as_ref()), since + 90 * DAY);
        assert_eq!(operating.effectiveness.unwrap().score, 0.0, "nobody has said yet that it works");
        let judged = go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        assert_eq!(judged.effectiveness.unwrap().score, 0.5, "judged, but shown by no test");
        let filter = "state = OPERATING AND effectiveness >= 0.5 AND design_effectiveness = EFFECTIVE".to_owned();
        let request = api::ListImplementationsRequest { parent: PARENT.to_owned(), filter, ..Default::default() };
        let listed = by(&bench, "ana").list_implementations(request).await.unwrap().into_inner();
        assert_eq!(listed.implementations, [judged]);
        let review = go(&bench, "ana", "review", "watch").await.unwrap();
        assert_eq!(review.state_reason, "it is time");
        let early = go(&bench, "ana", "confirm", "watch").await.unwrap_err();
        assert_eq!(reason(&early), "OPERATION_NOT_JUDGED", "the judgement is from before the review");
        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        let confirmed = go(&bench, "ana", "confirm", "watch").await.unwrap();
        assert_eq!(confirmed.state(), State::Operating);
        go(&bench, "ana", "remediate", "watch").await.unwrap();
        let revised = go(&bench, "ana", "revise", "watch").await.unwrap();
        assert!(revised.approval.unwrap().void_reason.contains("ana"));
        let silent = api::RetireImplementationRequest { name: made.name.clone(), ..Default::default() };
        let refused = by(&bench, "ana").retire_implementation(silent).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), metadata(&refused, "missing").as_str()), ("RETIREMENT_UNEXPLAINED", "a replacement or a reason"));
        propose(&bench, "next", thought_of("next")).await.unwrap();
        let replaced = api::RetireImplementationRequest { name: made.name.clone(), replaced_by: name("next"), ..Default::default() };
        let retired = by(&bench, "ana").retire_implementation(replaced).await.unwrap().into_inner();
        assert_eq!((retired.state(), retired.replaced_by.clone()), (State::Retired, name("next")));
        let late = update(&bench, "ana", Implementation { purpose: "x".to_owned(), ..retired }, &["purpose"]).await.unwrap_err();
        assert_eq!(reason(&late), "STATE_FORBIDS");
        let delete = api::DeleteImplementationRequest { name: name("next"), ..Default::default() };
        let held = by(&bench, "ana").delete_implementation(delete).await.unwrap_err();
        assert_eq!(reason(&held), "STILL_REFERENCED", "the retired one names it");
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn who_wrote_it_neither_approves_nor_judges_it(bench) {
        let bare = Implementation { owner: String::new(), ..thought_of("watch") };
        propose(&bench, "watch", bare.clone()).await.unwrap();
        let refused = go(&bench, "ana", "design", "watch").await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), metadata(&refused, "missing").as_str()), ("IMPLEMENTATION_INCOMPLETE", "owner"));
        let named = Implementation { name: name("watch"), owner: "ops".to_owned(), purpose: "See".to_owned(), ..bare };
        let both = update(&bench, "cem", named, &["owner", "purpose"]).await.unwrap();
        assert_eq!(both.authors, ["ana", "cem"], "a purpose is material");
        go(&bench, "dot", "design", "watch").await.unwrap();
        for author in ["ana", "cem", "dot"] {
            for verb in ["approve", "judgeDesign"] {
                let refused = go(&bench, author, verb, "watch").await.unwrap_err();
                assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "DUTIES_NOT_SEGREGATED"), "{author} {verb}");
            }
        }
        let mut owner = ImplementationServiceClient::new(bench.client("bea", &["acme"], &["control-owner"]));
        let request = api::ApproveImplementationRequest { name: name("watch"), ..Default::default() };
        assert_eq!(reason(&owner.approve_implementation(request.clone()).await.unwrap_err()), "PERMISSION_MISSING");
        let mut approver = ImplementationServiceClient::new(bench.client("bea", &["acme"], &["approver"]));
        approver.approve_implementation(request).await.unwrap();
        let refused = go(&bench, "dot", "judgeDesign", "watch").await.unwrap_err();
        assert_eq!(reason(&refused), "DUTIES_NOT_SEGREGATED", "the designer is known also after the approval");
        for (subject, verb) in [("ana", "begin"), ("bea", "judgeDesign"), ("ana", "operate")] {
            go(&bench, subject, verb, "watch").await.unwrap();
        }
        let refused = go(&bench, "opal", "judgeOperation", "watch").await.unwrap_err();
        assert_eq!(reason(&refused), "DUTIES_NOT_SEGREGATED", "it is opal who operates it");
        let empty = Implementation { name: name("watch"), ..Default::default() };
        let refused = update(&bench, "ana", empty, &["owner"]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "IMPLEMENTATION_INCOMPLETE"));
        let open = api::JudgeImplementationOperationRequest { name: name("watch"), ..Default::default() };
        let refused = by(&bench, "bea").judge_implementation_operation(open).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID", "a judgement says something");
    }

    async fn a_material_change_voids_the_approval_and_stops_the_operation(bench) {
        let before = operating(&bench, "watch").await;
        let aside = Implementation { owner: "another".to_owned(), risk_references: vec!["R-7".to_owned()], ..before.clone() };
        let aside = update(&bench, "cem", aside, &["owner", "risk_references"]).await.unwrap();
        assert_eq!((aside.state(), &aside.approval), (State::Operating, &before.approval), "who answers for it is not what was approved");
        let other = Implementation { design: "Probes at some interconnects.".to_owned(), etag: String::new(), ..aside };
        let changed = update(&bench, "cem", other, &["design"]).await.unwrap();
        let void = changed.approval.clone().unwrap();
        assert_eq!(changed.state(), State::UnderReview);
        assert!(void.void_time.is_some() && void.void_reason.contains("cem") && changed.state_reason.contains("cem"), "{changed:?}");
        assert_eq!(changed.design_effectiveness.as_ref().unwrap().verdict(), Verdict::NotJudged, "another design was judged");
        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        let refused = go(&bench, "ana", "confirm", "watch").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "APPROVAL_MISSING"));
        assert_eq!(metadata(&refused, "missing"), "an approval that counts, a design judged effective");
        assert_eq!(reason(&go(&bench, "cem", "approve", "watch").await.unwrap_err()), "DUTIES_NOT_SEGREGATED");
        let anew = go(&bench, "bea", "approve", "watch").await.unwrap();
        assert_eq!((anew.state(), anew.approval.unwrap().void_time), (State::UnderReview, None));
        go(&bench, "bea", "judgeDesign", "watch").await.unwrap();
        assert_eq!(go(&bench, "ana", "confirm", "watch").await.unwrap().state(), State::Operating);

        // What is approved and not yet begun is to be approved once more.
        propose(&bench, "other", thought_of("other")).await.unwrap();
        let approved = bring(&bench, "other", State::Approved).await;
        let changed = Implementation { purpose: "See more".to_owned(), etag: String::new(), ..approved };
        assert_eq!(update(&bench, "ana", changed, &["purpose"]).await.unwrap().state(), State::Designed);
        assert_eq!(reason(&go(&bench, "ana", "begin", "other").await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn what_depends_on_it_ties_it_down(bench) {
        for id in ["base", "middle", "upper"] {
            propose(&bench, id, thought_of(id)).await.unwrap();
        }
        let on = async |id: &str, others: &[&str]| {
            let depends_on = others.iter().map(|other| name(other)).collect();
            update(&bench, "ana", Implementation { name: name(id), depends_on, ..Default::default() }, &["depends_on"]).await
        };
        on("middle", &["base"]).await.unwrap();
        on("upper", &["middle"]).await.unwrap();
        let refused = on("base", &["upper"]).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), metadata(&refused, "path").as_str()), ("IMPLEMENTATION_CYCLE", "base > upper > middle > base"));
        assert_eq!(reason(&on("base", &["base"]).await.unwrap_err()), "IMPLEMENTATION_CYCLE");
        for id in ["base", "middle"] {
            bring(&bench, id, State::Implementing).await;
        }
        let refused = go(&bench, "ana", "operate", "middle").await.unwrap_err();
        assert_eq!(metadata(&refused, "missing"), "a design judged effective, dependencies that operate");
        assert_eq!(metadata(&refused, "names"), name("base"));
        go(&bench, "bea", "judgeDesign", "middle").await.unwrap();
        assert_eq!(reason(&go(&bench, "ana", "operate", "middle").await.unwrap_err()), "DEPENDENCY_NOT_OPERATING");
        go(&bench, "bea", "judgeDesign", "base").await.unwrap();
        go(&bench, "ana", "operate", "base").await.unwrap();
        go(&bench, "ana", "operate", "middle").await.unwrap();
        let refused = go(&bench, "ana", "retire", "base").await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), metadata(&refused, "names")), ("STILL_DEPENDED_ON", name("middle")));
        go(&bench, "ana", "review", "middle").await.unwrap();
        assert_eq!(reason(&go(&bench, "ana", "retire", "base").await.unwrap_err()), "STILL_DEPENDED_ON", "it runs under review");
        go(&bench, "ana", "retire", "middle").await.unwrap();
        go(&bench, "ana", "retire", "base").await.unwrap();
    }

    async fn two_that_would_close_a_circle_at_once_do_not(bench) {
        for round in 0..5 {
            let (a, b) = (format!("a{round}"), format!("b{round}"));
            for id in [&a, &b] {
                propose(&bench, id, thought_of(id)).await.unwrap();
            }
            let on = async |id: &str, other: &str| {
                let new = Implementation { name: name(id), depends_on: vec![name(other)], ..Default::default() };
                update(&bench, "ana", new, &["depends_on"]).await
            };
            let (one, other) = tokio::join!(on(&a, &b), on(&b, &a));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            assert_eq!(reason(&one.err().or(other.err()).unwrap()), "IMPLEMENTATION_CYCLE");
        }
    }

    async fn only_a_proposal_that_was_never_approved_is_deleted(bench) {
        let delete = async |id: &str| by(&bench, "ana").delete_implementation(api::DeleteImplementationRequest { name: name(id), ..Default::default() }).await;
        propose(&bench, "idea", thought_of("idea")).await.unwrap();
        delete("idea").await.unwrap();
        propose(&bench, "watch", thought_of("watch")).await.unwrap();
        bring(&bench, "watch", State::Approved).await;
        assert_eq!(reason(&delete("watch").await.unwrap_err()), "STATE_FORBIDS");
        go(&bench, "ana", "revise", "watch").await.unwrap();
        assert_eq!(reason(&delete("watch").await.unwrap_err()), "IMPLEMENTATION_ON_RECORD");
    }

    async fn what_relied_on_what_ended_comes_under_review(bench) {
        operating(&bench, "watch").await;
        propose(&bench, "idea", thought_of("idea")).await.unwrap();
        let idea = bring(&bench, "idea", State::Remediation).await;
        let context = Context {
            caller: Arc::new(Caller::service(controls::NAME, "acme")),
            method: "deadline/expire-evidence".into(),
            trace: String::new(),
            clock: Arc::new(SystemClock),
            roles: Arc::default(),
        };
        for expected in [1, 0] {
            let mut tx = bench.database.begin(&context).await.unwrap();
            let (watch, idea) = (name("watch"), name("idea"));
            let names = [watch.as_str(), idea.as_str()];
            let moved = controls::implementation::lapse(&mut tx, "acme", &names, "the log of May expired").await.unwrap();
            assert_eq!(moved, expected);
            tx.commit().await.unwrap();
        }
        let watch = get(&bench, "watch").await;
        assert_eq!((watch.state(), watch.state_reason.as_str()), (State::UnderReview, "the log of May expired"));
        assert_eq!(get(&bench, "idea").await, idea);
        assert_eq!(arrivals(&bench, &name("watch"), "UNDER_REVIEW").await.len(), 1);
    }
}

by_hand! {
    async fn a_review_begins_by_itself_once_when_it_is_due(bench, clock) {
        propose(&bench, "watch", Implementation { review_period_days: 30, ..thought_of("watch") }).await.unwrap();
        bring(&bench, "watch", State::Operating).await;
        clock.advance(30 * DAY - 1);
        assert_eq!(get(&bench, "watch").await.state(), State::Operating, "not early");
        clock.advance(1);
        let review = until(async || Some(get(&bench, "watch").await).filter(|one| one.state() != State::Operating)).await;
        assert_eq!((review.state(), review.state_reason.as_str()), (State::UnderReview, "its review is due"));
        let told = arrivals(&bench, &name("watch"), "UNDER_REVIEW").await;
        let told: Vec<_> = told.iter().map(|change| (change.actor.as_str(), change.method.as_str())).collect();
        assert_eq!(told, [("service:controls", "deadline/review-implementation")]);

        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        let confirmed = go(&bench, "ana", "confirm", "watch").await.unwrap();
        assert_eq!(store::micros(confirmed.next_review_time.as_ref()), clock.now() + 30 * DAY);
        // By hand, to an earlier time; what is remediated when it comes is left alone.
        let sooner = Implementation { next_review_time: store::timestamp(clock.now() + DAY), etag: String::new(), ..confirmed };
        update(&bench, "ana", sooner, &["next_review_time"]).await.unwrap();
        let remediated = go(&bench, "ana", "remediate", "watch").await.unwrap();
        operating(&bench, "mark").await;
        let mark = Implementation { name: name("mark"), next_review_time: store::timestamp(clock.now() + DAY), ..Default::default() };
        update(&bench, "ana", mark, &["next_review_time"]).await.unwrap();
        clock.advance(DAY);
        until(async || Some(get(&bench, "mark").await).filter(|one| one.state() == State::UnderReview)).await;
        assert_eq!(get(&bench, "watch").await, remediated);
    }

    async fn a_review_that_fell_due_while_nothing_ran_is_taken_up(bench, clock) {
        propose(&bench, "watch", Implementation { review_period_days: 1, ..thought_of("watch") }).await.unwrap();
        bring(&bench, "watch", State::Operating).await;
        // A replica that starts two days later; the first one never hears of that.
        let later = Arc::new(ManualClock::at(clock.now() + 2 * DAY));
        controls::service(&bench.database, later).await.unwrap();
        assert_eq!(get(&bench, "watch").await.state(), State::UnderReview, "before it serves");
    }
}
