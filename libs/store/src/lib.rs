//! The database: dialects, transactions, migrations, the resource engine, the change ledger.
//!
//! [`Collection`] is the only way a row changes. Its write path is fixed: message check, authorise by name, begin, load in
//! scope, etag, rule, *nothing changed? return as is*, write, ledger, commit, wake the feed. So concurrency, audit and
//! events cannot be forgotten.
//!
//! **To add a resource**: a marker type, its [`Resource`] (which fields are columns), its [`Rules`], and a line in the
//! service's list of tables. docs/add-a-resource.md walks through it.
//!
//! **How a row looks**: `organization`, `id`, `version`, `create_time`, `update_time`, one column for each field that is
//! filtered or ordered by, and `body`: the rest of the message, encoded. A field that is neither filtered nor ordered by
//! needs no migration (docs/adr/0002-rows-are-messages.md).

mod collection;
mod column;
mod database;
pub mod denial;
mod lay;
mod ledger;
mod life;
mod list;
mod many;
mod matches;
mod memory;
mod migrate;
mod resource;
mod row;
mod sequencer;
mod serve;
mod shipped;
mod sql;
mod together;
mod transaction;
mod verify;
mod write;

pub use ::resource::{FieldType, parent_of};
pub use collection::{Changed, Collection, Rules, Verb, in_state, open};
pub use column::{Column, Datum, Part, enum_text, micros, timestamp};
pub use database::{Database, Dialect, Location, StoreError, WeakDatabase};
pub use lay::Laid;
pub use ledger::{Entry, LedgerPage};
pub use life::{Life, Move, enter, ours};
pub use list::Page;
pub use many::Became;
pub use matches::Matcher;
pub use migrate::{SqlMigration, Table, Tables, for_sqlite};
pub use resource::{Head, Reference, Referrer, Resource, Side, SideRole};
pub use sea_orm_migration::{MigrationTrait, MigratorTrait};
pub use serve::reply;
pub use shipped::Shipped;
pub use sql::Sql;
pub use transaction::{Hold, Transaction};
pub use verify::{Finding, Verified, verify};
pub use wire::Choice;
