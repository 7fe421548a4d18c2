//! Says of the requests of standard methods (AIP-131 to AIP-135) what they are, so that one handler serves every resource.

use std::fmt::Write as _;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use crate::rules::{Outcome, enum_path, rust_name, rust_path};

/// The `impl` of the trait that a request's shape gives it; nothing for any other message.
pub(crate) fn implement(message: &MessageDescriptor, source: &mut String) -> Outcome<()> {
    let Some(method) = message.name().strip_suffix("Request") else { return Ok(()) };
    let path = rust_path(message);
    let has = |name: &str| message.get_field_by_name(name).is_some();
    if method.starts_with("Get") && has("name") {
        writeln!(source, "impl crate::GetRequest for {path} {{ fn name(&self) -> &str {{ &self.name }} }}")?;
    } else if method.starts_with("Delete") && has("name") && has("etag") {
        writeln!(
            source,
            "impl crate::DeleteRequest for {path} {{ fn name(&self) -> &str {{ &self.name }} fn etag(&self) -> &str {{ &self.etag }} }}"
        )?;
    } else if method.starts_with("Create") && has("parent") {
        let Some((field, resource)) = resource(message) else { return Ok(()) };
        writeln!(
            source,
            "impl crate::CreateRequest for {path} {{ type Resource = {}; fn into_parts(self) -> (String, String, Option<{0}>) {{ (self.parent, self.{}_id, self.{}) }} }}",
            rust_path(&resource),
            field.name(),
            rust_name(field.name()),
        )?;
    } else if method.starts_with("Update") && has("update_mask") {
        let Some((field, resource)) = resource(message) else { return Ok(()) };
        writeln!(
            source,
            "impl crate::UpdateRequest for {path} {{ type Resource = {}; fn into_parts(self) -> (Option<{0}>, Option<prost_types::FieldMask>) {{ (self.{}, self.update_mask) }} }}",
            rust_path(&resource),
            rust_name(field.name()),
        )?;
    } else if method.starts_with("List") && has("parent") && has("filter") && has("order_by") {
        list(message, method, source)?;
    }
    Ok(())
}

/// The names and numbers of an enum, so that columns, filters and guards of states are checked by the compiler.
pub(crate) fn choice(of: &EnumDescriptor, source: &mut String) -> Outcome<()> {
    let values: Vec<(String, i32)> = of.values().map(|value| (value.name().to_owned(), value.number())).collect();
    writeln!(
        source,
        "impl crate::Choice for {} {{ const VALUES: &'static [(&'static str, i32)] = &{values:?}; }}",
        enum_path(of)
    )?;
    Ok(())
}

fn list(message: &MessageDescriptor, method: &str, source: &mut String) -> Outcome<()> {
    let name = format!("{}.{method}Response", message.package_name());
    let response = message.parent_pool().get_message_by_name(&name).ok_or(format!("{name} is missing"))?;
    let items = response.fields().find(|field| field.is_list()).ok_or(format!("{name} lists nothing"))?;
    let Kind::Message(resource) = items.kind() else { return Err(format!("{name} lists no messages").into()) };
    writeln!(
        source,
        "impl crate::ListRequest for {path} {{ type Resource = {}; type Response = {response}; \
         fn query(&self) -> crate::ListQuery<'_> {{ crate::ListQuery {{ parent: &self.parent, page_size: self.page_size, \
         page_token: &self.page_token, filter: &self.filter, order_by: &self.order_by }} }} \
         fn response(items: Vec<{0}>, next_page_token: String) -> {response} {{ {response} {{ {}: items, next_page_token }} }} }}",
        rust_path(&resource),
        rust_name(items.name()),
        path = rust_path(message),
        response = rust_path(&response),
    )?;
    Ok(())
}

/// The field that holds the resource: a message of the request's own package.
fn resource(message: &MessageDescriptor) -> Option<(FieldDescriptor, MessageDescriptor)> {
    message.fields().find_map(|field| match field.kind() {
        Kind::Message(kind) if !field.is_list() && kind.package_name() == message.package_name() => Some((field, kind)),
        _ => None,
    })
}
