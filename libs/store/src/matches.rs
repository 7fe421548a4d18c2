//! A filter asked of a message in memory: the same answer as the database gives for its row.

use std::marker::PhantomData;

use fault::Outcome;
use resource::{Comparison, Condition, FieldType, Literal, Match};

use crate::list::read;
use crate::resource::{Resource, SideRole};
use crate::{Column, Datum, enum_text, micros};

/// A filter of one resource's lists, read once and asked of many messages.
pub struct Matcher<R> {
    condition: Option<Condition>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Matcher<R> {
    /// Reads a filter, which the caller gave in `field`. An empty one takes every message.
    ///
    /// # Errors
    /// `FILTER_INVALID` on `field`, as lists refuse it.
    pub fn new(filter: &str, field: &str) -> Outcome<Self> {
        let condition = read::<R>(filter, field)?;
        Ok(Self { condition, resource: PhantomData })
    }

    /// Whether a list with the filter would show the message.
    #[must_use]
    pub fn matches(&self, message: &R::Message) -> bool {
        self.condition.as_ref().is_none_or(|condition| holds::<R>(condition, message))
    }
}

fn holds<R: Resource>(condition: &Condition, message: &R::Message) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds::<R>(part, message)),
        Condition::Or(parts) => parts.iter().any(|part| holds::<R>(part, message)),
        Condition::Not(inner) => !holds::<R>(inner, message),
        Condition::Compare { field, operator, value } => compares::<R>(field, *operator, value, message),
        Condition::Pattern { field, place, text, ignore_case } => {
            matches!(datum::<R>(field, message), Datum::Text(held) if like(&held, *place, text, *ignore_case))
        }
        Condition::Present { field } => present::<R>(field, message),
        Condition::Search(text) => {
            let searched = R::columns().iter().filter(|column| column.search);
            let mut texts = searched.map(|column| (column.get)(message).text());
            texts.any(|held| like(&held, Match::Contains, text, true))
        }
        Condition::MapHas { field, key } => beside::<R>(SideRole::Map(field), message, |held| is(held, 0, key)),
        Condition::MapEquals { field, key, operator, value } => beside::<R>(SideRole::Map(field), message, |held| {
            is(held, 0, key) && held.get(1).is_some_and(|held| ordered(*operator, held.as_str().cmp(value)))
        }),
        Condition::MapPattern { field, key, place, text } => beside::<R>(SideRole::Map(field), message, |held| {
            is(held, 0, key) && held.get(1).is_some_and(|held| like(held, *place, text, false))
        }),
        Condition::SetHas { field, value } => beside::<R>(SideRole::Set(field), message, |held| is(held, 0, value)),
    }
}

fn is(held: &[String], at: usize, wanted: &str) -> bool {
    held.get(at).is_some_and(|held| held == wanted)
}

fn beside<R: Resource>(role: SideRole, message: &R::Message, wanted: impl Fn(&[String]) -> bool) -> bool {
    let side = R::sides().iter().find(|side| side.role == role);
    side.is_some_and(|side| (side.rows)(message).iter().any(|held| wanted(held)))
}

fn column<R: Resource>(field: &str) -> Option<&'static Column<R::Message>> {
    R::columns().iter().find(|column| column.name == field)
}

/// What the row's column holds; the times of the head have columns too.
pub(crate) fn datum<'a, R: Resource>(field: &str, message: &'a R::Message) -> Datum<'a> {
    if let Some(column) = column::<R>(field) {
        return (column.get)(message);
    }
    let mut copy = message.clone();
    let head = R::head(&mut copy);
    Datum::Integer(match field {
        "create_time" => micros(head.create_time.as_ref()),
        _ => micros(head.update_time.as_ref()),
    })
}

fn compares<R: Resource>(field: &str, operator: Comparison, value: &Literal, message: &R::Message) -> bool {
    let held = datum::<R>(field, message);
    let ordering = match (value, &held) {
        (Literal::Text(text), Datum::Text(held)) => held.as_ref().cmp(text),
        (Literal::Integer(number), Datum::Integer(held)) => held.cmp(number),
        (Literal::Time(number), Datum::Integer(held)) => {
            // An unset time is kept as the least number, but is before nothing.
            let below = matches!(operator, Comparison::Less | Comparison::LessOrEqual);
            if below && *held == i64::MIN {
                return false;
            }
            held.cmp(number)
        }
        (Literal::Real(number), held) => match real(held).partial_cmp(number) {
            Some(ordering) => ordering,
            None => return false,
        },
        (Literal::Boolean(truth), Datum::Integer(held)) => held.cmp(&i64::from(*truth)),
        (Literal::Enum(number), Datum::Text(held)) => match column::<R>(field).map(|column| (column.field_type)()) {
            Some(FieldType::Enum(values)) => held.as_ref().cmp(enum_text(values, *number)),
            _ => return false,
        },
        _ => return false,
    };
    ordered(operator, ordering)
}

#[expect(clippy::cast_precision_loss, reason = "the databases compare a whole number with a real one just so")]
fn real(datum: &Datum<'_>) -> f64 {
    match datum {
        Datum::Integer(number) => *number as f64,
        datum => datum.real(),
    }
}

fn ordered(operator: Comparison, ordering: std::cmp::Ordering) -> bool {
    match operator {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

fn present<R: Resource>(field: &str, message: &R::Message) -> bool {
    let named = |role| matches!(role, SideRole::Map(name) | SideRole::Set(name) if name == field);
    if let Some(side) = R::sides().iter().find(|side| named(side.role)) {
        return !(side.rows)(message).is_empty();
    }
    match column::<R>(field) {
        Some(column) => (column.get)(message) != crate::row::unset_of(column, &R::Message::default()),
        None => datum::<R>(field, message) != Datum::Integer(i64::MIN),
    }
}

/// As the databases match text: without case means without the case of ASCII in what is held.
fn like(held: &str, place: Match, text: &str, ignore_case: bool) -> bool {
    if ignore_case {
        let (held, text) = (held.to_ascii_lowercase(), text.to_lowercase());
        return at(&held, place, &text);
    }
    at(held, place, text)
}

fn at(held: &str, place: Match, text: &str) -> bool {
    match place {
        Match::StartsWith => held.starts_with(text),
        Match::EndsWith => held.ends_with(text),
        Match::Contains => held.contains(text),
    }
}
