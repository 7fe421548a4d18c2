//! JSON and the messages that carry it (`google.protobuf.Struct`, `google.protobuf.Value`), there and back.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

/// JSON as the message of JSON. Numbers become double precision, as the message has them.
#[must_use]
pub fn to_value(json: serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(truth) => Kind::BoolValue(truth),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(to_value).collect() })
        }
        serde_json::Value::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(key, field)| (key, to_value(field))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

/// A JSON object as the message of one; none of any other JSON.
#[must_use]
pub fn to_struct(json: serde_json::Value) -> Option<Struct> {
    match to_value(json).kind {
        Some(Kind::StructValue(fields)) => Some(fields),
        _ => None,
    }
}

/// The message of JSON as JSON. A number that JSON has no form for becomes null.
#[must_use]
pub fn of_value(value: Value) -> serde_json::Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(truth)) => truth.into(),
        Some(Kind::NumberValue(number)) => number.into(),
        Some(Kind::StringValue(text)) => text.into(),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(of_value).collect(),
        Some(Kind::StructValue(inner)) => of_struct(inner),
    }
}

/// The message of a JSON object as JSON.
#[must_use]
pub fn of_struct(of: Struct) -> serde_json::Value {
    serde_json::Value::Object(of.fields.into_iter().map(|(key, value)| (key, of_value(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::{of_struct, to_struct};

    #[test]
    fn an_object_comes_back_as_it_went() {
        let json = serde_json::json!({"text": "a", "none": null, "list": [1.5, true, {"deep": []}], "empty": {}});
        assert_eq!(to_struct(json.clone()).map(of_struct), Some(json));
        assert_eq!(to_struct(serde_json::json!([1])), None, "an array is no object");
    }
}
