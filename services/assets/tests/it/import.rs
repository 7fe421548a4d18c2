//! Import: idempotent, item by item, all or nothing when asked.

use futures::StreamExt as _;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::{
    Asset, AssetRecord, DependencyRecord, ImportAssetsRequest, ImportBatch, ImportItem, ImportResult, ImportStart,
    ImportSummary, ListAssetsRequest, Site, SiteRecord,
};

use crate::{assets, get, on_every_database};

fn asset(id: &str, site: &str, ratings: i32) -> Record {
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

fn edge(dependent: &str, supporting: &str) -> Record {
    Record::Dependency(DependencyRecord {
        dependent_external_id: dependent.to_owned(),
        supporting_external_id: supporting.to_owned(),
        ..Default::default()
    })
}

fn estate() -> Vec<Record> {
    let site = Site { display_name: "Hub".to_owned(), r#type: "equipment-room".to_owned(), ..Default::default() };
    let site = Record::Site(SiteRecord { external_id: "s1".to_owned(), site: Some(site) });
    vec![site, asset("a", "s1", 3), asset("b", "s1", 1), asset("c", "", 0), edge("a", "b"), edge("b", "c")]
}

async fn import(
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

/// Entries of the ledger, also those without a place yet.
async fn entries(bench: &testkit::Bench) -> i64 {
    let row = bench.database.row(bench.database.sql("SELECT COUNT(*) FROM ledger")).await.unwrap();
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
}
