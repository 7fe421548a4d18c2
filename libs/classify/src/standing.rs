//! The level an occurrence has, had, and began with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tree::Scheme;

/// A change of level.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Move {
    /// From which.
    pub from: String,
    /// To which.
    pub to: String,
    /// Why; not empty.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An occurrence's level, with all it was before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Standing {
    /// The level it was given first, which stays.
    pub original: String,
    /// Every change, oldest first.
    pub moves: Vec<Move>,
}

/// Whether a change is to a worse level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To a worse one.
    Up,
    /// To a better one.
    Down,
}

/// Why a level is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A level the scheme does not have.
    #[error("{0:?} is no level; give one of {list}", list = .1.join(", "))]
    NoLevel(String, Vec<String>),
    /// Nothing would change.
    #[error("the level is {0} already; give another, or leave it")]
    Same(String),
    /// No reason was given.
    #[error("a reason is needed for every change of level: say what was found")]
    NoReason,
    /// Nobody was named.
    #[error("who decided is needed for every change of level: name them")]
    Nobody,
    /// Not from there to there.
    #[error("{from} does not become {to} at once; from {from} it goes to {allowed}", allowed = if allowed.is_empty() { "no other".to_owned() } else { allowed.join(", ") })]
    NoMove {
        /// The level.
        from: String,
        /// The level asked.
        to: String,
        /// Where it may go.
        allowed: Vec<String>,
    },
    /// Before the change before it.
    #[error("the last change was at {0}; a later one has a later time")]
    Backwards(Timestamp),
}

impl Standing {
    /// The level a decision gave first.
    ///
    /// # Errors
    ///
    /// A level the scheme does not have.
    pub fn new(scheme: &Scheme, level: &str) -> Result<Self, Refused> {
        scheme.rank(level).ok_or_else(|| Refused::NoLevel(level.to_owned(), scheme.levels.clone()))?;
        Ok(Self { original: level.to_owned(), moves: Vec::new() })
    }

    /// The level now.
    #[must_use]
    pub fn level(&self) -> &str {
        self.moves.last().map_or(&self.original, |last| &last.to)
    }

    /// The same with another level, and which way that went.
    ///
    /// # Errors
    ///
    /// What the scheme does not allow, and a change without a reason or a name.
    pub fn with(
        &self,
        scheme: &Scheme,
        to: &str,
        reason: &str,
        by: &str,
        at: Timestamp,
    ) -> Result<(Self, Direction), Refused> {
        let no_level = |level: &str| Refused::NoLevel(level.to_owned(), scheme.levels.clone());
        let from = self.level().to_owned();
        let (was, is) =
            (scheme.rank(&from).ok_or_else(|| no_level(&from))?, scheme.rank(to).ok_or_else(|| no_level(to))?);
        if was == is {
            return Err(Refused::Same(from));
        }
        if reason.trim().is_empty() {
            return Err(Refused::NoReason);
        }
        if by.trim().is_empty() {
            return Err(Refused::Nobody);
        }
        if let Some(last) = self.moves.last().filter(|last| at < last.at) {
            return Err(Refused::Backwards(last.at));
        }
        let allowed = scheme.moves.get(&from).cloned().unwrap_or_default();
        if !allowed.iter().any(|level| level == to) {
            return Err(Refused::NoMove { from, to: to.to_owned(), allowed });
        }
        let mut after = self.clone();
        after.moves.push(Move { from, to: to.to_owned(), reason: reason.trim().to_owned(), by: by.to_owned(), at });
        Ok((after, if is > was { Direction::Up } else { Direction::Down }))
    }
}
