//! What each call costs in statements, for one item and for fifty: a call that asks once per item shows as a difference.

use std::fmt::Write as _;
use std::sync::Arc;

use futures::StreamExt as _;
use testkit::{Bench, Client};
use wire::assets::v1 as api;
use wire::changes::v1::change_service_client::ChangeServiceClient;

use crate::on_every_database;

/// How often each call is made; the least is what it costs.
const TURNS: usize = 3;
const SIZES: [usize; 2] = [1, 50];

/// The callers and names of one organization, in which there are `size` of whatever the call is about.
struct Estate<'a> {
    bench: &'a Bench,
    client: Client,
    parent: String,
    size: usize,
}

impl<'a> Estate<'a> {
    fn new(bench: &'a Bench, size: usize) -> Self {
        let organization = format!("of-{size}");
        let client = bench.client("ana", &[&organization], &["administrator"]);
        Self { bench, client, parent: format!("organizations/{organization}"), size }
    }

    fn name(&self, id: &str) -> String {
        format!("{}/assets/{id}", self.parent)
    }

    fn assets(&self) -> api::asset_service_client::AssetServiceClient<Client> {
        api::asset_service_client::AssetServiceClient::new(self.client.clone())
    }

    fn dependencies(&self) -> api::dependency_service_client::DependencyServiceClient<Client> {
        api::dependency_service_client::DependencyServiceClient::new(self.client.clone())
    }

    /// An asset with `size` labels and as many identifiers, in the same prefix as all others.
    fn asset(&self, id: &str) -> api::Asset {
        let prefix = |n: usize| api::NetworkIdentifier {
            kind: api::network_identifier::Kind::Prefix.into(),
            value: format!("10.0.{n}.0/24"),
        };
        api::Asset {
            name: self.name(id),
            display_name: id.to_owned(),
            r#type: "router".to_owned(),
            owner: "Transport".to_owned(),
            labels: (0..self.size).map(|n| (format!("k{n}"), "v".to_owned())).collect(),
            network_identifiers: (0..self.size).map(prefix).collect(),
            external_ids: vec![api::ExternalId {
                system: "oss".to_owned(),
                value: id.to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    async fn create(&self, id: &str) -> api::Asset {
        let request = api::CreateAssetRequest {
            parent: self.parent.clone(),
            asset_id: id.to_owned(),
            asset: Some(self.asset(id)),
        };
        self.assets().create_asset(request).await.unwrap().into_inner()
    }

    async fn rate(&self, id: &str, rating: i32) {
        let asset = api::Asset {
            name: self.name(id),
            confidentiality: rating,
            integrity: rating,
            availability: rating,
            ..Default::default()
        };
        let request = api::UpdateAssetRequest { asset: Some(asset), update_mask: None };
        self.assets().update_asset(request).await.unwrap();
    }

    async fn depend(&self, id: &str, dependent: &str, supporting: &str) {
        let dependency = api::Dependency {
            dependent: self.name(dependent),
            supporting: self.name(supporting),
            ..Default::default()
        };
        let request = api::CreateDependencyRequest {
            parent: self.parent.clone(),
            dependency_id: id.to_owned(),
            dependency: Some(dependency),
            ..Default::default()
        };
        self.dependencies().create_dependency(request).await.unwrap();
    }

    /// `size` assets that depend on `base` and on which `top` depends.
    async fn fill(&self) {
        self.create("base").await;
        self.create("top").await;
        for n in 0..self.size {
            let id = format!("a{n}");
            self.create(&id).await;
            self.depend(&format!("below-{n}"), &id, "base").await;
            self.depend(&format!("above-{n}"), "top", &id).await;
        }
    }

    async fn import(&self, turn: usize) {
        use api::import_assets_request::Part;
        let start = api::ImportStart { parent: self.parent.clone(), source: "crm".to_owned(), ..Default::default() };
        let item = |n: usize| {
            let id = format!("t{turn}-{n}");
            let asset = api::Asset { display_name: id.clone(), r#type: "router".to_owned(), ..Default::default() };
            let record = api::AssetRecord { external_id: id, asset: Some(asset), ..Default::default() };
            let record = Some(api::import_item::Record::Asset(record));
            api::ImportItem { position: n as i64, record, ..Default::default() }
        };
        let batch = api::ImportBatch { items: (0..self.size).map(item).collect() };
        let parts = [Part::Start(start), Part::Batch(batch)].map(|part| api::ImportAssetsRequest { part: Some(part) });
        let mut client = api::import_service_client::ImportServiceClient::new(self.client.clone());
        let answers = client.import_assets(futures::stream::iter(parts)).await.unwrap().into_inner();
        assert!(answers.collect::<Vec<_>>().await.iter().all(Result::is_ok));
    }

    /// The fewest statements that a call ran, of several times.
    async fn cost(&self, mut call: impl AsyncFnMut(usize)) -> i64 {
        let mut least = i64::MAX;
        for turn in 0..TURNS {
            let before = self.bench.database.statements();
            call(turn).await;
            least = least.min(self.bench.database.statements() - before);
        }
        least
    }
}

/// What the calls of an organization cost, in the order of the file.
async fn costs(estate: &Estate<'_>) -> Vec<(&'static str, i64)> {
    let mut costs = reads(estate).await;
    costs.extend(writes(estate).await);
    costs
}

async fn reads(estate: &Estate<'_>) -> Vec<(&'static str, i64)> {
    let (assets, parent) = (|| estate.assets(), || estate.parent.clone());
    let list = |filter: &str, order_by: &str| api::ListAssetsRequest {
        parent: parent(),
        page_size: 1000,
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..Default::default()
    };
    let lookup = |network: &str, external: Option<&str>| api::LookupAssetsRequest {
        parent: parent(),
        network_identifier: network.to_owned(),
        external_id: external.map(|value| api::ExternalId {
            system: "oss".to_owned(),
            value: value.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut costs = Vec::new();
    let get = estate.cost(async |_| {
        assets().get_asset(api::GetAssetRequest { name: estate.name("base") }).await.unwrap();
    });
    costs.push(("GetAsset", get.await));
    for (what, request) in [
        ("ListAssets", list("", "")),
        ("ListAssets, by a label", list("labels.k0=\"v\"", "")),
        ("ListAssets, by owner, in order", list("owner=\"Transport\"", "effective_value desc")),
    ] {
        let listed = estate.cost(async |_| {
            let page = assets().list_assets(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.assets.len(), estate.size + 2);
        });
        costs.push((what, listed.await));
    }
    for (what, request) in [
        ("LookupAssets, by external id", lookup("", Some("base"))),
        ("LookupAssets, by address", lookup("10.0.0.7", None)),
    ] {
        let found = estate.cost(async |_| {
            let found = assets().lookup_assets(request.clone()).await.unwrap().into_inner();
            assert!(!found.matches.is_empty());
        });
        costs.push((what, found.await));
    }
    let impact = estate.cost(async |_| {
        let request = api::AnalyzeAssetImpactRequest { name: estate.name("base"), ..Default::default() };
        let hit = assets().analyze_asset_impact(request).await.unwrap().into_inner();
        assert_eq!(hit.total, estate.size as i64 + 1);
    });
    costs.push(("AnalyzeAssetImpact", impact.await));
    let summary = estate.cost(async |_| {
        assets().summarize_assets(api::SummarizeAssetsRequest { parent: parent() }).await.unwrap();
    });
    costs.push(("SummarizeAssets", summary.await));
    let dependencies = estate.cost(async |_| {
        let request = api::ListDependenciesRequest { parent: parent(), page_size: 1000, ..Default::default() };
        estate.dependencies().list_dependencies(request).await.unwrap();
    });
    costs.push(("ListDependencies", dependencies.await));
    let changes = estate.cost(async |_| {
        let request = wire::changes::v1::ListChangesRequest { parent: parent(), page_size: 1000, ..Default::default() };
        ChangeServiceClient::new(estate.client.clone()).list_changes(request).await.unwrap();
    });
    costs.push(("ListChanges", changes.await));
    costs
}

async fn writes(estate: &Estate<'_>) -> Vec<(&'static str, i64)> {
    let mut costs = Vec::new();
    let create = estate.cost(async |turn| {
        estate.create(&format!("new-{turn}")).await;
    });
    costs.push(("CreateAsset, of N labels", create.await));
    let update = estate.cost(async |turn| {
        let asset = api::Asset { name: estate.name("base"), description: format!("turn {turn}"), ..Default::default() };
        let request = api::UpdateAssetRequest { asset: Some(asset), update_mask: None };
        estate.assets().update_asset(request).await.unwrap();
    });
    costs.push(("UpdateAsset", update.await));
    let labels = estate.cost(async |turn| {
        let labels = (0..estate.size).map(|n| (format!("k{n}"), format!("turn {turn}"))).collect();
        let asset = api::Asset { name: estate.name("new-0"), labels, ..Default::default() };
        let request = api::UpdateAssetRequest { asset: Some(asset), update_mask: None };
        estate.assets().update_asset(request).await.unwrap();
    });
    costs.push(("UpdateAsset, of N labels", labels.await));
    let rate = estate.cost(async |turn| estate.rate("top", 1 + (turn % 3) as i32).await);
    costs.push(("UpdateAsset, whose value N inherit", rate.await));
    let identify = estate.cost(async |turn| {
        let request = api::IdentifyAssetRequest { name: estate.name(&format!("new-{turn}")), ..Default::default() };
        estate.assets().identify_asset(request).await.unwrap();
    });
    costs.push(("IdentifyAsset", identify.await));
    let depend = estate.cost(async |turn| estate.depend(&format!("new-{turn}"), "top", &format!("new-{turn}")).await);
    costs.push(("CreateDependency", depend.await));
    let free = estate.cost(async |turn| {
        let name = format!("{}/dependencies/new-{turn}", estate.parent);
        let request = api::DeleteDependencyRequest { name, ..Default::default() };
        estate.dependencies().delete_dependency(request).await.unwrap();
    });
    costs.push(("DeleteDependency", free.await));
    let delete = estate.cost(async |turn| {
        let request = api::DeleteAssetRequest { name: estate.name(&format!("new-{turn}")), ..Default::default() };
        estate.assets().delete_asset(request).await.unwrap();
    });
    costs.push(("DeleteAsset, of N labels", delete.await));
    let site = estate.cost(async |_| {
        let site = api::Site { display_name: "Hub".to_owned(), r#type: "office".to_owned(), ..Default::default() };
        let request = api::CreateSiteRequest { parent: estate.parent.clone(), site: Some(site), ..Default::default() };
        api::site_service_client::SiteServiceClient::new(estate.client.clone()).create_site(request).await.unwrap();
    });
    costs.push(("CreateSite", site.await));
    let import = estate.cost(async |turn| estate.import(turn).await);
    costs.push(("ImportAssets, of N assets", import.await));
    costs
}

/// Stops what numbers the ledger on PostgreSQL for as long as the answer lives, so that its statements do not count.
async fn still(bench: &Bench) -> store::Transaction {
    let database = &bench.database;
    loop {
        let waiting = database.row(database.sql("SELECT COUNT(*) FROM ledger WHERE seq IS NULL")).await.unwrap();
        if waiting.unwrap().try_get_by_index::<i64>(0).unwrap() == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let context = access::Context {
        caller: Arc::new(access::Caller::service(assets::NAME, "acme")),
        method: "test".into(),
        trace: String::new(),
        roles: Arc::default(),
        clock: Arc::new(access::SystemClock),
    };
    let mut held = database.begin(&context).await.unwrap();
    held.row(held.sql("SELECT pg_advisory_xact_lock(7310601)")).await.unwrap();
    // A round that was under way ends with a question of its own.
    let mut before = -1;
    while before != database.statements() {
        before = database.statements();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    held
}

fn page(dialect: &str, one: &[(&'static str, i64)], fifty: &[(&'static str, i64)]) -> String {
    let mut page = format!(
        "Statements that a call runs on {dialect}, where there is 1 of what it is about and where there are 50.\n\
         Written by the test `calls_run_as_many_statements_as_is_written`. A call that asks once per item shows here.\n\n\
         {:<40}{:>5}{:>5}\n",
        "", 1, 50
    );
    for ((what, one), (_, fifty)) in one.iter().zip(fifty) {
        let _ = writeln!(page, "{what:<40}{one:>5}{fifty:>5}");
    }
    page
}

on_every_database! {
    async fn calls_run_as_many_statements_as_is_written(bench) {
        let estates = SIZES.map(|size| Estate::new(&bench, size));
        for estate in &estates {
            estate.fill().await;
        }
        let postgres = bench.database.dialect() == store::Dialect::Postgres;
        let _still = if postgres { Some(still(&bench).await) } else { None };
        let mut measured = Vec::new();
        for estate in &estates {
            measured.push(costs(estate).await);
        }
        let (dialect, file) = match bench.database.dialect() {
            store::Dialect::Sqlite => ("SQLite", "statements.sqlite.txt"),
            store::Dialect::Postgres => ("PostgreSQL", "statements.postgres.txt"),
        };
        let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it")).join(file);
        let made = page(dialect, &measured[0], &measured[1]);
        if std::env::var_os("TELWARDEN_WRITE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let held = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(held == made, "{file} is not what was counted; read the difference, then run with TELWARDEN_WRITE=1:\n{made}");
    }
}
