//! Import: idempotent, item by item, all or nothing when asked.

use futures::StreamExt as _;
use testkit::reason;
use tonic::Code;
use wire::assets::v1::asset::State;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::{
    Asset, AssetRecord, DependencyRecord, ExternalId, ImportAssetsRequest, ImportBatch, ImportItem, ImportResult,
    ImportStart, ImportSummary, ListAssetsRequest, Site, SiteRecord,
};

use crate::{assets, get, on_every_database};

pub(crate) fn asset(id: &str, site: &str, ratings: i32) -> Record {
    let asset = Asset {
        display_name: format!("Asset {id}"),
        r#type: "router".to_owned(),
        confidentiality: ratings,
        integrity: ratings,
        availability: ratings,
        ..Default::default()
    };
    Record::Asset(AssetRecord { external_id: id.to_owned(), asset: Some(asset), site_external_id: site.to_owned() })
}

pub(crate) fn edge(dependent: &str, supporting: &str) -> Record {
    Record::Dependency(DependencyRecord {
        dependent_external_id: dependent.to_owned(),
        supporting_external_id: supporting.to_owned(),
        ..Default::default()
    })
}

pub(crate) fn estate() -> Vec<Record> {
    let site = Site { display_name: "Hub".to_owned(), r#type: "equipment-room".to_owned(), ..Default::default() };
    let site = Record::Site(SiteRecord { external_id: "s1".to_owned(), site: Some(site) });
    vec![site, asset("a", "s1", 3), asset("b", "s1", 1), asset("c", "", 0), edge("a", "b"), edge("b", "c")]
}

pub(crate) async fn import(
    bench: &testkit::Bench,
    records: Vec<Record>,
    start: ImportStart,
) -> (ImportSummary, Vec<ImportResult>, String) {
    let start = ImportStart { parent: "organizations/acme".to_owned(), source: "oss".to_owned(), ..start };
    let mut messages = vec![ImportAssetsRequest { part: Some(Part::Start(start)) }];
    let items = records.into_iter().enumerate().map(|(index, record)| ImportItem {
        position: index as i64 + 1,
        origin: format!("line {index}"),
        record: Some(record),
    });
    let items: Vec<ImportItem> = items.collect();
    messages.extend(
        items
            .chunks(3)
            .map(|chunk| ImportAssetsRequest { part: Some(Part::Batch(ImportBatch { items: chunk.to_vec() })) }),
    );
    let mut client = ImportServiceClient::new(bench.client("oss", &["acme"], &["integrator"]));
    let mut answers = client.import_assets(futures::stream::iter(messages)).await.unwrap().into_inner();
    let (mut summary, mut results, mut token) = (None, Vec::new(), String::new());
    while let Some(answer) = answers.next().await {
        match answer.unwrap().news.unwrap() {
            News::Results(of) => results.extend(of.results),
            News::Progress(progress) => token = progress.resume_token,
            News::Summary(end) => summary = Some(end),
        }
    }
    (summary.unwrap(), results, token)
}

/// Entries of the ledger about anything but surveys, also those without a place yet.
pub(crate) async fn entries(bench: &testkit::Bench) -> i64 {
    let sql = "SELECT COUNT(*) FROM ledger WHERE kind <> 'telwarden.assets.v1.Survey'";
    let row = bench.database.row(bench.database.sql(sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

on_every_database! {
    async fn the_same_stream_twice_changes_nothing(bench) {
        let (first, _, _) = import(&bench, estate(), ImportStart::default()).await;
        let counts = first.counts.unwrap();
        assert_eq!((counts.read, counts.created, counts.rejected), (6, 6, 0));
        assert_eq!(first.by_kind["dependency"].created, 2);
        assert_eq!(get(&bench, "c").await.inherited_value, 9.0, "value has flowed when the import ends");
        let entries = entries(&bench).await;
        let (second, _, _) = import(&bench, estate(), ImportStart::default()).await;
        let counts = second.counts.unwrap();
        assert_eq!((counts.read, counts.unchanged), (6, 6));
        assert_eq!(self::entries(&bench).await, entries, "nothing changed means nothing in the ledger");
    }

    async fn one_wrong_item_does_not_take_the_others_with_it(bench) {
        let mut records = estate();
        records.push(asset("bad", "nowhere", 1));
        records.push(asset("a", "s1", 1));
        records.push(edge("a", "a"));
        records.push(edge("a", "ghost"));
        let wrong = Asset { display_name: String::new(), r#type: "No Type".to_owned(), ..Default::default() };
        records.push(Record::Asset(AssetRecord { external_id: "x".to_owned(), asset: Some(wrong), ..Default::default() }));
        let (summary, results, _) = import(&bench, records, ImportStart::default()).await;
        let counts = summary.counts.unwrap();
        assert_eq!((counts.created, counts.rejected), (6, 5));
        let reasons: Vec<(i64, &str)> = results.iter().filter(|result| !result.reason.is_empty()).map(|result| (result.position, result.reason.as_str())).collect();
        assert_eq!(
            reasons,
            [(7, "IMPORT_REFERENCE_UNKNOWN"), (8, "IMPORT_DUPLICATE"), (9, "DEPENDENCY_ON_SELF"), (10, "IMPORT_REFERENCE_UNKNOWN"), (11, "FIELD_INVALID")]
        );
    }

    async fn atomic_and_dry_runs_leave_nothing_behind(bench) {
        let mut records = estate();
        records.push(edge("a", "ghost"));
        let (undone, _, _) = import(&bench, records, ImportStart { atomic: true, ..Default::default() }).await;
        assert!(!undone.committed);
        let (dry, _, _) = import(&bench, estate(), ImportStart { dry_run: true, ..Default::default() }).await;
        assert_eq!((dry.committed, dry.counts.unwrap().created), (false, 6));
        let request = ListAssetsRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
        assert!(assets(&bench).list_assets(request).await.unwrap().into_inner().assets.is_empty());
        let (whole, _, _) = import(&bench, estate(), ImportStart { atomic: true, ..Default::default() }).await;
        assert_eq!((whole.committed, whole.counts.unwrap().created), (true, 6));
    }

    async fn a_cut_import_goes_on_where_it_was(bench) {
        let (_, _, token) = import(&bench, estate().into_iter().take(3).collect(), ImportStart::default()).await;
        let (rest, _, _) = import(&bench, estate(), ImportStart { resume_token: token, ..Default::default() }).await;
        let counts = rest.counts.unwrap();
        assert_eq!((counts.skipped, counts.created, counts.rejected), (3, 3, 0));
    }

    async fn an_id_that_another_asset_holds_rejects_its_item_alone(bench) {
        let claim = |id: &str, system: &str| {
            let Record::Asset(mut record) = asset(id, "", 1) else { unreachable!() };
            let ids = &mut record.asset.as_mut().unwrap().external_ids;
            ids.push(ExternalId { system: system.to_owned(), value: "17".to_owned(), ..Default::default() });
            Record::Asset(record)
        };
        // One claim of each batch is the second of its kind; then what stands is claimed by an update and by a creation.
        let (_, results, _) = import(&bench, vec![claim("a", "netbox"), claim("b", "netbox"), claim("c", "tmf")], ImportStart::default()).await;
        let reasons: Vec<&str> = results.iter().map(|result| result.reason.as_str()).collect();
        assert_eq!(reasons, ["", "VALUE_TAKEN", ""]);
        let (summary, results, _) = import(&bench, vec![claim("c", "netbox"), claim("d", "tmf"), asset("e", "", 1)], ImportStart::default()).await;
        let reasons: Vec<&str> = results.iter().map(|result| result.reason.as_str()).collect();
        assert_eq!(reasons, ["VALUE_TAKEN", "VALUE_TAKEN", ""]);
        assert!(results[0].message.contains("netbox 17"), "{}", results[0].message);
        assert_eq!(summary.counts.unwrap().created, 1);
    }

    async fn many_rows_at_once_are_what_one_by_one_would_be(bench) {
        // More than one statement takes at once, and a number that fills none of the portions.
        let records: Vec<Record> = (0..203).map(|n| asset(&format!("n{n}"), "", n % 4)).collect();
        let (first, ..) = import(&bench, records, ImportStart::default()).await;
        assert_eq!(first.counts.unwrap().created, 203);
        let records: Vec<Record> = (0..203).map(|n| asset(&format!("n{n}"), "", if n % 2 == 0 { 3 } else { n % 4 })).collect();
        let differ = (0..203).filter(|n| n % 2 == 0 && n % 4 != 3).count();
        let (second, ..) = import(&bench, records, ImportStart::default()).await;
        let counts = second.counts.unwrap();
        assert_eq!((counts.updated, counts.unchanged), (differ as i64, 203 - differ as i64));
        for (n, rating) in [(0, 3), (1, 1), (2, 3), (3, 3), (202, 3)] {
            assert_eq!(get(&bench, &format!("n{n}")).await.integrity, rating, "n{n}");
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_state_is_taken_over_only_from_who_may_answer_for_it(bench) {
        let Record::Asset(mut record) = asset("a", "", 2) else { unreachable!() };
        let draft = record.asset.as_mut().unwrap();
        draft.set_state(State::InService);
        (draft.owner, draft.classification) = ("role:network-operations".to_owned(), "secret".to_owned());
        let records = vec![Record::Asset(record)];
        let (ignored, ..) = import(&bench, records.clone(), ImportStart::default()).await;
        assert_eq!(ignored.counts.unwrap().created, 1);
        assert_eq!(get(&bench, "a").await.state(), State::Surveyed);
        let start = ImportStart { parent: "organizations/acme".to_owned(), source: "oss".to_owned(), accept_states: true, ..Default::default() };
        let message = ImportAssetsRequest { part: Some(Part::Start(start)) };
        let mut client = ImportServiceClient::new(bench.client("oss", &["acme"], &["integrator"]));
        let mut answers = client.import_assets(futures::stream::iter([message])).await.unwrap().into_inner();
        let refused = answers.next().await.unwrap().unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
    }

    async fn what_a_full_import_no_longer_lists_is_flagged_and_stays(bench) {
        let all = || (0..10).map(|n| asset(&format!("n{n}"), "", 1)).collect::<Vec<_>>();
        let full = || ImportStart { full: true, ..Default::default() };
        let unlisted = async || {
            let request = ListAssetsRequest { parent: "organizations/acme".to_owned(), filter: "unlisted_by:\"oss\"".to_owned(), ..Default::default() };
            let listed = assets(&bench).list_assets(request).await.unwrap().into_inner().assets;
            listed.into_iter().map(|asset| asset.display_name).collect::<Vec<_>>()
        };
        let (first, ..) = import(&bench, all(), full()).await;
        assert_eq!((first.counts.unwrap().created, first.unlisted_assets), (10, 0));
        assets(&bench).create_asset(wire::assets::v1::CreateAssetRequest {
            parent: "organizations/acme".to_owned(),
            asset_id: "by-hand".to_owned(),
            asset: Some(Asset { display_name: "By hand".to_owned(), r#type: "router".to_owned(), ..Default::default() }),
        }).await.unwrap();

        let (part, ..) = import(&bench, all().into_iter().take(7).collect(), ImportStart::default()).await;
        assert_eq!(part.unlisted_assets, 0, "only a full import says what is missing");
        // Half of it, one of them wrong: that one is listed all the same.
        let mut half: Vec<Record> = all().into_iter().take(5).collect();
        let Record::Asset(wrong) = &mut half[4] else { unreachable!() };
        wrong.asset.as_mut().unwrap().display_name = String::new();
        let dry = ImportStart { dry_run: true, ..full() };
        assert_eq!(import(&bench, half.clone(), dry).await.0.unlisted_assets, 5);
        assert!(unlisted().await.is_empty(), "a dry run only says so");
        let (second, ..) = import(&bench, half.clone(), full()).await;
        assert_eq!((second.unlisted_assets, second.counts.unwrap().rejected), (5, 1));
        assert_eq!(unlisted().await, ["Asset n5", "Asset n6", "Asset n7", "Asset n8", "Asset n9"]);
        assert_eq!(import(&bench, half, full()).await.0.unlisted_assets, 0, "what is flagged is not flagged again");

        let (nothing, ..) = import(&bench, vec![estate().remove(0)], full()).await;
        assert_eq!(nothing.unlisted_assets, 0, "a source that lists no asset is broken rather than empty");
        let (again, ..) = import(&bench, all(), full()).await;
        assert_eq!((again.counts.unwrap().updated, again.unlisted_assets), (5, 0));
        assert!(unlisted().await.is_empty(), "what is listed again is so no more");
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }
}
