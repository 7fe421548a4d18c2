//! Verification campaigns that are under way.

use anyhow::Result;
use wire::assets::v1::verification_campaign_service_client::VerificationCampaignServiceClient;
use wire::assets::v1::{
    ListVerificationCampaignsRequest, TrackVerificationCampaignRequest, TrackVerificationCampaignResponse,
    VerificationCampaign,
};

use super::share;
use crate::client::{Client, explain};
use crate::surveys::time;

/// How many campaigns are shown: those that are due first.
const CAMPAIGNS: i32 = 20;

/// The campaigns that are open, and how far each has come.
#[derive(Debug)]
pub struct Campaigns {
    /// What is due first comes first.
    pub open: Vec<(VerificationCampaign, TrackVerificationCampaignResponse)>,
    /// There are more than are shown.
    pub more: bool,
}

/// Reads the open campaigns of an organization.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str) -> Result<Campaigns> {
    let mut client = VerificationCampaignServiceClient::new(client);
    let request = ListVerificationCampaignsRequest {
        parent: format!("organizations/{organization}"),
        page_size: CAMPAIGNS,
        filter: "state=OPEN".to_owned(),
        order_by: "due_time".to_owned(),
        ..Default::default()
    };
    let listed = client.list_verification_campaigns(request).await.map_err(|status| explain(&status))?.into_inner();
    let mut open = Vec::with_capacity(listed.verification_campaigns.len());
    for campaign in listed.verification_campaigns {
        let request = TrackVerificationCampaignRequest { name: campaign.name.clone() };
        let progress = client.track_verification_campaign(request).await.map_err(|status| explain(&status))?;
        open.push((campaign, progress.into_inner()));
    }
    Ok(Campaigns { open, more: !listed.next_page_token.is_empty() })
}

/// Campaigns for people; nothing where none is open.
#[must_use]
pub fn text(campaigns: &Campaigns) -> String {
    let mut out = String::new();
    if !campaigns.open.is_empty() {
        out.push_str("\n  Verification campaigns, open\n");
    }
    for (campaign, progress) in &campaigns.open {
        let due = match (&campaign.due_time, progress.overdue) {
            (None, _) => String::new(),
            (due, true) => format!(", OVERDUE since {}", time(due.as_ref())),
            (due, false) => format!(", due {}", time(due.as_ref())),
        };
        let verified = share(progress.verified, progress.covered);
        out.push_str(&format!("    {}: {verified} verified{due}\n", campaign.display_name));
    }
    if campaigns.more {
        out.push_str("    … and more\n");
    }
    out
}

/// Campaigns for programs.
#[must_use]
pub fn json(campaigns: &Campaigns) -> serde_json::Value {
    let one = |(campaign, progress): &(VerificationCampaign, TrackVerificationCampaignResponse)| {
        let due = campaign.due_time.as_ref().map(ToString::to_string);
        serde_json::json!({"name": campaign.name, "displayName": campaign.display_name, "dueTime": due, "covered": progress.covered,
            "verified": progress.verified, "left": progress.left, "overdue": progress.overdue})
    };
    serde_json::json!({"open": campaigns.open.iter().map(one).collect::<Vec<_>>(), "more": campaigns.more})
}
