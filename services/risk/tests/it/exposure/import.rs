//! Imports of scans: what is new, changed, missed and back again; twice the same; and what is wrong with a stream.

use testkit::{Bench, reason};
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_drift::Kind;
use wire::risk::v1::import_exposures_request::Part;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::scan_run_service_client::ScanRunServiceClient;

use super::{DAY, NOON, PARENT, approve, by, by_hand, claim, get, known};

pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) fn record(ip: &str, port: i32) -> api::ExposureRecord {
    api::ExposureRecord {
        origin: format!("{ip} {port}"),
        ip: ip.to_owned(),
        port,
        protocol: Protocol::Tcp.into(),
        service: "https".to_owned(),
        ..Default::default()
    }
}

/// A scan of 192.0.2.0/24, ports 1 to 1024.
pub(crate) fn start(at: i64) -> api::ImportExposuresStart {
    let ports = vec![api::PortRange { protocol: Protocol::Tcp.into(), first: 1, last: 1024 }];
    api::ImportExposuresStart {
        parent: PARENT.to_owned(),
        engine: "nmap".to_owned(),
        scope: Some(api::ScanScope { prefixes: vec!["192.0.2.0/24".to_owned()], domains: Vec::new(), ports }),
        scan_time: store::timestamp(at),
        source: "scan.xml".to_owned(),
        source_digest: "ab".repeat(32),
        ..Default::default()
    }
}

fn message(part: Part) -> api::ImportExposuresRequest {
    api::ImportExposuresRequest { part: Some(part) }
}

async fn send(
    bench: &Bench,
    messages: Vec<api::ImportExposuresRequest>,
) -> Result<api::ImportExposuresResponse, Status> {
    let answer = by(bench, "int", "integrator").import_exposures(tokio_stream::iter(messages)).await;
    answer.map(tonic::Response::into_inner)
}

pub(crate) async fn import(
    bench: &Bench,
    start: api::ImportExposuresStart,
    records: Vec<api::ExposureRecord>,
) -> Result<api::ImportExposuresResponse, Status> {
    let mut messages = vec![message(Part::Start(start))];
    let portions = records.chunks(500).map(|records| api::ExposureRecords { records: records.to_vec() });
    messages.extend(portions.map(|records| message(Part::Records(records))));
    send(bench, messages).await
}

/// A scan of two ports of one host.
async fn scan(bench: &Bench, at: i64, ports: &[i32]) -> api::ImportExposuresResponse {
    import(bench, start(at), ports.iter().map(|port| record("192.0.2.7", *port)).collect()).await.unwrap()
}

fn counts(done: &api::ImportExposuresResponse) -> api::ScanCounts {
    done.scan_run.as_ref().and_then(|run| run.counts).expect("a run with counts")
}

async fn entries(bench: &Bench) -> i64 {
    let sql = bench.database.sql("SELECT COUNT(*) FROM ledger");
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

by_hand! {
    async fn a_scan_tells_what_is_new_and_the_same_again_writes_nothing(bench, _clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7"), ("lan", 3.0, "PREFIX", "192.0.2.8/29"), ("mail", 5.0, "FQDN", "mx.example.com")]).await;
        let named = api::ExposureRecord { names: vec!["MX.example.com".to_owned()], ..record("198.51.100.1", 25) };
        let records = vec![record("192.0.2.7", 22), record("192.0.2.7", 443), record("192.0.2.9", 443), named, record("203.0.113.5", 23)];
        let done = import(&bench, start(NOON), records.clone()).await.unwrap();
        assert_eq!((done.read, done.created, done.updated, done.unchanged, done.rejected, done.known), (5, 5, 0, 0, 0, false));
        let found = counts(&done);
        assert_eq!((found.hosts, found.ports, found.created, found.missing), (4, 5, 5, 0));
        let run = done.scan_run.unwrap();
        assert!(run.name.starts_with("organizations/acme/scanRuns/20261130-120000-"), "{}", run.name);
        assert_eq!(run.drifts.iter().filter(|drift| drift.kind() == Kind::NewHost).count(), 5, "two ports of a host nobody knew");
        for (id, asset, by) in [
            ("192.0.2.7-tcp-443", "portal", api::exposure::Match::Ip),
            ("192.0.2.9-tcp-443", "lan", api::exposure::Match::Prefix),
            ("198.51.100.1-tcp-25", "mail", api::exposure::Match::Fqdn),
        ] {
            let one = get(&bench, id).await;
            assert_eq!((one.state(), one.matched_by(), one.asset), (State::Discovered, by, format!("{PARENT}/assets/{asset}")));
        }
        assert_eq!(get(&bench, "203.0.113.5-tcp-23").await.state(), State::Unknown);
        let before = entries(&bench).await;
        let again = import(&bench, start(NOON), records).await.unwrap();
        assert_eq!((again.read, again.created, again.updated, again.unchanged, again.known), (5, 0, 0, 5, true));
        assert_eq!(again.scan_run.unwrap().name, run.name);
        assert_eq!(entries(&bench).await, before, "nothing is written");
        let mut runs = ScanRunServiceClient::new(bench.client("ana", &["acme"], &["viewer"]));
        let request = api::ListScanRunsRequest { parent: PARENT.to_owned(), order_by: "scan_time desc".to_owned(), ..Default::default() };
        assert_eq!(runs.list_scan_runs(request).await.unwrap().into_inner().scan_runs.len(), 1);
        testkit::ledger_holds(&bench, &risk::tables()).await;
    }

    async fn what_several_scans_miss_is_stale_and_what_comes_back_is_open_again(bench, clock) {
        scan(&bench, NOON, &[22, 443]).await;
        let (id, other) = ("192.0.2.7-tcp-22", "192.0.2.7-tcp-443");
        claim(&bench, id).await;
        approve(&bench, id, NOON + 90 * DAY).await;
        // Of another network or other ports: missed by nobody.
        import(&bench, start(NOON), vec![record("198.51.100.1", 22), record("192.0.2.7", 8443)]).await.unwrap();
        for day in 1..=3_i32 {
            clock.advance(DAY);
            let done = scan(&bench, NOON + i64::from(day) * DAY, &[443]).await;
            let (found, one) = (counts(&done), get(&bench, id).await);
            assert_eq!((found.missing, found.stale, one.missed_scans), (1, i32::from(day == 3), day));
            assert_eq!((one.stale, one.state()), (day == 3, if day == 3 { State::Withdrawn } else { State::Approved }));
        }
        let gone = get(&bench, id).await;
        assert!(gone.approval.unwrap().void_time.is_some() && gone.drifts.first().is_some_and(|drift| drift.kind() == Kind::Gone));
        assert_eq!(get(&bench, other).await.missed_scans, 0);
        clock.advance(DAY);
        let done = scan(&bench, NOON + 4 * DAY, &[22, 443]).await;
        assert_eq!((counts(&done).reappeared, counts(&done).seen_again), (1, 1));
        let back = get(&bench, id).await;
        assert_eq!((back.state(), back.stale, back.missed_scans, back.reopen_count), (State::Unknown, false, 0, 1));
        assert!(back.state_reason.contains("REOPENED") && back.claimants.is_empty(), "{}", back.state_reason);
        assert!(done.scan_run.unwrap().drifts.iter().any(|drift| drift.kind() == Kind::Reappeared));
    }

    async fn what_was_withdrawn_by_hand_opens_only_for_a_later_scan(bench, clock) {
        scan(&bench, NOON, &[22]).await;
        clock.advance(2 * DAY);
        super::withdraw(&bench, "192.0.2.7-tcp-22").await;
        scan(&bench, NOON + DAY, &[22]).await;
        assert_eq!(get(&bench, "192.0.2.7-tcp-22").await.state(), State::Withdrawn, "seen before it was withdrawn");
        clock.advance(DAY);
        scan(&bench, NOON + 3 * DAY, &[22]).await;
        assert_eq!(get(&bench, "192.0.2.7-tcp-22").await.state(), State::Unknown);
    }

    async fn what_must_not_be_reachable_and_is_seen_all_the_same_is_a_case_at_once(bench, clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7")]).await;
        scan(&bench, NOON, &[443]).await;
        let reject = api::RejectExposureRequest {
            name: super::name("192.0.2.7-tcp-443"),
            reason: "No portal on this host.".to_owned(),
            ..Default::default()
        };
        clock.advance(HOUR);
        by(&bench, "ben", "approver").reject_exposure(reject).await.unwrap();
        // A scan from before the decision, brought in late, says nothing against it.
        scan(&bench, NOON + HOUR / 2, &[443]).await;
        assert!(!get(&bench, "192.0.2.7-tcp-443").await.case_raised);
        clock.advance(DAY);
        scan(&bench, NOON + DAY, &[443]).await;
        let seen = get(&bench, "192.0.2.7-tcp-443").await;
        let case = seen.case.clone().unwrap();
        assert_eq!((seen.state(), seen.case_raised), (State::Rejected, true));
        assert!(case.reason.contains("No portal on this host."), "{}", case.reason);
        // Once: the next scan adds nothing to it.
        clock.advance(DAY);
        scan(&bench, NOON + 2 * DAY, &[443]).await;
        assert_eq!(get(&bench, "192.0.2.7-tcp-443").await.case, Some(case));
    }

    async fn another_certificate_or_product_is_drift_and_ends_the_approval(bench, clock) {
        let with = |fingerprint: &str, product: &str| api::ExposureRecord {
            product: product.to_owned(),
            certificate: Some(api::ExposureCertificate { fingerprint: fingerprint.to_owned(), ..Default::default() }),
            ..record("192.0.2.7", 443)
        };
        let id = "192.0.2.7-tcp-443";
        import(&bench, start(NOON), vec![with("AA:01", "nginx")]).await.unwrap();
        claim(&bench, id).await;
        approve(&bench, id, NOON + 90 * DAY).await;
        clock.advance(HOUR);
        import(&bench, start(NOON + HOUR), vec![with("aa01", "nginx")]).await.unwrap();
        assert_eq!(get(&bench, id).await.state(), State::Monitored, "seen as it was approved");
        clock.advance(HOUR);
        let done = import(&bench, start(NOON + 2 * HOUR), vec![with("aa02", "apache"), record("192.0.2.7", 22)]).await.unwrap();
        assert_eq!((counts(&done).changed, counts(&done).created), (1, 1));
        let drifts: Vec<Kind> = done.scan_run.unwrap().drifts.iter().map(|drift| drift.kind()).collect();
        assert!([Kind::ChangedCertificate, Kind::ChangedProduct, Kind::NewPort].iter().all(|kind| drifts.contains(kind)), "{drifts:?}");
        let other = get(&bench, id).await;
        assert_eq!((other.state(), other.approved_until), (State::Claimed, None));
        assert!(other.approval.unwrap().void_time.is_some());
        let told = other.drifts.iter().find(|drift| drift.kind() == Kind::ChangedCertificate).cloned().unwrap();
        assert_eq!((told.before.as_str(), told.after.as_str()), ("aa01", "aa02"));
    }

    async fn names_are_missed_by_the_engine_that_showed_them(bench, clock) {
        let found = |name: &str| api::ExposureRecord { names: vec![name.to_owned()], ..Default::default() };
        let of = |engine: &str, at: i64| {
            let scope = api::ScanScope { domains: vec!["example.com".to_owned()], ..Default::default() };
            api::ImportExposuresStart { engine: engine.to_owned(), scope: Some(scope), ..start(at) }
        };
        import(&bench, of("certificate-log", NOON), vec![found("a.example.com"), found("b.example.com")]).await.unwrap();
        import(&bench, of("dns", NOON), vec![found("b.example.com"), found("c.example.com")]).await.unwrap();
        clock.advance(HOUR);
        let done = import(&bench, of("dns", NOON + HOUR), vec![found("c.example.com")]).await.unwrap();
        assert_eq!(counts(&done).missing, 1);
        let missed = async |id: &str| get(&bench, id).await.missed_scans;
        assert_eq!((missed("a.example.com-host").await, missed("b.example.com-host").await, missed("c.example.com-host").await), (0, 1, 0));
    }

    async fn wrong_records_are_rejected_alone_and_wrong_streams_as_a_whole(bench, _clock) {
        let records = vec![
            record("192.0.2.7", 70_000),
            record("192.0.2.256", 22),
            api::ExposureRecord { protocol: 0, ..record("192.0.2.7", 22) },
            api::ExposureRecord::default(),
            record("192.0.2.7", 443),
            record("192.0.2.7", 443),
        ];
        let done = import(&bench, start(NOON), records).await.unwrap();
        assert_eq!((done.read, done.created, done.unchanged, done.rejected), (6, 1, 1, 4));
        let told: Vec<(&str, &str, &str)> =
            done.rejected_records.iter().map(|one| (one.origin.as_str(), one.field.as_str(), one.reason.as_str())).collect();
        assert_eq!(told, [
            ("192.0.2.7 70000", "port", "FIELD_INVALID"),
            ("192.0.2.256 22", "ip", "FIELD_INVALID"),
            ("192.0.2.7 22", "protocol", "FIELD_INVALID"),
            ("", "ip", "EXPOSURE_WITHOUT_HOST"),
        ]);
        let records = |count: usize| message(Part::Records(api::ExposureRecords { records: vec![record("192.0.2.7", 1); count] }));
        let begin = |start: api::ImportExposuresStart| message(Part::Start(start));
        let wrong_scope = api::ScanScope { prefixes: vec!["10.0.0.0/33".to_owned()], ..Default::default() };
        for (messages, expected) in [
            (vec![records(1)], "SCAN_IMPORT_NOT_STARTED"),
            (vec![], "SCAN_IMPORT_NOT_STARTED"),
            (vec![begin(start(NOON + 1)), begin(start(NOON + 1))], "SCAN_IMPORT_NOT_STARTED"),
            (vec![begin(start(NOON + 1)), api::ImportExposuresRequest::default()], "SCAN_IMPORT_NOT_STARTED"),
            (vec![begin(start(NOON + 1)), records(501)], "SCAN_BATCH_TOO_LARGE"),
            (vec![begin(start(NOON + 2 * HOUR))], "SCAN_TIME_UNLIKELY"),
            (vec![begin(api::ImportExposuresStart { scan_time: None, ..start(NOON) })], "FIELD_INVALID"),
            (vec![begin(api::ImportExposuresStart { engine: "N map".to_owned(), ..start(NOON) })], "FIELD_INVALID"),
            (vec![begin(api::ImportExposuresStart { scope: Some(wrong_scope), ..start(NOON) })], "SCAN_SCOPE_INVALID"),
            (vec![begin(api::ImportExposuresStart { parent: "organizations/other".to_owned(), ..start(NOON) })], "RESOURCE_NOT_FOUND"),
        ] {
            assert_eq!(reason(&send(&bench, messages).await.unwrap_err()), expected);
        }
    }

    async fn a_scan_that_was_cut_keeps_what_came_and_goes_on_when_it_comes_again(bench, _clock) {
        let records: Vec<api::ExposureRecord> = (1..=1200).map(|port| record("192.0.2.7", port)).collect();
        let part = |records: &[api::ExposureRecord]| message(Part::Records(api::ExposureRecords { records: records.to_vec() }));
        let cut = vec![message(Part::Start(start(NOON))), part(&records[..500]), api::ImportExposuresRequest::default()];
        assert_eq!(reason(&send(&bench, cut).await.unwrap_err()), "SCAN_IMPORT_NOT_STARTED");
        let mut runs = ScanRunServiceClient::new(bench.client("ana", &["acme"], &["viewer"]));
        let request = api::ListScanRunsRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert!(runs.list_scan_runs(request).await.unwrap().into_inner().scan_runs.is_empty(), "nothing counts as missed");
        let done = import(&bench, start(NOON), records).await.unwrap();
        assert_eq!((done.read, done.created, done.updated, done.unchanged), (1200, 700, 0, 500));
        let found = counts(&done);
        assert_eq!((found.hosts, found.ports, found.created), (1, 1200, 1200), "the scan showed them all first");
        assert_eq!((done.scan_run.as_ref().unwrap().drift_count, done.scan_run.unwrap().drifts.len()), (1200, 1000));
    }
}
