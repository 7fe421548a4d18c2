//! The asset registry as its callers see it, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod asset;
mod asset_type;
mod change_request;
mod coverage;
mod dependency;
mod disclosure_request;
mod essential_user;
mod feed;
mod import;
mod interconnect;
mod ledger;
mod locks;
mod lookup;
mod neighbourhood;
mod provenance;
mod quarantined_record;
mod recovery;
mod schema;
mod selector;
mod service_security_level;
mod source;
mod statements;
mod subscribers;
mod survey;
mod value_override;
mod verification_campaign;

use std::sync::Arc;

use access::SystemClock;
use testkit::Bench;
use wire::assets::v1 as api;

/// The registry, serving.
async fn registry(postgres: Option<&str>) -> Bench {
    registry_at(Arc::new(SystemClock), postgres).await
}

/// The registry, serving by a clock.
async fn registry_at(clock: Arc<dyn access::Clock>, postgres: Option<&str>) -> Bench {
    let own = Arc::clone(&clock);
    Bench::start_at(clock, assets::NAME, &assets::tables(), postgres, &assets::services(), |database| async move {
        assets::service(&database, own).await.unwrap()
    })
    .await
}

type Assets = api::asset_service_client::AssetServiceClient<testkit::Client>;
type Dependencies = api::dependency_service_client::DependencyServiceClient<testkit::Client>;

fn assets(bench: &Bench) -> Assets {
    Assets::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

fn dependencies(bench: &Bench) -> Dependencies {
    Dependencies::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

/// Creates an asset with ratings; its id is its name.
async fn rated(bench: &Bench, id: &str, ratings: (i32, i32, i32)) -> api::Asset {
    let asset = api::Asset {
        display_name: id.to_owned(),
        r#type: "router".to_owned(),
        confidentiality: ratings.0,
        integrity: ratings.1,
        availability: ratings.2,
        ..Default::default()
    };
    let request = api::CreateAssetRequest {
        parent: "organizations/acme".to_owned(),
        asset_id: id.to_owned(),
        asset: Some(asset),
    };
    assets(bench).create_asset(request).await.unwrap().into_inner()
}

async fn get(bench: &Bench, id: &str) -> api::Asset {
    let name = format!("organizations/acme/assets/{id}");
    assets(bench).get_asset(api::GetAssetRequest { name }).await.unwrap().into_inner()
}

pub(crate) use testkit::on_every_database;
