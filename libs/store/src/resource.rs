//! What a resource tells the engine about itself.

use prost_types::Timestamp;

use crate::{Column, Datum, Shipped};

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
    /// Whether two messages have the same rows for certain, without working them out; false where only the rows tell.
    pub same: fn(&M, &M) -> bool,
}

/// A field that names another resource of the same service. What it names must exist when it is written.
pub struct Reference<M> {
    /// The field.
    pub field: &'static str,
    /// The table of what it names.
    pub table: &'static str,
    /// The collection id of what it names.
    pub collection: &'static str,
    /// The names in a message; an empty one names nothing.
    pub names: fn(&M) -> Vec<&str>,
    /// Whether an id of it ships, and so exists without a row.
    pub ships: fn(&str) -> bool,
}

/// A column of a table of the same service that names this resource. While it does, the resource is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// What its rows are, for people: `dependencies`.
    pub what: &'static str,
    /// The table.
    pub table: &'static str,
    /// The column; `value` in a side table.
    pub column: &'static str,
    /// How a filter asks for it: `site=`, or `assets:` where it repeats.
    pub filter: &'static str,
    /// Whether it holds the id alone instead of the whole name.
    pub by_id: bool,
}

impl Referrer {
    /// The resources that are kept within this one.
    #[must_use]
    pub const fn within(what: &'static str, table: &'static str) -> Self {
        Self { what, table, column: "", filter: "", by_id: false }
    }
}

/// A resource: a message of the API, and how it is kept.
pub trait Resource: Send + Sync + 'static {
    /// The message.
    type Message: prost::Message + prost::Name + wire::Validate + Default + Clone + PartialEq + Send + Sync + 'static;
    /// The table.
    const TABLE: &'static str;
    /// The collection in names: `assets`; of what is kept within another resource with its collection: `catalogues/*/controls`.
    const COLLECTION: &'static str;

    /// The fields with a column of their own.
    fn columns() -> &'static [Column<Self::Message>];

    /// The tables of what the message repeats.
    fn sides() -> &'static [Side<Self::Message>] {
        &[]
    }

    /// The fields that name other resources of the service.
    fn references() -> &'static [Reference<Self::Message>] {
        &[]
    }

    /// What may name this resource, and keeps it from being deleted.
    fn referrers() -> &'static [Referrer] {
        &[]
    }

    /// What ships: every organization sees it among its own, and nobody changes it.
    fn shipped() -> &'static Shipped<Self::Message> {
        const { &Shipped::NONE }
    }

    /// Makes what else a shipped message names be of the organization that asks; the engine sees to its own name.
    fn shipped_to(message: &mut Self::Message, organization: &str) {
        let _ = (message, organization);
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

/// Declares fields that name other resources: `references![ChangeRequest; asset: Assets, target_site: Sites]`; a repeated
/// field is `assets(each): Assets`, and what a resource is kept within `name(parent): Catalogues`.
#[macro_export]
macro_rules! references {
    ($message:ty; $($field:ident $(($each:ident))? : $of:ty),* $(,)?) => {{
        const REFERENCES: &[$crate::Reference<$message>] = &[$($crate::Reference {
            field: stringify!($field),
            table: <$of as $crate::Resource>::TABLE,
            collection: <$of as $crate::Resource>::COLLECTION,
            names: $crate::references!(@names $message, $field $(, $each)?),
            ships: |id| <$of as $crate::Resource>::shipped().get(id).is_some(),
        }),*];
        REFERENCES
    }};
    (@names $message:ty, $field:ident, parent) => { |m: &$message| vec![$crate::parent_of(&m.$field)] };
    (@names $message:ty, $field:ident) => { |m: &$message| vec![m.$field.as_str()] };
    (@names $message:ty, $field:ident, each) => { |m: &$message| m.$field.iter().map(String::as_str).collect() };
}

/// Declares side tables: `sides![Site; labels: map "site_label", legal_tags: set "asset_legal_tag",
/// external_ids(system, value): unique "site_external_id"]`. What the service alone looks up is `own`, with its rows as a function
/// and the fields that they are made of; a `set` may be made so too, where the field repeats messages.
#[macro_export]
macro_rules! sides {
    ($message:ty; $($field:ident $(($($part:ident),+))? : $kind:ident $table:literal $(= $rows:expr => $from:tt)?),* $(,)?) => {{
        const SIDES: &[$crate::Side<$message>] = &[
            $($crate::sides!(@$kind $message, $field, ($($($part),+)?), $table $(, $rows, $from)?)),*
        ];
        SIDES
    }};
    (@map $message:ty, $field:ident, (), $table:literal) => {
        $crate::Side {
            table: $table,
            columns: &["key", "value"],
            unique: None,
            role: $crate::SideRole::Map(stringify!($field)),
            rows: |m| m.$field.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect(),
            same: |a, b| a.$field == b.$field,
        }
    };
    (@set $message:ty, $field:ident, (), $table:literal) => {
        $crate::Side {
            table: $table,
            columns: &["value"],
            unique: None,
            role: $crate::SideRole::Set(stringify!($field)),
            rows: |m| m.$field.iter().map(|value| vec![value.clone()]).collect(),
            same: |a, b| a.$field == b.$field,
        }
    };
    (@set $message:ty, $field:ident, (), $table:literal, $rows:expr, ($($from:ident),+)) => {
        $crate::Side {
            table: $table,
            columns: &["value"],
            unique: None,
            role: $crate::SideRole::Set(stringify!($field)),
            rows: $rows,
            same: |a, b| true $(&& a.$from == b.$from)+,
        }
    };
    (@unique $message:ty, $field:ident, ($($part:ident),+), $table:literal) => {
        $crate::Side {
            table: $table,
            columns: &[$(stringify!($part)),+],
            unique: Some(stringify!($field)),
            role: $crate::SideRole::Own,
            rows: |m| m.$field.iter().map(|item| vec![$(item.$part.clone()),+]).collect(),
            same: |a, b| a.$field == b.$field,
        }
    };
    (@own $message:ty, $field:ident, ($($part:ident),+), $table:literal, $rows:expr, ($($from:ident),+)) => {
        $crate::Side {
            table: $table,
            columns: &[$(stringify!($part)),+],
            unique: None,
            role: $crate::SideRole::Own,
            rows: $rows,
            same: |a, b| true $(&& a.$from == b.$from)+,
        }
    };
}

/// An empty value of the kind a datum is: what makes a field unset.
pub(crate) fn unset(datum: &Datum<'_>) -> Datum<'static> {
    match datum {
        Datum::Text(_) => Datum::from(""),
        Datum::Integer(_) => Datum::Integer(0),
        Datum::Real(_) => Datum::Real(0.0),
        Datum::Bytes(_) => Datum::Bytes(Vec::new()),
    }
}
