//! Risk criteria: scales, matrix, levels, appetite, and who may accept what (ISO/IEC 27005; ITU-T X.1055).
//!
//! Three ship (`data/criteria.toml`); an organization adds its own. What risks use keeps its kind and never loses a position, so that every risk
//! goes on meaning something; the risks are scored anew in the transaction in which their criteria change.

pub(crate) mod shipped;
mod sound;

use std::collections::HashMap;
use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Referrer, Rules, Shipped, Side, Transaction};
use tonic::{Request, Response, Status};
use wire::risk::v1 as api;
use wire::risk::v1::RiskCriteria;
use wire::risk::v1::risk_criteria_service_server::RiskCriteriaService;
use wire::risk::v1::risk_method::Kind;

use crate::{Registry, risk, ties};

// === The table ===

/// All risk criteria.
pub struct AllCriteria;

/// The criteria of a risk that names none.
pub(crate) const DEFAULT: &str = "matrix-5x5";

impl store::Resource for AllCriteria {
    type Message = RiskCriteria;
    const TABLE: &'static str = "risk_criteria";
    const COLLECTION: &'static str = "riskCriteria";

    fn columns() -> &'static [store::Column<RiskCriteria>] {
        store::columns![RiskCriteria;
            display_name: text order search, kind: choice(Kind), appetite: integer, provisional: boolean, shipped: boolean,
        ]
    }

    fn sides() -> &'static [Side<RiskCriteria>] {
        store::sides![RiskCriteria; labels: map "risk_criteria_label"]
    }

    fn referrers() -> &'static [Referrer] {
        const RISKS: Referrer =
            Referrer { what: "risks", table: "risk", column: "criteria", filter: "criteria=", by_id: false };
        const { &[RISKS] }
    }

    fn shipped() -> &'static Shipped<RiskCriteria> {
        static SHIPPED: LazyLock<Shipped<RiskCriteria>> = LazyLock::new(|| shipped::criteria().into_iter().collect());
        &SHIPPED
    }

    store::head!(RiskCriteria; shipped);
}

// === The rules ===

impl Rules for AllCriteria {
    /// How many risks use criteria, by their name.
    type Needs = HashMap<String, i64>;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&RiskCriteria]) -> Outcome<Self::Needs> {
        let known = messages.iter().filter(|one| one.create_time.is_some());
        let names: Vec<&str> = known.map(|one| one.name.as_str()).collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = tx.sql("SELECT criteria, COUNT(*) FROM risk WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("criteria", &names).push(" GROUP BY criteria");
        let read = |row: &sea_orm::QueryResult| {
            let name = row.try_get_by_index(0).map_err(Fault::defect)?;
            Ok((name, row.try_get_by_index(1).map_err(Fault::defect)?))
        };
        tx.rows(sql).await?.iter().map(read).collect()
    }

    fn check(_: &Context, _: &Self::Needs, new: &mut RiskCriteria) -> Outcome<()> {
        sound::sound(new)
    }

    fn update(context: &Context, used: &Self::Needs, old: &RiskCriteria, new: &mut RiskCriteria) -> Outcome<()> {
        sound::keeps(old, new, used.get(&old.name).copied().unwrap_or_default())?;
        Self::check(context, used, new)
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<RiskCriteria>]) -> Outcome<()> {
        for change in changed {
            if let (Some(_), Some(after)) = (&change.before, &change.after) {
                risk::criteria_changed(tx, organization, &after.name).await?;
            }
        }
        Ok(())
    }
}

// === The API ===

#[tonic::async_trait]
impl RiskCriteriaService for Registry {
    async fn create_risk_criteria(
        &self,
        request: Request<api::CreateRiskCriteriaRequest>,
    ) -> Result<Response<RiskCriteria>, Status> {
        self.risk_criteria.serve_create(request).await
    }

    async fn get_risk_criteria(
        &self,
        request: Request<api::GetRiskCriteriaRequest>,
    ) -> Result<Response<RiskCriteria>, Status> {
        self.risk_criteria.serve_get(request).await
    }

    async fn list_risk_criteria(
        &self,
        request: Request<api::ListRiskCriteriaRequest>,
    ) -> Result<Response<api::ListRiskCriteriaResponse>, Status> {
        self.risk_criteria.serve_list(request).await
    }

    async fn update_risk_criteria(
        &self,
        request: Request<api::UpdateRiskCriteriaRequest>,
    ) -> Result<Response<RiskCriteria>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let criteria = r.risk_criteria.unwrap_or_default();
        let mut tx = ties::begin(&self.database, &context, &criteria.name).await?;
        let updated = self.risk_criteria.update_in(&mut tx, criteria, r.update_mask).await?;
        tx.commit().await?;
        Ok(Response::new(updated))
    }

    async fn delete_risk_criteria(
        &self,
        request: Request<api::DeleteRiskCriteriaRequest>,
    ) -> Result<Response<()>, Status> {
        self.risk_criteria.serve_delete(request).await
    }
}
