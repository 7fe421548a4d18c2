//! Input of XML that knows where it is, and that one tag or text cannot fill the memory.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

use quick_xml::Error as XmlError;

use crate::IntakeError;

const CHUNK: usize = 64 << 10;
/// One tag or one text may have at most so many bytes.
const LARGEST: usize = 16 << 20;

/// A place in the file, both counted from 1; columns are bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    line: u64,
    column: u64,
}

impl Default for Place {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Counts lines and the bytes of the present tag or text.
pub(crate) struct Lines<'a> {
    input: &'a mut dyn Read,
    chunk: Vec<u8>,
    at: usize,
    filled: usize,
    place: Place,
    since: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(input: &'a mut dyn Read) -> Self {
        Self { input, chunk: vec![0; CHUNK], at: 0, filled: 0, place: Place::default(), since: 0 }
    }

    /// The place of the next byte.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The next tag or text begins.
    pub(crate) fn event_begins(&mut self) {
        self.since = 0;
    }

    /// Why reading what began at `place` failed, in our words.
    pub(crate) fn failed(&self, place: Place, error: XmlError) -> IntakeError {
        let at = place.to_string();
        match error {
            XmlError::Io(_) if self.since > LARGEST => {
                IntakeError::TooLarge { at, limit: format!("{} MiB", LARGEST >> 20) }
            }
            XmlError::Io(source) => IntakeError::Input { at, source: Error::new(source.kind(), source.to_string()) },
            XmlError::Encoding(_) => IntakeError::NotText { encoding: "UTF-8", at, remedy: "save it as UTF-8" },
            // All of them mean that the end of the file came inside of a tag, a comment or the like.
            XmlError::Syntax(error) => IntakeError::Truncated { at, problem: error.to_string() },
            other => malformed(place, other.to_string()),
        }
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize> {
        let count = self.fill_buf()?.read(room)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Lines<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.since > LARGEST {
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        if self.at >= self.filled {
            (self.at, self.filled) = (0, 0);
            self.filled = loop {
                match self.input.read(&mut self.chunk) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
        }
        Ok(self.chunk.get(self.at..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let used = self.chunk.get(self.at..self.filled.min(self.at + count)).unwrap_or_default();
        self.place.line += used.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.place.column = match used.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => (used.len() - last) as u64,
            None => self.place.column + used.len() as u64,
        };
        self.since += used.len();
        self.at += used.len();
    }
}

/// What is wrong with a file at a place.
pub(crate) fn malformed(at: Place, problem: String) -> IntakeError {
    IntakeError::Malformed { at: at.to_string(), problem, remedy: "mend the file there or export it anew" }
}
