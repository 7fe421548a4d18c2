//! What obliges later: an outage that goes on, another book, a part that was known earlier, a further version, a time to find out that is over.

use std::sync::Arc;
use std::time::Duration;

use access::ManualClock;
use testkit::{Bench, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::{Facts, Known, ServiceImpact};
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::statute_book_service_client::StatuteBookServiceClient;
use wire::incidents::v1::{Incident, Obligation, StatuteBook};

use super::clocks::{announced, said};
use super::{approved, breach, by, drafted, of, sent, told, written};
use crate::incident::{PARENT, client, created, time};
use crate::{on_every_database, registry_at};

pub(super) async fn enacted(bench: &Bench, book: StatuteBook) -> StatuteBook {
    let mut books = StatuteBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
    let book = StatuteBook { display_name: "What we are".to_owned(), ..book };
    let request =
        api::CreateStatuteBookRequest { parent: PARENT.to_owned(), statute_book: Some(book), ..Default::default() };
    let name = books.create_statute_book(request).await.unwrap().into_inner().name;
    books.enact_statute_book(api::EnactStatuteBookRequest { name, ..Default::default() }).await.unwrap().into_inner()
}

on_every_database! {
    async fn a_book_that_is_put_in_force_obliges_of_what_is_open_and_ends_with_it(bench) {
        let facts = Facts { operator_kinds: Vec::new(), jurisdictions: Vec::new(), ..breach().facts.unwrap() };
        let incident = created(&mut client(&bench), "breach", Incident { facts: Some(facts), ..breach() }).await.name;
        assert!(of(&bench, &incident).await.values().all(|one| !one.open), "nobody said what the organization is to the law");
        let book = enacted(&bench, StatuteBook {
            operator_kinds: vec!["public_electronic_communications_provider".to_owned()], jurisdictions: vec!["EU".to_owned()], ..Default::default()
        }).await;
        let standing = of(&bench, &incident).await;
        assert_eq!((standing["eu-611-2013.initial"].state(), standing["eu-611-2013.initial"].due_time), (State::Pending, time("2026-03-02T10:00:00Z")));
        let mut books = StatuteBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        books.withdraw_statute_book(api::WithdrawStatuteBookRequest { name: book.name, reason: "another comes".to_owned(), ..Default::default() }).await.unwrap();
        assert_eq!(of(&bench, &incident).await["eu-611-2013.initial"].state(), State::NotRequired);
    }

    async fn what_was_known_of_a_part_was_known_of_the_whole(bench) {
        let mut incidents = client(&bench);
        let earlier = Incident { detect_time: time("2026-03-01T08:00:00Z"), ..breach() };
        let part = created(&mut incidents, "part", earlier).await.name;
        let whole = created(&mut incidents, "whole", breach()).await.name;
        let merge = api::MergeIncidentRequest { name: part.clone(), into: whole.clone(), reason: "one breach".to_owned(), ..Default::default() };
        incidents.merge_incident(merge).await.unwrap();
        let merged = incidents.get_incident(api::GetIncidentRequest { name: whole.clone() }).await.unwrap().into_inner();
        assert_eq!((merged.detect_time, merged.aware_time), (time("2026-03-01T08:00:00Z"), None));
        let [corrected] = &merged.time_corrections[..] else { panic!("{merged:?}") };
        assert!(corrected.field == "detect_time" && corrected.reason.contains(&part), "{corrected:?}");
        let first = &of(&bench, &whole).await["eu-611-2013.initial"];
        assert_eq!((first.due_time, first.former_ends.len()), (time("2026-03-02T08:00:00Z"), 1));
    }

    async fn the_earliest_awareness_counts_of_a_part_and_of_the_whole(bench) {
        let mut incidents = client(&bench);
        let said = |at: &str| if at == "-" { None } else { time(at) };
        let known = |[begun, detected, aware]: [&str; 3]| Incident {
            occurrence_time: said(begun), detect_time: said(detected), aware_time: said(aware), ..breach()
        };
        // Begun, detected, aware: of the part, of the whole, and of both as one; without an awareness it is the detection.
        for (at, part, whole, both) in [
            // The part was detected first, but the whole was known of first.
            (0, ["-", "2026-03-01T08:00:00Z", "2026-03-01T12:00:00Z"], ["-", "2026-03-01T10:00:00Z", "-"], ["-", "2026-03-01T08:00:00Z", "2026-03-01T10:00:00Z"]),
            // The part was known of before anybody knew of the whole, which was detected first.
            (1, ["-", "2026-03-01T09:00:00Z", "-"], ["-", "2026-03-01T08:00:00Z", "2026-03-01T11:00:00Z"], ["-", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"]),
            // The part was known of later in every way.
            (2, ["-", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"], ["-", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"], ["-", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"]),
            // When the part began, the whole had been detected: nobody knows when that began.
            (3, ["2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", "-"], ["-", "2026-03-01T08:00:00Z", "-"], ["-", "2026-03-01T08:00:00Z", "-"]),
            // The whole began before the part was detected.
            (4, ["-", "2026-03-01T08:00:00Z", "-"], ["2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z", "-"], ["2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z", "-"]),
        ] {
            let part = created(&mut incidents, &format!("part-{at}"), known(part)).await.name;
            let whole = created(&mut incidents, &format!("whole-{at}"), known(whole)).await.name;
            let merge = api::MergeIncidentRequest { name: part.clone(), into: whole.clone(), reason: "one breach".to_owned(), ..Default::default() };
            incidents.merge_incident(merge).await.unwrap();
            let merged = incidents.get_incident(api::GetIncidentRequest { name: whole.clone() }).await.unwrap().into_inner();
            let told = |at: Option<prost_types::Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
            assert_eq!([merged.occurrence_time, merged.detect_time, merged.aware_time].map(told), both, "{at}");
            // 24 hours from the detection (611/2013), 72 from the awareness (GDPR 33).
            let standing = of(&bench, &whole).await;
            const HOUR: i64 = 60 * MINUTE;
            let end = |from: &str, hours: i64| store::micros(time(from).as_ref()) + hours * HOUR;
            let due = |id: &str| store::micros(standing[id].due_time.as_ref());
            let [_, detected, aware] = both;
            let aware = if aware == "-" { detected } else { aware };
            assert_eq!((due("eu-611-2013.initial"), due("eu-gdpr-33.authority")), (end(detected, 24), end(aware, 72)), "{at}");
        }
    }

    async fn a_further_version_leaves_what_was_told_before(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        let name = format!("{incident}/obligations/eu-gdpr-33.authority");
        let first = told(&bench, &name, "2026-03-03T09:00:00Z").await;
        let receipt = api::AcknowledgeNotificationRequest { name: name.clone(), receipt: "AP-7".to_owned(), ..Default::default() };
        by(&bench, "dora", "incident-handler").acknowledge_notification(receipt).await.unwrap();
        let further = told(&bench, &name, "2026-03-05T09:00:00Z").await;
        assert_eq!((further.version, further.receipt.as_str()), (2, ""));
        let [former] = &further.former_notifications[..] else { panic!("{further:?}") };
        assert_eq!((former.version, former.receipt.as_str(), former.sent_time), (1, "AP-7", first.sent_time));
        assert_eq!((&former.document, &former.document_digest), (&first.document, &first.document_digest));
        assert_eq!(further.sent_time, first.sent_time, "the first time counts for the clock");
    }

    async fn nothing_of_what_was_told_is_left_out_and_there_is_no_version_that_would_not_fit(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        let name = format!("{incident}/obligations/eu-gdpr-33.authority");
        let mut long = drafted(&bench, &name).await;
        long.contents = long.asked.iter().map(|asked| (asked.key.clone(), "x".repeat(16_384))).collect();
        written(&bench, &long).await;
        let mut documents = Vec::new();
        let refused = loop {
            approved(&bench, &name).await.unwrap();
            let at = format!("2026-03-02T09:{:02}:00Z", documents.len());
            let told = sent(&bench, &name, &at, "").await.unwrap();
            assert_eq!(told.former_notifications.iter().map(|one| one.document.clone()).collect::<Vec<_>>(), documents);
            documents.push(told.document);
            let further = api::DraftNotificationRequest { name: name.clone(), ..Default::default() };
            if let Err(refused) = by(&bench, "dora", "incident-handler").draft_notification(further).await {
                break refused;
            }
        };
        let bytes: usize = documents.iter().map(String::len).sum();
        assert!(documents.len() > 2 && bytes > 2 << 20 && bytes - documents[0].len() <= 2 << 20, "{} of {bytes}", documents.len());
        assert_eq!((reason(&refused), field(&refused)), ("NOTIFICATIONS_TOO_MANY".to_owned(), "former_notifications".to_owned()));
        assert!(refused.message().contains(&bytes.to_string()), "{}", refused.message());
        let stays = of(&bench, &incident).await.remove("eu-gdpr-33.authority").unwrap();
        assert_eq!((stays.state(), stays.version as usize, stays.former_notifications.len()), (State::Sent, documents.len(), documents.len() - 1));
    }

    async fn whoever_wrote_any_of_a_text_does_not_approve_it(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await.name;
        let name = format!("{incident}/obligations/eu-611-2013.initial");
        // Drafted by the one, completed by the other: neither approves.
        let request = api::DraftNotificationRequest { name: name.clone(), ..Default::default() };
        by(&bench, "paul", "privacy-officer").draft_notification(request).await.unwrap();
        written(&bench, &drafted(&bench, &name).await).await;
        let approve = api::ApproveNotificationRequest { name: name.clone(), ..Default::default() };
        let own = by(&bench, "paul", "privacy-officer").approve_notification(approve).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        let given = approved(&bench, &name).await.unwrap();
        assert_eq!(given.drafters, ["paul", "dora"]);
        // Who has approved it and then writes of it is one of them.
        let mut changed = Obligation { etag: String::new(), ..given };
        changed.contents.insert("measures".to_owned(), "all passwords are new".to_owned());
        let update_mask = Some(prost_types::FieldMask { paths: vec!["contents".to_owned()] });
        let request = api::UpdateObligationRequest { obligation: Some(changed), update_mask };
        by(&bench, "pia", "administrator").update_obligation(request).await.unwrap();
        assert_eq!(reason(&approved(&bench, &name).await.unwrap_err()), "DUTIES_NOT_SEGREGATED");
        let approve = api::ApproveNotificationRequest { name: name.clone(), ..Default::default() };
        by(&bench, "ada", "approver").approve_notification(approve).await.unwrap();
        let told = sent(&bench, &name, "2026-03-02T08:00:00Z", "").await.unwrap();
        let document: serde_json::Value = serde_json::from_str(&told.document).unwrap();
        assert_eq!((&document["drafters"], &document["approver"]), (&serde_json::json!(["paul", "dora", "pia"]), &serde_json::json!("ada")));
        // What was told was approved: who drafts it further answers for that alone.
        assert_eq!(drafted(&bench, &name).await.drafters, ["dora"]);
    }
}

pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what} within 20 s");
}

pub(super) const MINUTE: i64 = 60_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_goes_on_obliges_when_it_crosses_the_ladder() {
    for postgres in testkit::backends() {
        let begin = "2026-03-01T10:00:00Z";
        let clock = Arc::new(ManualClock::at(store::micros(time(begin).as_ref()) + 10 * MINUTE));
        let bench = registry_at(clock.clone(), postgres.as_deref()).await;
        // Twenty of a hundred users: more than 15 %, which counts from an hour on (domain of the ladder: 15 % and 1 hour).
        let national_users = [("mobile_telephony".to_owned(), 1_000_000)].into();
        let kinds = vec!["public_electronic_communications_provider".to_owned()];
        enacted(
            &bench,
            StatuteBook {
                national_users,
                operator_kinds: kinds,
                jurisdictions: vec!["IT".to_owned()],
                ..Default::default()
            },
        )
        .await;
        let hit = ServiceImpact {
            kind: "mobile_telephony".to_owned(),
            begin_time: time(begin),
            users_affected: 200_000,
            ..Default::default()
        };
        let facts =
            Facts { severe_disruption: Known::Yes.into(), emergency_calls: Known::No.into(), ..Default::default() };
        let outage =
            Incident { detect_time: time(begin), services: vec![hit], facts: Some(facts), ..Default::default() };
        let incident = created(&mut client(&bench), "outage", outage).await.name;
        let pending = async || {
            let standing = of(&bench, &incident).await;
            standing.iter().any(|(id, one)| id.starts_with("it-2019") && one.state() == State::Pending)
        };
        assert!(!pending().await, "ten minutes are not an hour");
        clock.advance(51 * MINUTE);
        until("it obliges by itself", pending).await;
        let draft = drafted(&bench, &format!("{incident}/obligations/it-2019-01-21.initial")).await;
        let said = |key: &str| draft.contents.get(key).map(String::as_str).unwrap_or_default();
        assert_eq!(said("service"), "mobile_telephony");
        assert_eq!(said("duration"), "mobile_telephony: 1 h 1 min so far");
        assert_eq!(said("users_percent"), "mobile_telephony: 20.0 %");
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_to_find_out_is_over_once() {
    for postgres in testkit::backends() {
        let clock = Arc::new(ManualClock::at(store::micros(time("2026-03-01T11:00:00Z").as_ref())));
        let bench = registry_at(clock.clone(), postgres.as_deref()).await;
        let facts = Facts {
            severe_disruption: Known::Unspecified.into(),
            severe_financial_loss: Known::No.into(),
            damage_to_others: Known::No.into(),
            ..breach().facts.unwrap()
        };
        let of_it = Incident { facts: Some(facts.clone()), ..breach() };
        let incident = created(&mut client(&bench), "breach", of_it).await.name;
        let undecided = async || of(&bench, &incident).await.remove("eu-nis2-23.all.undecided").unwrap();
        let before: Obligation = undecided().await;
        assert_eq!(
            (before.state(), before.overdue, before.due_time),
            (State::Undecided, false, time("2026-03-02T10:00:00Z"))
        );
        clock.advance(24 * 60 * MINUTE);
        until("it is overdue", async || undecided().await.overdue).await;
        assert_eq!((undecided().await.state(), undecided().await.open), (State::Undecided, true));
        // Neither a restart nor what else is said of the incident announces it again.
        ::incidents::service(&bench.database, clock.clone()).await.unwrap();
        let more = Incident { name: incident.clone(), description: "more".to_owned(), ..Default::default() };
        said(&mut client(&bench), more, &["description"]).await;
        assert!(undecided().await.overdue);
        assert_eq!(announced(&bench, &before.name).await, 1);
        // What it comes to is as late as it was: each is announced for itself.
        let facts = Facts { severe_disruption: Known::Yes.into(), ..facts };
        let found_out = Incident { name: incident.clone(), facts: Some(facts), ..Default::default() };
        said(&mut client(&bench), found_out, &["facts"]).await;
        assert_eq!((undecided().await.state(), undecided().await.overdue), (State::Decided, false));
        let warning = async || of(&bench, &incident).await.remove("eu-nis2-23.early-warning").unwrap();
        until("the early warning is overdue", async || warning().await.overdue).await;
        assert_eq!((warning().await.state(), warning().await.due_time), (State::Pending, before.due_time));
        assert_eq!((announced(&bench, &before.name).await, announced(&bench, &warning().await.name).await), (1, 1));
        testkit::ledger_holds(&bench, &::incidents::tables()).await;
    }
}
