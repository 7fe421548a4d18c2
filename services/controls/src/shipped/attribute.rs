//! Attributes of controls, and finding controls by them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::catalogue::Control;
use super::load::shipped;
use super::mark::Mark;

/// An attribute that controls can have values of. The five of ISO/IEC 27002:2022 ship; an organization may add its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Stable key, such as `operational-capability`.
    pub key: String,
    /// Title as printed.
    pub title: String,
    /// The values it can have, in the order of the standard.
    #[serde(rename = "value")]
    pub values: Vec<AttributeValue>,
    /// How sure this row is.
    pub mark: Mark,
    /// Where the row comes from.
    pub provenance: String,
}

/// A value that an attribute can have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeValue {
    /// Stable key, such as `information-security-event-management`.
    pub key: String,
    /// Title.
    pub title: String,
}

/// What a control's attributes must be to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The attribute has this value, perhaps beside others.
    Has {
        /// Key of the attribute.
        attribute: String,
        /// Key of the value.
        value: String,
    },
    /// The attribute has these values and no others. An empty set finds controls of which no value is known.
    Exactly {
        /// Key of the attribute.
        attribute: String,
        /// Keys of the values.
        values: BTreeSet<String>,
    },
}

impl Wanted {
    /// The attribute has `value`, perhaps beside others.
    #[must_use]
    pub fn has(attribute: &str, value: &str) -> Self {
        Self::Has { attribute: attribute.to_owned(), value: value.to_owned() }
    }

    /// The attribute has `values` and no others.
    #[must_use]
    pub fn exactly(attribute: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Self::Exactly { attribute: attribute.to_owned(), values }
    }

    fn holds(&self, control: &Control) -> bool {
        match self {
            Self::Has { attribute, value } => {
                control.attributes.get(attribute).is_some_and(|values| values.contains(value))
            }
            Self::Exactly { attribute, values } => match control.attributes.get(attribute) {
                Some(found) => found == values,
                None => values.is_empty(),
            },
        }
    }
}

/// The controls for which everything wanted holds, in the order given. An attribute or value that does not exist finds nothing:
/// check it against [`attribute`] first to tell a mistake from an empty answer.
pub fn matching<'a>(controls: impl IntoIterator<Item = &'a Control>, wanted: &[Wanted]) -> Vec<&'a Control> {
    controls.into_iter().filter(|control| wanted.iter().all(|one| one.holds(control))).collect()
}

/// The attributes that ship.
#[must_use]
pub fn attributes() -> &'static [Attribute] {
    &shipped().attributes
}

/// The attribute with this key.
#[must_use]
pub fn attribute(key: &str) -> Option<&'static Attribute> {
    attributes().iter().find(|attribute| attribute.key == key)
}
