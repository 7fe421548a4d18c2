//! Assets (ITU-T X.1057): survey, classify and register, value, serve, retire.

pub mod recovery;
pub mod valuation;

pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod explain_field;
pub(crate) mod impact;
pub(crate) mod lookup;
pub(crate) mod neighbourhood;
pub(crate) mod network;
pub(crate) mod subscribers;
pub(crate) mod summary;
pub(crate) mod value_override;

use std::collections::HashSet;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Collection, Reference, Referrer, Rules, Side, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::asset::State;
use wire::assets::v1::asset_service_server::AssetService;
use wire::assets::v1::{
    AnalyzeAssetImpactRequest, AnalyzeAssetImpactResponse, Asset, AssetPolicy, ClassifyAssetRequest,
    ClearAssetValueOverrideRequest, CommissionAssetRequest, ConfirmValueAssetRequest, CreateAssetRequest,
    DeleteAssetRequest, ErrorReason, ExplainAssetFieldRequest, ExplainAssetFieldResponse, ExplainAssetValueRequest,
    ExplainAssetValueResponse, ExploreAssetNeighbourhoodRequest, ExploreAssetNeighbourhoodResponse, GetAssetRequest,
    IdentifyAssetRequest, ListAssetsRequest, ListAssetsResponse, LookupAssetsRequest, LookupAssetsResponse,
    OverrideAssetValueRequest, RegisterAssetRequest, RetireAssetRequest, SummarizeAssetsRequest,
    SummarizeAssetsResponse, UpdateAssetRequest, VerifyAssetRequest,
};

use crate::site::Sites;
use crate::{Registry, taxonomy};

// === The table ===

/// The register of assets.
pub struct Assets;

impl store::Resource for Assets {
    type Message = Asset;
    const TABLE: &'static str = "asset";
    const COLLECTION: &'static str = "assets";

    fn columns() -> &'static [store::Column<Asset>] {
        store::columns![Asset;
            display_name: text order search, r#type: text order, description: text search, owner: text index,
            custodian: text, site: text index, classification: text, confidentiality: integer, integrity: integer,
            availability: integer, value: real, inherited_value: real, inherited_from: text, effective_value: real order,
            grade: integer, vendor: text search, model: text search, software_version: text, serial_number: text index,
            power_watts: real, state: choice(State), end_of_life_time: time, verify_time: time,
            value_override: part(value_override::Value), subscribers: part(subscribers::Subscribers),
        ]
    }

    fn sides() -> &'static [Side<Asset>] {
        store::sides![Asset;
            labels: map "asset_label",
            legal_tags: set "asset_legal_tag",
            unlisted_by: set "asset_unlisted_by",
            external_ids(system, value): unique "asset_external_id",
            recovery(objective, own, inherited, source): own "asset_objective" = recovery::rows => (recovery, inherited_recovery),
            network_identifiers(key, value): own "asset_network_key" = |asset| {
                let known = asset.network_identifiers.iter().filter_map(|identifier| network::keys(identifier).ok());
                known.flat_map(|(value, keys)| keys.into_iter().map(move |key| vec![key, value.clone()])).collect()
            } => (network_identifiers),
        ]
    }

    fn references() -> &'static [Reference<Asset>] {
        store::references![Asset; site: Sites]
    }

    fn referrers() -> &'static [Referrer] {
        &[
            Referrer {
                what: "dependencies",
                table: "dependency",
                column: "dependent",
                filter: "dependent=",
                by_id: false,
            },
            Referrer {
                what: "dependencies",
                table: "dependency",
                column: "supporting",
                filter: "supporting=",
                by_id: false,
            },
            Referrer {
                what: "interconnects",
                table: "interconnect_asset",
                column: "value",
                filter: "assets:",
                by_id: false,
            },
            Referrer {
                what: "service security levels",
                table: "service_security_level",
                column: "asset",
                filter: "asset=",
                by_id: false,
            },
            Referrer {
                what: "essential users",
                table: "essential_user_asset",
                column: "value",
                filter: "assets:",
                by_id: false,
            },
        ]
    }

    store::head!(Asset; value, inherited_value, inherited_from, effective_value, grade, state, unlisted_by, value_override, inherited_recovery, effective_recovery, provenance);
}

// === The rules ===

/// What the rules need beside the asset.
#[derive(Default)]
pub struct Needs {
    policy: Arc<AssetPolicy>,
    own_types: HashSet<String>,
}

impl Rules for Assets {
    type Needs = Needs;

    async fn needs(tx: &mut Transaction, organization: &str, assets: &[&Asset]) -> Outcome<Needs> {
        // What changes is claimed by now, so a change of the policy finds it; what is new it cannot see.
        if assets.iter().any(|asset| asset.create_time.is_none()) {
            crate::locks::policy(tx, organization).await?;
        }
        let policy = crate::asset_policy::active(tx, organization).await?;
        let types: HashSet<&str> = assets
            .iter()
            .map(|asset| asset.r#type.as_str())
            .filter(|key| !taxonomy::asset_types().contains_key(*key))
            .collect();
        let own_types = tx.existing::<crate::asset_type::AssetTypes>(organization, types).await?;
        Ok(Needs { policy, own_types })
    }

    fn check(_: &Context, needs: &Needs, new: &mut Asset) -> Outcome<()> {
        consistent(needs, new)
    }

    fn create(context: &Context, needs: &Needs, new: &mut Asset) -> Outcome<()> {
        // Only an import can propose a state; the asset comes as far towards it as its fields support.
        let proposed = new.state();
        consistent(needs, new)?;
        new.set_state(furthest(new, proposed));
        crate::provenance::stamp(context, None, new);
        Ok(())
    }

    fn update(context: &Context, needs: &Needs, old: &Asset, new: &mut Asset) -> Outcome<()> {
        consistent(needs, new)?;
        crate::provenance::stamp(context, Some(old), new);
        Ok(())
    }

    fn delete(_: &Context, _: &Needs, old: &Asset) -> Outcome<()> {
        let allowed = [State::Surveyed, State::Identified];
        in_state("asset", old.state(), &allowed, "deleted: retire it, and dispose of it by a change request")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Asset>]) -> Outcome<()> {
        // Before values flow on: what flows back into the same asset is a change after this one.
        crate::selector::follow(tx, organization, changed).await?;
        let moved = changed.iter().filter_map(|change| change.before.as_ref().zip(change.after.as_ref()));
        let flows = |asset: &Asset| (valuation::flowing(asset), asset.recovery);
        let roots = moved.filter(|(before, after)| flows(before) != flows(after)).map(|(_, after)| after.name.clone());
        crate::dependency::flow_from(tx, organization, roots.collect()).await?;
        value_override::settled(tx, organization, changed).await
    }
}

/// Every rule about one asset that needs no other asset, and what follows from its ratings.
fn consistent(needs: &Needs, asset: &mut Asset) -> Outcome<()> {
    let key = &asset.r#type;
    if !taxonomy::asset_types().contains_key(key) && !needs.own_types.contains(key) {
        let message = format!("{key} is no asset type: list the types with AssetTypeService, or add it there");
        return Err(Fault::invalid(ErrorReason::AssetTypeUnknown, message).with("type", key).on("asset.type"));
    }
    let class = &asset.classification;
    if !class.is_empty() && !needs.policy.classes.iter().any(|known| known.key == *class) {
        let known: Vec<&str> = needs.policy.classes.iter().map(|class| class.key.as_str()).collect();
        let message = format!("{class} is no class of the active policy: use one of {}", known.join(", "));
        return Err(Fault::invalid(ErrorReason::ClassificationUnknown, message)
            .with("classification", class)
            .on("asset.classification"));
    }
    for (field, rating) in [
        ("confidentiality", asset.confidentiality),
        ("integrity", asset.integrity),
        ("availability", asset.availability),
    ] {
        if rating > needs.policy.scale_levels {
            let limit = needs.policy.scale_levels;
            let message = format!("{field} is {rating}, but the scale of the active policy ends at {limit}");
            return Err(Fault::invalid(ErrorReason::RatingOutOfScale, message)
                .with("limit", limit)
                .on(format!("asset.{field}")));
        }
    }
    for (index, identifier) in asset.network_identifiers.iter_mut().enumerate() {
        let refused = |error: String| {
            Fault::invalid(ErrorReason::NetworkIdentifierInvalid, error)
                .on(format!("asset.network_identifiers[{index}].value"))
        };
        identifier.value = network::keys(identifier).map_err(refused)?.0;
    }
    crate::distinct(&asset.external_ids, "asset.external_ids")?;
    value_override::within(&needs.policy, asset)?;
    valuation::valued(&needs.policy, asset);
    recovery::settle(asset)
}

/// What each state asks of the asset's fields, beyond those of the states before it.
pub(crate) fn lacks(asset: &Asset, state: State) -> Option<Box<Fault>> {
    let missing = |reason, message: &str| Some(Fault::precondition(reason, message).with("asset", &asset.name));
    let rated = asset.confidentiality > 0 && asset.integrity > 0 && asset.availability > 0;
    match state {
        State::Identified if asset.r#type == taxonomy::UNCLASSIFIED => {
            missing(ErrorReason::AssetTypeUnknown, "it is not known what the asset is: give it a type first")
        }
        State::Classified if asset.classification.is_empty() || !rated => {
            missing(ErrorReason::ValueMissing, "it needs a classification, confidentiality, integrity and availability")
        }
        State::Registered if asset.owner.is_empty() => {
            missing(ErrorReason::OwnerMissing, "it needs an owner who agrees to the entry")
        }
        State::Valued if asset.value <= 0.0 => missing(
            ErrorReason::ValueMissing,
            "it needs confidentiality, integrity and availability, which give its value",
        ),
        _ => None,
    }
}

/// The furthest state, up to `wanted`, that the fields of an asset support.
fn furthest(asset: &Asset, wanted: State) -> State {
    let mut reached = State::Surveyed;
    for state in
        [State::Identified, State::Classified, State::Registered, State::Valued, State::InService, State::Retired]
    {
        if state as i32 > wanted as i32 || lacks(asset, state).is_some() {
            break;
        }
        reached = state;
    }
    reached
}

/// One move of the life cycle: from which states, to which, and what it asks of the asset's fields.
fn to(new: &mut Asset, from: &[State], state: State, done: &str) -> Outcome<()> {
    in_state("asset", new.state(), from, done)?;
    if let Some(lack) = lacks(new, state) {
        return Err(lack);
    }
    new.set_state(state);
    Ok(())
}

/// Whether an update may change what flows from the asset.
fn may_flow(asset: &Asset, mask: Option<&prost_types::FieldMask>) -> bool {
    let flow = ["*", "confidentiality", "integrity", "availability", "recovery"];
    match mask.map(|mask| mask.paths.as_slice()).filter(|paths| !paths.is_empty()) {
        Some(paths) => paths.iter().any(|path| flow.contains(&path.split('.').next().unwrap_or_default())),
        None => {
            asset.confidentiality != 0 || asset.integrity != 0 || asset.availability != 0 || asset.recovery.is_some()
        }
    }
}

// === The API ===

impl Registry {
    /// One move of an asset's life cycle.
    async fn advance(
        &self,
        context: &Context,
        name: &str,
        etag: &str,
        change: impl FnOnce(&mut Asset) -> Outcome<()> + Send,
    ) -> Outcome<Asset> {
        self.assets.change(context, name, etag, |_, _, new| change(new)).await
    }

    /// As [`Registry::advance`], for what may change the value that flows from the asset.
    async fn revalue(
        &self,
        context: &Context,
        name: &str,
        etag: &str,
        change: impl FnOnce(&mut Asset) -> Outcome<()> + Send,
    ) -> Outcome<Asset> {
        let mut tx = crate::locks::begin_flow_from(&self.database, context, name).await?;
        let changed = self.assets.change_in(&mut tx, name, etag, |_, _, new| change(new)).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn update(&self, context: &Context, r: UpdateAssetRequest) -> Outcome<Asset> {
        let asset = r.asset.unwrap_or_default();
        if !may_flow(&asset, r.update_mask.as_ref()) {
            return self.assets.update(context, Some(asset), r.update_mask).await;
        }
        let mut tx = crate::locks::begin_flow_from(&self.database, context, &asset.name).await?;
        let changed = self.assets.update_in(&mut tx, asset, r.update_mask).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

#[tonic::async_trait]
impl AssetService for Registry {
    async fn create_asset(&self, request: Request<CreateAssetRequest>) -> Result<Response<Asset>, Status> {
        self.assets.serve_create(request).await
    }

    async fn get_asset(&self, request: Request<GetAssetRequest>) -> Result<Response<Asset>, Status> {
        self.assets.serve_get(request).await
    }

    async fn list_assets(&self, request: Request<ListAssetsRequest>) -> Result<Response<ListAssetsResponse>, Status> {
        self.assets.serve_list(request).await
    }

    async fn update_asset(&self, request: Request<UpdateAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, request) = (Context::of(&request)?, request.into_inner());
        reply(self.update(&context, request).await)
    }

    async fn delete_asset(&self, request: Request<DeleteAssetRequest>) -> Result<Response<()>, Status> {
        self.assets.serve_delete(request).await
    }

    async fn identify_asset(&self, request: Request<IdentifyAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| to(new, &[State::Surveyed], State::Identified, "identified");
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn classify_asset(&self, request: Request<ClassifyAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| {
            new.classification = r.classification;
            (new.confidentiality, new.integrity, new.availability) = (r.confidentiality, r.integrity, r.availability);
            match new.state() {
                State::Surveyed | State::Retired | State::Disposed => {
                    in_state("asset", new.state(), &[State::Identified], "classified")
                }
                State::Identified => to(new, &[State::Identified], State::Classified, "classified"),
                _ => Ok(()),
            }
        };
        reply(self.revalue(&context, &r.name, &r.etag, change).await)
    }

    async fn register_asset(&self, request: Request<RegisterAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| to(new, &[State::Classified], State::Registered, "registered");
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn confirm_value_asset(&self, request: Request<ConfirmValueAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| to(new, &[State::Registered], State::Valued, "valued");
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn commission_asset(&self, request: Request<CommissionAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| to(new, &[State::Valued], State::InService, "put into service");
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn retire_asset(&self, request: Request<RetireAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| to(new, &[State::InService], State::Retired, "retired");
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn verify_asset(&self, request: Request<VerifyAssetRequest>) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let now = store::timestamp(context.clock.now());
        let change = |new: &mut Asset| {
            new.verify_time = now;
            new.verification_method = r.verification_method;
            Ok(())
        };
        reply(self.advance(&context, &r.name, &r.etag, change).await)
    }

    async fn override_asset_value(
        &self,
        request: Request<OverrideAssetValueRequest>,
    ) -> Result<Response<Asset>, Status> {
        let (context, request) = open(request)?;
        reply(value_override::set(self, &context, request).await)
    }

    async fn clear_asset_value_override(
        &self,
        request: Request<ClearAssetValueOverrideRequest>,
    ) -> Result<Response<Asset>, Status> {
        let (context, r) = open(request)?;
        let change = |new: &mut Asset| {
            new.value_override = None;
            Ok(())
        };
        reply(self.revalue(&context, &r.name, &r.etag, change).await)
    }

    async fn lookup_assets(
        &self,
        request: Request<LookupAssetsRequest>,
    ) -> Result<Response<LookupAssetsResponse>, Status> {
        let (context, request) = open(request)?;
        reply(lookup::lookup(self, &context, &request).await)
    }

    async fn analyze_asset_impact(
        &self,
        request: Request<AnalyzeAssetImpactRequest>,
    ) -> Result<Response<AnalyzeAssetImpactResponse>, Status> {
        let (context, request) = open(request)?;
        reply(impact::impact(self, &context, &request).await)
    }

    async fn explore_asset_neighbourhood(
        &self,
        request: Request<ExploreAssetNeighbourhoodRequest>,
    ) -> Result<Response<ExploreAssetNeighbourhoodResponse>, Status> {
        let (context, request) = open(request)?;
        reply(neighbourhood::explore(self, &context, &request).await)
    }

    async fn explain_asset_value(
        &self,
        request: Request<ExplainAssetValueRequest>,
    ) -> Result<Response<ExplainAssetValueResponse>, Status> {
        let (context, request) = open(request)?;
        reply(explain::explain(self, &context, &request).await)
    }

    async fn explain_asset_field(
        &self,
        request: Request<ExplainAssetFieldRequest>,
    ) -> Result<Response<ExplainAssetFieldResponse>, Status> {
        let (context, request) = open(request)?;
        reply(explain_field::explain(self, &context, &request).await)
    }

    async fn summarize_assets(
        &self,
        request: Request<SummarizeAssetsRequest>,
    ) -> Result<Response<SummarizeAssetsResponse>, Status> {
        let (context, request) = open(request)?;
        reply(summary::summarize(self, &context, &request).await)
    }
}

/// The register, for those who hold no [`Registry`].
pub(crate) fn register(database: &store::Database) -> Collection<Assets> {
    Collection::new(database.clone())
}
