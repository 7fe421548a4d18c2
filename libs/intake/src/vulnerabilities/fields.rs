//! Fields of JSON objects, read tolerantly: what is missing or of another type is empty, what is too long is cut.

use serde_json::Value;

/// A text; empty where there is none. Numbers and booleans are read as they are written.
pub(crate) fn text(value: &Value, key: &str, most: usize) -> String {
    match value.get(key) {
        Some(Value::String(text)) => cut(text, most),
        Some(Value::Number(number)) => cut(&number.to_string(), most),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// The first letters of a text, without space around.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.trim().chars().take(most).collect()
}

/// The items of a list; one item that stands alone is a list of it.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match value.get(key) {
        Some(Value::Array(items)) => items,
        Some(one @ (Value::Object(_) | Value::String(_))) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// Texts of a list, the first so many.
pub(crate) fn texts(value: &Value, key: &str, most: usize, letters: usize) -> Vec<String> {
    let texts = items(value, key).iter().filter_map(Value::as_str).map(|text| cut(text, letters));
    texts.filter(|text| !text.is_empty()).take(most).collect()
}

/// A number; also where it is written as a text.
pub(crate) fn number(value: &Value, key: &str) -> Option<f64> {
    match value.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// A date as `YYYY-MM-DD`, whatever separates its parts; none where it is none.
pub(crate) fn date(text: &str) -> Option<String> {
    let time = crate::dates::read(text, &[])?;
    let stamp = jiff::Timestamp::from_second(time.seconds).ok()?;
    Some(jiff::tz::TimeZone::UTC.to_datetime(stamp).date().to_string())
}

/// What a value is, for people.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
