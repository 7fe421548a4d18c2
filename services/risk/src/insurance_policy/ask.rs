//! What is asked of policies: what they say of scenarios, how quotes rank, what their terms are. Gathers the rows; `insurance.rs` works it out.

use std::collections::{BTreeMap, BTreeSet};

use access::Context;
use fault::{Fault, Outcome};
use store::Sql;
use wire::ListQuery;
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::compare_insurance_policies_request::Weight;
use wire::risk::v1::map_insurance_coverage_response::Row;
use wire::risk::v1::{
    CompareInsurancePoliciesRequest, CompareInsurancePoliciesResponse, DescribeInsuranceTermsRequest,
    DescribeInsuranceTermsResponse, ErrorReason, InsurancePolicy, Insurer, MapInsuranceCoverageRequest,
    MapInsuranceCoverageResponse, Risk,
};

use super::clock::COVERING;
use crate::insurance::{quotes, stance, terms};
use crate::{Registry, id_of};

/// How many policies are looked at where nobody names them. More are refused rather than left out.
const MOST_POLICIES: usize = 200;
/// How many scenarios quotes are judged by.
const MOST_SCENARIOS: i32 = 1000;

impl Registry {
    pub(super) async fn map_coverage(
        &self,
        context: &Context,
        r: &MapInsuranceCoverageRequest,
    ) -> Outcome<MapInsuranceCoverageResponse> {
        let organization = crate::enter(context, &r.parent, "parent")?;
        let policies = if r.policies.is_empty() {
            self.covering(context, &organization).await?
        } else {
            self.named_policies(&organization, &r.policies, "policies").await?
        };
        let (risks, next_page_token) =
            self.scenarios(context, &r.parent, &r.filter, r.page_size, &r.page_token).await?;
        let row = |risk: &Risk| {
            let cells: Vec<_> = policies.iter().map(|policy| stance::cell(policy, risk)).collect();
            Row {
                risk: risk.name.clone(),
                display_name: risk.display_name.clone(),
                peril: risk.peril.clone(),
                best: stance::best(&cells).into(),
                cells,
            }
        };
        let rows = risks.iter().map(row).collect();
        Ok(MapInsuranceCoverageResponse { policies, rows, next_page_token })
    }

    pub(super) async fn compare_policies(
        &self,
        context: &Context,
        r: &CompareInsurancePoliciesRequest,
    ) -> Outcome<CompareInsurancePoliciesResponse> {
        let organization = crate::enter(context, &r.parent, "parent")?;
        let weights: Vec<_> = r.weights.iter().map(|one: &Weight| (one.criterion(), one.weight)).collect();
        let parts = quotes::parts(&weights).ok_or_else(|| {
            let message = "no criterion counts: give one of them a weight above 0, or no weights at all";
            Fault::invalid(House::FieldInvalid, message).on("weights")
        })?;
        let policies = if r.policies.is_empty() {
            let condition = |sql: &mut Sql| {
                sql.push("state IN ('QUOTED', 'EVALUATED') ORDER BY id LIMIT ").bind(limit());
            };
            few(self.insurance_policies.find(&organization, condition).await?)?
        } else {
            self.named_policies(&organization, &r.policies, "policies").await?
        };
        one_currency(&policies)?;
        let insurers = self.insurers_of(&organization, &policies).await?;
        let (risks, more) = self.scenarios(context, &r.parent, &r.filter, MOST_SCENARIOS, "").await?;
        if !more.is_empty() {
            let message = format!(
                "there are more than {MOST_SCENARIOS} scenarios, by which quotes are judged: narrow them by `filter`"
            );
            return Err(Fault::invalid(House::FieldInvalid, message).on("filter"));
        }
        let offered = |policy: InsurancePolicy| {
            let insurer = insurers.get(&policy.insurer).cloned().unwrap_or_default();
            (policy, insurer)
        };
        let quotes: Vec<_> = policies.into_iter().map(offered).collect();
        let ranks = quotes::rank(&quotes, &risks, &parts);
        let scenarios = i32::try_from(risks.len()).map_err(Fault::defect)?;
        Ok(CompareInsurancePoliciesResponse { ranks, scenarios })
    }

    pub(super) async fn describe_terms(
        &self,
        context: &Context,
        r: &DescribeInsuranceTermsRequest,
    ) -> Outcome<DescribeInsuranceTermsResponse> {
        let policy = self.insurance_policies.get(context, &r.name).await?;
        if !r.tower || policy.tower.is_empty() {
            return Ok(terms::of_policy(&policy));
        }
        let organization = crate::organization_of(&policy.name).to_owned();
        let mut tower = self.covering(context, &organization).await?;
        tower.retain(|one| one.tower == policy.tower && one.currency_code == policy.currency_code);
        if !tower.iter().any(|one| one.name == policy.name) {
            tower.push(policy);
        }
        stack(&mut tower);
        terms::of_tower(&tower).ok_or_else(|| Fault::defect("a tower without a policy"))
    }

    /// The policies that cover at this moment, by tower and attachment.
    pub(crate) async fn covering(&self, context: &Context, organization: &str) -> Outcome<Vec<InsurancePolicy>> {
        let now = context.clock.now();
        let states = COVERING.map(|state| state.as_str_name());
        let condition = |sql: &mut Sql| {
            sql.is_in("state", &states).push(" AND end_time > ").bind(now);
            sql.push(" ORDER BY tower, attachment, id LIMIT ").bind(limit());
        };
        let mut found = few(self.insurance_policies.find(organization, condition).await?)?;
        stack(&mut found);
        Ok(found)
    }

    /// The policies of these names, by tower and attachment. `field` is where the request has the names.
    pub(crate) async fn named_policies(
        &self,
        organization: &str,
        names: &[String],
        field: &str,
    ) -> Outcome<Vec<InsurancePolicy>> {
        for (name, at) in names.iter().zip(0..) {
            crate::ours(organization, "insurancePolicies", name, format!("{field}[{at}]"))?;
        }
        let ids: Vec<&str> = names.iter().map(|name| id_of(name)).collect();
        let condition = |sql: &mut Sql| {
            sql.is_in("id", &ids);
        };
        let mut found = self.insurance_policies.find(organization, condition).await?;
        for (name, at) in names.iter().zip(0..) {
            if !found.iter().any(|policy| policy.name == *name) {
                return Err(Fault::not_found(name).on(format!("{field}[{at}]")));
            }
        }
        stack(&mut found);
        Ok(found)
    }

    async fn insurers_of(
        &self,
        organization: &str,
        policies: &[InsurancePolicy],
    ) -> Outcome<BTreeMap<String, Insurer>> {
        let ids: BTreeSet<&str> = policies.iter().map(|policy| id_of(&policy.insurer)).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let condition = |sql: &mut Sql| {
            sql.is_in("id", &ids);
        };
        let found = self.insurers.find(organization, condition).await?;
        Ok(found.into_iter().map(|insurer| (insurer.name.clone(), insurer)).collect())
    }

    /// A page of the risks that are not CLOSED, by name.
    pub(crate) async fn scenarios(
        &self,
        context: &Context,
        parent: &str,
        filter: &str,
        page_size: i32,
        page_token: &str,
    ) -> Outcome<(Vec<Risk>, String)> {
        let living = "state != CLOSED";
        let filter = if filter.is_empty() { living.to_owned() } else { format!("({filter}) AND {living}") };
        let page = self
            .risks
            .list(context, ListQuery { parent, page_size, page_token, filter: &filter, order_by: "" })
            .await?;
        Ok((page.items, page.next_page_token))
    }
}

/// One more than are looked at: so it shows whether there are more.
fn limit() -> i64 {
    i64::try_from(MOST_POLICIES).unwrap_or(i64::MAX).saturating_add(1)
}

/// Refuses more policies than are looked at: what some of them say would be missing.
fn few(policies: Vec<InsurancePolicy>) -> Outcome<Vec<InsurancePolicy>> {
    if policies.len() <= MOST_POLICIES {
        return Ok(policies);
    }
    let message = format!(
        "there are more than {MOST_POLICIES} policies to look at: name those meant in `policies`, where the call has it"
    );
    Err(Fault::invalid(House::FieldInvalid, message).on("policies"))
}

/// By tower, the lowest layer first.
pub(crate) fn stack(policies: &mut [InsurancePolicy]) {
    policies.sort_by(|one, other| {
        one.tower
            .cmp(&other.tower)
            .then(one.attachment.total_cmp(&other.attachment))
            .then_with(|| one.name.cmp(&other.name))
    });
}

/// Amounts of two currencies are not held against each other.
pub(crate) fn one_currency(policies: &[InsurancePolicy]) -> Outcome<()> {
    let currencies: BTreeSet<&str> = policies.iter().map(|policy| policy.currency_code.as_str()).collect();
    if currencies.len() <= 1 {
        return Ok(());
    }
    let currencies = currencies.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!("the quotes are in {currencies}: compare those of one currency with each other");
    Err(Fault::invalid(ErrorReason::InsuranceCurrencyMixed, message).with("currencies", currencies).on("policies"))
}

#[cfg(test)]
mod tests {
    use super::{InsurancePolicy, MOST_POLICIES, few};

    #[test]
    fn more_policies_than_are_looked_at_are_refused_and_none_is_left_out() {
        let all = vec![InsurancePolicy::default(); MOST_POLICIES];
        assert_eq!(few(all.clone()).unwrap().len(), MOST_POLICIES);
        let refused = few([all, vec![InsurancePolicy::default()]].concat()).unwrap_err();
        assert!(refused.to_string().contains("name those meant in `policies`"), "{refused}");
    }
}
