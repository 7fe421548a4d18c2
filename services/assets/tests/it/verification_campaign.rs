//! A campaign is worked off: planned, opened, asset by asset verified, closed.

use testkit::{Bench, Client, reason};
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::verification_campaign::State;
use wire::assets::v1::verification_campaign_service_client::VerificationCampaignServiceClient;
use wire::assets::v1::{
    Asset, CloseVerificationCampaignRequest, CreateAssetRequest, CreateSiteRequest, CreateVerificationCampaignRequest,
    DeleteVerificationCampaignRequest, ListAssetsRequest, OpenVerificationCampaignRequest, Site,
    TrackVerificationCampaignRequest, TrackVerificationCampaignResponse, UpdateVerificationCampaignRequest,
    VerificationCampaign, VerifyAssetRequest,
};

use crate::{assets, on_every_database};

const NAME: &str = "organizations/acme/verificationCampaigns/spring";

fn campaigns(bench: &Bench) -> VerificationCampaignServiceClient<Client> {
    VerificationCampaignServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

fn spring(filter: &str) -> CreateVerificationCampaignRequest {
    let campaign = VerificationCampaign {
        display_name: "Spring".to_owned(),
        filter: filter.to_owned(),
        method: "on-site".to_owned(),
        due_time: Some("2020-05-31T00:00:00Z".parse().unwrap()),
        ..Default::default()
    };
    CreateVerificationCampaignRequest {
        parent: "organizations/acme".to_owned(),
        verification_campaign_id: "spring".to_owned(),
        verification_campaign: Some(campaign),
    }
}

/// Two routers on the hill, one in the dale, one nowhere, and a switch; each was verified long ago or never.
async fn estate(bench: &Bench) {
    let parent = "organizations/acme".to_owned();
    let mut sites = SiteServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
    for (id, name) in [("hill", "The hill"), ("dale", "The dale")] {
        let site = Site { display_name: name.to_owned(), r#type: "isolated-area".to_owned(), ..Default::default() };
        let request = CreateSiteRequest { parent: parent.clone(), site_id: id.to_owned(), site: Some(site) };
        sites.create_site(request).await.unwrap();
    }
    for (id, kind, site, verified) in [
        ("r1", "router", "hill", true),
        ("r2", "router", "hill", false),
        ("r3", "router", "dale", false),
        ("r4", "router", "", true),
        ("s1", "switch", "hill", false),
    ] {
        let asset = Asset {
            display_name: id.to_owned(),
            r#type: kind.to_owned(),
            site: if site.is_empty() { String::new() } else { format!("organizations/acme/sites/{site}") },
            verify_time: verified.then(|| "2001-01-01T00:00:00Z".parse().unwrap()),
            ..Default::default()
        };
        let request = CreateAssetRequest { parent: parent.clone(), asset_id: id.to_owned(), asset: Some(asset) };
        assets(bench).create_asset(request).await.unwrap();
    }
}

async fn progress(bench: &Bench) -> TrackVerificationCampaignResponse {
    let request = TrackVerificationCampaignRequest { name: NAME.to_owned() };
    campaigns(bench).track_verification_campaign(request).await.unwrap().into_inner()
}

async fn open(bench: &Bench) -> VerificationCampaign {
    let request = OpenVerificationCampaignRequest { name: NAME.to_owned(), ..Default::default() };
    campaigns(bench).open_verification_campaign(request).await.unwrap().into_inner()
}

/// What the filter in the answer lists.
async fn left(bench: &Bench) -> Vec<String> {
    let filter = progress(bench).await.left_filter;
    let request = ListAssetsRequest { parent: "organizations/acme".to_owned(), filter, ..Default::default() };
    let page = assets(bench).list_assets(request).await.unwrap().into_inner();
    page.assets.into_iter().map(|asset| asset.display_name).collect()
}

async fn verify(bench: &Bench, id: &str) {
    let request = VerifyAssetRequest {
        name: format!("organizations/acme/assets/{id}"),
        verification_method: "inspection".to_owned(),
        ..Default::default()
    };
    assets(bench).verify_asset(request).await.unwrap();
}

fn close(reason: &str) -> CloseVerificationCampaignRequest {
    CloseVerificationCampaignRequest { name: NAME.to_owned(), reason: reason.to_owned(), ..Default::default() }
}

on_every_database! {
    async fn a_campaign_is_worked_off(bench) {
        estate(&bench).await;
        let made = campaigns(&bench).create_verification_campaign(spring("type=\"router\"")).await.unwrap().into_inner();
        assert_eq!((made.state(), made.open_time), (State::Planned, None));
        let planned = progress(&bench).await;
        assert_eq!((planned.covered, planned.verified, planned.left, planned.overdue), (4, 0, 4, true));
        assert_eq!(left(&bench).await, ["r1", "r2", "r3", "r4"]);
        let early = campaigns(&bench).close_verification_campaign(close("")).await.unwrap_err();
        assert_eq!(reason(&early), "STATE_FORBIDS");

        let opened = open(&bench).await;
        assert_eq!(opened.state(), State::Open);
        assert!(opened.open_time.is_some());
        assert_eq!(left(&bench).await, ["r1", "r2", "r3", "r4"], "what was verified before it opened does not count");
        let there: Vec<(String, String, i64)> = progress(&bench).await.sites.into_iter().map(|site| (site.site, site.display_name, site.left)).collect();
        let site = |id: &str, name: &str, left| (if id.is_empty() { String::new() } else { format!("organizations/acme/sites/{id}") }, name.to_owned(), left);
        assert_eq!(there, [site("hill", "The hill", 2), site("", "", 1), site("dale", "The dale", 1)]);

        for id in ["r1", "r4", "s1"] {
            verify(&bench, id).await;
        }
        let half = progress(&bench).await;
        assert_eq!((half.covered, half.verified, half.left), (4, 2, 2), "the switch is not covered");
        assert_eq!(left(&bench).await, ["r2", "r3"]);
        let hill = &half.sites.iter().find(|site| site.display_name == "The hill").unwrap();
        assert_eq!((hill.covered, hill.verified, hill.left), (2, 1, 1));
        assert_eq!(half.sites.len(), 2, "a site where nothing is left is not told");

        let unfinished = campaigns(&bench).close_verification_campaign(close("  ")).await.unwrap_err();
        assert_eq!(reason(&unfinished), "CAMPAIGN_NOT_FINISHED");
        assert!(unfinished.message().contains("2 of 4"), "{}", unfinished.message());
        verify(&bench, "r2").await;
        let closed = campaigns(&bench).close_verification_campaign(close("the road to the dale is closed")).await.unwrap().into_inner();
        assert_eq!((closed.state(), closed.covered_assets, closed.verified_assets), (State::Closed, 4, 3));
        assert_eq!(closed.close_reason, "the road to the dale is closed");
        assert!(!progress(&bench).await.overdue);
    }

    async fn a_finished_campaign_closes_without_a_reason(bench) {
        estate(&bench).await;
        campaigns(&bench).create_verification_campaign(spring("type=\"switch\"")).await.unwrap();
        open(&bench).await;
        verify(&bench, "s1").await;
        assert!(left(&bench).await.is_empty());
        let closed = campaigns(&bench).close_verification_campaign(close("")).await.unwrap().into_inner();
        assert_eq!((closed.covered_assets, closed.verified_assets), (1, 1));
    }

    async fn an_empty_filter_covers_every_asset(bench) {
        estate(&bench).await;
        campaigns(&bench).create_verification_campaign(spring("")).await.unwrap();
        open(&bench).await;
        verify(&bench, "r1").await;
        assert_eq!(left(&bench).await, ["r2", "r3", "r4", "s1"]);
    }

    async fn what_cannot_be_meant_is_refused(bench) {
        for filter in ["type=", "colour=\"red\"", "site ="] {
            let wrong = campaigns(&bench).create_verification_campaign(spring(filter)).await.unwrap_err();
            assert_eq!(reason(&wrong), "FILTER_INVALID", "{filter}");
        }
        estate(&bench).await;
        // A filter with OR must not swallow the condition of what is left.
        campaigns(&bench).create_verification_campaign(spring("type=\"router\" OR labels.team=\"core\" OR type=\"switch\"")).await.unwrap();
        open(&bench).await;
        verify(&bench, "r1").await;
        assert_eq!(left(&bench).await, ["r2", "r3", "r4", "s1"]);
        let change = |campaign: VerificationCampaign| UpdateVerificationCampaignRequest { verification_campaign: Some(campaign), update_mask: None };
        let other = VerificationCampaign { name: NAME.to_owned(), filter: "type=\"switch\"".to_owned(), ..Default::default() };
        assert_eq!(reason(&campaigns(&bench).update_verification_campaign(change(other)).await.unwrap_err()), "STATE_FORBIDS");
        let renamed = VerificationCampaign { name: NAME.to_owned(), display_name: "Early summer".to_owned(), ..Default::default() };
        campaigns(&bench).update_verification_campaign(change(renamed.clone())).await.unwrap();
        let gone = DeleteVerificationCampaignRequest { name: NAME.to_owned(), ..Default::default() };
        assert_eq!(reason(&campaigns(&bench).delete_verification_campaign(gone).await.unwrap_err()), "STATE_FORBIDS");
        campaigns(&bench).close_verification_campaign(close("enough")).await.unwrap();
        assert_eq!(reason(&campaigns(&bench).update_verification_campaign(change(renamed)).await.unwrap_err()), "STATE_FORBIDS");
        let again = OpenVerificationCampaignRequest { name: NAME.to_owned(), ..Default::default() };
        assert_eq!(reason(&campaigns(&bench).open_verification_campaign(again).await.unwrap_err()), "STATE_FORBIDS");
    }
}
