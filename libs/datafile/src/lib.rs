//! A file of data: YAML read within a budget, and all that is wrong with it at once.
//!
//! Operators write regimes, correlation rules and decision trees by hand, so a mistake is told by its field (or line), with the problem and
//! the remedy, and not one mistake at a time. [`read`] gives the form or one violation with its place; what the form means is judged by
//! the crate it belongs to, into [`Violations`].

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// Reads a form: one YAML document without aliases, at most so many bytes, at most 16 levels deep. `guide` is the page that has every key.
///
/// # Errors
///
/// One violation with line and column.
pub fn read<T: DeserializeOwned>(text: &str, most_bytes: usize, guide: &str) -> Result<T, Violations> {
    if text.len() > most_bytes {
        let problem = format!("{} bytes, where at most {most_bytes} are read", text.len());
        return Err(Violations::one("file", problem, "split the file into several"));
    }
    let budget = serde_saphyr::budget! {
        max_events: 1_000_000,
        max_nodes: 500_000,
        max_depth: 16,
        max_aliases: 0,
        max_anchors: 0,
        max_documents: 1,
    };
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { budget: budget }).map_err(|error| {
        let at = error.location().map(|place| format!("line {} column {}", place.line(), place.column()));
        // The first line says what is wrong, after the place; those after it draw the place.
        let said = error.to_string();
        let line = said.lines().next().unwrap_or_default();
        let line =
            at.as_ref().and_then(|at| line.split_once(at)).map_or(line, |(_, rest)| rest.trim_start_matches(": "));
        let problem: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
        let place = at.unwrap_or_else(|| "file".to_owned());
        Violations::one(
            &place,
            problem,
            format!("mend the file there; {guide} has every key, and a file has no aliases"),
        )
    })
}

/// Writes a form as [`read`] reads it.
///
/// # Errors
///
/// Why it cannot be written: a form that YAML has no way to say.
pub fn write<T: Serialize>(form: &T) -> Result<String, String> {
    serde_saphyr::to_string(form).map_err(|error| error.to_string())
}

/// One thing that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where, for example `regimes[2].stages[0].period`; `line 3 column 5` for what cannot be read at all.
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

/// Why data is refused: at least one violation, at most [`Violations::MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// More than this many are not listed.
    pub const MOST: usize = 1_000;

    /// Each of them, in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Violation] {
        &self.0
    }

    /// Just this one.
    #[must_use]
    pub fn one(field: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        let mut violations = Self::default();
        violations.refuse(field, problem, remedy);
        violations
    }

    /// One more, unless there are [`Violations::MOST`].
    pub fn refuse(&mut self, field: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        if self.0.len() < Self::MOST {
            self.0.push(Violation { field: field.to_owned(), problem: problem.into(), remedy: remedy.into() });
        }
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
