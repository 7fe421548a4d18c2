//! Obligations as their callers see them: they follow from what is known, and what is told is drafted, approved, sent.

mod clocks;
mod later;
mod watch;

use std::collections::BTreeMap;

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::incident::{Facts, Known, PersonalRisk};
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::obligation_service_client::ObligationServiceClient;
use wire::incidents::v1::{Incident, Obligation};

use crate::incident::{PARENT, client, created, time};
use crate::on_every_database;

pub(crate) fn by(bench: &Bench, who: &str, role: &str) -> ObligationServiceClient<Client> {
    ObligationServiceClient::new(bench.client(who, &["acme"], &[role]))
}

/// A breach of subscriber data that disrupts services severely, detected on 1 March 2026 at 10:00.
pub(crate) fn breach() -> Incident {
    Incident {
        detect_time: time("2026-03-01T10:00:00Z"),
        occurrence_time: time("2026-02-28T22:00:00Z"),
        personal_data_breach: Known::Yes.into(),
        facts: Some(Facts {
            severe_disruption: Known::Yes.into(),
            personal_risk: PersonalRisk::Risk.into(),
            operator_kinds: vec!["public_electronic_communications_provider".to_owned()],
            jurisdictions: vec!["EU".to_owned()],
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The obligations of an incident, by id.
pub(crate) async fn of(bench: &Bench, incident: &str) -> BTreeMap<String, Obligation> {
    let request = api::ListObligationsRequest { parent: incident.to_owned(), page_size: 100, ..Default::default() };
    let listed = by(bench, "ana", "administrator").list_obligations(request).await.unwrap().into_inner().obligations;
    listed.into_iter().map(|one| (one.name.rsplit('/').next().unwrap().to_owned(), one)).collect()
}

pub(crate) async fn drafted(bench: &Bench, name: &str) -> Obligation {
    let request = api::DraftNotificationRequest { name: name.to_owned(), ..Default::default() };
    by(bench, "dora", "incident-handler").draft_notification(request).await.unwrap().into_inner()
}

pub(crate) async fn written(bench: &Bench, draft: &Obligation) -> Obligation {
    // Without an etag: the timer flags what is overdue meanwhile.
    let mut obligation = Obligation { etag: String::new(), ..draft.clone() };
    for asked in &draft.asked {
        obligation.contents.entry(asked.key.clone()).or_insert_with(|| format!("{} as told", asked.title));
    }
    let update_mask = Some(prost_types::FieldMask { paths: vec!["contents".to_owned()] });
    let request = api::UpdateObligationRequest { obligation: Some(obligation), update_mask };
    by(bench, "dora", "incident-handler").update_obligation(request).await.unwrap().into_inner()
}

pub(crate) async fn approved(bench: &Bench, name: &str) -> Result<Obligation, tonic::Status> {
    let request = api::ApproveNotificationRequest { name: name.to_owned(), ..Default::default() };
    by(bench, "pia", "approver").approve_notification(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn sent(bench: &Bench, name: &str, at: &str, late_reason: &str) -> Result<Obligation, tonic::Status> {
    let request = api::SendNotificationRequest {
        name: name.to_owned(),
        channel: "portal of the authority".to_owned(),
        sent_time: time(at),
        late_reason: late_reason.to_owned(),
        ..Default::default()
    };
    by(bench, "dora", "incident-handler").send_notification(request).await.map(tonic::Response::into_inner)
}

/// Drafts, writes, approves and sends it.
pub(crate) async fn told(bench: &Bench, name: &str, at: &str) -> Obligation {
    let draft = drafted(bench, name).await;
    written(bench, &draft).await;
    approved(bench, name).await.unwrap();
    sent(bench, name, at, "").await.unwrap()
}

on_every_database! {
    async fn one_breach_obliges_under_three_regimes_and_nothing_is_approved_that_lacks_a_field(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await;
        let standing = of(&bench, &incident.name).await;
        let pending: Vec<&str> =
            standing.iter().filter(|(_, one)| one.state() == State::Pending).map(|(id, _)| id.as_str()).collect();
        for id in ["eu-611-2013.initial", "eu-gdpr-33.authority", "eu-nis2-23.early-warning", "eu-nis2-23.notification"] {
            assert!(pending.contains(&id), "{id}: {pending:?}");
            let name = &standing[id].name;
            let draft = drafted(&bench, name).await;
            assert_eq!(draft.state(), State::Drafted);
            assert!(!draft.asked.is_empty());
            // What the incident has is filled in; what it lacks is named, and blocks.
            let missing: Vec<&str> = draft.asked.iter().filter(|one| one.required && one.missing).map(|one| one.key.as_str()).collect();
            assert!(!missing.is_empty(), "{id}");
            let refused = approved(&bench, name).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), ("NOTIFICATION_INCOMPLETE".to_owned(), format!("contents.{}", missing[0])));
            for key in missing {
                assert!(refused.message().contains(key), "{key}: {}", refused.message());
            }
            let whole = written(&bench, &draft).await;
            assert!(whole.asked.iter().all(|one| !one.missing));
            assert_eq!(approved(&bench, name).await.unwrap().state(), State::Approved);
        }
        let initial = &of(&bench, &incident.name).await["eu-611-2013.initial"];
        assert_eq!(initial.contents["detection_time"], "2026-03-01T10:00:00Z");
        assert_eq!(initial.contents["incident_time"], "2026-02-28T22:00:00Z");
        assert_eq!(initial.contents["notification_kind"], "first");
    }

    async fn who_drafts_does_not_approve_and_what_was_approved_is_what_is_sent(bench) {
        let incident = created(&mut client(&bench), "breach", breach()).await;
        let name = format!("{}/obligations/eu-611-2013.initial", incident.name);
        written(&bench, &drafted(&bench, &name).await).await;
        let request = api::ApproveNotificationRequest { name: name.clone(), ..Default::default() };
        let own = by(&bench, "dora", "privacy-officer").approve_notification(request).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        let approval = approved(&bench, &name).await.unwrap();
        // What is changed after the approval is approved again.
        let mut changed = Obligation { etag: String::new(), ..approval.clone() };
        changed.contents.insert("measures".to_owned(), "none, after all".to_owned());
        let update_mask = Some(prost_types::FieldMask { paths: vec!["contents".to_owned()] });
        let request = api::UpdateObligationRequest { obligation: Some(changed.clone()), update_mask: update_mask.clone() };
        let again = by(&bench, "dora", "incident-handler").update_obligation(request).await.unwrap().into_inner();
        assert_eq!(again.state(), State::Drafted);
        assert!(again.approval.as_ref().unwrap().void_time.is_some());
        assert_eq!(reason(&sent(&bench, &name, "2026-03-02T09:00:00Z", "").await.unwrap_err()), "STATE_FORBIDS");
        changed.contents.insert("weather".to_owned(), "rain".to_owned());
        let request = api::UpdateObligationRequest { obligation: Some(changed), update_mask };
        let refused = by(&bench, "dora", "incident-handler").update_obligation(request).await.unwrap_err();
        assert_eq!(field(&refused), "obligation.contents.weather");
        approved(&bench, &name).await.unwrap();
        // A day late, it says why.
        let refused = sent(&bench, &name, "2026-03-03T10:00:00Z", "").await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("LATE_REASON_MISSING".to_owned(), "late_reason".to_owned()));
        let refused = sent(&bench, &name, "2999-01-01T00:00:00Z", "").await.unwrap_err();
        assert_eq!((reason(&refused), field(&refused)), ("FIELD_INVALID".to_owned(), "sent_time".to_owned()));
        let done = sent(&bench, &name, "2026-03-03T10:00:00Z", "the portal was down").await.unwrap();
        assert_eq!((done.state(), done.version, done.open), (State::Sent, 1, false));
        let document: serde_json::Value = serde_json::from_str(&done.document).unwrap();
        assert_eq!(document["contents"]["measures"], "none, after all");
        assert_eq!((document["approver"].as_str(), document["lateReason"].as_str()), (Some("pia"), Some("the portal was down")));
        assert_eq!(done.document_digest.len(), 64);
        let request = api::AcknowledgeNotificationRequest { name: name.clone(), receipt: "AZ 17/26".to_owned(), ..Default::default() };
        let heard = by(&bench, "dora", "incident-handler").acknowledge_notification(request).await.unwrap().into_inner();
        assert_eq!((heard.state(), heard.receipt.as_str()), (State::Acknowledged, "AZ 17/26"));
        // A further version may follow; later stages run from the first all the same.
        let further = drafted(&bench, &name).await;
        assert_eq!((further.state(), further.contents["notification_kind"].as_str()), (State::Drafted, "further"));
        approved(&bench, &name).await.unwrap();
        let second = sent(&bench, &name, "2026-03-04T10:00:00Z", "").await.unwrap();
        assert_eq!((second.version, second.sent_time), (2, time("2026-03-03T10:00:00Z")));
    }

    async fn that_nothing_is_told_is_signed_and_stays(bench) {
        let mut incidents = client(&bench);
        let incident = created(&mut incidents, "breach", breach()).await;
        let name = format!("{}/obligations/eu-gdpr-33.authority", incident.name);
        let decline = |reason: &str| api::DeclineNotificationRequest { name: name.clone(), reason: reason.to_owned(), ..Default::default() };
        let refused = by(&bench, "pia", "approver").decline_notification(decline("")).await.unwrap_err();
        assert_eq!(field(&refused), "reason");
        let handler = by(&bench, "dora", "incident-handler").decline_notification(decline("no risk")).await.unwrap_err();
        assert_eq!(reason(&handler), "PERMISSION_MISSING");
        let signed = by(&bench, "pia", "approver").decline_notification(decline("no risk")).await.unwrap().into_inner();
        assert_eq!((signed.state(), signed.signer.as_str(), signed.state_reason.as_str()), (State::Declined, "pia", "no risk"));
        // It stays when facts change, and when there are none any more.
        let request = api::DismissIncidentRequest { name: incident.name.clone(), reason: "a drill".to_owned(), ..Default::default() };
        incidents.dismiss_incident(request).await.unwrap();
        let standing = of(&bench, &incident.name).await;
        assert_eq!(standing["eu-gdpr-33.authority"].state(), State::Declined);
        let ended = &standing["eu-611-2013.initial"];
        assert_eq!((ended.state(), ended.due_time, ended.open), (State::NotRequired, None, false));
        assert!(ended.state_reason.contains("DISMISSED"));
        assert_eq!(ended.former_ends.last().unwrap().due_time, time("2026-03-02T10:00:00Z"), "the end that held stays");
    }

    async fn every_obligation_of_an_organization_is_one_list_the_nearest_first(bench) {
        let mut incidents = client(&bench);
        created(&mut incidents, "one", breach()).await;
        created(&mut incidents, "two", Incident { detect_time: time("2026-02-01T10:00:00Z"), occurrence_time: None, ..breach() }).await;
        let list = |parent: &str| api::ListObligationsRequest {
            parent: parent.to_owned(), filter: "open=true AND state=PENDING".to_owned(), order_by: "due_time".to_owned(), page_size: 100, ..Default::default()
        };
        let mut client = by(&bench, "aud", "auditor");
        let all = client.list_obligations(list(PARENT)).await.unwrap().into_inner().obligations;
        let of_every_incident = client.list_obligations(list(&format!("{PARENT}/incidents/-"))).await.unwrap().into_inner().obligations;
        // Names, since the timer flags what is overdue meanwhile.
        let names = |listed: &[Obligation]| -> Vec<String> { listed.iter().map(|one| one.name.clone()).collect() };
        assert_eq!(names(&of_every_incident), names(&all));
        let due: Vec<i64> = all.iter().map(|one| store::micros(one.due_time.as_ref())).collect();
        assert!(due.is_sorted() && all.iter().any(|one| one.incident.ends_with("/one")) && all.iter().any(|one| one.incident.ends_with("/two")));
        // What is due at once has no end; who hears of a severe disruption of its service is told without undue delay (NIS2 23(1)).
        let at_once = api::ListObligationsRequest {
            filter: "open = true AND start_time:* AND NOT due_time:*".to_owned(), order_by: "start_time".to_owned(), ..list(PARENT)
        };
        let at_once = client.list_obligations(at_once).await.unwrap().into_inner().obligations;
        assert_eq!(names(&at_once), ["two", "one"].map(|id| format!("{PARENT}/incidents/{id}/obligations/eu-nis2-23.recipients")));
        let viewer = by(&bench, "vera", "viewer").list_obligations(list(PARENT)).await.unwrap_err();
        assert_eq!(reason(&viewer), "PERMISSION_MISSING");
    }
}
