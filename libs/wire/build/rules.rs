//! Turns `buf.validate` field rules into plain Rust, so that a check costs no reflection.
//!
//! Only the rules that proto/buf/validate/validate.proto defines exist; a rule used on a field it cannot apply to
//! stops the build.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The `impl Validate` blocks of every message of this house, and what standard methods' requests are, per package.
pub(crate) fn generate(pool: &DescriptorPool) -> Outcome<BTreeMap<String, String>> {
    let mut packages: BTreeMap<String, String> = BTreeMap::new();
    let messages: Vec<MessageDescriptor> = pool
        .all_messages()
        .filter(|message| message.package_name().starts_with("telwarden.") && !message.is_map_entry())
        .collect();
    for message in messages {
        let source = packages.entry(message.package_name().to_owned()).or_default();
        implement(&message, source)?;
        crate::standard::implement(&message, source)?;
    }
    for choice in pool.all_enums().filter(|choice| choice.package_name().starts_with("telwarden.")) {
        let source = packages.entry(choice.package_name().to_owned()).or_default();
        crate::standard::choice(&choice, source)?;
    }
    Ok(packages)
}

fn implement(message: &MessageDescriptor, source: &mut String) -> Outcome<()> {
    let mut body = String::new();
    for field in message.fields() {
        check_field(message, &field, &mut body).map_err(|error| format!("{}: {error}", field.full_name()))?;
    }
    let (at, out) = if body.is_empty() { ("_", "_") } else { ("at", "out") };
    writeln!(
        source,
        "impl crate::Validate for {} {{ fn check(&self, {at}: &crate::At<'_>, {out}: &mut Vec<crate::Violation>) {{\n{body}}} }}",
        rust_path(message)
    )?;
    Ok(())
}

fn check_field(message: &MessageDescriptor, field: &FieldDescriptor, body: &mut String) -> Outcome<()> {
    let rules = field_rules(field)?;
    let name = field.name();
    let member = format!("self.{}", rust_name(name));
    if flag(rules.as_ref(), "required") {
        writeln!(body, "crate::rules::required({member}.is_some(), at, {name:?}, out);")?;
    }
    if let Some(oneof) = field.containing_oneof().filter(|_| !field.field_descriptor_proto().proto3_optional()) {
        if matches!(field.kind(), Kind::Message(_)) && ours(field) {
            writeln!(
                body,
                "if let Some({}::{}::{}(value)) = &self.{} {{ crate::Validate::check(value, &at.field({name:?}), out); }}",
                module_path(message),
                oneof.name().to_upper_camel_case(),
                name.to_upper_camel_case(),
                rust_name(oneof.name()),
            )?;
        }
        return Ok(());
    }
    let typed = rules.as_ref().map(typed_rules).transpose()?.flatten();
    if field.is_map() {
        return check_map(field, &member, typed.as_ref(), body);
    }
    if field.is_list() {
        return check_list(field, &member, typed.as_ref(), body);
    }
    match field.kind() {
        Kind::Message(_) if ours(field) => {
            writeln!(
                body,
                "if let Some(value) = &{member} {{ crate::Validate::check(value, &at.field({name:?}), out); }}"
            )?;
        }
        Kind::Message(of) if of.full_name() == "google.protobuf.Timestamp" => {
            writeln!(
                body,
                "if let Some(value) = &{member} {{ crate::rules::moment(value, &at.field({name:?}), out); }}"
            )?;
        }
        Kind::Message(_) => {}
        _ => write_scalar(field, &format!("&{member}"), &format!("&at.field({name:?})"), typed.as_ref(), body)?,
    }
    Ok(())
}

fn check_list(field: &FieldDescriptor, member: &str, typed: Option<&DynamicMessage>, body: &mut String) -> Outcome<()> {
    let name = field.name();
    let (least, most) = (number(typed, "min_items"), number(typed, "max_items"));
    if least.is_some() || most.is_some() {
        writeln!(body, "crate::rules::items({member}.len(), {least:?}, {most:?}, at, {name:?}, out);")?;
    }
    let items = typed.and_then(|rules| message_field(rules, "items"));
    let inner = items.as_ref().map(typed_rules).transpose()?.flatten();
    let mut check = String::new();
    match field.kind() {
        Kind::Message(_) if ours(field) => check.push_str("crate::Validate::check(value, &at.item(index), out);"),
        Kind::Message(_) => {}
        _ => write_scalar(field, "value", "&at.item(index)", inner.as_ref(), &mut check)?,
    }
    if !check.is_empty() {
        writeln!(
            body,
            "{{ let at = &at.field({name:?}); for (index, value) in {member}.iter().enumerate().take(crate::rules::MOST_ITEMS) {{ {check} }} }}"
        )?;
    }
    Ok(())
}

fn check_map(field: &FieldDescriptor, member: &str, typed: Option<&DynamicMessage>, body: &mut String) -> Outcome<()> {
    let name = field.name();
    if let Some(most) = number(typed, "max_pairs") {
        writeln!(body, "crate::rules::items({member}.len(), None, Some({most}), at, {name:?}, out);")?;
    }
    let Kind::Message(entry) = field.kind() else { return Err("a map without an entry".into()) };
    let mut check = String::new();
    for (part, side) in [("keys", "key"), ("values", "value")] {
        let rules = typed.and_then(|rules| message_field(rules, part));
        let inner = rules.as_ref().map(typed_rules).transpose()?.flatten();
        let of = entry.get_field_by_name(side).ok_or("a map entry without key or value")?;
        match of.kind() {
            Kind::Message(_) if ours(&of) => check.push_str("crate::Validate::check(value, &at.key(key), out);"),
            Kind::Message(_) => {}
            _ => write_scalar(&of, side, "&at.key(key)", inner.as_ref(), &mut check)?,
        }
    }
    writeln!(
        body,
        "{{ let at = &at.field({name:?}); for (key, value) in {member}.iter().take(crate::rules::MOST_ITEMS) {{ let _ = value; {check} }} }}"
    )?;
    Ok(())
}

/// One check of one scalar, of which `value` is a reference.
fn write_scalar(
    field: &FieldDescriptor,
    value: &str,
    at: &str,
    typed: Option<&DynamicMessage>,
    body: &mut String,
) -> Outcome<()> {
    match field.kind() {
        Kind::String => {
            let pattern = match typed.and_then(|rules| get(rules, "pattern")) {
                Some(Value::String(pattern)) => {
                    format!("Some({{ static P: crate::rules::Pattern = crate::rules::Pattern::new({pattern:?}); &P }})")
                }
                _ => "None".to_owned(),
            };
            let (least, most) = (number(typed, "min_len"), number(typed, "max_len"));
            writeln!(body, "crate::rules::string({value}, {least:?}, {most:?}, {pattern}, {at}, out);")?;
        }
        Kind::Bytes => {
            if let Some(most) = number(typed, "max_len") {
                let value = value.trim_start_matches('&');
                writeln!(body, "crate::rules::items({value}.len(), None, Some({most}), {at}, \"\", out);")?;
            }
        }
        Kind::Enum(kind) if flag(typed, "defined_only") => {
            // A required enum must say something: its zero says nothing.
            let least = i32::from(is_required(field));
            let known: Vec<i32> = kind.values().map(|value| value.number()).filter(|number| *number >= least).collect();
            writeln!(body, "crate::rules::defined(*({value}), &{known:?}, {at}, out);")?;
        }
        Kind::Enum(_) => {}
        Kind::Int32 | Kind::Int64 | Kind::Double => {
            let (least, most) = (bound(typed, "gte"), bound(typed, "lte"));
            if field.kind() == Kind::Double || least.is_some() || most.is_some() {
                writeln!(body, "crate::rules::within(*({value}) as f64, {least:?}, {most:?}, {at}, out);")?;
            }
        }
        _ if typed.is_some() => return Err("rules for a type without rules".into()),
        _ => {}
    }
    Ok(())
}

fn field_rules(field: &FieldDescriptor) -> Outcome<Option<DynamicMessage>> {
    let extension = field
        .parent_pool()
        .get_extension_by_name("buf.validate.field")
        .ok_or("buf/validate/validate.proto is missing")?;
    let options = field.options();
    Ok(options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).into_owned())
        .and_then(|value| value.as_message().cloned()))
}

/// Whether `google.api.field_behavior` says REQUIRED.
fn is_required(field: &FieldDescriptor) -> bool {
    const REQUIRED: i32 = 2;
    let Some(extension) = field.parent_pool().get_extension_by_name("google.api.field_behavior") else { return false };
    let options = field.options();
    let behaviors = options.get_extension(&extension);
    behaviors.as_list().is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(REQUIRED)))
}

/// The rules of the field's type, out of the oneof.
fn typed_rules(rules: &DynamicMessage) -> Outcome<Option<DynamicMessage>> {
    if rules.unknown_fields().next().is_some() {
        return Err("a rule that proto/buf/validate/validate.proto does not define".into());
    }
    Ok(rules
        .fields()
        .find(|(field, _)| field.containing_oneof().is_some_and(|oneof| oneof.name() == "type"))
        .and_then(|(_, value)| value.as_message().cloned()))
}

fn get(rules: &DynamicMessage, name: &str) -> Option<Value> {
    rules.has_field_by_name(name).then(|| rules.get_field_by_name(name)).flatten().map(std::borrow::Cow::into_owned)
}

fn message_field(rules: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    get(rules, name).and_then(|value| value.as_message().cloned())
}

fn flag(rules: Option<&DynamicMessage>, name: &str) -> bool {
    rules.and_then(|rules| get(rules, name)).and_then(|value| value.as_bool()).unwrap_or(false)
}

fn number(rules: Option<&DynamicMessage>, name: &str) -> Option<u64> {
    rules.and_then(|rules| get(rules, name)).and_then(|value| value.as_u64())
}

fn bound(rules: Option<&DynamicMessage>, name: &str) -> Option<f64> {
    match rules.and_then(|rules| get(rules, name))? {
        Value::I32(value) => Some(f64::from(value)),
        Value::I64(value) => Some(value as f64),
        Value::F64(value) => Some(value),
        _ => None,
    }
}

/// Whether a message field is of this house, and so has rules of its own.
fn ours(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(message) if message.package_name().starts_with("telwarden."))
}

/// The path of the Rust type of a message, inside its package's module.
pub(crate) fn rust_path(message: &MessageDescriptor) -> String {
    match message.parent_message() {
        Some(parent) => format!("{}::{}", module_path(&parent), message.name().to_upper_camel_case()),
        None => message.name().to_upper_camel_case(),
    }
}

/// The path of the Rust type of an enum, inside its package's module.
pub(crate) fn enum_path(of: &EnumDescriptor) -> String {
    let name = of.name().to_upper_camel_case();
    of.parent_message().map_or(name.clone(), |parent| format!("{}::{name}", module_path(&parent)))
}

/// The module in which prost puts what is nested in a message.
fn module_path(message: &MessageDescriptor) -> String {
    let own = message.name().to_snake_case();
    message.parent_message().map_or(own.clone(), |parent| format!("{}::{own}", module_path(&parent)))
}

pub(crate) fn rust_name(name: &str) -> String {
    if matches!(name, "type" | "match" | "move" | "ref" | "use" | "where") {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}
