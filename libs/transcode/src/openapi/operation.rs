//! One operation: parameters, body, answers, who may call it.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Map, Value as Json, json};

use super::comments::Comments;
use super::schema::Schemas;
use crate::binding::{Binding, Body};
use crate::template::Segment;

/// What the segment after a collection is called: `organizations` is followed by `{organization}`.
pub(crate) struct Names {
    by_collection: HashMap<String, String>,
}

impl Names {
    /// Reads the patterns of every `google.api.resource`.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let mut by_collection = HashMap::new();
        let extension = pool.get_extension_by_name("google.api.resource");
        for message in pool.all_messages() {
            let options = message.options();
            let Some(extension) = extension.as_ref().filter(|extension| options.has_extension(extension)) else {
                continue;
            };
            let resource = options.get_extension(extension);
            let patterns = resource.as_message().and_then(|resource| resource.get_field_by_name("pattern"));
            let patterns = patterns.as_ref().and_then(|patterns| patterns.as_list()).unwrap_or_default();
            for pattern in patterns.iter().filter_map(|pattern| pattern.as_str()) {
                let segments: Vec<&str> = pattern.split('/').collect();
                for pair in segments.windows(2) {
                    if let [collection, id] = pair
                        && let Some(id) = id.strip_prefix('{').and_then(|id| id.strip_suffix('}'))
                    {
                        by_collection.entry((*collection).to_owned()).or_insert_with(|| id.to_owned());
                    }
                }
            }
        }
        Self { by_collection }
    }

    fn after(&self, collection: &str) -> String {
        let known = self.by_collection.get(collection).cloned();
        known.unwrap_or_else(|| collection.strip_suffix('s').unwrap_or(collection).to_owned())
    }
}

/// The path of an operation and the operation, but for its id.
pub(crate) fn operation(
    binding: &Binding,
    names: &Names,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> (String, Map<String, Json>) {
    let method = &binding.method;
    let comment = comments.of_path(&method.parent_file(), method.path());
    let (path, mut parameters) = path(binding, names);
    parameters.extend(query(binding, schemas));
    parameters.extend(headers(binding));
    let mut out = Map::new();
    out.insert("tags".to_owned(), json!([method.parent_service().name()]));
    out.insert("summary".to_owned(), summary(comment).into());
    out.insert("description".to_owned(), comment.into());
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = body(binding, schemas) {
        out.insert("requestBody".to_owned(), body);
    }
    out.insert("responses".to_owned(), responses(binding, schemas));
    access(method, &mut out);
    if let Some(idempotent) = idempotent(method) {
        out.insert("x-idempotent".to_owned(), idempotent.into());
    }
    (path, out)
}

/// The first sentence.
fn summary(comment: &str) -> &str {
    let end = comment.find(". ").or_else(|| comment.find(": ")).unwrap_or(comment.len());
    comment.get(..end).unwrap_or(comment).trim_end_matches('.')
}

/// The path with a parameter per wildcard, and those parameters.
fn path(binding: &Binding, names: &Names) -> (String, Vec<Json>) {
    let mut text = String::new();
    let mut parameters = Vec::new();
    let mut before = "";
    let mut taken: Vec<String> = Vec::new();
    for (index, segment) in binding.template.segments.iter().enumerate() {
        text.push('/');
        if let Segment::Literal(literal) = segment {
            text.push_str(literal);
            before = literal;
            continue;
        }
        let variable = binding.variables.iter().find(|of| index >= of.start && of.end.is_none_or(|end| index < end));
        let mut name = match variable {
            Some(variable) if !variable.multiple => variable.path.clone(),
            _ => names.after(before),
        };
        while taken.contains(&name) {
            name.push('_');
        }
        taken.push(name.clone());
        text.push_str(&format!("{{{name}}}"));
        let filled = variable.map(|variable| format!("Part of `{}`.", variable.path));
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": filled.unwrap_or_default(),
            "schema": { "type": "string", "minLength": 1 },
        }));
    }
    if let Some(verb) = &binding.template.verb {
        text.push(':');
        text.push_str(verb);
    }
    (text, parameters)
}

/// The parameters of the query: every field that comes neither from the path nor from the body.
fn query(binding: &Binding, schemas: &mut Schemas<'_>) -> Vec<Json> {
    let mut out = Vec::new();
    if !matches!(binding.body, Body::Whole) {
        let mut trail = Vec::new();
        collect(binding, &binding.input, &mut trail, schemas, &mut out);
    }
    out
}

fn collect(
    binding: &Binding,
    message: &MessageDescriptor,
    trail: &mut Vec<FieldDescriptor>,
    schemas: &mut Schemas<'_>,
    out: &mut Vec<Json>,
) {
    for field in message.fields() {
        let from_body = matches!(&binding.body, Body::Field(body, _) if *body == field && trail.is_empty());
        if from_body || field.is_map() {
            continue;
        }
        let nested = match field.kind() {
            Kind::Message(nested) if nested.package_name() == "google.protobuf" => match nested.name() {
                "Struct" | "Any" | "Value" | "ListValue" | "Empty" => continue,
                _ => None,
            },
            Kind::Message(nested) => Some(nested),
            _ => None,
        };
        let repeats = trail.contains(&field);
        trail.push(field.clone());
        let from_path = binding.variables.iter().any(|variable| variable.fields == *trail);
        match nested {
            Some(nested) if !field.is_list() && !repeats => collect(binding, &nested, trail, schemas, out),
            None if !from_path => out.push(parameter(trail, &field, schemas)),
            _ => {}
        }
        trail.pop();
    }
}

fn parameter(trail: &[FieldDescriptor], field: &FieldDescriptor, schemas: &mut Schemas<'_>) -> Json {
    let mut schema = schemas.field(field);
    let description = schema.as_object_mut().and_then(|schema| {
        schema.remove("readOnly");
        schema.remove("description")
    });
    let name = trail.iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".");
    let mut out = Map::from_iter([
        ("name".to_owned(), name.into()),
        ("in".to_owned(), "query".into()),
        ("schema".to_owned(), schema),
    ]);
    if schemas.is_required(field) && trail.len() == 1 {
        out.insert("required".to_owned(), true.into());
    }
    if let Some(description) = description {
        out.insert("description".to_owned(), description);
    }
    Json::Object(out)
}

fn headers(binding: &Binding) -> Vec<Json> {
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } });
    let mut out = Vec::new();
    if binding.etag.is_some() && binding.http_method != http::Method::GET {
        let text =
            "The etag last read, as in the ETag header; the call fails with 409 where the resource has changed since.";
        out.push(header("If-Match", text));
    }
    if binding.resume.is_some() {
        out.push(header("Last-Event-ID", "The id of the last event seen: resumes after it, where no cursor is given."));
    }
    out
}

fn body(binding: &Binding, schemas: &mut Schemas<'_>) -> Option<Json> {
    let (schema, required) = match &binding.body {
        Body::None => return None,
        Body::Whole => {
            let from_path = |field: &FieldDescriptor| binding.variables.iter().any(|of| of.fields == [field.clone()]);
            let schema = schemas.object(&binding.input, |field| !from_path(field));
            let required = schema.get("required").is_some();
            (schema, required)
        }
        // What a PATCH leaves out stays as it is, so nothing in it is required.
        Body::Field(_, message) if binding.http_method == http::Method::PATCH => {
            let mut schema = schemas.object(message, |_| true);
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("required");
            }
            (schema, true)
        }
        Body::Field(field, message) => (schemas.message(message), schemas.is_required(field)),
    };
    Some(json!({ "required": required, "content": { "application/json": { "schema": schema } } }))
}

fn responses(binding: &Binding, schemas: &mut Schemas<'_>) -> Json {
    let schema = schemas.message(&binding.output);
    let content = if binding.method.is_server_streaming() {
        json!({
            "application/x-ndjson": { "schema": schema.clone() },
            "text/event-stream": { "schema": schema },
        })
    } else {
        json!({ "application/json": { "schema": schema } })
    };
    let description = if binding.method.is_server_streaming() {
        "A stream: each line, or the data of each event, is one such value. A failure after the start is the last: `{\"error\":…}`, as event `error`."
    } else {
        "The answer. Fields that have their default are left out."
    };
    let mut success = json!({ "description": description, "content": content });
    if let Some(success) = success.as_object_mut().filter(|_| binding.output_etag.is_some()) {
        let etag = json!({ "ETag": { "description": "The etag of the resource.", "schema": { "type": "string" } } });
        success.insert("headers".to_owned(), etag);
    }
    json!({ "200": success, "default": { "$ref": "#/components/responses/Error" } })
}

/// Who may call it.
fn access(method: &MethodDescriptor, out: &mut Map<String, Json>) {
    let Some(extension) = method.parent_pool().get_extension_by_name("telwarden.access.v1.rule") else { return };
    let options = method.options();
    if !options.has_extension(&extension) {
        return;
    }
    let rule = options.get_extension(&extension);
    let Some(rule) = rule.as_message() else { return };
    if rule.get_field_by_name("public").and_then(|public| public.as_bool()) == Some(true) {
        out.insert("security".to_owned(), json!([]));
    }
    let permission = rule.get_field_by_name("permission");
    if let Some(permission) =
        permission.as_ref().and_then(|permission| permission.as_str()).filter(|text| !text.is_empty())
    {
        out.insert("x-permission".to_owned(), permission.into());
    }
}

/// What `idempotency_level` says; `None` where it says nothing.
fn idempotent(method: &MethodDescriptor) -> Option<bool> {
    let level = method.method_descriptor_proto().options.as_ref()?.idempotency_level;
    level.map(|level| level != 0)
}
