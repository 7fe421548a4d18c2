//! Impact by threat by vulnerability, for each property (as in MONARC). Pure.

use super::steps::{Axis, Told};
use super::{Inputs, Reduction, UNKNOWN, dimensions};

/// The risk of confidentiality, integrity and availability, and the greatest of them: impact times threat times vulnerability. -1 where an input
/// is not set (below 0).
#[must_use]
pub fn product(impacts: [i32; 3], threat: i32, vulnerability: i32) -> ([i32; 3], i32) {
    let each = impacts.map(|impact| {
        if impact < 0 || threat < 0 || vulnerability < 0 {
            return UNKNOWN;
        }
        impact.saturating_mul(threat).saturating_mul(vulnerability)
    });
    (each, each.into_iter().max().unwrap_or(UNKNOWN))
}

/// What is left: the greatest impact times threat times what a reduction leaves of the vulnerability. -1 where an input is not set.
#[must_use]
pub fn residual_product(impacts: [i32; 3], threat: i32, vulnerability: i32, reduction: i32) -> i32 {
    let impact = impacts.into_iter().max().unwrap_or(UNKNOWN);
    if impact < 0 || threat < 0 || vulnerability < 0 {
        return UNKNOWN;
    }
    impact.saturating_mul(threat).saturating_mul(vulnerability.saturating_sub(reduction).max(0))
}

/// Threat times vulnerability, and the greatest impact.
pub(super) fn inherent(inputs: &Inputs, told: &mut Told) -> (i32, i32) {
    const PROPERTIES: [&str; 3] = ["confidentiality", "integrity", "availability"];
    told.add("likelihood", inputs.likelihood, "likelihood", "of the threat");
    told.add("ease", inputs.ease, "ease", "of the vulnerability");
    let likelihood = inputs.likelihood.saturating_mul(inputs.ease);
    told.add("likelihood", likelihood, "likelihood and ease", "their product");
    let mut worst = ("", 0);
    let of_properties =
        dimensions(&inputs.consequences).into_iter().filter(|(name, set)| PROPERTIES.contains(name) && *set > 0);
    for (name, impact) in of_properties {
        let risk = impact.saturating_mul(likelihood);
        told.add("score", risk, &format!("consequences.{name}"), "impact times likelihood times ease");
        if impact > worst.1 {
            worst = (name, impact);
        }
    }
    told.add("consequence", worst.1, &format!("consequences.{}", worst.0), "the worst one counts");
    (likelihood, worst.1)
}

/// The same, with the vulnerability lowered instead of the product.
pub(super) fn lowered(
    inputs: &Inputs,
    (_, consequence): (i32, i32),
    reductions: &[Reduction],
    told: &mut Told,
) -> (i32, i32) {
    told.add("ease", inputs.ease, "inherent", "");
    let ease = told.lowered("ease", inputs.ease, 0, Axis::Likelihood, reductions);
    let likelihood = inputs.likelihood.saturating_mul(ease);
    told.add("likelihood", likelihood, "likelihood and ease", "their product");
    (likelihood, told.consequence_lowered(consequence, 0, reductions))
}
