//! The life of an incident: which move leads where, what each needs, and its line in the timeline.

use testkit::{field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{Level, State};
use wire::incidents::v1::lesson::Process;
use wire::incidents::v1::lesson_service_client::LessonServiceClient;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::timeline_entry_service_client::TimelineEntryServiceClient;

use super::{Incidents, PARENT, SECURITY, classified, client, created, time};
use crate::on_every_database;

/// Calls a move that needs nothing but the name.
macro_rules! go {
    ($client:expr, $method:ident, $request:ident, $name:expr $(, $field:ident: $value:expr)*) => {
        $client.$method(api::$request { name: $name.clone(), $($field: $value,)* ..Default::default() }).await.map(|reply| reply.into_inner())
    };
}

async fn declared(client: &mut Incidents, id: &str) -> String {
    let name =
        created(client, id, Incident { detect_time: time("2026-03-01T10:00:00Z"), ..Default::default() }).await.name;
    classified(client, &name, &SECURITY).await;
    go!(client, declare_incident, DeclareIncidentRequest, name).unwrap();
    name
}

on_every_database! {
    async fn an_incident_goes_its_way_and_its_timeline_tells_it(bench) {
        let mut client = client(&bench);
        let name = declared(&mut client, "one").await;
        let refused = go!(client, assign_incident, AssignIncidentRequest, name, owner: "olga".to_owned()).unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("INCIDENT_UNASSIGNED".to_owned(), "handler".to_owned()));
        let (owner, handler) = ("olga".to_owned(), "hans".to_owned());
        go!(client, assign_incident, AssignIncidentRequest, name, owner: owner, handler: handler).unwrap();
        go!(client, contain_incident, ContainIncidentRequest, name, reason: "the port is shut".to_owned()).unwrap();
        let contained = time("2026-03-01T10:30:00Z");
        let moved = go!(client, eradicate_incident, EradicateIncidentRequest, name, effective_time: contained).unwrap();
        assert_eq!((moved.state(), moved.contain_time), (State::Eradicating, contained));
        go!(client, recover_incident, RecoverIncidentRequest, name).unwrap();
        let back = time("2026-03-01T12:00:00Z");
        let moved = go!(client, monitor_incident, MonitorIncidentRequest, name, effective_time: back).unwrap();
        assert_eq!((moved.contain_time, moved.recover_time, moved.open), (contained, back, true));
        let early = time("2026-03-01T09:00:00Z");
        let refused = go!(client, close_incident, CloseIncidentRequest, name, effective_time: early).unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), "effective_time".to_owned()));
        // A security incident is learnt from.
        let refused = go!(client, close_incident, CloseIncidentRequest, name).unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("LESSON_MISSING".to_owned(), "no_lesson_reason".to_owned()));
        let mut lessons = LessonServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let lesson = api::Lesson { display_name: "Shut ports".to_owned(), process: Process::Protect.into(), ..Default::default() };
        lessons.create_lesson(api::CreateLessonRequest { parent: name.clone(), lesson: Some(lesson), ..Default::default() }).await.unwrap();
        let closed = go!(client, close_incident, CloseIncidentRequest, name).unwrap();
        assert_eq!((closed.state(), closed.open), (State::Closed, false));
        assert!(closed.close_time.is_some());
        go!(client, review_incident, ReviewIncidentRequest, name).unwrap();
        let again = go!(client, reopen_incident, ReopenIncidentRequest, name, reason: "it is back".to_owned()).unwrap();
        assert_eq!((again.state(), again.open, again.close_time, again.recover_time), (State::Analysing, true, None, None));

        let mut timeline = TimelineEntryServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let request = api::ListTimelineEntriesRequest { parent: name.clone(), filter: "kind=MOVE".to_owned(), order_by: "create_time".to_owned(), ..Default::default() };
        let told = timeline.list_timeline_entries(request).await.unwrap().into_inner().timeline_entries;
        let states: Vec<&str> = told.iter().map(|entry| entry.to_state.as_str()).collect();
        assert_eq!(states, ["DECLARED", "ASSIGNED", "CONTAINING", "ERADICATING", "RECOVERING", "MONITORING", "CLOSED", "REVIEWED", "ANALYSING"]);
        assert_eq!((told[2].text.as_str(), told[2].from_state.as_str(), told[2].author.as_str(), told[2].kind()), ("the port is shut", "ASSIGNED", "ana", Kind::Move));
    }

    async fn a_move_from_a_wrong_state_is_refused_by_name_and_leaves_no_trace(bench) {
        let mut client = client(&bench);
        let name = created(&mut client, "one", Incident::default()).await.name;
        let refused = go!(client, contain_incident, ContainIncidentRequest, name).unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
        assert!(refused.message().contains("ASSIGNED or ANALYSING"), "{}", refused.message());
        let refused = go!(client, declare_incident, DeclareIncidentRequest, name).unwrap_err();
        assert_eq!(reason(&refused), "INCIDENT_NOT_CLASSIFIED");
        let refused = go!(client, change_incident_level, ChangeIncidentLevelRequest, name, reason: "worse".to_owned(), level: Level::Crisis.into()).unwrap_err();
        assert_eq!(reason(&refused), "INCIDENT_NOT_CLASSIFIED");
        let mut timeline = TimelineEntryServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let request = api::ListTimelineEntriesRequest { parent: name.clone(), ..Default::default() };
        assert!(timeline.list_timeline_entries(request).await.unwrap().into_inner().timeline_entries.is_empty());
        // What nobody worked on yet may go; what was none is dismissed, and then changes no more.
        go!(client, dismiss_incident, DismissIncidentRequest, name, reason: "a drill".to_owned()).unwrap();
        let changed = Incident { name: name.clone(), display_name: "Other".to_owned(), ..Default::default() };
        let request = api::UpdateIncidentRequest { incident: Some(changed), ..Default::default() };
        assert_eq!(reason(&client.update_incident(request).await.unwrap_err()), "STATE_FORBIDS");
        let refused = go!(client, delete_incident, DeleteIncidentRequest, name).unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
    }

    async fn when_it_happened_is_evidence_once_it_is_declared(bench) {
        let mut client = client(&bench);
        let name = declared(&mut client, "one").await;
        let earlier = time("2026-03-01T09:00:00Z");
        let changed = Incident { name: name.clone(), detect_time: earlier, ..Default::default() };
        let request = api::UpdateIncidentRequest { incident: Some(changed), ..Default::default() };
        let refused = client.update_incident(request).await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("TIMES_ARE_EVIDENCE".to_owned(), "incident.detect_time".to_owned()));
        let corrected = go!(client, correct_incident_times, CorrectIncidentTimesRequest, name, reason: "the probe's log".to_owned(), detect_time: earlier).unwrap();
        assert_eq!(corrected.detect_time, earlier);
        let [correction] = &corrected.time_corrections[..] else { panic!("{corrected:?}") };
        assert_eq!((correction.field.as_str(), correction.from, correction.reason.as_str()), ("detect_time", time("2026-03-01T10:00:00Z"), "the probe's log"));
    }

    async fn a_part_brings_its_assets_to_the_whole(bench) {
        let mut client = client(&bench);
        let asset = |id: &str| format!("{PARENT}/assets/{id}");
        let part = created(&mut client, "part", Incident { assets: vec![asset("a"), asset("b")], availability: true, ..Default::default() }).await.name;
        let whole = created(&mut client, "whole", Incident { assets: vec![asset("b"), asset("c")], ..Default::default() }).await.name;
        let refused = go!(client, merge_incident, MergeIncidentRequest, part, into: part.clone()).unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), "into".to_owned()));
        let missing = format!("{PARENT}/incidents/none");
        let refused = go!(client, merge_incident, MergeIncidentRequest, part, into: missing).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::NotFound);
        let merged = go!(client, merge_incident, MergeIncidentRequest, part, into: whole.clone()).unwrap();
        assert_eq!((merged.state(), merged.merged_into.as_str(), merged.open), (State::Merged, whole.as_str(), false));
        let whole = client.get_incident(api::GetIncidentRequest { name: whole }).await.unwrap().into_inner();
        assert_eq!(whole.assets, [asset("b"), asset("c"), asset("a")]);
        assert!(whole.availability);
    }
}
