//! Gives the sample operator what its risks cost, through the public API, as a risk manager would: each risk is quantified, then all of them
//! together, under the policies that pay for them and with what else may be done beside it.

use std::time::Duration;

use anyhow::{Result, bail};
use wire::risk::v1 as api;
use wire::risk::v1::Quantification;
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::quantification::State;
use wire::risk::v1::quantification_service_client::QuantificationServiceClient;

use crate::client::{Client, explain};

/// How long a quantification may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(100);

/// Quantifies the risks of an organization, each where it was not quantified before, and all of them together. Gives how many quantifications were
/// begun; doing it again begins none.
///
/// # Errors
/// What the service has against a call; a quantification that comes to nothing.
pub async fn create(client: &Client, organization: &str, of: &sample::Money) -> Result<usize> {
    let parent = format!("organizations/{organization}");
    let mut begun = Vec::new();
    for (risk, model) in of.models {
        let name = format!("{parent}/risks/{risk}");
        let filter = format!("risk = \"{name}\"");
        if newest(client, &parent, &filter).await.map_err(|status| explain(&status))?.is_some() {
            continue;
        }
        let request = api::QuantifyRiskRequest {
            name,
            model: (*model).to_owned(),
            years: of.years,
            seed: of.seed,
            currency_code: of.currency.to_owned(),
        };
        let mut service = QuantificationServiceClient::new(client.clone());
        begun.push(service.quantify_risk(request).await.map_err(|status| explain(&status))?.into_inner());
    }
    for one in &begun {
        done(client, &one.name).await?;
    }
    let (id, display_name) = of.portfolio;
    let portfolio = format!("{parent}/quantifications/{id}");
    let filter = format!("display_name = \"{display_name}\"");
    if newest(client, &parent, &filter).await.map_err(|status| explain(&status))?.is_some() {
        return Ok(begun.len());
    }
    let composed = composed(client, &parent).await?;
    let quantification = Quantification {
        display_name: display_name.to_owned(),
        model: composed.model,
        years: of.years,
        seed: of.seed,
        currency_code: of.currency.to_owned(),
        ..Default::default()
    };
    let request = api::CreateQuantificationRequest {
        parent,
        quantification_id: id.to_owned(),
        quantification: Some(quantification),
    };
    let mut service = QuantificationServiceClient::new(client.clone());
    service.create_quantification(request).await.map_err(|status| explain(&status))?;
    done(client, &portfolio).await?;
    Ok(begun.len() + 1)
}

/// The model of all quantified risks, with every quote as an option.
async fn composed(client: &Client, parent: &str) -> Result<api::ComposeModelResponse> {
    let request = api::ListInsurancePoliciesRequest {
        parent: parent.to_owned(),
        filter: "state = QUOTED OR state = EVALUATED".to_owned(),
        page_size: 20,
        ..Default::default()
    };
    let mut policies = InsurancePolicyServiceClient::new(client.clone());
    let quotes = policies.list_insurance_policies(request).await.map_err(|status| explain(&status))?.into_inner();
    let request = api::ComposeModelRequest {
        parent: parent.to_owned(),
        quotes: quotes.insurance_policies.into_iter().map(|quote| quote.name).collect(),
        ..Default::default()
    };
    let mut service = QuantificationServiceClient::new(client.clone());
    Ok(service.compose_model(request).await.map_err(|status| explain(&status))?.into_inner())
}

/// The newest quantification that a filter selects.
///
/// # Errors
/// What the service has against the call.
pub async fn newest(client: &Client, parent: &str, filter: &str) -> Result<Option<Quantification>, tonic::Status> {
    let request = api::ListQuantificationsRequest {
        parent: parent.to_owned(),
        filter: filter.to_owned(),
        order_by: "create_time desc".to_owned(),
        page_size: 1,
        ..Default::default()
    };
    let mut service = QuantificationServiceClient::new(client.clone());
    let page = service.list_quantifications(request).await?.into_inner();
    Ok(page.quantifications.into_iter().next())
}

/// Waits until a quantification is DONE.
async fn done(client: &Client, name: &str) -> Result<()> {
    let mut service = QuantificationServiceClient::new(client.clone());
    let until = async {
        loop {
            let request = api::GetQuantificationRequest { name: name.to_owned() };
            let at = service.get_quantification(request).await.map_err(|status| explain(&status))?.into_inner();
            match at.state() {
                State::Queued | State::Running => tokio::time::sleep(LOOK).await,
                State::Done => return Ok(()),
                ended => bail!("{name} is {}: {}", ended.as_str_name(), at.state_reason),
            }
        }
    };
    match tokio::time::timeout(PATIENCE, until).await {
        Ok(done) => done,
        Err(_) => bail!("{name} is not done after {} s", PATIENCE.as_secs()),
    }
}
