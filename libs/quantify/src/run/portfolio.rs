//! All scenarios together: sums of years, in the order of the scenarios, so that threads change no bit of them.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    Stopped,
    option::{Costs, changed, outcome as option_outcome},
};
use crate::{
    curve::Curve,
    decision::{AppetiteOutcome, Decision, PolicyFigures},
    figures::Figures,
    model::{Model, Plan, Stage},
    outcome::{Changed, Losses, OptionOutcome, PortfolioOutcome},
    simulate::Simulated,
    slices::plus,
    watch::Watch,
};

/// Years that a thread adds up at a time.
const SPAN: usize = 8_192;

/// The years of every plan.
pub(super) struct Sums(Vec<Sum>);

#[derive(Default)]
struct Sum {
    gross: Vec<f64>,
    /// What is already known of `gross`.
    known: Option<(Figures, Curve)>,
    /// What the scenarios' own policies pay; empty when there are none.
    paid: Vec<f64>,
    /// What each policy of the portfolio pays for events.
    covered: Vec<Vec<f64>>,
}

impl Sums {
    pub(super) fn new(model: &Model, years: usize) -> Self {
        let sum = |plan: &Plan| Sum {
            gross: vec![0.0; years],
            known: None,
            paid: if model.insured(plan) { vec![0.0; years] } else { Vec::new() },
            covered: plan.policies.iter().map(|_| vec![0.0; years]).collect(),
        };
        Self(model.plans.iter().map(sum).collect())
    }

    /// The one scenario there is, with its figures by the years alone and its curve.
    pub(super) fn be(&mut self, simulated: &mut Simulated<'_>, figures: Figures, curve: Option<Curve>) {
        if let (Some(sum), Some(columns)) = (self.0.first_mut(), simulated.columns.first_mut()) {
            sum.known = curve.map(|curve| (figures, curve));
            sum.gross = std::mem::take(&mut columns.gross);
        }
    }

    /// Adds scenarios, the first of which is the model's `first`.
    pub(super) fn add(&mut self, model: &Model, first: usize, batch: &[Simulated<'_>]) {
        for (sum, plan) in self.0.iter_mut().zip(&model.plans) {
            let chosen: Vec<_> = batch
                .iter()
                .enumerate()
                .filter_map(|(at, simulated)| {
                    let index = *plan.variants.get(first + at)?;
                    let variant = simulated.ready.scenario.variants.get(index)?;
                    Some((variant, simulated.columns.get(index)?, plan.covered.get(first + at).copied().flatten()))
                })
                .collect();
            sum.gross.par_chunks_mut(SPAN).enumerate().for_each(|(span, years)| {
                for (_, columns, _) in &chosen {
                    plus(years, columns.gross.get(span * SPAN..).unwrap_or_default());
                }
            });
            sum.paid.par_chunks_mut(SPAN).enumerate().for_each(|(span, years)| {
                for (variant, columns, _) in chosen.iter().filter(|(variant, ..)| !variant.shared) {
                    if let Some(terms) = &variant.terms {
                        add(years, columns.covered.get(span * SPAN..).unwrap_or_default(), |sum| terms.year(sum));
                    }
                }
            });
            sum.covered.par_iter_mut().enumerate().for_each(|(policy, years)| {
                for (_, columns, _) in chosen.iter().filter(|(.., under)| *under == Some(policy)) {
                    add(years, &columns.covered, |payouts| payouts);
                }
            });
        }
    }
}

fn add(years: &mut [f64], values: &[f64], of: impl Fn(f64) -> f64) {
    for (year, &value) in years.iter_mut().zip(values) {
        *year += of(value);
    }
}

impl Model {
    /// Some scenario has a policy of its own under the plan.
    fn insured(&self, plan: &Plan) -> bool {
        self.scenarios.iter().zip(&plan.variants).any(|(scenario, &at)| {
            scenario.variants.get(at).is_some_and(|variant| variant.terms.is_some() && !variant.shared)
        })
    }
}

/// A plan's years of the portfolio.
pub(super) struct Year {
    gross: Vec<f64>,
    retained: Vec<f64>,
    pub(super) losses: Losses,
    pub(super) policies: Vec<(String, PolicyFigures)>,
    curve: Curve,
    retained_curve: Option<Curve>,
}

impl Year {
    /// `relative`: the relative error that vulnerabilities bring.
    fn new(plan: &Plan, sum: Sum, relative: f64) -> Self {
        let Sum { gross, known, paid, covered } = sum;
        let (figures, curve) = known.unwrap_or_else(|| Figures::and_curve(&gross));
        let mut losses = Losses { gross: figures.with_share_error(relative), retained: None, transferred: None };
        let mut policies = Vec::new();
        if paid.is_empty() && covered.is_empty() {
            return Self { gross, retained: Vec::new(), losses, policies, curve, retained_curve: None };
        }
        let mut transferred = if paid.is_empty() { vec![0.0; gross.len()] } else { paid };
        for ((id, terms), mut column) in plan.policies.iter().zip(covered) {
            column.iter_mut().for_each(|payouts| *payouts = terms.year(*payouts));
            add(&mut transferred, &column, |paid| paid);
            policies.push((id.clone(), PolicyFigures::of(terms, &Figures::of(&column), None)));
        }
        let retained: Vec<f64> = gross.iter().zip(&transferred).map(|(loss, paid)| (loss - paid).max(0.0)).collect();
        let (figures, retained_curve) = Figures::and_curve(&retained);
        losses.retained = Some(figures.with_share_error(relative));
        losses.transferred = Some(Figures::of(&transferred).with_share_error(relative));
        Self { gross, retained, losses, policies, curve, retained_curve: Some(retained_curve) }
    }

    /// The curve of the loss that is borne.
    pub(super) fn borne_curve(&self) -> &Curve {
        self.retained_curve.as_ref().unwrap_or(&self.curve)
    }

    /// The years of the loss that is borne.
    pub(super) fn borne(&self) -> &[f64] {
        if self.retained.is_empty() { &self.gross } else { &self.retained }
    }
}

/// The portfolio's results, and those under each option. `relative` is the relative error that the vulnerabilities found from pairs
/// bring to the mean.
pub(super) fn outcome(
    model: &Model,
    sums: Sums,
    relative: f64,
    watch: &Watch,
) -> Result<(PortfolioOutcome, BTreeMap<String, OptionOutcome>), Stopped> {
    let mut plans = model.plans.iter().zip(sums.0);
    let Some((plan, sum)) = plans.next() else { return Err(Stopped::Cancelled) };
    let current = Year::new(plan, sum, relative);
    let (mut stages, mut options) = (BTreeMap::new(), BTreeMap::new());
    for (plan, sum) in plans {
        if watch.cancelled() {
            return Err(Stopped::Cancelled);
        }
        let then = Year::new(plan, sum, relative);
        let reduction = changed((current.borne(), &current.losses), (then.borne(), &then.losses));
        let change = Changed { losses: then.losses.clone(), reduction };
        match &plan.stage {
            Stage::Current => {}
            Stage::Inherent => drop(stages.insert("inherent", change)),
            Stage::Residual => drop(stages.insert("residual", change)),
            Stage::Named { id, kind, cost, energy_kwh } => {
                let costs = Costs { kind: *kind, cost: *cost, energy_kwh: *energy_kwh };
                options.insert(id.clone(), option_outcome(model, plan, &costs, &then, change));
            }
        }
    }
    let portfolio = PortfolioOutcome {
        curve: current.curve.clone(),
        retained_curve: current.retained_curve.clone(),
        policies: current.policies.iter().cloned().collect(),
        decision: Decision::of(model.premium(plan), &current.losses, &model.appetite),
        stages,
        appetite: AppetiteOutcome::of(&model.appetite, current.borne(), current.losses.borne()),
        losses: current.losses,
    };
    Ok((portfolio, options))
}
