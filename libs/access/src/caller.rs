//! Who is calling.

use std::collections::BTreeSet;

/// Who is calling, as a verified token says, or the service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The `sub` of the token.
    pub subject: String,
    /// For whom the subject acts, where it acts for somebody else.
    pub on_behalf_of: String,
    /// The organizations the caller acts for. A group lists them all.
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
}
