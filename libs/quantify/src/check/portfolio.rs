//! What ties scenarios together: common causes and correlations.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, Range, distribution::at};
use crate::{
    input::Document,
    model::{Cause, Correlation, Model, Scenario},
    rank,
};

const MOST_CAUSES: usize = 1_000;

impl Checker {
    /// The index of a scenario by its id.
    pub(crate) fn find(&mut self, field: &str, id: &str, places: &BTreeMap<&str, usize>) -> Option<usize> {
        let found = places.get(id).copied();
        if found.is_none() {
            let shown: String = id.chars().take(100).collect();
            self.refuse(field, format!("no scenario has the id {shown:?}"), "name a scenario of this model");
        }
        found
    }

    /// The common causes; what they hit is noted with the scenarios.
    pub(crate) fn causes(
        &mut self,
        document: &Document,
        places: &BTreeMap<&str, usize>,
        scenarios: &mut [Option<Scenario>],
    ) -> Vec<Cause> {
        if document.common_causes.len() > MOST_CAUSES {
            self.refuse("common_causes", format!("more than {MOST_CAUSES}"), "join causes, or split the model");
            return Vec::new();
        }
        let mut seen = BTreeSet::new();
        let mut causes = Vec::new();
        for (number, input) in document.common_causes.iter().enumerate() {
            let place = format!("common_causes[{number}]");
            self.id(&at(&place, "id"), &input.id, &mut seen);
            let frequency = self.frequency(&at(&place, "frequency"), &input.frequency);
            if input.hits.is_empty() {
                self.refuse(&at(&place, "hits"), "is empty", "name the scenarios it hits");
            }
            let mut hit_before = BTreeSet::new();
            for (index, hit) in input.hits.iter().enumerate() {
                let place = format!("{place}.hits[{index}]");
                let field = at(&place, "probability");
                let probability = self.number_or(&field, hit.probability, Range::Share, 1.0);
                let field = at(&place, "scenario");
                let found = self.find(&field, &hit.scenario, places);
                if !hit_before.insert(hit.scenario.as_str()) {
                    self.refuse(&field, "is hit twice by this cause", "name each scenario once");
                }
                let scenario = found.and_then(|at| scenarios.get_mut(at)).and_then(Option::as_mut);
                let (Some(scenario), Some(probability)) = (scenario, probability) else { continue };
                if scenario.sources.iter().any(|source| source.product) {
                    let remedy = "use the form compound";
                    self.refuse(&field, "is of the form product, which has no single events", remedy);
                }
                scenario.hits.push((causes.len(), probability));
            }
            causes.extend(frequency.map(|frequency| Cause { id: input.id.clone(), frequency }));
        }
        causes
    }

    /// The correlations as one matrix over the scenarios they name.
    pub(crate) fn correlation(&mut self, document: &Document, places: &BTreeMap<&str, usize>) -> Option<Correlation> {
        let mut pairs: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        let mut members: BTreeSet<&str> = BTreeSet::new();
        for (index, input) in document.correlations.iter().enumerate() {
            let place = format!("correlations[{index}]");
            let between = at(&place, "between");
            if !(input.rank > -1.0 && input.rank < 1.0) {
                let remedy = "give a rank correlation (Spearman's) in this range";
                self.refuse(&at(&place, "rank"), format!("{} is not between -1 and 1", input.rank), remedy);
            }
            let [first, second] = input.between.as_slice() else {
                self.refuse(&between, format!("{} ids", input.between.len()), "name two scenarios");
                continue;
            };
            self.find(&between, first, places);
            self.find(&between, second, places);
            if first == second {
                self.refuse(&between, "is a scenario with itself", "name two scenarios");
            }
            let pair =
                if first < second { (first.as_str(), second.as_str()) } else { (second.as_str(), first.as_str()) };
            members.extend([pair.0, pair.1]);
            if pairs.insert(pair, input.rank).is_some() {
                self.refuse(&between, "is there twice", "give each pair once");
            }
        }
        if members.len() > Model::MOST_CORRELATED {
            let problem = format!("{} scenarios, where {} may be correlated", members.len(), Model::MOST_CORRELATED);
            self.refuse("correlations", problem, "correlate fewer, or use common_causes");
            return None;
        }
        if members.is_empty() {
            return None;
        }
        let members: Vec<&str> = members.into_iter().collect();
        let matrix: Vec<Vec<f64>> = members
            .iter()
            .map(|row| {
                let entry = |column: &&str| {
                    let pair = if row < column { (*row, *column) } else { (*column, *row) };
                    if row == column { 1.0 } else { pairs.get(&pair).map_or(0.0, |&rank| rank::pearson(rank)) }
                };
                members.iter().map(entry).collect()
            })
            .collect();
        let Some(factor) = rank::cholesky(&matrix) else {
            let remedy = "lower the correlations, or give those of the pairs that are left out (they count as 0)";
            self.refuse("correlations", "cannot all hold at once: the matrix is not positive definite", remedy);
            return None;
        };
        let members = members.iter().filter_map(|id| places.get(id).copied()).collect();
        Some(Correlation { members, factor })
    }
}
