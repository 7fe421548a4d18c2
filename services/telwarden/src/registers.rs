//! Gives the sample operator the registers that no inventory export has, through the public API, as people would.

use std::collections::HashMap;

use access::{Clock as _, SystemClock};
use anyhow::{Context as _, Result, bail};
use sample::Stage;
use tonic::{Code, Response, Status};
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::essential_user_service_client::EssentialUserServiceClient;
use wire::assets::v1::interconnect_service_client::InterconnectServiceClient;
use wire::assets::v1::service_security_level_service_client::ServiceSecurityLevelServiceClient;
use wire::assets::v1::{
    Asset, Contact, CreateEssentialUserRequest, CreateInterconnectRequest, CreateServiceSecurityLevelRequest,
    EnforceInterconnectRequest, EssentialUser, ExternalId, Interconnect, IsolateInterconnectRequest,
    LookupAssetsRequest, PublishServiceSecurityLevelRequest, ServiceSecurityLevel,
};

use crate::client::{Client, explain};

/// How many were made; those that were there before are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Interconnects.
    pub interconnects: usize,
    /// Security levels of services.
    pub security_levels: usize,
    /// Essential users.
    pub essential_users: usize,
}

/// Creates the registers in an organization that has imported the operator's inventory as `source`. What is there stays as
/// it is: doing it again changes nothing.
///
/// # Errors
/// What the service has against a call; an asset that was not imported.
pub async fn create(client: Client, organization: &str, source: &str, registers: &sample::Registers) -> Result<Made> {
    let parent = format!("organizations/{organization}");
    let mut assets = Assets::new(client.clone(), &parent, source);
    let mut made = Made::default();
    for interconnect in &registers.interconnects {
        made.interconnects += usize::from(interconnect_of(&client, &mut assets, interconnect).await?);
    }
    for level in &registers.security_levels {
        made.security_levels += usize::from(security_level_of(&client, &mut assets, level).await?);
    }
    for user in &registers.essential_users {
        made.essential_users += usize::from(essential_user_of(&client, &mut assets, user).await?);
    }
    Ok(made)
}

/// Assets by what the source calls them; each is asked for once.
pub(crate) struct Assets<'a> {
    client: AssetServiceClient<Client>,
    parent: String,
    source: &'a str,
    found: HashMap<String, Asset>,
}

impl<'a> Assets<'a> {
    /// Of an organization that has imported them as `source`.
    pub(crate) fn new(client: Client, parent: &str, source: &'a str) -> Self {
        Self { client: AssetServiceClient::new(client), parent: parent.to_owned(), source, found: HashMap::new() }
    }

    /// The asset that the source calls so.
    ///
    /// # Errors
    /// What the service has against the call; an asset that was not imported.
    pub(crate) async fn get(&mut self, id: &str) -> Result<Asset> {
        if let Some(known) = self.found.get(id) {
            return Ok(known.clone());
        }
        let external_id = ExternalId { system: self.source.to_owned(), value: id.to_owned(), ..Default::default() };
        let request =
            LookupAssetsRequest { parent: self.parent.clone(), external_id: Some(external_id), ..Default::default() };
        let answer = self.client.lookup_assets(request).await.map_err(|status| explain(&status))?.into_inner();
        let Some(asset) = answer.matches.into_iter().find_map(|found| found.asset) else {
            bail!("the asset {id} of {} was not imported", self.source);
        };
        self.found.insert(id.to_owned(), asset.clone());
        Ok(asset)
    }

    async fn names(&mut self, ids: &[String]) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(ids.len());
        for id in ids {
            names.push(self.get(id).await?.name);
        }
        Ok(names)
    }
}

/// What a creation made; nothing where it was there before.
pub(crate) fn new<T>(outcome: Result<Response<T>, Status>) -> Result<Option<T>> {
    match outcome {
        Ok(response) => Ok(Some(response.into_inner())),
        Err(status) if status.code() == Code::AlreadyExists => Ok(None),
        Err(status) => Err(explain(&status)),
    }
}

/// A time so many days from now.
pub(crate) fn in_days(days: i64) -> Option<prost_types::Timestamp> {
    store::timestamp(SystemClock.now() + days * 86_400_000_000)
}

/// The beginning of a day such as `2019-04-01`, as [`store::timestamp`] takes it.
fn micros(day: &str) -> Result<i64> {
    let start: jiff::Timestamp = format!("{day}T00:00:00Z").parse().with_context(|| format!("{day} is no day"))?;
    Ok(start.as_microsecond())
}

fn contact(function: &str, telephone: &str, email: &str) -> Contact {
    Contact {
        function: function.to_owned(),
        telephone: telephone.to_owned(),
        email: email.to_owned(),
        ..Default::default()
    }
}

async fn interconnect_of(client: &Client, assets: &mut Assets<'_>, of: &sample::Interconnect) -> Result<bool> {
    let mut api = InterconnectServiceClient::new(client.clone());
    let site = match of.assets.first() {
        Some(first) => assets.get(first).await?.site,
        None => String::new(),
    };
    let interconnect = Interconnect {
        display_name: of.display_name.clone(),
        peer: of.peer.clone(),
        kind: of.kind.to_owned(),
        demarcation_point: of.demarcation_point.clone(),
        site,
        assets: assets.names(&of.assets).await?,
        isolate_procedure: of.isolate_procedure.to_owned(),
        restore_procedure: of.restore_procedure.to_owned(),
        contacts: vec![contact("Network operations centre", &of.telephone, &of.email)],
        abuse_contact: Some(contact("Abuse desk", "", &of.abuse_email)),
        agreement: of.agreement.clone(),
        agreement_start_time: store::timestamp(micros(&of.agreement_start)?),
        ..Default::default()
    };
    let request = CreateInterconnectRequest {
        parent: assets.parent.clone(),
        interconnect_id: of.id.clone(),
        interconnect: Some(interconnect),
    };
    let Some(made) = new(api.create_interconnect(request).await)? else { return Ok(false) };
    if of.stage != Stage::Draft {
        let request = EnforceInterconnectRequest { name: made.name.clone(), ..Default::default() };
        api.enforce_interconnect(request).await.map_err(|status| explain(&status))?;
    }
    if let Stage::Isolated(reason) = of.stage {
        let request = IsolateInterconnectRequest { name: made.name, reason: reason.to_owned(), ..Default::default() };
        api.isolate_interconnect(request).await.map_err(|status| explain(&status))?;
    }
    Ok(true)
}

async fn security_level_of(client: &Client, assets: &mut Assets<'_>, of: &sample::SecurityLevel) -> Result<bool> {
    let mut api = ServiceSecurityLevelServiceClient::new(client.clone());
    let level = ServiceSecurityLevel {
        display_name: of.display_name.clone(),
        asset: assets.get(&of.asset).await?.name,
        level: of.level.to_owned(),
        protections: of.protections.iter().map(|&protection| protection.to_owned()).collect(),
        statement: of.statement.clone(),
        availability_percent: of.availability_percent,
        incident_notification_minutes: of.incident_notification_minutes,
        restoration_minutes: of.restoration_minutes,
        ..Default::default()
    };
    let request = CreateServiceSecurityLevelRequest {
        parent: assets.parent.clone(),
        service_security_level_id: of.id.clone(),
        service_security_level: Some(level),
    };
    let Some(made) = new(api.create_service_security_level(request).await)? else { return Ok(false) };
    if of.published {
        let request = PublishServiceSecurityLevelRequest { name: made.name, ..Default::default() };
        api.publish_service_security_level(request).await.map_err(|status| explain(&status))?;
    }
    Ok(true)
}

async fn essential_user_of(client: &Client, assets: &mut Assets<'_>, of: &sample::EssentialUser) -> Result<bool> {
    let user = EssentialUser {
        display_name: of.display_name.clone(),
        category: of.category.to_owned(),
        priority: of.priority,
        assets: assets.names(&of.assets).await?,
        contact: Some(contact("Control room", &of.telephone, "")),
        review_time: store::timestamp(micros(&of.review)?),
        ..Default::default()
    };
    let request = CreateEssentialUserRequest {
        parent: assets.parent.clone(),
        essential_user_id: of.id.clone(),
        essential_user: Some(user),
    };
    let mut api = EssentialUserServiceClient::new(client.clone());
    Ok(new(api.create_essential_user(request).await)?.is_some())
}
