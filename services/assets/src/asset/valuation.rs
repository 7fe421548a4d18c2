//! What an asset is worth (X.1057 clause 7.4): pure rules over ratings and a policy.

use wire::assets::v1::asset_policy::ValuationRule;
use wire::assets::v1::{Asset, AssetPolicy, GradeBand, InformationClass};

/// The policy of an organization that has activated none: three levels, SUM, three grades, four classes.
#[must_use]
pub fn default_policy() -> AssetPolicy {
    filled(AssetPolicy {
        display_name: "Default".to_owned(),
        valuation_rule: ValuationRule::Sum.into(),
        ..Default::default()
    })
}

/// The policy with what it leaves open filled in.
#[must_use]
pub fn filled(mut policy: AssetPolicy) -> AssetPolicy {
    if policy.scale_levels == 0 {
        policy.scale_levels = 3;
    }
    if policy.grade_bands.is_empty() {
        policy.grade_bands =
            [(1, 8.0), (2, 5.0), (3, 0.0)].map(|(grade, least_value)| GradeBand { grade, least_value }).to_vec();
    }
    if policy.classes.is_empty() {
        let classes =
            [("public", "Public"), ("internal", "Internal"), ("confidential", "Confidential"), ("secret", "Secret")];
        policy.classes = classes
            .iter()
            .zip(1..)
            .map(|((key, name), rank)| InformationClass {
                key: (*key).to_owned(),
                display_name: (*name).to_owned(),
                rank,
            })
            .collect();
    }
    if policy.sanitization_class.is_empty() && policy.classes.iter().any(|class| class.key == "confidential") {
        policy.sanitization_class = "confidential".to_owned();
    }
    if policy.review_cycle_days == 0 {
        policy.review_cycle_days = 365;
    }
    policy
}

/// The own value of an asset, 0 where one of the ratings is missing.
#[must_use]
pub fn value(policy: &AssetPolicy, confidentiality: i32, integrity: i32, availability: i32) -> f64 {
    let ratings = [confidentiality, integrity, availability].map(f64::from);
    if ratings.contains(&0.0) {
        return 0.0;
    }
    match policy.valuation_rule() {
        ValuationRule::Max => ratings.into_iter().fold(0.0, f64::max),
        ValuationRule::Weighted => {
            let weights = [policy.confidentiality_weight, policy.integrity_weight, policy.availability_weight];
            let total: f64 = weights.iter().sum();
            let weighed: f64 = ratings.iter().zip(weights).map(|(rating, weight)| rating * weight).sum();
            if total > 0.0 { weighed / total } else { 0.0 }
        }
        _ => ratings.iter().sum(),
    }
}

/// The grade of a value, 0 where there is no value.
#[must_use]
pub fn grade(policy: &AssetPolicy, value: f64) -> i32 {
    if value <= 0.0 {
        return 0;
    }
    let reached = policy.grade_bands.iter().filter(|band| value >= band.least_value);
    reached.min_by_key(|band| band.grade).map_or(0, |band| band.grade)
}

/// Fills in what follows from the ratings and the inherited value.
pub fn valued(policy: &AssetPolicy, asset: &mut Asset) {
    asset.value = value(policy, asset.confidentiality, asset.integrity, asset.availability);
    asset.effective_value = match &asset.value_override {
        Some(instead) => instead.value,
        None => asset.value.max(asset.inherited_value),
    };
    asset.grade = grade(policy, asset.effective_value);
}

/// What flows on from an asset: its own value, or what overrides it.
#[must_use]
pub fn flowing(asset: &Asset) -> f64 {
    asset.value_override.as_ref().map_or(asset.value, |instead| instead.value)
}

/// The greatest value that a policy can give.
#[must_use]
pub fn greatest(policy: &AssetPolicy) -> f64 {
    value(policy, policy.scale_levels, policy.scale_levels, policy.scale_levels)
}

/// Whether disposal of an asset of this class needs proof of sanitization.
#[must_use]
pub fn needs_sanitization(policy: &AssetPolicy, classification: &str) -> bool {
    let rank = |key: &str| policy.classes.iter().find(|class| class.key == key).map(|class| class.rank);
    match (rank(classification), rank(&policy.sanitization_class)) {
        (Some(of_asset), Some(threshold)) => of_asset >= threshold,
        // A class the policy no longer knows is treated as one that needs proof: the safe side.
        (None, _) => !classification.is_empty(),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rule_sums_and_grades() {
        let policy = default_policy();
        for ((c, i, a), worth, graded) in
            [((3, 3, 2), 8.0, 1), ((2, 2, 1), 5.0, 2), ((1, 1, 2), 4.0, 3), ((1, 1, 1), 3.0, 3)]
        {
            assert_eq!(value(&policy, c, i, a), worth);
            assert_eq!(grade(&policy, worth), graded);
        }
        assert_eq!(value(&policy, 3, 0, 3), 0.0, "not rated is not valued");
        assert_eq!(grade(&policy, 0.0), 0);
    }

    #[test]
    fn the_greatest_and_the_weighted_mean() {
        let greatest = AssetPolicy { valuation_rule: ValuationRule::Max.into(), ..default_policy() };
        assert_eq!(value(&greatest, 1, 1, 3), 3.0);
        let weighted = AssetPolicy {
            valuation_rule: ValuationRule::Weighted.into(),
            confidentiality_weight: 1.0,
            integrity_weight: 1.0,
            availability_weight: 2.0,
            ..default_policy()
        };
        assert_eq!(value(&weighted, 1, 2, 3), 2.25);
    }

    #[test]
    fn classified_assets_need_proof_from_the_threshold_up() {
        let policy = default_policy();
        let needs = |class| needs_sanitization(&policy, class);
        assert!(!needs("") && !needs("public") && !needs("internal"));
        assert!(needs("confidential") && needs("secret") && needs("a class of an older policy"));
    }
}
