//! The clocks of the law, through the API: the vectors, what moves them, and the timer.

use std::sync::Arc;
use std::time::Duration;

use access::ManualClock;
use testkit::{Bench, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::Known;
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::{Incident, Obligation};

use super::{approved, breach, by, drafted, of, sent, told, written};
use crate::incident::{Incidents, client, created, time};
use crate::{on_every_database, registry_at};

pub(super) async fn said(client: &mut Incidents, incident: Incident, paths: &[&str]) -> Incident {
    let update_mask = Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = api::UpdateIncidentRequest { incident: Some(incident), update_mask };
    client.update_incident(request).await.unwrap().into_inner()
}

fn due(one: &Obligation) -> String {
    one.due_time.map(|at| at.to_string()).unwrap_or_default()
}

on_every_database! {
    async fn the_clocks_are_those_of_the_vectors_and_later_stages_run_from_what_was_sent(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        let standing = of(&bench, &incident).await;
        for (id, end) in [
            ("eu-611-2013.initial", "2026-03-02T10:00:00Z"),
            ("eu-gdpr-33.authority", "2026-03-04T10:00:00Z"),
            ("eu-nis2-23.early-warning", "2026-03-02T10:00:00Z"),
            ("eu-nis2-23.notification", "2026-03-04T10:00:00Z"),
        ] {
            assert_eq!((due(&standing[id]), standing[id].start_time), (end.to_owned(), time("2026-03-01T10:00:00Z")), "{id}");
        }
        // What runs from another stage waits for it.
        assert_eq!((due(&standing["eu-nis2-23.final-report"]), due(&standing["eu-611-2013.second"])), (String::new(), String::new()));
        assert!(!standing["eu-nis2-23.notification"].provisional.is_empty(), "what is recalled says so");
        told(&bench, &standing["eu-nis2-23.notification"].name, "2026-03-04T09:00:00Z").await;
        told(&bench, &standing["eu-611-2013.initial"].name, "2026-03-02T08:00:00Z").await;
        let standing = of(&bench, &incident).await;
        assert_eq!(due(&standing["eu-nis2-23.final-report"]), "2026-04-04T09:00:00Z");
        // Three days by Regulation 1182/71, from Monday the 2nd: to the end of Thursday.
        assert_eq!(due(&standing["eu-611-2013.second"]), "2026-03-06T00:00:00Z");
        assert_eq!(standing["eu-611-2013.second"].strict_due_time, time("2026-03-05T08:00:00Z"));
    }

    async fn a_corrected_detection_moves_the_ends_and_keeps_those_that_held(bench) {
        let mut incidents = client(&bench);
        let incident = created(&mut incidents, "breach", breach()).await.name;
        let request = api::CorrectIncidentTimesRequest {
            name: incident.clone(), reason: "the probe's log".to_owned(), detect_time: time("2026-03-01T08:00:00Z"), ..Default::default()
        };
        incidents.correct_incident_times(request).await.unwrap();
        let moved = &of(&bench, &incident).await["eu-611-2013.initial"];
        assert_eq!(due(moved), "2026-03-02T08:00:00Z");
        let [former] = &moved.former_ends[..] else { panic!("{moved:?}") };
        assert_eq!(former.due_time, time("2026-03-02T10:00:00Z"));
        assert!(!former.reason.is_empty());
    }

    async fn what_hangs_on_facts_is_told_with_them_and_ends_or_starts_when_they_are_known(bench) {
        let mut incidents = client(&bench);
        let facts = api::incident::Facts { severe_disruption: Known::Unspecified.into(), severe_financial_loss: Known::No.into(), damage_to_others: Known::No.into(), ..breach().facts.unwrap() };
        let incident = created(&mut incidents, "breach", Incident { facts: Some(facts.clone()), ..breach() }).await;
        let standing = of(&bench, &incident.name).await;
        let open = &standing["eu-nis2-23.all.undecided"];
        assert_eq!((open.state(), open.missing_facts.as_slice(), open.open), (State::Undecided, &["severe_disruption".to_owned()][..], true));
        assert_eq!(due(open), "2026-03-02T10:00:00Z", "the time left to find out");
        assert!(!standing.contains_key("eu-nis2-23.early-warning"));
        let known = |so: Known| Incident {
            name: incident.name.clone(), facts: Some(api::incident::Facts { severe_disruption: so.into(), ..facts.clone() }), ..Default::default()
        };
        said(&mut incidents, known(Known::Yes), &["facts"]).await;
        let standing = of(&bench, &incident.name).await;
        assert_eq!(standing["eu-nis2-23.all.undecided"].state(), State::Decided);
        assert_eq!(standing["eu-nis2-23.early-warning"].state(), State::Pending);
        said(&mut incidents, known(Known::No), &["facts"]).await;
        let ended = &of(&bench, &incident.name).await["eu-nis2-23.early-warning"];
        assert_eq!((ended.state(), ended.due_time, ended.former_ends.len()), (State::NotRequired, None, 1));
        said(&mut incidents, known(Known::Yes), &["facts"]).await;
        let again = &of(&bench, &incident.name).await["eu-nis2-23.early-warning"];
        assert_eq!((again.state(), due(again).as_str()), (State::Pending, "2026-03-02T10:00:00Z"));
    }

    async fn what_is_sent_while_its_clock_is_corrected_stays_sent(bench) {
        for round in 0..8 {
            let mut incidents = client(&bench);
            let incident = created(&mut incidents, &format!("breach-{round}"), breach()).await.name;
            let name = format!("{incident}/obligations/eu-611-2013.initial");
            written(&bench, &drafted(&bench, &name).await).await;
            approved(&bench, &name).await.unwrap();
            let correct = api::CorrectIncidentTimesRequest {
                name: incident.clone(), reason: "the probe's log".to_owned(), detect_time: time("2026-03-01T08:00:00Z"), ..Default::default()
            };
            let (corrected, sent) = tokio::join!(incidents.correct_incident_times(correct), sent(&bench, &name, "2026-03-02T07:00:00Z", ""));
            corrected.unwrap();
            sent.unwrap();
            let stands = &of(&bench, &incident).await["eu-611-2013.initial"];
            assert_eq!((stands.state(), stands.sent_time, stands.version), (State::Sent, time("2026-03-02T07:00:00Z"), 1));
        }
    }

    async fn what_was_declined_undecided_does_not_come_back(bench) {
        let mut incidents = client(&bench);
        let facts = api::incident::Facts { severe_disruption: Known::Unspecified.into(), severe_financial_loss: Known::No.into(), damage_to_others: Known::No.into(), ..breach().facts.unwrap() };
        let incident = created(&mut incidents, "breach", Incident { facts: Some(facts), ..breach() }).await;
        let name = format!("{}/obligations/eu-nis2-23.all.undecided", incident.name);
        let decline = api::DeclineNotificationRequest { name, reason: "a lawyer looked at it".to_owned(), ..Default::default() };
        by(&bench, "pia", "approver").decline_notification(decline).await.unwrap();
        said(&mut incidents, Incident { name: incident.name.clone(), description: "more".to_owned(), ..Default::default() }, &["description"]).await;
        let stays = &of(&bench, &incident.name).await["eu-nis2-23.all.undecided"];
        assert_eq!((stays.state(), stays.open, stays.signer.as_str()), (State::Declined, false, "pia"));
    }

    async fn hours_are_neither_paused_nor_extended(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        let name = format!("{incident}/obligations/eu-gdpr-33.authority");
        let pause = api::PauseObligationRequest { name: name.clone(), reason: "asked back".to_owned(), ..Default::default() };
        let refused = by(&bench, "ana", "administrator").pause_obligation(pause).await.unwrap_err();
        assert_eq!(reason(&refused), "CLOCK_FORBIDS");
        let extend = api::ExtendObligationRequest { name, reason: "much".to_owned(), by: "2 fortnights".to_owned(), ..Default::default() };
        let refused = by(&bench, "ana", "administrator").extend_obligation(extend).await.unwrap_err();
        assert_eq!((reason(&refused), testkit::field(&refused)), ("FIELD_INVALID".to_owned(), "by".to_owned()));
    }
}

async fn overdue(bench: &Bench, incident: &str) -> Vec<String> {
    of(bench, incident).await.into_iter().filter(|(_, one)| one.overdue).map(|(id, _)| id).collect()
}

/// How often the timer wrote an obligation.
pub(super) async fn announced(bench: &Bench, name: &str) -> i64 {
    let mut sql = bench.database.sql("SELECT COUNT(*) FROM ledger WHERE resource = ");
    sql.bind(name).push(" AND method = 'deadline/overdue-obligation'");
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_obligation_is_overdue_once_whatever_replicas_there_are() {
    const HOUR: i64 = 3_600_000_000;
    for postgres in testkit::backends() {
        // 1 March 2026, 11:00.
        let now = store::micros(time("2026-03-01T11:00:00Z").as_ref());
        let clock = Arc::new(ManualClock::at(now));
        let bench = registry_at(clock.clone(), postgres.as_deref()).await;
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        told(&bench, &format!("{incident}/obligations/eu-nis2-23.early-warning"), "2026-03-01T11:00:00Z").await;
        assert!(overdue(&bench, &incident).await.is_empty());
        // The first replica's clock stands still, as if it were gone; two others start past the first end, at once.
        let later: Arc<dyn access::Clock> = Arc::new(ManualClock::at(now + 24 * HOUR));
        let start = || ::incidents::service(&bench.database, Arc::clone(&later));
        let (one, two) = tokio::join!(start(), start());
        one.unwrap();
        two.unwrap();
        let waiting = async {
            while overdue(&bench, &incident).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is overdue within 20 s");
        assert_eq!(
            overdue(&bench, &incident).await,
            ["eu-611-2013.initial"],
            "what was told is not, what is due later neither"
        );
        clock.advance(24 * HOUR);
        let name = format!("{incident}/obligations/eu-611-2013.initial");
        // A restart finds nothing left to announce.
        ::incidents::service(&bench.database, Arc::clone(&later)).await.unwrap();
        assert_eq!(announced(&bench, &name).await, 1);
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}
