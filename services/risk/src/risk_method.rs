//! Risk methods: how a risk becomes a level, and how to choose among them (ITU-T X.1055; ISO/IEC 27005).
//!
//! Three ship (`data/methods.toml`); an organization adds its own with its own scores. Choosing is a mean of scores by weight: scores by
//! criteria are judgements on one scale of 0 to 5, no levels of risk, so that a mean of them says something.

mod rank;
mod shipped;

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Rules, Shipped, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::risk_method::Kind;
use wire::risk::v1::risk_method_service_server::RiskMethodService;
use wire::risk::v1::{
    CreateRiskMethodRequest, DeleteRiskMethodRequest, GetRiskMethodRequest, ListRiskMethodsRequest,
    ListRiskMethodsResponse, RankRiskMethodsRequest, RankRiskMethodsResponse, RiskMethod, UpdateRiskMethodRequest,
};

use crate::Registry;

// === The table ===

/// All risk methods.
pub struct RiskMethods;

impl store::Resource for RiskMethods {
    type Message = RiskMethod;
    const TABLE: &'static str = "risk_method";
    const COLLECTION: &'static str = "riskMethods";

    fn columns() -> &'static [store::Column<RiskMethod>] {
        store::columns![RiskMethod; display_name: text order search, kind: choice(Kind), shipped: boolean]
    }

    fn sides() -> &'static [Side<RiskMethod>] {
        store::sides![RiskMethod; labels: map "risk_method_label"]
    }

    fn shipped() -> &'static Shipped<RiskMethod> {
        static SHIPPED: LazyLock<Shipped<RiskMethod>> = LazyLock::new(|| shipped::methods().into_iter().collect());
        &SHIPPED
    }

    store::head!(RiskMethod; shipped);
}

// === The rules ===

impl Rules for RiskMethods {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut RiskMethod) -> Outcome<()> {
        if new.kind() == Kind::Unspecified {
            let message = "say which arithmetic it uses: MATRIX, ADDITIVE or PRODUCT";
            return Err(Fault::invalid(House::FieldInvalid, message).on("risk_method.kind"));
        }
        for (at, score) in new.scores.iter().enumerate() {
            if new.scores.iter().take(at).any(|before| before.criterion == score.criterion) {
                let message = format!("{} is scored twice: leave one out", score.criterion);
                return Err(Fault::invalid(House::FieldInvalid, message).on(format!("risk_method.scores[{at}]")));
            }
        }
        Ok(())
    }
}

// === The API ===

#[tonic::async_trait]
impl RiskMethodService for Registry {
    async fn create_risk_method(
        &self,
        request: Request<CreateRiskMethodRequest>,
    ) -> Result<Response<RiskMethod>, Status> {
        self.risk_methods.serve_create(request).await
    }

    async fn get_risk_method(&self, request: Request<GetRiskMethodRequest>) -> Result<Response<RiskMethod>, Status> {
        self.risk_methods.serve_get(request).await
    }

    async fn list_risk_methods(
        &self,
        request: Request<ListRiskMethodsRequest>,
    ) -> Result<Response<ListRiskMethodsResponse>, Status> {
        self.risk_methods.serve_list(request).await
    }

    async fn update_risk_method(
        &self,
        request: Request<UpdateRiskMethodRequest>,
    ) -> Result<Response<RiskMethod>, Status> {
        self.risk_methods.serve_update(request).await
    }

    async fn delete_risk_method(&self, request: Request<DeleteRiskMethodRequest>) -> Result<Response<()>, Status> {
        self.risk_methods.serve_delete(request).await
    }

    async fn rank_risk_methods(
        &self,
        request: Request<RankRiskMethodsRequest>,
    ) -> Result<Response<RankRiskMethodsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.rank_methods(&context, &r).await)
    }
}

impl Registry {
    async fn rank_methods(&self, context: &Context, r: &RankRiskMethodsRequest) -> Outcome<RankRiskMethodsResponse> {
        crate::enter(context, &r.parent, "parent")?;
        rank::sound(&r.weights)?;
        let query = wire::ListQuery { parent: &r.parent, page_size: 1000, page_token: "", filter: "", order_by: "" };
        let methods = self.risk_methods.list(context, query).await?.items;
        Ok(RankRiskMethodsResponse { ranks: rank::ranked(&methods, &r.weights) })
    }
}
