//! The policy that ships.

use std::sync::LazyLock;

use serde::Deserialize;
use wire::risk::v1::ExposurePolicy;
use wire::risk::v1::exposure_policy::{State, ValueWeight};

const TEXT: &str = include_str!("../../data/exposure_policy.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    display_name: String,
    description: String,
    unknown_days: i32,
    stale_scans: i32,
    expiring_days: i32,
    longest_approval_days: i32,
    unknown_value: f64,
    legacy_protocols: Vec<String>,
    value_weight: Vec<Weight>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weight {
    least_value: f64,
    weight: f64,
}

/// The policy. A file that cannot be read gives an empty one; a test of it fails then.
pub(super) fn policy() -> &'static ExposurePolicy {
    static POLICY: LazyLock<ExposurePolicy> =
        LazyLock::new(|| toml::from_str::<Policy>(TEXT).map(of).unwrap_or_default());
    &POLICY
}

fn of(policy: Policy) -> ExposurePolicy {
    let weights = policy.value_weight.into_iter();
    ExposurePolicy {
        display_name: policy.display_name,
        description: policy.description,
        unknown_days: policy.unknown_days,
        stale_scans: policy.stale_scans,
        expiring_days: policy.expiring_days,
        longest_approval_days: policy.longest_approval_days,
        unknown_value: policy.unknown_value,
        legacy_protocols: policy.legacy_protocols,
        value_weights: weights.map(|one| ValueWeight { least_value: one.least_value, weight: one.weight }).collect(),
        state: State::Active.into(),
        shipped: true,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_read_whole_and_keeps_the_rules_of_its_message() {
        let policy = policy();
        assert_eq!((policy.unknown_days, policy.stale_scans, policy.expiring_days), (7, 3, 30));
        assert_eq!((policy.value_weights.len(), policy.unknown_value), (3, 9.0));
        assert!(policy.legacy_protocols.iter().any(|one| one == "SS7"));
        assert!(fault::check(policy).is_ok());
    }
}
