//! Who is calling.

use std::collections::BTreeSet;

/// Who is calling, as a verified token says, or the service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The `sub` of the token.
    pub subject: String,
    /// For whom the subject acts, where it acts for somebody else.
    pub on_behalf_of: String,
    /// The organizations the caller acts for. A group lists them all; `-`, in the token of a service of the suite alone, is all
    /// there are ([`Caller::is_everywhere`]).
    pub organizations: BTreeSet<String>,
    /// The names of the caller's roles.
    pub roles: BTreeSet<String>,
}

impl Caller {
    /// A service acting on its own account: reactions, sequencers, start-up work.
    #[must_use]
    pub fn service(name: &str, organization: &str) -> Self {
        Self {
            subject: format!("service:{name}"),
            on_behalf_of: String::new(),
            organizations: BTreeSet::from([organization.to_owned()]),
            roles: BTreeSet::new(),
        }
    }

    /// A service acting on its own account in every organization: what follows the feed of another service.
    #[must_use]
    pub fn service_everywhere(name: &str) -> Self {
        Self { roles: BTreeSet::from([SERVICE_ROLE.to_owned()]), ..Self::service(name, EVERY_ORGANIZATION) }
    }

    /// Whether it is a service of the suite: its subject reads `service:{name}`, and it holds the role `service`. The door lets
    /// nobody in of whom only one of the two is true.
    #[must_use]
    pub fn is_service(&self) -> bool {
        claims_to_be_service(&self.subject) && self.roles.contains(SERVICE_ROLE)
    }

    /// Whether it acts for every organization: a service of the suite whose token says so.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.is_service() && self.organizations.contains(EVERY_ORGANIZATION)
    }

    /// Whether it acts for an organization. `-` is none: see [`Caller::is_everywhere`].
    #[must_use]
    pub fn acts_for(&self, organization: &str) -> bool {
        organization != EVERY_ORGANIZATION && (self.organizations.contains(organization) || self.is_everywhere())
    }
}

/// What stands in the place of an organization for all of them (AIP-159). No organization can have this id.
pub const EVERY_ORGANIZATION: &str = "-";

/// The role of the services of the suite.
pub const SERVICE_ROLE: &str = "service";

/// Whether a subject reads as that of a service of the suite.
pub(crate) fn claims_to_be_service(subject: &str) -> bool {
    subject.starts_with("service:")
}

/// What is wrong with who a token says its caller is; none where it can be.
pub(crate) fn impostor(caller: &Caller) -> Option<(&'static str, &'static str)> {
    let (named, role) = (claims_to_be_service(&caller.subject), caller.roles.contains(SERVICE_ROLE));
    match () {
        () if named && !role => Some((
            "subject",
            "subjects that begin with `service:` are those of the suite's services, with the role service",
        )),
        () if role && !named => Some(("roles", "the role service is for subjects that read `service:{name}`")),
        () if !named && caller.organizations.contains(EVERY_ORGANIZATION) => {
            Some(("organizations", "only services of the suite act for all organizations (`-`): name them"))
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(subject: &str, organizations: &[&str], roles: &[&str]) -> Caller {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Caller {
            subject: subject.to_owned(),
            on_behalf_of: String::new(),
            organizations: set(organizations),
            roles: set(roles),
        }
    }

    #[test]
    fn only_a_service_with_its_role_is_everywhere() {
        // Who; whether it is a service, acts for acme, acts for another; what the door finds wrong.
        let table = [
            (caller("service:controls", &["-"], &["service"]), true, true, true, None),
            (caller("service:controls", &["acme"], &["service"]), true, true, false, None),
            (caller("service:controls", &["-"], &["viewer"]), false, false, false, Some("subject")),
            (caller("ana", &["-"], &["service"]), false, false, false, Some("roles")),
            (caller("ana", &["-", "acme"], &["administrator"]), false, true, false, Some("organizations")),
            (caller("ana", &["acme"], &["viewer"]), false, true, false, None),
        ];
        for (caller, service, acme, other, wrong) in table {
            assert_eq!(caller.is_service(), service, "{caller:?}");
            assert_eq!(caller.is_everywhere(), other, "{caller:?}");
            assert_eq!(caller.acts_for("acme"), acme, "{caller:?}");
            assert_eq!(caller.acts_for("other"), other, "{caller:?}");
            assert!(!caller.acts_for("-"), "{caller:?}: it is no organization");
            assert_eq!(impostor(&caller).map(|(cause, _)| cause), wrong, "{caller:?}");
        }
    }
}
