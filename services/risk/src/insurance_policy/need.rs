//! The analysis of need: gathers the policies that cover, the scenarios, and what their newest quantifications say.

use std::collections::HashMap;

use access::Context;
use fault::Outcome;
use wire::risk::v1::quantification::State;
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
        let found = self.newest(organization, Some(&names), State::Done.as_str_name()).await?;
        Ok(found.into_iter().filter_map(|one| Some((one.risk, one.portfolio?))).collect())
    }
}
