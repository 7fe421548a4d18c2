//! Resource names (AIP-122): `organizations/{organization}/{collection}/{id}`, and of what is kept within another resource
//! `organizations/{organization}/{collection}/{id}/{collection}/{id}`.
//!
//! A *collection* is written as names have it with its ids left out: `assets`, `catalogues/*/controls`. An id within the
//! organization is written without the collections: `r1`, `x1051-2023/5.7`.

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
    /// A name of its parts. `collection` is a collection of ours (`assets`) and is taken as it is.
    ///
    /// # Errors
    /// [`Problem::InvalidId`] where the organization or the id is not a [`valid_id`].
    pub fn new(organization: &str, collection: &str, id: &str) -> Result<Self, Problem> {
        if let Some(bad) = [organization].into_iter().chain(id.split('/')).find(|part| !valid_id(part)) {
            return Err(Problem::InvalidId { text: shorten(bad), rule: ID_RULE });
        }
        Ok(Self { organization: organization.to_owned(), collection: collection.to_owned(), id: id.to_owned() })
    }

    /// Reads the name of a resource of `collection`.
    ///
    /// # Errors
    /// [`Problem::InvalidName`] where `text` is anything else.
    pub fn parse(text: &str, collection: &str) -> Result<Self, Problem> {
        read(text, collection).ok_or_else(|| Problem::InvalidName {
            text: shorten(text),
            pattern: pattern(collection),
            rule: ID_RULE,
        })
    }

    /// The id of the organization, the tenant: `acme`.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The collection: `assets`, `catalogues/*/controls`.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The id within the organization: `r1`, `x1051-2023/5.7`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.organization, &self.collection, &self.id))
    }
}

fn pattern(collection: &str) -> String {
    format!("organizations/{{organization}}/{}/{{id}}", collection.replace('*', "{id}"))
}

fn read(text: &str, collection: &str) -> Option<Name> {
    let rest = text.strip_prefix("organizations/")?;
    let (organization, rest) = rest.split_once('/')?;
    let mut found = rest.split('/');
    let mut ids: Vec<&str> = Vec::new();
    for expected in collection.split('/').chain(["*"]) {
        let part = found.next()?;
        match expected {
            "*" if valid_id(part) => ids.push(part),
            "*" => return None,
            _ if part == expected => {}
            _ => return None,
        }
    }
    (found.next().is_none() && valid_id(organization)).then(|| Name {
        organization: organization.to_owned(),
        collection: collection.to_owned(),
        id: ids.join("/"),
    })
}

/// The name of a resource, of its parts, which are taken as they are.
#[must_use]
pub fn written(organization: &str, collection: &str, id: &str) -> String {
    let mut name = format!("organizations/{organization}");
    let mut ids = id.split('/');
    for part in collection.split('/').chain(["*"]) {
        name.push('/');
        name.push_str(if part == "*" { ids.next().unwrap_or_default() } else { part });
    }
    name
}

/// Reads `organizations/{organization}` and gives the id of the organization.
///
/// # Errors
/// [`Problem::InvalidParent`] where `text` is anything else.
pub fn parse_parent(text: &str) -> Result<String, Problem> {
    match text.strip_prefix("organizations/") {
        Some(organization) if valid_id(organization) => Ok(organization.to_owned()),
        _ => {
            let pattern = "organizations/{organization}".to_owned();
            Err(Problem::InvalidParent { text: shorten(text), pattern, rule: ID_RULE })
        }
    }
}

/// What the resources of a collection are kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The id of the organization.
    pub organization: String,
    /// The id of the resource within the organization that they are kept in; none where that is the organization itself, or
    /// every such resource (`-`, AIP-159).
    pub within: Option<String>,
}

/// Reads the parent of resources of `collection`: `organizations/acme` for `assets`, `organizations/acme/catalogues/c` for
/// `catalogues/*/controls`. Where `any`, `organizations/acme/catalogues/-` stands for all of them.
///
/// # Errors
/// [`Problem::InvalidParent`].
pub fn parse_parent_of(text: &str, collection: &str, any: bool) -> Result<Parent, Problem> {
    let Some((above, _)) = collection.rsplit_once("/*/") else {
        return Ok(Parent { organization: parse_parent(text)?, within: None });
    };
    if any && let Some(organization) = text.strip_suffix(&format!("/{above}/-")) {
        return Ok(Parent { organization: parse_parent(organization)?, within: None });
    }
    match read(text, above) {
        Some(parent) => Ok(Parent { organization: parent.organization, within: Some(parent.id) }),
        None => Err(Problem::InvalidParent { text: shorten(text), pattern: pattern(above), rule: ID_RULE }),
    }
}

/// The name of what a resource is kept in: `organizations/acme/catalogues/c` of `organizations/acme/catalogues/c/controls/5.7`.
#[must_use]
pub fn parent_of(name: &str) -> &str {
    name.rsplit_once('/').and_then(|(above, _)| above.rsplit_once('/')).map_or("", |(parent, _)| parent)
}

/// The last segment of a name: the id.
#[must_use]
pub fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// The organization of a name; empty where it is none.
#[must_use]
pub fn organization_of(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

/// Whether `text` can be an id of an organization or a resource: 1 to 63 of `a-z 0-9 - . _`, the first a letter or digit.
#[must_use]
pub fn valid_id(text: &str) -> bool {
    let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MOST_ID
        && text.bytes().next().is_some_and(letter_or_digit)
        && text.bytes().all(|byte| letter_or_digit(byte) || matches!(byte, b'-' | b'.' | b'_'))
}

/// The id of what another calls by a key: the key in small letters, `-` for what an id must not hold; none where that is no id.
/// `FGT1557.001` becomes `fgt1557.001`.
#[must_use]
pub fn id_of_key(key: &str) -> Option<String> {
    let held = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let id: String = key.trim().chars().map(|c| if held(c) { c.to_ascii_lowercase() } else { '-' }).collect();
    valid_id(&id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_becomes_an_id() {
        let of = |key: &str| id_of_key(key).unwrap_or_default();
        assert_eq!(of("FGT1557.001"), "fgt1557.001");
        assert_eq!(of(" CAPEC 163/2 "), "capec-163-2");
        assert_eq!(of("-x"), "");
        assert_eq!(of("é"), "");
        assert_eq!(of(&"x".repeat(64)), "");
    }

    #[test]
    fn a_name_reads_and_prints() {
        let name = Name::parse("organizations/acme/assets/core-router.1_a", "assets").unwrap();
        assert_eq!(
            (name.organization(), name.collection(), name.id(), parent_of(&name.to_string())),
            ("acme", "assets", "core-router.1_a", "organizations/acme")
        );
        assert_eq!(name.to_string(), "organizations/acme/assets/core-router.1_a");
        assert_eq!(Name::new("acme", "assets", "core-router.1_a").unwrap(), name);
        assert!(matches!(Name::new("acme", "assets", "Core"), Err(Problem::InvalidId { text, .. }) if text == "Core"));
    }

    #[test]
    fn a_name_within_another_reads_and_prints() {
        let text = "organizations/acme/catalogues/x1051-2023/controls/5.7";
        let name = Name::parse(text, "catalogues/*/controls").unwrap();
        assert_eq!((name.organization(), name.id()), ("acme", "x1051-2023/5.7"));
        assert_eq!(name.to_string(), text);
        assert_eq!(parent_of(text), "organizations/acme/catalogues/x1051-2023");
        for other in [
            "organizations/acme/catalogues/x1051-2023",
            "organizations/acme/catalogues/x1051-2023/controls",
            "organizations/acme/catalogues/-/controls/5.7",
            "organizations/acme/controls/x1051-2023/controls/5.7",
            "organizations/acme/catalogues/x1051-2023/controls/5.7/x",
        ] {
            let message = Name::parse(other, "catalogues/*/controls").unwrap_err().to_string();
            assert!(message.contains("organizations/{organization}/catalogues/{id}/controls/{id}"), "{message}");
        }
    }

    #[test]
    fn the_parent_of_a_collection_is_what_it_is_kept_in() {
        let parent = |text: &str, any| parse_parent_of(text, "catalogues/*/controls", any);
        let found = parent("organizations/acme/catalogues/c", false).unwrap();
        assert_eq!((found.organization.as_str(), found.within.as_deref()), ("acme", Some("c")));
        assert_eq!(parent("organizations/acme/catalogues/-", true).unwrap().within, None);
        for (text, any) in [("organizations/acme/catalogues/-", false), ("organizations/acme", true), ("", true)] {
            assert_eq!(parent(text, any).unwrap_err().field(), Some("parent"), "{text}");
        }
        assert_eq!(parse_parent_of("organizations/acme", "assets", true).unwrap().organization, "acme");
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
