//! Taking the fields we model out of a JSON object, with the path of whatever is wrong, and putting them back.

use super::problem::Problem;
use serde_json::{Map, Value};
use std::fmt;

/// Where we are in a document; built on the stack, written out only when something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The document itself.
    Root,
    /// A key of an object.
    Key(&'a Path<'a>, &'a str),
    /// An element of an array.
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    pub(super) fn problem(&self, reason: impl Into<String>) -> Problem {
        Problem { path: self.to_string(), reason: reason.into() }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("$"),
            Self::Key(above, key) => write!(formatter, "{above}.{key}"),
            Self::Item(above, index) => write!(formatter, "{above}[{index}]"),
        }
    }
}

/// What a JSON value is, in the words of an error.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The fields of one object. What is not taken is the rest.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a Path<'a>,
    taken: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, path: &'a Path<'a>) -> Result<Self, Problem> {
        match value {
            Value::Object(map) => Ok(Self { map, path, taken: Vec::with_capacity(8) }),
            other => Err(path.problem(format!("must be an object, is {}", kind(other)))),
        }
    }

    /// The elements of an array that the caller reads by itself: out of the rest unless there are none.
    pub(super) fn take_nested(&mut self, key: &'static str) -> &'a [Value] {
        match self.map.get(key) {
            Some(Value::Array(items)) if !items.is_empty() => {
                self.taken.push(key);
                items
            }
            _ => &[],
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Problem> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => {
                self.taken.push(key);
                Ok(Some(text.clone()))
            }
            Some(other) => Err(Path::Key(self.path, key).problem(format!("must be text, is {}", kind(other)))),
        }
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<String, Problem> {
        match self.text(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(Path::Key(self.path, key).problem("must not be empty")),
            None => Err(Path::Key(self.path, key).problem("is missing")),
        }
    }

    /// The elements of an array. An empty array stays in the rest, so that it is written back.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Value, &Path<'_>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        let above = Path::Key(self.path, key);
        match self.map.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let each = items.iter().enumerate().map(|(index, item)| read(item, &Path::Item(&above, index)));
                let read = each.collect::<Result<Vec<T>, Problem>>()?;
                if !read.is_empty() {
                    self.taken.push(key);
                }
                Ok(read)
            }
            Some(other) => Err(above.problem(format!("must be an array, is {}", kind(other)))),
        }
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Problem> {
        self.list(key, |value, path| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(path.problem(format!("must be text, is {}", kind(other)))),
        })
    }

    pub(super) fn object<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Value, &Path<'_>) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.map.get(key) else { return Ok(None) };
        let read = read(value, &Path::Key(self.path, key))?;
        self.taken.push(key);
        Ok(Some(read))
    }

    /// Everything that was not taken.
    pub(super) fn rest(self) -> Map<String, Value> {
        let left = self.map.iter().filter(|(key, _)| !self.taken.contains(&key.as_str()));
        left.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// Puts fields into an object: over the rest when a value was read, into an empty one when it is ours.
pub(super) struct Writer(Map<String, Value>);

impl Writer {
    pub(super) fn over(rest: &Map<String, Value>) -> Self {
        Self(rest.clone())
    }

    pub(super) fn new() -> Self {
        Self(Map::new())
    }

    pub(super) fn value(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn option(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.value(key, value),
            None => self,
        }
    }

    /// An array; OSCAL forbids empty ones, so no elements means no key.
    pub(super) fn list<T>(self, key: &str, items: &[T], write: impl Fn(&T) -> Value) -> Self {
        if items.is_empty() { self } else { self.value(key, items.iter().map(write).collect::<Vec<Value>>()) }
    }

    pub(super) fn values(self, key: &str, items: Vec<Value>) -> Self {
        if items.is_empty() { self } else { self.value(key, items) }
    }

    pub(super) fn texts(self, key: &str, items: &[String]) -> Self {
        self.list(key, items, |item| Value::String(item.clone()))
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }

    pub(super) fn map(self) -> Map<String, Value> {
        self.0
    }
}
