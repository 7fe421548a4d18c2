//! Texts made to fit the fields they go to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::out::{Out, Source};

/// How much is kept of what one object says beyond its fields.
#[derive(Debug)]
pub(crate) struct Limits {
    /// So many attributes.
    most: usize,
    /// So many characters of a key.
    key: usize,
    /// So many characters of a value.
    value: usize,
}

/// The rule of the field `attributes` of an asset.
const OF_ASSETS: &Limits = &Limits { most: 256, key: 128, value: 4096 };

/// The rule of the field `attributes` of a signal.
pub(crate) const OF_SIGNALS: &Limits = &Limits { most: 64, key: 63, value: 1024 };

/// `text` without white space around it and without control characters, at most `most` characters.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.len() <= most && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars().filter(|c| *c != '\0').take(most).collect::<String>().trim_end().to_owned()
}

/// `text` as one line, at most `most` characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    if text.contains(char::is_control) {
        let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        return clip(&spaced.split_whitespace().collect::<Vec<_>>().join(" "), most);
    }
    clip(text, most)
}

/// Small letters and digits with single dashes between: `Core Switch` is `core-switch`, `MobileNumber` is `mobilenumber`.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(64));
    for c in text.chars().take(256) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    while out.ends_with('-') {
        out.pop();
    }
    out
}

/// Small letters and digits only: `OWNER_NAME`, `Owner Name` and `ownerName` are all `ownername`.
pub(crate) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(128).collect()
}

/// Whether `text` has the form of a key: of an asset type, a site type, a legal tag.
pub(crate) fn is_key(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The attributes of one object, kept within the limits of the field.
#[derive(Debug)]
pub(crate) struct Attributes {
    map: BTreeMap<String, String>,
    cut: Vec<String>,
    limits: &'static Limits,
}

impl Default for Attributes {
    fn default() -> Self {
        Self::within(OF_ASSETS)
    }
}

impl Attributes {
    /// None yet.
    pub(crate) fn within(limits: &'static Limits) -> Self {
        Self { map: BTreeMap::new(), cut: Vec::new(), limits }
    }

    /// Keeps `value` under `key`; a second value of a key gets a number. Empty values are not kept.
    pub(crate) fn put(&mut self, key: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let mut key = line(key, self.limits.key);
        if key.is_empty() {
            "unnamed".clone_into(&mut key);
        }
        if self.map.get(&key).is_some_and(|known| known == value) {
            return;
        }
        if self.map.contains_key(&key) {
            let base = clip(&key, self.limits.key - 6);
            let free = (2..1000).map(|number| format!("{base} ({number})")).find(|next| !self.map.contains_key(next));
            let Some(next) = free else {
                self.cut.push(key);
                return;
            };
            key = next;
        }
        if self.map.len() >= self.limits.most {
            self.cut.push(key);
            return;
        }
        let kept = clip(value, self.limits.value);
        if kept.len() < value.len() {
            self.cut.push(key.clone());
        }
        self.map.insert(key, kept);
    }

    /// Keeps a JSON value: texts as they are, other values as JSON. Null, `[]` and `{}` are not kept.
    pub(crate) fn put_json(&mut self, key: &str, value: &Value) {
        if let Some(text) = of_json(value) {
            self.put(key, &text);
        }
    }

    /// The attributes of the asset of `from`, with a warning where some were shortened or did not fit.
    pub(crate) fn kept(self, from: &Source, out: &mut Out<'_>) -> BTreeMap<String, String> {
        let (kept, cut) = self.done();
        if !cut.is_empty() {
            let keys = clip(&cut.join(", "), 200);
            out.warn(format!(
                "{}: more than an asset can keep (256 attributes of 4096 characters); shortened or dropped: {keys}",
                from.origin
            ));
        }
        kept
    }

    /// The attributes, and the keys of those that were shortened or did not fit.
    pub(crate) fn done(self) -> (BTreeMap<String, String>, Vec<String>) {
        (self.map, self.cut)
    }
}

/// A JSON value as text: texts as they are, other values as JSON; nothing for null, `[]`, `{}` and empty text.
pub(crate) fn of_json(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Array(items) if items.iter().all(|item| of_json(item).is_none()) => None,
        Value::Object(fields) if fields.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// The text or number under `key`, as text; empty where there is none.
pub(crate) fn word(object: &serde_json::Map<String, Value>, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        _ => String::new(),
    }
}

/// What a JSON value is, in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
