//! Gives the sample operator its insurance, through the public API, as people would: insurers, a tower, quotes, what an insurer was told, a claim, and a
//! look at what another policy says of cyber perils.

use access::{Clock as _, SystemClock};
use anyhow::Result;
use tonic_types::StatusExt as _;
use wire::risk::v1 as api;
use wire::risk::v1::insurance_claim_service_client::InsuranceClaimServiceClient;
use wire::risk::v1::insurance_policy::{Coverage, Exclusion, Line};
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::insurer_answer_service_client::InsurerAnswerServiceClient;
use wire::risk::v1::insurer_questionnaire_service_client::InsurerQuestionnaireServiceClient;
use wire::risk::v1::insurer_service_client::InsurerServiceClient;
use wire::risk::v1::risk::LossEstimate;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::silent_cover_review_service_client::SilentCoverReviewServiceClient;

use crate::client::explain;
use crate::programme::People;
use crate::registers::{in_days, new};

/// How many were made; those that were there before are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Insurers.
    pub insurers: usize,
    /// Policies and quotes.
    pub policies: usize,
    /// Answers to insurers.
    pub answers: usize,
    /// Claims.
    pub claims: usize,
}

/// Creates the insurance in an organization that has the operator's risks. What is there stays as it is: doing it again changes nothing.
///
/// # Errors
/// What the service has against a call.
pub async fn create(people: &People, organization: &str, of: &sample::Insurance) -> Result<Made> {
    let parent = format!("organizations/{organization}");
    let mut made = Made::default();
    perils(people, &parent, of.perils).await?;
    for one in of.insurers {
        made.insurers += usize::from(insurer(people, &parent, one).await?);
    }
    for one in of.policies {
        made.policies += usize::from(policy(people, &parent, one).await?);
    }
    made.answers = questionnaire(people, &parent, of).await?;
    made.claims = usize::from(claim(people, &parent, &of.claim).await?);
    review(people, &parent, of.review).await?;
    Ok(made)
}

/// Says of risks what they are in the words of insurance, and what one event costs. What says so already is not written.
async fn perils(people: &People, parent: &str, perils: &[(&str, &str, f64)]) -> Result<()> {
    let mut risks = RiskServiceClient::new(people.owner.clone());
    for (id, peril, value) in perils {
        let loss = LossEstimate {
            currency_code: "EUR".to_owned(),
            value: *value,
            exposure_factor: 1.0,
            yearly_occurrences: 0.1,
            ..Default::default()
        };
        let name = format!("{parent}/risks/{id}");
        let peril = (*peril).to_owned();
        let risk = api::Risk { name, peril, loss: Some(loss), ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["peril".to_owned(), "loss".to_owned()] });
        risks
            .update_risk(api::UpdateRiskRequest { risk: Some(risk), update_mask })
            .await
            .map_err(|status| explain(&status))?;
    }
    Ok(())
}

async fn insurer(people: &People, parent: &str, of: &sample::Insurer) -> Result<bool> {
    let (claims, paid_claims, median_days) = of.claims;
    let origin = "the broker's yearly report".to_owned();
    let insurer = api::Insurer {
        display_name: of.display_name.to_owned(),
        rating: of.rating.to_owned(),
        claim_record: Some(api::insurer::ClaimRecord { claims, paid_claims, median_days, origin }),
        ..Default::default()
    };
    let request =
        api::CreateInsurerRequest { parent: parent.to_owned(), insurer_id: of.id.to_owned(), insurer: Some(insurer) };
    Ok(new(InsurerServiceClient::new(people.owner.clone()).create_insurer(request).await)?.is_some())
}

fn terms(parent: &str, of: &sample::Policy) -> api::InsurancePolicy {
    let coverage = |(kind, sublimit): &(&str, f64)| Coverage {
        kind: (*kind).to_owned(),
        sublimit: *sublimit,
        ..Default::default()
    };
    let exclusion = |(kind, clause, carved): &(&str, &str, &[&str])| Exclusion {
        kind: (*kind).to_owned(),
        clause: (*clause).to_owned(),
        carve_backs: carved.iter().map(|peril| (*peril).to_owned()).collect(),
        ..Default::default()
    };
    let line = if of.property { Line::Property } else { Line::Cyber };
    api::InsurancePolicy {
        display_name: of.display_name.to_owned(),
        insurer: format!("{parent}/insurers/{}", of.insurer),
        line: line.into(),
        tower: of.tower.to_owned(),
        currency_code: "EUR".to_owned(),
        attachment: of.layer.0,
        limit: of.layer.1,
        share: of.layer.2,
        excess: of.excess,
        aggregate_limit: of.aggregate_limit,
        premium: of.premium,
        waiting_hours: of.waiting_hours,
        coverages: of.coverages.iter().map(coverage).collect(),
        exclusions: of.exclusions.iter().map(exclusion).collect(),
        start_time: in_days(of.days.0),
        end_time: in_days(of.days.1),
        renewal_notice_days: 60,
        claim_notice_hours: sample::CLAIM_NOTICE_HOURS,
        named_insureds: vec!["Norvane Telecom".to_owned()],
        owner: "head of finance".to_owned(),
        ..Default::default()
    }
}

async fn policy(people: &People, parent: &str, of: &sample::Policy) -> Result<bool> {
    let mut client = InsurancePolicyServiceClient::new(people.owner.clone());
    let request = api::CreateInsurancePolicyRequest {
        parent: parent.to_owned(),
        insurance_policy_id: of.id.to_owned(),
        insurance_policy: Some(terms(parent, of)),
    };
    let Some(made) = new(client.create_insurance_policy(request).await)? else { return Ok(false) };
    if of.bound {
        let reason = "The board took it.".to_owned();
        let request = api::BindInsurancePolicyRequest { name: made.name, reason, ..Default::default() };
        client.bind_insurance_policy(request).await.map_err(|status| explain(&status))?;
    }
    Ok(true)
}

/// What the insurer was told. It is submitted once all answers are there; one that rests on a control that does not work at this moment keeps it a draft.
async fn questionnaire(people: &People, parent: &str, of: &sample::Insurance) -> Result<usize> {
    let mut client = InsurerQuestionnaireServiceClient::new(people.owner.clone());
    let (id, policy) = of.questionnaire;
    let insurer = of.policies.iter().find(|one| one.id == policy).map_or("", |one| one.insurer);
    let questionnaire = api::InsurerQuestionnaire {
        display_name: "Before the tower was bound".to_owned(),
        insurer: format!("{parent}/insurers/{insurer}"),
        policy: format!("{parent}/insurancePolicies/{policy}"),
        owner: "head of security operations".to_owned(),
        ..Default::default()
    };
    let request = api::CreateInsurerQuestionnaireRequest {
        parent: parent.to_owned(),
        insurer_questionnaire_id: id.to_owned(),
        insurer_questionnaire: Some(questionnaire),
    };
    let Some(made) = new(client.create_insurer_questionnaire(request).await)? else { return Ok(0) };
    for one in of.answers {
        let answer = api::InsurerAnswer {
            question: one.question.to_owned(),
            answer: one.answer.to_owned(),
            implementations: one
                .implementation
                .map(|id| format!("{parent}/implementations/{id}"))
                .into_iter()
                .collect(),
            ..Default::default()
        };
        let request = api::CreateInsurerAnswerRequest {
            parent: made.name.clone(),
            insurer_answer_id: one.id.to_owned(),
            insurer_answer: Some(answer),
        };
        new(InsurerAnswerServiceClient::new(people.owner.clone()).create_insurer_answer(request).await)?;
    }
    let request = api::SubmitInsurerQuestionnaireRequest { name: made.name, ..Default::default() };
    if let Err(status) = client.submit_insurer_questionnaire(request).await {
        let stands = status.get_details_error_info().is_some_and(|info| info.reason == "INSURER_ANSWER_CHANGED");
        if !stands {
            return Err(explain(&status));
        }
    }
    Ok(of.answers.len())
}

async fn claim(people: &People, parent: &str, of: &sample::Claim) -> Result<bool> {
    let cost = |(cost_type, amount): &(&str, f64)| api::insurance_claim::CostItem {
        cost_type: (*cost_type).to_owned(),
        amount: *amount,
        ..Default::default()
    };
    let claim = api::InsuranceClaim {
        display_name: of.display_name.to_owned(),
        description: of.description.to_owned(),
        policy: format!("{parent}/insurancePolicies/{}", of.policy),
        risk: format!("{parent}/risks/{}", of.risk),
        aware_time: store::timestamp(SystemClock.now() - of.hours_ago * 3_600_000_000),
        cost_items: of.costs.iter().map(cost).collect(),
        owner: "head of finance".to_owned(),
        ..Default::default()
    };
    let request = api::CreateInsuranceClaimRequest {
        parent: parent.to_owned(),
        insurance_claim_id: of.id.to_owned(),
        insurance_claim: Some(claim),
    };
    Ok(new(InsuranceClaimServiceClient::new(people.owner.clone()).create_insurance_claim(request).await)?.is_some())
}

async fn review(people: &People, parent: &str, (id, policy): (&str, &str)) -> Result<()> {
    let mut client = SilentCoverReviewServiceClient::new(people.owner.clone());
    let review = api::SilentCoverReview {
        display_name: "What the property policy says of cyber perils".to_owned(),
        policy: format!("{parent}/insurancePolicies/{policy}"),
        reviewer: "the broker".to_owned(),
        next_review_time: in_days(180),
        ..Default::default()
    };
    let request = api::CreateSilentCoverReviewRequest {
        parent: parent.to_owned(),
        silent_cover_review_id: id.to_owned(),
        silent_cover_review: Some(review),
    };
    let Some(made) = new(client.create_silent_cover_review(request).await)? else { return Ok(()) };
    let told = |status: tonic::Status| explain(&status);
    let request = api::SuggestSilentCoverReviewRequest { name: made.name.clone(), ..Default::default() };
    client.suggest_silent_cover_review(request).await.map_err(told)?;
    let reason = "Looked through with the broker.".to_owned();
    let request = api::CompleteSilentCoverReviewRequest { name: made.name, reason, ..Default::default() };
    client.complete_silent_cover_review(request).await.map_err(told)?;
    Ok(())
}
