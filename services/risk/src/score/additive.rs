//! Asset value, threat and ease of exploitation as one rank of 0 to 8 (the older ISO/IEC 27005, Annex E). Pure.

use wire::risk::v1::RiskCriteria;

use super::Inputs;
use super::steps::Told;

/// The rank of three positions, each from 0.
#[must_use]
pub fn additive(asset_value: i32, threat: i32, ease: i32) -> i32 {
    asset_value.saturating_add(threat).saturating_add(ease)
}

/// The position of an asset value by the least values of all positions but the first, ascending: from 0.
#[must_use]
pub fn value_position(limits: &[f64], value: f64) -> i32 {
    limits
        .iter()
        .zip(1..)
        .filter(|(limit, _)| **limit <= value)
        .map(|(_, position)| position)
        .last()
        .unwrap_or_default()
}

/// Likelihood and ease as one rank, and the position of the asset value.
pub(super) fn inherent(criteria: &RiskCriteria, inputs: &Inputs, told: &mut Told) -> (i32, i32) {
    let (threat, ease) = (inputs.likelihood.saturating_sub(1), inputs.ease.saturating_sub(1));
    told.add("likelihood", threat, "likelihood", "the position from 0");
    told.add("ease", ease, "ease", "the position from 0");
    let both = additive(0, threat, ease);
    told.add("likelihood", both, "likelihood and ease", "their rank");
    let value = value_position(&criteria.asset_value_limits, inputs.asset_value);
    told.add("consequence", value, "asset_value", "the position from 0");
    (both, value)
}
