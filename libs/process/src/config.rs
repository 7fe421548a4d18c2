//! Settings: built in, then a file, then the environment.
//!
//! A later layer wins, key by key. What is wrong is told by its key, by the file or variable that said it, and by what was
//! expected there. The variable of `feed.batch` is `TELWARDEN_FEED__BATCH`; one that is set but empty counts as not set,
//! which is what `${X:-}` in a compose file gives.

mod documentation;
mod units;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub use documentation::{Setting, explain, render_example, render_markdown, undocumented};
pub use units::{Period, Size, UnitError};

/// What every variable that sets something begins with.
pub const PREFIX: &str = "TELWARDEN_";

/// Why a service does not start with the settings that it was given.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the settings in {} are not TOML: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A setting is unknown, missing, or not what it should be.
    #[error("{origin}: {setting}{message}{hint}")]
    Setting {
        /// The file or the variable that said it.
        origin: String,
        /// Its key and a colon, where one key is at fault; else empty.
        setting: String,
        /// What is wrong, and what is expected.
        message: String,
        /// What was probably meant; else empty.
        hint: String,
    },
}

/// One thing that was said about settings, and by whom.
struct Layer {
    origin: String,
    table: Table,
}

/// Reads the settings of a service.
///
/// `defaults` is the service's built-in TOML. `environment` is usually [`std::env::vars`]: variables that do not begin with
/// [`PREFIX`], or name no section (`__`), are other people's and are passed over.
///
/// # Errors
/// [`ConfigError`], which names the setting, who said it, and what is expected.
pub fn load<T: DeserializeOwned>(
    defaults: &str,
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let built_in = toml::from_str::<Table>(defaults).map_err(|error| ConfigError::Setting {
        origin: "the built-in settings (a defect of this program)".to_owned(),
        setting: String::new(),
        message: error.to_string(),
        hint: String::new(),
    })?;
    let mut layers = vec![Layer { origin: "the built-in settings".to_owned(), table: built_in }];
    if let Some(path) = file {
        layers.push(read(path)?);
    }
    let settings = explain(defaults);
    let mut variables: Vec<_> = environment.filter_map(|(name, value)| of_ours(name, value)).collect();
    variables.sort();
    for (name, path, value) in variables {
        let mut table = Table::new();
        let value = typed(&value, model(&settings, &layers, &path).as_ref());
        place(&mut table, &path, value);
        layers.push(Layer { origin: format!("the environment variable {name}"), table });
    }
    let mut merged = Table::new();
    for layer in &layers {
        merge(&mut merged, &layer.table);
    }
    parse(&merged).map_err(|error| blame::<T>(&layers, &error))
}

/// The variable that sets `key`.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn read(path: &Path) -> Result<Layer, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let table = toml::from_str(&text)
        .map_err(|error| ConfigError::Syntax { path: path.to_owned(), message: error.to_string() })?;
    Ok(Layer { origin: format!("the file {}", path.display()), table })
}

/// The name, the path and the value of a variable that sets something.
fn of_ours(name: String, value: String) -> Option<(String, Vec<String>, String)> {
    let path: Vec<String> = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
    (path.len() > 1 && !value.is_empty()).then_some((name, path, value))
}

/// A value whose type the variable's value should have: what a lower layer says there, or the example.
fn model(settings: &[Setting], layers: &[Layer], path: &[String]) -> Option<Value> {
    let said = layers.iter().rev().find_map(|layer| find(&layer.table, path)).cloned();
    said.or_else(|| {
        let setting = settings.iter().find(|setting| setting.key == path.join("."))?;
        let example = setting.example.as_ref()?;
        toml::from_str::<Table>(&format!("value = {example}")).ok()?.remove("value")
    })
}

fn find<'a>(table: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(first)?;
    if rest.is_empty() { Some(value) } else { find(value.as_table()?, rest) }
}

fn place(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                place(inner, rest, value);
            }
        }
    }
}

/// The text of a variable as a value. What does not fit its model stays a text, and is refused with the right words later.
fn typed(text: &str, model: Option<&Value>) -> Value {
    let as_text = || Value::String(text.to_owned());
    let literal =
        || toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value"));
    match model {
        Some(Value::String(_)) => as_text(),
        // Lists are usually lists of names, and people write those with commas.
        Some(Value::Array(_)) if !text.trim_start().starts_with('[') => {
            Value::Array(text.split(',').map(|item| Value::String(item.trim().to_owned())).collect())
        }
        Some(Value::Float(_)) => text.trim().parse().map_or_else(|_| as_text(), Value::Float),
        Some(_) | None => literal().unwrap_or_else(as_text),
    }
}

fn merge(into: &mut Table, layer: &Table) {
    for (key, value) in layer {
        match (into.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// What serde makes of the table: a message, and the key at fault if there is one.
///
/// The table is written out and read back because only a text has positions, and only a position leads to the key.
fn parse<T: DeserializeOwned>(table: &Table) -> Result<T, (String, String)> {
    let text = toml::to_string(table).map_err(|error| (String::new(), error.to_string()))?;
    toml::from_str(&text).map_err(|error| {
        let key = error.span().map(|span| key_at(&text, span.start)).unwrap_or_default();
        (key, error.message().to_owned())
    })
}

/// The key whose line, in TOML written by the toml crate, holds the byte at `position`.
fn key_at(text: &str, position: usize) -> String {
    let mut section = "";
    let mut key = "";
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if start > position {
            break;
        }
        start += line.len();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end().trim_matches(|c| c == '[' || c == ']');
            key = "";
        } else if let Some((name, _)) = line.split_once(" = ") {
            key = name;
        }
    }
    [section, key].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// Who said what is wrong: the first layer with which the error appears.
fn blame<T: DeserializeOwned>(layers: &[Layer], error: &(String, String)) -> ConfigError {
    let (key, message) = error;
    let mut merged = Table::new();
    let mut culprit = None;
    for layer in layers {
        merge(&mut merged, &layer.table);
        match parse::<T>(&merged) {
            Err(found) if found == *error => culprit = culprit.or(Some(layer)),
            // An earlier appearance that a later layer cured is not this error.
            _ => culprit = None,
        }
    }
    let missing = message.starts_with("missing field");
    let origin = match culprit {
        Some(layer) if !missing => layer.origin.clone(),
        _ => "the settings".to_owned(),
    };
    let setting = if key.is_empty() { String::new() } else { format!("{key}: ") };
    ConfigError::Setting { origin, setting, message: message.clone(), hint: hint(key, message) }
}

/// What was probably meant by an unknown key, or how to set a missing one.
fn hint(key: &str, message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(named) = quoted.next() else { return String::new() };
    if message.starts_with("missing field") {
        let path = if key.is_empty() { named.to_owned() } else { format!("{key}.{named}") };
        let by_variable = if path.contains('.') {
            format!(" or as the environment variable {}", variable(&path))
        } else {
            String::new()
        };
        return format!("; set {path} in the settings file{by_variable}");
    }
    if !message.starts_with("unknown") {
        return String::new();
    }
    let nearest = quoted.map(|known| (distance(named, known), known)).min();
    match nearest {
        Some((steps, known)) if steps <= 1 + named.len() / 4 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}

/// How many letters must be changed, added or removed to make one word the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(100).enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), pair) in b.iter().zip(row.iter().skip(1)).zip(row.iter()) {
            let left = next.last().copied().unwrap_or_default();
            next.push((pair + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
