//! What a reader of the feed may see: a change of a resource is shown to those who may read the resource itself.
//!
//! The permission is that of the method that gets one. For most resources the roles that may read the feed hold it too
//! (`*.*.read`); a resource whose reading needs a right of its own is kept from the others here as well.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use access::{Context, Rules};

/// The permission that reading needs, by kind (full message name).
static READING: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut reading = BTreeMap::new();
    for service in wire::pool().services().filter(|service| service.package_name().starts_with("telwarden.")) {
        // A service whose rules cannot be read does not start either; until then nobody sees what is its own.
        let Ok(rules) = Rules::of(wire::pool(), &[service.full_name()]) else { continue };
        for method in service.methods().filter(|method| method.name().starts_with("Get")) {
            if let Some(rule) = rules.get(&format!("/{}/{}", service.full_name(), method.name())) {
                reading.insert(method.output().full_name().to_owned(), rule.permission.clone());
            }
        }
    }
    reading
});

/// The kinds that a caller may see.
pub(crate) struct Visible(HashSet<&'static str>);

impl Visible {
    /// Those that the caller of `context` may read.
    pub(crate) fn to(context: &Context) -> Self {
        let may = |permission: &str| context.roles.allow(&context.caller.roles, permission);
        Self(READING.iter().filter(|(_, permission)| may(permission)).map(|(kind, _)| kind.as_str()).collect())
    }

    /// Whether changes of a kind are among them. A kind that no method gets is shown to nobody.
    pub(crate) fn contains(&self, kind: &str) -> bool {
        self.0.contains(kind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use access::{Caller, ManualClock, shipped_roles};

    use super::*;

    #[test]
    fn services_see_what_is_restricted_as_auditors_do_and_viewers_do_not() {
        let sees = |role: &str| {
            let caller = Caller { roles: BTreeSet::from([role.to_owned()]), ..Caller::service_everywhere("controls") };
            let context = Context {
                caller: Arc::new(caller),
                method: "test".into(),
                trace: String::new(),
                clock: Arc::new(ManualClock::at(0)),
                roles: Arc::new(shipped_roles()),
            };
            let visible = Visible::to(&context);
            ["Asset", "SelectorMembership", "DisclosureRequest"]
                .map(|kind| visible.contains(&format!("telwarden.assets.v1.{kind}")))
        };
        assert_eq!(sees("service"), [true, true, true]);
        assert_eq!(sees("auditor"), [true, true, true]);
        assert_eq!(sees("viewer"), [true, true, false]);
    }
}
