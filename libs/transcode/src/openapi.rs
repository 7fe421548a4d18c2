//! OpenAPI 3.1 from the descriptors: the same annotations the transcoder serves, with the comments as descriptions.

mod comments;
mod operation;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::DescriptorPool;
use serde_json::{Map, Value as Json, json};

use crate::binding::{ConflictError, of_service};
use comments::Comments;
use operation::{Names, operation};
use schema::Schemas;

/// What the document says of itself.
#[derive(Clone, Debug)]
pub struct Info<'a> {
    /// The title of the API.
    pub title: &'a str,
    /// The version of the document, such as `0.1.0`.
    pub version: &'a str,
    /// More about it, in Markdown; may be empty.
    pub description: &'a str,
    /// Where it is served, such as `https://gateway.example`; empty for "where this document came from".
    pub server: &'a str,
}

/// The OpenAPI 3.1 document of the services (full names). The same descriptors give the same document, to the byte.
///
/// # Errors
/// As [`Transcoder::new`](crate::Transcoder::new).
pub fn openapi(pool: &DescriptorPool, services: &[&str], info: &Info<'_>) -> Result<Json, ConflictError> {
    let comments = Comments::of(pool);
    let names = Names::of(pool);
    let mut schemas = Schemas::new(pool, &comments);
    let mut paths: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    let mut tags = Vec::new();
    let mut ids = BTreeSet::new();
    for service in services {
        let bindings = of_service(pool, service)?;
        let Some(first) = bindings.first() else { continue };
        let descriptor = first.method.parent_service();
        let description = comments.of_path(&descriptor.parent_file(), descriptor.path());
        tags.push(json!({ "name": descriptor.name(), "description": description }));
        for binding in &bindings {
            let (path, mut operation) = operation(binding, &names, &comments, &mut schemas);
            operation
                .insert("operationId".to_owned(), unique_id(binding.method.name(), descriptor.name(), &mut ids).into());
            let verb = binding.http_method.as_str().to_ascii_lowercase();
            paths.entry(path).or_default().insert(verb, Json::Object(operation));
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": info.title, "version": info.version },
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
            "responses": { "Error": error_response() },
            "schemas": schemas.finish(),
        },
    });
    if let Some(about) = document.get_mut("info").and_then(Json::as_object_mut).filter(|_| !info.description.is_empty())
    {
        about.insert("description".to_owned(), info.description.into());
    }
    if let Some(document) = document.as_object_mut().filter(|_| !info.server.is_empty()) {
        document.insert("servers".to_owned(), json!([{ "url": info.server }]));
    }
    Ok(document)
}

/// The method's name; with its service's, and a number after that, where the name is taken.
fn unique_id(method: &str, service: &str, taken: &mut BTreeSet<String>) -> String {
    let candidates = [method.to_owned(), format!("{service}_{method}")];
    let numbered = (2..).map(|number: u32| format!("{service}_{method}_{number}"));
    let mut candidates = candidates.into_iter().chain(numbered);
    candidates.find(|id| taken.insert(id.clone())).unwrap_or_default()
}

fn error_response() -> Json {
    json!({
        "description": "The call failed. The reason in the details is a name of the error index.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    })
}

#[cfg(test)]
mod tests;
