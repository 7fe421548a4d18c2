//! The profiles that ship.

use serde::Deserialize;
use wire::risk::v1::RiskProfile;
use wire::risk::v1::risk::Consequences;
use wire::risk::v1::risk_profile::{Indicator, Kind, Scenario};

const TEXT: &str = include_str!("../../data/profiles.toml");
/// Which edition of the set this is.
const EDITION: &str = "2026-11";
const PROVENANCE: &str =
    "ITU-T X.1055 asks for profiles by management area of X.1051 and by service; set and content are ours.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiles {
    profile: Vec<Profile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    key: String,
    display_name: String,
    kind: String,
    importance: String,
    indicators: Vec<OfIndicator>,
    scenarios: Vec<OfScenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfIndicator {
    key: String,
    display_name: String,
    target: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfScenario {
    key: String,
    display_name: String,
    description: String,
    threat_source: String,
    likelihood: i32,
    consequences: Positions,
    recommended_controls: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Positions {
    confidentiality: i32,
    integrity: i32,
    availability: i32,
    finance: i32,
    service: i32,
    users: i32,
    legal: i32,
    safety: i32,
    reputation: i32,
}

/// The profiles, by id. A file that cannot be read gives none; a test of it fails then.
pub(crate) fn profiles() -> Vec<(String, RiskProfile)> {
    let Ok(profiles) = toml::from_str::<Profiles>(TEXT) else { return Vec::new() };
    profiles.profile.into_iter().map(of).collect()
}

fn of(profile: Profile) -> (String, RiskProfile) {
    let indicator = |one: OfIndicator| Indicator { key: one.key, display_name: one.display_name, target: one.target };
    let message = RiskProfile {
        display_name: profile.display_name,
        kind: Kind::from_str_name(&profile.kind).unwrap_or_default().into(),
        area: profile.key.clone(),
        importance: profile.importance,
        indicators: profile.indicators.into_iter().map(indicator).collect(),
        scenarios: profile.scenarios.into_iter().map(scenario).collect(),
        edition: EDITION.to_owned(),
        provenance: PROVENANCE.to_owned(),
        provisional: true,
        shipped: true,
        ..RiskProfile::default()
    };
    (profile.key, message)
}

fn scenario(one: OfScenario) -> Scenario {
    let Positions { confidentiality, integrity, availability, finance, service, users, legal, safety, reputation } =
        one.consequences;
    let consequences =
        Consequences { confidentiality, integrity, availability, finance, service, users, legal, safety, reputation };
    Scenario {
        key: one.key,
        display_name: one.display_name,
        description: one.description,
        threat_source: one.threat_source,
        likelihood: one.likelihood,
        consequences: Some(consequences),
        recommended_controls: one.recommended_controls,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use store::Rules as _;

    use super::*;
    use crate::risk_profile::RiskProfiles;

    #[test]
    fn a_profile_ships_for_every_management_area_and_every_service() {
        let all = profiles();
        let of_kind = |kind: Kind| all.iter().filter(|(_, one)| one.kind() == kind).count();
        assert_eq!((of_kind(Kind::ManagementArea), of_kind(Kind::ServiceArea)), (14, 15));
        let ids: BTreeSet<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        let context = access::Context {
            caller: std::sync::Arc::new(access::Caller::service("risk", "acme")),
            method: "test".into(),
            trace: String::new(),
            clock: std::sync::Arc::new(access::SystemClock),
            roles: std::sync::Arc::default(),
        };
        for (id, profile) in all {
            assert!(fault::check(&profile).is_ok(), "{id}");
            assert!(RiskProfiles::check(&context, &(), &mut profile.clone()).is_ok(), "{id}");
            assert!(profile.scenarios.len() >= 2 && !profile.indicators.is_empty(), "{id}");
            assert!(profile.scenarios.iter().all(|one| one.likelihood > 0 && !one.recommended_controls.is_empty()));
        }
    }
}
