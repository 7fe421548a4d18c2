//! What controls leave of events, and what a policy pays for them.

use super::Scratch;
use crate::{
    model::{Amount, Component, Variant},
    policy::{Layer, Terms},
};

/// The losses of a variant's events into `scratch.loss`, unless they are those drawn.
pub(super) fn losses(variant: &Variant, events: usize, scratch: &mut Scratch) {
    if variant.frequency_factor == 1.0 && variant.severity_factor == 1.0 {
        return;
    }
    let Scratch { total, uniform, loss, .. } = scratch;
    loss.clear();
    loss.extend(total.iter().zip(&*uniform).map(|(&total, &u)| changed(variant, total, u)));
    // Beyond the events are zeros.
    loss.iter_mut().skip(events).for_each(|beyond| *beyond = 0.0);
}

#[inline]
fn changed(variant: &Variant, loss: f64, u: f64) -> f64 {
    if u < variant.frequency_factor || variant.frequency_factor == 1.0 { loss * variant.severity_factor } else { 0.0 }
}

/// The payouts of a variant's events into `scratch.insured`.
pub(super) fn insured(
    terms: &Terms,
    variant: &Variant,
    components: &[Component],
    events: usize,
    scratch: &mut Scratch,
) {
    let plain = variant.frequency_factor == 1.0 && variant.severity_factor == 1.0;
    let by_coverage = terms.waiting.is_some() || !terms.sublimits.is_empty();
    if by_coverage {
        coverages(terms, variant, components, scratch);
    } else {
        let Scratch { insured, total, loss, .. } = scratch;
        insured.clear();
        insured.extend_from_slice(if plain { total } else { loss });
    }
    match terms.layers.as_slice() {
        &[layer] => one_layer(layer, 1.0 - terms.coinsurance, &mut scratch.insured),
        _ => scratch.insured.iter_mut().for_each(|x| *x = terms.event(*x)),
    }
    scratch.insured.iter_mut().skip(events).for_each(|beyond| *beyond = 0.0);
}

fn one_layer(layer: Layer, part: f64, values: &mut [f64]) {
    for value in values {
        *value = layer.payout(*value) * part;
    }
}

// What is insured of each coverage: after the waiting period, up to its sublimit.
fn coverages(terms: &Terms, variant: &Variant, components: &[Component], scratch: &mut Scratch) {
    let Scratch { parts, uniform, insured, chance, total, .. } = scratch;
    insured.clear();
    insured.resize(total.len(), 0.0);
    for (at, component) in components.iter().enumerate() {
        let coverage = component.coverage.as_str();
        // Components of one coverage share its sublimit, and are worked on with the first of them.
        if components.iter().take(at).any(|before| before.coverage == coverage) {
            continue;
        }
        chance.clear();
        chance.resize(total.len(), 0.0);
        for (part, component) in parts.iter().zip(components).filter(|(_, c)| c.coverage == coverage) {
            for ((sum, &loss), &u) in chance.iter_mut().zip(part).zip(&*uniform) {
                let loss = changed(variant, loss, u);
                *sum += match (&component.amount, &terms.waiting) {
                    (Amount::Outage(_, rate), Some(waiting)) => waiting.insured_amount(loss, *rate),
                    _ => loss,
                };
            }
        }
        let limit = terms.sublimit(coverage);
        for (insured, &sum) in insured.iter_mut().zip(&*chance) {
            *insured += if sum < limit { sum } else { limit };
        }
    }
}
