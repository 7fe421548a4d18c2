//! How many subscribers are behind an asset.

use wire::assets::v1::{
    AnalyzeAssetImpactRequest, Asset, CreateAssetRequest, CreateDependencyRequest, Dependency, ListAssetsRequest,
    ServiceDetails,
};

use crate::{assets, dependencies, on_every_database};

fn name(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

async fn create(bench: &testkit::Bench, id: &str, subscribers: i64) {
    let service = ServiceDetails {
        subscribers,
        service_areas: vec!["north".to_owned()],
        basis: "active lines in billing".to_owned(),
        ..Default::default()
    };
    let asset = Asset {
        display_name: id.to_owned(),
        r#type: "router".to_owned(),
        service: (subscribers > 0).then_some(service),
        ..Default::default()
    };
    let parent = "organizations/acme".to_owned();
    let request = CreateAssetRequest { parent, asset_id: id.to_owned(), asset: Some(asset) };
    assets(bench).create_asset(request).await.unwrap();
}

async fn depend(bench: &testkit::Bench, dependent: &str, supporting: &str) {
    let dependency = Dependency { dependent: name(dependent), supporting: name(supporting), ..Default::default() };
    let parent = "organizations/acme".to_owned();
    let request =
        CreateDependencyRequest { parent, dependency: Some(dependency), allow_cycle: true, ..Default::default() };
    dependencies(bench).create_dependency(request).await.unwrap();
}

on_every_database! {
    async fn each_service_behind_an_asset_counts_once(bench) {
        for (id, subscribers) in [("power", 0), ("router", 0), ("spare", 0), ("voice", 22_000), ("data", 21_000), ("elsewhere", 7)] {
            create(&bench, id, subscribers).await;
        }
        // Two ways from voice to power, and a circle between voice and data.
        for (dependent, supporting) in [("router", "power"), ("spare", "power"), ("voice", "router"), ("voice", "spare"), ("data", "voice"), ("voice", "data")] {
            depend(&bench, dependent, supporting).await;
        }
        let impact = async |id: &str| {
            let request = AnalyzeAssetImpactRequest { name: name(id), ..Default::default() };
            assets(&bench).analyze_asset_impact(request).await.unwrap().into_inner()
        };
        let power = impact("power").await;
        assert_eq!((power.subscribers, power.services_total), (43_000, 2));
        let listed: Vec<(&str, i64)> = power.services.iter().map(|hit| (hit.display_name.as_str(), hit.service.as_ref().unwrap().subscribers)).collect();
        assert_eq!(listed, [("voice", 22_000), ("data", 21_000)], "the greatest first");
        let told = power.services[0].service.as_ref().unwrap();
        assert_eq!((told.basis.as_str(), told.service_areas.len()), ("active lines in billing", 1));
        let voice = impact("voice").await;
        assert_eq!((voice.subscribers, voice.total), (43_000, 1), "its own subscribers count too");
        let elsewhere = impact("elsewhere").await;
        assert_eq!((elsewhere.subscribers, elsewhere.services.len(), elsewhere.total), (7, 1, 0));
        let filter = "subscribers > 21500".to_owned();
        let request = ListAssetsRequest { parent: "organizations/acme".to_owned(), filter, ..Default::default() };
        assert_eq!(assets(&bench).list_assets(request).await.unwrap().into_inner().assets.len(), 1);
        testkit::ledger_holds(&bench, &assets::tables()).await;
    }

    async fn the_largest_twenty_are_listed_and_all_are_summed(bench) {
        create(&bench, "power", 0).await;
        for n in 1..=25 {
            let id = format!("s{n:02}");
            create(&bench, &id, n).await;
            depend(&bench, &id, "power").await;
        }
        let request = AnalyzeAssetImpactRequest { name: name("power"), page_size: 3, ..Default::default() };
        let power = assets(&bench).analyze_asset_impact(request).await.unwrap().into_inner();
        assert_eq!((power.subscribers, power.services_total, power.services.len(), power.assets.len()), (325, 25, 20, 3));
        assert_eq!(power.services.iter().map(|hit| hit.service.as_ref().unwrap().subscribers).collect::<Vec<_>>(), (6..=25).rev().collect::<Vec<_>>());
    }
}
