//! The estate summed up: what there is, how valuable, how well known.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::assets::v1::{Count, Ratio, SummarizeAssetsRequest, SummarizeAssetsResponse};

use crate::{Registry, enter};

const DAY: i64 = 86_400_000_000;

pub(crate) async fn summarize(
    registry: &Registry,
    context: &Context,
    request: &SummarizeAssetsRequest,
) -> Outcome<SummarizeAssetsResponse> {
    let organization = enter(context, &request.parent)?;
    let of = organization.as_str();
    let policy = crate::asset_policy::active_now(registry, of).await?;
    let now = context.clock.now();
    let since = now - i64::from(policy.review_cycle_days) * DAY;
    let mut sql = registry.database.sql(
        "SELECT COUNT(*), COUNT(CASE WHEN owner <> '' THEN 1 END), COUNT(CASE WHEN site <> '' THEN 1 END), \
         COUNT(CASE WHEN classification <> '' THEN 1 END), COUNT(CASE WHEN effective_value > 0 THEN 1 END), \
         COUNT(CASE WHEN inherited_value > value AND value_override = 0 THEN 1 END), COALESCE(SUM(power_watts), 0.0), COUNT(CASE WHEN verify_time >= ",
    );
    sql.bind(since).push(" THEN 1 END), COUNT(CASE WHEN end_of_life_time > ").bind(i64::MIN);
    sql.push(" AND end_of_life_time < ").bind(now).push(" THEN 1 END) FROM asset WHERE organization = ").bind(of);
    let row = registry.database.row(sql).await?.ok_or_else(|| Fault::defect("a count gave nothing"))?;
    let number = |index: usize| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
    let known = [("owner", 1), ("site", 2), ("classification", 3), ("value", 4), ("verified", 7)]
        .into_iter()
        .map(|(key, index)| Ok(Count { key: key.to_owned(), count: number(index)? }))
        .collect::<Outcome<Vec<_>>>()?;
    let rates = super::coverage::rates(registry, of, since).await?;
    let unlisted = unlisted(registry, of).await?;
    Ok(SummarizeAssetsResponse {
        assets: number(0)?,
        dependencies: total(registry, "dependency", of).await?,
        sites: total(registry, "site", of).await?,
        types: groups(registry, "asset", "type", of).await?,
        states: groups(registry, "asset", "state", of).await?,
        grades: groups(registry, "asset", "CAST(grade AS TEXT)", of).await?,
        classifications: groups(registry, "asset", "classification", of).await?,
        site_types: groups(registry, "site", "type", of).await?,
        known,
        most_valuable: registry
            .assets
            .find(of, |sql| {
                sql.push("effective_value > 0 ORDER BY effective_value DESC, value DESC, id LIMIT 10");
            })
            .await?,
        deepest_dependency: deepest(registry, of).await?,
        inheriting: number(5)?,
        power_watts: row.try_get_by_index(6).map_err(Fault::defect)?,
        past_end_of_life: number(8)?,
        unlisted,
        unlisted_rate: Some(Ratio { key: String::new(), numerator: unlisted, denominator: rates.shadow.denominator }),
        coverage: Some(rates.coverage),
        site_type_coverage: rates.site_types,
        shadow: Some(rates.shadow),
    })
}

async fn unlisted(registry: &Registry, organization: &str) -> Outcome<i64> {
    let mut sql = registry.database.sql("SELECT COUNT(DISTINCT id) FROM asset_unlisted_by WHERE organization = ");
    sql.bind(organization);
    let row = registry.database.row(sql).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
}

async fn total(registry: &Registry, table: &str, organization: &str) -> Outcome<i64> {
    let mut sql = registry.database.sql(format!("SELECT COUNT(*) FROM {table} WHERE organization = "));
    sql.bind(organization);
    let row = registry.database.row(sql).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
}

async fn groups(registry: &Registry, table: &str, by: &str, organization: &str) -> Outcome<Vec<Count>> {
    let mut sql = registry.database.sql(format!("SELECT {by}, COUNT(*) FROM {table} WHERE organization = "));
    sql.bind(organization).push(&format!(" GROUP BY {by} ORDER BY 2 DESC, 1 LIMIT 1000"));
    let rows = registry.database.rows(sql).await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                key: row.try_get_by_index(0).map_err(Fault::defect)?,
                count: row.try_get_by_index(1).map_err(Fault::defect)?,
            })
        })
        .collect()
}

/// The longest chain of dependencies. Circles are cut where they close, so the answer is exact on a graph without circles
/// and a lower bound on one with them.
async fn deepest(registry: &Registry, organization: &str) -> Outcome<Vec<String>> {
    let mut sql = registry.database.sql("SELECT dependent, supporting FROM dependency d WHERE d.organization = ");
    sql.bind(organization).push(&crate::dependency::flowing("d")).push(" ORDER BY dependent, supporting");
    let (mut numbers, mut names): (HashMap<String, usize>, Vec<String>) = (HashMap::new(), Vec::new());
    let mut next: Vec<Vec<usize>> = Vec::new();
    for row in registry.database.rows(sql).await? {
        let mut number = |index| -> Outcome<usize> {
            let name: String = row.try_get_by_index(index).map_err(Fault::defect)?;
            Ok(*numbers.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len() - 1
            }))
        };
        let (dependent, supporting) = (number(0)?, number(1)?);
        next.resize_with(names.len(), Vec::new);
        if let Some(supporters) = next.get_mut(dependent) {
            supporters.push(supporting);
        }
    }
    Ok(longest(&next).into_iter().filter_map(|at| names.get(at).cloned()).collect())
}

/// The longest way from any node, following `next`; an edge back into the way being walked is passed over.
fn longest(next: &[Vec<usize>]) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; next.len()];
    let mut best: Vec<(usize, Option<usize>)> = vec![(1, None); next.len()];
    for start in 0..next.len() {
        let mut way = vec![(start, 0_usize)];
        while let Some((at, index)) = way.pop() {
            if index == 0 {
                match marks.get(at) {
                    Some(Mark::New) => {}
                    _ => continue,
                }
            }
            if let Some(mark) = marks.get_mut(at) {
                *mark = Mark::Open;
            }
            match next.get(at).and_then(|supporters| supporters.get(index)) {
                Some(&supporter) => {
                    way.push((at, index + 1));
                    if marks.get(supporter) == Some(&Mark::New) {
                        way.push((supporter, 0));
                    }
                }
                None => {
                    let supporters = next.get(at).map(Vec::as_slice).unwrap_or_default();
                    let done = supporters.iter().filter(|supporter| marks.get(**supporter) == Some(&Mark::Done));
                    let longest = done
                        .filter_map(|&supporter| Some((best.get(supporter)?.0 + 1, Some(supporter))))
                        .max_by_key(|(length, _)| *length);
                    if let (Some(slot), Some(longest)) = (best.get_mut(at), longest) {
                        *slot = longest;
                    }
                    if let Some(mark) = marks.get_mut(at) {
                        *mark = Mark::Done;
                    }
                }
            }
        }
    }
    let mut at =
        (0..next.len()).max_by_key(|&at| (best.get(at).map_or(0, |(length, _)| *length), std::cmp::Reverse(at)));
    let mut chain = Vec::new();
    while let Some(here) = at {
        chain.push(here);
        at = best.get(here).and_then(|(_, next)| *next);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn the_longest_chain_is_found_also_beside_a_circle() {
        assert_eq!(longest(&[vec![1, 2], vec![2], vec![3], vec![]]), [0, 1, 2, 3]);
        let circle = longest(&[vec![1], vec![2], vec![0, 3], vec![]]);
        assert_eq!(circle.last(), Some(&3));
        assert!(longest(&[]).is_empty());
    }
}
