//! Walks into a JSON file: lists that stand inside objects are read entry by entry too, so that memory is bounded by one entry.

use serde_json::{Map, Value};

use super::{DEEPEST, Element, Elements, LARGEST, Layout, name};
use crate::IntakeError;
use crate::out::Go;

/// One step from the top of the file to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An object that follows others, by the line where it begins.
    Line(u64),
    /// A member of an object.
    Key(String),
    /// An entry of a list.
    Index(u64),
}

/// What to do with an object or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Go inside.
    Enter,
    /// Read it whole and hand it over.
    Take,
    /// Read it whole and keep it as a member of the object around it.
    Keep,
}

/// Who walks.
pub(crate) trait Walker {
    /// What to do with the object (`opens` is `{`) or list (`[`) at `path`. Plain values become members of the object around them.
    fn plan(&self, path: &[Step], opens: u8) -> Plan;

    /// A value that was to be taken.
    fn take(&mut self, path: &[Step], element: Element) -> Go;

    /// The end of an object that was entered, with those of its members that were kept.
    fn leave(&mut self, path: &[Step], members: Map<String, Value>) -> Go;
}

/// The last name on a path, without the prefix of its module: `network-element` of `$["ietf-network-inventory:network-element"][3]`.
pub(crate) fn last_key(path: &[Step]) -> &str {
    let key = path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    let key = key.unwrap_or_default();
    key.rsplit_once(':').map_or(key, |(_, bare)| bare)
}

/// A path as people read it: `$.results[4]`, `line 12`, `line 12 $.entity`.
pub(crate) fn origin(path: &[Step]) -> String {
    let mut text = String::new();
    for (index, step) in path.iter().enumerate() {
        let first = index == 0;
        match step {
            Step::Line(line) if path.len() == 1 => return format!("line {line}"),
            Step::Line(1) => text.push('$'),
            Step::Line(line) => text = format!("line {line} $"),
            Step::Key(key) => {
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                let key = crate::text::line(key, 60);
                text += &if plain { format!(".{key}") } else { format!("[\"{key}\"]") };
            }
            Step::Index(at) => {
                if first {
                    text.push('$');
                }
                text += &format!("[{at}]");
            }
        }
    }
    text
}

impl Elements<'_> {
    /// Reads the whole file for `walker`.
    pub(crate) fn walk(mut self, walker: &mut dyn Walker) -> Go {
        self.open()?;
        let mut path = Vec::new();
        if self.layout == Layout::List {
            self.list(&mut path, walker)?;
            self.skip_space()?;
            return Ok(self.end()?);
        }
        loop {
            self.skip_space()?;
            if self.peek()?.is_none() {
                return Ok(());
            }
            path.push(Step::Line(self.place.line));
            self.value(&mut path, walker)?;
            path.pop();
        }
    }

    /// Reads what stands at `path`; answers it where it is to be kept.
    fn value(&mut self, path: &mut Vec<Step>, walker: &mut dyn Walker) -> Go<Option<Value>> {
        let opens = self.peek()?.unwrap_or_default();
        let holds = matches!(opens, b'{' | b'[');
        let inside = matches!(path.last(), Some(Step::Key(_)));
        let plan = match (holds, inside) {
            (true, _) => walker.plan(path, opens),
            (false, true) => Plan::Keep,
            (false, false) => Plan::Take,
        };
        match plan {
            Plan::Enter if path.len() > DEEPEST => {
                Err(self.too_large(self.place, format!("{DEEPEST} levels of nesting")).into())
            }
            Plan::Enter if opens == b'{' => self.object(path, walker).map(|()| None),
            Plan::Enter => {
                self.bump();
                self.list(path, walker).map(|()| None)
            }
            Plan::Keep if inside => Ok(Some(self.element()?)),
            Plan::Take | Plan::Keep => {
                let element = Element { value: self.element()?, origin: origin(path) };
                walker.take(path, element).map(|()| None)
            }
        }
    }

    /// Reads the entries of a list of which the bracket was read.
    fn list(&mut self, path: &mut Vec<Step>, walker: &mut dyn Walker) -> Go {
        self.skip_space()?;
        if self.peek()? == Some(b']') {
            self.bump();
            return Ok(());
        }
        for index in 0.. {
            self.skip_space()?;
            path.push(Step::Index(index));
            self.value(path, walker)?;
            path.pop();
            if self.closes(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn object(&mut self, path: &mut Vec<Step>, walker: &mut dyn Walker) -> Go {
        let start = self.place;
        self.bump();
        let (mut members, mut kept) = (Map::new(), 0);
        self.skip_space()?;
        if self.peek()? == Some(b'}') {
            self.bump();
            return walker.leave(path, members);
        }
        loop {
            let key = self.key()?;
            path.push(Step::Key(key.clone()));
            let value = self.value(path, walker)?;
            path.pop();
            if let Some(value) = value {
                kept += key.len() + self.element.len();
                members.insert(key, value);
            }
            if kept > LARGEST {
                return Err(self.too_large(start, format!("{} MiB", LARGEST >> 20)).into());
            }
            if self.closes(b'}')? {
                return walker.leave(path, members);
            }
        }
    }

    /// The name of a member and the colon behind it.
    fn key(&mut self) -> Result<String, IntakeError> {
        self.skip_space()?;
        match self.peek()? {
            Some(b'"') => {}
            Some(other) => return Err(self.malformed(format!("expected a name in quotes, found {}", name(other)))),
            None => return Err(self.truncated("an object is not closed with `}`")),
        }
        let key = self.element()?;
        self.skip_space()?;
        match self.peek()? {
            Some(b':') => self.bump(),
            Some(other) => return Err(self.malformed(format!("expected `:` after a name, found {}", name(other)))),
            None => return Err(self.truncated("an object is not closed with `}`")),
        }
        self.skip_space()?;
        Ok(key.as_str().unwrap_or_default().to_owned())
    }

    /// Whether the list or object ends here with `end`; else a comma is read.
    fn closes(&mut self, end: u8) -> Result<bool, IntakeError> {
        self.skip_space()?;
        let end_name = char::from(end);
        match self.peek()? {
            Some(b',') => {
                self.bump();
                Ok(false)
            }
            Some(byte) if byte == end => {
                self.bump();
                Ok(true)
            }
            Some(other) => {
                Err(self.malformed(format!("expected `,` or `{end_name}` after an element, found {}", name(other))))
            }
            None => Err(self.truncated(&format!("what was opened is not closed with `{end_name}`"))),
        }
    }
}
