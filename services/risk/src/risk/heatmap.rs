//! The heat map: how many risks are at which likelihood and consequence.

use std::collections::BTreeMap;

use access::Context;
use fault::Outcome;
use store::{Collection, Sql};
use wire::risk::v1::heatmap_risks_request::View;
use wire::risk::v1::heatmap_risks_response::Cell as Told;
use wire::risk::v1::risk_method::Kind;
use wire::risk::v1::{HeatmapRisksRequest, HeatmapRisksResponse, Risk, RiskCriteria};

use super::Risks;
use super::tally::{self, Cell};
use crate::{Registry, score};

/// How many of the worst risks are named where it is not said.
const TOP: i32 = 10;

impl Registry {
    pub(super) async fn draw_heatmap(
        &self,
        context: &Context,
        r: &HeatmapRisksRequest,
    ) -> Outcome<HeatmapRisksResponse> {
        let organization = super::organization(context, &r.parent)?;
        let criteria = self.asked_criteria(context, &organization, &r.criteria).await?;
        let view = match r.view() {
            View::Unspecified => View::Current,
            view => view,
        };
        let counted = if r.filter.is_empty() {
            tally::read(&self.database, &organization, Some(&criteria.name), view).await?
        } else {
            self.count_risks(&organization, &criteria.name, view, &r.filter).await?
        };
        let top = if r.top == 0 { TOP } else { r.top };
        let top_risks = self.worst_risks(&organization, &criteria.name, view, &r.filter, top).await?;
        Ok(HeatmapRisksResponse { top_risks, ..drawn(&criteria, view, &counted) })
    }

    /// Counts in the table of risks, for those that a filter takes.
    async fn count_risks(
        &self,
        organization: &str,
        criteria: &str,
        view: View,
        filter: &str,
    ) -> Outcome<Vec<(Cell, i64)>> {
        let of = column(view);
        let cell = format!("criteria, state, {of}_likelihood, {of}_consequence, {of}_level, above_appetite");
        let mut sql = self.database.sql(format!("SELECT {cell}, COUNT(*) FROM risk WHERE organization = "));
        sql.bind(organization).push(" AND criteria = ").bind(criteria).push(" AND ");
        Collection::<Risks>::matching(organization, filter, "filter", &mut sql)?;
        sql.push(&format!(" GROUP BY {cell}"));
        let rows = self.database.rows(sql).await?;
        rows.iter().map(|row| tally::cell(row, view)).collect()
    }

    /// The worst risks of a view, the worst first.
    async fn worst_risks(
        &self,
        organization: &str,
        criteria: &str,
        view: View,
        filter: &str,
        most: i32,
    ) -> Outcome<Vec<Risk>> {
        let of = column(view);
        // Read once before, so that a filter that is none is refused and not passed over.
        Collection::<Risks>::matching(organization, filter, "filter", &mut self.database.sql(""))?;
        let condition = |sql: &mut Sql| {
            sql.push("criteria = ").bind(criteria).push(&format!(" AND {of}_level >= 0 AND state <> 'CLOSED' AND "));
            if Collection::<Risks>::matching(organization, filter, "filter", sql).is_err() {
                sql.push("1 = 0");
            }
            sql.push(&format!(" ORDER BY {of}_level DESC, id DESC LIMIT ")).bind(i64::from(most));
        };
        self.risks.find(organization, condition).await
    }
}

/// How the columns of a view begin.
fn column(view: View) -> &'static str {
    match view {
        View::Inherent => "inherent",
        View::Residual => "residual",
        View::Current | View::Unspecified => "current",
    }
}

/// The map of what was counted: every cell there is, or of PRODUCT, whose axes have many positions, those with risks.
fn drawn(criteria: &RiskCriteria, view: View, counted: &[(Cell, i64)]) -> HeatmapRisksResponse {
    let mut map = HeatmapRisksResponse {
        criteria: criteria.name.clone(),
        view: view.into(),
        level_labels: criteria.levels.iter().map(|level| level.label.clone()).collect(),
        level_colors: criteria.levels.iter().map(|level| level.color.clone()).collect(),
        consequence_labels: criteria.consequence_steps.iter().map(|step| step.label.clone()).collect(),
        ..HeatmapRisksResponse::default()
    };
    if criteria.kind() == Kind::Matrix {
        map.likelihood_labels = criteria.likelihood_steps.iter().map(|step| step.label.clone()).collect();
    }
    let mut cells: BTreeMap<(i32, i32), Told> = BTreeMap::new();
    for (likelihood, consequence) in places(criteria) {
        cells.insert((likelihood, consequence), Told { likelihood, consequence, ..Told::default() });
    }
    for (cell, count) in counted.iter().filter(|(cell, _)| cell.state != "CLOSED") {
        if cell.level < 0 {
            map.unscored += count;
            continue;
        }
        let (likelihood, consequence) = (cell.likelihood, cell.consequence);
        let told =
            cells.entry((likelihood, consequence)).or_insert(Told { likelihood, consequence, ..Told::default() });
        let above = if cell.above { *count } else { 0 };
        told.count += count;
        told.above_appetite += above;
        map.count += count;
        map.above_appetite += above;
    }
    let levelled = cells.into_values().map(|cell| {
        let level = score::level_at(criteria, cell.likelihood, cell.consequence);
        Told { level, ..cell }
    });
    map.cells = levelled.collect();
    map
}

/// The positions of a map that is shown whole.
fn places(criteria: &RiskCriteria) -> Vec<(i32, i32)> {
    let length = |steps: usize| i32::try_from(steps).unwrap_or_default();
    let (likelihoods, eases) = (length(criteria.likelihood_steps.len()), length(criteria.ease_steps.len()));
    let consequences = length(criteria.consequence_steps.len());
    let (rows, columns) = match criteria.kind() {
        Kind::Matrix => (1..likelihoods + 1, 1..consequences + 1),
        // Both scales from 0, as one rank.
        Kind::Additive => (0..likelihoods + eases - 1, 0..consequences),
        _ => return Vec::new(),
    };
    rows.flat_map(|row| columns.clone().map(move |column| (row, column))).collect()
}

#[cfg(test)]
mod tests {
    use store::Choice as _;
    use wire::risk::v1::risk::State;

    use super::*;
    use crate::risk_criteria::shipped;

    fn cell(state: State, likelihood: i32, consequence: i32, level: i32, above: bool) -> Cell {
        let criteria = String::new();
        Cell { criteria, view: "CURRENT", state: state.text(), likelihood, consequence, level, above }
    }

    #[test]
    fn every_cell_has_its_level_and_what_is_closed_does_not_count() {
        let criteria: BTreeMap<String, RiskCriteria> = shipped::criteria().into_iter().collect();
        let counted = [
            (cell(State::Accepted, 5, 5, 4, true), 3),
            (cell(State::Treating, 5, 5, 4, true), 2),
            (cell(State::Closed, 5, 5, 4, true), 7),
            (cell(State::Analysed, 1, 1, 0, false), 1),
            (cell(State::Identified, -1, -1, -1, false), 4),
        ];
        let matrix = criteria.get("matrix-5x5").cloned().unwrap_or_default();
        let map = drawn(&matrix, View::Current, &counted);
        assert_eq!((map.cells.len(), map.count, map.above_appetite, map.unscored), (25, 6, 5, 4));
        let last = map.cells.last().copied().unwrap_or_default();
        let expected = Told { likelihood: 5, consequence: 5, level: 4, count: 5, above_appetite: 5 };
        assert_eq!(last, expected);
        let levels: Vec<i32> = map.cells.iter().take(5).map(|cell| cell.level).collect();
        assert_eq!(levels, [0, 0, 1, 1, 1]);
        let additive = criteria.get("additive-0-8").cloned().unwrap_or_default();
        let map = drawn(&additive, View::Current, &[]);
        assert_eq!((map.cells.len(), map.cells.last().map(|cell| cell.level)), (25, Some(2)));
        let product = criteria.get("product-cia").cloned().unwrap_or_default();
        let map = drawn(&product, View::Current, &[(cell(State::Treating, 15, 4, 2, true), 1)]);
        assert_eq!(map.cells.iter().map(|cell| (cell.level, cell.count)).collect::<Vec<_>>(), [(2, 1)]);
    }
}
