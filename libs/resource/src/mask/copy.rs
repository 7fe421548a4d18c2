//! Taking fields of one message over into another of the same type, under the behaviours of the fields.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, MapKey, MessageDescriptor, ReflectMessage as _, Value};

use super::path::Step;
use crate::behavior::{Behavior, behaviors, below};
use crate::problem::Problem;

/// Where in the resource a message stands.
pub(super) struct Place {
    /// The path from the resource, empty for the resource itself.
    path: String,
    /// Whether the message comes to be by this very update, so that what is set once may be set.
    fresh: bool,
}

impl Place {
    /// The resource itself.
    pub(super) fn top() -> Self {
        Self { path: String::new(), fresh: false }
    }

    fn is_top(&self) -> bool {
        self.path.is_empty()
    }

    fn name(&self, segment: &str) -> String {
        if self.is_top() { segment.to_owned() } else { format!("{}.{segment}", self.path) }
    }

    fn below(&self, segment: &str, fresh: bool) -> Self {
        Self { path: self.name(segment), fresh: self.fresh || fresh }
    }
}

/// What may be done with a field of the message at a place.
enum Leave {
    /// The field stays as it is.
    Alone,
    /// The field stays as it is, and another value is a problem.
    Once,
    /// The field is taken over.
    Open,
}

fn leave(behavior: Behavior, field: &FieldDescriptor, place: &Place) -> Leave {
    if behavior.served() || (place.is_top() && field.name() == "etag") {
        Leave::Alone
    } else if behavior.immutable && !place.fresh {
        Leave::Once
    } else {
        Leave::Open
    }
}

/// Takes over every field of `new`, also the empty ones.
pub(super) fn all(out: &mut DynamicMessage, new: &DynamicMessage, place: &Place) -> Result<(), Problem> {
    // Two passes: clearing first keeps a set member of a oneof from being lost to an empty one after it.
    let fields: Vec<_> = new.descriptor().fields().collect();
    let (set, unset): (Vec<_>, Vec<_>) = fields.iter().partition(|field| new.has_field(field));
    unset.into_iter().chain(set).try_for_each(|field| whole(out, new, field, place))
}

/// Takes over every field that is populated in `new`.
pub(super) fn populated(out: &mut DynamicMessage, new: &DynamicMessage, place: &Place) -> Result<(), Problem> {
    let behaviors = behaviors(&new.descriptor());
    for field in new.descriptor().fields() {
        let behavior = behaviors.of(&field);
        // Below the top, a zero of a REQUIRED field was meant: without it the message would not be valid.
        let meant = !place.is_top() && behavior.required && !field.supports_presence() && !field.is_list();
        if !new.has_field(&field) && !meant {
            continue;
        }
        let merges = single_message(&field).is_some_and(|message| !is_standard(&message));
        if merges && out.has_field(&field) && matches!(leave(behavior, &field, place), Leave::Open) {
            let value = new.get_field(&field);
            let (Some(source), Some(mut target)) = (value.as_message(), taken(out, &field)) else { continue };
            let result = populated(&mut target, source, &place.below(field.name(), false));
            out.set_field(&field, Value::Message(target));
            result?;
        } else {
            whole(out, new, &field, place)?;
        }
    }
    Ok(())
}

/// Takes over what lies at the end of the steps.
pub(super) fn along(
    out: &mut DynamicMessage,
    new: &DynamicMessage,
    steps: &[Step],
    place: &Place,
) -> Result<(), Problem> {
    let Some((Step::Field(field), rest)) = steps.split_first() else { return Ok(()) };
    if rest.is_empty() {
        return whole(out, new, field, place);
    }
    match leave(behaviors(&out.descriptor()).of(field), field, place) {
        Leave::Alone => Ok(()),
        Leave::Open => into(out, new, field, rest, place),
        Leave::Once => {
            let mut changed = out.clone();
            into(&mut changed, new, field, rest, place)?;
            if changed.get_field(field) == out.get_field(field) {
                return Ok(());
            }
            Err(Problem::Immutable { field: place.name(field.name()) })
        }
    }
}

/// Goes into a field: a message, or a map of which the next step is a key.
fn into(
    out: &mut DynamicMessage,
    new: &DynamicMessage,
    field: &FieldDescriptor,
    rest: &[Step],
    place: &Place,
) -> Result<(), Problem> {
    let source = new.get_field(field);
    if let Some((Step::Key(key), rest)) = rest.split_first() {
        let empty = HashMap::new();
        let source = source.as_map().unwrap_or(&empty);
        let mut target = match out.take_field(field) {
            Some(Value::Map(map)) => map,
            _ => HashMap::new(),
        };
        let place = place.below(&format!("{}.{}", field.name(), shown(key)), !target.contains_key(key));
        let result = entry(&mut target, source, key, rest, below(field), &place);
        if !target.is_empty() {
            out.set_field(field, Value::Map(target));
        }
        return result;
    }
    let Some(message) = single_message(field) else { return Ok(()) };
    let Some(source) = source.as_message() else { return Ok(()) };
    let there = out.has_field(field);
    let mut target = taken(out, field).unwrap_or_else(|| DynamicMessage::new(message));
    let result = along(&mut target, source, rest, &place.below(field.name(), !there));
    // A message that would come to be empty does not come to be: nothing was asked to change.
    if there || !is_empty(&target) {
        out.set_field(field, Value::Message(target));
    }
    result
}

/// Takes over one entry of a map, or what lies at the end of the steps below it.
fn entry(
    target: &mut HashMap<MapKey, Value>,
    source: &HashMap<MapKey, Value>,
    key: &MapKey,
    rest: &[Step],
    message: Option<MessageDescriptor>,
    place: &Place,
) -> Result<(), Problem> {
    let Some(message) = message else {
        match source.get(key) {
            Some(value) => target.insert(key.clone(), value.clone()),
            None => target.remove(key),
        };
        return Ok(());
    };
    if rest.is_empty() && !source.contains_key(key) {
        target.remove(key);
        return Ok(());
    }
    let empty = DynamicMessage::new(message);
    let new = source.get(key).and_then(Value::as_message).unwrap_or(&empty);
    let there = target.get(key).and_then(Value::as_message);
    let mut value = there.cloned().unwrap_or_else(|| empty.clone());
    if rest.is_empty() {
        all(&mut value, new, place)?;
    } else {
        along(&mut value, new, rest, place)?;
    }
    if there.is_some() || source.contains_key(key) {
        target.insert(key.clone(), Value::Message(value));
    }
    Ok(())
}

/// Takes over one field whole, also where it is empty.
fn whole(
    out: &mut DynamicMessage,
    new: &DynamicMessage,
    field: &FieldDescriptor,
    place: &Place,
) -> Result<(), Problem> {
    let behaviors = behaviors(&new.descriptor());
    match leave(behaviors.of(field), field, place) {
        Leave::Alone => return Ok(()),
        Leave::Once if out.has_field(field) == new.has_field(field) && out.get_field(field) == new.get_field(field) => {
            return Ok(());
        }
        Leave::Once => return Err(Problem::Immutable { field: place.name(field.name()) }),
        Leave::Open => {}
    }
    if behaviors.guarded(field) {
        return guarded(out, new, field, place);
    }
    if new.has_field(field) {
        out.set_field(field, new.get_field(field).into_owned());
    } else {
        out.clear_field(field);
    }
    Ok(())
}

/// Takes over a field below which something is not for callers to set.
fn guarded(
    out: &mut DynamicMessage,
    new: &DynamicMessage,
    field: &FieldDescriptor,
    place: &Place,
) -> Result<(), Problem> {
    let Some(message) = below(field) else { return Ok(()) };
    let there = out.has_field(field);
    match new.get_field(field).as_ref() {
        Value::Message(source) => {
            let mut target = taken(out, field).unwrap_or_else(|| DynamicMessage::new(message));
            let result = all(&mut target, source, &place.below(field.name(), !there));
            if new.has_field(field) || !is_empty(&target) {
                out.set_field(field, Value::Message(target));
            }
            result
        }
        Value::List(source) => {
            let held = out.take_field(field);
            let held = held.as_ref().and_then(Value::as_list).unwrap_or_default();
            let items = list(held, source, &message, &place.below(field.name(), true))?;
            if !items.is_empty() {
                out.set_field(field, Value::List(items));
            }
            Ok(())
        }
        Value::Map(source) => {
            let held = out.take_field(field);
            let held = held.as_ref().and_then(Value::as_map);
            let mut map = HashMap::with_capacity(source.len());
            for (key, value) in source {
                let Some(value) = value.as_message() else { continue };
                let there = held.and_then(|held| held.get(key)).and_then(Value::as_message);
                let mut target = there.cloned().unwrap_or_else(|| DynamicMessage::new(message.clone()));
                let place = place.below(&format!("{}.{}", field.name(), shown(key)), there.is_none());
                all(&mut target, value, &place)?;
                map.insert(key.clone(), Value::Message(target));
            }
            if !map.is_empty() {
                out.set_field(field, Value::Map(map));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The items of a new list, without what is not for callers to set; an item that equals one there is in all else is that one.
fn list(held: &[Value], source: &[Value], message: &MessageDescriptor, place: &Place) -> Result<Vec<Value>, Problem> {
    let bare = |item: &DynamicMessage| {
        let mut out = DynamicMessage::new(message.clone());
        all(&mut out, item, place).map(|()| out)
    };
    let mut left = Vec::with_capacity(held.len());
    for item in held.iter().filter_map(Value::as_message) {
        left.push(Some((bare(item)?, item)));
    }
    let mut items = Vec::with_capacity(source.len());
    for (index, item) in source.iter().filter_map(Value::as_message).enumerate() {
        let item = bare(item)?;
        let same = |slot: &Option<(DynamicMessage, _)>| slot.as_ref().is_some_and(|(known, _)| *known == item);
        // The same place first: a list sent back as it was is then compared once per item.
        let found = if left.get(index).is_some_and(same) { Some(index) } else { left.iter().position(same) };
        let kept = found.and_then(|found| left.get_mut(found)).and_then(Option::take);
        items.push(Value::Message(kept.map_or(item, |(_, held)| held.clone())));
    }
    Ok(items)
}

fn taken(out: &mut DynamicMessage, field: &FieldDescriptor) -> Option<DynamicMessage> {
    match out.take_field(field) {
        Some(Value::Message(message)) => Some(message),
        _ => None,
    }
}

fn single_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    if field.is_list() || field.is_map() { None } else { field.kind().as_message().cloned() }
}

/// A type whose fields make one value together, such as a timestamp.
fn is_standard(message: &MessageDescriptor) -> bool {
    message.full_name().starts_with("google.")
}

fn is_empty(message: &DynamicMessage) -> bool {
    message.fields().next().is_none()
}

/// A key as a path writes it.
fn shown(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => {
            let key = crate::problem::shorten(key);
            if key.contains(['.', '`']) { format!("`{}`", key.replace('`', "``")) } else { key }
        }
    }
}
