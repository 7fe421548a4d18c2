//! Cases as their callers see them: promoted, attached, dismissed, merged, each once.

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::Incident;
use wire::incidents::v1::case::State;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::timeline_entry_service_client::TimelineEntryServiceClient;

use crate::incident::{self, created};
use crate::on_every_database;
use crate::signal::{alarm, cases, listed, taken};

fn client(bench: &Bench) -> CaseServiceClient<Client> {
    CaseServiceClient::new(bench.client("ana", &["acme"], &["incident-handler"]))
}

fn promote(name: &str) -> api::PromoteCaseRequest {
    api::PromoteCaseRequest { name: name.to_owned(), incident_id: "out".to_owned(), ..Default::default() }
}

fn dismiss(name: &str) -> api::DismissCaseRequest {
    api::DismissCaseRequest {
        name: name.to_owned(),
        reason: "a test of the generator".to_owned(),
        ..Default::default()
    }
}

on_every_database! {
    async fn a_case_becomes_an_incident_with_what_is_known_of_it(bench) {
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0), alarm("2", "mast-7", "link_down", 4)]).await;
        let case = cases(&bench, "").await.remove(0);
        let made = client(&bench).promote_case(promote(&case.name)).await.unwrap().into_inner();
        assert_eq!((made.state(), made.signal_count), (api::incident::State::Reported, 2));
        assert_eq!((made.occurrence_time, made.detect_time), (case.first_signal_time, case.create_time));
        assert_eq!(made.display_name, "power_lost at mast-7");
        let after = cases(&bench, "").await.remove(0);
        assert_eq!((after.state(), after.incident.as_str()), (State::Promoted, "organizations/acme/incidents/out"));
        let mut timeline = TimelineEntryServiceClient::new(bench.client("ana", &["acme"], &["incident-handler"]));
        let request = api::ListTimelineEntriesRequest { parent: made.name.clone(), ..Default::default() };
        let entries = timeline.list_timeline_entries(request).await.unwrap().into_inner().timeline_entries;
        assert!(entries.iter().any(|entry| entry.text.contains(&case.name)), "the timeline says where it comes from: {entries:?}");
        // What belongs to it and comes later goes on belonging to it.
        taken(&bench, &[alarm("3", "mast-7", "link_down", 30)]).await;
        let later = cases(&bench, "").await;
        assert_eq!((later.len(), later[0].signal_count), (1, 3));
        assert_eq!(reason(&client(&bench).dismiss_case(dismiss(&case.name)).await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn a_case_belongs_to_an_incident_that_is_open(bench) {
        let incident = created(&mut incident::client(&bench), "one", Incident::default()).await;
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0)]).await;
        let case = cases(&bench, "").await.remove(0);
        let attach = |incident: &str| api::AttachCaseRequest { name: case.name.clone(), incident: incident.to_owned(), ..Default::default() };
        let missing = client(&bench).attach_case(attach("organizations/acme/incidents/none")).await.unwrap_err();
        assert_eq!(reason(&missing), "RESOURCE_NOT_FOUND");
        assert_eq!(field(&client(&bench).attach_case(attach("organizations/other/incidents/one")).await.unwrap_err()), "incident");
        let attached = client(&bench).attach_case(attach(&incident.name)).await.unwrap().into_inner();
        assert_eq!((attached.state(), attached.incident.as_str()), (State::Attached, incident.name.as_str()));
        let get = api::GetIncidentRequest { name: incident.name.clone() };
        assert_eq!(incident::client(&bench).get_incident(get).await.unwrap().into_inner().signal_count, 1);
    }

    async fn what_is_raised_after_a_dismissal_is_another_case(bench) {
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0)]).await;
        let case = cases(&bench, "").await.remove(0);
        let nameless = api::DismissCaseRequest { name: case.name.clone(), ..Default::default() };
        assert_eq!(field(&client(&bench).dismiss_case(nameless).await.unwrap_err()), "reason");
        let gone = client(&bench).dismiss_case(dismiss(&case.name)).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.state_reason.as_str()), (State::Dismissed, "a test of the generator"));
        taken(&bench, &[alarm("2", "mast-7", "power_lost", 5)]).await;
        let open = cases(&bench, "state = OPEN").await;
        assert_eq!((open.len(), open[0].signal_count), (1, 1));
        assert_ne!(open[0].name, case.name);
    }

    async fn a_case_that_is_merged_brings_its_signals_and_what_comes_later(bench) {
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0), alarm("2", "mast-9", "link_down", 3)]).await;
        let known = listed(&bench, "").await;
        let (whole, part) = (known[0].case.clone(), known[1].case.clone());
        let merge = |into: &str| api::MergeCaseRequest { name: part.clone(), into: into.to_owned(), reason: "one mast".to_owned(), ..Default::default() };
        assert_eq!(field(&client(&bench).merge_case(merge(&part)).await.unwrap_err()), "into");
        assert_eq!(reason(&client(&bench).merge_case(merge("organizations/acme/cases/99")).await.unwrap_err()), "RESOURCE_NOT_FOUND");
        let merged = client(&bench).merge_case(merge(&whole)).await.unwrap().into_inner();
        assert_eq!((merged.name.as_str(), merged.signal_count, merged.raised_count), (whole.as_str(), 2, 2));
        assert!(listed(&bench, "").await.iter().all(|signal| signal.case == whole));
        taken(&bench, &[alarm("3", "mast-9", "link_down", 20)]).await;
        let found = cases(&bench, "state = OPEN").await;
        assert_eq!((found.len(), found[0].name.as_str(), found[0].signal_count), (1, whole.as_str(), 3));
        let part = cases(&bench, "state = MERGED").await;
        assert_eq!((part[0].merged_into.as_str(), part[0].state_reason.as_str()), (whole.as_str(), "one mast"));
    }
}
