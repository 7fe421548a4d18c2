//! The analysis of need: gathers the policies that cover, the scenarios, and what their newest quantifications say.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use store::Sql;
use wire::risk::v1::{AnalyzeInsuranceNeedRequest, AnalyzeInsuranceNeedResponse, AnnualLosses, Risk};

use crate::Registry;
use crate::insurance::need;

impl Registry {
    pub(super) async fn analyze_need(
        &self,
        context: &Context,
        r: &AnalyzeInsuranceNeedRequest,
    ) -> Outcome<AnalyzeInsuranceNeedResponse> {
        let organization = crate::enter(context, &r.parent, "parent")?;
        let policies = self.covering(context, &organization).await?;
        let (risks, next_page_token) =
            self.scenarios(context, &r.parent, &r.filter, r.page_size, &r.page_token).await?;
        let mut annual = self.newest_figures(&organization, &risks).await?;
        let of = |risk: &Risk| {
            let mut row = need::row(&policies, risk);
            row.annual = annual.remove(&risk.name);
            row
        };
        Ok(AnalyzeInsuranceNeedResponse { rows: risks.iter().map(of).collect(), next_page_token })
    }

    /// What a year costs by the newest quantification of each risk that has come to an end.
    async fn newest_figures(&self, organization: &str, risks: &[Risk]) -> Outcome<HashMap<String, AnnualLosses>> {
        let names: Vec<&str> = risks.iter().map(|risk| risk.name.as_str()).collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        // Which they are, before any is read: each holds its curves.
        let mut sql = self.database.sql("SELECT risk, id FROM quantification WHERE state = 'DONE' AND organization = ");
        sql.bind(organization).push(" AND ").is_in("risk", &names).push(" ORDER BY end_time, id");
        let mut newest: HashMap<String, String> = HashMap::new();
        for row in self.database.rows(sql).await? {
            let risk = row.try_get_by_index(0).map_err(Fault::defect)?;
            newest.insert(risk, row.try_get_by_index(1).map_err(Fault::defect)?);
        }
        let ids: Vec<&str> = newest.values().map(String::as_str).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let condition = |sql: &mut Sql| {
            sql.is_in("id", &ids);
        };
        let found = self.quantifications.find(organization, condition).await?;
        Ok(found.into_iter().filter_map(|one| Some((one.risk, one.portfolio?))).collect())
    }
}
