//! Timelines as their callers see them: written once, corrected by what follows.

use testkit::{field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::timeline_entry_service_client::TimelineEntryServiceClient;
use wire::incidents::v1::{Incident, TimelineEntry};

use crate::incident::{client, created, time};
use crate::on_every_database;

fn note(parent: &str, entry: TimelineEntry) -> api::CreateTimelineEntryRequest {
    api::CreateTimelineEntryRequest { parent: parent.to_owned(), timeline_entry: Some(entry), ..Default::default() }
}

on_every_database! {
    async fn what_was_wrong_is_corrected_by_what_follows(bench) {
        let mut incidents = client(&bench);
        let one = created(&mut incidents, "one", Incident::default()).await.name;
        let two = created(&mut incidents, "two", Incident::default()).await.name;
        let mut timeline = TimelineEntryServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let said = |text: &str, corrects: &str| TimelineEntry {
            kind: Kind::Observation.into(), text: text.to_owned(), corrects: corrects.to_owned(), ..Default::default()
        };
        let first = timeline.create_timeline_entry(note(&one, said("400 cells are down", ""))).await.unwrap().into_inner();
        assert_eq!((first.author.as_str(), first.incident.as_str()), ("ana", one.as_str()));
        assert!(first.occurrence_time.is_some(), "what says no time happened when it was written");
        let second = timeline.create_timeline_entry(note(&one, said("40 cells are down", &first.name))).await.unwrap().into_inner();
        let refused = timeline.create_timeline_entry(note(&two, said("4 cells", &first.name))).await.unwrap_err();
        assert_eq!(field(&refused), "timeline_entry.corrects");
        let request = api::ListTimelineEntriesRequest { parent: one.clone(), order_by: "occurrence_time".to_owned(), ..Default::default() };
        let listed = timeline.list_timeline_entries(request).await.unwrap().into_inner().timeline_entries;
        assert_eq!(listed, [first, second]);
    }

    async fn an_entry_says_something_that_has_happened_and_moves_are_not_anybodys_to_write(bench) {
        let mut incidents = client(&bench);
        let one = created(&mut incidents, "one", Incident::default()).await.name;
        let mut timeline = TimelineEntryServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let entry = TimelineEntry { kind: Kind::Note.into(), text: "so".to_owned(), ..Default::default() };
        for (entry, at) in [
            (TimelineEntry { text: " ".to_owned(), ..entry.clone() }, "timeline_entry.text"),
            (TimelineEntry { occurrence_time: time("2999-01-01T00:00:00Z"), ..entry.clone() }, "timeline_entry.occurrence_time"),
            (TimelineEntry { kind: Kind::Move.into(), ..entry.clone() }, "timeline_entry.kind"),
            (TimelineEntry { kind: 0, ..entry.clone() }, "timeline_entry.kind"),
        ] {
            let refused = timeline.create_timeline_entry(note(&one, entry)).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), at.to_owned()));
        }
        let nowhere = timeline.create_timeline_entry(note("organizations/acme/incidents/none", entry)).await.unwrap_err();
        assert_eq!(reason(&nowhere), "REFERENCE_MISSING");
    }
}

#[test]
fn no_method_of_a_timeline_changes_or_removes_an_entry() {
    let service = wire::pool().get_service_by_name("telwarden.incidents.v1.TimelineEntryService").unwrap();
    let methods: Vec<String> = service.methods().map(|method| method.name().to_owned()).collect();
    assert_eq!(methods, ["CreateTimelineEntry", "GetTimelineEntry", "ListTimelineEntries"]);
    // Nor does another service of the suite take or give one to write.
    let others = wire::pool().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let writing: Vec<String> = others
        .filter(|method| method.output().full_name() == "telwarden.incidents.v1.TimelineEntry")
        .map(|method| method.name().to_owned())
        .collect();
    assert_eq!(writing, ["CreateTimelineEntry", "GetTimelineEntry"]);
}
