//! Lessons as their callers see them.

use testkit::{field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::lesson::{Process, State};
use wire::incidents::v1::lesson_service_client::LessonServiceClient;
use wire::incidents::v1::{Incident, Lesson};

use crate::incident::{client, created};
use crate::on_every_database;

on_every_database! {
    async fn a_lesson_is_done_or_dropped_once(bench) {
        let incident = created(&mut client(&bench), "one", Incident::default()).await.name;
        let mut lessons = LessonServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let draft = Lesson { display_name: "Patch".to_owned(), process: Process::Protect.into(), ..Default::default() };
        let create = |lesson: Lesson| api::CreateLessonRequest { parent: incident.clone(), lesson: Some(lesson), ..Default::default() };
        let made = lessons.create_lesson(create(draft.clone())).await.unwrap().into_inner();
        assert_eq!((made.state(), made.incident.as_str()), (State::Open, incident.as_str()));
        let drop = |reason: &str| api::DropLessonRequest { name: made.name.clone(), reason: reason.to_owned(), ..Default::default() };
        assert_eq!(field(&lessons.drop_lesson(drop("")).await.unwrap_err()), "reason");
        let complete = api::CompleteLessonRequest { name: made.name.clone(), reason: "patched".to_owned(), ..Default::default() };
        let done = lessons.complete_lesson(complete).await.unwrap().into_inner();
        assert_eq!((done.state(), done.state_reason.as_str()), (State::Done, "patched"));
        assert_eq!(reason(&lessons.drop_lesson(drop("no")).await.unwrap_err()), "STATE_FORBIDS");
        let foreign = Lesson { implementation: "organizations/other/implementations/i".to_owned(), ..draft };
        assert_eq!(field(&lessons.create_lesson(create(foreign)).await.unwrap_err()), "lesson.implementation");
    }
}
