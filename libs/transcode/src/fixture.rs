//! A service of our own for tests: forms that the suite's protos do not have (yet).

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value as Json, json};

/// A pool with one service, `t.Things`, whose methods have these HTTP rules.
pub(crate) fn pool_with(rules: &[Json]) -> DescriptorPool {
    let field = |name: &str, number: i32, kind: &str, of: &str, label: &str| {
        let mut field = json!({"name": name, "number": number, "type": kind, "label": label});
        if !of.is_empty() {
            field["typeName"] = of.into();
        }
        field
    };
    let one = |name: &str, number: i32, kind: &str| field(name, number, kind, "", "LABEL_OPTIONAL");
    let message = |name: &str, number: i32, of: &str| field(name, number, "TYPE_MESSAGE", of, "LABEL_OPTIONAL");
    let methods: Vec<Json> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            json!({
                "name": format!("Do{index}"), "inputType": ".t.Request", "outputType": ".t.Thing",
                "options": {"[google.api.http]": rule},
            })
        })
        .collect();
    let imports = ["timestamp", "duration", "field_mask", "wrappers", "struct"];
    let mut dependencies: Vec<String> = imports.iter().map(|name| format!("google/protobuf/{name}.proto")).collect();
    dependencies.push("google/api/annotations.proto".to_owned());
    let file = json!({
        "name": "t.proto", "package": "t", "syntax": "proto3", "dependency": dependencies,
        "enumType": [{"name": "Colour", "value": [{"name": "COLOUR_UNSPECIFIED", "number": 0}, {"name": "RED", "number": 1}]}],
        "messageType": [
            {"name": "Thing", "field": [one("name", 1, "TYPE_STRING"), one("etag", 2, "TYPE_STRING")]},
            {
                "name": "Request",
                "field": [
                    one("id", 1, "TYPE_STRING"),
                    message("thing", 2, ".t.Thing"),
                    field("many", 3, "TYPE_STRING", "", "LABEL_REPEATED"),
                    one("count", 4, "TYPE_INT32"),
                    message("at_time", 5, ".google.protobuf.Timestamp"),
                    message("how_long", 6, ".google.protobuf.Duration"),
                    message("read_mask", 7, ".google.protobuf.FieldMask"),
                    message("maybe", 8, ".google.protobuf.BoolValue"),
                    message("big", 9, ".google.protobuf.Int64Value"),
                    field("colours", 10, "TYPE_ENUM", ".t.Colour", "LABEL_REPEATED"),
                    field("labels", 11, "TYPE_MESSAGE", ".t.Request.LabelsEntry", "LABEL_REPEATED"),
                    message("free", 12, ".google.protobuf.Struct"),
                    field("things", 13, "TYPE_MESSAGE", ".t.Thing", "LABEL_REPEATED"),
                    one("raw", 14, "TYPE_BYTES"),
                    message("again", 15, ".t.Request"),
                    field("times", 16, "TYPE_MESSAGE", ".google.protobuf.Timestamp", "LABEL_REPEATED"),
                    one("ratio", 17, "TYPE_DOUBLE"),
                ],
                "nestedType": [{
                    "name": "LabelsEntry",
                    "field": [one("key", 1, "TYPE_STRING"), one("value", 2, "TYPE_STRING")],
                    "options": {"mapEntry": true},
                }],
            },
        ],
        "service": [{"name": "Things", "method": methods}],
    });
    let mut pool = wire::pool().clone();
    // The well-known types that no proto of the suite imports.
    for name in imports {
        let name = format!("google/protobuf/{name}.proto");
        if pool.get_file_by_name(&name).is_none() {
            let known = DescriptorPool::global().get_file_by_name(&name).expect("a well-known file");
            pool.add_file_descriptor_proto(known.file_descriptor_proto().clone()).unwrap();
        }
    }
    let descriptor = pool.get_message_by_name("google.protobuf.FileDescriptorProto").unwrap();
    let file = DynamicMessage::deserialize(descriptor, file).unwrap();
    pool.decode_file_descriptor_proto(file.encode_to_vec().as_slice()).unwrap();
    pool
}
