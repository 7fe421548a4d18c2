//! Disclosure requests: four eyes, no more than was demanded, nothing of whom they are about, and not for every viewer.

use testkit::{Bench, reason};
use wire::assets::v1::disclosure_request::State;
use wire::assets::v1::disclosure_request_service_client::DisclosureRequestServiceClient;
use wire::assets::v1::{
    CreateDisclosureRequestRequest, DisclosureRequest, FulfilDisclosureRequestRequest, GetDisclosureRequestRequest,
    ListDisclosureRequestsRequest, RefuseDisclosureRequestRequest, UpdateDisclosureRequestRequest,
    VerifyDisclosureRequestRequest,
};
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{ListChangesRequest, WatchChangesRequest};

use crate::{on_every_database, rated};

type Client = DisclosureRequestServiceClient<testkit::Client>;

fn client(bench: &Bench, who: &str, role: &str) -> Client {
    DisclosureRequestServiceClient::new(bench.client(who, &["acme"], &[role]))
}

fn demand() -> DisclosureRequest {
    DisclosureRequest {
        authority: "District Court of Ostmarch".to_owned(),
        legal_basis: "Communications Act, section 100 g; order of 2026-02-01".to_owned(),
        reference: "OM-2026-00417".to_owned(),
        scope: "Mobile voice, from 2026-01-01 to 2026-02-01".to_owned(),
        data_kinds: vec!["traffic".to_owned(), "location".to_owned()],
        ..Default::default()
    }
}

async fn create(client: &mut Client, request: DisclosureRequest) -> Result<DisclosureRequest, tonic::Status> {
    let parent = "organizations/acme".to_owned();
    let request = CreateDisclosureRequestRequest { parent, disclosure_request: Some(request), ..Default::default() };
    client.create_disclosure_request(request).await.map(tonic::Response::into_inner)
}

fn verify(name: &str) -> VerifyDisclosureRequestRequest {
    let verify_note = "Called the court back; order seen.".to_owned();
    VerifyDisclosureRequestRequest { name: name.to_owned(), verify_note, ..Default::default() }
}

fn fulfil(name: &str, kinds: &[&str]) -> FulfilDisclosureRequestRequest {
    FulfilDisclosureRequestRequest {
        name: name.to_owned(),
        disclosed_kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
        fulfil_note: "Handed over on the court's portal, receipt 7.".to_owned(),
        ..Default::default()
    }
}

fn refuse(name: &str, reason: &str) -> RefuseDisclosureRequestRequest {
    RefuseDisclosureRequestRequest { name: name.to_owned(), reason: reason.to_owned(), ..Default::default() }
}

/// Waits until the ledger shows so many changes to one who sees all of them.
async fn numbered(bench: &Bench, count: usize) {
    let mut feed = ChangeServiceClient::new(bench.client("root", &["acme"], &["administrator"]));
    let watch = WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    let mut stream = feed.watch_changes(watch).await.unwrap().into_inner();
    let mut seen = 0;
    while seen < count {
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), stream.message());
        seen += next.await.expect("a change comes").unwrap().unwrap().changes.len();
    }
}

on_every_database! {
    async fn one_verifies_and_another_fulfils_no_more_than_was_demanded(bench) {
        let (mut ana, mut bo) = (client(&bench, "ana", "privacy-officer"), client(&bench, "bo", "privacy-officer"));
        let made = create(&mut ana, demand()).await.unwrap();
        assert!(made.state() == State::Received && made.receive_time.is_some(), "{made:?}");
        let early = bo.fulfil_disclosure_request(fulfil(&made.name, &["traffic"])).await.unwrap_err();
        assert_eq!(reason(&early), "STATE_FORBIDS");
        let verified = ana.verify_disclosure_request(verify(&made.name)).await.unwrap().into_inner();
        assert_eq!((verified.state(), verified.verifier.as_str()), (State::Verified, "ana"));
        let own = ana.fulfil_disclosure_request(fulfil(&made.name, &["traffic"])).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
        assert!(own.message().contains("ana verified this request"), "{own:?}");
        let more = bo.fulfil_disclosure_request(fulfil(&made.name, &["traffic", "content"])).await.unwrap_err();
        assert_eq!(reason(&more), "DISCLOSURE_EXCEEDS_REQUEST");
        let done = bo.fulfil_disclosure_request(fulfil(&made.name, &["traffic"])).await.unwrap().into_inner();
        assert_eq!((done.state(), done.fulfiller.as_str(), done.disclosed_kinds), (State::Fulfilled, "bo", vec!["traffic".to_owned()]));
        assert_eq!(reason(&bo.refuse_disclosure_request(refuse(&made.name, "late")).await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn who_verified_stays_out_even_as_administrator(bench) {
        let (mut ana, mut root) = (client(&bench, "ana", "privacy-officer"), client(&bench, "ana", "administrator"));
        let name = create(&mut ana, demand()).await.unwrap().name;
        ana.verify_disclosure_request(verify(&name)).await.unwrap();
        let own = root.fulfil_disclosure_request(fulfil(&name, &["traffic"])).await.unwrap_err();
        assert_eq!(reason(&own), "DUTIES_NOT_SEGREGATED");
    }

    async fn what_was_verified_is_what_is_fulfilled(bench) {
        let mut ana = client(&bench, "ana", "privacy-officer");
        let name = create(&mut ana, demand()).await.unwrap().name;
        let wider = |kinds: &[&str]| {
            let data_kinds = kinds.iter().map(|&kind| kind.to_owned()).collect();
            let request = DisclosureRequest { name: name.clone(), data_kinds, ..Default::default() };
            UpdateDisclosureRequestRequest { disclosure_request: Some(request), update_mask: None }
        };
        let changed = ana.update_disclosure_request(wider(&["traffic"])).await.unwrap().into_inner();
        assert_eq!(changed.data_kinds, ["traffic"]);
        ana.verify_disclosure_request(verify(&name)).await.unwrap();
        assert_eq!(reason(&ana.update_disclosure_request(wider(&["traffic", "content"])).await.unwrap_err()), "STATE_FORBIDS");
        let refused = ana.refuse_disclosure_request(refuse(&name, "The order was lifted.")).await.unwrap().into_inner();
        assert_eq!((refused.state(), refused.refuse_reason.as_str(), refused.refuser.as_str()), (State::Refused, "The order was lifted.", "ana"));
        assert_eq!(refused.verifier, "ana");
    }

    async fn it_says_nothing_of_whom_it_is_about(bench) {
        let mut ana = client(&bench, "ana", "privacy-officer");
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        for (wrong, expected) in [
            (DisclosureRequest { scope: "calls of +999 555 0100 12".to_owned(), ..demand() }, "SUBJECT_DATA_REFUSED"),
            (DisclosureRequest { scope: "mail of someone@mail.example".to_owned(), ..demand() }, "SUBJECT_DATA_REFUSED"),
            (DisclosureRequest { data_kinds: vec!["gossip".to_owned()], ..demand() }, "DATA_KIND_UNKNOWN"),
            (DisclosureRequest { data_kinds: Vec::new(), ..demand() }, "FIELD_INVALID"),
            (DisclosureRequest { legal_basis: String::new(), ..demand() }, "FIELD_INVALID"),
            (DisclosureRequest { receive_time: at(20), due_time: at(10), ..demand() }, "FIELD_INVALID"),
        ] {
            let refused = create(&mut ana, wrong).await.unwrap_err();
            assert_eq!(reason(&refused), expected);
            assert!(!refused.message().contains("0100") && !refused.message().contains("someone"), "{refused:?}");
        }
        let name = create(&mut ana, demand()).await.unwrap().name;
        let noted = VerifyDisclosureRequestRequest { verify_note: "IMSI 001010123456789 checked".to_owned(), ..verify(&name) };
        assert_eq!(reason(&ana.verify_disclosure_request(noted).await.unwrap_err()), "SUBJECT_DATA_REFUSED");
    }

    async fn a_viewer_sees_it_neither_by_itself_nor_in_the_feed(bench) {
        let mut ana = client(&bench, "ana", "privacy-officer");
        let made = create(&mut ana, demand()).await.unwrap();
        rated(&bench, "a", (1, 1, 1)).await;
        numbered(&bench, 2).await;
        let list = ListDisclosureRequestsRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
        let all = ListChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
        let history = ListChangesRequest { resource: made.name.clone(), ..all.clone() };
        for role in ["viewer", "asset-manager", "incident-handler", "integrator", "approver", "risk-manager", "control-owner"] {
            let mut small = client(&bench, "vic", role);
            let got = small.get_disclosure_request(GetDisclosureRequestRequest { name: made.name.clone() }).await.unwrap_err();
            assert_eq!(reason(&got), "PERMISSION_MISSING", "{role}");
            assert_eq!(reason(&small.list_disclosure_requests(list.clone()).await.unwrap_err()), "PERMISSION_MISSING", "{role}");
            let mut feed = ChangeServiceClient::new(bench.client("vic", &["acme"], &[role]));
            let seen = feed.list_changes(all.clone()).await.unwrap().into_inner().changes;
            assert_eq!(seen.iter().map(|change| change.resource.as_str()).collect::<Vec<_>>(), ["organizations/acme/assets/a"], "{role}");
            assert!(feed.list_changes(history.clone()).await.unwrap().into_inner().changes.is_empty(), "{role}");
            let watch = WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
            let mut stream = feed.watch_changes(watch).await.unwrap().into_inner();
            let first = stream.message().await.unwrap().unwrap();
            let watched: Vec<&str> = first.changes.iter().map(|change| change.resource.as_str()).collect();
            assert_eq!(watched, ["organizations/acme/assets/a"], "{role}");
        }
        for role in ["auditor", "privacy-officer", "administrator"] {
            let mut may = client(&bench, "pia", role);
            assert_eq!(may.list_disclosure_requests(list.clone()).await.unwrap().into_inner().disclosure_requests, std::slice::from_ref(&made), "{role}");
            let mut feed = ChangeServiceClient::new(bench.client("pia", &["acme"], &[role]));
            assert_eq!(feed.list_changes(history.clone()).await.unwrap().into_inner().changes.len(), 1, "{role}");
        }
        let mut auditor = client(&bench, "aud", "auditor");
        assert_eq!(reason(&auditor.verify_disclosure_request(verify(&made.name)).await.unwrap_err()), "PERMISSION_MISSING");
    }

    async fn what_is_due_is_a_list(bench) {
        let mut ana = client(&bench, "ana", "privacy-officer");
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        for (reference, due) in [("late", 1_700_000_000), ("later", 1_900_000_000)] {
            let timed = DisclosureRequest { reference: reference.to_owned(), receive_time: at(1_600_000_000), due_time: at(due), ..demand() };
            create(&mut ana, timed).await.unwrap();
        }
        let request = ListDisclosureRequestsRequest {
            parent: "organizations/acme".to_owned(),
            filter: "state=RECEIVED AND due_time<\"2026-01-01T00:00:00Z\" AND data_kinds:location".to_owned(),
            ..Default::default()
        };
        let due = ana.list_disclosure_requests(request).await.unwrap().into_inner().disclosure_requests;
        assert_eq!(due.iter().map(|request| request.reference.as_str()).collect::<Vec<_>>(), ["late"]);
    }
}
