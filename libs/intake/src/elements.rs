//! The elements of a JSON file, one at a time: of a list, of objects one after the other (NDJSON), or a single object. Memory is bounded by one
//! element, not by the file.

mod walk;

use std::io::Read;

use serde_json::Value;

use crate::IntakeError;
pub(crate) use walk::{Plan, Step, Walker, last_key, origin};

/// An element may have at most so many bytes.
const LARGEST: usize = 16 << 20;
/// An element may nest at most so deep (the JSON parser stops at 128).
const DEEPEST: usize = 100;
const CHUNK: usize = 64 << 10;
const EXPORT_ANEW: &str = "mend the file there or export it anew";

/// One element.
#[derive(Debug)]
pub(crate) struct Element {
    /// The element.
    pub(crate) value: Value,
    /// Where it is: `$[4]` in a list, `line 12` where objects follow each other.
    pub(crate) origin: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Unknown,
    List,
    Sequence,
    Done,
}

/// A place in the file, both counted from 1; columns are bytes.
#[derive(Clone, Copy)]
struct Place {
    line: u64,
    column: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Reads elements.
pub(crate) struct Elements<'a> {
    input: &'a mut dyn Read,
    chunk: Vec<u8>,
    at: usize,
    filled: usize,
    place: Place,
    layout: Layout,
    index: u64,
    element: Vec<u8>,
    expected: &'static str,
}

impl<'a> Elements<'a> {
    /// Reads `input`, which should hold `expected`.
    pub(crate) fn new(input: &'a mut dyn Read, expected: &'static str) -> Self {
        Self {
            input,
            chunk: vec![0; CHUNK],
            at: 0,
            filled: 0,
            place: Place { line: 1, column: 1 },
            layout: Layout::Unknown,
            index: 0,
            element: Vec::new(),
            expected,
        }
    }

    /// The next element; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Element>, IntakeError> {
        if self.layout == Layout::Unknown {
            self.open()?;
        }
        self.skip_space()?;
        match self.layout {
            Layout::Done | Layout::Unknown => self.end().map(|()| None),
            Layout::Sequence => {
                if self.peek()?.is_none() {
                    return Ok(None);
                }
                let origin = format!("line {}", self.place.line);
                self.element().map(|value| Some(Element { value, origin }))
            }
            Layout::List => self.of_list(),
        }
    }

    fn of_list(&mut self) -> Result<Option<Element>, IntakeError> {
        if self.peek()? == Some(b']') && self.index == 0 {
            return self.close();
        }
        let origin = format!("$[{}]", self.index);
        let value = self.element()?;
        self.index += 1;
        self.skip_space()?;
        match self.peek()? {
            Some(b',') => self.bump(),
            // Closed now, so that what follows the list is looked at in the next call.
            Some(b']') => {
                self.close()?;
            }
            Some(other) => {
                return Err(self.malformed(format!("expected `,` or `]` after an element, found {}", name(other))));
            }
            None => return Err(self.truncated("the list is not closed with `]`")),
        }
        Ok(Some(Element { value, origin }))
    }

    fn close(&mut self) -> Result<Option<Element>, IntakeError> {
        self.bump();
        self.layout = Layout::Done;
        Ok(None)
    }

    /// Nothing but white space may follow the list.
    fn end(&mut self) -> Result<(), IntakeError> {
        match self.peek()? {
            None => Ok(()),
            Some(other) => Err(self.malformed(format!("{} after the end of the list", name(other)))),
        }
    }

    /// Finds out how the file is laid out.
    fn open(&mut self) -> Result<(), IntakeError> {
        self.fill()?;
        match self.chunk.get(..self.filled).unwrap_or_default() {
            [0xEF, 0xBB, 0xBF, ..] => self.at = 3,
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => {
                return Err(IntakeError::NotText {
                    encoding: "UTF-8",
                    at: self.place.to_string(),
                    remedy: "it looks like UTF-16: save it as UTF-8",
                });
            }
            [0x1F, 0x8B, ..] | [b'P', b'K', ..] => return Err(self.unexpected("compressed data")),
            _ => {}
        }
        self.skip_space()?;
        match self.peek()? {
            None => Err(IntakeError::Empty { expected: self.expected }),
            Some(b'[') => {
                self.bump();
                self.layout = Layout::List;
                Ok(())
            }
            Some(b'{') => {
                self.layout = Layout::Sequence;
                Ok(())
            }
            Some(other) => Err(self.unexpected(name(other))),
        }
    }

    /// Cuts one element out and parses it.
    fn element(&mut self) -> Result<Value, IntakeError> {
        self.element.clear();
        let start = self.place;
        let mut depth = 0_usize;
        let (mut quoted, mut escaped) = (false, false);
        loop {
            let Some(byte) = self.peek()? else {
                if depth == 0 && !quoted && !self.element.is_empty() {
                    break;
                }
                return Err(self.cut_off(start));
            };
            if quoted {
                quoted = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else {
                match byte {
                    b'"' => quoted = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 0 => depth -= 1,
                    b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => break,
                    _ => {}
                }
                if depth > DEEPEST {
                    return Err(self.too_large(start, format!("{DEEPEST} levels of nesting")));
                }
            }
            self.element.push(byte);
            self.bump();
            if !quoted && depth == 0 && matches!(byte, b'}' | b']' | b'"') {
                break;
            }
            if self.element.len() > LARGEST {
                return Err(self.too_large(start, format!("{} MiB", LARGEST >> 20)));
            }
        }
        if self.element.is_empty() {
            return Err(self.malformed("an element is missing".to_owned()));
        }
        self.parse(start)
    }

    fn parse(&self, start: Place) -> Result<Value, IntakeError> {
        match std::str::from_utf8(&self.element) {
            Ok(text) => serde_json::from_str(text).map_err(|error| IntakeError::Malformed {
                at: within(start, error.line(), error.column()).to_string(),
                problem: words(&error),
                remedy: EXPORT_ANEW,
            }),
            Err(error) => {
                let before = self.element.get(..error.valid_up_to()).unwrap_or_default();
                let lines = before.iter().filter(|byte| **byte == b'\n').count();
                let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
                Err(IntakeError::NotText {
                    encoding: "UTF-8",
                    at: within(start, lines + 1, column + 1).to_string(),
                    remedy: "save it as UTF-8",
                })
            }
        }
    }

    /// The file ends inside an element: because it was cut off, or because a quote or bracket went missing long before.
    fn cut_off(&self, start: Place) -> IntakeError {
        match self.parse(start) {
            Err(error @ IntakeError::NotText { .. }) => error,
            Err(error @ IntakeError::Malformed { .. }) if !self.ends_early() => error,
            _ => self.truncated(&format!("what begins at {start} is not closed")),
        }
    }

    fn ends_early(&self) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.element).is_err_and(|error| error.is_eof())
    }

    fn too_large(&self, start: Place, limit: String) -> IntakeError {
        match self.parse(start) {
            Err(error @ IntakeError::Malformed { .. }) if !self.ends_early() => error,
            _ => IntakeError::TooLarge { at: format!("{start} to {}", self.place), limit },
        }
    }

    fn malformed(&self, problem: String) -> IntakeError {
        IntakeError::Malformed { at: self.place.to_string(), problem, remedy: EXPORT_ANEW }
    }

    fn truncated(&self, problem: &str) -> IntakeError {
        IntakeError::Truncated { at: self.place.to_string(), problem: problem.to_owned() }
    }

    fn unexpected(&self, found: impl Into<String>) -> IntakeError {
        IntakeError::Unexpected { at: self.place.to_string(), found: found.into(), expected: self.expected }
    }

    fn skip_space(&mut self) -> Result<(), IntakeError> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek()? {
            self.bump();
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, IntakeError> {
        if self.at >= self.filled {
            self.fill()?;
        }
        Ok(if self.at < self.filled { self.chunk.get(self.at).copied() } else { None })
    }

    fn bump(&mut self) {
        if self.chunk.get(self.at) == Some(&b'\n') {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        self.at += 1;
    }

    /// Reads a chunk; at least four bytes of it where the file has them, so that its first bytes can be told.
    fn fill(&mut self) -> Result<(), IntakeError> {
        (self.at, self.filled) = (0, 0);
        while self.filled < 4 {
            let room = self.chunk.get_mut(self.filled..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(IntakeError::Input { at: self.place.to_string(), source }),
            }
        }
        Ok(())
    }
}

/// The place in the file of a place in an element.
fn within(start: Place, line: usize, column: usize) -> Place {
    let (line, column) = (line.max(1) as u64, column.max(1) as u64);
    if line == 1 {
        Place { line: start.line, column: start.column + column - 1 }
    } else {
        Place { line: start.line + line - 1, column }
    }
}

/// What the parser says, without its own place.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn name(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("the byte {byte:#04x}") }
}
