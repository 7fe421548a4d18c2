//! Findings as their callers see them: made, moved, overdue, accepted for a time, dated by the policy that holds.

use std::sync::Arc;
use std::time::Duration;

use access::{Clock as _, ManualClock, SystemClock};
use testkit::{Bench, backends, ledger_holds, reason};
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::Finding;
use wire::risk::v1::finding::{Justification, Severity, State};
use wire::risk::v1::finding_service_client::FindingServiceClient;
use wire::risk::v1::remediation_policy_service_client::RemediationPolicyServiceClient;

use crate::on_every_database;

pub(crate) const PARENT: &str = "organizations/acme";
pub(crate) const DAY: i64 = 86_400_000_000;

pub(crate) fn by(bench: &Bench, subject: &str, role: &str) -> FindingServiceClient<testkit::Client> {
    FindingServiceClient::new(bench.client(subject, &["acme"], &[role]))
}

fn policies(bench: &Bench) -> RemediationPolicyServiceClient<testkit::Client> {
    RemediationPolicyServiceClient::new(bench.client("ana", &["acme"], &["risk-manager"]))
}

fn weak() -> Finding {
    let mut finding = Finding {
        weakness: "the default password works".to_owned(),
        asset: format!("{PARENT}/assets/gateway"),
        ..Default::default()
    };
    finding.set_severity(Severity::High);
    finding
}

pub(crate) async fn create(bench: &Bench, id: &str, finding: Finding) -> Result<Finding, Status> {
    let request =
        api::CreateFindingRequest { parent: PARENT.to_owned(), finding_id: id.to_owned(), finding: Some(finding) };
    by(bench, "ana", "risk-manager").create_finding(request).await.map(tonic::Response::into_inner)
}

pub(crate) fn name(id: &str) -> String {
    format!("{PARENT}/findings/{id}")
}

pub(crate) async fn get(bench: &Bench, id: &str) -> Finding {
    let request = api::GetFindingRequest { name: name(id) };
    by(bench, "ana", "viewer").get_finding(request).await.unwrap().into_inner()
}

pub(crate) async fn list(bench: &Bench, filter: &str) -> Vec<Finding> {
    let request = api::ListFindingsRequest {
        parent: PARENT.to_owned(),
        page_size: 1000,
        filter: filter.to_owned(),
        ..Default::default()
    };
    by(bench, "ana", "viewer").list_findings(request).await.unwrap().into_inner().findings
}

/// How many entries the ledger has, numbered or not: what is written, and nothing else, adds to it.
pub(crate) async fn written(bench: &Bench) -> i64 {
    let sql = bench.database.sql("SELECT COUNT(*) FROM ledger");
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what} within 20 s");
}

fn days(finding: &Finding) -> i64 {
    (store::micros(finding.due_time.as_ref()) - store::micros(finding.open_time.as_ref())) / DAY
}

async fn mitigate(bench: &Bench, id: &str) -> Result<Finding, Status> {
    let request = api::MitigateFindingRequest { name: name(id), reason: "filtered".to_owned(), ..Default::default() };
    by(bench, "ben", "incident-handler").mitigate_finding(request).await.map(tonic::Response::into_inner)
}

async fn fix(bench: &Bench, id: &str) -> Result<Finding, Status> {
    let request = api::FixFindingRequest { name: name(id), ..Default::default() };
    by(bench, "ben", "incident-handler").fix_finding(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn verify(bench: &Bench, id: &str) -> Result<Finding, Status> {
    let request = api::VerifyFindingRequest { name: name(id), ..Default::default() };
    by(bench, "ana", "risk-manager").verify_finding(request).await.map(tonic::Response::into_inner)
}

async fn close(bench: &Bench, id: &str) -> Result<Finding, Status> {
    let request = api::CloseFindingRequest { name: name(id), ..Default::default() };
    by(bench, "ana", "risk-manager").close_finding(request).await.map(tonic::Response::into_inner)
}

async fn reopen(bench: &Bench, id: &str) -> Result<Finding, Status> {
    let request = api::ReopenFindingRequest { name: name(id), reason: "not so".to_owned(), ..Default::default() };
    by(bench, "ana", "risk-manager").reopen_finding(request).await.map(tonic::Response::into_inner)
}

async fn dismiss(bench: &Bench, id: &str, justification: Justification) -> Result<Finding, Status> {
    let request =
        api::DismissFindingRequest { name: name(id), justification: justification.into(), ..Default::default() };
    by(bench, "ana", "risk-manager").dismiss_finding(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn accept(bench: &Bench, id: &str, until: i64) -> Result<Finding, Status> {
    let request = api::AcceptFindingRequest {
        name: name(id),
        until: store::timestamp(until),
        reason: "the spare part comes in spring".to_owned(),
        ..Default::default()
    };
    by(bench, "ana", "risk-manager").accept_finding(request).await.map(tonic::Response::into_inner)
}

on_every_database! {
    async fn a_finding_is_made_and_goes_its_way(bench) {
        let made = create(&bench, "one", weak()).await.unwrap();
        assert_eq!((made.state(), made.severity(), days(&made)), (State::Open, Severity::High, 30));
        assert_eq!(made.r#match.as_ref().map(|basis| basis.confidence), Some(1.0));
        assert_eq!(mitigate(&bench, "one").await.unwrap().state(), State::Mitigated);
        assert_eq!(fix(&bench, "one").await.unwrap().state(), State::Fixed);
        let verified = verify(&bench, "one").await.unwrap();
        assert_eq!((verified.state(), verified.resolution()), (State::Verified, State::Fixed));
        assert_eq!(close(&bench, "one").await.unwrap().state(), State::Closed);
        let again = reopen(&bench, "one").await.unwrap();
        assert_eq!((again.state(), again.reopen_count, again.state_reason.as_str()), (State::Reopened, 1, "not so"));
        let no = dismiss(&bench, "one", Justification::ComponentNotPresent).await.unwrap();
        assert_eq!((no.state(), no.justification()), (State::NotAffected, Justification::ComponentNotPresent));
        ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn what_cannot_be_is_refused_with_a_reason(bench) {
        let nothing = create(&bench, "", Finding { asset: weak().asset, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&nothing), "FINDING_OF_NOTHING");
        let nowhere = create(&bench, "", Finding { asset: String::new(), ..weak() }).await.unwrap_err();
        assert_eq!(reason(&nowhere), "FINDING_OF_NOTHING");
        let wrong = create(&bench, "", Finding { asset: "gateway".to_owned(), ..weak() }).await.unwrap_err();
        assert_eq!(reason(&wrong), "FIELD_INVALID");
        let foreign = Finding { asset: "organizations/other/assets/gateway".to_owned(), ..weak() };
        let foreign = create(&bench, "", foreign).await.unwrap_err();
        assert_eq!(reason(&foreign), "FIELD_INVALID");
        assert!(foreign.message().contains("assets of this organization"), "{}", foreign.message());
        let vector = Finding { cvss_vector: "CVSS:3.1/AV:N".to_owned(), ..weak() };
        assert_eq!(reason(&create(&bench, "", vector).await.unwrap_err()), "CVSS_VECTOR_INVALID");
        let score = create(&bench, "", Finding { cvss: 11.0, ..weak() }).await.unwrap_err();
        assert_eq!(reason(&score), "FIELD_INVALID");
        create(&bench, "one", weak()).await.unwrap();
        let early = close(&bench, "one").await.unwrap_err();
        assert_eq!(reason(&early), "STATE_FORBIDS");
        assert!(early.message().contains("VERIFIED"), "{early}");
        let now = SystemClock.now();
        for end in [now - DAY, now + 367 * DAY] {
            assert_eq!(reason(&accept(&bench, "one", end).await.unwrap_err()), "FINDING_ACCEPTED_TOO_LONG");
        }
        let why = dismiss(&bench, "one", Justification::Unspecified).await.unwrap_err();
        assert_eq!(reason(&why), "FIELD_INVALID");
        let handler = api::AcceptFindingRequest {
            name: name("one"), until: store::timestamp(now + DAY), reason: "x".to_owned(), ..Default::default()
        };
        let refused = by(&bench, "ben", "incident-handler").accept_finding(handler).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    }

    async fn a_vector_gives_score_and_severity_and_the_same_twice_is_known(bench) {
        let finding = Finding {
            vulnerability: format!("{PARENT}/vulnerabilities/cve-2024-3400"),
            cvss_vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
            ..weak()
        };
        let made = create(&bench, "", finding.clone()).await.unwrap();
        assert_eq!((made.cvss, made.severity(), days(&made)), (9.8, Severity::Critical, 7));
        assert_eq!(reason(&create(&bench, "", finding).await.unwrap_err()), "RESOURCE_EXISTS");
        let filter = "severity=CRITICAL AND cvss>=9.0 AND NOT known_exploited=true AND state=OPEN";
        assert_eq!(list(&bench, filter).await, [made]);
    }

    async fn due_times_follow_the_policy_that_holds(bench) {
        create(&bench, "one", weak()).await.unwrap();
        let mut client = policies(&bench);
        let own = api::RemediationPolicy { display_name: "Ours".to_owned(), high_days: 14, ..Default::default() };
        let request = api::CreateRemediationPolicyRequest {
            parent: PARENT.to_owned(), remediation_policy_id: "ours".to_owned(), remediation_policy: Some(own),
        };
        let made = client.create_remediation_policy(request).await.unwrap().into_inner();
        assert_eq!(days(&get(&bench, "one").await), 30);
        let activate = api::ActivateRemediationPolicyRequest { name: made.name.clone(), ..Default::default() };
        assert!(client.activate_remediation_policy(activate.clone()).await.unwrap().into_inner().active);
        let dated = get(&bench, "one").await;
        assert_eq!((days(&dated), dated.due_reason.as_str()), (14, "HIGH: 14 days"));
        let before = written(&bench).await;
        client.activate_remediation_policy(activate).await.unwrap();
        assert_eq!(written(&bench).await, before);
        let changed = api::RemediationPolicy { high_days: 10, ..made.clone() };
        let request = api::UpdateRemediationPolicyRequest {
            remediation_policy: Some(api::RemediationPolicy { etag: String::new(), ..changed }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["high_days".to_owned()] }),
        };
        client.update_remediation_policy(request).await.unwrap();
        assert_eq!(days(&get(&bench, "one").await), 10);
        let delete = api::DeleteRemediationPolicyRequest { name: made.name.clone(), ..Default::default() };
        let refused = client.delete_remediation_policy(delete.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "REMEDIATION_POLICY_ACTIVE");
        let request = api::DeactivateRemediationPolicyRequest { name: made.name, ..Default::default() };
        client.deactivate_remediation_policy(request).await.unwrap();
        assert_eq!(days(&get(&bench, "one").await), 30);
        client.delete_remediation_policy(delete).await.unwrap();
    }

    /// A register that was kept elsewhere is brought in: what is old is not young again.
    async fn what_was_seen_before_it_is_written_down_is_due_by_then(bench) {
        let seen = |days: i64| store::timestamp(SystemClock.now() - days * DAY);
        let old = create(&bench, "old", Finding { first_seen_time: seen(40), ..weak() }).await.unwrap();
        assert_eq!((old.open_time, days(&old)), (old.first_seen_time, 30));
        until("it is overdue", async || get(&bench, "old").await.overdue).await;
        // Nothing is seen before it is.
        let ahead = create(&bench, "ahead", Finding { first_seen_time: seen(-5), ..weak() }).await.unwrap();
        assert!(store::micros(ahead.open_time.as_ref()) <= SystemClock.now());
        // Better known later: the time follows, until it was opened again.
        let update = async |of: Finding| {
            let request = api::UpdateFindingRequest { finding: Some(of), update_mask: None };
            by(&bench, "ana", "risk-manager").update_finding(request).await.unwrap().into_inner()
        };
        let better = update(Finding { name: name("ahead"), first_seen_time: seen(3), ..Default::default() }).await;
        assert_eq!(better.open_time, better.first_seen_time);
        let all = Some(prost_types::FieldMask { paths: vec!["*".to_owned()] });
        let request = api::UpdateFindingRequest { finding: Some(Finding { name: name("old"), ..weak() }), update_mask: all };
        let whole = by(&bench, "ana", "risk-manager").update_finding(request).await.unwrap().into_inner();
        assert_eq!((whole.first_seen_time, whole.open_time), (old.first_seen_time, old.open_time), "left out, it stays");
    }
}

/// How often a method changed a resource.
async fn changes(bench: &Bench, resource: &str, method: &str) -> i64 {
    let mut sql = bench.database.sql("SELECT COUNT(*) FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(method);
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_becomes_overdue_once_and_an_acceptance_ends_once() {
    for postgres in backends() {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres.as_deref()).await;
        create(&bench, "late", weak()).await.unwrap();
        create(&bench, "accepted", weak()).await.unwrap();
        accept(&bench, "accepted", clock.now() + 40 * DAY).await.unwrap();
        // Verified and closed as accepted, it is accepted still.
        verify(&bench, "accepted").await.unwrap();
        clock.advance(31 * DAY);
        until("it is overdue", async || get(&bench, "late").await.overdue).await;
        assert_eq!(get(&bench, "accepted").await.state(), State::Verified);
        assert_eq!(list(&bench, "overdue=true").await.len(), 1);
        clock.advance(10 * DAY);
        until("it is reopened", async || get(&bench, "accepted").await.state() == State::Reopened).await;
        let again = get(&bench, "accepted").await;
        assert_eq!((again.reopen_count, days(&again), again.overdue), (1, 30, false));
        clock.advance(DAY);
        assert_eq!(changes(&bench, &name("late"), "deadline/overdue-finding").await, 1);
        assert_eq!(changes(&bench, &name("accepted"), "deadline/expire-finding-acceptance").await, 1);
        let fixed = fix(&bench, "late").await.unwrap();
        assert!(!fixed.overdue && fixed.overdue_time.is_some());
        ledger_holds(&bench, &::risk::tables()).await;
    }
}
