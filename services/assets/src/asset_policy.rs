//! Policies: how assets are classified and valued (ITU-T X.1057 clauses 7.1 and 7.4). One is active; activating another
//! values every asset anew.

use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Rules, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::asset_policy::{State, ValuationRule};
use wire::assets::v1::asset_policy_service_server::AssetPolicyService;
use wire::assets::v1::{
    ActivateAssetPolicyRequest, Asset, AssetPolicy, CreateAssetPolicyRequest, DeleteAssetPolicyRequest, ErrorReason,
    GetAssetPolicyRequest, ListAssetPoliciesRequest, ListAssetPoliciesResponse, UpdateAssetPolicyRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::asset::valuation;
use crate::{Registry, id_of};

/// All policies.
pub struct AssetPolicies;

impl store::Resource for AssetPolicies {
    type Message = AssetPolicy;
    const TABLE: &'static str = "asset_policy";
    const COLLECTION: &'static str = "assetPolicies";

    fn columns() -> &'static [store::Column<AssetPolicy>] {
        store::columns![AssetPolicy;
            display_name: text order search, state: choice(State) index, revision: integer order,
        ]
    }

    store::head!(AssetPolicy; revision, state, revalued_assets);
}

impl Rules for AssetPolicies {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut AssetPolicy) -> Outcome<()> {
        consistent(new)
    }

    fn create(_: &Context, _: &(), new: &mut AssetPolicy) -> Outcome<()> {
        new.set_state(State::Draft);
        consistent(new)
    }

    fn delete(_: &Context, _: &(), old: &AssetPolicy) -> Outcome<()> {
        draft(old, "deleted")
    }
}

fn draft(policy: &AssetPolicy, done: &str) -> Outcome<()> {
    if policy.state() == State::Draft {
        return Ok(());
    }
    let state = policy.state().as_str_name();
    let message = format!("the policy is {state}; only a draft can be {done}: create a new policy instead");
    Err(Fault::precondition(House::StateForbids, message).with("state", state).with("allowed", "DRAFT"))
}

/// Whether the policy says one thing about every asset.
fn consistent(policy: &AssetPolicy) -> Outcome<()> {
    let wrong = |field: &str, message: String| {
        Err(Fault::invalid(ErrorReason::PolicyInconsistent, message).on(format!("asset_policy.{field}")))
    };
    let weights = policy.confidentiality_weight + policy.integrity_weight + policy.availability_weight;
    if policy.valuation_rule() == ValuationRule::Weighted && weights <= 0.0 {
        return wrong(
            "confidentiality_weight",
            "WEIGHTED needs a weight above 0: set at least one of the three weights".to_owned(),
        );
    }
    let least = if policy.valuation_rule() == ValuationRule::Sum { 3.0 } else { 1.0 };
    if !policy.grade_bands.is_empty() && !policy.grade_bands.iter().any(|band| band.least_value <= least) {
        return wrong(
            "grade_bands",
            format!("values from {least} would have no grade: add a band whose least value is {least} or less"),
        );
    }
    for (index, band) in policy.grade_bands.iter().enumerate() {
        if policy.grade_bands.iter().take(index).any(|before| before.grade == band.grade) {
            return wrong("grade_bands", format!("grade {} stands twice: keep one band of it", band.grade));
        }
    }
    for (index, class) in policy.classes.iter().enumerate() {
        if policy.classes.iter().take(index).any(|before| before.key == class.key) {
            return wrong("classes", format!("the class {} stands twice: keep one of it", class.key));
        }
    }
    let threshold = &policy.sanitization_class;
    let filled = valuation::filled(policy.clone());
    if !threshold.is_empty() && !filled.classes.iter().any(|class| class.key == *threshold) {
        return wrong("sanitization_class", format!("{threshold} is not one of the policy's classes"));
    }
    Ok(())
}

/// The active policy of an organization, or the default one, with what it leaves open filled in.
pub(crate) async fn active(tx: &mut Transaction, organization: &str) -> Outcome<Arc<AssetPolicy>> {
    if let Some(known) = tx.recall::<AssetPolicies, AssetPolicy>(organization).await? {
        return Ok(known);
    }
    let policies = Collection::<AssetPolicies>::new(tx.database().clone());
    let found = policies
        .select(tx, organization, |sql| {
            sql.push("state = 'ACTIVE'");
        })
        .await?;
    let policy = Arc::new(found.into_iter().next().map_or_else(valuation::default_policy, valuation::filled));
    tx.remember::<AssetPolicies, AssetPolicy>(organization, Arc::clone(&policy));
    Ok(policy)
}

/// As [`active`], reading what is committed.
pub(crate) async fn active_now(registry: &Registry, organization: &str) -> Outcome<AssetPolicy> {
    let found = registry
        .asset_policies
        .find(organization, |sql| {
            sql.push("state = 'ACTIVE'");
        })
        .await?;
    Ok(found.into_iter().next().map_or_else(valuation::default_policy, valuation::filled))
}

impl Registry {
    /// Supersedes the active policy, activates this one and values every asset anew, in one transaction.
    async fn activate(&self, context: &Context, request: &ActivateAssetPolicyRequest) -> Outcome<AssetPolicy> {
        let policy = self.asset_policies.get(context, &request.name).await?;
        let organization = crate::organization_of(&policy.name).to_owned();
        let mut tx = crate::locks::begin_flow(&self.database, context, &organization).await?;
        crate::locks::policy_alone(&mut tx, &organization).await?;
        let all = self
            .asset_policies
            .select(&mut tx, &organization, |sql| {
                sql.push("state <> 'DRAFT'");
            })
            .await?;
        let revision = all.iter().map(|policy| policy.revision).max().unwrap_or(0) + 1;
        for before in all.iter().filter(|policy| policy.state() == State::Active) {
            let supersede = |_: &Context, _: &AssetPolicy, new: &mut AssetPolicy| {
                new.set_state(State::Superseded);
                Ok(())
            };
            self.asset_policies.change_in(&mut tx, &before.name, "", supersede).await?;
        }
        self.asset_policies
            .change_in(&mut tx, &request.name, &request.etag, |_, old, new| {
                draft(old, "activated")?;
                new.set_state(State::Active);
                new.revision = revision;
                Ok(())
            })
            .await?;
        let mut tx = tx.bulk();
        let revalued = self.revalue_all(&mut tx, &organization).await?;
        let policy = self
            .asset_policies
            .change_in(&mut tx, &request.name, "", |_, _, new| {
                new.revalued_assets = i64::try_from(revalued).unwrap_or(i64::MAX);
                Ok(())
            })
            .await?;
        tx.commit().await?;
        Ok(policy)
    }

    /// Values every asset of an organization by its now active policy. Ratings above a shorter scale are refused with the
    /// asset's name, so that no rating is changed behind its owner's back.
    async fn revalue_all(&self, tx: &mut Transaction, organization: &str) -> Outcome<u64> {
        let policy = active(tx, organization).await?;
        let (mut after, mut changed) = (String::new(), 0);
        loop {
            let from = after.clone();
            let page = self
                .assets
                .select(tx, organization, |sql| {
                    sql.push("id > ").bind(from.as_str()).push(" ORDER BY id LIMIT 1000");
                })
                .await?;
            let Some(last) = page.last() else { break };
            id_of(&last.name).clone_into(&mut after);
            fitting(&policy, &page)?;
            let ids: Vec<&str> = page.iter().map(|asset| id_of(&asset.name)).collect();
            changed +=
                self.assets.change_many(tx, organization, &ids, |_, new| valuation::valued(&policy, new)).await?;
        }
        Ok(changed + crate::dependency::drain(tx, organization).await?)
    }
}

fn fitting(policy: &AssetPolicy, assets: &[Asset]) -> Outcome<()> {
    for asset in assets {
        let class = &asset.classification;
        let greatest = asset.confidentiality.max(asset.integrity).max(asset.availability);
        if greatest > policy.scale_levels
            || asset.value_override.as_ref().is_some_and(|instead| instead.value > valuation::greatest(policy))
            || !(class.is_empty() || policy.classes.iter().any(|known| known.key == *class))
        {
            let message = format!(
                "{} is rated, classified or its value overridden beyond the new policy: change it before, or widen the policy",
                asset.name
            );
            return Err(Fault::precondition(ErrorReason::PolicyInconsistent, message).with("asset", &asset.name));
        }
    }
    Ok(())
}

#[tonic::async_trait]
impl AssetPolicyService for Registry {
    async fn create_asset_policy(
        &self,
        request: Request<CreateAssetPolicyRequest>,
    ) -> Result<Response<AssetPolicy>, Status> {
        let (context, request) = open(request)?;
        reply(
            self.asset_policies.create(&context, &request.parent, &request.asset_policy_id, request.asset_policy).await,
        )
    }

    async fn get_asset_policy(&self, request: Request<GetAssetPolicyRequest>) -> Result<Response<AssetPolicy>, Status> {
        self.asset_policies.serve_get(request).await
    }

    async fn list_asset_policies(
        &self,
        request: Request<ListAssetPoliciesRequest>,
    ) -> Result<Response<ListAssetPoliciesResponse>, Status> {
        self.asset_policies.serve_list(request).await
    }

    async fn update_asset_policy(
        &self,
        request: Request<UpdateAssetPolicyRequest>,
    ) -> Result<Response<AssetPolicy>, Status> {
        let context = Context::of(&request)?;
        let request = request.into_inner();
        let name = request.asset_policy.as_ref().map(|policy| policy.name.clone()).unwrap_or_default();
        let before = self.asset_policies.get(&context, &name).await?;
        draft(&before, "changed")?;
        let guarded = request.asset_policy.map(|mut new| {
            // Activated in between, it would be an active policy that no longer matches the values it gave.
            if new.etag.is_empty() {
                new.etag = before.etag;
            }
            new
        });
        reply(self.asset_policies.update(&context, guarded, request.update_mask).await)
    }

    async fn delete_asset_policy(&self, request: Request<DeleteAssetPolicyRequest>) -> Result<Response<()>, Status> {
        self.asset_policies.serve_delete(request).await
    }

    async fn activate_asset_policy(
        &self,
        request: Request<ActivateAssetPolicyRequest>,
    ) -> Result<Response<AssetPolicy>, Status> {
        let (context, request) = open(request)?;
        reply(self.activate(&context, &request).await)
    }
}
