//! What a resource tells the engine about itself.

use prost_types::Timestamp;

use crate::{Column, Datum};

/// The fields every resource has.
pub struct Head<'a> {
    /// `organizations/{organization}/{collection}/{id}`.
    pub name: &'a mut String,
    /// When it was created.
    pub create_time: &'a mut Option<Timestamp>,
    /// When it was last changed.
    pub update_time: &'a mut Option<Timestamp>,
    /// Its version, as callers see it.
    pub etag: &'a mut String,
}

/// What a side table means to filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideRole {
    /// `field.key = value`: columns `key` and `value`.
    Map(&'static str),
    /// `field:value`: column `value`.
    Set(&'static str),
    /// Look-ups of the service's own.
    Own,
}

/// A table of what a message repeats, kept in step with the row by the engine.
pub struct Side<M> {
    /// The table's name.
    pub table: &'static str,
    /// Its columns beside `organization` and `id`, all text.
    pub columns: &'static [&'static str],
    /// Whether the columns name one resource of the organization at most; then the field at fault.
    pub unique: Option<&'static str>,
    /// What it means to filters.
    pub role: SideRole,
    /// The rows of a message.
    pub rows: fn(&M) -> Vec<Vec<String>>,
}

/// A resource: a message of the API, and how it is kept.
pub trait Resource: Send + Sync + 'static {
    /// The message.
    type Message: prost::Message + prost::Name + wire::Validate + Default + Clone + PartialEq + Send + Sync + 'static;
    /// The table.
    const TABLE: &'static str;
    /// The collection id in names: `assets`.
    const COLLECTION: &'static str;

    /// The fields with a column of their own.
    fn columns() -> &'static [Column<Self::Message>];

    /// The tables of what the message repeats.
    fn sides() -> &'static [Side<Self::Message>] {
        &[]
    }

    /// The fields every resource has.
    fn head(message: &mut Self::Message) -> Head<'_>;

    /// The name.
    fn name(message: &Self::Message) -> &str;

    /// The etag.
    fn etag(message: &Self::Message) -> &str;

    /// Makes every output-only field unset: what callers put there is not theirs to say.
    fn clear_output(message: &mut Self::Message);
}

/// Writes the parts of [`Resource`] that are the same for every message.
#[macro_export]
macro_rules! head {
    ($message:ty; $($output:ident),* $(,)?) => {
        fn head(message: &mut $message) -> $crate::Head<'_> {
            $crate::Head {
                name: &mut message.name,
                create_time: &mut message.create_time,
                update_time: &mut message.update_time,
                etag: &mut message.etag,
            }
        }
        fn name(message: &$message) -> &str {
            &message.name
        }
        fn etag(message: &$message) -> &str {
            &message.etag
        }
        fn clear_output(message: &mut $message) {
            message.create_time = None;
            message.update_time = None;
            $(message.$output = Default::default();)*
        }
    };
}

/// An empty value of the kind a datum is: what makes a field unset.
pub(crate) fn unset(datum: &Datum) -> Datum {
    match datum {
        Datum::Text(_) => Datum::Text(String::new()),
        Datum::Integer(_) => Datum::Integer(0),
        Datum::Real(_) => Datum::Real(0.0),
        Datum::Bytes(_) => Datum::Bytes(Vec::new()),
    }
}
