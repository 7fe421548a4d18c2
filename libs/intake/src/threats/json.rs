//! JSON as a whole, with the place of what is wrong in it.

use serde_json::{Map, Value};

use crate::IntakeError;

const MEND: &str = "mend the file there or download it anew";

/// A JSON document.
pub(super) fn read(bytes: &[u8], expected: &'static str) -> Result<Value, IntakeError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(IntakeError::Empty { expected });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let at = format!("line {} column {}", error.line(), error.column());
        // serde_json says the place again at the end of its message.
        let problem = error.to_string();
        let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(what, _)| what).to_owned();
        match error.classify() {
            serde_json::error::Category::Eof => IntakeError::Truncated { at, problem },
            _ => IntakeError::Malformed { at, problem, remedy: MEND },
        }
    })
}

/// What a value is, for people.
pub(super) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a truth value".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(fields) => with_fields(fields),
    }
}

fn with_fields(fields: &Map<String, Value>) -> String {
    let names: Vec<String> = fields.keys().take(8).map(|key| crate::text::line(key, 40)).collect();
    match names.is_empty() {
        true => "an empty object".to_owned(),
        false => format!("an object with {}", names.join(", ")),
    }
}

/// What is expected and not there.
pub(super) fn unexpected(at: &str, value: &Value, expected: &'static str) -> IntakeError {
    IntakeError::Unexpected { at: at.to_owned(), found: kind_of(value), expected }
}
