//! Values and columns: how a field of a message is kept.

use std::borrow::Cow;

use prost_types::Timestamp;
use resource::FieldType;
use sea_orm::Value;

/// One value of a row. Text is that of the message it was read from, so that to compare two messages copies nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Text; an unset string is empty, never NULL, so that order and comparison are the same on every dialect.
    Text(Cow<'a, str>),
    /// A whole number, a boolean (0 or 1) or a time (microseconds since 1970).
    Integer(i64),
    /// A number.
    Real(f64),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Datum<'_> {
    /// The text, or empty.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Text(text) => text.into_owned(),
            _ => String::new(),
        }
    }

    /// The whole number, or 0.
    #[must_use]
    pub fn integer(&self) -> i64 {
        match self {
            Self::Integer(number) => *number,
            _ => 0,
        }
    }

    /// The number, or 0.
    #[must_use]
    pub fn real(&self) -> f64 {
        match self {
            Self::Real(number) => *number,
            _ => 0.0,
        }
    }
}

impl<'a> From<&'a str> for Datum<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Datum<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Datum<'_>> for Value {
    fn from(datum: Datum<'_>) -> Self {
        match datum {
            Datum::Text(text) => Value::String(Some(text.into_owned())),
            Datum::Integer(number) => Value::BigInt(Some(number)),
            Datum::Real(number) => Value::Double(Some(number)),
            Datum::Bytes(bytes) => Value::Bytes(Some(bytes)),
        }
    }
}

/// A field of a message that has a column of its own.
pub struct Column<M> {
    /// The field's proto name and the column's name.
    pub name: &'static str,
    /// Its type, for filters; says how the column is kept.
    pub field_type: fn() -> FieldType,
    /// Whether lists may be ordered by it; it then has an index.
    pub order: bool,
    /// Whether look-ups by equality are frequent enough for an index.
    pub index: bool,
    /// As `index`, of text that few rows have: the index holds those alone that do, so that a write pays for no more.
    pub sparse: bool,
    /// Whether a bare word in a filter looks through it.
    pub search: bool,
    /// Reads the field.
    pub get: fn(&M) -> Datum<'_>,
    /// Writes the field; an empty datum makes it unset.
    pub set: fn(&mut M, Datum<'_>),
    /// Whether it is a value within the field ([`Part`]) instead of the whole of it.
    pub part: bool,
}

/// A value within a field of a message that has a column of its own, since it is filtered by or read for many rows at once:
/// `value_override: part(OverrideValue)`. The column has the name of the field.
pub trait Part<M> {
    /// Its type, for filters.
    fn field_type() -> FieldType;
    /// Reads the value; an empty datum where the field is unset.
    fn get(message: &M) -> Datum<'_>;
    /// Writes the value. An empty datum leaves an unset field unset, and keeps what else a set one holds.
    fn set(message: &mut M, datum: Datum<'_>);
}

/// Microseconds since 1970 of a timestamp; `i64::MIN` where unset, so that unset sorts first on every dialect.
#[must_use]
pub fn micros(time: Option<&Timestamp>) -> i64 {
    time.map_or(i64::MIN, |time| time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos) / 1000))
}

/// The timestamp of microseconds since 1970; none for `i64::MIN`.
#[must_use]
pub fn timestamp(micros: i64) -> Option<Timestamp> {
    (micros != i64::MIN).then(|| Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or_default(),
    })
}

/// The name of an enum's value, as columns keep it.
#[must_use]
pub fn enum_text(values: &[(&'static str, i32)], number: i32) -> &'static str {
    values.iter().find(|(_, known)| *known == number).map_or("", |(name, _)| name)
}

/// Declares columns of a message: `columns![Asset; display_name: text order search, state: choice(State)]`.
#[macro_export]
macro_rules! columns {
    ($message:ty; $($field:ident : $kind:ident $(($argument:ty))? $($flag:ident)*),* $(,)?) => {
        &[$($crate::columns!(@one $message, $field, $kind, ($($argument)?), $($flag)*)),*]
    };
    (@one $message:ty, $field:ident, $kind:ident, ($($argument:ty)?), $($flag:ident)*) => {{
        #[expect(unused_mut, clippy::needless_update, reason = "which flags are given differs by column")]
        const COLUMN: $crate::Column<$message> = {
            let mut column = $crate::columns!(@$kind $message, $field, ($($argument)?));
            $(column.$flag = true;)*
            column
        };
        COLUMN
    }};
    (@base $field:ident, $type:expr, $get:expr, $set:expr) => {
        $crate::Column {
            name: $crate::columns!(@name $field),
            field_type: || $type,
            order: false,
            index: false,
            sparse: false,
            search: false,
            get: $get,
            set: $set,
            part: false,
        }
    };
    (@name r#type) => { "type" };
    (@name $field:ident) => { stringify!($field) };
    (@text $message:ty, $field:ident, ()) => {
        $crate::columns!(@base $field, $crate::FieldType::Text,
            |m: &$message| $crate::Datum::from(m.$field.as_str()), |m: &mut $message, d| m.$field = d.text())
    };
    (@integer $message:ty, $field:ident, ()) => {
        $crate::columns!(@base $field, $crate::FieldType::Integer,
            |m: &$message| $crate::Datum::Integer(i64::from(m.$field)),
            |m: &mut $message, d| m.$field = d.integer().try_into().unwrap_or_default())
    };
    (@real $message:ty, $field:ident, ()) => {
        $crate::columns!(@base $field, $crate::FieldType::Real,
            |m: &$message| $crate::Datum::Real(m.$field), |m: &mut $message, d| m.$field = d.real())
    };
    (@boolean $message:ty, $field:ident, ()) => {
        $crate::columns!(@base $field, $crate::FieldType::Boolean,
            |m: &$message| $crate::Datum::Integer(i64::from(m.$field)), |m: &mut $message, d| m.$field = d.integer() != 0)
    };
    (@time $message:ty, $field:ident, ()) => {
        $crate::columns!(@base $field, $crate::FieldType::Time,
            |m: &$message| $crate::Datum::Integer($crate::micros(m.$field.as_ref())),
            |m: &mut $message, d| m.$field = $crate::timestamp(d.integer()))
    };
    (@part $message:ty, $field:ident, ($part:ty)) => {
        $crate::Column {
            part: true,
            ..$crate::columns!(@base $field, <$part as $crate::Part<$message>>::field_type(),
                |m: &$message| <$part as $crate::Part<$message>>::get(m),
                |m: &mut $message, d| <$part as $crate::Part<$message>>::set(m, d))
        }
    };
    (@choice $message:ty, $field:ident, ($choice:ty)) => {
        $crate::columns!(@base $field, $crate::FieldType::Enum(<$choice as $crate::Choice>::VALUES),
            |m: &$message| $crate::Datum::from($crate::enum_text(<$choice as $crate::Choice>::VALUES, m.$field)),
            |m: &mut $message, d| {
                let text = d.text();
                m.$field = <$choice as $crate::Choice>::VALUES.iter().find(|(name, _)| *name == text).map_or(0, |(_, number)| *number);
            })
    };
}
