//! Parts of objects, made to fit the fields they go to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::risk::v1::threat::{Citation, Remark};

use crate::text;

/// How many remarks of one sort are kept of a threat.
pub(super) const MOST_REMARKS: usize = 100;

/// How many examples are kept of a threat.
pub(super) const MOST_EXAMPLES: usize = 300;

/// An object.
pub(super) type Fields = Map<String, Value>;

/// The text under a key, of at most so many characters, with line ends as here.
pub(super) fn prose(fields: &Fields, key: &str, most: usize) -> String {
    cleaned(&text::word(fields, key), most)
}

/// A text of at most so many characters, with line ends as here and without the control characters that slip into published files.
pub(super) fn cleaned(said: &str, most: usize) -> String {
    let keeps = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text::clip(&said.chars().filter(keeps).collect::<String>(), most)
}

/// The line under a key.
pub(super) fn line(fields: &Fields, key: &str, most: usize) -> String {
    text::line(&text::word(fields, key), most)
}

/// Whether it is true under a key.
pub(super) fn yes(fields: &Fields, key: &str) -> bool {
    fields.get(key).is_some_and(|value| value.as_bool().unwrap_or_else(|| value.as_str() == Some("true")))
}

/// The items of the list under a key; none where there is no list.
pub(super) fn list<'a>(fields: &'a Fields, key: &str) -> &'a [Value] {
    fields.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The objects of the list under a key.
pub(super) fn objects<'a>(fields: &'a Fields, key: &str) -> impl Iterator<Item = &'a Fields> {
    list(fields, key).iter().filter_map(Value::as_object)
}

/// The words under a key, be they a list or a text with commas between, each once. `None` and `N/A` say that there are none.
pub(super) fn words(fields: &Fields, key: &str) -> Vec<String> {
    let mut words = Vec::new();
    let items: Vec<&str> = match fields.get(key) {
        Some(Value::String(text)) => text.split(',').collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    add_words(&mut words, items);
    words
}

/// Adds words that are not there yet, be it in other letters.
pub(super) fn add_words<'a>(words: &mut Vec<String>, more: impl IntoIterator<Item = &'a str>) {
    for word in more {
        let word = text::line(word.trim_end_matches('.'), 200);
        let none = word.is_empty() || word.eq_ignore_ascii_case("none") || word.eq_ignore_ascii_case("n/a");
        if !none && !words.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
}

/// A remark; none where it says nothing.
pub(super) fn remark(title: &str, said: &str) -> Option<Remark> {
    let remark = Remark { title: text::line(title, 500), text: cleaned(said, 8000) };
    (!remark.title.is_empty() || !remark.text.is_empty()).then_some(remark)
}

/// Adds remarks that are not there yet, as far as they are kept.
pub(super) fn add_remarks(remarks: &mut Vec<Remark>, more: impl IntoIterator<Item = Remark>, most: usize) {
    for remark in more {
        if remarks.len() < most && !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
}

/// A citation; none where it says nothing.
pub(super) fn citation(said: &str, uri: &str) -> Option<Citation> {
    let citation = Citation { text: cleaned(said, 4000), uri: text::line(uri, 2000) };
    (!citation.text.is_empty() || !citation.uri.is_empty()).then_some(citation)
}

/// The first address within a text.
pub(super) fn address(said: &str) -> &str {
    let start = ["https://", "http://"].iter().filter_map(|scheme| said.find(scheme)).min();
    let Some(rest) = start.and_then(|start| said.get(start..)) else { return "" };
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | '>' | '"' | ']')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().trim_end_matches(['.', ','])
}

/// What is simple and has no field: texts, numbers, truth values, and lists of them.
pub(super) fn properties(fields: &Fields, taken: &[&str]) -> BTreeMap<String, String> {
    let others = fields.iter().filter(|(key, _)| !taken.contains(&key.as_str()));
    let kept = others.filter_map(|(key, value)| {
        let value = match value {
            Value::Array(items) => items.iter().map(simple).collect::<Option<Vec<_>>>()?.join(", "),
            other => simple(other)?,
        };
        let (key, value) = (text::line(key, 100), cleaned(&value, 2000));
        (!key.is_empty() && !value.is_empty()).then_some((key, value))
    });
    kept.take(64).collect()
}

fn simple(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The key of what a dot follows in a key: `FGT1557` of `FGT1557.001`.
pub(super) fn before_dot(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(before, _)| before)
}
