//! What each method asks of its caller, read from the descriptors.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, MethodDescriptor};

/// What a method asks of its caller (`telwarden.access.v1.rule`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodRule {
    /// The permission; empty only for public methods.
    pub permission: String,
    /// The request field whose first name segment is the organization.
    pub scope_field: String,
    /// Whether anyone may call it.
    pub public: bool,
}

/// The rules of every method of some services, by request path.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    by_path: BTreeMap<String, MethodRule>,
}

/// Why a service must not start.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RulesError {
    /// The service is not in the descriptors.
    #[error("no service {0} in the descriptors: check the name it is mounted under")]
    UnknownService(String),
    /// A method says nothing about who may call it.
    #[error(
        "{0} has no access rule: add `option (telwarden.access.v1.rule)` to it; a method open to all says `public: true`"
    )]
    Unruled(String),
}

impl Rules {
    /// The rules of every method of `services` (full names).
    ///
    /// # Errors
    /// Fails closed: an unknown service, or a method without a rule.
    pub fn of(pool: &DescriptorPool, services: &[impl AsRef<str>]) -> Result<Self, RulesError> {
        let mut by_path = BTreeMap::new();
        for name in services.iter().map(AsRef::as_ref) {
            let service = pool.get_service_by_name(name).ok_or_else(|| RulesError::UnknownService(name.to_owned()))?;
            for method in service.methods() {
                let rule = read(pool, &method).ok_or_else(|| RulesError::Unruled(method.full_name().to_owned()))?;
                by_path.insert(format!("/{name}/{}", method.name()), rule);
            }
        }
        Ok(Self { by_path })
    }

    /// The rule of the method at a request path (`/package.Service/Method`).
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&MethodRule> {
        self.by_path.get(path)
    }

    /// Every path and its rule.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MethodRule)> {
        self.by_path.iter().map(|(path, rule)| (path.as_str(), rule))
    }
}

fn read(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<MethodRule> {
    let extension = pool.get_extension_by_name("telwarden.access.v1.rule")?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return None;
    }
    let value = options.get_extension(&extension);
    let rule = value.as_message()?;
    let text =
        |name| rule.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let public = rule.get_field_by_name("public").and_then(|value| value.as_bool()).unwrap_or(false);
    let rule = MethodRule { permission: text("permission"), scope_field: text("scope_field"), public };
    (rule.public || !(rule.permission.is_empty() || rule.scope_field.is_empty())).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_with_an_unruled_method_refuses_to_start() {
        let unruled = Rules::of(wire::pool(), &["nothing.Here"]);
        assert_eq!(unruled.unwrap_err(), RulesError::UnknownService("nothing.Here".to_owned()));
    }

    #[test]
    fn every_method_of_the_house_has_a_rule() {
        let services: Vec<String> = wire::pool()
            .services()
            .filter(|service| service.full_name().starts_with("telwarden."))
            .map(|service| service.full_name().to_owned())
            .collect();
        let names: Vec<&str> = services.iter().map(String::as_str).collect();
        let rules = Rules::of(wire::pool(), &names).unwrap();
        assert!(rules.get("/telwarden.assets.v1.AssetService/CreateAsset").is_some());
    }
}
