//! Risks from the scenarios of a profile.

use std::collections::HashSet;

use access::Context;
use fault::Outcome;
use store::timestamp;
use wire::risk::v1::risk_method::Kind;
use wire::risk::v1::risk_profile::Scenario;
use wire::risk::v1::{InstantiateRiskProfileRequest, InstantiateRiskProfileResponse, Risk, RiskCriteria, RiskProfile};

use crate::risk_criteria::DEFAULT;
use crate::{Registry, id_of, organization_of, ties};

const DAY: i64 = 86_400_000_000;
/// When risks are looked at next where the profile does not say, in days.
const REVIEW_DAYS: i32 = 365;
/// The length of the scales that positions to begin from are on.
const SCALE: usize = 5;

impl Registry {
    /// Makes the risks of a profile that are not there yet.
    pub(super) async fn instantiate_profile(
        &self,
        context: &Context,
        r: &InstantiateRiskProfileRequest,
    ) -> Outcome<InstantiateRiskProfileResponse> {
        let profile = self.risk_profiles.get(context, &r.name).await?;
        let organization = organization_of(&profile.name);
        let criteria = match r.criteria.as_str() {
            "" => format!("organizations/{organization}/riskCriteria/{DEFAULT}"),
            name => name.to_owned(),
        };
        let criteria = self.risk_criteria.get(context, &criteria).await?;
        let now = context.clock.now();
        let mut drafts = Vec::with_capacity(profile.scenarios.len());
        for scenario in &profile.scenarios {
            let risk = risk(&profile, scenario, &criteria, r, now);
            fault::check(&risk)?;
            drafts.push((id(&profile, scenario, r), risk));
        }
        let ids: Vec<String> = drafts.iter().map(|(id, _)| id.clone()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut tx = ties::begin(&self.database, context, &profile.name).await?;
        let known = self.risks.load(&mut tx, organization, &ids).await?;
        let there: HashSet<&str> = known.iter().map(|risk| id_of(&risk.name)).collect();
        drafts.retain(|(id, _)| !there.contains(id.as_str()));
        let made = self.risks.create_in(&mut tx, organization, drafts).await?;
        tx.commit().await?;
        let count = |risks: &[Risk]| i32::try_from(risks.len()).unwrap_or(i32::MAX);
        let (created, unchanged) = (count(&made), count(&known));
        let mut risks: Vec<Risk> = made.into_iter().chain(known).collect();
        risks.sort_by_key(|risk| ids.iter().position(|id| *id == id_of(&risk.name)));
        Ok(InstantiateRiskProfileResponse { risks, created, unchanged })
    }
}

/// The id of the risk of a scenario about a target: the same each time.
fn id(profile: &RiskProfile, scenario: &Scenario, r: &InstantiateRiskProfileRequest) -> String {
    let parts = [&profile.name, &r.asset, &r.service, &r.selector].map(|part| part.clone().into_bytes());
    let digest = approval::digest(&parts);
    format!("{}-{}", scenario.key, digest.get(..12).unwrap_or_default())
}

/// The risk of a scenario. Positions to begin from are given where the scales of the criteria are long enough to have them.
fn risk(
    profile: &RiskProfile,
    scenario: &Scenario,
    criteria: &RiskCriteria,
    r: &InstantiateRiskProfileRequest,
    now: i64,
) -> Risk {
    let fits = criteria.kind() == Kind::Matrix
        && criteria.likelihood_steps.len() >= SCALE
        && criteria.consequence_steps.len() >= SCALE;
    let days = if profile.review_period_days > 0 { profile.review_period_days } else { REVIEW_DAYS };
    let recommended = match scenario.recommended_controls.as_slice() {
        [] => String::new(),
        controls => format!("\n\nControls of X.1051 that lower it: {}.", controls.join(", ")),
    };
    Risk {
        display_name: scenario.display_name.clone(),
        description: format!("{}{recommended}", scenario.description),
        asset: r.asset.clone(),
        service: r.service.clone(),
        selector: r.selector.clone(),
        threat_source: scenario.threat_source.clone(),
        criteria: criteria.name.clone(),
        likelihood: if fits { scenario.likelihood } else { 0 },
        consequences: scenario.consequences.filter(|_| fits),
        owner: if r.owner.is_empty() { profile.owner.clone() } else { r.owner.clone() },
        next_review_time: timestamp(now.saturating_add(i64::from(days).saturating_mul(DAY))),
        source: profile.display_name.clone(),
        profile: profile.name.clone(),
        ..Risk::default()
    }
}
