//! How well the register is kept, in numbers with what they are numbers of.

use testkit::Bench;
use wire::assets::v1::change_request::Kind;
use wire::assets::v1::change_request_service_client::ChangeRequestServiceClient;
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::{
    ApproveChangeRequestRequest, Asset, ChangeRequest, CompleteChangeRequestRequest, CreateAssetRequest,
    CreateChangeRequestRequest, CreateSiteRequest, Ratio, Site, SummarizeAssetsRequest, SummarizeAssetsResponse,
    VerifyAssetRequest,
};

use crate::{assets, on_every_database};

async fn site(bench: &Bench, id: &str, site_type: &str) {
    let site = Site { display_name: id.to_owned(), r#type: site_type.to_owned(), ..Default::default() };
    let request =
        CreateSiteRequest { parent: "organizations/acme".to_owned(), site_id: id.to_owned(), site: Some(site) };
    let mut sites = SiteServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
    sites.create_site(request).await.unwrap();
}

async fn asset(bench: &Bench, id: &str, site: &str, owner: &str, verified: Option<&str>) {
    let site = if site.is_empty() { String::new() } else { format!("organizations/acme/sites/{site}") };
    let asset = Asset {
        display_name: id.to_owned(),
        r#type: "router".to_owned(),
        site,
        owner: owner.to_owned(),
        verify_time: verified.map(|time| time.parse().unwrap()),
        ..Default::default()
    };
    let request =
        CreateAssetRequest { parent: "organizations/acme".to_owned(), asset_id: id.to_owned(), asset: Some(asset) };
    assets(bench).create_asset(request).await.unwrap();
}

async fn verify(bench: &Bench, id: &str) {
    let request = VerifyAssetRequest {
        name: format!("organizations/acme/assets/{id}"),
        verification_method: "inspection".to_owned(),
        ..Default::default()
    };
    assets(bench).verify_asset(request).await.unwrap();
}

async fn dispose(bench: &Bench, id: &str) {
    let change = ChangeRequest {
        asset: format!("organizations/acme/assets/{id}"),
        kind: Kind::Dispose.into(),
        reason: "gone".to_owned(),
        ..Default::default()
    };
    let parent = "organizations/acme".to_owned();
    let mut ana = ChangeRequestServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
    let mut bo = ChangeRequestServiceClient::new(bench.client("bo", &["acme"], &["approver"]));
    let request = CreateChangeRequestRequest { parent, change_request: Some(change), ..Default::default() };
    let name = ana.create_change_request(request).await.unwrap().into_inner().name;
    let approve = ApproveChangeRequestRequest { name: name.clone(), ..Default::default() };
    bo.approve_change_request(approve).await.unwrap();
    ana.complete_change_request(CompleteChangeRequestRequest { name, ..Default::default() }).await.unwrap();
}

async fn summary(bench: &Bench) -> SummarizeAssetsResponse {
    let request = SummarizeAssetsRequest { parent: "organizations/acme".to_owned() };
    assets(bench).summarize_assets(request).await.unwrap().into_inner()
}

fn of(ratio: Option<&Ratio>) -> (i64, i64) {
    let ratio = ratio.unwrap();
    (ratio.numerator, ratio.denominator)
}

on_every_database! {
    async fn coverage_and_shadow_have_numerator_and_denominator(bench) {
        let nothing = summary(&bench).await;
        assert_eq!((of(nothing.coverage.as_ref()), of(nothing.shadow.as_ref()), of(nothing.unlisted_rate.as_ref())), ((0, 0), (0, 0), (0, 0)));
        site(&bench, "hill", "isolated-area").await;
        site(&bench, "dale", "isolated-area").await;
        site(&bench, "hall", "data-centre").await;
        asset(&bench, "a", "hill", "", None).await;
        asset(&bench, "b", "dale", "Radio", None).await;
        asset(&bench, "c", "hall", "Core", Some("2001-01-01T00:00:00Z")).await;
        asset(&bench, "d", "", "", None).await;
        asset(&bench, "gone", "hall", "", None).await;
        verify(&bench, "b").await;
        verify(&bench, "gone").await;
        dispose(&bench, "gone").await;
        let estate = summary(&bench).await;
        assert_eq!(of(estate.coverage.as_ref()), (1, 4), "b alone: what was verified in 2001 is past the review cycle, what is gone is not asked for");
        assert_eq!(of(estate.shadow.as_ref()), (2, 5), "a and d: found, and nobody answers for them");
        assert_eq!(of(estate.unlisted_rate.as_ref()), (0, 5));
        let by_type: Vec<(&str, i64, i64)> = estate.site_type_coverage.iter().map(|ratio| (ratio.key.as_str(), ratio.numerator, ratio.denominator)).collect();
        assert_eq!(by_type, [("isolated-area", 1, 2), ("", 0, 1), ("data-centre", 0, 1)]);
    }
}
