//! Risk profiles: what typically goes wrong in an area, to begin from (ITU-T X.1055).
//!
//! X.1055 asks for profiles by management area and by service. A set of both ships (`data/profiles.toml`); an organization adds its own. A profile is
//! instantiated for an asset, a service or a selector: each scenario becomes a risk that is IDENTIFIED, with positions to begin from that an assessor
//! has yet to judge. Instantiating again changes nothing.

mod instantiate;
pub(crate) mod shipped;
mod summary;

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Referrer, Rules, Shipped, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1 as api;
use wire::risk::v1::RiskProfile;
use wire::risk::v1::risk_profile::Kind;
use wire::risk::v1::risk_profile_service_server::RiskProfileService;

use crate::Registry;

// === The table ===

/// All risk profiles.
pub struct RiskProfiles;

impl store::Resource for RiskProfiles {
    type Message = RiskProfile;
    const TABLE: &'static str = "risk_profile";
    const COLLECTION: &'static str = "riskProfiles";

    fn columns() -> &'static [store::Column<RiskProfile>] {
        store::columns![RiskProfile;
            display_name: text order search, kind: choice(Kind), area: text order, owner: text, edition: text,
            provisional: boolean, shipped: boolean,
        ]
    }

    fn sides() -> &'static [Side<RiskProfile>] {
        store::sides![RiskProfile; labels: map "risk_profile_label"]
    }

    fn referrers() -> &'static [Referrer] {
        const RISKS: Referrer =
            Referrer { what: "risks", table: "risk", column: "profile", filter: "profile=", by_id: false };
        const { &[RISKS] }
    }

    fn shipped() -> &'static Shipped<RiskProfile> {
        static SHIPPED: LazyLock<Shipped<RiskProfile>> = LazyLock::new(|| shipped::profiles().into_iter().collect());
        &SHIPPED
    }

    store::head!(RiskProfile; shipped);
}

// === The rules ===

impl Rules for RiskProfiles {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut RiskProfile) -> Outcome<()> {
        if new.kind() == Kind::Unspecified {
            let message = "say of what kind of area it is: MANAGEMENT_AREA or SERVICE_AREA";
            return Err(Fault::invalid(House::FieldInvalid, message).on("risk_profile.kind"));
        }
        let scenarios: Vec<&str> = new.scenarios.iter().map(|one| one.key.as_str()).collect();
        let indicators: Vec<&str> = new.indicators.iter().map(|one| one.key.as_str()).collect();
        for (field, keys) in [("scenarios", scenarios), ("indicators", indicators)] {
            let twice = keys.iter().enumerate().find(|(at, key)| keys.iter().take(*at).any(|before| before == *key));
            if let Some((at, key)) = twice {
                let message = format!("{key} stands twice among the {field}: give each a key of its own");
                let field = format!("risk_profile.{field}[{at}].key");
                return Err(Fault::invalid(House::FieldInvalid, message).on(field));
            }
        }
        Ok(())
    }
}

// === The API ===

#[tonic::async_trait]
impl RiskProfileService for Registry {
    async fn create_risk_profile(
        &self,
        request: Request<api::CreateRiskProfileRequest>,
    ) -> Result<Response<RiskProfile>, Status> {
        self.risk_profiles.serve_create(request).await
    }

    async fn get_risk_profile(
        &self,
        request: Request<api::GetRiskProfileRequest>,
    ) -> Result<Response<RiskProfile>, Status> {
        self.risk_profiles.serve_get(request).await
    }

    async fn list_risk_profiles(
        &self,
        request: Request<api::ListRiskProfilesRequest>,
    ) -> Result<Response<api::ListRiskProfilesResponse>, Status> {
        self.risk_profiles.serve_list(request).await
    }

    async fn update_risk_profile(
        &self,
        request: Request<api::UpdateRiskProfileRequest>,
    ) -> Result<Response<RiskProfile>, Status> {
        self.risk_profiles.serve_update(request).await
    }

    async fn delete_risk_profile(
        &self,
        request: Request<api::DeleteRiskProfileRequest>,
    ) -> Result<Response<()>, Status> {
        self.risk_profiles.serve_delete(request).await
    }

    async fn instantiate_risk_profile(
        &self,
        request: Request<api::InstantiateRiskProfileRequest>,
    ) -> Result<Response<api::InstantiateRiskProfileResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.instantiate_profile(&context, &r).await)
    }

    async fn summarize_risk_profile(
        &self,
        request: Request<api::SummarizeRiskProfileRequest>,
    ) -> Result<Response<api::SummarizeRiskProfileResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.summarize_profile(&context, &r.name).await)
    }
}
