//! The risks of a profile in numbers.

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::risk::v1::SummarizeRiskProfileResponse;
use wire::risk::v1::summarize_risks_response::LevelCount;

use crate::{Registry, organization_of};

/// Counts by criteria and level.
type Levels = BTreeMap<(String, i32), i64>;

impl Registry {
    pub(super) async fn summarize_profile(
        &self,
        context: &Context,
        name: &str,
    ) -> Outcome<SummarizeRiskProfileResponse> {
        let profile = self.risk_profiles.get(context, name).await?;
        let organization = organization_of(&profile.name);
        let group = "criteria, inherent_level, current_level, residual_level, above_appetite";
        let mut sql = self.database.sql(format!("SELECT {group}, COUNT(*) FROM risk WHERE organization = "));
        sql.bind(organization).push(" AND profile = ").bind(profile.name.as_str());
        sql.push(&format!(" AND state <> 'CLOSED' GROUP BY {group}"));
        let mut summary = SummarizeRiskProfileResponse::default();
        let mut views: [Levels; 3] = Default::default();
        for row in self.database.rows(sql).await? {
            let number = |at: usize| row.try_get_by_index::<i64>(at).map_err(Fault::defect);
            let criteria: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            let count = number(5)?;
            for (levels, at) in views.iter_mut().zip(1..) {
                let level = i32::try_from(number(at)?).map_err(Fault::defect)?;
                *levels.entry((criteria.clone(), level)).or_default() += count;
            }
            summary.count += count;
            summary.above_appetite += if number(4)? == 0 { 0 } else { count };
        }
        let [inherent, current, residual] = views.map(told);
        let known = self.criteria_by_name(organization, &current).await?;
        let mut highest: BTreeMap<String, LevelCount> = BTreeMap::new();
        for level in &current {
            // In the order of levels, so that the last one is the highest.
            highest.insert(level.criteria.clone(), level.clone());
        }
        (summary.inherent_levels, summary.current_levels, summary.residual_levels) = (inherent, current, residual);
        summary.highest = highest.into_values().collect();
        let lists = [&mut summary.inherent_levels, &mut summary.current_levels, &mut summary.residual_levels];
        for level in lists.into_iter().flatten().chain(&mut summary.highest) {
            let at = usize::try_from(level.level).ok();
            let label = known.get(&level.criteria).zip(at).and_then(|(of, at)| of.levels.get(at));
            level.label = label.map(|of| of.label.clone()).unwrap_or_default();
        }
        Ok(summary)
    }
}

/// Counts as they are told.
fn told(levels: Levels) -> Vec<LevelCount> {
    let one = |((criteria, level), count)| LevelCount { criteria, level, label: String::new(), count };
    levels.into_iter().map(one).collect()
}
