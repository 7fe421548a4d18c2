//! Risks, through the suite: the sample operator's, as the board sees them; and the loop that closes by itself: a failed test of a control
//! opens the risk that relied on it.

use std::time::Duration;

use telwarden::client::{Connection, Output};
use telwarden::posture::{risk as posture, surface as posture_of_surface};
use telwarden::programme::People;
use telwarden::risk::heatmap::{self, Heatmap, Seen};
use telwarden::risk::register::{self, Register};
use telwarden::risks;
use telwarden::suite::Suite;
use telwarden::surface;
use wire::changes::v1::ListChangesRequest;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::controls::v1::test_run::Result as RunResult;
use wire::controls::v1::test_run_service_client::TestRunServiceClient;
use wire::controls::v1::{CreateTestRunRequest, TestRun};
use wire::risk::v1::risk::State;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::{GetRiskRequest, Risk};

/// The organization `acme`, which has imported the sample operator as `source` and has its programme of controls, gets its risks.
pub(crate) async fn shows_the_risks(running: &Suite, source: &str) {
    let connection = |subject: &str, roles: &[&str]| {
        Connection::new(running.url(), running.token(subject, &["acme"], roles).unwrap(), Output::Json)
    };
    let owner = connection("rita", &["risk-manager"]).open().await.unwrap();
    let approver = connection("pavel", &["approver", "control-owner"]).open().await.unwrap();
    let people = People { owner, approver };
    let threats = surface::threats(&people, "acme", sample::surface()).await.unwrap();
    assert_eq!((threats, surface::threats(&people, "acme", sample::surface()).await.unwrap()), (4, 0));
    let made = risks::create(&people, "acme", source, sample::risks()).await.unwrap();
    assert_eq!(made, sample::risks().len());
    assert_eq!(risks::create(&people, "acme", source, sample::risks()).await.unwrap(), 0, "again changes nothing");

    let viewing = connection("vera", &["viewer"]);
    let seen = posture::read(viewing.open().await.unwrap(), "acme").await.unwrap();
    // One in every state; the one that is closed is no risk any more.
    assert_eq!((seen.summary.count, seen.summary.states.len()), (8, 9), "{:?}", seen.summary.states);
    assert_eq!(seen.ending_acceptances.len(), 1);
    let screen = posture::text(&seen);
    for part in ["likelihood", "almost certain", "acceptances that end within 30 days: 1", "above the appetite"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let all = Register {
        organization: "acme".to_owned(),
        filter: String::new(),
        above_appetite: false,
        limit: 100,
        csv: true,
    };
    let listed = register::risks(viewing.open().await.unwrap(), &all).await.unwrap();
    let levels: Vec<i32> = listed.iter().map(|risk| risk.current.as_ref().map_or(-1, |score| score.level)).collect();
    assert!(levels.len() == 9 && levels.is_sorted_by(|a, b| a >= b), "the highest first: {levels:?}");
    assert_eq!(register::csv(&listed).lines().count(), 10);
    let which = Heatmap {
        organization: "acme".to_owned(),
        criteria: "matrix-5x5".to_owned(),
        view: Seen::Inherent,
        filter: String::new(),
        svg: None,
    };
    let map = heatmap::heatmap(viewing.open().await.unwrap(), &which).await.unwrap();
    assert_eq!((map.cells.len(), map.unscored), (25, 1));
    assert_eq!(map.cells.iter().map(|cell| cell.count).sum::<i64>(), 7);

    shows_the_surface(&people, &viewing, source).await;
    crate::insurance::shows_the_insurance(running, &people, &viewing).await;
    crate::money::shows_the_money(&people.owner, &crate::insurance::auditor(running), &viewing).await;
    a_failed_test_opens_a_risk(running, &people, &viewing).await;
    crate::insurance::a_failed_test_is_to_be_declared(running).await;
}

/// What can be reached from outside, what was found there, and what a board should know of it.
async fn shows_the_surface(people: &People, viewing: &Connection, source: &str) {
    // Cut off after the first finding, it goes on from there.
    let all = sample::surface();
    let first = all.findings[0];
    let broken = sample::Finding { id: "broken", cve: "", weakness: "of no kind", vector: "CVSS:9.9/X", ..first };
    let cut = sample::Surface { findings: Box::leak(Box::new([first, broken])), ..*all };
    let why = surface::create(people, "acme", source, &cut).await.unwrap_err().to_string();
    assert!(why.contains("CVSS_VECTOR_INVALID"), "{why}");
    let made = surface::create(people, "acme", source, all).await.unwrap();
    assert_eq!((made.exposures, made.findings, made.legacy_links, made.risks), (0, 7, 2, 3));
    let again = surface::create(people, "acme", source, sample::surface()).await.unwrap();
    assert_eq!(again, surface::Made::default(), "again changes nothing");

    // The timers warn of the approval that ends and find what is overdue, each on its own.
    let told = async {
        loop {
            let seen = posture_of_surface::read(viewing.open().await.unwrap(), "acme").await.unwrap();
            if !seen.expiring.is_empty() && !seen.overdue.is_empty() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), told).await.expect("the timers act within 30 s");
    let mut unwanted: Vec<(&str, i32)> = seen.unwanted.iter().map(|one| (one.ip.as_str(), one.port)).collect();
    unwanted.sort_unstable();
    assert_eq!(unwanted, [("198.51.100.23", 23), ("203.0.113.200", 22)], "of nobody; rejected, and there all the same");
    assert_eq!(seen.expiring.first().unwrap().port, 500);
    let newest = seen.snapshots.first().unwrap();
    // All nine are on hosts of their own; one is withdrawn.
    assert_eq!((newest.exposures, newest.hosts), (8, 8));
    assert!(newest.score > 0.0, "what is known to be exploited counts: {newest:?}");
    // Of what can be reached, only the portal bears a vulnerability that is known to be exploited; how likely the other is, nobody says.
    let worst: Vec<i32> = seen.most_exposed.iter().map(|one| one.port).collect();
    assert_eq!(worst, [443]);
    let overdue: Vec<&str> = seen.overdue.iter().map(|one| one.name.rsplit('/').next().unwrap()).collect();
    // What was opened again has its whole time anew.
    assert_eq!(overdue, ["console-ssh"]);
    let screen = posture_of_surface::text(&seen);
    for part in [
        "8 exposures on 8 hosts",
        "CVE-2024-6387 on",
        "nobody answers for it: telnet at 198.51.100.23 port 23",
        "REJECTED, and seen again: ssh at",
        "approval ends: isakmp",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

/// The filters fail their test: the accepted risk that relied on them is looked at anew, and the ledger leads back to the call.
async fn a_failed_test_opens_a_risk(running: &Suite, people: &People, viewing: &Connection) {
    let risk = async || -> Risk {
        let name = "organizations/acme/risks/flood-border".to_owned();
        let client = viewing.open().await.unwrap();
        RiskServiceClient::new(client).get_risk(GetRiskRequest { name }).await.unwrap().into_inner()
    };
    let before = risk().await;
    assert_eq!((before.state(), before.above_appetite), (State::Accepted, false));

    let trace = "5bf92f3577b34da6a3ce929d0e0e4736";
    let mut run = TestRun { exceptions: 3, sample_size: 4, ..Default::default() };
    run.set_result(RunResult::Failed);
    let parent = "organizations/acme/controlTests/ddos-filtering".to_owned();
    let mut request = tonic::Request::new(CreateTestRunRequest { parent, test_run: Some(run), ..Default::default() });
    request.metadata_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
    TestRunServiceClient::new(people.approver.clone()).create_test_run(request).await.unwrap();

    let reopened = async {
        loop {
            let now = risk().await;
            if now.state() == State::Reopened {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let now = tokio::time::timeout(Duration::from_secs(30), reopened).await.expect("reopened within 30 s");
    assert!(now.above_appetite && now.current.as_ref().unwrap().level > before.current.as_ref().unwrap().level);
    assert!(now.state_reason.contains("implementations/ddos-filtering"), "{}", now.state_reason);
    let why = now.score_reason.unwrap();
    assert_eq!(
        (why.service.as_str(), why.resource.as_str()),
        ("controls", "organizations/acme/implementations/ddos-filtering")
    );

    let auditor = running.token("audrey", &["acme"], &["auditor"]).unwrap();
    let auditor = Connection::new(running.url(), auditor, Output::Json).open().await.unwrap();
    let request = ListChangesRequest {
        parent: "organizations/acme".to_owned(),
        resource: now.name.clone(),
        page_size: 1000,
        ..Default::default()
    };
    let changes = ChangeServiceClient::new(auditor).list_changes(request).await.unwrap().into_inner().changes;
    let last = changes.iter().max_by_key(|change| change.sequence).unwrap();
    assert!(last.trace.contains(trace) && last.actor.starts_with("service:risk"), "{last:?}");
}
