//! Remediation policies: by when a finding must be dealt with (ITU-T X.1059). One ships and holds while none of the organization's own does.

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use serde::Deserialize;
use store::{Changed, Collection, Hold, Resource as _, Rules, Shipped, Side, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::remediation_policy_service_server::RemediationPolicyService;
use wire::risk::v1::{
    ActivateRemediationPolicyRequest, CreateRemediationPolicyRequest, DeactivateRemediationPolicyRequest,
    DeleteRemediationPolicyRequest, ErrorReason, GetRemediationPolicyRequest, ListRemediationPoliciesRequest,
    ListRemediationPoliciesResponse, RemediationPolicy, UpdateRemediationPolicyRequest,
};

use crate::{Registry, finding, id_of, organization_of};

/// The lock of which policy holds: two that become active at once would both hold.
const ACTIVE: i32 = 7_310_670;

// === The table ===

/// All remediation policies.
pub struct RemediationPolicies;

impl store::Resource for RemediationPolicies {
    type Message = RemediationPolicy;
    const TABLE: &'static str = "remediation_policy";
    const COLLECTION: &'static str = "remediationPolicies";

    fn columns() -> &'static [store::Column<RemediationPolicy>] {
        store::columns![RemediationPolicy; display_name: text order search, active: boolean index]
    }

    fn sides() -> &'static [Side<RemediationPolicy>] {
        store::sides![RemediationPolicy; labels: map "remediation_policy_label"]
    }

    fn shipped() -> &'static Shipped<RemediationPolicy> {
        static SHIPPED: LazyLock<Shipped<RemediationPolicy>> =
            LazyLock::new(|| default().map(|(id, policy)| (id.to_owned(), policy)).into_iter().collect());
        &SHIPPED
    }

    store::head!(RemediationPolicy; active, shipped);
}

/// The file of the policy that ships.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    display_name: String,
    known_exploited_days: i32,
    critical_days: i32,
    high_days: i32,
    medium_days: i32,
    low_days: i32,
    unrated_days: i32,
    follows_bod_22_01: bool,
    provenance: String,
}

/// The policy that ships. A file that cannot be read gives none; a test of it fails then.
fn default() -> Option<(String, RemediationPolicy)> {
    let read: Text = toml::from_str(include_str!("../data/remediation.toml")).ok()?;
    let policy = RemediationPolicy {
        display_name: read.display_name,
        known_exploited_days: read.known_exploited_days,
        critical_days: read.critical_days,
        high_days: read.high_days,
        medium_days: read.medium_days,
        low_days: read.low_days,
        unrated_days: read.unrated_days,
        follows_bod_22_01: read.follows_bod_22_01,
        provenance: read.provenance,
        shipped: true,
        ..Default::default()
    };
    Some((read.id, policy))
}

// === The rules ===

impl Rules for RemediationPolicies {
    type Needs = ();

    fn delete(_: &Context, (): &(), old: &RemediationPolicy) -> Outcome<()> {
        if !old.active {
            return Ok(());
        }
        let message = "the policy holds: activate another, or deactivate it, first";
        Err(Fault::precondition(ErrorReason::RemediationPolicyActive, message).with("policy", &old.name))
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<RemediationPolicy>]) -> Outcome<()> {
        let held = |policy: Option<&RemediationPolicy>| policy.filter(|policy| policy.active).map(days);
        match changed.iter().any(|change| held(change.before.as_ref()) != held(change.after.as_ref())) {
            true => finding::date_anew(tx, organization).await,
            false => Ok(()),
        }
    }
}

/// What of a policy makes due times.
fn days(policy: &RemediationPolicy) -> ([i32; 6], bool) {
    let RemediationPolicy {
        known_exploited_days,
        critical_days,
        high_days,
        medium_days,
        low_days,
        unrated_days,
        follows_bod_22_01,
        ..
    } = *policy;
    ([known_exploited_days, critical_days, high_days, medium_days, low_days, unrated_days], follows_bod_22_01)
}

/// The policy that holds.
pub(crate) async fn active(tx: &mut Transaction, organization: &str) -> Outcome<RemediationPolicy> {
    let policies = Collection::<RemediationPolicies>::new(tx.database().clone());
    let own = policies
        .select(tx, organization, |sql| {
            sql.push("active = ").bind(1_i64);
        })
        .await?;
    let shipped = || RemediationPolicies::shipped().iter().map(|(_, policy)| policy.clone()).next();
    Ok(own.into_iter().next().or_else(shipped).unwrap_or_default())
}

// === The API ===

#[tonic::async_trait]
impl RemediationPolicyService for Registry {
    async fn create_remediation_policy(
        &self,
        request: Request<CreateRemediationPolicyRequest>,
    ) -> Result<Response<RemediationPolicy>, Status> {
        self.remediation_policies.serve_create(request).await
    }

    async fn get_remediation_policy(
        &self,
        request: Request<GetRemediationPolicyRequest>,
    ) -> Result<Response<RemediationPolicy>, Status> {
        self.remediation_policies.serve_get(request).await
    }

    async fn list_remediation_policies(
        &self,
        request: Request<ListRemediationPoliciesRequest>,
    ) -> Result<Response<ListRemediationPoliciesResponse>, Status> {
        self.remediation_policies.serve_list(request).await
    }

    async fn update_remediation_policy(
        &self,
        request: Request<UpdateRemediationPolicyRequest>,
    ) -> Result<Response<RemediationPolicy>, Status> {
        self.remediation_policies.serve_update(request).await
    }

    async fn delete_remediation_policy(
        &self,
        request: Request<DeleteRemediationPolicyRequest>,
    ) -> Result<Response<()>, Status> {
        self.remediation_policies.serve_delete(request).await
    }

    async fn activate_remediation_policy(
        &self,
        request: Request<ActivateRemediationPolicyRequest>,
    ) -> Result<Response<RemediationPolicy>, Status> {
        let (context, r) = open(request)?;
        reply(self.hold_to(&context, &r.name, &r.etag, true).await)
    }

    async fn deactivate_remediation_policy(
        &self,
        request: Request<DeactivateRemediationPolicyRequest>,
    ) -> Result<Response<RemediationPolicy>, Status> {
        let (context, r) = open(request)?;
        reply(self.hold_to(&context, &r.name, &r.etag, false).await)
    }
}

impl Registry {
    /// Makes a policy the one that holds, or lets it hold no more. Idempotent.
    async fn hold_to(&self, context: &Context, name: &str, etag: &str, active: bool) -> Outcome<RemediationPolicy> {
        let organization = organization_of(name).to_owned();
        resource::Name::parse(name, RemediationPolicies::COLLECTION)
            .map_err(|_| Fault::invalid(House::FieldInvalid, "this is no remediation policy's name").on("name"))?;
        context.enter(&organization, name)?;
        let mut tx = self.database.begin(context).await?;
        tx.hold(ACTIVE, &organization, Hold::Alone).await?;
        if active {
            let others = self
                .remediation_policies
                .select(&mut tx, &organization, |sql| {
                    sql.push("active = ").bind(1_i64).push(" AND id <> ").bind(id_of(name));
                })
                .await?;
            let ids: Vec<&str> = others.iter().map(|policy| id_of(&policy.name)).collect();
            self.remediation_policies.change_many(&mut tx, &organization, &ids, |_, new| new.active = false).await?;
        }
        let rule = |_: &Context, _: &RemediationPolicy, new: &mut RemediationPolicy| {
            new.active = active;
            Ok(())
        };
        let changed = self.remediation_policies.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_that_ships_is_read() {
        let policy = default().map(|(id, policy)| (id, days(&policy)));
        assert_eq!(policy, Some(("default".to_owned(), ([3, 7, 30, 90, 0, 90], false))));
    }
}
