//! Exposure policies: when an unknown exposure becomes a case, when one is taken to be gone, how assets weigh (ITU-T X.1059).
//!
//! One ships (`data/exposure_policy.toml`) and counts until an organization activates its own. What an own one leaves open is as that one has it.

mod shipped;

use std::sync::{Arc, LazyLock};

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Rules, Shipped, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::exposure_policy::State;
use wire::risk::v1::exposure_policy_service_server::ExposurePolicyService;
use wire::risk::v1::{
    ActivateExposurePolicyRequest, CreateExposurePolicyRequest, DeleteExposurePolicyRequest, ExposurePolicy,
    GetExposurePolicyRequest, ListExposurePoliciesRequest, ListExposurePoliciesResponse, UpdateExposurePolicyRequest,
};

use crate::{Registry, exposure, id_of, organization_of};

/// All exposure policies.
pub struct ExposurePolicies;

impl store::Resource for ExposurePolicies {
    type Message = ExposurePolicy;
    const TABLE: &'static str = "exposure_policy";
    const COLLECTION: &'static str = "exposurePolicies";

    fn columns() -> &'static [store::Column<ExposurePolicy>] {
        store::columns![ExposurePolicy;
            display_name: text order search, state: choice(State) index, shipped: boolean,
        ]
    }

    fn shipped() -> &'static Shipped<ExposurePolicy> {
        static SHIPPED: LazyLock<Shipped<ExposurePolicy>> =
            LazyLock::new(|| std::iter::once((DEFAULT.to_owned(), shipped::policy().clone())).collect());
        &SHIPPED
    }

    store::head!(ExposurePolicy; state, shipped);
}

/// The id of the one that ships.
const DEFAULT: &str = "default";

/// The lock of which policy counts: one activation at a time, else two would each leave the other's active.
const ACTIVATION: i32 = 7_310_681;

impl Rules for ExposurePolicies {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut ExposurePolicy) -> Outcome<()> {
        for (at, band) in new.value_weights.iter().enumerate() {
            if new.value_weights.iter().take(at).any(|before| before.least_value == band.least_value) {
                let message = format!("{} is the least value of two bands: leave one out", band.least_value);
                return Err(Fault::invalid(House::FieldInvalid, message)
                    .on(format!("exposure_policy.value_weights[{at}].least_value")));
            }
        }
        Ok(())
    }

    fn create(context: &Context, needs: &(), new: &mut ExposurePolicy) -> Outcome<()> {
        new.set_state(State::Draft);
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &ExposurePolicy, new: &mut ExposurePolicy) -> Outcome<()> {
        // What counts is not changed under those who rely on it.
        if said(old) != said(new) {
            in_state("exposure policy", old.state(), &[State::Draft], "changed")?;
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, (): &(), old: &ExposurePolicy) -> Outcome<()> {
        in_state("exposure policy", old.state(), &[State::Draft], "deleted")
    }
}

/// What a policy says.
fn said(policy: &ExposurePolicy) -> ExposurePolicy {
    let mut said = policy.clone();
    (said.state, said.update_time, said.etag) = (0, None, String::new());
    said
}

/// A policy, with what it leaves open filled in from the one that ships.
fn filled(mut policy: ExposurePolicy) -> ExposurePolicy {
    let ships = shipped::policy();
    for (own, shipped) in [
        (&mut policy.unknown_days, ships.unknown_days),
        (&mut policy.stale_scans, ships.stale_scans),
        (&mut policy.expiring_days, ships.expiring_days),
        (&mut policy.longest_approval_days, ships.longest_approval_days),
    ] {
        if *own == 0 {
            *own = shipped;
        }
    }
    if policy.value_weights.is_empty() {
        policy.value_weights.clone_from(&ships.value_weights);
    }
    if policy.unknown_value <= 0.0 {
        policy.unknown_value = ships.unknown_value;
    }
    if policy.legacy_protocols.is_empty() {
        policy.legacy_protocols.clone_from(&ships.legacy_protocols);
    }
    policy
}

/// The policy that counts in an organization.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn active(tx: &mut Transaction, organization: &str) -> Outcome<Arc<ExposurePolicy>> {
    if let Some(known) = tx.recall::<ExposurePolicies, ExposurePolicy>(organization).await? {
        return Ok(known);
    }
    let policies = Collection::<ExposurePolicies>::new(tx.database().clone());
    let found = policies
        .select(tx, organization, |sql| {
            sql.push("state = 'ACTIVE'");
        })
        .await?;
    let policy = Arc::new(found.into_iter().next().map_or_else(|| shipped::policy().clone(), filled));
    tx.remember::<ExposurePolicies, ExposurePolicy>(organization, Arc::clone(&policy));
    Ok(policy)
}

/// As [`active`], reading what is committed.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn active_now(registry: &Registry, organization: &str) -> Outcome<ExposurePolicy> {
    let found = registry
        .exposure_policies
        .find(organization, |sql| {
            sql.push("state = 'ACTIVE'");
        })
        .await?;
    Ok(found.into_iter().next().map_or_else(|| shipped::policy().clone(), filled))
}

impl Registry {
    /// Makes a policy count, and the dates and scores of exposures follow it, in one transaction.
    async fn activate_exposure_policy(
        &self,
        context: &Context,
        r: &ActivateExposurePolicyRequest,
    ) -> Outcome<ExposurePolicy> {
        let organization = organization_of(&r.name).to_owned();
        if !organization.is_empty() {
            context.enter(&organization, &r.name)?;
        }
        let mut tx = self.database.begin(context).await?;
        tx.hold(ACTIVATION, &organization, store::Hold::Alone).await?;
        let before = self
            .exposure_policies
            .select(&mut tx, &organization, |sql| {
                sql.push("state = 'ACTIVE'");
            })
            .await?;
        let rule = |_: &Context, old: &ExposurePolicy, new: &mut ExposurePolicy| {
            in_state("exposure policy", old.state(), &[State::Draft, State::Superseded], "activated")?;
            new.set_state(State::Active);
            Ok(())
        };
        let policy = self.exposure_policies.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        let ids: Vec<&str> = before.iter().map(|policy| id_of(&policy.name)).collect();
        let supersede = |_: &ExposurePolicy, new: &mut ExposurePolicy| new.set_state(State::Superseded);
        self.exposure_policies.change_many(&mut tx, &organization, &ids, supersede).await?;
        let mut sql = tx.sql("SELECT id FROM exposure WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND state <> 'WITHDRAWN' ORDER BY id");
        let rows = tx.rows(sql).await?;
        let ids: Vec<String> =
            rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        exposure::rescore(&mut tx, &organization, &ids).await?;
        tx.commit().await?;
        Ok(policy)
    }
}

// === The API ===

#[tonic::async_trait]
impl ExposurePolicyService for Registry {
    async fn create_exposure_policy(
        &self,
        request: Request<CreateExposurePolicyRequest>,
    ) -> Result<Response<ExposurePolicy>, Status> {
        self.exposure_policies.serve_create(request).await
    }

    async fn get_exposure_policy(
        &self,
        request: Request<GetExposurePolicyRequest>,
    ) -> Result<Response<ExposurePolicy>, Status> {
        self.exposure_policies.serve_get(request).await
    }

    async fn list_exposure_policies(
        &self,
        request: Request<ListExposurePoliciesRequest>,
    ) -> Result<Response<ListExposurePoliciesResponse>, Status> {
        self.exposure_policies.serve_list(request).await
    }

    async fn update_exposure_policy(
        &self,
        request: Request<UpdateExposurePolicyRequest>,
    ) -> Result<Response<ExposurePolicy>, Status> {
        self.exposure_policies.serve_update(request).await
    }

    async fn delete_exposure_policy(
        &self,
        request: Request<DeleteExposurePolicyRequest>,
    ) -> Result<Response<()>, Status> {
        self.exposure_policies.serve_delete(request).await
    }

    async fn activate_exposure_policy(
        &self,
        request: Request<ActivateExposurePolicyRequest>,
    ) -> Result<Response<ExposurePolicy>, Status> {
        let (context, r) = open(request)?;
        reply(Self::activate_exposure_policy(self, &context, &r).await)
    }
}
