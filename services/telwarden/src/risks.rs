//! Gives the sample operator its risks, through the public API, as people would: one assesses and treats them, another bears them.

use std::time::Duration;

use anyhow::{Result, bail};
use sample::{About, SELECTOR, Stand, Way};
use tonic_types::StatusExt as _;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{CreateSelectorRequest, Selector};
use wire::risk::v1 as api;
use wire::risk::v1::risk::{Consequences, ControlLink};
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::treatment::TreatmentOption;
use wire::risk::v1::treatment_service_client::TreatmentServiceClient;

use crate::client::{Client, explain};
use crate::programme::People;
use crate::registers::{Assets, in_days, new};

/// Creates the risks in an organization that has imported the operator's inventory as `source` and has its programme of controls and its list
/// of threats. Gives how many were made; what is there stays as it is: doing it again changes nothing.
///
/// # Errors
/// What the service has against a call; an asset that was not imported, or that the service does not hear of.
pub async fn create(people: &People, organization: &str, source: &str, risks: &[sample::Risk]) -> Result<usize> {
    let parent = format!("organizations/{organization}");
    let (id, display_name, filter) = SELECTOR;
    let selector = Selector { display_name: display_name.to_owned(), filter: filter.to_owned(), ..Default::default() };
    let request =
        CreateSelectorRequest { parent: parent.clone(), selector_id: id.to_owned(), selector: Some(selector) };
    new(SelectorServiceClient::new(people.owner.clone()).create_selector(request).await)?;
    let mut assets = Assets::new(people.owner.clone(), &parent, source);
    let mut made = 0;
    for risk in risks {
        made += usize::from(risk_of(people, &parent, &mut assets, risk).await?);
    }
    Ok(made)
}

async fn risk_of(people: &People, parent: &str, assets: &mut Assets<'_>, of: &sample::Risk) -> Result<bool> {
    let consequences =
        Consequences { availability: of.consequence, users: of.consequence.min(3), ..Default::default() };
    let link = |(id, likelihood_steps, consequence_steps): (&str, i32, i32)| ControlLink {
        implementation: format!("{parent}/implementations/{id}"),
        likelihood_steps,
        consequence_steps,
    };
    let mut risk = api::Risk {
        display_name: of.display_name.to_owned(),
        description: of.description.to_owned(),
        threat_source: of.threat_source.to_owned(),
        threat: of.threat.map(|key| threat(parent, key)).unwrap_or_default(),
        criteria: format!("{parent}/riskCriteria/matrix-5x5"),
        likelihood: of.likelihood,
        consequences: Some(consequences),
        implementations: of.control.map(link).into_iter().collect(),
        owner: of.owner.to_owned(),
        source: "yearly workshop".to_owned(),
        next_review_time: in_days(180),
        ..Default::default()
    };
    match of.about {
        About::Asset(id) => risk.asset = assets.get(id).await?.name,
        About::Service(id) => risk.service = assets.get(id).await?.name,
        About::Selector => risk.selector = format!("{parent}/selectors/{}", SELECTOR.0),
    }
    let Some(made) = created(people, parent, of.id, risk).await? else { return Ok(false) };
    live(people, &made.name, of).await?;
    Ok(true)
}

/// The name of a threat of the operator's list.
fn threat(parent: &str, key: &str) -> String {
    format!("{parent}/threatCatalogues/{}/threats/{}", sample::surface().catalogue.0, key.to_lowercase())
}

/// Creates a risk; none where it is there already.
async fn created(people: &People, parent: &str, id: &str, risk: api::Risk) -> Result<Option<api::Risk>> {
    let risks = RiskServiceClient::new(people.owner.clone());
    let answer = once_heard("RISK_TARGET_UNKNOWN", async || {
        let request =
            api::CreateRiskRequest { parent: parent.to_owned(), risk_id: id.to_owned(), risk: Some(risk.clone()) };
        risks.clone().create_risk(request).await
    });
    new(answer.await?)
}

/// What another service tells is known to the service of risks a moment later: it is asked again while it refuses for that reason.
async fn once_heard<T>(
    reason: &str,
    call: impl AsyncFn() -> Result<tonic::Response<T>, tonic::Status>,
) -> Result<Result<tonic::Response<T>, tonic::Status>> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let patient = async {
        loop {
            let answer = call().await;
            let refused = answer.as_ref().err().and_then(|status| status.get_details_error_info());
            if refused.is_none_or(|info| info.reason != reason) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, patient).await {
        Ok(answer) => Ok(answer),
        Err(_) => bail!("the service of risks still says {reason} after {} s", PATIENCE.as_secs()),
    }
}

/// Leads a risk through its life, as far as it has come.
async fn live(people: &People, name: &str, of: &sample::Risk) -> Result<()> {
    let mut owner = RiskServiceClient::new(people.owner.clone());
    let told = |status: tonic::Status| explain(&status);
    let (name, etag, reason) = (|| name.to_owned(), String::new, String::new);
    let stand = of.stand;
    if stand == Stand::Identified {
        return Ok(());
    }
    owner.assess_risk(api::AssessRiskRequest { name: name(), etag: etag(), reason: reason() }).await.map_err(told)?;
    if stand == Stand::Analysed {
        return Ok(());
    }
    owner
        .evaluate_risk(api::EvaluateRiskRequest { name: name(), etag: etag(), reason: reason() })
        .await
        .map_err(told)?;
    if let Some(treatment) = &of.treatment {
        treated(people.owner.clone(), name(), treatment).await?;
        let request = api::PlanRiskTreatmentRequest { name: name(), etag: etag(), reason: reason() };
        owner.plan_risk_treatment(request).await.map_err(told)?;
    }
    if matches!(stand, Stand::Treating | Stand::ResidualAssessed | Stand::Accepted(_)) {
        owner.treat_risk(api::TreatRiskRequest { name: name(), etag: etag(), reason: reason() }).await.map_err(told)?;
    }
    if matches!(stand, Stand::ResidualAssessed | Stand::Accepted(_)) {
        let request = api::AssessRiskResidualRequest { name: name(), etag: etag(), reason: reason() };
        owner.assess_risk_residual(request).await.map_err(told)?;
    }
    match stand {
        Stand::Accepted(days) => {
            let approver = RiskServiceClient::new(people.approver.clone());
            // Until the service has heard that the controls work, the risk is higher than the approver may bear.
            let accepted = once_heard("AUTHORITY_EXCEEDED", async || {
                let request = api::AcceptRiskRequest {
                    name: name(),
                    until: in_days(days),
                    conditions: "The filters are tested each quarter.".to_owned(),
                    comment: "Borne until the next review of the border.".to_owned(),
                    ..Default::default()
                };
                approver.clone().accept_risk(request).await
            });
            accepted.await?.map_err(told)?;
        }
        Stand::Reopened => {
            let reason = "The patches it relied on come late.".to_owned();
            let reopened = owner.reopen_risk(api::ReopenRiskRequest { name: name(), etag: etag(), reason }).await;
            if let Err(status) = reopened {
                // What its controls told in the meantime may have reopened it already.
                let now = owner.get_risk(api::GetRiskRequest { name: name() }).await.map_err(told)?.into_inner();
                if now.state() != api::risk::State::Reopened {
                    return Err(told(status));
                }
            }
        }
        Stand::Closed => {
            let reason = "The book on paper is gone.".to_owned();
            owner.close_risk(api::CloseRiskRequest { name: name(), etag: etag(), reason }).await.map_err(told)?;
        }
        _ => {}
    }
    Ok(())
}

async fn treated(client: Client, risk: String, of: &sample::Treatment) -> Result<()> {
    let option = match of.way {
        Way::Modify => TreatmentOption::Modify,
        Way::Retain => TreatmentOption::Retain,
        Way::Share => TreatmentOption::Share,
    };
    let cost =
        api::treatment::Cost { currency_code: "EUR".to_owned(), yearly_cost: of.yearly_cost, ..Default::default() };
    let treatment = api::Treatment {
        display_name: of.display_name.to_owned(),
        option: option.into(),
        cost: Some(cost),
        yearly_kwh: of.yearly_kwh,
        due_time: in_days(of.due_days),
        target_likelihood: of.target.0,
        target_consequence: of.target.1,
        frequency_reduction: of.reductions.0,
        severity_reduction: of.reductions.1,
        ..Default::default()
    };
    let request = api::CreateTreatmentRequest { parent: risk, treatment: Some(treatment), ..Default::default() };
    TreatmentServiceClient::new(client).create_treatment(request).await.map_err(|status| explain(&status))?;
    Ok(())
}
