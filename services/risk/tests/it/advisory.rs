//! Imports of advisories as their callers see them.

use testkit::{Bench, ledger_holds, reason};
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::advisory::Tlp;
use wire::risk::v1::advisory_service_client::AdvisoryServiceClient;
use wire::risk::v1::import_advisories_request::Part;
use wire::risk::v1::{
    Advisory, AdvisoryBatch, AdvisoryRecord, ImportAdvisoriesRequest, ImportAdvisoriesResponse, ImportAdvisoriesStart,
};

use crate::finding::{PARENT, written};
use crate::on_every_database;
use crate::vulnerability::published::shared;

/// An advisory by hand: of a router, two versions are affected, and one is not, since it lacks the code.
pub(crate) const VEX: &str = r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"Router OS accepts anything",
 "publisher":{"name":"Example Networks","namespace":"https://example.com","category":"vendor"},
 "distribution":{"tlp":{"label":"WHITE"}},
 "references":[{"category":"self","url":"https://example.com/ex-2025-1.json"}],
 "tracking":{"id":"EX-2025-1","status":"final","version":"1","initial_release_date":"2025-03-01T00:00:00Z","current_release_date":"2025-03-02T00:00:00Z"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Example Networks","branches":[{"category":"product_name","name":"Router OS","branches":[
  {"category":"product_version_range","name":">= 7.1, < 7.2","product":{"product_id":"P1","name":"Router OS 7.1"}},
  {"category":"product_version","name":"7.0.1","product":{"product_id":"P2","name":"Router OS 7.0.1"}}]}]}],
  "product_groups":[{"group_id":"G1","product_ids":["P2"]}]},
 "vulnerabilities":[{"cve":"CVE-1900-10001","title":"It accepts anything",
  "scores":[{"products":["P1"],"cvss_v3":{"version":"3.1","baseScore":7.5,"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}}],
  "product_status":{"known_affected":["P1"],"known_not_affected":["P2"]},
  "flags":[{"label":"vulnerable_code_not_present","group_ids":["G1"]}],
  "remediations":[{"category":"vendor_fix","details":"Update to 7.2.","product_ids":["P1"],"url":"https://example.com/7.2"}]}]}"#;

fn client(bench: &Bench) -> AdvisoryServiceClient<testkit::Client> {
    AdvisoryServiceClient::new(bench.client("feed", &["acme"], &["integrator"]))
}

fn start() -> ImportAdvisoriesRequest {
    let start = ImportAdvisoriesStart { parent: PARENT.to_owned(), source: "a test".to_owned() };
    ImportAdvisoriesRequest { part: Some(Part::Start(start)) }
}

fn batch(records: &[AdvisoryRecord]) -> ImportAdvisoriesRequest {
    ImportAdvisoriesRequest { part: Some(Part::Batch(AdvisoryBatch { records: records.to_vec() })) }
}

pub(crate) async fn import(bench: &Bench, records: Vec<AdvisoryRecord>) -> Result<ImportAdvisoriesResponse, Status> {
    let batches: Vec<_> = records.chunks(20).map(batch).collect();
    let messages = std::iter::once(start()).chain(batches).collect::<Vec<_>>();
    client(bench).import_advisories(tokio_stream::iter(messages)).await.map(tonic::Response::into_inner)
}

pub(crate) fn records(bytes: &[u8]) -> Vec<AdvisoryRecord> {
    let mut records = Vec::new();
    let mut input = bytes;
    let reading = intake::advisories::read("fixture.json", &mut input, &mut |record| {
        records.push(record);
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(reading.unwrap().rejected, []);
    records
}

async fn get(bench: &Bench, id: &str) -> Advisory {
    let request = api::GetAdvisoryRequest { name: format!("{PARENT}/advisories/{id}") };
    client(bench).get_advisory(request).await.unwrap().into_inner()
}

async fn list(bench: &Bench, filter: &str) -> Vec<Advisory> {
    let request = api::ListAdvisoriesRequest {
        parent: PARENT.to_owned(),
        page_size: 1000,
        filter: filter.to_owned(),
        ..Default::default()
    };
    client(bench).list_advisories(request).await.unwrap().into_inner().advisories
}

on_every_database! {
    async fn an_advisory_is_read_whole_and_a_later_version_replaces_it(bench) {
        let done = import(&bench, records(VEX.as_bytes())).await.unwrap();
        assert_eq!((done.read, done.created, done.rejected), (1, 1, 0));
        let one = get(&bench, "ex-2025-1").await;
        assert_eq!((one.tlp(), one.version.as_str(), one.product_tree.len()), (Tlp::Clear, "1", 2));
        let said = &one.statements[0];
        assert_eq!((said.cve.as_str(), said.cvss, said.remediations.len()), ("cve-1900-10001", 7.5, 1));
        assert_eq!((said.known_affected.as_slice(), said.flags[0].product_ids.as_slice()), (&["P1".to_owned()][..], &["P2".to_owned()][..]));
        for filter in ["vulnerabilities:\"cve-1900-10001\"", "vendors:\"example networks\"", "tlp=CLEAR", "tracking_id=\"EX-2025-1\""] {
            assert_eq!(list(&bench, filter).await.len(), 1, "{filter}");
        }
        let before = written(&bench).await;
        assert_eq!(import(&bench, records(VEX.as_bytes())).await.unwrap().unchanged, 1);
        assert_eq!(written(&bench).await, before);
        let later = VEX.replace("\"version\":\"1\"", "\"version\":\"2\"").replace("2025-03-02", "2025-04-02");
        assert_eq!(import(&bench, records(later.as_bytes())).await.unwrap().updated, 1);
        let back = import(&bench, records(VEX.as_bytes())).await.unwrap();
        assert_eq!((back.unchanged, back.updated), (1, 0));
        assert_eq!(get(&bench, "ex-2025-1").await.version, "2");
        ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn what_is_wrong_is_told_and_the_rest_lands(bench) {
        let good = records(VEX.as_bytes());
        let mut nameless = good[0].clone();
        nameless.advisory.as_mut().unwrap().tracking_id.clear();
        let mut long = good[0].clone();
        long.advisory.as_mut().unwrap().title = "x".repeat(501);
        let done = import(&bench, vec![nameless, long, AdvisoryRecord::default(), good[0].clone()]).await.unwrap();
        assert_eq!((done.read, done.created, done.rejected), (4, 1, 3), "{:?}", done.rejected_records);
        let told: Vec<&str> = done.rejected_records.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(told, ["VULNERABILITY_RECORD_INVALID", "FIELD_INVALID", "FIELD_INVALID"]);
        let unstarted = client(&bench).import_advisories(tokio_stream::iter(vec![batch(&[])])).await.unwrap_err();
        assert_eq!(reason(&unstarted), "VULNERABILITY_IMPORT_NOT_STARTED");
    }

    async fn published_advisories_come_whole_and_twice_without_change(bench) {
        for (path, count) in [("csaf-cisa-ot.tar.gz", 140), ("csaf-2.0-oasis-examples.tar.gz", 19)] {
            let Some(bytes) = shared(path) else { return };
            let all = records(&bytes);
            let done = import(&bench, all.clone()).await.unwrap();
            assert_eq!((done.read, done.created, done.rejected), (count, count, 0), "{path}: {:?}", done.rejected_records);
            let before = written(&bench).await;
            let again = import(&bench, all).await.unwrap();
            assert_eq!((again.created, again.updated, again.unchanged), (0, 0, count), "{path}");
            assert_eq!(written(&bench).await, before, "{path}");
        }
        let all = list(&bench, "").await;
        assert_eq!(all.iter().map(|one| one.statements.len()).sum::<usize>(), 456);
        let sum = |of: fn(&api::advisory::Statement) -> usize| -> usize { all.iter().flat_map(|one| &one.statements).map(of).sum() };
        assert_eq!(sum(|said| said.known_affected.len()), 1621);
        assert_eq!(sum(|said| said.known_not_affected.len()), 54);
        assert_eq!(sum(|said| said.remediations.len()), 1797);
        assert_eq!(list(&bench, "category=\"csaf_vex\"").await.len(), 13);
    }
}
