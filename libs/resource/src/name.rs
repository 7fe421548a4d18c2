//! Resource names (AIP-122): `organizations/{organization}/{collection}/{id}`.

use std::fmt;

use crate::problem::{Problem, shorten};

/// The longest id, in characters.
const MOST_ID: usize = 63;

/// What an id is made of, as a sentence for a person.
const ID_RULE: &str =
    "an id is 1 to 63 characters of a-z, 0-9, '-', '.' and '_' (no capitals), and begins with a letter or a digit";

/// The name of a resource. The organization is the tenant, so it is enough to know the name to decide who may act on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    organization: String,
    collection: String,
    id: String,
}

impl Name {
    /// A name of its parts. `collection` is a collection id of ours (`assets`) and is taken as it is.
    ///
    /// # Errors
    /// [`Problem::InvalidId`] where the organization or the id is not a [`valid_id`].
    pub fn new(organization: &str, collection: &str, id: &str) -> Result<Self, Problem> {
        if let Some(bad) = [organization, id].into_iter().find(|part| !valid_id(part)) {
            return Err(Problem::InvalidId { text: shorten(bad), rule: ID_RULE });
        }
        Ok(Self { organization: organization.to_owned(), collection: collection.to_owned(), id: id.to_owned() })
    }

    /// Reads the name of a resource of `collection`.
    ///
    /// # Errors
    /// [`Problem::InvalidName`] where `text` is anything else.
    pub fn parse(text: &str, collection: &str) -> Result<Self, Problem> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("organizations"), Some(organization), Some(found), Some(id), None)
                if found == collection && valid_id(organization) && valid_id(id) =>
            {
                Ok(Self { organization: organization.to_owned(), collection: collection.to_owned(), id: id.to_owned() })
            }
            _ => Err(Problem::InvalidName {
                text: shorten(text),
                pattern: format!("organizations/{{organization}}/{collection}/{{id}}"),
                rule: ID_RULE,
            }),
        }
    }

    /// The id of the organization, the tenant: `acme`.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The collection id: `assets`.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The id within the collection.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the organization: `organizations/acme`.
    #[must_use]
    pub fn parent(&self) -> String {
        format!("organizations/{}", self.organization)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "organizations/{}/{}/{}", self.organization, self.collection, self.id)
    }
}

/// Reads `organizations/{organization}` and gives the id of the organization.
///
/// # Errors
/// [`Problem::InvalidParent`] where `text` is anything else.
pub fn parse_parent(text: &str) -> Result<String, Problem> {
    match text.strip_prefix("organizations/") {
        Some(organization) if valid_id(organization) => Ok(organization.to_owned()),
        _ => Err(Problem::InvalidParent { text: shorten(text), rule: ID_RULE }),
    }
}

/// Whether `text` can be an id of an organization or a resource: 1 to 63 of `a-z 0-9 - . _`, the first a letter or digit.
#[must_use]
pub fn valid_id(text: &str) -> bool {
    let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MOST_ID
        && text.bytes().next().is_some_and(letter_or_digit)
        && text.bytes().all(|byte| letter_or_digit(byte) || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_reads_and_prints() {
        let name = Name::parse("organizations/acme/assets/core-router.1_a", "assets").unwrap();
        assert_eq!(
            (name.organization(), name.collection(), name.id(), name.parent().as_str()),
            ("acme", "assets", "core-router.1_a", "organizations/acme")
        );
        assert_eq!(name.to_string(), "organizations/acme/assets/core-router.1_a");
        assert_eq!(Name::new("acme", "assets", "core-router.1_a").unwrap(), name);
        assert!(matches!(Name::new("acme", "assets", "Core"), Err(Problem::InvalidId { text, .. }) if text == "Core"));
    }

    #[test]
    fn anything_else_is_refused_with_the_form_it_should_have() {
        for text in [
            "",
            "/",
            "acme",
            "organizations/acme",
            "organizations/acme/assets",
            "organizations/acme/assets/",
            "organizations//assets/a",
            "organizations/acme/sites/a",
            "organizations/acme/assets/a/b",
            "organizations/acme/assets/a/",
            "/organizations/acme/assets/a",
            "organizations/Acme/assets/a",
            "organizations/acme/assets/A",
            "organizations/acme/assets/-a",
            "organizations/-/assets/a",
            "organizations/acme/assets/é",
            "organizations/acme/assets/a\0",
            "organizations/acme/assets/a b",
            "Organizations/acme/assets/a",
        ] {
            let problem = Name::parse(text, "assets").unwrap_err();
            let message = problem.to_string();
            assert!(message.contains("organizations/{organization}/assets/{id}"), "{text:?}: {message}");
            assert!(message.contains("1 to 63 characters"), "{text:?}: {message}");
            assert_eq!(problem.field(), Some("name"));
        }
    }

    #[test]
    fn a_long_name_is_not_repeated_in_full() {
        let message = Name::parse(&"é".repeat(100_000), "assets").unwrap_err().to_string();
        assert!(message.len() < 600, "{}", message.len());
        assert!(message.contains('…'));
    }

    #[test]
    fn a_parent_is_an_organization() {
        assert_eq!(parse_parent("organizations/acme").unwrap(), "acme");
        for text in ["", "acme", "organizations/", "organizations/acme/", "organizations/a/assets", "organizations/A"] {
            let problem = parse_parent(text).unwrap_err();
            assert_eq!(problem.field(), Some("parent"), "{text}");
        }
    }

    #[test]
    fn ids_have_63_characters_at_most() {
        assert!(valid_id(&"a".repeat(63)));
        assert!(!valid_id(&"a".repeat(64)));
        assert!(valid_id("0"));
        assert!(!valid_id(""));
        for text in ["_a", ".a", "-a", "A", "aB", "a/b", "a b", "a\n", "ä"] {
            assert!(!valid_id(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(organization in "[a-z0-9][a-z0-9._-]{0,62}", id in "[a-z0-9][a-z0-9._-]{0,62}") {
            let name = Name::new(&organization, "sites", &id).unwrap();
            prop_assert_eq!(Name::parse(&name.to_string(), "sites").unwrap(), name);
        }

        #[test]
        fn no_text_is_a_panic(text in any::<String>()) {
            if let Ok(name) = Name::parse(&text, "assets") {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
