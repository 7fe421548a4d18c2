//! Reading a path of a field mask against a message descriptor.

use prost_reflect::{FieldDescriptor, Kind, MapKey, MessageDescriptor};

use crate::behavior::below;
use crate::problem::{Problem, shorten};

/// The most segments of a path. Types may be recursive, so that paths could otherwise be of any depth.
const MOST_SEGMENTS: usize = 32;

/// One step into a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a field.
    Field(FieldDescriptor),
    /// From a map to the value of one of its keys.
    Key(MapKey),
}

/// Reads `text` as a path from `message`. The steps begin with a field; a key follows only the field of a map.
pub(super) fn parse(text: &str, message: &MessageDescriptor) -> Result<Vec<Step>, Problem> {
    let invalid = |cause| Problem::InvalidPath { path: shorten(text), cause };
    let segments = split(text).map_err(invalid)?;
    let mut steps = Vec::with_capacity(segments.len());
    let mut place = Some(message.clone());
    let mut segments = segments.into_iter().peekable();
    while let Some(segment) = segments.next() {
        let Some(message) = place else {
            return Err(invalid(
                "what is before the dot has no fields of its own; end the path there, or put a key with dots in backticks",
            ));
        };
        let field = field_of(&message, &segment).ok_or_else(|| unknown(text, &message))?;
        place = below(&field);
        steps.push(Step::Field(field.clone()));
        if let [only] = segments.clone().collect::<Vec<_>>().as_slice()
            && *only == Segment::Bare("*".to_owned())
            && (field.is_map() || place.is_some())
        {
            break;
        }
        if field.is_list() && segments.peek().is_some() {
            return Err(invalid("a repeated field is replaced as a whole; end the path at its name"));
        }
        if field.is_map()
            && let Some(key) = segments.next()
        {
            let key =
                key_of(&field, key.text()).ok_or_else(|| invalid("the key is not of the type of the map's keys"))?;
            steps.push(Step::Key(key));
        }
    }
    Ok(steps)
}

/// One part of a path between dots.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Written as it is.
    Bare(String),
    /// Written in backticks.
    Quoted(String),
}

impl Segment {
    fn text(&self) -> &str {
        match self {
            Self::Bare(text) | Self::Quoted(text) => text,
        }
    }
}

fn split(text: &str) -> Result<Vec<Segment>, &'static str> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        if segments.len() == MOST_SEGMENTS {
            return Err("it has more than 32 segments; name a field nearer to the top");
        }
        let (segment, after) = match rest.strip_prefix('`') {
            Some(quoted) => quoted_segment(quoted)?,
            None => {
                let (bare, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                if bare == "*" && (segments.is_empty() || !after.is_empty()) {
                    return Err("'*' stands alone as the only path, or at the end after a dot");
                }
                if bare.is_empty() {
                    return Err("a segment is empty; write field names with one dot between them");
                }
                if bare.contains('`') {
                    return Err("a backtick stands in the middle of a segment; put the whole key in backticks");
                }
                (Segment::Bare(bare.to_owned()), after)
            }
        };
        segments.push(segment);
        if after.is_empty() {
            return Ok(segments);
        }
        rest = after.strip_prefix('.').ok_or("a dot must follow the closing backtick")?;
    }
}

/// Reads to the closing backtick; two backticks in a row stand for one.
fn quoted_segment(text: &str) -> Result<(Segment, &str), &'static str> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('`').ok_or("a backtick is not closed; end the key with a backtick")?;
        key.push_str(part);
        match after.strip_prefix('`') {
            Some(more) => {
                key.push('`');
                rest = more;
            }
            None => return Ok((Segment::Quoted(key), after)),
        }
    }
}

fn field_of(message: &MessageDescriptor, segment: &Segment) -> Option<FieldDescriptor> {
    let name = segment.text();
    message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name))
}

fn key_of(field: &FieldDescriptor, text: &str) -> Option<MapKey> {
    let kind = field.kind();
    Some(match kind.as_message()?.map_entry_key_field().kind() {
        Kind::String => MapKey::String(text.to_owned()),
        Kind::Bool => MapKey::Bool(text.parse().ok()?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => MapKey::I32(text.parse().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => MapKey::I64(text.parse().ok()?),
        Kind::Uint32 | Kind::Fixed32 => MapKey::U32(text.parse().ok()?),
        Kind::Uint64 | Kind::Fixed64 => MapKey::U64(text.parse().ok()?),
        _ => return None,
    })
}

fn unknown(text: &str, message: &MessageDescriptor) -> Problem {
    let behaviors = crate::behaviors(message);
    let example = message.fields().find(|field| !behaviors.of(field).served()).or_else(|| message.fields().next());
    Problem::UnknownPath {
        path: shorten(text),
        message: message.name().to_owned(),
        example: example.map(|field| field.name().to_owned()).unwrap_or_default(),
    }
}
