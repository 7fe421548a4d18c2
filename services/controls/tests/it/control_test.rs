//! Tests of controls and their runs: what follows for what is tested, and what is overdue.

use futures::future::join_all;
use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::controls::v1 as api;
use wire::controls::v1::control_test::{Kind, State};
use wire::controls::v1::control_test_service_client::ControlTestServiceClient;
use wire::controls::v1::implementation::State as Life;
use wire::controls::v1::test_run::Result as RunResult;
use wire::controls::v1::test_run_service_client::TestRunServiceClient;
use wire::controls::v1::{ControlTest, TestRun};

use access::Clock as _;

use crate::implementation::{PARENT, arrivals, by_hand, get, go, history, name, operating, until};
use crate::on_every_database;

const DAY: i64 = 86_400_000_000;

fn tests(bench: &Bench) -> ControlTestServiceClient<testkit::Client> {
    ControlTestServiceClient::new(bench.client("tess", &["acme"], &["control-owner"]))
}

fn runs(bench: &Bench) -> TestRunServiceClient<testkit::Client> {
    TestRunServiceClient::new(bench.client("tess", &["acme"], &["control-owner"]))
}

fn test_name(id: &str) -> String {
    format!("organizations/acme/controlTests/{id}")
}

/// A test, every thirty days, of 25 in 200.
fn of(implementation: &str) -> ControlTest {
    ControlTest {
        display_name: "alarms are seen".to_owned(),
        implementation: name(implementation),
        kind: Kind::Operating.into(),
        procedure: "Take the sample; see for each alarm that somebody looked at it within the hour.".to_owned(),
        population: "all alarms of the last month".to_owned(),
        population_size: 200,
        sample_size: 25,
        sample_method: "at random".to_owned(),
        period_days: 30,
        ..Default::default()
    }
}

pub(crate) async fn make(bench: &Bench, id: &str, test: ControlTest) -> Result<ControlTest, Status> {
    let (parent, control_test_id) = (PARENT.to_owned(), id.to_owned());
    let request = api::CreateControlTestRequest { parent, control_test_id, control_test: Some(test) };
    tests(bench).create_control_test(request).await.map(tonic::Response::into_inner)
}

async fn test(bench: &Bench, id: &str) -> ControlTest {
    let request = api::GetControlTestRequest { name: test_name(id) };
    tests(bench).get_control_test(request).await.unwrap().into_inner()
}

pub(crate) async fn record(bench: &Bench, test: &str, run: TestRun) -> Result<TestRun, Status> {
    let request = api::CreateTestRunRequest { parent: test_name(test), test_run: Some(run), ..Default::default() };
    runs(bench).create_test_run(request).await.map(tonic::Response::into_inner)
}

async fn run(bench: &Bench, test: &str, result: RunResult) -> TestRun {
    record(bench, test, TestRun { result: result.into(), sample_size: 25, ..Default::default() }).await.unwrap()
}

on_every_database! {
    async fn a_run_that_failed_brings_what_it_tested_into_remediation_once(bench) {
        operating(&bench, "watch").await;
        make(&bench, "alarms", of("watch")).await.unwrap();
        let found = TestRun {
            result: RunResult::Failed.into(),
            sample: "alarms 1 to 25 of 12 May".to_owned(),
            sample_size: 25,
            exceptions: 3,
            evidence: vec!["organizations/acme/evidence/log-of-may".to_owned()],
            tester: "somebody else".to_owned(),
            ..Default::default()
        };
        let failed = record(&bench, "alarms", found).await.unwrap();
        assert_eq!((failed.tester.as_str(), failed.implementation), ("tess", name("watch")), "the tester is who calls");
        let now = get(&bench, "watch").await;
        assert_eq!((now.state(), now.effectiveness.unwrap().score), (Life::Remediation, 0.0));
        assert_eq!(now.state_reason, format!("the test alarms are seen failed: {}", failed.name));
        let after = test(&bench, "alarms").await;
        assert_eq!((after.last_run.as_str(), after.last_result(), after.deciding_result()), (failed.name.as_str(), RunResult::Failed, RunResult::Failed));
        let ran = store::micros(failed.run_time.as_ref());
        assert_eq!(store::micros(after.next_due_time.as_ref()), ran + 30 * DAY);
        run(&bench, "alarms", RunResult::Failed).await;
        let told = arrivals(&bench, &name("watch"), "REMEDIATION").await;
        let told: Vec<_> = told.iter().map(|change| (change.actor.as_str(), change.method.as_str())).collect();
        assert_eq!(told, [("tess", "telwarden.controls.v1.TestRunService/CreateTestRun")]);
        let request = api::ListTestRunsRequest {
            parent: test_name("-"),
            filter: "result = FAILED AND evidence:\"organizations/acme/evidence/log-of-may\"".to_owned(),
            ..Default::default()
        };
        assert_eq!(runs(&bench).list_test_runs(request).await.unwrap().into_inner().test_runs.len(), 1);
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn runs_that_fail_at_once_are_all_kept_and_tell_it_once(bench) {
        operating(&bench, "watch").await;
        for id in ["one", "two"] {
            make(&bench, id, of("watch")).await.unwrap();
        }
        let failing = (0..12).map(|at| run(&bench, if at % 2 == 0 { "one" } else { "two" }, RunResult::Failed));
        join_all(failing).await;
        let request = api::ListTestRunsRequest { parent: test_name("-"), ..Default::default() };
        assert_eq!(runs(&bench).list_test_runs(request).await.unwrap().into_inner().test_runs.len(), 12);
        assert_eq!(get(&bench, "watch").await.state(), Life::Remediation);
        assert_eq!(arrivals(&bench, &name("watch"), "REMEDIATION").await.len(), 1);
    }

    async fn what_failed_is_confirmed_when_it_has_passed(bench) {
        operating(&bench, "watch").await;
        make(&bench, "alarms", of("watch")).await.unwrap();
        run(&bench, "alarms", RunResult::Failed).await;
        go(&bench, "ana", "review", "watch").await.unwrap();
        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        run(&bench, "alarms", RunResult::Inconclusive).await;
        let refused = go(&bench, "ana", "confirm", "watch").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "TEST_STANDS_FAILED"));
        assert!(refused.message().contains(&test_name("alarms")), "{}", refused.message());
        let after = test(&bench, "alarms").await;
        assert_eq!((after.last_result(), after.deciding_result()), (RunResult::Inconclusive, RunResult::Failed));
        run(&bench, "alarms", RunResult::Passed).await;
        let confirmed = go(&bench, "ana", "confirm", "watch").await.unwrap();
        let worked = confirmed.effectiveness.unwrap();
        // One of two runs passed, and the latest counts twice: 2 of 3.
        assert_eq!((confirmed.state, worked.passed_runs, worked.failed_runs, worked.passing_tests), (Life::Operating.into(), 1, 1, 1));
        assert!((worked.score - 2.0 / 3.0).abs() < 1e-12, "{worked:?}");
        // Under review it fails again, and what was judged before no longer helps.
        go(&bench, "ana", "review", "watch").await.unwrap();
        run(&bench, "alarms", RunResult::Failed).await;
        assert_eq!(get(&bench, "watch").await.state(), Life::Remediation);
    }

    async fn a_run_of_what_does_not_run_moves_nothing(bench) {
        let before = {
            operating(&bench, "watch").await;
            go(&bench, "ana", "remediate", "watch").await.unwrap()
        };
        make(&bench, "alarms", of("watch")).await.unwrap();
        run(&bench, "alarms", RunResult::Failed).await;
        assert_eq!(get(&bench, "watch").await, before);
    }

    async fn wrong_tests_and_runs_say_what_is_right(bench) {
        operating(&bench, "watch").await;
        operating(&bench, "other").await;
        let wrong = [
            (ControlTest { implementation: name("none"), ..of("watch") }, "REFERENCE_MISSING"),
            (ControlTest { kind: Kind::Unspecified.into(), ..of("watch") }, "FIELD_INVALID"),
            (ControlTest { procedure: String::new(), ..of("watch") }, "FIELD_INVALID"),
            (ControlTest { sample_size: 201, ..of("watch") }, "FIELD_INVALID"),
            (ControlTest { period_days: -1, ..of("watch") }, "FIELD_INVALID"),
        ];
        for (test, why) in wrong {
            let refused = make(&bench, "", test).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why), "{}", refused.message());
        }
        let made = make(&bench, "alarms", of("watch")).await.unwrap();
        let moved = ControlTest { implementation: name("other"), ..made };
        let request = api::UpdateControlTestRequest { control_test: Some(moved), update_mask: None };
        assert_eq!(reason(&tests(&bench).update_control_test(request).await.unwrap_err()), "FIELD_IMMUTABLE");
        let of_run = |result: RunResult, sample_size, exceptions| TestRun { result: result.into(), sample_size, exceptions, ..Default::default() };
        let wrong = [
            (of_run(RunResult::Passed, 24, 0), "SAMPLE_TOO_SMALL"),
            (of_run(RunResult::Failed, 5, 6), "FIELD_INVALID"),
            (of_run(RunResult::Unspecified, 25, 0), "FIELD_INVALID"),
            (of_run(RunResult::Passed, -1, 0), "FIELD_INVALID"),
        ];
        for (run, why) in wrong {
            assert_eq!(reason(&record(&bench, "alarms", run).await.unwrap_err()), why);
        }
        assert_eq!(reason(&record(&bench, "none", of_run(RunResult::Passed, 25, 0)).await.unwrap_err()), "REFERENCE_MISSING");
        let foreign = api::CreateTestRunRequest { parent: "organizations/other/controlTests/alarms".to_owned(), test_run: Some(of_run(RunResult::Passed, 25, 0)), ..Default::default() };
        assert_eq!(runs(&bench).create_test_run(foreign).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(test(&bench, "alarms").await.last_run, "", "what is refused leaves nothing");
        record(&bench, "alarms", of_run(RunResult::Inconclusive, 3, 0)).await.unwrap();
        let delete = api::DeleteControlTestRequest { name: test_name("alarms"), ..Default::default() };
        assert_eq!(reason(&tests(&bench).delete_control_test(delete).await.unwrap_err()), "STILL_REFERENCED");
        make(&bench, "unused", of("watch")).await.unwrap();
        let delete = api::DeleteControlTestRequest { name: test_name("unused"), ..Default::default() };
        tests(&bench).delete_control_test(delete).await.unwrap();
    }

    async fn a_test_out_of_use_stands_in_nobodys_way(bench) {
        operating(&bench, "watch").await;
        make(&bench, "alarms", of("watch")).await.unwrap();
        run(&bench, "alarms", RunResult::Failed).await;
        go(&bench, "ana", "review", "watch").await.unwrap();
        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        assert_eq!(get(&bench, "watch").await.effectiveness.unwrap().failing_tests, 1);
        let request = api::RetireControlTestRequest { name: test_name("alarms"), reason: "another takes its place".to_owned(), ..Default::default() };
        let retired = tests(&bench).retire_control_test(request).await.unwrap().into_inner();
        assert_eq!((retired.state(), retired.retire_reason.as_str()), (State::Retired, "another takes its place"));
        assert_eq!(get(&bench, "watch").await.effectiveness.unwrap().failing_tests, 0);
        go(&bench, "ana", "confirm", "watch").await.unwrap();
        let late = TestRun { result: RunResult::Failed.into(), ..Default::default() };
        assert_eq!(reason(&record(&bench, "alarms", late).await.unwrap_err()), "STATE_FORBIDS");
        make(&bench, "second", of("watch")).await.unwrap();
        go(&bench, "ana", "retire", "watch").await.unwrap();
        assert_eq!(test(&bench, "second").await.state(), State::Retired, "what ends takes its tests along");
        assert_eq!(reason(&make(&bench, "third", of("watch")).await.unwrap_err()), "STATE_FORBIDS");
    }
}

by_hand! {
    async fn a_test_that_is_not_run_is_overdue_once(bench, clock) {
        operating(&bench, "watch").await;
        let made = make(&bench, "alarms", of("watch")).await.unwrap();
        assert_eq!(store::micros(made.next_due_time.as_ref()), clock.now() + 30 * DAY, "the first is due after the period");
        clock.advance(10 * DAY);
        run(&bench, "alarms", RunResult::Passed).await;
        clock.advance(30 * DAY - 1);
        assert!(!test(&bench, "alarms").await.overdue, "not early: the run moved it on");
        clock.advance(1);
        until(async || test(&bench, "alarms").await.overdue.then_some(())).await;
        clock.advance(40 * DAY);
        let told = history(&bench, &test_name("alarms")).await;
        let told: Vec<&str> = told.iter().map(|change| change.method.as_str()).collect();
        let expected = ["telwarden.controls.v1.ControlTestService/CreateControlTest", "telwarden.controls.v1.TestRunService/CreateTestRun", "deadline/control-test-overdue"];
        assert_eq!(told, expected);
        let request = api::ListControlTestsRequest { parent: PARENT.to_owned(), filter: "overdue = true".to_owned(), ..Default::default() };
        assert_eq!(tests(&bench).list_control_tests(request).await.unwrap().into_inner().control_tests.len(), 1);
        run(&bench, "alarms", RunResult::Passed).await;
        let after = test(&bench, "alarms").await;
        assert_eq!((after.overdue, store::micros(after.next_due_time.as_ref())), (false, clock.now() + 30 * DAY));
        clock.advance(30 * DAY);
        until(async || test(&bench, "alarms").await.overdue.then_some(())).await;
        let later = ControlTest { name: test_name("alarms"), next_due_time: store::timestamp(clock.now() + DAY), ..Default::default() };
        let request = api::UpdateControlTestRequest { control_test: Some(later), update_mask: None };
        assert!(!tests(&bench).update_control_test(request).await.unwrap().into_inner().overdue, "put off by hand");
    }

    async fn runs_count_for_a_year_and_what_they_gave_is_worked_out_anew_by_itself(bench, clock) {
        operating(&bench, "watch").await;
        make(&bench, "alarms", of("watch")).await.unwrap();
        run(&bench, "alarms", RunResult::Failed).await;
        clock.advance(DAY);
        go(&bench, "ana", "review", "watch").await.unwrap();
        go(&bench, "bea", "judgeOperation", "watch").await.unwrap();
        run(&bench, "alarms", RunResult::Passed).await;
        let confirmed = go(&bench, "ana", "confirm", "watch").await.unwrap();
        let score = confirmed.effectiveness.unwrap().score;
        assert!((score - 2.0 / 3.0).abs() < 1e-12, "{score}");
        clock.advance(364 * DAY - 1);
        assert_eq!(get(&bench, "watch").await.effectiveness.unwrap().failed_runs, 1, "not early");
        clock.advance(1);
        let worked = until(async || get(&bench, "watch").await.effectiveness.filter(|worked| worked.failed_runs == 0)).await;
        assert_eq!((worked.score, worked.passed_runs, worked.passing_tests), (1.0, 1, 1), "the failure is a year ago");
        clock.advance(DAY);
        let worked = until(async || get(&bench, "watch").await.effectiveness.filter(|worked| worked.passed_runs == 0)).await;
        assert_eq!((worked.score, worked.oldest_run_time), (0.5, None), "nothing shows it any more");
        assert_eq!(get(&bench, "watch").await.state(), Life::Operating);
    }
}
