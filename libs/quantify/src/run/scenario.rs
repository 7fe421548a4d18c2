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

/// The results of the model's scenario `at`; nothing when the run is cancelled meanwhile.
pub(super) fn outcome(
    model: &Model,
    at: usize,
    simulated: &Simulated<'_>,
    curves: bool,
    watch: &Watch,
) -> Option<ScenarioOutcome> {
    let scenario = simulated.ready.scenario;
    let (variants, columns) = (&scenario.variants, &simulated.columns);
    // The variance of a share found from pairs is part of the mean's.
    let relative = |variant: &Variant| match simulated.ready.vulnerability.get(variant.source) {
        Some(&Some((share, error))) if share > 0.0 => error / share,
        _ => 0.0,
    };
    let see = |index: usize| {
        let (variant, columns) = (variants.get(index)?, columns.get(index)?);
        Some(seen(variant, columns, relative(variant)))
    };
    let current = see(0).unwrap_or_else(|| Seen { losses: Losses::default(), borne: Vec::new().into() });
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
    Some(ScenarioOutcome {
        policy: paid.map(|(terms, paid)| PolicyFigures::of(terms, paid, Some(&current.losses))),
        portfolio_policy: covered.map(|(id, _)| id.clone()),
        inputs: scenario.sources.first().map(inputs).unwrap_or_default(),
        vulnerability: vulnerability.map(|(share, _)| share),
        vulnerability_error: vulnerability.map(|(_, error)| error),
        stages,
        options,
        curve: columns.first().filter(|_| curves).map(|columns| Figures::and_curve(&columns.gross).1),
        losses: current.losses,
    })
}

fn inputs(source: &crate::model::Source) -> Inputs {
    let losses = source.components.iter().map(|part| (part.coverage.clone(), part.amount.describe()));
    let frequency = source.frequency.describe();
    let frequency = if source.pairing.is_some() { format!("{frequency}, times vulnerability") } else { frequency };
    Inputs { frequency, losses: losses.collect() }
}

fn seen<'a>(variant: &Variant, columns: &'a Columns, relative: f64) -> Seen<'a> {
    let gross = Figures::of(&columns.gross).with_share_error(relative);
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
