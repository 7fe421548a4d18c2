//! Insurance in the posture: the towers, what of the scenarios they cover, what is to be declared, and which clocks run.

use std::collections::BTreeSet;

use anyhow::Result;
use wire::Choice as _;
use wire::risk::v1 as api;
use wire::risk::v1::insurance_claim_service_client::InsuranceClaimServiceClient;
use wire::risk::v1::insurance_policy::State;
use wire::risk::v1::insurer_questionnaire_service_client::InsurerQuestionnaireServiceClient;
use wire::risk::v1::{
    InsuranceClaim, InsurancePolicy, InsurerQuestionnaire, MapInsuranceCoverageResponse, insurance_claim,
};

use super::{Tally, count, may};
use crate::client::{Client, explain};
use crate::risk::coverage::{self, Coverage};
use crate::surveys::time;

/// What it takes to read it: not every viewer may.
const RESTRICTED: [&str; 3] = [
    "risk.insurancePolicies.readRestricted",
    "risk.insuranceClaims.readRestricted",
    "risk.insurerQuestionnaires.readRestricted",
];
/// How many scenarios are held against the policies.
const SCENARIOS: usize = 1000;
/// How many of each list are shown.
const SHOWN: i32 = 100;

/// How it stands with insurance.
#[derive(Debug, Default)]
pub struct Insurance {
    /// The policies that cover, and what they say of the scenarios.
    pub coverage: MapInsuranceCoverageResponse,
    /// Claims that are not closed.
    pub claims: Vec<InsuranceClaim>,
    /// Questionnaires with a material change to declare.
    pub to_declare: Vec<InsurerQuestionnaire>,
}

/// Reads how it stands; none where the caller may not read it. Where `roles` are known not to hold what that takes, nothing is asked for: who looks at a
/// screen is not to leave the trace of an attempt.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str, roles: Option<&BTreeSet<String>>) -> Result<Option<Insurance>> {
    if !RESTRICTED.iter().all(|permission| may(roles, permission)) {
        return Ok(None);
    }
    let parent = format!("organizations/{organization}");
    let which = Coverage {
        organization: organization.to_owned(),
        policies: Vec::new(),
        filter: String::new(),
        why: false,
        limit: SCENARIOS,
    };
    let told = |status: tonic::Status| explain(&status);
    let request = api::ListInsuranceClaimsRequest {
        parent: parent.clone(),
        filter: "state != CLOSED".to_owned(),
        order_by: "notice_due_time".to_owned(),
        page_size: SHOWN,
        ..Default::default()
    };
    let claims = match InsuranceClaimServiceClient::new(client.clone()).list_insurance_claims(request).await {
        Err(status) if status.code() == tonic::Code::PermissionDenied => return Ok(None),
        answer => answer.map_err(told)?.into_inner().insurance_claims,
    };
    let request = api::ListInsurerQuestionnairesRequest {
        parent,
        filter: "material_change = true AND state != CLOSED".to_owned(),
        page_size: SHOWN,
        ..Default::default()
    };
    let service = InsurerQuestionnaireServiceClient::new(client.clone());
    let answer = service.clone().list_insurer_questionnaires(request).await;
    let to_declare = answer.map_err(told)?.into_inner().insurer_questionnaires;
    Ok(Some(Insurance { coverage: coverage::coverage(client, &which).await?, claims, to_declare }))
}

/// The claims whose insurer is not told yet.
fn untold(found: &Insurance) -> impl Iterator<Item = &InsuranceClaim> {
    found.claims.iter().filter(|claim| claim.state() == insurance_claim::State::CircumstanceNoticed)
}

/// What is paid for them a year, by currency.
fn premiums(policies: &[InsurancePolicy]) -> String {
    let mut sums = std::collections::BTreeMap::<&str, f64>::new();
    for policy in policies {
        *sums.entry(&policy.currency_code).or_default() += policy.premium;
    }
    sums.iter().map(|(currency, sum)| format!("{sum:.0} {currency}")).collect::<Vec<_>>().join(" and ")
}

/// The part of the posture as JSON; null where the caller may not read it.
#[must_use]
pub fn json(found: Option<&Insurance>) -> serde_json::Value {
    let Some(found) = found else { return serde_json::Value::Null };
    let mut stances = Tally::new();
    for row in &found.coverage.rows {
        count(&mut stances, row.best().text());
    }
    serde_json::json!({
        "policies": found.coverage.policies.iter().map(|policy| serde_json::json!({"name": policy.name, "tower": policy.tower,
            "attachment": policy.attachment, "limit": policy.limit, "premium": policy.premium, "currencyCode": policy.currency_code,
            "state": policy.state().text(), "endTime": policy.end_time.as_ref().map(ToString::to_string)})).collect::<Vec<_>>(),
        "scenarios": found.coverage.rows.len(), "coverage": stances,
        "claims": found.claims.iter().map(|claim| serde_json::json!({"name": claim.name, "state": claim.state().text(),
            "totalAmount": claim.total_amount, "expectedPayout": claim.expected_payout, "noticeOverdue": claim.notice_overdue,
            "noticeDueTime": claim.notice_due_time.as_ref().map(ToString::to_string)})).collect::<Vec<_>>(),
        "materialChanges": found.to_declare.iter().map(|one| &one.name).collect::<Vec<_>>(),
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: Option<&Insurance>) -> String {
    let Some(found) = found else { return String::new() };
    let policies = &found.coverage.policies;
    if policies.is_empty() && found.claims.is_empty() {
        return "\n  Insurance: no policy covers\n".to_owned();
    }
    let mut out = format!("\n  Insurance: {} policies cover, for {} a year\n", policies.len(), premiums(policies));
    for policy in policies {
        let due = if policy.state() == State::RenewalDue { ", RENEWAL DUE" } else { "" };
        out.push_str(&format!(
            "    {}: {:.0} above {:.0} {}, until {}{due}\n",
            policy.display_name,
            policy.limit,
            policy.attachment + policy.excess,
            policy.currency_code,
            time(policy.end_time.as_ref())
        ));
    }
    out.push_str(&format!("    {}\n", coverage::counted(&found.coverage.rows)));
    for one in &found.to_declare {
        let answers = one.changed_answers;
        out.push_str(&format!(
            "    MATERIAL CHANGE to declare: {} ({answers} answers no longer hold)\n",
            one.display_name
        ));
    }
    for claim in untold(found) {
        let due = match (claim.notice_overdue, claim.notice_due_time.as_ref()) {
            (true, _) => "the notice is OVERDUE".to_owned(),
            (false, Some(due)) => format!("the insurer is to be told until {}", time(Some(due))),
            (false, None) => "the insurer was not told".to_owned(),
        };
        out.push_str(&format!("    {}: {due}\n", claim.display_name));
    }
    for claim in &found.claims {
        out.push_str(&format!(
            "      {} {:.0} {}, of which {:.0} may be paid ({})\n",
            claim.display_name,
            claim.total_amount,
            claim.currency_code,
            claim.expected_payout,
            claim.state().text()
        ));
    }
    out
}
