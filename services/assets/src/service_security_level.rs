//! Security levels of services: what customers are promised (ITU-T X.1051, security management of telecommunications
//! services delivery: TEL.13.1.4 of the 2016 edition).

use std::collections::{HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Reference, Rules, Side, SideRole, Transaction, in_state, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::assets::v1::service_security_level::State;
use wire::assets::v1::service_security_level_service_server::ServiceSecurityLevelService;
use wire::assets::v1::{
    CreateServiceSecurityLevelRequest, DeleteServiceSecurityLevelRequest, ErrorReason, GetServiceSecurityLevelRequest,
    ListServiceSecurityLevelsRequest, ListServiceSecurityLevelsResponse, PublishServiceSecurityLevelRequest,
    ServiceSecurityLevel, UpdateServiceSecurityLevelRequest, WithdrawServiceSecurityLevelRequest,
};

use crate::asset::Assets;
use crate::asset_type::AssetTypes;
use crate::{Registry, id_of, register, taxonomy};

/// The asset type that every service is of, or below.
const SERVICE: &str = "service";

// === The table ===

/// The register of security levels.
pub struct ServiceSecurityLevels;

impl store::Resource for ServiceSecurityLevels {
    type Message = ServiceSecurityLevel;
    const TABLE: &'static str = "service_security_level";
    const COLLECTION: &'static str = "serviceSecurityLevels";

    fn columns() -> &'static [store::Column<ServiceSecurityLevel>] {
        store::columns![ServiceSecurityLevel;
            display_name: text order search, asset: text index, level: text, availability_percent: real,
            incident_notification_minutes: integer, restoration_minutes: integer, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<ServiceSecurityLevel>] {
        const SIDES: &[Side<ServiceSecurityLevel>] = &[
            Side {
                table: "service_security_level_label",
                columns: &["key", "value"],
                unique: None,
                role: SideRole::Map("labels"),
                rows: |level| level.labels.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect(),
                same: |a, b| a.labels == b.labels,
            },
            // Only what is published stands here: a customer of a service is told one thing about a level.
            Side {
                table: "service_security_level_published",
                columns: &["asset", "level"],
                unique: Some("level"),
                role: SideRole::Own,
                rows: |level| match level.state() {
                    State::Published => vec![vec![level.asset.clone(), level.level.clone()]],
                    _ => Vec::new(),
                },
                same: |_, _| false,
            },
        ];
        SIDES
    }

    fn references() -> &'static [Reference<ServiceSecurityLevel>] {
        store::references![ServiceSecurityLevel; asset: Assets]
    }

    store::head!(ServiceSecurityLevel; withdraw_reason, publish_time, withdraw_time, state);
}

// === The rules ===

/// The assets that levels are given to.
#[derive(Default)]
pub struct Needs {
    /// The type of each asset, by name.
    types: HashMap<String, String>,
    /// The parents of the operator's own types, by key.
    parents: HashMap<String, String>,
}

impl Needs {
    /// Whether a type is that of services, or below it.
    fn service(&self, key: &str) -> bool {
        let (mut key, mut seen) = (key, HashSet::new());
        // A circle of own types ends too.
        while key != SERVICE && seen.insert(key) {
            let shipped = taxonomy::asset_types().get(key).map(|shipped| shipped.parent.as_str());
            match shipped.or_else(|| self.parents.get(key).map(String::as_str)) {
                Some(parent) => key = parent,
                None => return false,
            }
        }
        key == SERVICE
    }
}

impl Rules for ServiceSecurityLevels {
    type Needs = Needs;

    async fn needs(tx: &mut Transaction, organization: &str, levels: &[&ServiceSecurityLevel]) -> Outcome<Needs> {
        let mut needs = Needs::default();
        let ids: HashSet<&str> = levels.iter().map(|level| id_of(&level.asset)).collect();
        let assets = Collection::<Assets>::new(tx.database().clone());
        for asset in assets.load(tx, organization, &ids.into_iter().collect::<Vec<_>>()).await? {
            needs.types.insert(asset.name, asset.r#type);
        }
        let own = |key: &String| !key.is_empty() && !taxonomy::asset_types().contains_key(key);
        let mut keys: HashSet<String> = needs.types.values().filter(|key| own(key)).cloned().collect();
        let types = Collection::<AssetTypes>::new(tx.database().clone());
        while !keys.is_empty() {
            let ids: Vec<&str> = keys.iter().map(String::as_str).collect();
            let found = types.load(tx, organization, &ids).await?;
            let parents = found.into_iter().map(|own| (id_of(&own.name).to_owned(), own.parent_type));
            needs.parents.extend(parents);
            let next = keys.iter().filter_map(|key| needs.parents.get(key));
            keys = next.filter(|key| own(key) && !needs.parents.contains_key(*key)).cloned().collect();
        }
        Ok(needs)
    }

    fn check(_: &Context, needs: &Needs, new: &mut ServiceSecurityLevel) -> Outcome<()> {
        // An asset that does not exist is refused by the engine.
        let Some(kind) = needs.types.get(&new.asset).filter(|kind| !needs.service(kind)) else { return Ok(()) };
        let asset = &new.asset;
        let message = format!("{asset} is of the type {kind}: a security level is offered of a service");
        Err(Fault::invalid(ErrorReason::AssetNoService, message)
            .with("asset", asset)
            .with("type", kind)
            .on("service_security_level.asset"))
    }

    fn create(context: &Context, needs: &Needs, new: &mut ServiceSecurityLevel) -> Outcome<()> {
        new.set_state(State::Draft);
        Self::check(context, needs, new)
    }

    fn update(
        context: &Context,
        needs: &Needs,
        old: &ServiceSecurityLevel,
        new: &mut ServiceSecurityLevel,
    ) -> Outcome<()> {
        let before = (old, old.state());
        register::unchanged_unless::<Self, _>("service security level", before, new, &[State::Draft])?;
        // What has been published must be withdrawn even where the asset has become something else.
        if old.state() == State::Draft { Self::check(context, needs, new) } else { Ok(()) }
    }

    fn delete(_: &Context, _: &Needs, old: &ServiceSecurityLevel) -> Outcome<()> {
        in_state("service security level", old.state(), &[State::Draft], "deleted: withdraw it instead")
    }
}

/// What customers must be told before they can rely on a level.
fn complete(level: &ServiceSecurityLevel) -> Outcome<()> {
    let lacking = [
        ("protections", level.protections.is_empty()),
        ("statement", level.statement.is_empty()),
        ("availability_percent", level.availability_percent <= 0.0),
        ("incident_notification_minutes", level.incident_notification_minutes <= 0),
    ];
    let missing: Vec<&str> = lacking.iter().filter(|(_, lacks)| *lacks).map(|(field, _)| *field).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let (field, missing) = (format!("service_security_level.{first}"), missing.join(", "));
    let message = format!("a published security level needs {missing}: give them first");
    Err(Fault::precondition(ErrorReason::SecurityLevelIncomplete, message).with("missing", missing).on(field))
}

// === The API ===

#[tonic::async_trait]
impl ServiceSecurityLevelService for Registry {
    async fn create_service_security_level(
        &self,
        request: Request<CreateServiceSecurityLevelRequest>,
    ) -> Result<Response<ServiceSecurityLevel>, Status> {
        self.service_security_levels.serve_create(request).await
    }

    async fn get_service_security_level(
        &self,
        request: Request<GetServiceSecurityLevelRequest>,
    ) -> Result<Response<ServiceSecurityLevel>, Status> {
        self.service_security_levels.serve_get(request).await
    }

    async fn list_service_security_levels(
        &self,
        request: Request<ListServiceSecurityLevelsRequest>,
    ) -> Result<Response<ListServiceSecurityLevelsResponse>, Status> {
        self.service_security_levels.serve_list(request).await
    }

    async fn update_service_security_level(
        &self,
        request: Request<UpdateServiceSecurityLevelRequest>,
    ) -> Result<Response<ServiceSecurityLevel>, Status> {
        self.service_security_levels.serve_update(request).await
    }

    async fn delete_service_security_level(
        &self,
        request: Request<DeleteServiceSecurityLevelRequest>,
    ) -> Result<Response<()>, Status> {
        self.service_security_levels.serve_delete(request).await
    }

    async fn publish_service_security_level(
        &self,
        request: Request<PublishServiceSecurityLevelRequest>,
    ) -> Result<Response<ServiceSecurityLevel>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &ServiceSecurityLevel, new: &mut ServiceSecurityLevel| {
            in_state("service security level", old.state(), &[State::Draft], "published")?;
            complete(old)?;
            new.set_state(State::Published);
            new.publish_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.service_security_levels.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn withdraw_service_security_level(
        &self,
        request: Request<WithdrawServiceSecurityLevelRequest>,
    ) -> Result<Response<ServiceSecurityLevel>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &ServiceSecurityLevel, new: &mut ServiceSecurityLevel| {
            in_state("service security level", old.state(), &[State::Published], "withdrawn")?;
            new.set_state(State::Withdrawn);
            new.withdraw_reason = r.reason;
            new.withdraw_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.service_security_levels.change(&context, &r.name, &r.etag, rule).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_service_through_the_operators_own_types_and_no_circle_hangs() {
        let own = [("gold-vpn", "enterprise-vpn"), ("shelf", "router"), ("a", "b"), ("b", "a")];
        let parents = own.map(|(key, parent)| (key.to_owned(), parent.to_owned())).into();
        let needs = Needs { parents, ..Needs::default() };
        for (key, is) in [("service", true), ("mobile-voice", true), ("gold-vpn", true), ("router", false)] {
            assert_eq!(needs.service(key), is, "{key}");
        }
        assert!(!needs.service("shelf") && !needs.service("a") && !needs.service("unheard-of"));
    }
}
