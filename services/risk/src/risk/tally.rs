//! How many risks are where, kept as they are written, so that the heat map and the summary cost the same whatever the number of risks.
//!
//! A row counts the risks of one criteria, view, state and cell. Whoever writes risks holds the tie of the organization, so that no two writes count
//! past each other.

use std::collections::BTreeMap;

use fault::{Fault, Outcome};
use store::{Changed, Choice as _, Database, Transaction};
use wire::risk::v1::Risk;
use wire::risk::v1::heatmap_risks_request::View;
use wire::risk::v1::risk::Score;

use super::trend;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) criteria: String,
    pub(super) view: &'static str,
    pub(super) state: &'static str,
    pub(super) likelihood: i32,
    pub(super) consequence: i32,
    pub(super) level: i32,
    pub(super) above: bool,
}

/// How many rows one statement writes.
const PORTION: usize = 200;

/// What is counted together, borrowed: criteria, view, state, likelihood, consequence, level, above.
type Key<'a> = (&'a str, &'static str, &'static str, i32, i32, i32, bool);

/// The cells a risk is counted in: one for each view.
fn cells(risk: &Risk) -> [Key<'_>; 3] {
    let views = [
        (View::Inherent, risk.inherent.as_ref()),
        (View::Current, risk.current.as_ref()),
        (View::Residual, risk.residual.as_ref()),
    ];
    views.map(|(view, score): (View, Option<&Score>)| {
        let (likelihood, consequence, level) =
            score.map_or((0, 0, 0), |score| (score.likelihood, score.consequence, score.level));
        let (criteria, state) = (risk.criteria.as_str(), risk.state().text());
        (criteria, view.text(), state, likelihood, consequence, level, risk.above_appetite)
    })
}

/// Keeps the counts in step with what was written.
pub(super) async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Risk>]) -> Outcome<()> {
    let mut moved: BTreeMap<Key<'_>, i64> = BTreeMap::new();
    for change in changed {
        for (risk, by) in [(&change.before, -1), (&change.after, 1)] {
            for cell in risk.iter().flat_map(cells) {
                *moved.entry(cell).or_default() += by;
            }
        }
    }
    let moved: Vec<(Key<'_>, i64)> = moved.into_iter().filter(|(_, by)| *by != 0).collect();
    for portion in moved.chunks(PORTION) {
        let mut sql = tx.sql(
            "INSERT INTO risk_tally (organization, criteria, view, state, likelihood, consequence, level, above, count) VALUES ",
        );
        for (at, ((criteria, view, state, likelihood, consequence, level, above), by)) in portion.iter().enumerate() {
            sql.push(if at > 0 { ", (" } else { "(" }).bind(organization).push(", ");
            sql.bind_all([*criteria, *view, *state]).push(", ");
            let numbers = [*likelihood, *consequence, *level, i32::from(*above)].map(i64::from);
            sql.bind_all(numbers).push(", ").bind(*by).push(")");
        }
        sql.push(
            " ON CONFLICT (organization, criteria, view, state, likelihood, consequence, level, above) \
             DO UPDATE SET count = risk_tally.count + excluded.count",
        );
        tx.run(sql).await?;
    }
    let current = moved.iter().filter(|((_, view, ..), _)| *view == View::Current.text());
    trend::settled(tx, organization, &current.map(|((criteria, ..), _)| *criteria).collect()).await
}

/// What is counted of an organization, by criteria, state and cell, of one view.
pub(super) async fn read(
    database: &Database,
    organization: &str,
    criteria: Option<&str>,
    view: View,
) -> Outcome<Vec<(Cell, i64)>> {
    let mut sql = database.sql(
        "SELECT criteria, state, likelihood, consequence, level, above, count FROM risk_tally WHERE organization = ",
    );
    sql.bind(organization);
    if let Some(criteria) = criteria {
        sql.push(" AND criteria = ").bind(criteria);
    }
    sql.push(" AND view = ").bind(view.text()).push(" AND count > 0");
    let rows = database.rows(sql).await?;
    rows.iter().map(|row| cell(row, view)).collect()
}

/// A row of criteria, state, likelihood, consequence, level, above and count.
pub(super) fn cell(row: &sea_orm::QueryResult, view: View) -> Outcome<(Cell, i64)> {
    use wire::risk::v1::risk::State;
    let number = |index: usize| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
    let small = |index: usize| i32::try_from(number(index)?).map_err(Fault::defect);
    let state: String = row.try_get_by_index(1).map_err(Fault::defect)?;
    let cell = Cell {
        criteria: row.try_get_by_index(0).map_err(Fault::defect)?,
        view: view.text(),
        state: State::from_str_name(&state).unwrap_or_default().text(),
        likelihood: small(2)?,
        consequence: small(3)?,
        level: small(4)?,
        above: number(5)? != 0,
    };
    Ok((cell, number(6)?))
}
