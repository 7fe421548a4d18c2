//! Insurance policies: quotes, and what is bound of them (ITU-T X.1061, 9, 10, 14 and 15). Each is a layer; those of one tower are stacked.
//!
//! Callers move a policy up to BOUND and out of force; its dates do the rest (`insurance_policy/clock.rs`). What it says of scenarios, how it does beside
//! others and what it pays is worked out by `insurance.rs`; `insurance_policy/ask.rs` gathers what that needs. Reading needs `readRestricted`.

pub(crate) mod ask;
mod clock;
mod need;
mod rules;

use access::Context;
use fault::{Fault, Outcome};
use store::{Life as _, Reference, Referrer, Side, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::risk::v1 as api;
use wire::risk::v1::InsurancePolicy;
use wire::risk::v1::insurance_policy::{Line, State};
use wire::risk::v1::insurance_policy_service_server::InsurancePolicyService;

use crate::insurer::Insurers;
use crate::{Registry, id_of, organization_of};

pub(crate) use clock::timer;

const NOUN: &str = "insurance policy";

// === The table ===

/// All insurance policies.
pub struct InsurancePolicies;

impl store::Resource for InsurancePolicies {
    type Message = InsurancePolicy;
    const TABLE: &'static str = "insurance_policy";
    const COLLECTION: &'static str = "insurancePolicies";

    fn columns() -> &'static [store::Column<InsurancePolicy>] {
        store::columns![InsurancePolicy;
            display_name: text order search, insurer: text index, line: choice(Line), reference: text search, tower: text order,
            currency_code: text, attachment: real order, limit: real order, premium: real order, start_time: time order,
            end_time: time order, renewal_due_time: time order, owner: text, successor: text index, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<InsurancePolicy>] {
        store::sides![InsurancePolicy; labels: map "insurance_policy_label"]
    }

    fn references() -> &'static [Reference<InsurancePolicy>] {
        store::references![InsurancePolicy; insurer: Insurers, successor: InsurancePolicies]
    }

    fn referrers() -> &'static [Referrer] {
        const fn naming(what: &'static str, table: &'static str) -> Referrer {
            Referrer { what, table, column: "policy", filter: "policy=", by_id: false }
        }
        const PREDECESSORS: Referrer =
            Referrer { column: "successor", filter: "successor=", ..naming("insurance policies", "insurance_policy") };
        const CLAIMS: Referrer = naming("insurance claims", "insurance_claim");
        const QUESTIONNAIRES: Referrer = naming("questionnaires", "insurer_questionnaire");
        const REVIEWS: Referrer = naming("silent cover reviews", "silent_cover_review");
        const { &[PREDECESSORS, CLAIMS, QUESTIONNAIRES, REVIEWS] }
    }

    store::head!(InsurancePolicy; state, state_reason, state_time, renewal_due_time, successor, rate_on_line);
}

/// The states in which its terms are still talked about.
const OPEN: [State; 2] = [State::Quoted, State::Evaluated];

store::life!(InsurancePolicies; State, NOUN);

impl Registry {
    /// Moves a policy from one of some states into another, and then as far as its dates have come.
    async fn step_policy(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        (from, to, done): (&[State], State, &str),
        reason: &str,
    ) -> Outcome<InsurancePolicy> {
        let rule = |context: &Context, old: &InsurancePolicy, new: &mut InsurancePolicy| {
            in_state(NOUN, old.state(), from, done)?;
            InsurancePolicies::enter(new, to, reason, context.clock.now());
            clock::turn(new, context.clock.now());
            Ok(())
        };
        self.insurance_policies.change(context, name, etag, rule).await
    }

    /// Says which policy follows one.
    async fn renew(&self, context: &Context, r: &api::RenewInsurancePolicyRequest) -> Outcome<InsurancePolicy> {
        let organization = organization_of(&r.name).to_owned();
        if !organization.is_empty() {
            context.enter(&organization, &r.name)?;
        }
        crate::ours(&organization, "insurancePolicies", &r.successor, "successor".to_owned())?;
        let mut tx = self.database.begin(context).await?;
        let found = self.insurance_policies.load(&mut tx, &organization, &[id_of(&r.successor)]).await?;
        let next = found.into_iter().next().ok_or_else(|| Fault::not_found(&r.successor).on("successor"))?;
        let rule = |context: &Context, old: &InsurancePolicy, new: &mut InsurancePolicy| {
            in_state(NOUN, old.state(), &[State::InForce, State::RenewalDue], "renewed")?;
            let follows = [State::Bound, State::InForce];
            in_state("successor", next.state(), &follows, "what follows another")
                .map_err(|fault| fault.on("successor"))?;
            new.successor.clone_from(&r.successor);
            InsurancePolicies::enter(new, State::Renewed, &r.reason, context.clock.now());
            Ok(())
        };
        let renewed = self.insurance_policies.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        tx.commit().await?;
        Ok(renewed)
    }
}

// === The API ===

#[tonic::async_trait]
impl InsurancePolicyService for Registry {
    async fn create_insurance_policy(
        &self,
        request: Request<api::CreateInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        self.insurance_policies.serve_create(request).await
    }

    async fn get_insurance_policy(
        &self,
        request: Request<api::GetInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        self.insurance_policies.serve_get(request).await
    }

    async fn list_insurance_policies(
        &self,
        request: Request<api::ListInsurancePoliciesRequest>,
    ) -> Result<Response<api::ListInsurancePoliciesResponse>, Status> {
        self.insurance_policies.serve_list(request).await
    }

    async fn update_insurance_policy(
        &self,
        request: Request<api::UpdateInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        self.insurance_policies.serve_update(request).await
    }

    async fn delete_insurance_policy(
        &self,
        request: Request<api::DeleteInsurancePolicyRequest>,
    ) -> Result<Response<()>, Status> {
        self.insurance_policies.serve_delete(request).await
    }

    async fn evaluate_insurance_policy(
        &self,
        request: Request<api::EvaluateInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Quoted][..], State::Evaluated, "evaluated");
        reply(self.step_policy(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn bind_insurance_policy(
        &self,
        request: Request<api::BindInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        let (context, r) = open(request)?;
        let step = (&OPEN[..], State::Bound, "bound");
        reply(self.step_policy(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn decline_insurance_policy(
        &self,
        request: Request<api::DeclineInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        let (context, r) = open(request)?;
        let step = (&OPEN[..], State::Declined, "declined");
        reply(self.step_policy(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn renew_insurance_policy(
        &self,
        request: Request<api::RenewInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        let (context, r) = open(request)?;
        reply(self.renew(&context, &r).await)
    }

    async fn terminate_insurance_policy(
        &self,
        request: Request<api::TerminateInsurancePolicyRequest>,
    ) -> Result<Response<InsurancePolicy>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Bound, State::InForce, State::RenewalDue][..], State::Terminated, "terminated");
        reply(self.step_policy(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn map_insurance_coverage(
        &self,
        request: Request<api::MapInsuranceCoverageRequest>,
    ) -> Result<Response<api::MapInsuranceCoverageResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.map_coverage(&context, &r).await)
    }

    async fn compare_insurance_policies(
        &self,
        request: Request<api::CompareInsurancePoliciesRequest>,
    ) -> Result<Response<api::CompareInsurancePoliciesResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.compare_policies(&context, &r).await)
    }

    async fn analyze_insurance_need(
        &self,
        request: Request<api::AnalyzeInsuranceNeedRequest>,
    ) -> Result<Response<api::AnalyzeInsuranceNeedResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.analyze_need(&context, &r).await)
    }

    async fn describe_insurance_terms(
        &self,
        request: Request<api::DescribeInsuranceTermsRequest>,
    ) -> Result<Response<api::DescribeInsuranceTermsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.describe_terms(&context, &r).await)
    }
}
