//! TLP 2.0: with whom what is known may be shared.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A label, from the freest to the most restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrafficLight {
    /// Anybody.
    Clear,
    /// The community.
    Green,
    /// The organization and its clients, who need to know.
    Amber,
    /// The organization only.
    AmberStrict,
    /// The recipients named, and nobody else.
    Red,
}

/// Who would see it, from the fewest to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Recipients whom its sender named.
    Named,
    /// The own organization.
    Organization,
    /// The organization's clients, and authorities it answers to.
    Clients,
    /// The sector, a CSIRT's community.
    Community,
    /// Everybody.
    World,
}

/// What is written is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no label of TLP 2.0; write RED, AMBER+STRICT, AMBER, GREEN or CLEAR (WHITE is read as CLEAR)")]
pub struct NoLabel(String);

/// The label does not let it go so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "TLP:{label} is shared with {most} at most, not with {asked}; leave out what has this label, or ask who gave it for another"
)]
pub struct Beyond {
    /// The label.
    pub label: TrafficLight,
    /// Who may see it at most.
    pub most: Audience,
    /// Who would have.
    pub asked: Audience,
}

impl TrafficLight {
    /// Every label, from the freest.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// The label of what is made of two: the more restrictive.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.max(other)
    }

    /// The label of what is made of many; nothing, of nothing.
    #[must_use]
    pub fn of(labels: impl IntoIterator<Item = Self>) -> Option<Self> {
        labels.into_iter().max()
    }

    /// Who may see it at most.
    #[must_use]
    pub fn most(self) -> Audience {
        match self {
            Self::Clear => Audience::World,
            Self::Green => Audience::Community,
            Self::Amber => Audience::Clients,
            Self::AmberStrict => Audience::Organization,
            Self::Red => Audience::Named,
        }
    }

    /// Whether it may be shared.
    ///
    /// # Errors
    ///
    /// [`Beyond`].
    pub fn share(self, asked: Audience) -> Result<(), Beyond> {
        let most = self.most();
        if asked <= most { Ok(()) } else { Err(Beyond { label: self, most, asked }) }
    }
}

impl fmt::Display for TrafficLight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "CLEAR",
            Self::Green => "GREEN",
            Self::Amber => "AMBER",
            Self::AmberStrict => "AMBER+STRICT",
            Self::Red => "RED",
        })
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named => "the recipients named",
            Self::Organization => "the organization",
            Self::Clients => "the organization and its clients",
            Self::Community => "the community",
            Self::World => "everybody",
        })
    }
}

impl FromStr for TrafficLight {
    type Err = NoLabel;

    /// As written, in any case, with or without `TLP:` before it.
    fn from_str(text: &str) -> Result<Self, NoLabel> {
        let shown: String = text.trim().chars().take(40).collect();
        let upper = shown.to_ascii_uppercase();
        let label = upper.strip_prefix("TLP:").unwrap_or(&upper);
        match label {
            "CLEAR" | "WHITE" => Ok(Self::Clear),
            "GREEN" => Ok(Self::Green),
            "AMBER" => Ok(Self::Amber),
            "AMBER+STRICT" => Ok(Self::AmberStrict),
            "RED" => Ok(Self::Red),
            _ => Err(NoLabel(shown)),
        }
    }
}

impl TryFrom<String> for TrafficLight {
    type Error = NoLabel;

    fn try_from(text: String) -> Result<Self, NoLabel> {
        text.parse()
    }
}

impl From<TrafficLight> for String {
    fn from(label: TrafficLight) -> Self {
        label.to_string()
    }
}
