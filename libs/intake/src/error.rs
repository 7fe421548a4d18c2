//! Why a file as a whole cannot be read.

/// Why a file as a whole cannot be read. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The input failed while it was read.
    #[error("the input failed at {at}: {source}; make sure the file can be read to its end and read it again")]
    Input {
        /// Where reading ended: `line 12`, `line 3 column 7`.
        at: String,
        /// What the input said.
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("the file is empty at line 1; expected {expected}: export it again")]
    Empty {
        /// What a file of the format holds.
        expected: &'static str,
    },
    /// The file is not text in the encoding it should have.
    #[error("the file is not {encoding} text at {at}; {remedy}")]
    NotText {
        /// The encoding it should have.
        encoding: &'static str,
        /// Where.
        at: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The text breaks the rules of the format.
    #[error("the file is malformed at {at}: {problem}; {remedy}")]
    Malformed {
        /// Where: `line 28 column 14`.
        at: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The file ends in the middle.
    #[error("the file ends in the middle at {at}: {problem}; it was cut off, export or transfer it again")]
    Truncated {
        /// Where it ends.
        at: String,
        /// What is still open.
        problem: String,
    },
    /// The file holds something else than the format.
    #[error(
        "found {found} at {at} where {expected} was expected; choose the format that the file has or export it anew"
    )]
    Unexpected {
        /// Where.
        at: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// One object or row is larger or deeper than any real one.
    #[error(
        "the object at {at} is beyond the limit of {limit}; it is damaged or of another format: remove it or export the file anew"
    )]
    TooLarge {
        /// Where it begins or breaks the limit.
        at: String,
        /// The limit, in words.
        limit: String,
    },
    /// The column map cannot be used.
    #[error("the column map cannot be used at {at}: {problem}; {remedy}")]
    Map {
        /// Where in the map: a key or a line.
        at: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
}
