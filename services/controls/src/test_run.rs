//! Runs of tests: what was looked at, what was found, by whom. A record that does not change (ITU-T X.1051).

use access::Context;
use fault::{Fault, Outcome};
use resource::Parent;
use store::{Reference, Resource as _, Rules, Side, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::controls::v1::test_run::Result as RunResult;
use wire::controls::v1::test_run_service_server::TestRunService;
use wire::controls::v1::{
    ControlTest, CreateTestRunRequest, GetTestRunRequest, ListTestRunsRequest, ListTestRunsResponse, TestRun,
};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::control_test::{ControlTests, take_in};

// === The table ===

/// All runs of tests.
pub struct TestRuns;

impl store::Resource for TestRuns {
    type Message = TestRun;
    const TABLE: &'static str = "test_run";
    const COLLECTION: &'static str = "controlTests/*/testRuns";

    fn columns() -> &'static [store::Column<TestRun>] {
        store::columns![TestRun;
            implementation: text index, result: choice(RunResult) order, tester: text order, run_time: time order,
        ]
    }

    fn sides() -> &'static [Side<TestRun>] {
        store::sides![TestRun; evidence: set "test_run_evidence"]
    }

    fn references() -> &'static [Reference<TestRun>] {
        store::references![TestRun; name(parent): ControlTests]
    }

    store::head!(TestRun; implementation, tester, run_time);
}

// === The rules ===

impl Rules for TestRuns {
    type Needs = ();

    fn create(context: &Context, (): &(), new: &mut TestRun) -> Outcome<()> {
        if new.exceptions > new.sample_size {
            let (exceptions, sample) = (new.exceptions, new.sample_size);
            let message = format!("{exceptions} exceptions cannot be found where {sample} were looked at");
            return Err(Fault::invalid(House::FieldInvalid, message).with("limit", sample).on("test_run.exceptions"));
        }
        new.tester.clone_from(&context.caller.subject);
        new.run_time = timestamp(context.clock.now());
        Ok(())
    }
}

impl Registry {
    /// The run, the test it is of and what follows for the implementation change in one transaction, or nothing does.
    async fn record_run(&self, context: &Context, r: CreateTestRunRequest) -> Outcome<TestRun> {
        let parent = resource::parse_parent_of(&r.parent, TestRuns::COLLECTION, false);
        let Parent { organization, within } = parent.map_err(|problem| {
            Fault::invalid(problem.reason(), problem.to_string()).on(problem.field().unwrap_or("parent").to_owned())
        })?;
        context.enter(&organization, &r.parent)?;
        let id = if r.test_run_id.is_empty() { context.clock.id() } else { r.test_run_id };
        if !resource::valid_id(&id) {
            let message = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(House::FieldInvalid, message).on("test_run_id"));
        }
        let test = within.unwrap_or_default();
        let mut run = r.test_run.unwrap_or_default();
        TestRuns::clear_output(&mut run);
        let mut tx = self.database.begin(context).await?;
        if let Some(test) = self.control_tests.load(&mut tx, &organization, &[&test]).await?.pop() {
            run.implementation = test.implementation;
        }
        let made = self.test_runs.create_in(&mut tx, &organization, vec![(format!("{test}/{id}"), run)]).await?;
        let run = made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))?;
        let rule = |_: &Context, old: &ControlTest, new: &mut ControlTest| take_in(old, new, &run);
        self.control_tests.change_in(&mut tx, &r.parent, "", rule).await?;
        tx.commit().await?;
        Ok(run)
    }
}

// === The API ===

#[tonic::async_trait]
impl TestRunService for Registry {
    async fn create_test_run(&self, request: Request<CreateTestRunRequest>) -> Result<Response<TestRun>, Status> {
        let (context, request) = open(request)?;
        reply(self.record_run(&context, request).await)
    }

    async fn get_test_run(&self, request: Request<GetTestRunRequest>) -> Result<Response<TestRun>, Status> {
        self.test_runs.serve_get(request).await
    }

    async fn list_test_runs(
        &self,
        request: Request<ListTestRunsRequest>,
    ) -> Result<Response<ListTestRunsResponse>, Status> {
        self.test_runs.serve_list(request).await
    }
}
