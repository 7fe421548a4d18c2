//! The asset registry as its callers see it, on SQLite and, where a server is at hand, on PostgreSQL.

mod schema;
