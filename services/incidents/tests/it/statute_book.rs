//! Statute books as their callers see them, and the outages that their thresholds measure.

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::{Known, ServiceImpact};
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::statute_book_service_client::StatuteBookServiceClient;
use wire::incidents::v1::{Incident, StatuteBook, statute_book};

use crate::incident::{PARENT, client, created, time};
use crate::obligation::{breach, by, of};
use crate::on_every_database;

fn books(bench: &Bench) -> StatuteBookServiceClient<Client> {
    StatuteBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

async fn create(bench: &Bench, id: &str, book: StatuteBook) -> Result<StatuteBook, tonic::Status> {
    let book = StatuteBook { display_name: "Ours".to_owned(), ..book };
    let request = api::CreateStatuteBookRequest {
        parent: PARENT.to_owned(),
        statute_book_id: id.to_owned(),
        statute_book: Some(book),
    };
    books(bench).create_statute_book(request).await.map(tonic::Response::into_inner)
}

async fn enacted(bench: &Bench, id: &str, book: StatuteBook) -> StatuteBook {
    let name = create(bench, id, book).await.unwrap().name;
    books(bench)
        .enact_statute_book(api::EnactStatuteBookRequest { name, ..Default::default() })
        .await
        .unwrap()
        .into_inner()
}

/// A regime of the organization's own, whose clock may stand still and be extended once.
const OWN: &str = "
edition: ours-1
facts: {cells_down: number}
calendars: [{id: here, zone: Europe/Rome, weekend: [saturday, sunday]}]
regimes:
  - id: board
    title: What the board wants to know
    jurisdiction: ours
    provenance: a decision of the board
    calendar: here
    applies_if: \"true\"
    trigger: cells_down > 100
    stages:
      - id: note
        title: Note to the board
        recipient: the board
        starts: [{from: aware}]
        term: {period: 3 working days, pause: true, extension: {most: 5 working days, times: 1}}
        fields: [{key: cells, title: Cells that are down, path: incident.cells}]
";

on_every_database! {
    async fn what_is_wrong_with_a_book_is_told_all_at_once(bench) {
        let text = OWN.replace("Europe/Rome", "Europe/Atlantis").replace("cells_down > 100", "cells_up > 100").replace("3 working days", "3 fortnights");
        let refused = create(&bench, "bad", StatuteBook { book: text, ..Default::default() }).await.unwrap_err();
        assert!(field(&refused).starts_with("statute_book.book."), "{refused:?}");
        assert!(format!("{refused:?}").contains("fortnights"), "{refused:?}");
        let text = OWN.replace("Europe/Rome", "Europe/Atlantis").replace("cells_down > 100", "cells_up > 100");
        let refused = create(&bench, "bad", StatuteBook { book: text, ..Default::default() }).await.unwrap_err();
        for wrong in ["Europe/Atlantis", "cells_up"] {
            assert!(format!("{refused:?}").contains(wrong), "{wrong}: {refused:?}");
        }
    }

    async fn one_book_is_in_force_and_its_clock_pauses_and_extends_as_it_says(bench) {
        let first = enacted(&bench, "first", StatuteBook { book: OWN.to_owned(), jurisdictions: vec!["EU".to_owned()], ..Default::default() }).await;
        assert_eq!((first.state(), first.edition.as_str()), (statute_book::State::InForce, "ours-1"));
        let refused = books(&bench).update_statute_book(api::UpdateStatuteBookRequest { statute_book: Some(StatuteBook { display_name: "Other".to_owned(), ..first.clone() }), ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
        let mut facts = breach().facts.unwrap();
        facts.own.insert("cells_down".to_owned(), "400".to_owned());
        let incident = created(&mut client(&bench), "big", Incident { facts: Some(facts), ..breach() }).await.name;
        let standing = of(&bench, &incident).await;
        // From Sunday, 1 March: Monday, Tuesday and Wednesday, whole, in Rome.
        let note = &standing["board.note"];
        assert_eq!((note.state(), note.due_time), (State::Pending, time("2026-03-04T23:00:00Z")));
        assert!(standing.contains_key("eu-611-2013.initial"), "what ships holds beside");
        let extend = |by: &str| api::ExtendObligationRequest { name: note.name.clone(), reason: "much to count".to_owned(), by: by.to_owned(), ..Default::default() };
        let late = by(&bench, "ana", "administrator").extend_obligation(extend("2 working days")).await.unwrap_err();
        assert_eq!(reason(&late), "CLOCK_FORBIDS", "its end is long past");

        let second = enacted(&bench, "second", StatuteBook::default()).await;
        let request = api::GetStatuteBookRequest { name: first.name.clone() };
        let before = books(&bench).get_statute_book(request).await.unwrap().into_inner();
        assert_eq!(before.state(), statute_book::State::Withdrawn);
        assert!(before.state_reason.contains(&second.name));
        let described = books(&bench).describe_regimes(api::DescribeRegimesRequest { parent: PARENT.to_owned() }).await.unwrap().into_inner();
        assert!(described.regimes.iter().all(|one| one.regime != "board") && described.regimes.iter().any(|one| one.regime == "eu-nis2-23"));
    }

    async fn outages_are_measured_against_the_ladder(bench) {
        let users = [("mobile_telephony".to_owned(), 1_000_000), ("fixed_telephony".to_owned(), 1_000_000)].into();
        enacted(&bench, "ours", StatuteBook { national_users: users, ..Default::default() }).await;
        let mut incidents = client(&bench);
        for (id, until, users, crossed) in [
            ("a", "2026-03-01T12:30:00Z", 120_000, Known::Yes),
            ("b", "2026-03-01T12:00:00Z", 120_000, Known::No),
            ("c", "2026-03-01T19:00:00Z", 12_000, Known::Yes),
        ] {
            let hit = ServiceImpact {
                kind: "mobile_telephony".to_owned(), begin_time: time("2026-03-01T10:00:00Z"), end_time: time(until), users_affected: users, ..Default::default()
            };
            let name = created(&mut incidents, id, Incident { detect_time: time("2026-03-01T10:05:00Z"), services: vec![hit], ..Default::default() }).await.name;
            let measured = incidents.measure_outages(api::MeasureOutagesRequest { name }).await.unwrap().into_inner();
            let ladder = measured.crossings.iter().find(|one| one.threshold == "outage-ladder").unwrap();
            assert_eq!(ladder.crossed(), crossed, "{id}: {ladder:?}");
            assert!(!ladder.why.is_empty() && !measured.outages[0].why.is_empty());
        }
        let hit = ServiceImpact {
            kind: "messaging".to_owned(), begin_time: time("2026-03-01T10:00:00Z"), end_time: time("2026-03-01T14:30:00Z"), users_affected: 300_000, ..Default::default()
        };
        let name = created(&mut incidents, "d", Incident { detect_time: time("2026-03-01T10:05:00Z"), services: vec![hit], ..Default::default() }).await.name;
        let measured = incidents.measure_outages(api::MeasureOutagesRequest { name }).await.unwrap().into_inner();
        assert_eq!(measured.outages[0].user_hours, 1_350_000.0);
        let of = |id: &str| measured.crossings.iter().find(|one| one.threshold == id).unwrap().crossed();
        assert_eq!((of("enisa-user-hours"), of("outage-ladder")), (Known::Yes, Known::Unspecified), "no national users are known");
    }

    async fn a_threshold_that_is_not_known_leaves_undecided_only_what_asks_for_it(bench) {
        let regime = |id: &str, trigger: &str| format!(
            "  - {{id: {id}, title: {id}, jurisdiction: ours, provenance: ours, calendar: here, applies_if: \"true\", trigger: \"{trigger}\", stages: [{{id: note, title: Note, recipient: the board, starts: [{{from: detected}}], term: {{period: 24 hours}}}}]}}\n"
        );
        let book = [
            "edition: ours-2\ncalendars: [{id: here, zone: UTC, weekend: [saturday, sunday]}]\nthresholds:\n",
            "  - {id: half-hour, title: Half an hour, provenance: ours, any: [{at_least: 30 minutes}]}\n",
            "  - {id: a-day, title: A day, provenance: ours, any: [{at_least: 24 hours}]}\n",
            "  - {id: calls, title: Emergency calls, provenance: ours, any: [{emergency_calls: true}]}\nregimes:\n",
            &regime("crossed", "'half-hour' in thresholds"), &regime("below", "'a-day' in thresholds"), &regime("open", "'calls' in thresholds"),
        ].concat();
        enacted(&bench, "ours", StatuteBook { book, ..Default::default() }).await;
        // An outage of three quarters of an hour, of which nobody said whether emergency calls failed.
        let hit = ServiceImpact {
            kind: "voice".to_owned(), begin_time: time("2026-03-01T10:00:00Z"), end_time: time("2026-03-01T10:45:00Z"), users_affected: 100, ..Default::default()
        };
        let facts = api::incident::Facts { severe_disruption: Known::Yes.into(), ..Default::default() };
        let outage = Incident { detect_time: time("2026-03-01T10:05:00Z"), services: vec![hit], facts: Some(facts), ..Default::default() };
        let incident = created(&mut client(&bench), "out", outage).await.name;
        let standing = of(&bench, &incident).await;
        assert_eq!((standing["crossed.note"].state(), standing["crossed.note"].due_time), (State::Pending, time("2026-03-02T10:05:00Z")));
        assert!(standing.keys().all(|id| !id.starts_with("below")), "{standing:?}");
        let open = &standing["open.all.undecided"];
        assert_eq!((open.state(), open.missing_facts.as_slice()), (State::Undecided, &["thresholds".to_owned()][..]));
    }
}
