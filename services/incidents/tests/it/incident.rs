//! Incidents as their callers see them: their life, their level, their times, their users.

mod life;

use std::collections::BTreeMap;

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{Domain, Level, ServiceImpact, State};
use wire::incidents::v1::incident_service_client::IncidentServiceClient;

use crate::on_every_database;

pub(crate) const PARENT: &str = "organizations/acme";

pub(crate) type Incidents = IncidentServiceClient<Client>;

pub(crate) fn client(bench: &Bench) -> Incidents {
    IncidentServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

pub(crate) fn time(text: &str) -> Option<prost_types::Timestamp> {
    Some(text.parse().unwrap())
}

pub(crate) async fn created(client: &mut Incidents, id: &str, incident: Incident) -> Incident {
    let incident = Incident { display_name: format!("Incident {id}"), ..incident };
    let request =
        api::CreateIncidentRequest { parent: PARENT.to_owned(), incident_id: id.to_owned(), incident: Some(incident) };
    client.create_incident(request).await.unwrap().into_inner()
}

pub(crate) fn answers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(question, answer)| ((*question).to_owned(), (*answer).to_owned())).collect()
}

/// The answers that lead to a security incident in programs and data.
pub(crate) const SECURITY: [(&str, &str); 6] =
    [("real", "yes"), ("harmful", "yes"), ("security", "yes"), ("severe", "no"), ("presence", "no"), ("conduct", "no")];

pub(crate) async fn classified(client: &mut Incidents, name: &str, pairs: &[(&str, &str)]) -> Incident {
    let request = api::ClassifyIncidentRequest { name: name.to_owned(), answers: answers(pairs), ..Default::default() };
    client.classify_incident(request).await.unwrap().into_inner()
}

on_every_database! {
    async fn an_incident_is_reported_now_and_found_by_what_it_hits(bench) {
        let mut client = client(&bench);
        let asset = "organizations/acme/assets/mast-7".to_owned();
        let made = created(&mut client, "one", Incident { assets: vec![asset.clone()], ..Default::default() }).await;
        assert_eq!((made.state(), made.open), (State::Reported, true));
        assert!(made.detect_time.is_some(), "what says no time is detected when it is written");
        let filter = |filter: &str| api::ListIncidentsRequest {
            parent: PARENT.to_owned(), filter: filter.to_owned(), ..Default::default()
        };
        let found = client.list_incidents(filter(&format!("open=true AND assets:\"{asset}\""))).await.unwrap().into_inner();
        assert_eq!(found.incidents, [made]);
        let other = client.list_incidents(filter("assets:\"organizations/acme/assets/mast-8\"")).await.unwrap();
        assert!(other.into_inner().incidents.is_empty());
    }

    async fn what_happened_comes_in_the_order_in_which_it_must(bench) {
        let mut client = client(&bench);
        let (early, late) = (time("2026-03-01T10:00:00Z"), time("2026-03-01T11:00:00Z"));
        let foreign = vec!["organizations/other/assets/mast-7".to_owned()];
        for (incident, at) in [
            (Incident { detect_time: time("2999-01-01T00:00:00Z"), ..Default::default() }, "incident.detect_time"),
            (Incident { occurrence_time: late, detect_time: early, ..Default::default() }, "incident.occurrence_time"),
            (Incident { detect_time: late, aware_time: early, ..Default::default() }, "incident.aware_time"),
            (Incident { assets: foreign, ..Default::default() }, "incident.assets[0]"),
            (Incident { services: vec![ServiceImpact { kind: "voice".to_owned(), begin_time: late, end_time: early, ..Default::default() }], ..Default::default() }, "incident.services[0].end_time"),
            (Incident { services: vec![ServiceImpact { kind: "voice".to_owned(), begin_time: time("2999-01-01T00:00:00Z"), ..Default::default() }], ..Default::default() }, "incident.services[0].begin_time"),
        ] {
            let request = api::CreateIncidentRequest {
                parent: PARENT.to_owned(),
                incident_id: String::new(),
                incident: Some(Incident { display_name: "Late".to_owned(), ..incident }),
            };
            let refused = client.create_incident(request).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), at.to_owned()));
        }
    }

    async fn its_level_follows_from_answers_and_the_first_one_stays(bench) {
        let mut client = client(&bench);
        let name = created(&mut client, "one", Incident::default()).await.name;
        let ask = |pairs: &[(&str, &str)]| api::ClassifyIncidentRequest { name: name.clone(), answers: answers(pairs), ..Default::default() };
        // What is not answered yet is asked by its id.
        let refused = client.classify_incident(ask(&[("real", "yes")])).await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("CLASSIFICATION_INCOMPLETE".to_owned(), "answers.harmful".to_owned()));
        for (pairs, at) in [(&[("real", "perhaps")][..], "answers.real"), (&[("weather", "yes")], "answers.weather")] {
            let refused = client.classify_incident(ask(pairs)).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), ("CLASSIFICATION_INCOMPLETE".to_owned(), at.to_owned()));
        }
        let secure = classified(&mut client, &name, &SECURITY).await;
        assert_eq!((secure.level(), secure.original_level(), secure.domain()), (Level::SecurityIncident, Level::SecurityIncident, Domain::Logical));
        assert_eq!(secure.answers.len(), 6);
        // One answer changes; the others stand.
        let crisis = classified(&mut client, &name, &[("severe", "yes"), ("short", "yes")]).await;
        assert_eq!((crisis.level(), crisis.original_level()), (Level::Crisis, Level::SecurityIncident));
        assert_eq!((crisis.level_changes.len(), crisis.level_changes[0].by.as_str()), (1, "ana"));
        let down = |level: Level, reason: &str| api::ChangeIncidentLevelRequest {
            name: name.clone(), reason: reason.to_owned(), level: level.into(), ..Default::default()
        };
        let refused = client.change_incident_level(down(Level::Event, "it was nothing")).await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("LEVEL_FORBIDS".to_owned(), "level".to_owned()));
        let refused = client.change_incident_level(down(Level::SecurityIncident, "")).await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), "reason".to_owned()));
        let stepped = client.change_incident_level(down(Level::SecurityIncident, "contained")).await.unwrap().into_inner();
        assert_eq!((stepped.level(), stepped.original_level(), stepped.level_changes.len()), (Level::SecurityIncident, Level::SecurityIncident, 2));
        assert_eq!(stepped.level_changes[1].reason, "contained");
    }

    async fn users_of_one_population_overlap_and_those_of_several_add_up(bench) {
        let mut client = client(&bench);
        let hit = |kind: &str, population: &str, users_affected: i64| ServiceImpact {
            kind: kind.to_owned(),
            population: population.to_owned(),
            begin_time: time("2026-03-01T10:00:00Z"),
            end_time: time("2026-03-01T12:00:00Z"),
            users_affected,
            ..Default::default()
        };
        let services = vec![
            hit("mobile_internet", "north", 4_000),
            hit("mobile_internet", "north", 2_500),
            hit("mobile_internet", "south", 1_000),
            hit("voice", "", 4_500),
        ];
        let incident = Incident { detect_time: time("2026-03-01T10:05:00Z"), services, ..Default::default() };
        // 4 000 of the north and 1 000 of the south; whoever has both services is one user.
        assert_eq!(created(&mut client, "one", incident).await.users_affected, 5_000);
    }

    async fn the_questions_are_there_to_be_asked(bench) {
        let mut client = client(&bench);
        let request = api::DescribeClassificationRequest { parent: PARENT.to_owned() };
        let described = client.describe_classification(request).await.unwrap().into_inner();
        let asked = |of: &str| described.questions.iter().filter(|one| one.decides == of).count();
        assert_eq!((asked("level"), asked("domain")), (5, 2));
        assert!(!described.provisional.is_empty(), "what is uncertain says so");
    }
}
