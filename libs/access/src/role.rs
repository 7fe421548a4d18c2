//! Roles as data: which permissions each holds.

use std::collections::{BTreeMap, BTreeSet};

use fault::{Fault, Outcome};
use serde::Deserialize;
use tonic::Code;
use wire::fault::v1::ErrorReason;

const SHIPPED: &str = include_str!("../roles.toml");

/// Every role and the permissions it holds.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Roles {
    #[serde(flatten)]
    roles: BTreeMap<String, Role>,
}

/// One role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    /// What it is for.
    purpose: String,
    /// Permissions `{service}.{collection}.{verb}`; `*` stands for any one segment.
    permissions: Vec<String>,
}

/// The roles that ship with the product.
#[must_use]
pub fn shipped_roles() -> Roles {
    toml::from_str(SHIPPED).unwrap_or_default()
}

impl Roles {
    /// Whether one of the roles named holds the permission. A role that does not exist holds none.
    #[must_use]
    pub fn allow(&self, named: &BTreeSet<String>, permission: &str) -> bool {
        named
            .iter()
            .filter_map(|name| self.roles.get(name))
            .any(|role| role.permissions.iter().any(|pattern| covers(pattern, permission)))
    }

    /// Refuses who holds none of the roles that hold a permission.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`, which says who holds it.
    pub fn require(&self, named: &BTreeSet<String>, permission: &str) -> Outcome<()> {
        if self.allow(named, permission) {
            return Ok(());
        }
        let holders = self.holders(permission).join(", ");
        let held = named.iter().cloned().collect::<Vec<_>>().join(", ");
        let message =
            format!("the call needs the permission {permission}, which the roles {holders} hold; yours: {held}");
        Err(Fault::new(Code::PermissionDenied, ErrorReason::PermissionMissing, message).with("permission", permission))
    }

    /// The names of all roles, with what each is for.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), role.purpose.as_str()))
    }

    /// Which of the roles hold a permission: what a refused caller has to ask for.
    pub fn holders(&self, permission: &str) -> Vec<&str> {
        let held = |role: &Role| role.permissions.iter().any(|pattern| covers(pattern, permission));
        self.roles.iter().filter(|(_, role)| held(role)).map(|(name, _)| name.as_str()).collect()
    }
}

fn covers(pattern: &str, permission: &str) -> bool {
    let (mut left, mut right) = (pattern.split('.'), permission.split('.'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == "*" || a == b => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_segment() {
        assert!(covers("*.*.read", "assets.sites.read"));
        assert!(covers("assets.*.*", "assets.sites.read"));
        assert!(!covers("*.read", "assets.sites.read"));
        assert!(!covers("assets.sites.read", "assets.sites.read.more"));
    }

    #[test]
    fn all_eleven_roles_ship() {
        let roles = shipped_roles();
        let names: Vec<&str> = roles.names().map(|(name, _)| name).collect();
        let expected = [
            "administrator",
            "approver",
            "asset-manager",
            "auditor",
            "control-owner",
            "incident-handler",
            "integrator",
            "privacy-officer",
            "risk-manager",
            "service",
            "viewer",
        ];
        assert_eq!(names, expected);
        let viewer = BTreeSet::from(["viewer".to_owned()]);
        assert!(roles.allow(&viewer, "assets.assets.read"));
        assert!(!roles.allow(&viewer, "assets.assets.update"));
        assert!(!roles.allow(&BTreeSet::from(["nobody".to_owned()]), "assets.assets.read"));
    }
}
