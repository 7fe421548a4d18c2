//! Filters of lists (AIP-160): from text to a tree that names only fields that may be filtered by, with values of their types.
//!
//! The grammar is AIP-160's to the letter: OR binds tighter than a sequence (conditions with only a space between them),
//! which binds tighter than AND. Both of the latter mean that all must hold. `NOT` and `-` negate. What the standard leaves
//! to the service is settled here:
//!
//! - A field may be written in snake_case or camelCase. A field on the left is always a field, a value on the right always
//!   a value; fields are not compared with each other. Functions are refused.
//! - `field:value` on text finds the value anywhere in it, whatever the case of the letters. On a list it asks whether the
//!   value is in it, on a map whether the key is. On everything else, also on one value of a map, it means `=`.
//! - `field:*` asks whether the field holds anything.
//! - `=` and `!=` on text and on values of a map take `*` at the start, the end or both. In the middle it is refused,
//!   because it would not do what it looks like; `\*` within quotes is a star.
//! - A value on its own, such as `router`, is searched for in the fields that the service deems fit.
//! - `field = (a OR b)` compares with each; `field != (a OR b)` is its opposite.
//! - Values after a comparator may hold dots and colons without quotes: `time > 2026-01-31T00:00:00Z`.
//!
//! At most 4096 bytes, 64 conditions and parentheses 32 deep.

mod check;
mod expression;
mod lexer;
mod parser;

pub use expression::{Argument, Comparison, Expression, Member, Operator, Position, Restriction, Value};
pub use parser::parse as parse_expression;

use crate::problem::Problem;

/// A field that may be filtered by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilterField {
    /// Its name in snake_case, with dots where it is below another: `maintenance.contract`.
    pub name: &'static str,
    /// What it holds.
    pub field_type: FieldType,
}

/// What a field holds, and so what it may be compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// True or false.
    Boolean,
    /// A moment.
    Time,
    /// One of these names, each with its number.
    Enum(&'static [(&'static str, i32)]),
    /// Texts by key: `labels.site`.
    Map,
    /// Many texts, asked with `:` only.
    Set,
}

/// A filter whose fields exist and whose values are of their types.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All hold; two or more, none of them an `And`.
    And(Vec<Condition>),
    /// One holds at least; two or more, none of them an `Or`.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The field compares so with the value.
    Compare {
        /// The name of the field.
        field: &'static str,
        /// How it compares.
        operator: Comparison,
        /// A value of the field's type; an enumeration and a boolean compare only by `Equal` and `NotEqual`.
        value: Literal,
    },
    /// The field, which is text, has this text at this place.
    Pattern {
        /// The name of the field.
        field: &'static str,
        /// The place.
        place: Match,
        /// The text as it is: signs that mean something to a database (`%`, `_`, `\`) stand for themselves.
        text: String,
        /// Whether `a` also finds `A`: so for `:`, not for `=`.
        ignore_case: bool,
    },
    /// The map has the key.
    MapHas {
        /// The name of the field.
        field: &'static str,
        /// The key.
        key: String,
    },
    /// The map has the key, and its value compares so.
    MapEquals {
        /// The name of the field.
        field: &'static str,
        /// The key.
        key: String,
        /// How its value compares. `NotEqual` is for the caller to settle where the key is missing.
        operator: Comparison,
        /// With what.
        value: String,
    },
    /// The map has the key, and its value has this text at this place.
    MapPattern {
        /// The name of the field.
        field: &'static str,
        /// The key.
        key: String,
        /// The place.
        place: Match,
        /// The text as it is, case and all.
        text: String,
    },
    /// The list has the value.
    SetHas {
        /// The name of the field.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// The field holds anything: it is not empty, and not unset.
    Present {
        /// The name of the field.
        field: &'static str,
    },
    /// One of the fields that the service searches has the text, whatever its case.
    Search(String),
}

/// Where in a text another is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// At its start: `a*`.
    StartsWith,
    /// At its end: `*a`.
    EndsWith,
    /// Anywhere: `*a*`.
    Contains,
}

/// A value of a field's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text, without a zero character.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// True or false.
    Boolean(bool),
    /// Microseconds since 1970-01-01T00:00:00Z. A finer time is rounded so that the comparison stays right.
    Time(i64),
    /// The number of a name.
    Enum(i32),
}

/// Reads a filter over `fields`. An empty one gives nothing: it lets everything through.
///
/// # Errors
/// [`Problem::InvalidFilter`] where the text does not follow the grammar or is beyond a limit,
/// [`Problem::UnknownFilterField`] where it names a field that is not among `fields`, [`Problem::InvalidFilterValue`] where
/// a value or a comparison is not of the field's type. Each says where, in bytes.
pub fn parse_filter(text: &str, fields: &[FilterField]) -> Result<Option<Condition>, Problem> {
    parse_expression(text)?.map(|expression| check::check(&expression, fields)).transpose()
}

#[cfg(test)]
mod tests;
