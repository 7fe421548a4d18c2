//! How the register went: for each day, how many risks had which current level.
//!
//! The day's row is written with the risks themselves, out of the counts that are kept anyway (`risk/tally.rs`), in the same transaction. So it needs no
//! timer, misses nothing, and a day on which nothing changed has no row: it stands as the one before.

use std::collections::BTreeSet;

use access::Context;
use fault::{Fault, Outcome};
use jiff::civil::Date;
use store::Transaction;
use wire::risk::v1::trend_risks_response::Point;
use wire::risk::v1::{RiskCriteria, TrendRisksRequest, TrendRisksResponse};

use crate::Registry;

const DAY: i64 = 86_400_000_000;
/// How many days back where it is not said.
const DAYS: i32 = 90;

/// Writes how it stands today, of criteria whose counts have just changed.
pub(super) async fn settled(tx: &mut Transaction, organization: &str, criteria: &BTreeSet<&str>) -> Outcome<()> {
    let today = tx.context().clock.now().div_euclid(DAY);
    for one in criteria {
        let mut sql = tx.sql("INSERT INTO risk_trend (organization, criteria, day, levels) SELECT ");
        sql.bind(organization).push(", ").bind(*one).push(", ").bind(today).push(", ");
        sql.lines(&["level", "risks", "above"]);
        sql.push(" FROM (SELECT level, SUM(count) AS risks, SUM(count * above) AS above FROM risk_tally WHERE organization = ");
        sql.bind(organization).push(" AND criteria = ").bind(*one);
        sql.push(
            " AND view = 'CURRENT' AND state <> 'CLOSED' AND count > 0 GROUP BY level) AS by_level WHERE 1 = 1 \
             ON CONFLICT (organization, criteria, day) DO UPDATE SET levels = excluded.levels",
        );
        tx.run(sql).await?;
    }
    Ok(())
}

impl Registry {
    pub(super) async fn trend_of_register(
        &self,
        context: &Context,
        r: &TrendRisksRequest,
    ) -> Outcome<TrendRisksResponse> {
        let organization = super::organization(context, &r.parent)?;
        let criteria = self.asked_criteria(context, &organization, &r.criteria).await?;
        let days = i64::from(if r.days == 0 { DAYS } else { r.days });
        let today = context.clock.now().div_euclid(DAY);
        let first = today.saturating_sub(days);
        // And the row before, which tells how the first day stood.
        let mut sql = self.database.sql("SELECT day, levels FROM risk_trend WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND criteria = ").bind(criteria.name.as_str()).push(" AND day >= ");
        sql.push("COALESCE((SELECT MAX(day) FROM risk_trend WHERE organization = ").bind(organization.as_str());
        sql.push(" AND criteria = ")
            .bind(criteria.name.as_str())
            .push(" AND day <= ")
            .bind(first)
            .push("), ")
            .bind(first);
        sql.push(") ORDER BY day");
        let rows = self.database.rows(sql).await?;
        let row = |row: &sea_orm::QueryResult| {
            let day: i64 = row.try_get_by_index(0).map_err(Fault::defect)?;
            let levels: String = row.try_get_by_index(1).map_err(Fault::defect)?;
            Ok((day, levels))
        };
        let rows = rows.iter().map(row).collect::<Outcome<Vec<_>>>()?;
        Ok(told(&criteria, &rows, first, today))
    }
}

/// The points of the days from one to another, of rows of days and levels, in order.
fn told(criteria: &RiskCriteria, rows: &[(i64, String)], first: i64, last: i64) -> TrendRisksResponse {
    let mut points = Vec::new();
    let mut rows = rows.iter().peekable();
    let mut standing = None;
    let begin = rows.peek().map_or(last + 1, |(day, _)| first.max(*day));
    for day in begin..=last {
        while let Some((_, levels)) = rows.next_if(|(of, _)| *of <= day) {
            standing = Some(point(levels, criteria.levels.len()));
        }
        points.extend(standing.as_ref().map(|standing: &Point| Point { date: date(day), ..standing.clone() }));
    }
    let level_labels = criteria.levels.iter().map(|level| level.label.clone()).collect();
    TrendRisksResponse { criteria: criteria.name.clone(), level_labels, points }
}

/// What the lines of a row come to: a level, how many risks, how many of them above the appetite.
fn point(lines: &str, levels: usize) -> Point {
    let mut point = Point { levels: vec![0; levels], ..Point::default() };
    for line in lines.lines() {
        let mut numbers = line.split(' ').map(|number| number.parse::<i64>().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        let (level, risks, above) = (next(), next(), next());
        point.count += risks;
        point.above_appetite += above;
        match usize::try_from(level) {
            Err(_) => point.unscored += risks,
            Ok(level) => {
                // Criteria had more levels once than they have now.
                if level >= point.levels.len() {
                    point.levels.resize(level + 1, 0);
                }
                if let Some(count) = point.levels.get_mut(level) {
                    *count += risks;
                }
            }
        }
    }
    point
}

/// The day as people write it.
fn date(day: i64) -> String {
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(day.clamp(0, 2_000_000))).map(|date| date.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::risk_criteria::Level;

    use super::*;

    fn trend(rows: &[(i64, &str)], first: i64, last: i64) -> Vec<Point> {
        let criteria = RiskCriteria { levels: vec![Level::default(); 3], ..RiskCriteria::default() };
        let rows: Vec<(i64, String)> = rows.iter().map(|(day, lines)| (*day, (*lines).to_owned())).collect();
        told(&criteria, &rows, first, last).points
    }

    #[test]
    fn a_day_without_a_row_stands_as_the_one_before() {
        let rows = [(10, "0 2 0\n2 1 1"), (12, "-1 1 0\n2 3 3")];
        let early = Point { count: 3, above_appetite: 1, levels: vec![2, 0, 1], ..Point::default() };
        let late = Point { count: 4, above_appetite: 3, levels: vec![0, 0, 3], unscored: 1, ..Point::default() };
        let on = |date: &str, point: &Point| Point { date: date.to_owned(), ..point.clone() };
        let days = [on("1970-01-12", &early), on("1970-01-13", &late), on("1970-01-14", &late)];
        assert_eq!(trend(&rows, 11, 13), days);
        // Before the first row nothing is known.
        assert_eq!(trend(&rows, 2, 11), [on("1970-01-11", &early), on("1970-01-12", &early)]);
        assert_eq!(trend(&[], 2, 11), []);
    }

    #[test]
    fn the_last_risk_gone_is_a_register_of_none() {
        let none = Point { date: "1970-01-01".to_owned(), levels: vec![0, 0, 0], ..Point::default() };
        assert_eq!(trend(&[(0, "")], 0, 0), [none]);
    }
}
