//! Snapshots of the attack surface, and links to legacy networks.

use testkit::{Bench, reason};
use wire::risk::v1 as api;
use wire::risk::v1::finding_service_client::FindingServiceClient;
use wire::risk::v1::legacy_link_service_client::LegacyLinkServiceClient;
use wire::risk::v1::surface_snapshot_service_client::SurfaceSnapshotServiceClient;

use super::{DAY, NOON, PARENT, by_hand, create, get, https, known, name, until};

const MIDNIGHT: i64 = NOON + DAY / 2;

fn snapshots(bench: &Bench) -> SurfaceSnapshotServiceClient<testkit::Client> {
    SurfaceSnapshotServiceClient::new(bench.client("ana", &["acme"], &["risk-manager"]))
}

async fn take(bench: &Bench) -> api::SurfaceSnapshot {
    let request = api::TakeSurfaceSnapshotRequest { parent: PARENT.to_owned() };
    snapshots(bench).take_surface_snapshot(request).await.unwrap().into_inner()
}

/// The trend, the oldest first.
async fn trend(bench: &Bench, filter: &str) -> Vec<api::SurfaceSnapshot> {
    let request = api::ListSurfaceSnapshotsRequest {
        parent: PARENT.to_owned(),
        filter: filter.to_owned(),
        order_by: "take_time".to_owned(),
        ..Default::default()
    };
    snapshots(bench).list_surface_snapshots(request).await.unwrap().into_inner().surface_snapshots
}

/// A finding of CVSS 9.8 on an exposure.
async fn found(bench: &Bench, exposure: &str, asset: &str) -> api::Finding {
    let finding = api::Finding {
        weakness: "a default password".to_owned(),
        exposure: exposure.to_owned(),
        asset: asset.to_owned(),
        cvss: 9.8,
        ..Default::default()
    };
    let request = api::CreateFindingRequest { parent: PARENT.to_owned(), finding: Some(finding), ..Default::default() };
    let mut client = FindingServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
    client.create_finding(request).await.unwrap().into_inner()
}

/// Says how likely findings are exploited, as an import of EPSS does.
async fn likely(bench: &Bench, epss: f64) {
    let mut tx = bench.database.begin(&super::service()).await.unwrap();
    let mut sql = tx.sql("UPDATE finding SET epss = ");
    sql.bind(epss);
    tx.run(sql).await.unwrap();
    tx.commit().await.unwrap();
}

by_hand! {
    async fn a_snapshot_is_taken_each_day_and_a_score_that_rose_is_explained(bench, clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7"), ("lan", 3.0, "IP", "192.0.2.8")]).await;
        create(&bench, https("192.0.2.7")).await.unwrap();
        create(&bench, https("192.0.2.8")).await.unwrap();
        create(&bench, api::Exposure { port: 22, ..https("192.0.2.8") }).await.unwrap();
        let first = take(&bench).await;
        assert_eq!((first.exposures, first.hosts, first.score, first.rose), (3, 2, 0.0, false));
        assert_eq!(first.exposures_by_state.get("DISCOVERED"), Some(&3));
        clock.advance(MIDNIGHT - NOON - 1);
        assert_eq!(trend(&bench, "").await.len(), 1, "not early");
        found(&bench, &name("192.0.2.7-tcp-443"), "").await;
        found(&bench, "", &format!("{PARENT}/assets/lan")).await;
        clock.advance(1);
        until("the snapshot of the day is taken", async || trend(&bench, "").await.len() == 2).await;
        let daily = trend(&bench, "").await.pop().unwrap();
        assert_eq!((store::micros(daily.take_time.as_ref()), daily.taker.as_str(), daily.previous.as_str()), (MIDNIGHT, "service:risk", first.name.as_str()));
        assert_eq!((daily.findings_by_severity.get("CRITICAL"), daily.overdue_findings), (Some(&2), 0));
        clock.advance(DAY);
        until("and of the next", async || trend(&bench, "").await.len() == 3).await;
        let explain = |name: &str| api::ExplainSurfaceSnapshotRequest { name: name.to_owned(), explanation: "a portal was opened".to_owned(), ..Default::default() };
        assert_eq!(reason(&snapshots(&bench).explain_surface_snapshot(explain(&first.name)).await.unwrap_err()), "SNAPSHOT_NOT_RISEN");
        testkit::ledger_holds(&bench, &risk::tables()).await;
    }

    async fn the_score_follows_findings_and_the_value_of_the_asset(bench, clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7")]).await;
        let id = "192.0.2.7-tcp-443";
        create(&bench, https("192.0.2.7")).await.unwrap();
        create(&bench, https("192.0.2.9")).await.unwrap();
        let finding = found(&bench, &name(id), "").await;
        assert_eq!((get(&bench, id).await.open_findings, get(&bench, id).await.score), (1, 0.0), "nothing is known to exploit it");
        // The vector of domain.md §10.4.
        likely(&bench, 0.5).await;
        let before = take(&bench).await;
        found(&bench, "", &format!("{PARENT}/assets/portal")).await;
        let scored = get(&bench, id).await;
        assert_eq!((scored.open_findings, scored.score), (2, 4.9));
        clock.advance(1);
        let after = take(&bench).await;
        // Both weigh 9: the asset is worth that, and what nobody knows counts as much.
        assert_eq!((before.score, after.score, after.delta, after.rose), (0.0, 2.45, 2.45, true));
        let unexplained = trend(&bench, "rose = true AND explained = false").await;
        assert_eq!(unexplained.len(), 1);
        let explain = api::ExplainSurfaceSnapshotRequest { name: after.name.clone(), explanation: "a portal was opened".to_owned(), ..Default::default() };
        let explained = snapshots(&bench).explain_surface_snapshot(explain).await.unwrap().into_inner();
        assert_eq!((explained.explained, explained.explainer.as_str()), (true, "ana"));
        assert!(trend(&bench, "rose = true AND explained = false").await.is_empty());
        let request = api::FixFindingRequest { name: finding.name, ..Default::default() };
        let mut client = FindingServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        client.fix_finding(request).await.unwrap();
        assert_eq!((get(&bench, id).await.open_findings, get(&bench, id).await.score), (1, 0.0));
        clock.advance(1);
        assert!(take(&bench).await.delta < 0.0);
    }

    async fn links_to_legacy_networks_lead_on_from_something_by_a_known_protocol(bench, clock) {
        let id = "192.0.2.7-tcp-443";
        create(&bench, https("192.0.2.7")).await.unwrap();
        let client = || LegacyLinkServiceClient::new(bench.client("ana", &["acme"], &["risk-manager"]));
        let link = api::LegacyLink {
            exposure: name(id),
            legacy_network: "signalling of the old core".to_owned(),
            protocol: "SS7".to_owned(),
            compensating_controls: vec![format!("{PARENT}/implementations/filter")],
            ..Default::default()
        };
        let request = |link: api::LegacyLink| api::CreateLegacyLinkRequest { parent: PARENT.to_owned(), legacy_link_id: "ss7".to_owned(), legacy_link: Some(link) };
        for (wrong, expected) in [
            (api::LegacyLink { protocol: "HTTP-9".to_owned(), ..link.clone() }, "EXPOSURE_LEGACY_PROTOCOL_UNKNOWN"),
            (api::LegacyLink { exposure: String::new(), ..link.clone() }, "FIELD_INVALID"),
            (api::LegacyLink { exposure: name("none"), ..link.clone() }, "REFERENCE_MISSING"),
            (api::LegacyLink { asset: "organizations/other/assets/a".to_owned(), ..link.clone() }, "FIELD_INVALID"),
            (api::LegacyLink { compensating_controls: vec!["filter".to_owned()], ..link.clone() }, "FIELD_INVALID"),
        ] {
            assert_eq!(reason(&client().create_legacy_link(request(wrong)).await.unwrap_err()), expected);
        }
        let made = client().create_legacy_link(request(link)).await.unwrap().into_inner();
        assert_eq!(get(&bench, id).await.legacy_links, std::slice::from_ref(&made.name));
        clock.advance(DAY / 24);
        let review = api::ReviewLegacyLinkRequest { name: made.name.clone(), note: "the filter holds".to_owned(), ..Default::default() };
        let reviewed = client().review_legacy_link(review).await.unwrap().into_inner();
        assert_eq!((store::micros(reviewed.review_time.as_ref()), reviewed.reviewer.as_str()), (NOON + DAY / 24, "ana"));
        let other = api::LegacyLink { name: made.name.clone(), protocol: "DIAMETER".to_owned(), ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["protocol".to_owned()] });
        let update = api::UpdateLegacyLinkRequest { legacy_link: Some(other), update_mask };
        let changed = client().update_legacy_link(update).await.unwrap().into_inner();
        assert_eq!((changed.review_time, changed.reviewer.as_str()), (None, ""), "what was reviewed was something else");
        let delete = api::DeleteLegacyLinkRequest { name: made.name, ..Default::default() };
        client().delete_legacy_link(delete).await.unwrap();
        assert!(get(&bench, id).await.legacy_links.is_empty());
    }
}
