//! The coverage of the assets that selectors select.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::Choice as _;
use wire::controls::v1::SelectorCoverage;
use wire::controls::v1::implementation::State;

use super::known::value;
use crate::{Registry, id_of};

/// The selectors for which a control is implemented, each with whether that operates.
type Attached = BTreeMap<String, BTreeMap<String, bool>>;

impl Registry {
    /// The coverage of each selector that an implementation names.
    pub(super) async fn selectors_covered(&self, context: &Context, parent: &str) -> Outcome<Vec<SelectorCoverage>> {
        let organization = resource::parse_parent(parent)
            .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
        context.enter(&organization, parent)?;
        let by_control = self.attached(&organization).await?;
        let members = self.members(&organization).await?;
        let mut by: BTreeMap<&str, SelectorCoverage> = BTreeMap::new();
        // Controls that operate for the same others cost one question together.
        let mut overlaps: HashMap<(&str, BTreeSet<&str>), i64> = HashMap::new();
        for attached in by_control.values() {
            for (selector, &operates) in attached {
                let count = members.get(id_of(selector)).copied().unwrap_or_default();
                let covered = by.entry(selector).or_insert_with(|| SelectorCoverage {
                    selector: selector.clone(),
                    members: count,
                    ..Default::default()
                });
                covered.controls += 1;
                covered.operating += i32::from(operates);
                covered.applicable += count;
                covered.implemented += if operates {
                    count
                } else {
                    let others: BTreeSet<&str> =
                        attached.iter().filter(|(_, operates)| **operates).map(|(other, _)| id_of(other)).collect();
                    let key = (id_of(selector), others);
                    match overlaps.get(&key) {
                        Some(&known) => known,
                        None => {
                            let found = self.overlap(&organization, key.0, &key.1).await?;
                            overlaps.insert(key, found);
                            found
                        }
                    }
                };
            }
        }
        Ok(by
            .into_values()
            .map(|mut one| {
                one.ratio = if one.applicable > 0 { one.implemented as f64 / one.applicable as f64 } else { 1.0 };
                one
            })
            .collect())
    }

    /// By control, the selectors for which it has an implementation that is not RETIRED.
    async fn attached(&self, organization: &str) -> Outcome<BTreeMap<String, BTreeMap<String, bool>>> {
        let mut sql = self.database.sql("SELECT control, selector, state FROM implementation WHERE organization = ");
        sql.bind(organization).push(" AND selector <> '' AND state <> ").bind(State::Retired.text());
        sql.push(" GROUP BY control, selector, state");
        let mut by = Attached::new();
        for row in self.database.rows(sql).await? {
            let state: String = value(&row, 2)?;
            *by.entry(value(&row, 0)?).or_default().entry(value(&row, 1)?).or_default() |=
                state == State::Operating.text();
        }
        Ok(by)
    }

    /// How many assets each selector selects.
    async fn members(&self, organization: &str) -> Outcome<HashMap<String, i64>> {
        let mut sql = self.database.sql("SELECT selector, members FROM estate_selector WHERE organization = ");
        sql.bind(organization);
        self.database.rows(sql).await?.iter().map(|row| Ok((value(row, 0)?, value(row, 1)?))).collect()
    }

    /// How many assets of a selector one of some others also selects.
    async fn overlap(&self, organization: &str, selector: &str, others: &BTreeSet<&str>) -> Outcome<i64> {
        if others.is_empty() {
            return Ok(0);
        }
        let mut sql =
            self.database.sql("SELECT CAST(COUNT(*) AS BIGINT) FROM estate_membership m WHERE m.organization = ");
        sql.bind(organization).push(" AND m.selector = ").bind(selector);
        sql.push(" AND EXISTS (SELECT 1 FROM estate_membership o WHERE o.organization = m.organization AND o.asset = m.asset AND ");
        sql.is_in("o.selector", &others.iter().copied().collect::<Vec<_>>()).push(")");
        self.database.row(sql).await?.map_or(Ok(0), |row| value(&row, 0))
    }
}
