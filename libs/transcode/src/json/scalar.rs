//! Scalars out of JSON values and out of text (a query, a path, the key of a map).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{EnumDescriptor, Kind, Value};
use serde_json::Value as Json;

use super::shown;

const FORGIVING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);

/// How many names of an enum an error lists.
const MOST_NAMES: usize = 24;

/// A scalar or enum from a JSON value. The error says what was expected and what came.
pub(crate) fn from_json(kind: &Kind, value: &Json) -> Result<Value, String> {
    let wrong = || Err(format!("expected {}, got {}", expected(kind), got(value)));
    match (kind, value) {
        (Kind::String, Json::String(text)) => Ok(Value::String(text.clone())),
        (Kind::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Kind::String | Kind::Bool, _) => wrong(),
        (Kind::Bytes | Kind::Enum(_), Json::String(text)) => from_text(kind, text),
        (Kind::Enum(_), Json::Number(number)) => {
            whole(number).and_then(|number| i32::try_from(number).ok()).map_or_else(wrong, |n| Ok(Value::EnumNumber(n)))
        }
        (Kind::Float | Kind::Double, Json::Number(number)) => {
            number.as_f64().and_then(|number| float(kind, number)).map_or_else(wrong, Ok)
        }
        (_, Json::Number(number)) => whole(number).and_then(|number| integer(kind, number)).map_or_else(wrong, Ok),
        (Kind::Bytes | Kind::Message(_), _) => wrong(),
        (_, Json::String(text)) => from_text(kind, text),
        _ => wrong(),
    }
}

/// A scalar or enum from text. The error says what was expected and what came.
pub(crate) fn from_text(kind: &Kind, text: &str) -> Result<Value, String> {
    let value = match kind {
        Kind::String => Some(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Bytes => {
            STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok().map(|bytes| Value::Bytes(bytes.into()))
        }
        Kind::Enum(of) => {
            of.get_value_by_name(text).map(|value| value.number()).or_else(|| text.parse().ok()).map(Value::EnumNumber)
        }
        Kind::Float | Kind::Double => number(text).and_then(|number| float(kind, number)),
        Kind::Message(_) => None,
        _ => text.parse().ok().and_then(|number: i128| integer(kind, number)),
    };
    value.ok_or_else(|| format!("expected {}, got {:?}", expected(kind), shown(text)))
}

/// A number as JSON writes it, or one of the three words of the standard; not Rust's `inf`.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E')) => None,
        _ => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn float(kind: &Kind, number: f64) -> Option<Value> {
    match kind {
        Kind::Float => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "rounding to the nearest float is what the field asks for"
            )]
            let narrow = number as f32;
            (narrow.is_finite() || !number.is_finite()).then_some(Value::F32(narrow))
        }
        _ => Some(Value::F64(number)),
    }
}

/// A whole number, also where it is written `3.0` or `1e3`.
fn whole(number: &serde_json::Number) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, checked above")]
    let whole = float as i64;
    Some(whole.into())
}

fn integer(kind: &Kind, number: i128) -> Option<Value> {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => i32::try_from(number).ok().map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => i64::try_from(number).ok().map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => u32::try_from(number).ok().map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => u64::try_from(number).ok().map(Value::U64),
        _ => None,
    }
}

/// What a field of this kind takes, for people.
pub(crate) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Double | Kind::Float => "a number".to_owned(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => format!("a whole number between {} and {}", i32::MIN, i32::MAX),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            format!("a whole number between {} and {} (beyond 2^53 as a string)", i64::MIN, i64::MAX)
        }
        Kind::Uint32 | Kind::Fixed32 => format!("a whole number between 0 and {}", u32::MAX),
        Kind::Uint64 | Kind::Fixed64 => format!("a whole number between 0 and {} (beyond 2^53 as a string)", u64::MAX),
        Kind::Bool => "true or false".to_owned(),
        Kind::String => "a string".to_owned(),
        Kind::Bytes => "a string of base64".to_owned(),
        Kind::Enum(of) => format!("one of {}", names(of)),
        Kind::Message(message) => format!("an object ({})", message.full_name()),
    }
}

fn names(of: &EnumDescriptor) -> String {
    let all: Vec<String> =
        of.values().filter(|value| value.number() != 0).map(|value| value.name().to_owned()).collect();
    let listed = all.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > MOST_NAMES { format!("{listed} and {} more", all.len() - MOST_NAMES) } else { listed }
}

/// What a JSON value is, for people.
pub(crate) fn got(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => format!("{value}"),
        Json::Number(number) => format!("the number {number}"),
        Json::String(text) => format!("the string {:?}", shown(text)),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(_) => "an object".to_owned(),
    }
}
