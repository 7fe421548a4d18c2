//! Query parameters to fields of the request.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use crate::binding::{Binding, Body};
use crate::escape::pairs;
use crate::json::{MOST_DEPTH, Problems, field_named, from_text, shown, text_message, unknown};
use crate::mask;

/// More parameters than this are refused.
const MOST_PARAMETERS: usize = 1_000;

/// Fills the request from the query. What is wrong goes to `problems`, each by the name of its parameter.
pub(crate) fn fill(binding: &Binding, query: &str, request: &mut DynamicMessage, problems: &mut Problems) {
    for (count, pair) in pairs(query).enumerate() {
        if count >= MOST_PARAMETERS {
            problems.field("query", format!("may have at most {MOST_PARAMETERS} parameters: send fewer"));
            return;
        }
        let (name, value) = match pair {
            Ok(pair) => pair,
            Err((name, error)) => {
                problems.field(&shown(name), error.to_string());
                continue;
            }
        };
        if let Err(wrong) = parameter(binding, &name, &value, request) {
            problems.field(&shown(&name), wrong);
        }
    }
}

fn parameter(binding: &Binding, name: &str, text: &str, request: &mut DynamicMessage) -> Result<(), String> {
    let fields = resolve(&binding.input, name)?;
    taken(binding, &fields)?;
    let Some((field, outer)) = fields.split_last() else { return Err("is no field".to_owned()) };
    let kind = field.kind();
    let value = match &kind {
        Kind::Message(message) if message.full_name() == "google.protobuf.FieldMask" && !field.is_list() => {
            let about = match &binding.body {
                Body::Field(_, message) => Some(message),
                _ => None,
            };
            mask_message(message, mask::of_text(about, text)).ok_or("is no field mask")?
        }
        Kind::Message(message) => text_message(message, text)
            .map(Value::Message)
            .map_err(|wrong| if message.package_name() == "google.protobuf" { wrong } else { whole(name, message) })?,
        kind => from_text(kind, text)?,
    };
    let target = descend(request, outer).ok_or("cannot be set")?;
    set(target, field, value)
}

/// A field mask of these paths.
pub(crate) fn mask_message(message: &MessageDescriptor, paths: Vec<String>) -> Option<Value> {
    let mut out = DynamicMessage::new(message.clone());
    let paths = Value::List(paths.into_iter().map(Value::String).collect());
    out.try_set_field_by_name("paths", paths).ok().map(|()| Value::Message(out))
}

/// The message that holds the last field of a path, made on the way.
pub(crate) fn descend<'a>(
    message: &'a mut DynamicMessage,
    outer: &[FieldDescriptor],
) -> Option<&'a mut DynamicMessage> {
    outer.iter().try_fold(message, |message, field| message.get_field_mut(field).as_message_mut())
}

fn set(message: &mut DynamicMessage, field: &FieldDescriptor, value: Value) -> Result<(), String> {
    if field.is_list() {
        let list = message.get_field_mut(field).as_list_mut().ok_or("is no list")?;
        list.push(value);
        return Ok(());
    }
    if message.has_field(field) {
        return Err("is given twice and is no list: keep one".to_owned());
    }
    if let Some(oneof) = field.containing_oneof()
        && let Some(other) = oneof.fields().find(|other| message.has_field(other))
    {
        return Err(format!("excludes {}, which is given too: keep one of them", other.name()));
    }
    message.try_set_field(field, value).map_err(|error| error.to_string())
}

/// The fields along a dotted name, in proto or JSON spelling.
fn resolve(input: &MessageDescriptor, name: &str) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    let mut message = input.clone();
    if name.split('.').count() > MOST_DEPTH {
        return Err(format!("is nested deeper than {MOST_DEPTH}"));
    }
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        let field = field_named(&message, part).ok_or_else(|| unknown(&message, &shown(part)))?;
        if field.is_map() {
            return Err(format!("is a map ({}), which a query cannot carry: send it in a body", field.name()));
        }
        if parts.peek().is_some() {
            if field.is_list() {
                return Err(format!("goes into the list {}, which a query cannot: send it in a body", field.name()));
            }
            message = match field.kind() {
                Kind::Message(nested) => nested,
                _ => return Err(format!("{} has no fields of its own", field.name())),
            };
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Refuses a field that comes from elsewhere.
fn taken(binding: &Binding, fields: &[FieldDescriptor]) -> Result<(), String> {
    if binding.variables.iter().any(|variable| variable.fields == fields) {
        return Err("comes from the path: leave it out of the query".to_owned());
    }
    match &binding.body {
        Body::Whole => Err("goes in the JSON body of this method, not in the query".to_owned()),
        Body::Field(body, _) if fields.first() == Some(body) => {
            Err(format!("is part of {}, which is the JSON body: put it there", body.name()))
        }
        _ => Ok(()),
    }
}

fn whole(name: &str, message: &MessageDescriptor) -> String {
    let first = message.fields().next().map(|field| field.name().to_owned()).unwrap_or_default();
    format!("is a message ({}): name its fields, such as {name}.{first}=…", message.full_name())
}

#[cfg(test)]
mod tests;
