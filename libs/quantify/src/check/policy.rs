//! Terms of policies, and the appetite.

use std::collections::BTreeSet;

use super::{Checker, Range, distribution::at};
use crate::{
    input::{self, Policy},
    model::Appetite,
    policy::{Layer, Terms, Waiting, WaitingKind},
};

const MOST_LAYERS: usize = 50;

impl Checker {
    /// The terms of a policy on events with these coverages; `outage`: some are losses by the hour.
    pub(crate) fn terms(
        &mut self,
        place: &str,
        input: &Policy,
        coverages: &BTreeSet<&str>,
        outage: bool,
    ) -> Option<Terms> {
        let layers = self.layers(place, input);
        let coinsurance = self.number_or(&at(place, "coinsurance"), input.coinsurance, Range::Share, 0.0);
        let field = at(place, "aggregate_deductible");
        let aggregate_deductible = self.number_or(&field, input.aggregate_deductible, Range::Amount, 0.0);
        let field = at(place, "aggregate_limit");
        let aggregate_limit = self.number_or(&field, input.aggregate_limit, Range::Amount, f64::INFINITY);
        let premium = input.premium.map(|premium| self.number(&at(place, "premium"), premium, Range::Amount));
        let mut sublimits = Vec::new();
        for (coverage, &limit) in &input.sublimits {
            let shown: String = coverage.chars().take(100).collect();
            let field = format!("{place}.sublimits.{shown}");
            if !coverages.contains(coverage.as_str()) {
                self.refuse(&field, "no loss of the scenario has this coverage", "name a coverage of its losses");
            }
            sublimits.push(self.number(&field, limit, Range::Amount).map(|limit| (coverage.clone(), limit)));
        }
        let waiting = self.waiting(place, input, outage);
        Some(Terms {
            layers: layers?,
            coinsurance: coinsurance?,
            aggregate_deductible: aggregate_deductible?,
            aggregate_limit: aggregate_limit?,
            sublimits: sublimits.into_iter().collect::<Option<_>>()?,
            waiting: waiting?,
            premium: premium.map_or(Some(None), |premium| premium.map(Some))?,
        })
    }

    fn layers(&mut self, place: &str, input: &Policy) -> Option<Vec<Layer>> {
        let Some(tower) = &input.layers else {
            let attachment = self.number_or(&at(place, "excess"), input.excess, Range::Amount, 0.0);
            let limit = self.number_or(&at(place, "limit"), input.limit, Range::Amount, f64::INFINITY);
            return Some(vec![Layer { attachment: attachment?, limit: limit?, share: 1.0 }]);
        };
        let field = at(place, "layers");
        if input.excess.is_some() || input.limit.is_some() {
            self.refuse(&field, "a tower has no excess and limit of its own", "give excess and limit, or layers");
        }
        if !(1..=MOST_LAYERS).contains(&tower.len()) {
            let problem = format!("{} layers, where 1 to {MOST_LAYERS} are allowed", tower.len());
            self.refuse(&field, problem, "list the layers of the tower");
            return None;
        }
        let layers = tower.iter().enumerate().map(|(index, layer)| {
            let place = format!("{field}[{index}]");
            let attachment = self.number(&at(&place, "attachment"), layer.attachment, Range::Amount);
            let limit = self.number(&at(&place, "limit"), layer.limit, Range::Amount);
            let share = self.number_or(&at(&place, "share"), layer.share, Range::Share, 1.0);
            Some(Layer { attachment: attachment?, limit: limit?, share: share? })
        });
        let layers = layers.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
        self.overlaps(&field, &layers);
        Some(layers)
    }

    // No part of a loss is paid more than once over: at each attachment, the shares of the layers there sum to 1 at most.
    fn overlaps(&mut self, field: &str, layers: &[Layer]) {
        for (index, layer) in layers.iter().enumerate() {
            let covers = |other: &&Layer| {
                other.attachment <= layer.attachment && layer.attachment < other.attachment + other.limit
            };
            let share: f64 = layers.iter().filter(covers).map(|other| other.share).sum();
            if share > 1.0 + 1e-9 {
                let field = format!("{field}[{index}]");
                let problem = format!("at {} the layers pay {share} of a loss", layer.attachment);
                self.refuse(&field, problem, "let layers that overlap share at most 1");
            }
        }
    }

    fn waiting(&mut self, place: &str, input: &Policy, outage: bool) -> Option<Option<Waiting>> {
        let field = at(place, "waiting_hours");
        let Some(hours) = input.waiting_hours else {
            if input.waiting.is_some() {
                self.refuse(&field, "is missing", "give the hours of the waiting period");
            }
            return Some(None);
        };
        let kind = match input.waiting {
            Some(input::WaitingKind::TimeExcess) => WaitingKind::TimeExcess,
            Some(input::WaitingKind::Qualifying) => WaitingKind::Qualifying,
            None => {
                self.refuse(&at(place, "waiting"), "is missing", "say time_excess or qualifying, as the policy states");
                return None;
            }
        };
        if !outage {
            self.refuse(&field, "no loss is given by the hour", "give a severity of the distribution outage");
        }
        Some(Some(Waiting { hours: self.number(&field, hours, Range::Hours)?, kind }))
    }

    /// The appetite; without one, only the threshold of the payout has a value: 1.
    pub(crate) fn appetite(&mut self, input: Option<&input::Appetite>) -> Appetite {
        let mut appetite = Appetite { payout_threshold: 1.0, ..Appetite::default() };
        let Some(input) = input else { return appetite };
        appetite.capacity = input.capacity.and_then(|value| self.number("appetite.capacity", value, Range::Amount));
        let field = "appetite.payout_threshold";
        let threshold = self.number_or(field, input.payout_threshold, Range::Factor, 1.0);
        appetite.payout_threshold = threshold.unwrap_or(1.0);
        let percentile = input.percentile.unwrap_or(95.0);
        appetite.at_99 = percentile == 99.0;
        if !(percentile == 95.0 || percentile == 99.0) {
            self.refuse("appetite.percentile", format!("{percentile} is not 95 or 99"), "give one of the two");
        }
        if input.line.len() > 100 {
            self.refuse("appetite.line", "has more than 100 points", "give fewer");
            return appetite;
        }
        for (index, point) in input.line.iter().enumerate() {
            let place = format!("appetite.line[{index}]");
            let loss = self.number(&at(&place, "loss"), point.loss, Range::Amount);
            let probability = self.number(&at(&place, "probability"), point.probability, Range::Share);
            let (Some(loss), Some(probability)) = (loss, probability) else { continue };
            if appetite.line.last().is_some_and(|&(before, more)| loss <= before || probability > more) {
                self.refuse(
                    &place,
                    "does not go on from the point before",
                    "give rising losses with falling probabilities",
                );
            }
            if loss == 0.0 || probability == 0.0 {
                self.refuse(&place, "has a loss or a probability of 0", "give both above 0");
            }
            appetite.line.push((loss, probability));
        }
        appetite
    }
}
