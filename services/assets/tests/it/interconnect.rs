//! Interconnects: in force only where they can be cut off, and cut off with a reason.

use testkit::{Bench, reason};
use wire::assets::v1::interconnect::State;
use wire::assets::v1::interconnect_service_client::InterconnectServiceClient;
use wire::assets::v1::{
    Contact, CreateInterconnectRequest, CreateSiteRequest, DeleteAssetRequest, DeleteInterconnectRequest,
    DeleteSiteRequest, EndInterconnectRequest, EnforceInterconnectRequest, Interconnect, IsolateInterconnectRequest,
    ListInterconnectsRequest, RestoreInterconnectRequest, Site, UpdateInterconnectRequest,
};

use crate::{assets, on_every_database, rated};

type Client = InterconnectServiceClient<testkit::Client>;

fn client(bench: &Bench, role: &str) -> Client {
    InterconnectServiceClient::new(bench.client("ana", &["acme"], &[role]))
}

fn draft() -> Interconnect {
    Interconnect {
        display_name: "Peering with Ardent".to_owned(),
        peer: "Ardent Carrier".to_owned(),
        kind: "peering".to_owned(),
        ..Default::default()
    }
}

/// A draft with all it needs in force.
fn complete() -> Interconnect {
    let contact = Contact { function: "NOC".to_owned(), telephone: "+999 555 0100".to_owned(), ..Default::default() };
    Interconnect {
        demarcation_point: "ODF 3, port 12".to_owned(),
        isolate_procedure: "Shut the port, withdraw the routes, call the NOC.".to_owned(),
        contacts: vec![contact],
        agreement: "IC-2024-017".to_owned(),
        ..draft()
    }
}

async fn create(client: &mut Client, interconnect: Interconnect) -> Result<Interconnect, tonic::Status> {
    let request = CreateInterconnectRequest {
        parent: "organizations/acme".to_owned(),
        interconnect_id: String::new(),
        interconnect: Some(interconnect),
    };
    client.create_interconnect(request).await.map(tonic::Response::into_inner)
}

async fn update(
    client: &mut Client,
    interconnect: Interconnect,
    paths: &[&str],
) -> Result<Interconnect, tonic::Status> {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    let request = UpdateInterconnectRequest {
        interconnect: Some(interconnect),
        update_mask: Some(prost_types::FieldMask { paths }),
    };
    client.update_interconnect(request).await.map(tonic::Response::into_inner)
}

fn enforce(name: &str) -> EnforceInterconnectRequest {
    EnforceInterconnectRequest { name: name.to_owned(), ..Default::default() }
}

fn isolate(name: &str, reason: &str) -> IsolateInterconnectRequest {
    IsolateInterconnectRequest { name: name.to_owned(), reason: reason.to_owned(), ..Default::default() }
}

on_every_database! {
    async fn traffic_flows_only_where_it_can_be_cut_off(bench) {
        let mut ana = client(&bench, "asset-manager");
        let made = create(&mut ana, draft()).await.unwrap();
        assert_eq!(made.state(), State::Draft);
        let lacking = ana.enforce_interconnect(enforce(&made.name)).await.unwrap_err();
        assert_eq!(reason(&lacking), "INTERCONNECT_INCOMPLETE");
        for field in ["demarcation_point", "isolate_procedure", "contacts", "agreement"] {
            assert!(lacking.message().contains(field), "{lacking:?} names {field}");
        }
        let whole = Interconnect { name: made.name.clone(), ..complete() };
        update(&mut ana, whole.clone(), &["demarcation_point", "isolate_procedure", "contacts", "agreement"]).await.unwrap();
        let forced = ana.enforce_interconnect(enforce(&made.name)).await.unwrap().into_inner();
        assert_eq!(forced.state(), State::InForce);
        assert!(forced.enforce_time.is_some());
        let emptied = Interconnect { contacts: Vec::new(), ..whole.clone() };
        assert_eq!(reason(&update(&mut ana, emptied, &["contacts"]).await.unwrap_err()), "INTERCONNECT_INCOMPLETE");
        let moved = Interconnect { demarcation_point: "ODF 4, port 1".to_owned(), ..whole };
        assert_eq!(update(&mut ana, moved, &["demarcation_point"]).await.unwrap().demarcation_point, "ODF 4, port 1");
    }

    async fn it_is_cut_off_with_a_reason_restored_and_ended_for_good(bench) {
        let mut ana = client(&bench, "asset-manager");
        let name = create(&mut ana, complete()).await.unwrap().name;
        assert_eq!(reason(&ana.isolate_interconnect(isolate(&name, "flood")).await.unwrap_err()), "STATE_FORBIDS");
        ana.enforce_interconnect(enforce(&name)).await.unwrap();
        let mut handler = client(&bench, "incident-handler");
        assert_eq!(reason(&handler.isolate_interconnect(isolate(&name, "")).await.unwrap_err()), "FIELD_INVALID");
        let cut = handler.isolate_interconnect(isolate(&name, "flood of SYN from the peer")).await.unwrap().into_inner();
        assert_eq!((cut.state(), cut.isolate_reason.as_str(), cut.isolator.as_str()), (State::Isolated, "flood of SYN from the peer", "ana"));
        assert!(cut.isolate_time.is_some() && cut.restore_time.is_none());
        let request = ListInterconnectsRequest { parent: "organizations/acme".to_owned(), filter: "state=ISOLATED".to_owned(), ..Default::default() };
        assert_eq!(ana.list_interconnects(request).await.unwrap().into_inner().interconnects, [cut]);
        let back = handler.restore_interconnect(RestoreInterconnectRequest { name: name.clone(), ..Default::default() }).await.unwrap().into_inner();
        assert!(back.state() == State::InForce && back.restore_time.is_some());
        let deleted = ana.delete_interconnect(DeleteInterconnectRequest { name: name.clone(), ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&deleted), "STATE_FORBIDS");
        let end = EndInterconnectRequest { name: name.clone(), ..Default::default() };
        let refused = handler.end_interconnect(end.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "PERMISSION_MISSING");
        let ended = ana.end_interconnect(end).await.unwrap().into_inner();
        assert!(ended.state() == State::Ended && ended.end_time.is_some());
        let late = Interconnect { name: name.clone(), peer: "Someone else".to_owned(), ..Default::default() };
        assert_eq!(reason(&update(&mut ana, late, &["peer"]).await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn what_an_ended_agreement_or_a_wrong_field_allows_is_nothing(bench) {
        let mut ana = client(&bench, "asset-manager");
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let over = Interconnect { agreement_end_time: at(1_500_000_000), ..complete() };
        let name = create(&mut ana, over).await.unwrap().name;
        assert_eq!(reason(&ana.enforce_interconnect(enforce(&name)).await.unwrap_err()), "AGREEMENT_ENDED");
        let mute = Contact { function: "NOC".to_owned(), ..Default::default() };
        for (wrong, expected) in [
            (Interconnect { kind: "rope".to_owned(), ..draft() }, "INTERCONNECT_KIND_UNKNOWN"),
            (Interconnect { contacts: vec![mute.clone()], ..draft() }, "CONTACT_UNREACHABLE"),
            (Interconnect { abuse_contact: Some(mute), ..draft() }, "CONTACT_UNREACHABLE"),
            (Interconnect { agreement_start_time: at(20), agreement_end_time: at(10), ..draft() }, "FIELD_INVALID"),
            (Interconnect { site: "organizations/acme/sites/none".to_owned(), ..draft() }, "REFERENCE_MISSING"),
            (Interconnect { assets: vec!["organizations/acme/assets/none".to_owned()], ..draft() }, "REFERENCE_MISSING"),
            (Interconnect { peer: String::new(), ..draft() }, "FIELD_INVALID"),
        ] {
            assert_eq!(reason(&create(&mut ana, wrong).await.unwrap_err()), expected);
        }
    }

    async fn what_stands_at_the_demarcation_is_found_and_not_deleted(bench) {
        let border = rated(&bench, "border", (1, 1, 1)).await.name;
        let mut sites = wire::assets::v1::site_service_client::SiteServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        let hotel = Site { display_name: "Carrier hotel".to_owned(), r#type: "other-carrier-premises".to_owned(), ..Default::default() };
        let site = CreateSiteRequest { parent: "organizations/acme".to_owned(), site_id: "hotel".to_owned(), site: Some(hotel) };
        let site = sites.create_site(site).await.unwrap().into_inner().name;
        let mut ana = client(&bench, "asset-manager");
        let made = create(&mut ana, Interconnect { site: site.clone(), assets: vec![border.clone()], ..draft() }).await.unwrap();
        let request = ListInterconnectsRequest { parent: "organizations/acme".to_owned(), filter: format!("assets:\"{border}\""), ..Default::default() };
        assert_eq!(ana.list_interconnects(request).await.unwrap().into_inner().interconnects, [made]);
        let kept = assets(&bench).delete_asset(DeleteAssetRequest { name: border, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&kept), "STILL_REFERENCED");
        let kept = sites.delete_site(DeleteSiteRequest { name: site, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&kept), "STILL_REFERENCED");
    }
}
