//! What the generated checks of `buf.validate` rules lean on.

use std::fmt;
use std::sync::OnceLock;

use regex::Regex;

/// A list longer than this is not walked: its length alone is the violation.
pub const MOST_ITEMS: usize = 10_000;

/// A message that can say whether it looks right.
pub trait Validate {
    /// Adds what is wrong with the message, which stands at `at`, to `out`.
    fn check(&self, at: &At<'_>, out: &mut Vec<Violation>);

    /// Everything that is wrong with the message.
    fn violations(&self) -> Vec<Violation> {
        let mut out = Vec::new();
        self.check(&At::Root, &mut out);
        out
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field, as a path of proto names from the request: `asset.labels["a b"]`.
    pub field: String,
    /// What the rule is and how to satisfy it.
    pub description: String,
}

/// Where in a message a check is. Borrowed links, so that a message without faults allocates nothing.
#[derive(Debug)]
pub enum At<'a> {
    /// The message itself.
    Root,
    /// A field of what is before.
    Field(&'a At<'a>, &'static str),
    /// An item of the list before.
    Item(&'a At<'a>, usize),
    /// An entry of the map before.
    Key(&'a At<'a>, &'a str),
}

impl<'a> At<'a> {
    /// A field of the message here.
    #[must_use]
    pub fn field(&'a self, name: &'static str) -> Self {
        At::Field(self, name)
    }

    /// An item of the list here.
    #[must_use]
    pub fn item(&'a self, index: usize) -> Self {
        At::Item(self, index)
    }

    /// An entry of the map here.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        At::Key(self, key)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Field(At::Root, name) => f.write_str(name),
            At::Field(before, "") => write!(f, "{before}"),
            At::Field(before, name) => write!(f, "{before}.{name}"),
            At::Item(before, index) => write!(f, "{before}[{index}]"),
            At::Key(before, key) => write!(f, "{before}[{:?}]", key.chars().take(64).collect::<String>()),
        }
    }
}

/// A pattern that is compiled once, when first used.
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern of `source`.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    fn matches(&self, value: &str) -> bool {
        self.compiled
            .get_or_init(|| Regex::new(self.source).ok())
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(value))
    }
}

fn fail(at: &At<'_>, out: &mut Vec<Violation>, description: String) {
    out.push(Violation { field: at.to_string(), description });
}

/// The field must be set.
pub fn required(set: bool, at: &At<'_>, name: &'static str, out: &mut Vec<Violation>) {
    if !set {
        fail(&at.field(name), out, "is required: set it".to_owned());
    }
}

/// The length of a list or map.
pub fn items(
    length: usize,
    least: Option<u64>,
    most: Option<u64>,
    at: &At<'_>,
    name: &'static str,
    out: &mut Vec<Violation>,
) {
    if least.is_some_and(|least| (length as u64) < least) {
        fail(&at.field(name), out, format!("needs at least {} entries, has {length}", least.unwrap_or_default()));
    }
    if most.is_some_and(|most| (length as u64) > most) {
        fail(
            &at.field(name),
            out,
            format!("may have at most {} entries, has {length}: leave some out", most.unwrap_or_default()),
        );
    }
}

/// The length, characters and pattern of a string. An empty string is an unset field: only `least` looks at it.
pub fn string(
    value: &str,
    least: Option<u64>,
    most: Option<u64>,
    pattern: Option<&Pattern>,
    at: &At<'_>,
    out: &mut Vec<Violation>,
) {
    if value.is_empty() {
        if least.is_some_and(|least| least > 0) {
            fail(at, out, "is required: set it".to_owned());
        }
        return;
    }
    // Bytes bound characters from above, so the common case counts nothing.
    if most.is_some_and(|most| value.len() as u64 > most && value.chars().count() as u64 > most) {
        let length = value.chars().count();
        fail(at, out, format!("may have at most {} characters, has {length}: shorten it", most.unwrap_or_default()));
    } else if least.is_some_and(|least| least > 1 && (value.chars().count() as u64) < least) {
        fail(at, out, format!("needs at least {} characters", least.unwrap_or_default()));
    } else if let Some(control) = value.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        fail(at, out, format!("holds the control character U+{:04X}: remove it", u32::from(control)));
    } else if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(value)) {
        fail(at, out, format!("must match {}", pattern.source));
    }
}

/// An enum must have a value it defines, and one that says something.
pub fn defined(value: i32, known: &[i32], at: &At<'_>, out: &mut Vec<Violation>) {
    if !known.contains(&value) {
        fail(at, out, format!("must be one of the values its enum defines, is {value}"));
    }
}

/// The bounds of a number, which must be finite.
pub fn within(value: f64, least: Option<f64>, most: Option<f64>, at: &At<'_>, out: &mut Vec<Violation>) {
    if !value.is_finite() {
        fail(at, out, "must be a finite number".to_owned());
    } else if least.is_some_and(|least| value < least) {
        fail(at, out, format!("must be at least {}, is {value}", least.unwrap_or_default()));
    } else if most.is_some_and(|most| value > most) {
        fail(at, out, format!("must be at most {}, is {value}", most.unwrap_or_default()));
    }
}

/// A moment that JSON can write: in the years 1 to 9999, its nanoseconds 0 to 999,999,999.
pub fn moment(value: &prost_types::Timestamp, at: &At<'_>, out: &mut Vec<Violation>) {
    if !(-62_135_596_800..=253_402_300_799).contains(&value.seconds) {
        fail(at, out, format!("must be a time in the years 1 to 9999, is {} seconds from 1970", value.seconds));
    } else if !(0..1_000_000_000).contains(&value.nanos) {
        fail(at, out, format!("must have 0 to 999999999 nanoseconds, has {}", value.nanos));
    }
}
