//! The criteria that ship.

use serde::Deserialize;
use wire::risk::v1::RiskCriteria;
use wire::risk::v1::risk_criteria::{Authority, Level, MatrixRow, ScaleStep};
use wire::risk::v1::risk_method::Kind;

const TEXT: &str = include_str!("../../data/criteria.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct All {
    criteria: Vec<Criteria>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Criteria {
    key: String,
    display_name: String,
    kind: String,
    description: String,
    provenance: String,
    provisional: bool,
    likelihood_steps: Vec<String>,
    #[serde(default)]
    ease_steps: Vec<String>,
    consequence_steps: Vec<String>,
    #[serde(default)]
    asset_value_limits: Vec<f64>,
    #[serde(default)]
    matrix: Vec<Vec<i32>>,
    levels: Vec<OfLevel>,
    appetite: i32,
    authorities: Vec<OfAuthority>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLevel {
    label: String,
    color: String,
    #[serde(default)]
    lowest_score: i32,
    longest_acceptance_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfAuthority {
    level_up_to: i32,
    roles: Vec<String>,
}

/// The criteria, by id. A file that cannot be read gives none; a test of it fails then.
pub(crate) fn criteria() -> Vec<(String, RiskCriteria)> {
    let Ok(all) = toml::from_str::<All>(TEXT) else { return Vec::new() };
    all.criteria.into_iter().map(of).collect()
}

fn of(one: Criteria) -> (String, RiskCriteria) {
    let steps = |labels: Vec<String>| -> Vec<ScaleStep> {
        labels.into_iter().map(|label| ScaleStep { label, ..ScaleStep::default() }).collect()
    };
    let level = |level: OfLevel| Level {
        label: level.label,
        color: level.color,
        lowest_score: level.lowest_score,
        longest_acceptance_days: level.longest_acceptance_days,
    };
    let authority =
        |one: OfAuthority| Authority { level_up_to: one.level_up_to, roles: one.roles, subjects: Vec::new() };
    let message = RiskCriteria {
        display_name: one.display_name,
        kind: Kind::from_str_name(&one.kind).unwrap_or_default().into(),
        description: one.description,
        provenance: one.provenance,
        provisional: one.provisional,
        likelihood_steps: steps(one.likelihood_steps),
        ease_steps: steps(one.ease_steps),
        consequence_steps: steps(one.consequence_steps),
        asset_value_limits: one.asset_value_limits,
        matrix_rows: one.matrix.into_iter().map(|levels| MatrixRow { levels }).collect(),
        levels: one.levels.into_iter().map(level).collect(),
        appetite: one.appetite,
        authorities: one.authorities.into_iter().map(authority).collect(),
        shipped: true,
        ..RiskCriteria::default()
    };
    (one.key, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk_criteria::sound::sound;

    #[test]
    fn what_ships_is_read_whole_and_sound() {
        let all = criteria();
        let keys: Vec<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["matrix-5x5", "additive-0-8", "product-cia"]);
        for (key, one) in &all {
            let wrong = sound(one).err().map(|fault| fault.to_string());
            assert_eq!(wrong, None, "{key}");
            assert!(fault::check(one).is_ok(), "{key}");
        }
    }

    #[test]
    fn every_role_that_may_accept_is_one_that_ships() {
        let roles = access::shipped_roles();
        let known: Vec<&str> = roles.names().map(|(name, _)| name).collect();
        for (_, one) in criteria() {
            for role in one.authorities.iter().flat_map(|authority| &authority.roles) {
                assert!(known.contains(&role.as_str()), "{role}");
            }
        }
    }
}
