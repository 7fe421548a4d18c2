//! Exposures as their callers see them: claimed, approved by another, watched, ended by the timer.

mod import;
mod registry;
mod surface;

use std::sync::Arc;
use std::time::Duration;

use access::{Caller, Context, ManualClock, SystemClock};
use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::risk::v1 as api;
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_policy_service_client::ExposurePolicyServiceClient;
use wire::risk::v1::exposure_service_client::ExposureServiceClient;
use wire::risk::v1::port_range::Protocol;

pub(crate) const PARENT: &str = "organizations/acme";
pub(crate) const DAY: i64 = 86_400_000_000;
/// 2026-11-30, noon.
pub(crate) const NOON: i64 = 1_796_040_000_000_000;

type Client = ExposureServiceClient<testkit::Client>;

/// The service with a clock that the test turns.
pub(crate) async fn manual(postgres: Option<&str>) -> (Bench, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOON));
    let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres).await;
    (bench, clock)
}

/// Tests on every database, with a clock that stands still until it is turned.
macro_rules! by_hand {
    ($(async fn $name:ident($bench:ident, $clock:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let ($bench, $clock) = $crate::exposure::manual(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}
pub(crate) use by_hand;

/// Waits until something holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what} within 20 s");
}

/// The service of risks, acting on its own account.
pub(crate) fn service() -> Context {
    Context {
        caller: Arc::new(Caller::service(risk::NAME, "acme")),
        method: "telwarden.changes.v1.ChangeService/Watch".into(),
        trace: String::new(),
        clock: Arc::new(SystemClock),
        roles: Arc::default(),
    }
}

/// Makes assets of acme known, with their value and what the network knows them by.
pub(crate) async fn known(bench: &Bench, assets: &[(&str, f64, &str, &str)]) {
    let mut tx = bench.database.begin(&service()).await.unwrap();
    let columns = [
        "organization",
        "kind",
        "id",
        "key",
        "display_name",
        "site",
        "value",
        "owner",
        "vendor",
        "product",
        "product_version",
        "state",
    ];
    let rows = assets.iter().map(|(id, value, ..)| {
        let text = |text: &str| text.to_owned().into();
        vec![
            text("acme"),
            text("asset"),
            text(id),
            text("router"),
            text(id),
            text(""),
            (*value).into(),
            text(""),
            text(""),
            text(""),
            text(""),
            text("IN_SERVICE"),
        ]
    });
    tx.insert("estate_thing", &columns, rows.collect()).await.unwrap();
    let rows = assets.iter().map(|&(id, _, kind, by)| ["acme", kind, by, id].map(Into::into).to_vec());
    tx.insert("estate_identifier", &["organization", "kind", "value", "asset"], rows.collect()).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) fn by(bench: &Bench, subject: &str, role: &str) -> Client {
    ExposureServiceClient::new(bench.client(subject, &["acme"], &[role]))
}

pub(crate) fn name(id: &str) -> String {
    format!("{PARENT}/exposures/{id}")
}

pub(crate) fn https(ip: &str) -> api::Exposure {
    api::Exposure {
        ip: ip.to_owned(),
        port: 443,
        protocol: Protocol::Tcp.into(),
        service: "https".to_owned(),
        ..Default::default()
    }
}

pub(crate) async fn create(bench: &Bench, exposure: api::Exposure) -> Result<api::Exposure, Status> {
    let request =
        api::CreateExposureRequest { parent: PARENT.to_owned(), exposure: Some(exposure), ..Default::default() };
    by(bench, "ana", "risk-manager").create_exposure(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn get(bench: &Bench, id: &str) -> api::Exposure {
    let request = api::GetExposureRequest { name: name(id) };
    by(bench, "ana", "viewer").get_exposure(request).await.unwrap().into_inner()
}

pub(crate) async fn claim(bench: &Bench, id: &str) -> api::Exposure {
    let request = api::ClaimExposureRequest {
        name: name(id),
        owner: "it-operations".to_owned(),
        business_need: "customers' portal".to_owned(),
        behind: vec!["waf".to_owned(), "scrubbing".to_owned()],
        ..Default::default()
    };
    by(bench, "ana", "risk-manager").claim_exposure(request).await.unwrap().into_inner()
}

pub(crate) async fn approve_as(client: Client, id: &str, until: i64) -> Result<api::Exposure, Status> {
    let request = api::ApproveExposureRequest {
        name: name(id),
        until: store::timestamp(until),
        comment: "needed".to_owned(),
        ..Default::default()
    };
    let mut client = client;
    client.approve_exposure(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn approve(bench: &Bench, id: &str, until: i64) -> api::Exposure {
    approve_as(by(bench, "bea", "approver"), id, until).await.unwrap()
}

async fn withdraw(bench: &Bench, id: &str) -> api::Exposure {
    let request = api::WithdrawExposureRequest { name: name(id), reason: "closed".to_owned(), ..Default::default() };
    by(bench, "ana", "risk-manager").withdraw_exposure(request).await.unwrap().into_inner()
}

/// How often a method wrote a resource.
pub(crate) async fn changes(bench: &Bench, resource: &str, method: &str) -> i64 {
    let mut sql = bench.database.sql("SELECT COUNT(*) FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(method);
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

by_hand! {
    async fn an_exposure_is_claimed_by_one_approved_by_another_and_ends_once(bench, clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7")]).await;
        let made = create(&bench, https("192.0.2.7")).await.unwrap();
        let id = "192.0.2.7-tcp-443";
        assert_eq!((made.name.clone(), made.state(), made.asset.as_str()), (name(id), State::Discovered, "organizations/acme/assets/portal"));
        assert_eq!(reason(&create(&bench, https("::ffff:192.0.2.7")).await.unwrap_err()), "RESOURCE_EXISTS", "the same in another form");
        let claimed = claim(&bench, id).await;
        assert_eq!((claimed.state(), claimed.claimants, claimed.behind), (State::Claimed, vec!["ana".to_owned()], vec!["scrubbing".to_owned(), "waf".to_owned()]));
        let end = NOON + 60 * DAY;
        let own = approve_as(by(&bench, "ana", "administrator"), id, end).await.unwrap_err();
        assert_eq!((own.code(), reason(&own).as_str()), (Code::PermissionDenied, "DUTIES_NOT_SEGREGATED"));
        assert_eq!(reason(&approve_as(by(&bench, "eve", "risk-manager"), id, end).await.unwrap_err()), "PERMISSION_MISSING");
        for wrong in [NOON, NOON + 367 * DAY] {
            assert_eq!(reason(&approve_as(by(&bench, "bea", "approver"), id, wrong).await.unwrap_err()), "EXPOSURE_APPROVED_TOO_LONG");
        }
        let approved = approve(&bench, id, end).await;
        assert_eq!((approved.state(), approved.decider.as_str()), (State::Approved, "bea"));
        assert_eq!(store::micros(approved.expiring_time.as_ref()), NOON + 30 * DAY);
        clock.advance(30 * DAY - 1);
        assert_eq!(get(&bench, id).await.state(), State::Approved, "not early");
        clock.advance(1);
        until("it expires soon", async || get(&bench, id).await.state() == State::Expiring).await;
        clock.advance(30 * DAY);
        until("it has expired", async || get(&bench, id).await.state() == State::Claimed).await;
        let ended = get(&bench, id).await;
        assert_eq!(ended.approved_until, None);
        assert!(ended.approval.unwrap().void_reason.contains("ended"));
        clock.advance(90 * DAY);
        tokio::time::sleep(Duration::from_millis(100)).await;
        for method in ["deadline/warn-exposure-approval", "deadline/expire-exposure-approval"] {
            assert_eq!(changes(&bench, &name(id), method).await, 1, "{method}");
        }
        testkit::ledger_holds(&bench, &risk::tables()).await;
    }

    async fn what_is_something_else_than_was_approved_is_claimed_again(bench, _clock) {
        let id = "192.0.2.7-tcp-443";
        create(&bench, https("192.0.2.7")).await.unwrap();
        claim(&bench, id).await;
        approve(&bench, id, NOON + 60 * DAY).await;
        let update = |exposure: api::Exposure, path: &str| {
            let update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
            api::UpdateExposureRequest { exposure: Some(api::Exposure { name: name(id), ..exposure }), update_mask }
        };
        let mut cem = by(&bench, "cem", "risk-manager");
        let patched = api::Exposure { product_version: "1.2.3".to_owned(), ..Default::default() };
        let patched = cem.update_exposure(update(patched, "product_version")).await.unwrap().into_inner();
        assert_eq!(patched.state(), State::Approved, "updating it is what is asked for");
        let other = api::Exposure { business_need: "something else".to_owned(), ..Default::default() };
        let other = cem.update_exposure(update(other, "business_need")).await.unwrap().into_inner();
        assert_eq!((other.state(), other.approved_until), (State::Claimed, None));
        assert!(other.approval.unwrap().void_time.is_some());
        let own = approve_as(by(&bench, "cem", "administrator"), id, NOON + DAY).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED", "who rewrote it has claimed it");
        let moved = api::Exposure { ip: "192.0.2.8".to_owned(), ..Default::default() };
        assert_eq!(reason(&cem.update_exposure(update(moved, "ip")).await.unwrap_err()), "FIELD_IMMUTABLE");
    }

    async fn nobody_decides_twice_or_out_of_turn(bench, _clock) {
        let id = "192.0.2.7-tcp-443";
        create(&bench, https("192.0.2.7")).await.unwrap();
        assert_eq!(reason(&approve_as(by(&bench, "bea", "approver"), id, NOON + DAY).await.unwrap_err()), "STATE_FORBIDS");
        let reject = api::RejectExposureRequest { name: name(id), reason: "not needed".to_owned(), ..Default::default() };
        let mut bea = by(&bench, "bea", "approver");
        let rejected = bea.reject_exposure(reject.clone()).await.unwrap().into_inner();
        assert_eq!((rejected.state(), rejected.decision_note.as_str()), (State::Rejected, "not needed"));
        assert_eq!(reason(&bea.reject_exposure(reject).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(claim(&bench, id).await.state(), State::Claimed, "somebody has a better reason");
        assert_eq!(withdraw(&bench, id).await.state(), State::Withdrawn);
        let request = api::ClaimExposureRequest { name: name(id), business_need: "x".to_owned(), ..Default::default() };
        assert_eq!(reason(&by(&bench, "ana", "risk-manager").claim_exposure(request).await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn a_case_is_raised_once_for_what_nobody_knows(bench, clock) {
        let id = "192.0.2.9-tcp-443";
        let made = create(&bench, https("192.0.2.9")).await.unwrap();
        assert_eq!((made.state(), store::micros(made.case_due_time.as_ref())), (State::Unknown, NOON + 7 * DAY));
        clock.advance(7 * DAY - 1);
        assert!(!get(&bench, id).await.case_raised, "not early");
        clock.advance(1);
        until("a case is raised", async || get(&bench, id).await.case_raised).await;
        let raised = get(&bench, id).await;
        let case = raised.case.unwrap();
        assert_eq!((store::micros(case.raise_time.as_ref()), raised.case_due_time), (NOON + 7 * DAY, None));
        assert!(case.reason.contains("2026-11-30"), "{}", case.reason);
        clock.advance(30 * DAY);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(changes(&bench, &name(id), "deadline/raise-exposure-case").await, 1);
        // What is claimed in time raises none.
        create(&bench, https("192.0.2.10")).await.unwrap();
        claim(&bench, "192.0.2.10-tcp-443").await;
        clock.advance(30 * DAY);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!get(&bench, "192.0.2.10-tcp-443").await.case_raised);
    }

    async fn an_own_policy_counts_once_it_is_active(bench, clock) {
        let id = "192.0.2.9-tcp-443";
        create(&bench, https("192.0.2.9")).await.unwrap();
        let mut policies = ExposurePolicyServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let own = api::ExposurePolicy { display_name: "Strict".to_owned(), unknown_days: 1, ..Default::default() };
        let request = api::CreateExposurePolicyRequest { parent: PARENT.to_owned(), exposure_policy_id: "strict".to_owned(), exposure_policy: Some(own) };
        let own = policies.create_exposure_policy(request).await.unwrap().into_inner();
        assert_eq!(own.state(), api::exposure_policy::State::Draft);
        let activate = api::ActivateExposurePolicyRequest { name: own.name.clone(), ..Default::default() };
        let active = policies.activate_exposure_policy(activate.clone()).await.unwrap().into_inner();
        assert_eq!(active.state(), api::exposure_policy::State::Active);
        assert_eq!(store::micros(get(&bench, id).await.case_due_time.as_ref()), NOON + DAY, "what is known follows");
        clock.advance(DAY);
        until("a case is raised", async || get(&bench, id).await.case_raised).await;
        let mut policies = ExposurePolicyServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        assert_eq!(reason(&policies.activate_exposure_policy(activate).await.unwrap_err()), "STATE_FORBIDS");
        let delete = api::DeleteExposurePolicyRequest { name: own.name, ..Default::default() };
        assert_eq!(reason(&policies.delete_exposure_policy(delete).await.unwrap_err()), "STATE_FORBIDS");
        let shipped = api::ActivateExposurePolicyRequest { name: format!("{PARENT}/exposurePolicies/default"), ..Default::default() };
        assert_eq!(reason(&policies.activate_exposure_policy(shipped).await.unwrap_err()), "RESOURCE_SHIPPED");
    }

    async fn what_is_nowhere_or_no_port_is_refused_by_its_field(bench, _clock) {
        let field = |status: Status| {
            use tonic_types::StatusExt as _;
            let bad = status.get_details_bad_request();
            let field = bad.and_then(|bad| bad.field_violations.first().map(|it| it.field.clone()));
            (reason(&status), field.unwrap_or_default())
        };
        let of = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
        for (exposure, expected) in [
            (api::Exposure { ip: "192.0.2.256".to_owned(), ..https("") }, of("FIELD_INVALID", "exposure.ip")),
            (https(""), of("EXPOSURE_WITHOUT_HOST", "exposure.ip")),
            (api::Exposure { port: 70_000, ..https("192.0.2.1") }, of("FIELD_INVALID", "exposure.port")),
            (api::Exposure { protocol: 0, ..https("192.0.2.1") }, of("FIELD_INVALID", "exposure.protocol")),
            (api::Exposure { fqdn: "a b".to_owned(), ..https("192.0.2.1") }, of("FIELD_INVALID", "exposure.fqdn")),
            (api::Exposure { asset: format!("{PARENT}/assets/none"), ..https("192.0.2.1") }, of("EXPOSURE_ASSET_UNKNOWN", "exposure.asset")),
            (api::Exposure { behind: vec!["A Wall".to_owned()], ..https("192.0.2.1") }, of("FIELD_INVALID", "exposure.behind[0]")),
        ] {
            assert_eq!(field(create(&bench, exposure).await.unwrap_err()), expected);
        }
    }
}
