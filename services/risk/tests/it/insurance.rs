//! Cyber insurance as its callers see it: what the tests of policies, claims, questionnaires and reviews have in common.

mod claim;
mod policy;
mod portfolio;
mod questionnaire;
mod quotes;
mod review;

use access::{Clock as _, SystemClock};
use testkit::Bench;
use tonic::Status;
use tonic_types::StatusExt as _;
use wire::risk::v1 as api;
use wire::risk::v1::insurance_policy::{Coverage, Exclusion, Line};
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::insurer_service_client::InsurerServiceClient;
use wire::risk::v1::{InsurancePolicy, Insurer};

use crate::register::{DAY, PARENT, named};

pub(crate) type Policies = InsurancePolicyServiceClient<testkit::Client>;

pub(crate) fn policies(bench: &Bench) -> Policies {
    InsurancePolicyServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

pub(crate) fn insurers(bench: &Bench) -> InsurerServiceClient<testkit::Client> {
    InsurerServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

pub(crate) async fn insurer(bench: &Bench, id: &str, insurer: Insurer) -> Result<Insurer, Status> {
    let insurer = Insurer { display_name: id.to_owned(), ..insurer };
    let request =
        api::CreateInsurerRequest { parent: PARENT.to_owned(), insurer_id: id.to_owned(), insurer: Some(insurer) };
    insurers(bench).create_insurer(request).await.map(tonic::Response::into_inner)
}

/// A quote of `nordic`: the first five million above fifty thousand, from a day before now on for a year.
pub(crate) fn cyber() -> InsurancePolicy {
    let now = SystemClock.now();
    let coverage = |kind: &str| Coverage { kind: kind.to_owned(), clause: "2.1".to_owned(), ..Coverage::default() };
    InsurancePolicy {
        display_name: "Cyber, primary".to_owned(),
        insurer: named("insurers", "nordic"),
        line: Line::Cyber.into(),
        currency_code: "EUR".to_owned(),
        limit: 5_000_000.0,
        excess: 50_000.0,
        premium: 100_000.0,
        coverages: ["business-interruption", "incident-response", "data-restoration", "cyber-extortion"]
            .map(coverage)
            .to_vec(),
        start_time: store::timestamp(now - DAY),
        end_time: store::timestamp(now + 364 * DAY),
        ..InsurancePolicy::default()
    }
}

pub(crate) fn exclusion(kind: &str) -> Exclusion {
    Exclusion { kind: kind.to_owned(), clause: "4.2".to_owned(), ..Exclusion::default() }
}

pub(crate) async fn quote(bench: &Bench, id: &str, policy: InsurancePolicy) -> Result<InsurancePolicy, Status> {
    let request = api::CreateInsurancePolicyRequest {
        parent: PARENT.to_owned(),
        insurance_policy_id: id.to_owned(),
        insurance_policy: Some(policy),
    };
    policies(bench).create_insurance_policy(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn bind(bench: &Bench, id: &str) -> Result<InsurancePolicy, Status> {
    let request = api::BindInsurancePolicyRequest { name: named("insurancePolicies", id), ..Default::default() };
    policies(bench).bind_insurance_policy(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn policy(bench: &Bench, id: &str) -> InsurancePolicy {
    let request = api::GetInsurancePolicyRequest { name: named("insurancePolicies", id) };
    policies(bench).get_insurance_policy(request).await.unwrap().into_inner()
}

/// The fields that a refusal names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    violations.into_iter().map(|one| one.field).collect()
}
