//! Tests of controls: what is to be tested, how, on what and when; and what follows from a run (ITU-T X.1051).

use std::collections::{BTreeMap, HashMap};

use access::Context;
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use store::{
    Changed, Choice as _, Collection, Reference, Referrer, Rules, Side, Transaction, in_state, micros, open, reply,
    timestamp,
};
use tonic::{Request, Response, Status};
use wire::controls::v1 as api;
use wire::controls::v1::control_test::{Kind, State};
use wire::controls::v1::control_test_service_server::ControlTestService;
use wire::controls::v1::implementation::State as Life;
use wire::controls::v1::test_run::Result as RunResult;
use wire::controls::v1::{ControlTest, ErrorReason, TestRun};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::implementation::{self, Implementations};

const DAY: i64 = 86_400_000_000;

// === The table ===

/// All tests of controls.
pub struct ControlTests;

impl store::Resource for ControlTests {
    type Message = ControlTest;
    const TABLE: &'static str = "control_test";
    const COLLECTION: &'static str = "controlTests";

    fn columns() -> &'static [store::Column<ControlTest>] {
        store::columns![ControlTest;
            display_name: text order search, implementation: text index, kind: choice(Kind), owner: text order,
            state: choice(State) order, next_due_time: time order, overdue: boolean, last_run_time: time order,
            last_result: choice(RunResult), deciding_result: choice(RunResult), deciding_time: time,
        ]
    }

    fn sides() -> &'static [Side<ControlTest>] {
        store::sides![ControlTest; labels: map "control_test_label"]
    }

    fn references() -> &'static [Reference<ControlTest>] {
        store::references![ControlTest; implementation: Implementations]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("runs", "test_run")] }
    }

    store::head!(ControlTest; state, retire_reason, overdue, last_run, last_run_time, last_result, deciding_result, deciding_time);
}

// === The rules ===

/// The states of the implementations that are tested, by id.
type Lives = HashMap<String, String>;

impl Rules for ControlTests {
    type Needs = Lives;

    async fn needs(tx: &mut Transaction, organization: &str, tests: &[&ControlTest]) -> Outcome<Lives> {
        // Only a test that is being made was not created yet; what it tests does not change later.
        let made = tests.iter().filter(|test| test.create_time.is_none());
        let ids: Vec<&str> = made.map(|test| crate::id_of(&test.implementation)).collect();
        if ids.is_empty() {
            return Ok(Lives::new());
        }
        let mut sql = tx.sql("SELECT id, state FROM implementation WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &ids);
        let text = |row: &sea_orm::QueryResult, at| row.try_get_by_index::<String>(at).map_err(Fault::defect);
        tx.rows(sql).await?.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect()
    }

    fn create(context: &Context, lives: &Lives, new: &mut ControlTest) -> Outcome<()> {
        if lives.get(crate::id_of(&new.implementation)).is_some_and(|life| life == Life::Retired.text()) {
            in_state("implementation", Life::Retired, &implementation::LIVING, "tested")
                .map_err(|fault| fault.on("control_test.implementation"))?;
        }
        new.set_state(State::Active);
        if new.next_due_time.is_none() {
            new.next_due_time = after_period(new.period_days, context.clock.now());
        }
        sound(new)
    }

    fn update(context: &Context, _: &Lives, old: &ControlTest, new: &mut ControlTest) -> Outcome<()> {
        if old.implementation != new.implementation {
            let message = "what a test tests does not change: make another test, and retire this one";
            return Err(Fault::invalid(House::FieldImmutable, message).on("control_test.implementation"));
        }
        if old.state() == State::Retired && old != new {
            return in_state("test", old.state(), &[State::Active], "changed");
        }
        let moved = new.next_due_time != old.next_due_time;
        if moved && due_at(new).is_none_or(|due| due > context.clock.now()) {
            new.overdue = false;
        }
        sound(new)
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<ControlTest>]) -> Outcome<()> {
        keep_deadlines(tx, organization, changed).await?;
        tell_implementations(tx, changed).await
    }
}

/// What spans fields.
fn sound(new: &ControlTest) -> Outcome<()> {
    if new.population_size > 0 && new.sample_size > new.population_size {
        let message = format!("a sample of {} cannot be taken from {}", new.sample_size, new.population_size);
        return Err(Fault::invalid(House::FieldInvalid, message)
            .with("limit", new.population_size)
            .on("control_test.sample_size"));
    }
    Ok(())
}

/// When a test is due after a time, by its period; none where it has none.
fn after_period(days: i32, from: i64) -> Option<prost_types::Timestamp> {
    if days > 0 { timestamp(from.saturating_add(i64::from(days) * DAY)) } else { None }
}

/// Takes a run into the test: what it found, and when the next is due.
///
/// # Errors
/// `STATE_FORBIDS` for a test out of use, `SAMPLE_TOO_SMALL`.
pub(crate) fn take_in(old: &ControlTest, new: &mut ControlTest, run: &TestRun) -> Outcome<()> {
    in_state("test", old.state(), &[State::Active], "run")?;
    if run.result() == RunResult::Passed && run.sample_size < old.sample_size {
        let (sample, asked) = (run.sample_size, old.sample_size);
        let message = format!(
            "the test asks to look at {asked}, and {sample} were looked at: look at more, or record an INCONCLUSIVE run"
        );
        return Err(Fault::precondition(ErrorReason::SampleTooSmall, message)
            .with("sample", sample)
            .with("asked", asked)
            .on("test_run.sample_size"));
    }
    new.last_run.clone_from(&run.name);
    new.last_run_time = run.run_time;
    new.last_result = run.result;
    if run.result() != RunResult::Inconclusive {
        new.deciding_result = run.result;
        new.deciding_time = run.run_time;
    }
    new.next_due_time = after_period(old.period_days, micros(run.run_time.as_ref()));
    new.overdue = false;
    Ok(())
}

// === What follows ===

/// The deadline at which a test that was not run is overdue.
const OVERDUE: &str = "control-test-overdue";

/// The timer, with what is due for tests.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(OVERDUE, |tx, deadline| Box::pin(mark_overdue(tx, deadline)))
}

/// When a test is to be run, in microseconds since 1970.
fn due_at(test: &ControlTest) -> Option<i64> {
    test.next_due_time.as_ref().map(|time| micros(Some(time)))
}

/// When a test will be overdue, if it can become so.
fn due(test: Option<&ControlTest>) -> Option<i64> {
    test.filter(|test| test.state() == State::Active && !test.overdue).and_then(due_at)
}

/// Marks a test overdue, where its time has come; one that was run or moved at the same moment stays.
async fn mark_overdue(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let tests = Collection::<ControlTests>::new(tx.database().clone());
    let rule = |_: &Context, old: &ControlTest, new: &mut ControlTest| {
        new.overdue = old.overdue || due(Some(old)).is_some_and(|due| due <= now);
        Ok(())
    };
    match tests.change_in(tx, &deadline.name, "", rule).await {
        // Deleted at the same moment.
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        marked => marked.map(drop),
    }
}

async fn keep_deadlines(tx: &mut Transaction, organization: &str, changed: &[Changed<ControlTest>]) -> Outcome<()> {
    let (mut sets, mut clears) = (Vec::new(), Vec::new());
    for change in changed {
        let (before, after) = (due(change.before.as_ref()), due(change.after.as_ref()));
        let Some(test) = change.after.as_ref().or(change.before.as_ref()).filter(|_| before != after) else {
            continue;
        };
        match after {
            Some(due) => sets.push(Deadline::new(organization, OVERDUE, &test.name, due)),
            None => clears.push(test.name.as_str()),
        }
    }
    deadline::clear(tx, organization, OVERDUE, &clears).await?;
    deadline::set(tx, &sets).await
}

/// Tells implementations what their tests found: a run that failed brings what runs into REMEDIATION; effectiveness follows
/// in any case.
async fn tell_implementations(tx: &mut Transaction, changed: &[Changed<ControlTest>]) -> Outcome<()> {
    // By implementation, why it must be repaired, where it must.
    let mut told: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for change in changed {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { continue };
        let ran = before.last_run != after.last_run;
        if !ran && before.state == after.state {
            continue;
        }
        let why = told.entry(&after.implementation).or_default();
        if ran && after.last_result() == RunResult::Failed {
            *why = Some(format!("the test {} failed: {}", after.display_name, after.last_run));
        }
    }
    for (name, why) in told {
        implementation::follow_tests(tx, name, why.as_deref()).await?;
    }
    Ok(())
}

impl Registry {
    /// Takes the tests of an implementation that ends out of use, in the transaction in which it ends.
    pub(crate) async fn retire_tests(&self, tx: &mut Transaction, implementation: &str) -> Outcome<()> {
        let organization = crate::organization_of(implementation).to_owned();
        let active = self.control_tests.select(tx, &organization, |sql| {
            sql.push("state = 'ACTIVE' AND implementation = ").bind(implementation);
        });
        let names: Vec<String> = active.await?.into_iter().map(|test| test.name).collect();
        let ids: Vec<&str> = names.iter().map(|name| crate::id_of(name)).collect();
        let reason = "the implementation it tests was retired";
        self.control_tests.change_many(tx, &organization, &ids, |_, new| retire(new, reason)).await.map(drop)
    }
}

fn retire(test: &mut ControlTest, reason: &str) {
    test.set_state(State::Retired);
    reason.clone_into(&mut test.retire_reason);
    test.overdue = false;
}

// === The API ===

#[tonic::async_trait]
impl ControlTestService for Registry {
    async fn create_control_test(
        &self,
        request: Request<api::CreateControlTestRequest>,
    ) -> Result<Response<ControlTest>, Status> {
        self.control_tests.serve_create(request).await
    }

    async fn get_control_test(
        &self,
        request: Request<api::GetControlTestRequest>,
    ) -> Result<Response<ControlTest>, Status> {
        self.control_tests.serve_get(request).await
    }

    async fn list_control_tests(
        &self,
        request: Request<api::ListControlTestsRequest>,
    ) -> Result<Response<api::ListControlTestsResponse>, Status> {
        self.control_tests.serve_list(request).await
    }

    async fn update_control_test(
        &self,
        request: Request<api::UpdateControlTestRequest>,
    ) -> Result<Response<ControlTest>, Status> {
        self.control_tests.serve_update(request).await
    }

    async fn delete_control_test(
        &self,
        request: Request<api::DeleteControlTestRequest>,
    ) -> Result<Response<()>, Status> {
        self.control_tests.serve_delete(request).await
    }

    async fn retire_control_test(
        &self,
        request: Request<api::RetireControlTestRequest>,
    ) -> Result<Response<ControlTest>, Status> {
        let (context, r) = open(request)?;
        let rule = |_: &Context, old: &ControlTest, new: &mut ControlTest| {
            in_state("test", old.state(), &[State::Active], "retired")?;
            retire(new, &r.reason);
            Ok(())
        };
        reply(self.control_tests.change(&context, &r.name, &r.etag, rule).await)
    }
}
