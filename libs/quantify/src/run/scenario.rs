//! The results of one scenario.

use std::collections::BTreeMap;

use crate::{
    decision::PolicyFigures,
    figures::Figures,
    model::{Model, Stage, Variant},
    outcome::{Changed, Inputs, Losses, ScenarioOutcome},
    run::option::changed,
    simulate::{Columns, Simulated},
    watch::Watch,
};

/// A variant's figures, and the years of the loss that is borne.
struct Seen<'a> {
    losses: Losses,
    borne: std::borrow::Cow<'a, [f64]>,
}

/// The results of the model's scenario `at`, and its figures by the years alone; nothing when the run is cancelled meanwhile.
pub(super) fn outcome(
    model: &Model,
    at: usize,
    simulated: &Simulated<'_>,
    curves: bool,
    watch: &Watch,
) -> Option<(ScenarioOutcome, Figures)> {
    let scenario = simulated.ready.scenario;
    let (variants, columns) = (&scenario.variants, &simulated.columns);
    // The variance of a share found from pairs is part of the mean's.
    let relative = |variant: &Variant| match simulated.ready.vulnerability.get(variant.source) {
        Some(&Some((share, error))) if share > 0.0 => error / share,
        _ => 0.0,
    };
    let see = |index: usize| {
        let (variant, columns) = (variants.get(index)?, columns.get(index)?);
        Some(seen(variant, columns, Figures::of(&columns.gross), relative(variant)))
    };
    let (variant, years) = (variants.first()?, columns.first()?);
    let (figures, curve) = if curves {
        let (figures, curve) = Figures::and_curve(&years.gross);
        (figures, Some(curve))
    } else {
        (Figures::of(&years.gross), None)
    };
    let current = seen(variant, years, figures, relative(variant));
    let (mut stages, mut options) = (BTreeMap::new(), BTreeMap::new());
    for plan in model.plans.iter().skip(1) {
        if watch.cancelled() {
            return None;
        }
        let index = plan.variants.get(at).copied().unwrap_or_default();
        // Stages are told wherever there are controls, options wherever they change something.
        match &plan.stage {
            Stage::Inherent | Stage::Residual if scenario.controlled => {
                let name = if matches!(plan.stage, Stage::Inherent) { "inherent" } else { "residual" };
                stages.extend(see(index).map(|seen| (name, against(&current, seen))));
            }
            Stage::Named { id, .. } if index != 0 || scenario.named.contains(id) => {
                options.extend(see(index).map(|seen| (id.clone(), against(&current, seen))));
            }
            _ => {}
        }
    }
    let own = variants.first().filter(|variant| !variant.shared).and_then(|variant| variant.terms.as_ref());
    let paid = own.zip(current.losses.transferred.as_ref());
    let plan = model.plans.first();
    let covered = plan.and_then(|plan| plan.policies.get((*plan.covered.get(at)?)?));
    let vulnerability = simulated.ready.vulnerability.first().copied().flatten();
    let outcome = ScenarioOutcome {
        policy: paid.map(|(terms, paid)| PolicyFigures::of(terms, paid, Some(&current.losses))),
        portfolio_policy: covered.map(|(id, _)| id.clone()),
        inputs: scenario.sources.first().map(inputs).unwrap_or_default(),
        vulnerability: vulnerability.map(|(share, _)| share),
        vulnerability_error: vulnerability.map(|(_, error)| error),
        stages,
        options,
        curve,
        losses: current.losses,
    };
    Some((outcome, figures))
}

fn inputs(source: &crate::model::Source) -> Inputs {
    let losses = source.components.iter().map(|part| (part.coverage.clone(), part.amount.describe()));
    let frequency = source.frequency.describe();
    let frequency = if source.pairing.is_some() { format!("{frequency}, times vulnerability") } else { frequency };
    Inputs { frequency, losses: losses.collect() }
}

fn seen<'a>(variant: &Variant, columns: &'a Columns, figures: Figures, relative: f64) -> Seen<'a> {
    let gross = figures.with_share_error(relative);
    let Some(terms) = variant.terms.as_ref().filter(|_| !variant.shared) else {
        let losses = Losses { gross, retained: None, transferred: None };
        return Seen { losses, borne: columns.gross.as_slice().into() };
    };
    let transferred: Vec<f64> = columns.covered.iter().map(|&payouts| terms.year(payouts)).collect();
    let retained: Vec<f64> =
        columns.gross.iter().zip(&transferred).map(|(loss, paid)| (loss - paid).max(0.0)).collect();
    let losses = Losses {
        gross,
        retained: Some(Figures::of(&retained).with_share_error(relative)),
        transferred: Some(Figures::of(&transferred).with_share_error(relative)),
    };
    Seen { losses, borne: retained.into() }
}

fn against(current: &Seen<'_>, then: Seen<'_>) -> Changed {
    let reduction = changed((&current.borne, &current.losses), (&then.borne, &then.losses));
    Changed { losses: then.losses, reduction }
}
