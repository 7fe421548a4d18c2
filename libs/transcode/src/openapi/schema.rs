//! JSON schemas of messages, enums and fields.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    Value,
};
use serde_json::{Map, Value as Json, json};

use super::comments::Comments;

/// Field behaviours of `google.api`, by number.
const REQUIRED: i32 = 2;
const OUTPUT_ONLY: i32 = 3;
const INPUT_ONLY: i32 = 4;

/// The schemas a document refers to, collected as they are met.
pub(crate) struct Schemas<'a> {
    comments: &'a Comments,
    behavior: Option<ExtensionDescriptor>,
    rules: Option<ExtensionDescriptor>,
    /// By name in the document: whose it is, and the schema (`null` while it is being made, which ends recursion).
    components: BTreeMap<String, (String, Json)>,
}

impl<'a> Schemas<'a> {
    /// No schemas yet.
    pub(crate) fn new(pool: &DescriptorPool, comments: &'a Comments) -> Self {
        Self {
            comments,
            behavior: pool.get_extension_by_name("google.api.field_behavior"),
            rules: pool.get_extension_by_name("buf.validate.field"),
            components: BTreeMap::new(),
        }
    }

    /// All of them, with that of errors.
    pub(crate) fn finish(self) -> Json {
        let mut all: Map<String, Json> =
            self.components.into_iter().map(|(name, (_, schema))| (name, schema)).collect();
        all.insert("Error".to_owned(), error());
        Json::Object(all)
    }

    /// The schema of a message: a reference, or the JSON form of a well-known type.
    pub(crate) fn message(&mut self, message: &MessageDescriptor) -> Json {
        if let Some(known) = well_known(message) {
            return known;
        }
        let name = self.reserve(message.full_name(), message.package_name());
        if let Some(name) = &name.fresh {
            let mut schema = self.object(message, |_| true);
            // Answers may gain fields; a client that checks them against this document must not break by that.
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("additionalProperties");
            }
            self.components.insert(name.clone(), (message.full_name().to_owned(), schema));
        }
        json!({ "$ref": format!("#/components/schemas/{}", name.name) })
    }

    /// The schema of an object with those fields of a message that `keep` wants, and no other.
    pub(crate) fn object(&mut self, message: &MessageDescriptor, keep: impl Fn(&FieldDescriptor) -> bool) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields().filter(|field| keep(field)) {
            let schema = self.field(&field);
            if self.behaviors(&field).contains(&REQUIRED) {
                required.push(Json::String(field.json_name().to_owned()));
            }
            properties.insert(field.json_name().to_owned(), schema);
        }
        let mut out = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), Json::Object(properties)),
            ("additionalProperties".to_owned(), Json::Bool(false)),
        ]);
        describe(&mut out, self.comments.of_path(&message.parent_file(), message.path()));
        if !required.is_empty() {
            out.insert("required".to_owned(), required.into());
        }
        Json::Object(out)
    }

    /// The schema of a field, with its comment, behaviour and limits.
    pub(crate) fn field(&mut self, field: &FieldDescriptor) -> Json {
        let rules = self.rules_of(field);
        let mut schema = if field.is_map() {
            self.map(field, rules.as_ref())
        } else if field.is_list() {
            let mut items = self.kind(&field.kind());
            if let Some(inner) = rules.as_ref().and_then(|rules| message_of(rules, "items")) {
                limit(&mut items, typed(&inner).as_ref());
            }
            let mut list =
                Map::from_iter([("type".to_owned(), json!("array")), ("items".to_owned(), Json::Object(items))]);
            number(&mut list, rules.as_ref(), "min_items", "minItems");
            number(&mut list, rules.as_ref(), "max_items", "maxItems");
            list
        } else {
            let mut single = self.kind(&field.kind());
            limit(&mut single, rules.as_ref());
            single
        };
        let behaviors = self.behaviors(field);
        if behaviors.contains(&OUTPUT_ONLY) {
            schema.insert("readOnly".to_owned(), Json::Bool(true));
        }
        if behaviors.contains(&INPUT_ONLY) {
            schema.insert("writeOnly".to_owned(), Json::Bool(true));
        }
        describe(&mut schema, self.comments.of_path(&field.parent_file(), field.path()));
        Json::Object(schema)
    }

    /// Whether the field must be given.
    pub(crate) fn is_required(&self, field: &FieldDescriptor) -> bool {
        self.behaviors(field).contains(&REQUIRED)
    }

    fn map(&mut self, field: &FieldDescriptor, rules: Option<&DynamicMessage>) -> Map<String, Json> {
        let Kind::Message(entry) = field.kind() else { return Map::new() };
        let mut values = self.kind(&entry.map_entry_value_field().kind());
        if let Some(inner) = rules.and_then(|rules| message_of(rules, "values")) {
            limit(&mut values, typed(&inner).as_ref());
        }
        let mut out = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("additionalProperties".to_owned(), Json::Object(values)),
        ]);
        number(&mut out, rules, "max_pairs", "maxProperties");
        if let Some(inner) = rules.and_then(|rules| message_of(rules, "keys")) {
            let mut keys = Map::new();
            limit(&mut keys, typed(&inner).as_ref());
            if !keys.is_empty() {
                out.insert("propertyNames".to_owned(), Json::Object(keys));
            }
        }
        out
    }

    fn kind(&mut self, kind: &Kind) -> Map<String, Json> {
        let schema = match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(of) => self.enumeration(of),
            kind => scalar(kind),
        };
        match schema {
            Json::Object(schema) => schema,
            _ => Map::new(),
        }
    }

    fn enumeration(&mut self, of: &EnumDescriptor) -> Json {
        let name = self.reserve(of.full_name(), of.package_name());
        if let Some(name) = &name.fresh {
            let file = of.parent_file();
            let mut text = self.comments.of_path(&file, of.path()).to_owned();
            for value in of.values() {
                let comment = self.comments.of_path(&file, value.path());
                if !comment.is_empty() {
                    text.push_str(&format!("\n- `{}`: {comment}", value.name()));
                }
            }
            let values: Vec<Json> = of.values().map(|value| value.name().into()).collect();
            let mut schema = Map::from_iter([("type".to_owned(), json!("string")), ("enum".to_owned(), values.into())]);
            describe(&mut schema, &text);
            self.components.insert(name.clone(), (of.full_name().to_owned(), Json::Object(schema)));
        }
        json!({ "$ref": format!("#/components/schemas/{}", name.name) })
    }

    /// The name of a component: without its package, in full where another has that name. Reserved at once, so that a message that
    /// holds itself finds it.
    fn reserve(&mut self, full_name: &str, package: &str) -> Reserved {
        let short = full_name.strip_prefix(package).unwrap_or(full_name).trim_start_matches('.');
        for name in [short, full_name] {
            match self.components.get(name) {
                Some((of, _)) if of == full_name => return Reserved { name: name.to_owned(), fresh: None },
                None if name != "Error" => {
                    self.components.insert(name.to_owned(), (full_name.to_owned(), Json::Null));
                    return Reserved { name: name.to_owned(), fresh: Some(name.to_owned()) };
                }
                _ => {}
            }
        }
        // Full names are unique, and no short name has the form of another's full name.
        Reserved { name: full_name.to_owned(), fresh: None }
    }

    fn behaviors(&self, field: &FieldDescriptor) -> Vec<i32> {
        let Some(extension) = &self.behavior else { return Vec::new() };
        let options = field.options();
        let value = options.get_extension(extension);
        value.as_list().unwrap_or_default().iter().filter_map(Value::as_enum_number).collect()
    }

    fn rules_of(&self, field: &FieldDescriptor) -> Option<DynamicMessage> {
        let options = field.options();
        let extension = self.rules.as_ref().filter(|extension| options.has_extension(extension))?;
        let rules = options.get_extension(extension).as_message().cloned()?;
        typed(&rules)
    }
}

struct Reserved {
    name: String,
    /// The name, where the component is still to be made.
    fresh: Option<String>,
}

fn describe(schema: &mut Map<String, Json>, text: &str) {
    if !text.is_empty() {
        schema.insert("description".to_owned(), text.into());
    }
}

fn scalar(kind: &Kind) -> Json {
    match kind {
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Float => json!({ "type": "number", "format": "float" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({ "type": "integer", "format": "int32" }),
        Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "format": "uint32" }),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "format": "int64" }),
        Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Bytes => json!({ "type": "string", "format": "byte" }),
        _ => json!({ "type": "string" }),
    }
}

/// The JSON form of the well-known types.
fn well_known(message: &MessageDescriptor) -> Option<Json> {
    let short = message.full_name().strip_prefix("google.protobuf.")?;
    Some(match short {
        "Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "Duration" => json!({ "type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$" }),
        "FieldMask" => json!({ "type": "string", "format": "field-mask" }),
        "Struct" | "Any" => json!({ "type": "object", "additionalProperties": true }),
        "ListValue" => json!({ "type": "array", "items": {} }),
        "Value" => json!({}),
        "Empty" => json!({ "type": "object", "additionalProperties": false }),
        _ => match message.get_field_by_name("value") {
            Some(value) => scalar(&value.kind()),
            None => json!({ "type": "object" }),
        },
    })
}

/// The rules of the field's type, out of the oneof.
fn typed(rules: &DynamicMessage) -> Option<DynamicMessage> {
    let mut fields = rules.fields();
    let found = fields.find(|(field, _)| field.containing_oneof().is_some_and(|oneof| oneof.name() == "type"));
    found.and_then(|(_, value)| value.as_message().cloned())
}

fn get(rules: &DynamicMessage, name: &str) -> Option<Value> {
    rules.has_field_by_name(name).then(|| rules.get_field_by_name(name)).flatten().map(std::borrow::Cow::into_owned)
}

fn message_of(rules: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    get(rules, name).and_then(|value| value.as_message().cloned())
}

/// The limits of one value. Those of 64-bit integers stay out, as JSON has them as strings.
fn limit(schema: &mut Map<String, Json>, rules: Option<&DynamicMessage>) {
    let Some(rules) = rules else { return };
    if schema.contains_key("$ref") {
        return;
    }
    if schema.get("type") == Some(&json!("string")) {
        if rules.descriptor_name() == "buf.validate.StringRules" {
            number(schema, Some(rules), "min_len", "minLength");
            number(schema, Some(rules), "max_len", "maxLength");
            if let Some(Value::String(pattern)) = get(rules, "pattern") {
                schema.insert("pattern".to_owned(), pattern.into());
            }
        }
        return;
    }
    number(schema, Some(rules), "gte", "minimum");
    number(schema, Some(rules), "lte", "maximum");
    // Keys of maps have no type of their own here.
    number(schema, Some(rules), "min_len", "minLength");
    number(schema, Some(rules), "max_len", "maxLength");
    if let Some(Value::String(pattern)) = get(rules, "pattern") {
        schema.insert("pattern".to_owned(), pattern.into());
    }
}

fn number(schema: &mut Map<String, Json>, rules: Option<&DynamicMessage>, rule: &str, keyword: &str) {
    let value = match rules.and_then(|rules| get(rules, rule)) {
        Some(Value::U64(value)) => json!(value),
        Some(Value::I32(value)) => json!(value),
        Some(Value::I64(value)) => json!(value),
        Some(Value::F64(value)) => json!(value),
        _ => return,
    };
    schema.insert(keyword.to_owned(), value);
}

trait DescriptorName {
    fn descriptor_name(&self) -> String;
}

impl DescriptorName for DynamicMessage {
    fn descriptor_name(&self) -> String {
        prost_reflect::ReflectMessage::descriptor(self).full_name().to_owned()
    }
}

/// The schema of AIP-193 errors.
fn error() -> Json {
    json!({
        "type": "object",
        "description": "Why a call failed (AIP-193).",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "status", "message"],
            "properties": {
                "code": { "type": "integer", "format": "int32", "description": "The HTTP code." },
                "status": { "type": "string", "description": "The gRPC code: `NOT_FOUND`." },
                "message": { "type": "string", "description": "What is wrong and what to do, for people." },
                "details": {
                    "type": "array",
                    "description": "`google.rpc` details; an ErrorInfo with reason, domain and metadata is always there.",
                    "items": {
                        "type": "object",
                        "required": ["@type"],
                        "properties": {
                            "@type": { "type": "string" },
                            "reason": { "type": "string" },
                            "domain": { "type": "string" },
                            "metadata": { "type": "object", "additionalProperties": { "type": "string" } },
                        },
                        "additionalProperties": true,
                    },
                },
            },
        } },
    })
}
