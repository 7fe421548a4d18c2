//! Campaigns that verify the register against reality (ITU-T X.1057 clause 7.2): which assets, how, until when, and how far.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Rules, Sql, in_state, micros, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::assets::v1::verification_campaign::State;
use wire::assets::v1::verification_campaign_service_server::VerificationCampaignService;
use wire::assets::v1::{
    CloseVerificationCampaignRequest, CreateVerificationCampaignRequest, DeleteVerificationCampaignRequest,
    ErrorReason, GetVerificationCampaignRequest, ListVerificationCampaignsRequest, ListVerificationCampaignsResponse,
    OpenVerificationCampaignRequest, SiteProgress, TrackVerificationCampaignRequest, TrackVerificationCampaignResponse,
    UpdateVerificationCampaignRequest, VerificationCampaign,
};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::asset::Assets;

/// How many sites the progress tells.
const MOST_SITES: i64 = 10;

// === The table ===

/// All campaigns.
pub struct VerificationCampaigns;

impl store::Resource for VerificationCampaigns {
    type Message = VerificationCampaign;
    const TABLE: &'static str = "verification_campaign";
    const COLLECTION: &'static str = "verificationCampaigns";

    fn columns() -> &'static [store::Column<VerificationCampaign>] {
        store::columns![VerificationCampaign;
            display_name: text order search, method: text, state: choice(State) order, due_time: time order,
        ]
    }

    store::head!(VerificationCampaign; state, open_time, close_time, close_reason, covered_assets, verified_assets);
}

// === The rules ===

impl Rules for VerificationCampaigns {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut VerificationCampaign) -> Outcome<()> {
        // Only whether it is one: nothing is asked yet.
        let mut nowhere = Sql::new(store::Dialect::Sqlite, "");
        Collection::<Assets>::matching("", &new.filter, FILTER, &mut nowhere)
    }

    fn create(context: &Context, needs: &(), new: &mut VerificationCampaign) -> Outcome<()> {
        new.set_state(State::Planned);
        Self::check(context, needs, new)
    }

    fn update(
        context: &Context,
        needs: &(),
        old: &VerificationCampaign,
        new: &mut VerificationCampaign,
    ) -> Outcome<()> {
        in_state("campaign", old.state(), &[State::Planned, State::Open], "changed")?;
        if old.state() == State::Open && old.filter != new.filter {
            let message = "the campaign is OPEN: what it covers can no longer be changed; close it and plan another with that filter";
            let state = old.state().as_str_name();
            return Err(Fault::precondition(House::StateForbids, message)
                .with("state", state)
                .with("allowed", "PLANNED")
                .on(FILTER));
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &VerificationCampaign) -> Outcome<()> {
        in_state("campaign", old.state(), &[State::Planned], "deleted: close it, so that it stays on record")
    }
}

const FILTER: &str = "verification_campaign.filter";

// === How far it has come ===

/// When verifications begin to count: none do before the campaign is opened.
fn counts_from(campaign: &VerificationCampaign) -> i64 {
    campaign.open_time.as_ref().map_or(i64::MAX, |time| micros(Some(time)))
}

/// The statement that counts what is covered and what of it is verified; `by` is `site, ` or nothing.
fn counting(sql: &mut Sql, organization: &str, campaign: &VerificationCampaign, by: &str) -> Outcome<()> {
    let from = counts_from(campaign);
    sql.push("SELECT ").push(by).push("COUNT(*), COUNT(CASE WHEN verify_time < ").bind(from);
    sql.push(" THEN 1 END) FROM asset WHERE organization = ").bind(organization).push(" AND (");
    Collection::<Assets>::matching(organization, &campaign.filter, FILTER, sql)?;
    sql.push(")");
    Ok(())
}

/// How many assets it covers and how many of them are left.
fn counted(row: Option<&sea_orm::QueryResult>, first: usize) -> Outcome<(i64, i64)> {
    let number = |index| row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(index).map_err(Fault::defect));
    Ok((number(first)?, number(first + 1)?))
}

/// The filter of ListAssets that gives what is left.
fn left_filter(campaign: &VerificationCampaign) -> String {
    let covered = campaign.filter.trim();
    match &campaign.open_time {
        None => covered.to_owned(),
        Some(opened) => {
            // An asset that was never verified is before nothing.
            let left = format!("(verify_time < \"{opened}\" OR NOT verify_time:*)");
            if covered.is_empty() { left } else { format!("({covered}) AND {left}") }
        }
    }
}

impl Registry {
    async fn track(&self, context: &Context, name: &str) -> Outcome<TrackVerificationCampaignResponse> {
        let campaign = self.verification_campaigns.get(context, name).await?;
        let organization = crate::organization_of(&campaign.name);
        let mut sql = self.database.sql("");
        counting(&mut sql, organization, &campaign, "")?;
        let (covered, left) = counted(self.database.row(sql).await?.as_ref(), 0)?;
        let due = micros(campaign.due_time.as_ref());
        Ok(TrackVerificationCampaignResponse {
            covered,
            verified: covered - left,
            left,
            left_filter: left_filter(&campaign),
            sites: if left > 0 { self.most_left(organization, &campaign).await? } else { Vec::new() },
            overdue: campaign.state() != State::Closed && left > 0 && due < context.clock.now(),
        })
    }

    /// The sites with the most left.
    async fn most_left(&self, organization: &str, campaign: &VerificationCampaign) -> Outcome<Vec<SiteProgress>> {
        let mut sql = self.database.sql("SELECT * FROM (");
        // Columns by place: site, how many, how many left.
        counting(&mut sql, organization, campaign, "site, ")?;
        sql.push(" GROUP BY site ORDER BY 3 DESC, 1 LIMIT ").bind(MOST_SITES).push(") AS most_left");
        let rows = self.database.rows(sql).await?;
        let mut sites = Vec::with_capacity(rows.len());
        for row in &rows {
            let site: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            let (covered, left) = counted(Some(row), 1)?;
            if left > 0 {
                let verified = covered - left;
                sites.push(SiteProgress { site, display_name: String::new(), covered, verified, left });
            }
        }
        let ids: Vec<String> = sites.iter().map(|progress| crate::id_of(&progress.site).to_owned()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !id.is_empty()).collect();
        let found = self.sites.find(organization, |sql| {
            sql.is_in("id", &ids);
        });
        let mut names: HashMap<String, String> =
            found.await?.into_iter().map(|site| (site.name, site.display_name)).collect();
        for progress in &mut sites {
            progress.display_name = names.remove(&progress.site).unwrap_or_default();
        }
        Ok(sites)
    }

    /// Counts and closes in one transaction, so that the counts are those of the moment of closing.
    async fn close_campaign(
        &self,
        context: &Context,
        request: CloseVerificationCampaignRequest,
    ) -> Outcome<VerificationCampaign> {
        let campaign = self.verification_campaigns.get(context, &request.name).await?;
        in_state("campaign", campaign.state(), &[State::Open], "closed")?;
        let organization = crate::organization_of(&campaign.name);
        let mut tx = self.database.begin(context).await?;
        let mut sql = tx.sql("");
        counting(&mut sql, organization, &campaign, "")?;
        let (covered, left) = counted(tx.row(sql).await?.as_ref(), 0)?;
        let closed = self
            .verification_campaigns
            .change_in(&mut tx, &request.name, &request.etag, |context, old, new| {
                in_state("campaign", old.state(), &[State::Open], "closed")?;
                if left > 0 && request.reason.trim().is_empty() {
                    let message = format!(
                        "{left} of {covered} assets are not verified: verify them, or say in reason why they are left; \
                         the filter {} lists them",
                        left_filter(old)
                    );
                    return Err(Fault::precondition(ErrorReason::CampaignNotFinished, message)
                        .with("left", left)
                        .on("reason"));
                }
                new.set_state(State::Closed);
                new.close_time = timestamp(context.clock.now());
                new.close_reason = request.reason;
                new.covered_assets = covered;
                new.verified_assets = covered - left;
                Ok(())
            })
            .await?;
        tx.commit().await?;
        Ok(closed)
    }
}

// === The API ===

#[tonic::async_trait]
impl VerificationCampaignService for Registry {
    async fn create_verification_campaign(
        &self,
        request: Request<CreateVerificationCampaignRequest>,
    ) -> Result<Response<VerificationCampaign>, Status> {
        self.verification_campaigns.serve_create(request).await
    }

    async fn get_verification_campaign(
        &self,
        request: Request<GetVerificationCampaignRequest>,
    ) -> Result<Response<VerificationCampaign>, Status> {
        self.verification_campaigns.serve_get(request).await
    }

    async fn list_verification_campaigns(
        &self,
        request: Request<ListVerificationCampaignsRequest>,
    ) -> Result<Response<ListVerificationCampaignsResponse>, Status> {
        self.verification_campaigns.serve_list(request).await
    }

    async fn update_verification_campaign(
        &self,
        request: Request<UpdateVerificationCampaignRequest>,
    ) -> Result<Response<VerificationCampaign>, Status> {
        self.verification_campaigns.serve_update(request).await
    }

    async fn delete_verification_campaign(
        &self,
        request: Request<DeleteVerificationCampaignRequest>,
    ) -> Result<Response<()>, Status> {
        self.verification_campaigns.serve_delete(request).await
    }

    async fn open_verification_campaign(
        &self,
        request: Request<OpenVerificationCampaignRequest>,
    ) -> Result<Response<VerificationCampaign>, Status> {
        let (context, r) = open(request)?;
        let change = |context: &Context, old: &VerificationCampaign, new: &mut VerificationCampaign| {
            in_state("campaign", old.state(), &[State::Planned], "opened")?;
            new.set_state(State::Open);
            new.open_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.verification_campaigns.change(&context, &r.name, &r.etag, change).await)
    }

    async fn close_verification_campaign(
        &self,
        request: Request<CloseVerificationCampaignRequest>,
    ) -> Result<Response<VerificationCampaign>, Status> {
        let (context, request) = open(request)?;
        reply(self.close_campaign(&context, request).await)
    }

    async fn track_verification_campaign(
        &self,
        request: Request<TrackVerificationCampaignRequest>,
    ) -> Result<Response<TrackVerificationCampaignResponse>, Status> {
        let (context, request) = open(request)?;
        reply(self.track(&context, &request.name).await)
    }
}
