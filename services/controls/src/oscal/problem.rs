//! What can be wrong with a document: the whole of it, or one value in it.

use std::fmt;

/// One value of a document that could not be understood; it is kept as it came, and the rest was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the value stands, as a JSON path: `$.catalog.groups[0].controls[3].title`.
    pub path: String,
    /// What is wrong with it, in a sentence without a full stop.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.reason)
    }
}

/// Why a document was not read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The bytes are not JSON.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column in that line, from 1 (0 where the line had not begun).
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// The root is not one of the documents of OSCAL, or there is more than one.
    Root {
        /// The keys that stand at the root, at most ten of them.
        found: Vec<String>,
    },
    /// The document is larger than a limit allows.
    Limit {
        /// What is limited: `bytes`, `levels of nesting`, `JSON values`, `groups and controls` or `maps`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What was found; where counting stopped early, the first number past the limit.
        found: usize,
    },
    /// Something without which the document means nothing (its metadata, an import of a profile) is wrong.
    Document(Problem),
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, column, reason } => {
                write!(formatter, "not JSON at line {line}, column {column}: {reason}")
            }
            Self::Root { found } if found.is_empty() => {
                formatter.write_str("not an OSCAL document: its root must be an object with a key such as `catalog`")
            }
            Self::Root { found } => write!(
                formatter,
                "not an OSCAL document: its root must hold exactly one document such as `catalog`, it holds {}",
                found.join(", ")
            ),
            Self::Limit { what, limit, found } => {
                write!(formatter, "too large: at most {limit} {what} are read, this document has {found} or more")
            }
            Self::Document(problem) => problem.fmt(formatter),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<Problem> for ReadError {
    fn from(problem: Problem) -> Self {
        Self::Document(problem)
    }
}

/// Why a profile could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// An import names a document that the library does not have.
    Missing {
        /// The profile that imports, by its title.
        profile: String,
        /// The reference as it stands in the profile.
        href: String,
    },
    /// An import names a document that is neither a catalogue nor a profile.
    NotImportable {
        /// The reference as it stands in the profile.
        href: String,
        /// The root of what was found there.
        kind: &'static str,
    },
    /// A profile imports itself, directly or through others.
    Circular {
        /// The references, from the first profile to the one that closes the circle.
        chain: Vec<String>,
    },
    /// Profiles import profiles more deeply, more often, or more controls than a limit allows.
    Limit {
        /// What is limited: `levels of imports`, `imports`, `controls` or `steps`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { profile, href } => {
                write!(formatter, "the profile `{profile}` imports `{href}`, which is not here")
            }
            Self::NotImportable { href, kind } => {
                write!(formatter, "`{href}` holds `{kind}`: only a catalog or a profile can be imported")
            }
            Self::Circular { chain } => write!(formatter, "the imports go in a circle: {}", chain.join(" > ")),
            Self::Limit { what, limit } => write!(formatter, "more than {limit} {what}"),
        }
    }
}

impl std::error::Error for ResolveError {}
