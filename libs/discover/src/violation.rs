//! What is wrong with settings, all of it at once.

use std::fmt;

use serde::Serialize;

/// One thing that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where, for example `recognisers[2].pattern`; `line 3 column 5` for what cannot be read at all.
    pub field: String,
    /// What is wrong, with the limit that is broken.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.problem, self.remedy)
    }
}

/// Why settings are refused: at least one violation, at most [`Violations::MOST`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Violations(pub(crate) Vec<Violation>);

impl Violations {
    /// More than this many are not listed.
    pub const MOST: usize = 1_000;

    /// Each of them, in the order of the settings.
    #[must_use]
    pub fn list(&self) -> &[Violation] {
        &self.0
    }

    pub(crate) fn one(field: &str, problem: impl Into<String>, remedy: &str) -> Self {
        Self(vec![Violation { field: field.to_owned(), problem: problem.into(), remedy: remedy.to_owned() }])
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}
