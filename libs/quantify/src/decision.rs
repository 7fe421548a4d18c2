//! Whether insurance is worth its premium (X.1061 8, 12–14), and whether a loss is within the appetite. Both sides are shown.

use serde::Serialize;

use crate::{curve::Curve, figures::Figures, model::Appetite, outcome::Losses, policy::Terms};

/// The figures of one policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyFigures {
    /// E\[payout\] a year.
    pub expected_payout: f64,
    /// Its standard error.
    pub expected_payout_error: f64,
    /// What it costs a year, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub premium: Option<f64>,
    /// Premium ÷ limit: the aggregate limit if there is one, otherwise that of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_on_line: Option<f64>,
    /// E\[payout\] ÷ premium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_loss_ratio: Option<f64>,
    /// By how much the policy lowers TVaR99; known for a scenario's own policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tvar99_reduction: Option<f64>,
    /// What that costs on average: premium − E\[payout\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_cost: Option<f64>,
    /// The reduction of TVaR99 minus the expected cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_benefit: Option<f64>,
}

impl PolicyFigures {
    /// From the terms, what they pay, and (for a policy on a whole column) the losses it is taken from.
    pub(crate) fn of(terms: &Terms, payout: &Figures, losses: Option<&Losses>) -> Self {
        let premium = terms.premium.filter(|premium| *premium > 0.0);
        let tvar99_reduction = losses.map(|losses| losses.gross.tvar99 - losses.borne().tvar99);
        let expected_cost = premium.map(|premium| premium - payout.mean);
        Self {
            expected_payout: payout.mean,
            expected_payout_error: payout.mean_error,
            premium: terms.premium,
            rate_on_line: premium.zip(terms.line()).map(|(premium, line)| premium / line),
            expected_loss_ratio: premium.map(|premium| payout.mean / premium),
            tvar99_reduction,
            expected_cost,
            net_benefit: tvar99_reduction.zip(expected_cost).map(|(reduction, cost)| reduction - cost),
        }
    }
}

/// Buy when the premium brings the retained tail under the capacity, or when the expected payout is above premium × threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The premiums a year.
    pub premium: f64,
    /// First side: 95 or 99, the percentile that is held against the capacity.
    pub percentile: u8,
    /// The approved capacity, if one is given.
    pub capacity: Option<f64>,
    /// The annual loss at the percentile without the policies.
    pub tail_without: f64,
    /// The same with them.
    pub tail_with: f64,
    /// Without them it is above the capacity, with them not.
    pub brings_under_capacity: bool,
    /// Second side: E\[payout\] a year.
    pub expected_payout: f64,
    /// Premium × threshold, which it is held against.
    pub payout_needed: f64,
    /// It is above.
    pub pays_enough: bool,
    /// The reduction of TVaR99.
    pub tvar99_reduction: f64,
    /// Premium − E\[payout\].
    pub expected_cost: f64,
    /// The reduction of TVaR99 minus the expected cost.
    pub net_benefit: f64,
    /// One of the two sides holds.
    pub buy: bool,
}

impl Decision {
    /// Nothing when there is no premium, or no policy.
    pub(crate) fn of(premium: f64, losses: &Losses, appetite: &Appetite) -> Option<Self> {
        let payout = losses.transferred.as_ref()?;
        if premium <= 0.0 {
            return None;
        }
        let tail = |figures: &Figures| if appetite.at_99 { figures.var99 } else { figures.var95 };
        let (tail_without, tail_with) = (tail(&losses.gross), tail(losses.borne()));
        let under = |capacity: f64| tail_without > capacity && tail_with <= capacity;
        let brings_under_capacity = appetite.capacity.is_some_and(under);
        let payout_needed = premium * appetite.payout_threshold;
        let pays_enough = payout.mean > payout_needed;
        let tvar99_reduction = losses.gross.tvar99 - losses.borne().tvar99;
        let expected_cost = premium - payout.mean;
        Some(Self {
            premium,
            percentile: if appetite.at_99 { 99 } else { 95 },
            capacity: appetite.capacity,
            tail_without,
            tail_with,
            brings_under_capacity,
            expected_payout: payout.mean,
            payout_needed,
            pays_enough,
            tvar99_reduction,
            expected_cost,
            net_benefit: tvar99_reduction - expected_cost,
            buy: brings_under_capacity || pays_enough,
        })
    }
}

/// A loss against the appetite.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AppetiteOutcome {
    /// The capacity, and whether the loss at the percentile is within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<f64>,
    /// The loss at the percentile.
    pub tail: f64,
    /// Nothing without a capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_capacity: Option<bool>,
    /// The points of the appetite line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub line: Vec<LineOutcome>,
}

/// A point of the appetite line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LineOutcome {
    /// A loss.
    pub loss: f64,
    /// The probability of a greater one that is bearable.
    pub bearable: f64,
    /// The simulated probability.
    pub probability: f64,
    /// Its standard error.
    pub probability_error: f64,
    /// It is not above the bearable one.
    pub within: bool,
}

impl AppetiteOutcome {
    pub(crate) fn of(appetite: &Appetite, borne: &[f64], figures: &Figures) -> Option<Self> {
        if appetite.capacity.is_none() && appetite.line.is_empty() {
            return None;
        }
        let tail = if appetite.at_99 { figures.var99 } else { figures.var95 };
        let line = appetite.line.iter().map(|&(loss, bearable)| {
            let point = Curve::point_of(borne, loss);
            LineOutcome {
                loss,
                bearable,
                probability: point.probability,
                probability_error: point.probability_error,
                within: point.probability <= bearable,
            }
        });
        let within_capacity = appetite.capacity.map(|capacity| tail <= capacity);
        Some(Self { capacity: appetite.capacity, tail, within_capacity, line: line.collect() })
    }
}
