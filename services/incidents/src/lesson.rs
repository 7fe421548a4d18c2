//! Lessons, each within its incident: what is learnt, and what is done so that it does not come again (ITU-T X.1056, processes 1 and 2).
//!
//! One that is not done when it is due is flagged once, by the timer.

use access::Context;
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use store::{
    Changed, Collection, Life as _, Move, Reference, Rules, Side, Transaction, in_state, micros, open, parent_of, reply,
};
use tonic::{Request, Response, Status};
use wire::incidents::v1 as api;
use wire::incidents::v1::Lesson;
use wire::incidents::v1::lesson::{Process, State};
use wire::incidents::v1::lesson_service_server::LessonService;

use crate::incident::Incidents;
use crate::{Registry, organization_of};

// === The table ===

/// All lessons.
pub struct Lessons;

impl store::Resource for Lessons {
    type Message = Lesson;
    const TABLE: &'static str = "lesson";
    const COLLECTION: &'static str = "incidents/*/lessons";

    fn columns() -> &'static [store::Column<Lesson>] {
        store::columns![Lesson;
            display_name: text order search, process: choice(Process), owner: text, state: choice(State) order,
            due_time: time order, overdue: boolean index, implementation: text, incident: text index,
        ]
    }

    fn sides() -> &'static [Side<Lesson>] {
        store::sides![Lesson; labels: map "lesson_label"]
    }

    fn references() -> &'static [Reference<Lesson>] {
        store::references![Lesson; name(parent): Incidents]
    }

    store::head!(Lesson; state, state_reason, state_time, overdue, incident);
}

store::life!(Lessons; State, "lesson");

const COMPLETE: Move<State> = Move::new(&[State::Open], State::Done, "completed");
const DROP: Move<State> = Move::new(&[State::Open], State::Dropped, "dropped");

// === The rules ===

impl Rules for Lessons {
    type Needs = ();

    fn check(context: &Context, _: &(), new: &mut Lesson) -> Outcome<()> {
        let due = new.due_time.is_some() && micros(new.due_time.as_ref()) <= context.clock.now();
        // What is given a later time is due anew.
        new.overdue = new.overdue && due;
        let organization = organization_of(&new.name);
        store::ours(organization, "implementations", &new.implementation, "lesson.implementation".to_owned())
    }

    fn create(context: &Context, needs: &(), new: &mut Lesson) -> Outcome<()> {
        parent_of(&new.name).clone_into(&mut new.incident);
        Self::enter(new, State::Open, "", context.clock.now());
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &Lesson, new: &mut Lesson) -> Outcome<()> {
        if old.state() != State::Open && old.state() == new.state() {
            return in_state("lesson", old.state(), &[State::Open], "changed");
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &Lesson) -> Outcome<()> {
        in_state("lesson", old.state(), &[State::Open], "deleted: drop it instead")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Lesson>]) -> Outcome<()> {
        deadline::follow(tx, organization, OVERDUE, changed, |one| &one.name, due).await
    }
}

// === The clock ===

/// The deadline at which a lesson is overdue.
const OVERDUE: &str = "overdue-lesson";

/// When a lesson is overdue, if it is not yet.
fn due(lesson: &Lesson) -> Option<i64> {
    let waits = lesson.state() == State::Open && !lesson.overdue;
    Some(micros(Some(lesson.due_time.as_ref().filter(|_| waits)?)))
}

/// The timer, with what is due for lessons.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(OVERDUE, |tx, deadline| Box::pin(flag(tx, deadline)))
}

/// Flags a lesson whose time has come; one that was moved at the same moment stays as it is.
async fn flag(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Lesson, new: &mut Lesson| {
        new.overdue |= due(old).is_some_and(|due| due <= now);
        Ok(())
    };
    match Collection::<Lessons>::new(tx.database().clone()).change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}

/// How many lessons an incident has that are not given up.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn count(tx: &mut Transaction, incident: &str) -> Outcome<i64> {
    let mut sql = tx.sql("SELECT COUNT(*) FROM lesson WHERE organization = ");
    sql.bind(organization_of(incident)).push(" AND incident = ").bind(incident);
    sql.push(" AND state <> ").bind(State::Dropped.as_str_name());
    let row = tx.row(sql).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
}

// === The API ===

#[tonic::async_trait]
impl LessonService for Registry {
    async fn create_lesson(&self, request: Request<api::CreateLessonRequest>) -> Result<Response<Lesson>, Status> {
        self.lessons.serve_create(request).await
    }

    async fn get_lesson(&self, request: Request<api::GetLessonRequest>) -> Result<Response<Lesson>, Status> {
        self.lessons.serve_get(request).await
    }

    async fn list_lessons(
        &self,
        request: Request<api::ListLessonsRequest>,
    ) -> Result<Response<api::ListLessonsResponse>, Status> {
        self.lessons.serve_list(request).await
    }

    async fn update_lesson(&self, request: Request<api::UpdateLessonRequest>) -> Result<Response<Lesson>, Status> {
        self.lessons.serve_update(request).await
    }

    async fn delete_lesson(&self, request: Request<api::DeleteLessonRequest>) -> Result<Response<()>, Status> {
        self.lessons.serve_delete(request).await
    }

    async fn complete_lesson(&self, request: Request<api::CompleteLessonRequest>) -> Result<Response<Lesson>, Status> {
        let (context, r) = open(request)?;
        reply(self.lessons.step(&context, (&r.name, &r.etag), &COMPLETE, &r.reason).await)
    }

    async fn drop_lesson(&self, request: Request<api::DropLessonRequest>) -> Result<Response<Lesson>, Status> {
        let (context, r) = open(request)?;
        reply(self.lessons.step(&context, (&r.name, &r.etag), &DROP, &r.reason).await)
    }
}
