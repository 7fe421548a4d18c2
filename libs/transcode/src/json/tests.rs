use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MessageOptions, OneofDescriptorProto,
};
use serde_json::json;

use super::*;

fn field(number: i32, name: &str, kind: Type, of: &str, list: bool) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        type_name: (!of.is_empty()).then(|| of.to_owned()),
        label: Some(if list { Label::Repeated } else { Label::Optional }.into()),
        ..Default::default()
    }
}

/// A message with a field of every kind.
fn every_kind() -> MessageDescriptor {
    let scalars = [
        ("f64", Type::Double),
        ("f32", Type::Float),
        ("i32", Type::Int32),
        ("i64", Type::Int64),
        ("u32", Type::Uint32),
        ("u64", Type::Uint64),
        ("flag", Type::Bool),
        ("text", Type::String),
        ("raw", Type::Bytes),
    ];
    let mut fields: Vec<FieldDescriptorProto> =
        (1..).zip(scalars).map(|(number, (name, kind))| field(number, name, kind, "", false)).collect();
    fields.push(field(20, "when", Type::Message, ".google.protobuf.Timestamp", false));
    fields.push(field(21, "how_long", Type::Message, ".google.protobuf.Duration", false));
    fields.push(field(22, "mask", Type::Message, ".google.protobuf.FieldMask", false));
    fields.push(field(23, "maybe", Type::Message, ".google.protobuf.Int64Value", false));
    fields.push(field(24, "free", Type::Message, ".google.protobuf.Struct", false));
    fields.push(field(25, "any_value", Type::Message, ".google.protobuf.Value", false));
    fields.push(field(26, "colour", Type::Enum, ".t.Colour", false));
    fields.push(field(27, "many", Type::Int32, "", true));
    fields.push(field(28, "by_number", Type::Message, ".t.Every.ByNumberEntry", true));
    fields.push(field(29, "again", Type::Message, ".t.Every", false));
    for (number, name) in [(30, "left"), (31, "right")] {
        fields.push(FieldDescriptorProto { oneof_index: Some(0), ..field(number, name, Type::String, "", false) });
    }
    let entry = DescriptorProto {
        name: Some("ByNumberEntry".to_owned()),
        field: vec![field(1, "key", Type::Int32, "", false), field(2, "value", Type::String, "", false)],
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..Default::default()
    };
    let value = |name: &str, number| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        options: None,
    };
    let file = FileDescriptorProto {
        name: Some("t.proto".to_owned()),
        package: Some("t".to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: ["timestamp", "duration", "field_mask", "wrappers", "struct"]
            .map(|name| format!("google/protobuf/{name}.proto"))
            .to_vec(),
        enum_type: vec![EnumDescriptorProto {
            name: Some("Colour".to_owned()),
            value: vec![value("COLOUR_UNSPECIFIED", 0), value("RED", 1)],
            ..Default::default()
        }],
        message_type: vec![DescriptorProto {
            name: Some("Every".to_owned()),
            field: fields,
            nested_type: vec![entry],
            oneof_decl: vec![OneofDescriptorProto { name: Some("side".to_owned()), options: None }],
            ..Default::default()
        }],
        ..Default::default()
    };
    // The global pool holds the well-known types.
    let mut pool = DescriptorPool::global();
    pool.add_file_descriptor_proto(file).unwrap();
    pool.get_message_by_name("t.Every").unwrap()
}

#[test]
fn every_kind_goes_there_and_back() {
    let table = [
        (json!({"f64": 1.5, "f32": 0.5, "i32": -1, "u32": 4_294_967_295_u32, "flag": true, "text": "ä"}), None),
        (json!({"f64": "NaN", "f32": "-Infinity"}), None),
        (json!({"i64": "-9223372036854775808", "u64": "18446744073709551615"}), None),
        (
            json!({"i64": 7, "u64": 8, "i32": "9", "f64": "2.5"}),
            Some(json!({"i64": "7", "u64": "8", "i32": 9, "f64": 2.5})),
        ),
        (json!({"i32": 3.0, "i64": 1e3}), Some(json!({"i32": 3, "i64": "1000"}))),
        (json!({"raw": "AQI="}), None),
        (json!({"raw": "_-8"}), Some(json!({"raw": "/+8="}))),
        (json!({"when": "2026-07-01T12:00:00+02:00"}), Some(json!({"when": "2026-07-01T10:00:00Z"}))),
        (json!({"howLong": "1.5s"}), Some(json!({"howLong": "1.500s"}))),
        (json!({"mask": "displayName,a.fooBar"}), None),
        (json!({"mask": "display_name"}), Some(json!({"mask": "displayName"}))),
        (json!({"maybe": "0"}), None),
        (json!({"maybe": 0}), Some(json!({"maybe": "0"}))),
        (json!({"free": {"a": [1.0, null, {"b": "c"}]}}), None),
        (json!({"anyValue": null}), None),
        (json!({"colour": "RED", "many": [1, 2], "byNumber": {"1": "a"}, "again": {"text": "x"}}), None),
        (json!({"colour": 1}), Some(json!({"colour": "RED"}))),
        (json!({"colour": 17}), None),
        (json!({"text": null, "many": null, "byNumber": null, "again": null, "when": null}), Some(json!({}))),
        (json!({"i32": 0, "text": ""}), Some(json!({}))),
        (json!({"left": ""}), None),
        (json!({"left": null, "right": "r"}), Some(json!({"right": "r"}))),
    ];
    for (given, want) in table {
        let message =
            message_from_json(&every_kind(), given.to_string()).unwrap_or_else(|fault| panic!("{given}: {fault}"));
        let written: Value = serde_json::from_slice(&message_to_text(&message).unwrap()).unwrap();
        assert_eq!(written, want.unwrap_or(given));
        assert_eq!(message_to_json(&message), written);
    }
}

#[test]
fn wrong_values_are_told_by_field_and_expectation() {
    let table = [
        (json!({"i32": 1.5}), "i32: expected a whole number between -2147483648 and 2147483647, got the number 1.5"),
        (json!({"i32": 2_147_483_648_i64}), "i32: expected a whole number"),
        (json!({"u32": -1}), "u32: expected a whole number between 0 and"),
        (json!({"i64": "9223372036854775808"}), "i64: expected a whole number"),
        (json!({"f64": "inf"}), "f64: expected a number, got \"inf\""),
        (json!({"f32": 1e300}), "f32: expected a number"),
        (json!({"flag": "true"}), "flag: expected true or false, got the string \"true\""),
        (json!({"text": 1}), "text: expected a string, got the number 1"),
        (json!({"raw": "*"}), "raw: expected a string of base64"),
        (json!({"when": "yesterday"}), "when: expected an RFC 3339 time such as"),
        (json!({"when": 1}), "when: expected an RFC 3339 time such as"),
        (json!({"howLong": "1m"}), "how_long: expected a number of seconds"),
        (json!({"colour": "BLUE"}), "colour: expected one of RED, got \"BLUE\""),
        (json!({"colour": true}), "colour: expected one of RED, got true"),
        (json!({"many": 1}), "many: expected a list, got the number 1"),
        (json!({"many": [1, "x"]}), "many[1]: expected a whole number"),
        (json!({"many": [null]}), "many[0]: a list holds no null"),
        (json!({"byNumber": {"one": "x"}}), "by_number[\"one\"]: as a key expected a whole number"),
        (json!({"byNumber": {"1": null}}), "by_number[\"1\"]: a map holds no null"),
        (json!({"byNumber": []}), "by_number: expected an object"),
        (json!({"again": {"again": {"txt": 1}}}), "again.again.txt: is no field of t.Every"),
        (json!({"again": 7}), "again: expected an object (t.Every), got the number 7"),
        (json!({"howLong": "1s", "how_long": "2s"}), "how_long: is given twice"),
        (json!({"left": "l", "right": "r"}), "right: excludes left"),
        (json!({"free": 1}), "free: expected an object"),
        (json!({"mask": ["a"]}), "mask: expected names of fields"),
    ];
    for (given, want) in table {
        let fault = message_from_json(&every_kind(), given.to_string()).unwrap_err();
        assert_eq!(fault.reason(), "FIELD_INVALID");
        assert!(fault.message().starts_with(want), "{given}: {}", fault.message());
    }
}

#[test]
fn nesting_has_a_limit_not_a_stack_overflow() {
    let nested = |depth: usize| format!("{}{}", r#"{"again":"#.repeat(depth) + "{}", "}".repeat(depth));
    assert!(message_from_json(&every_kind(), nested(60)).is_ok());
    for depth in [65, 1_000, 200_000] {
        let fault = message_from_json(&every_kind(), nested(depth)).unwrap_err();
        assert_eq!(fault.reason(), "BODY_INVALID");
        assert!(fault.message().contains("deeper"), "{}", fault.message());
    }
}

#[test]
fn a_flood_of_faults_is_counted_not_listed() {
    let fields: serde_json::Map<String, Value> = (0..5_000).map(|n| (format!("x{n}"), json!(1))).collect();
    let fault = message_from_json(&every_kind(), Value::Object(fields).to_string()).unwrap_err();
    assert!(fault.message().contains("and 100 more"), "{}", fault.message());
}
