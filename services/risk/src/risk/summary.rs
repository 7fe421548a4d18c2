//! The register in numbers.

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use store::{Resource as _, Sql};
use wire::risk::v1::heatmap_risks_request::View;
use wire::risk::v1::risk::State;
use wire::risk::v1::summarize_risks_response::{LevelCount, StateCount};
use wire::risk::v1::{RiskCriteria, SummarizeRisksRequest, SummarizeRisksResponse};

use super::tally::{self, Cell};
use crate::risk_criteria::AllCriteria;
use crate::{Registry, id_of};

const DAY: i64 = 86_400_000_000;
/// How many days ahead an acceptance counts as expiring where it is not said.
const EXPIRING_DAYS: i32 = 30;

impl Registry {
    pub(super) async fn summarize_register(
        &self,
        context: &Context,
        r: &SummarizeRisksRequest,
    ) -> Outcome<SummarizeRisksResponse> {
        let organization = super::organization(context, &r.parent)?;
        let counted = tally::read(&self.database, &organization, None, View::Current).await?;
        let mut summary = summed(&counted);
        let labels = self.criteria_by_name(&organization, &summary.levels).await?;
        for level in summary.levels.iter_mut().chain(&mut summary.highest) {
            let at = usize::try_from(level.level).ok();
            let label = labels.get(&level.criteria).zip(at).and_then(|(of, at)| of.levels.get(at));
            level.label = label.map(|of| of.label.clone()).unwrap_or_default();
        }
        let now = context.clock.now();
        let days = if r.expiring_days == 0 { EXPIRING_DAYS } else { r.expiring_days };
        let until = now.saturating_add(i64::from(days).saturating_mul(DAY));
        let mut sql = self.database.sql("SELECT COUNT(*) FROM risk WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND acceptance_until > ").bind(now);
        sql.push(" AND acceptance_until <= ").bind(until).push(" AND state = 'ACCEPTED'");
        summary.acceptances_expiring = self.count_rows(sql).await?;
        let mut sql = self.database.sql("SELECT COUNT(*) FROM treatment WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND overdue = 1");
        summary.treatments_overdue = self.count_rows(sql).await?;
        Ok(summary)
    }

    async fn count_rows(&self, sql: Sql) -> Outcome<i64> {
        self.database.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
    }

    /// The criteria that are counted by, by name.
    pub(crate) async fn criteria_by_name(
        &self,
        organization: &str,
        levels: &[LevelCount],
    ) -> Outcome<BTreeMap<String, RiskCriteria>> {
        let mut known = BTreeMap::new();
        let mut own = Vec::new();
        for level in levels {
            let id = id_of(&level.criteria);
            match AllCriteria::shipped().get(id) {
                Some(criteria) => drop(known.insert(level.criteria.clone(), criteria.clone())),
                None => own.push(id),
            }
        }
        own.dedup();
        if !own.is_empty() {
            let named = |sql: &mut Sql| {
                sql.is_in("id", &own);
            };
            let rows = self.risk_criteria.find(organization, named).await?;
            known.extend(rows.into_iter().map(|one| (one.name.clone(), one)));
        }
        Ok(known)
    }
}

/// What was counted, by level and by state. Levels of different criteria are not the same levels, and stay apart.
fn summed(counted: &[(Cell, i64)]) -> SummarizeRisksResponse {
    let mut summary = SummarizeRisksResponse::default();
    let (mut levels, mut states) = (BTreeMap::<(&str, i32), i64>::new(), BTreeMap::<i32, i64>::new());
    for (cell, count) in counted {
        let state = State::from_str_name(cell.state).unwrap_or_default();
        *states.entry(state.into()).or_default() += count;
        if state == State::Closed {
            continue;
        }
        summary.count += count;
        summary.above_appetite += if cell.above { *count } else { 0 };
        *levels.entry((&cell.criteria, cell.level)).or_default() += count;
    }
    let mut highest: BTreeMap<&str, LevelCount> = BTreeMap::new();
    for ((criteria, level), count) in levels {
        let told = LevelCount { criteria: criteria.to_owned(), level, label: String::new(), count };
        // In the order of levels, so that the last one is the highest.
        highest.insert(criteria, told.clone());
        summary.levels.push(told);
    }
    summary.highest = highest.into_values().collect();
    summary.states = states.into_iter().map(|(state, count)| StateCount { state, count }).collect();
    summary
}
