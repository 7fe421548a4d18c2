//! What callers may do with the fields of a message (AIP-203), read from its descriptor.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// The extension that holds the behaviours of a field.
const FIELD_BEHAVIOR: &str = "google.api.field_behavior";

// The numbers of `google.api.FieldBehavior`.
const REQUIRED: i32 = 2;
const OUTPUT_ONLY: i32 = 3;
const INPUT_ONLY: i32 = 4;
const IMMUTABLE: i32 = 5;
const IDENTIFIER: i32 = 8;

/// The fields of a message by what callers may do with them, each by its proto name, in the order of the proto.
/// A field may stand in more than one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviors {
    /// Fields that a caller must give.
    pub required: Vec<String>,
    /// Fields that only the service sets; what a caller sends is ignored.
    pub output_only: Vec<String>,
    /// Fields that a caller gives and never gets.
    pub input_only: Vec<String>,
    /// Fields that are set at creation and never change.
    pub immutable: Vec<String>,
    /// Fields that hold the resource's own name.
    pub identifier: Vec<String>,
    /// Whether a message somewhere below a field has a field that a caller may not simply replace.
    guarded: HashMap<u32, bool>,
    by_number: HashMap<u32, Behavior>,
}

/// What callers may do with one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Behavior {
    pub(crate) required: bool,
    pub(crate) output_only: bool,
    pub(crate) input_only: bool,
    pub(crate) immutable: bool,
    pub(crate) identifier: bool,
}

impl Behavior {
    /// Whether only the service sets the field.
    pub(crate) fn served(self) -> bool {
        self.output_only || self.identifier
    }

    /// Whether a caller's value may not simply replace the one there is.
    fn guarded(self) -> bool {
        self.served() || self.immutable
    }
}

impl Behaviors {
    pub(crate) fn of(&self, field: &FieldDescriptor) -> Behavior {
        self.by_number.get(&field.number()).copied().unwrap_or_default()
    }

    /// Whether something below the field is set by the service only, or once, so that a caller's value cannot be taken whole.
    pub(crate) fn guarded(&self, field: &FieldDescriptor) -> bool {
        self.guarded.get(&field.number()).copied().unwrap_or_default()
    }
}

type Known = Vec<(MessageDescriptor, Arc<Behaviors>)>;

/// By full name; the list holds one entry for each pool that has such a message, which is one outside tests.
static KNOWN: LazyLock<RwLock<HashMap<String, Known>>> = LazyLock::new(RwLock::default);

/// The behaviours of the fields of `message`. They are read once and then remembered.
#[must_use]
pub fn behaviors(message: &MessageDescriptor) -> Arc<Behaviors> {
    let find = |known: &HashMap<String, Known>| {
        let known = known.get(message.full_name())?;
        known.iter().find(|(descriptor, _)| descriptor == message).map(|(_, behaviors)| Arc::clone(behaviors))
    };
    if let Some(found) = find(&KNOWN.read().unwrap_or_else(PoisonError::into_inner)) {
        return found;
    }
    let read = Arc::new(read(message));
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find(&known) {
        return found;
    }
    known.entry(message.full_name().to_owned()).or_default().push((message.clone(), Arc::clone(&read)));
    read
}

fn read(message: &MessageDescriptor) -> Behaviors {
    let mut behaviors = Behaviors::default();
    for field in message.fields() {
        let behavior = behavior_of(&field);
        let name = || field.name().to_owned();
        if behavior.required {
            behaviors.required.push(name());
        }
        if behavior.output_only {
            behaviors.output_only.push(name());
        }
        if behavior.input_only {
            behaviors.input_only.push(name());
        }
        if behavior.immutable {
            behaviors.immutable.push(name());
        }
        if behavior.identifier {
            behaviors.identifier.push(name());
        }
        behaviors.by_number.insert(field.number(), behavior);
        let guarded = below(&field).is_some_and(|below| holds_guarded(&below, &mut Vec::new()));
        behaviors.guarded.insert(field.number(), guarded);
    }
    behaviors
}

fn behavior_of(field: &FieldDescriptor) -> Behavior {
    let mut behavior = Behavior::default();
    let Some(extension) = field.parent_pool().get_extension_by_name(FIELD_BEHAVIOR) else {
        return behavior;
    };
    let options = field.options();
    let values = options.get_extension(&extension);
    for number in values.as_list().unwrap_or_default().iter().filter_map(prost_reflect::Value::as_enum_number) {
        match number {
            REQUIRED => behavior.required = true,
            OUTPUT_ONLY => behavior.output_only = true,
            INPUT_ONLY => behavior.input_only = true,
            IMMUTABLE => behavior.immutable = true,
            IDENTIFIER => behavior.identifier = true,
            _ => {}
        }
    }
    behavior
}

/// The message a field holds: one, many, or as the values of a map.
pub(crate) fn below(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = field.kind();
    let message = kind.as_message()?;
    if field.is_map() {
        return message.map_entry_value_field().kind().as_message().cloned();
    }
    Some(message.clone())
}

/// Whether `message` or one below it has a field that a caller may not simply replace. `seen` ends the walk where types are recursive.
fn holds_guarded(message: &MessageDescriptor, seen: &mut Vec<MessageDescriptor>) -> bool {
    if seen.contains(message) {
        return false;
    }
    seen.push(message.clone());
    message
        .fields()
        .any(|field| behavior_of(&field).guarded() || below(&field).is_some_and(|below| holds_guarded(&below, seen)))
}
