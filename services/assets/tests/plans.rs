//! How SQLite runs what the calls that must stay fast ask of it: by an index, never through a whole table; pages of lists in
//! the order of an index, never sorted. One test, because a process has one log, in which the statements are told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use access::SystemClock;
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use testkit::{Bench, Client};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use wire::assets::v1 as api;

const ACME: &str = "organizations/acme";

/// The statements that ran, with their values.
#[derive(Clone, Default)]
struct Ran(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Ran {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("sea_orm") {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

impl Ran {
    /// What has run since this was asked last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// How SQLite would run a statement, one step a line.
async fn plan(database: &sea_orm::DatabaseConnection, statement: &str) -> Vec<String> {
    let explain = Statement::from_string(DatabaseBackend::Sqlite, format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = database.query_all_raw(explain).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect()
}

/// Whether a step reads a whole table or index. What is given as a list in the call itself is no table, and the end of the ledger,
/// which a write goes on from, is read by its key.
fn scans(step: &str) -> bool {
    let given = ["VIRTUAL TABLE", "CONSTANT ROW", "VALUES CLAUSE", "SCAN became"];
    step.starts_with("SCAN ") && !given.iter().any(|list| step.contains(list)) && step != "SCAN ledger"
}

/// Whether a step goes through everything of an organization, though the call asks for a part of it: an index of which only the
/// first column serves. A page of a list reads just so, and ends with the page.
fn goes_through_all(what: &str, step: &str) -> bool {
    let large = ["dependency_by_", "asset_by_", "autoindex_dependency_", "autoindex_asset_"];
    !what.contains("page") && step.ends_with("(organization=?)") && large.iter().any(|index| step.contains(index))
}

/// Whether a step of a list sorts: then a page costs what all rows cost.
fn sorts(what: &str, step: &str) -> bool {
    what.contains("page") && step.contains("USE TEMP B-TREE")
}

fn assets(client: &Client) -> api::asset_service_client::AssetServiceClient<Client> {
    api::asset_service_client::AssetServiceClient::new(client.clone())
}

/// Three hundred assets, each of which depends on the one before.
async fn fill(client: &Client) {
    use api::import_assets_request::Part;
    use api::import_item::Record;
    use futures::StreamExt as _;
    let start = api::ImportStart { parent: ACME.to_owned(), source: "oss".to_owned(), ..Default::default() };
    let asset = |n: i64| {
        let address = api::NetworkIdentifier {
            kind: api::network_identifier::Kind::Ip.into(),
            value: format!("10.0.{}.{}", n / 200, n % 200),
        };
        let asset = api::Asset {
            display_name: format!("Router {n}"),
            r#type: "router".to_owned(),
            owner: format!("Team {}", n % 7),
            labels: [("env".to_owned(), format!("e{}", n % 5))].into(),
            network_identifiers: vec![address],
            ..Default::default()
        };
        Record::Asset(api::AssetRecord { external_id: n.to_string(), asset: Some(asset), ..Default::default() })
    };
    let edge = |n: i64| {
        Record::Dependency(api::DependencyRecord {
            dependent_external_id: n.to_string(),
            supporting_external_id: (n - 1).to_string(),
            ..Default::default()
        })
    };
    let records = (0..300).map(asset).chain((1..300).map(edge));
    let items = records.zip(1..).map(|(record, position)| api::ImportItem {
        position,
        record: Some(record),
        ..Default::default()
    });
    let batch = api::ImportBatch { items: items.collect() };
    let parts = [Part::Start(start), Part::Batch(batch)].map(|part| api::ImportAssetsRequest { part: Some(part) });
    let mut importing = api::import_service_client::ImportServiceClient::new(client.clone());
    let answers = importing.import_assets(futures::stream::iter(parts)).await.unwrap().into_inner();
    assert!(answers.collect::<Vec<_>>().await.iter().all(Result::is_ok));
}

/// Lists, and gives the token of the next page.
async fn list(client: &Client, filter: &str, order_by: &str, page_token: &str) -> String {
    let request = api::ListAssetsRequest {
        parent: ACME.to_owned(),
        page_size: 20,
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        page_token: page_token.to_owned(),
    };
    let page = assets(client).list_assets(request).await.unwrap().into_inner();
    assert!(!page.assets.is_empty(), "{filter} {order_by}");
    page.next_page_token
}

/// A page far down a list.
async fn deep(client: &Client, order_by: &str) -> String {
    let mut token = String::new();
    for _ in 0..10 {
        token = list(client, "", order_by, &token).await;
    }
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_that_must_stay_fast_reads_a_whole_table_and_no_list_sorts() {
    let ran = Ran::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ran.clone())).unwrap();
    let bench = Bench::start(assets::NAME, &::assets::tables(), None, &::assets::services(), |database| async move {
        ::assets::service(&database, Arc::new(SystemClock)).await.unwrap()
    })
    .await;
    let client = bench.client("ana", &["acme"], &["administrator"]);
    fill(&client).await;
    let file = format!("sqlite://{}?mode=ro", bench.folder.path().join("assets.db").display());
    let beside = sea_orm::Database::connect(file).await.unwrap();

    let lookup = |request| {
        let client = client.clone();
        async move {
            let found = assets(&client).lookup_assets(request).await.unwrap().into_inner();
            assert_eq!(found.matches.len(), 1);
            found.matches.into_iter().next().unwrap().asset.unwrap()
        }
    };
    let by_address = api::LookupAssetsRequest {
        parent: ACME.to_owned(),
        network_identifier: "10.0.1.7".to_owned(),
        ..Default::default()
    };
    let oss = api::ExternalId { system: "oss".to_owned(), value: "7".to_owned(), ..Default::default() };
    let by_external_id =
        api::LookupAssetsRequest { parent: ACME.to_owned(), external_id: Some(oss), ..Default::default() };

    let through = plan(&beside, "SELECT id FROM asset WHERE owner = 'x'").await;
    assert!(through.iter().any(|step| scans(step)), "a way through a whole table is told from others: {through:?}");
    let sorted = plan(&beside, "SELECT id FROM asset WHERE organization = 'acme' ORDER BY vendor, id").await;
    assert!(sorted.iter().any(|step| sorts("page", step)), "sorting is told from reading in order: {sorted:?}");

    let mut slow = Vec::new();
    let mut checked = 0;
    let mut check = async |what: &str| {
        let statements = ran.take();
        let known = ["SELECT", "INSERT", "UPDATE", "DELETE"];
        let reads = statements.iter().filter(|text| known.iter().any(|verb| text.starts_with(verb)));
        for statement in reads {
            checked += 1;
            let steps = plan(&beside, statement).await;
            slow.extend(
                steps
                    .iter()
                    .filter(|step| scans(step) || sorts(what, step) || goes_through_all(what, step))
                    .map(|step| format!("{what}: {step}\n    {statement}")),
            );
        }
        ran.take();
        assert!(!statements.is_empty(), "{what} asks the database");
    };
    ran.take();
    for (what, filter, order_by) in [
        ("a first page", "", ""),
        ("a first page in order", "", "effective_value desc"),
        ("a first page by owner", "owner = \"Team 3\"", ""),
        ("a first page by type", "type = router", ""),
        ("a first page by label", "labels.env = \"e3\"", ""),
        ("a first page of a prefix", "display_name = \"Router 1*\"", "display_name"),
    ] {
        list(&client, filter, order_by, "").await;
        check(what).await;
    }
    for order_by in ["", "effective_value desc", "update_time"] {
        let token = deep(&client, order_by).await;
        ran.take();
        list(&client, "", order_by, &token).await;
        check(&format!("a deep page in the order {order_by:?}")).await;
    }
    let found = lookup(by_external_id).await;
    check("a lookup by external id").await;
    lookup(by_address).await;
    check("a lookup by address").await;
    assets(&client).get_asset(api::GetAssetRequest { name: found.name.clone() }).await.unwrap();
    check("a get").await;
    let impact = api::AnalyzeAssetImpactRequest { name: found.name.clone(), ..Default::default() };
    assets(&client).analyze_asset_impact(impact).await.unwrap();
    check("an impact").await;
    let explain = api::ExplainAssetValueRequest { name: found.name.clone() };
    assets(&client).explain_asset_value(explain).await.unwrap();
    check("an explanation").await;
    let around = api::ExploreAssetNeighbourhoodRequest { name: found.name.clone(), max_depth: 2, ..Default::default() };
    assets(&client).explore_asset_neighbourhood(around).await.unwrap();
    check("a neighbourhood").await;
    let rated = api::Asset {
        name: found.name.clone(),
        confidentiality: 3,
        integrity: 3,
        availability: 3,
        ..Default::default()
    };
    assets(&client).update_asset(api::UpdateAssetRequest { asset: Some(rated), update_mask: None }).await.unwrap();
    check("a rating whose value flows").await;
    let inherited = api::ExplainAssetValueRequest { name: format!("{ACME}/assets/0") };
    let explained = assets(&client).explain_asset_value(inherited).await.unwrap().into_inner();
    assert!(explained.path.len() > 2, "{explained:?}");
    check("an explanation of an inherited value").await;
    let edge =
        api::Dependency { dependent: found.name.clone(), supporting: format!("{ACME}/assets/1"), ..Default::default() };
    let request =
        api::CreateDependencyRequest { parent: ACME.to_owned(), dependency: Some(edge), ..Default::default() };
    let mut dependencies = api::dependency_service_client::DependencyServiceClient::new(client.clone());
    dependencies.create_dependency(request).await.unwrap();
    check("a new dependency").await;
    assert!(checked >= 40, "the statements are told: {checked}");
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
