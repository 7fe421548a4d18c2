//! Evidence items as their callers see them: what was collected stays, hands are told one after the other, and what does not fit shows.

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::evidence_item::State;
use wire::incidents::v1::evidence_item_service_client::EvidenceItemServiceClient;
use wire::incidents::v1::{EvidenceItem, Incident};

use crate::incident::{client, created, time};
use crate::on_every_database;

fn items(bench: &Bench, role: &str) -> EvidenceItemServiceClient<Client> {
    EvidenceItemServiceClient::new(bench.client("ana", &["acme"], &[role]))
}

async fn collected(bench: &Bench) -> EvidenceItem {
    let incident = created(&mut client(bench), "one", Incident::default()).await.name;
    let item = EvidenceItem {
        display_name: "Image of the probe's disk".to_owned(),
        kind: "disk-image".to_owned(),
        collector: "ana".to_owned(),
        collected_digest: "a1".repeat(32),
        collect_time: time("2026-03-01T10:00:00Z"),
        location: "safe 2".to_owned(),
        ..Default::default()
    };
    let request = api::CreateEvidenceItemRequest { parent: incident, evidence_item: Some(item), ..Default::default() };
    items(bench, "incident-handler").create_evidence_item(request).await.unwrap().into_inner()
}

fn handed(name: &str, from: &str, to: &str, at: &str) -> api::TransferEvidenceItemRequest {
    api::TransferEvidenceItemRequest {
        name: name.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: "for analysis".to_owned(),
        occurrence_time: time(at),
        ..Default::default()
    }
}

async fn verified(bench: &Bench, name: &str) -> api::VerifyEvidenceItemResponse {
    let request = api::VerifyEvidenceItemRequest { name: name.to_owned() };
    items(bench, "auditor").verify_evidence_item(request).await.unwrap().into_inner()
}

on_every_database! {
    async fn a_chain_from_hand_to_hand_holds_to_its_end(bench) {
        let made = collected(&bench).await;
        assert_eq!((made.state(), made.holder.as_str(), made.custody.len()), (State::Held, "ana", 1));
        let mut items = items(&bench, "incident-handler");
        let at_lab = items.transfer_evidence_item(handed(&made.name, "ana", "lab", "2026-03-01T12:00:00Z")).await.unwrap().into_inner();
        assert_eq!((at_lab.holder.as_str(), at_lab.custody[1].location.as_str()), ("lab", "safe 2"));
        let look = api::ExamineEvidenceItemRequest {
            name: made.name.clone(), reason: "a copy was made".to_owned(), seen_digest: "a1".repeat(32), ..Default::default()
        };
        items.examine_evidence_item(look).await.unwrap();
        let release = api::ReleaseEvidenceItemRequest {
            name: made.name.clone(), from: "lab".to_owned(), reason: "handed to the court".to_owned(), ..Default::default()
        };
        let gone = items.release_evidence_item(release).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.broken, gone.custody.len()), (State::Released, false, 4));
        assert_eq!(verified(&bench, &made.name).await, api::VerifyEvidenceItemResponse { holds: true, entries: 4, ..Default::default() });
        let late = items.transfer_evidence_item(handed(&made.name, "court", "lab", "2026-03-09T12:00:00Z")).await.unwrap_err();
        assert_eq!(reason(&late), "STATE_FORBIDS");
    }

    async fn what_does_not_fit_is_written_and_breaks_the_chain(bench) {
        let made = collected(&bench).await;
        let mut items = items(&bench, "incident-handler");
        let by_another = items.transfer_evidence_item(handed(&made.name, "ben", "lab", "2026-03-01T12:00:00Z")).await.unwrap().into_inner();
        assert_eq!(by_another.breaks, ["entry 2: ben gave it, and ana held it"]);
        let look = api::ExamineEvidenceItemRequest {
            name: made.name.clone(), reason: "a look".to_owned(), seen_digest: "b2".repeat(32), occurrence_time: time("2026-03-01T11:00:00Z"), ..Default::default()
        };
        let changed = items.examine_evidence_item(look).await.unwrap().into_inner();
        assert!(changed.broken && changed.breaks.len() == 3, "{:?}", changed.breaks);
        assert!(changed.breaks[1].contains("before the entry") && changed.breaks[2].contains(&"b2".repeat(32)), "{:?}", changed.breaks);
        assert!(!verified(&bench, &made.name).await.holds);
        let request = api::ListEvidenceItemsRequest { parent: format!("{}/incidents/-", crate::incident::PARENT), filter: "broken = true".to_owned(), ..Default::default() };
        assert_eq!(items.list_evidence_items(request).await.unwrap().into_inner().evidence_items.len(), 1);
    }

    async fn what_was_collected_is_not_changed_and_nothing_is_deleted(bench) {
        let made = collected(&bench).await;
        let mut items = items(&bench, "administrator");
        for (path, changed) in [
            ("collected_digest", EvidenceItem { collected_digest: "c3".repeat(32), ..made.clone() }),
            ("collector", EvidenceItem { collector: "eve".to_owned(), ..made.clone() }),
            ("collect_time", EvidenceItem { collect_time: time("2026-02-01T10:00:00Z"), ..made.clone() }),
        ] {
            let update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
            let request = api::UpdateEvidenceItemRequest { evidence_item: Some(changed), update_mask };
            assert_eq!(reason(&items.update_evidence_item(request).await.unwrap_err()), "FIELD_IMMUTABLE", "{path}");
        }
        let methods = wire::pool().get_service_by_name("telwarden.incidents.v1.EvidenceItemService").unwrap();
        assert!(methods.methods().all(|method| !method.name().starts_with("Delete")));
        let future = items.transfer_evidence_item(handed(&made.name, "ana", "lab", "2126-03-01T12:00:00Z")).await.unwrap_err();
        assert_eq!(field(&future), "occurrence_time");
        let mut viewer = EvidenceItemServiceClient::new(bench.client("vera", &["acme"], &["viewer"]));
        let hidden = viewer.get_evidence_item(api::GetEvidenceItemRequest { name: made.name }).await.unwrap_err();
        assert_eq!(reason(&hidden), "PERMISSION_MISSING");
    }
}
