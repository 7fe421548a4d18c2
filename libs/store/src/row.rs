//! A message as a row, and back.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use fault::{Fault, Outcome};
use prost::encoding::{DecodeContext, decode_key, skip_field};
use prost::{Message as _, Name as _};
use resource::FieldType;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use crate::ledger::Draft;
use crate::resource::unset;
use crate::sql::{most, portion};
use crate::{Column, Datum, Dialect, Resource, Sql, timestamp};

/// A stored message and what the engine knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Row<M> {
    pub(crate) organization: String,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) create_time: i64,
    pub(crate) update_time: i64,
    pub(crate) message: M,
    /// What of the message no column holds, as it was read; empty where the row was not read.
    pub(crate) body: Vec<u8>,
}

/// The statements of one resource; their texts never change, so the database prepares each once.
pub(crate) struct Statements<R> {
    dialect: Dialect,
    columns: String,
    /// The numbers of the fields that columns hold whole.
    held: Vec<u32>,
    resource: PhantomData<fn() -> R>,
}

/// A row before and after.
pub(crate) struct Rewrite<M> {
    pub(crate) before: Row<M>,
    pub(crate) after: Row<M>,
    /// Whether they differ: then the row after has a version of its own.
    pub(crate) differs: bool,
    /// What is to be written of it, where that was worked out already.
    pub(crate) ready: Option<(Draft, Difference)>,
}

/// What of a row became another: the places among [`Statements::names`] and, after id and version before, what they became.
pub(crate) type Difference = (Vec<usize>, Vec<Value>);

/// What a write means to do with a row it loads. A row that is only changed may be referred to meanwhile; one that will be
/// deleted may not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim {
    Change,
    Delete,
}

/// The columns before the declared ones.
pub(crate) const FIXED: [&str; 5] = ["organization", "id", "version", "create_time", "update_time"];

impl<R: Resource> Statements<R> {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let names: Vec<String> = Self::names().into_iter().map(quoted).collect();
        Self { dialect, columns: names.join(", "), held: held::<R>(), resource: PhantomData }
    }

    /// `SELECT … FROM table WHERE `.
    pub(crate) fn select(&self) -> Sql {
        Sql::new(self.dialect, format!("SELECT {} FROM {} WHERE ", self.columns, R::TABLE))
    }

    /// One row of one organization.
    pub(crate) fn select_one(&self, organization: &str, id: &str) -> Sql {
        let mut sql = self.select();
        sql.push("organization = ").bind(organization).push(" AND id = ").bind(id);
        sql
    }

    /// Rows of one organization, by id.
    pub(crate) fn select_many(&self, organization: &str, ids: &[&str]) -> Sql {
        let mut sql = self.select();
        sql.push("organization = ").bind(organization).push(" AND ").is_in("id", ids);
        sql
    }

    /// The names of all columns, in the order of [`values`].
    pub(crate) fn names() -> Vec<&'static str> {
        FIXED.into_iter().chain(R::columns().iter().map(|column| column.name)).chain(["body"]).collect()
    }

    /// Writes changed rows, each only where it is still at the version before. Rows that differ in the same columns go together, and
    /// only these columns are written, so that the indexes on the others are left alone. Gives the statements, each with the number of
    /// rows it must touch; it asks for differences no sooner than for the statement that writes them.
    pub(crate) fn update<'a>(
        &'a self,
        organization: &'a str,
        mut differences: impl Iterator<Item = Difference> + 'a,
    ) -> impl Iterator<Item = (Sql, u64)> + 'a {
        let mut groups: BTreeMap<Vec<usize>, Vec<Vec<Value>>> = BTreeMap::new();
        let write = move |differs: &[usize], lines: Vec<Vec<Value>>| {
            let touched = lines.len() as u64;
            (self.update_columns(organization, differs, lines), touched)
        };
        std::iter::from_fn(move || {
            for (differs, line) in differences.by_ref() {
                let group = groups.entry(differs).or_default();
                group.push(line);
                if group.len() == most(self.dialect) {
                    let lines = std::mem::take(group);
                    let differs = groups.iter().find(|(_, lines)| lines.is_empty())?.0.clone();
                    groups.remove(&differs);
                    return Some(write(&differs, lines));
                }
            }
            let (differs, mut lines) = groups.pop_first()?;
            let rest = lines.split_off(portion(self.dialect, lines.len()));
            let statement = write(&differs, lines);
            if !rest.is_empty() {
                groups.insert(differs, rest);
            }
            Some(statement)
        })
    }

    fn update_columns(&self, organization: &str, differs: &[usize], lines: Vec<Vec<Value>>) -> Sql {
        let table = R::TABLE;
        // As for inserts: a failure undoes the whole transaction anyway.
        let update = match self.dialect {
            Dialect::Sqlite => "UPDATE OR FAIL",
            Dialect::Postgres => "UPDATE",
        };
        let mut sql = Sql::new(self.dialect, format!("{update} {table} SET "));
        let names = Self::names();
        for (place, name) in differs.iter().filter_map(|&at| names.get(at)).enumerate() {
            let value = format!("{} = became.column{}", quoted(name), place + 3);
            sql.push(if place > 0 { ", " } else { "" }).push(&value);
        }
        sql.push(" FROM (").rows(lines).push(&format!(") AS became WHERE {table}.organization = "));
        sql.bind(organization).push(&format!(" AND {table}.id = became.column1 AND {table}.version = became.column2"));
        sql
    }

    /// Deletes rows that the write has claimed.
    pub(crate) fn delete(&self, organization: &str, ids: &[&str]) -> Sql {
        let mut sql = Sql::new(self.dialect, format!("DELETE FROM {} WHERE organization = ", R::TABLE));
        sql.bind(organization).push(" AND ").is_in("id", ids);
        sql
    }

    /// As [`Statements::select_one`], by a write that will change the row: on PostgreSQL another that wants to waits.
    pub(crate) fn claim_one(&self, organization: &str, id: &str, claim: Claim) -> Sql {
        let mut sql = self.select_one(organization, id);
        sql.push(self.lock(claim));
        sql
    }

    /// As [`Statements::select_many`], by a write that will change the rows; all writes claim in the same order.
    pub(crate) fn claim_many(&self, organization: &str, ids: &[&str], claim: Claim) -> Sql {
        let mut sql = self.select_many(organization, ids);
        sql.push(" ORDER BY id").push(self.lock(claim));
        sql
    }

    fn lock(&self, claim: Claim) -> &'static str {
        match (self.dialect, claim) {
            (Dialect::Sqlite, _) => "",
            (Dialect::Postgres, Claim::Change) => " FOR NO KEY UPDATE",
            (Dialect::Postgres, Claim::Delete) => " FOR UPDATE",
        }
    }

    /// As [`Statements::select_many`], where many are read at once on SQLite: all rows as one JSON text, for [`Statements::read_all`].
    /// There each row that is handed over wakes its reader, which costs more than to find it.
    pub(crate) fn gather(&self, organization: &str, ids: &[&str]) -> Sql {
        let reals = R::columns().iter().filter(|column| matches!((column.field_type)(), FieldType::Real));
        let reals: Vec<&str> = reals.map(|column| column.name).collect();
        let names = Self::names();
        let parts = names.iter().skip(1).map(|name| match *name {
            "body" => "hex(body)".to_owned(),
            // A number as text that reads as the very same number.
            real if reals.contains(&real) => format!("quote({})", quoted(real)),
            name => quoted(name),
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        let text = format!("SELECT json_group_array(json_array({parts})) FROM {} WHERE ", R::TABLE);
        let mut sql = Sql::new(self.dialect, text);
        sql.push("organization = ").bind(organization).push(" AND ").is_in("id", ids);
        sql
    }

    /// Reads what [`Statements::gather`] selects, in no order; nothing of nothing.
    pub(crate) fn read_all(&self, organization: &str, gathered: &str) -> Outcome<Vec<Row<R::Message>>> {
        if gathered.is_empty() {
            return Ok(Vec::new());
        }
        let lines: Vec<Vec<Json>> = serde_json::from_str(gathered).map_err(Fault::defect)?;
        let read =
            |line| read_line::<R>(organization, line).ok_or_else(|| Fault::defect("a row is not what was asked for"));
        lines.into_iter().map(read).collect()
    }

    /// A row's values, in the order of [`Statements::names`]; `encoded` is its message.
    pub(crate) fn values(&self, row: &Row<R::Message>, encoded: &[u8]) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::with_capacity(FIXED.len() + R::columns().len() + 1);
        values.extend([row.organization.as_str().into(), row.id.as_str().into()]);
        values.extend([row.version, row.create_time, row.update_time].map(Value::from));
        values.extend(R::columns().iter().map(|column| Value::from((column.get)(&row.message))));
        values.push(self.body(encoded).into());
        values
    }

    /// What of a row that was read became another; `encoded` is the message after.
    pub(crate) fn difference(&self, before: &Row<R::Message>, after: &Row<R::Message>, encoded: &[u8]) -> Difference {
        let (mut differs, mut line) = (Vec::new(), Vec::new());
        line.extend([Value::from(after.id.as_str()), before.version.into()]);
        let mut add = |at: usize, value: Value| {
            differs.push(at);
            line.push(value);
        };
        for (at, (old, new)) in [
            (2, (before.version, after.version)),
            (3, (before.create_time, after.create_time)),
            (4, (before.update_time, after.update_time)),
        ] {
            if old != new {
                add(at, new.into());
            }
        }
        for (offset, column) in R::columns().iter().enumerate() {
            let new = (column.get)(&after.message);
            if (column.get)(&before.message) != new {
                add(FIXED.len() + offset, new.into());
            }
        }
        let body = self.body(encoded);
        if body != before.body {
            add(FIXED.len() + R::columns().len(), body.into());
        }
        (differs, line)
    }

    /// What of an encoded message no column holds whole: its other fields, as they are.
    fn body(&self, encoded: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(encoded.len());
        let mut rest = encoded;
        while !rest.is_empty() {
            let field = rest;
            let skipped = decode_key(&mut rest).and_then(|(tag, wire_type)| {
                skip_field(wire_type, tag, &mut rest, DecodeContext::default()).map(|()| tag)
            });
            // What we encoded ourselves decodes. If ever it did not, the whole would be as good a body: columns have the last word.
            let Ok(tag) = skipped else { return encoded.to_vec() };
            if !self.held.contains(&tag) {
                body.extend_from_slice(field.get(..field.len() - rest.len()).unwrap_or_default());
            }
        }
        body
    }

    /// Reads a row of a select of this resource.
    pub(crate) fn read(&self, result: &QueryResult) -> Outcome<Row<R::Message>> {
        read::<R>(result).map_err(Fault::defect)
    }
}

/// A column's name in SQL: quoted, since `type` and the like are words of SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The numbers of the fields that columns hold whole, those of the head among them. A value within a field leaves the field where it
/// is.
fn held<R: Resource>() -> Vec<u32> {
    let Some(descriptor) = wire::pool().get_message_by_name(&R::Message::full_name()) else { return Vec::new() };
    let whole = R::columns().iter().filter(|column| !column.part).map(|column| column.name);
    let names = whole.chain(["name", "etag", "create_time", "update_time"]);
    names.filter_map(|name| Some(descriptor.get_field_by_name(name)?.number())).collect()
}

/// What a column holds where its field is unset.
pub(crate) fn unset_of<M>(column: &Column<M>, none: &M) -> Datum<'static> {
    if matches!((column.field_type)(), FieldType::Time) { Datum::Integer(i64::MIN) } else { unset(&(column.get)(none)) }
}

fn read<R: Resource>(result: &QueryResult) -> Result<Row<R::Message>, Box<dyn std::error::Error + Send + Sync>> {
    let organization: String = result.try_get_by_index(0)?;
    let id: String = result.try_get_by_index(1)?;
    let (version, create_time, update_time) =
        (result.try_get_by_index(2)?, result.try_get_by_index(3)?, result.try_get_by_index(4)?);
    let body: Vec<u8> = result.try_get_by_index(FIXED.len() + R::columns().len())?;
    let mut message = R::Message::decode(body.as_slice())?;
    for (offset, column) in R::columns().iter().enumerate() {
        let index = FIXED.len() + offset;
        let datum = match (column.field_type)() {
            FieldType::Real => Datum::Real(result.try_get_by_index(index)?),
            FieldType::Integer | FieldType::Boolean | FieldType::Time => {
                Datum::Integer(result.try_get_by_index(index)?)
            }
            _ => Datum::from(result.try_get_by_index::<String>(index)?),
        };
        (column.set)(&mut message, datum);
    }
    let mut row = Row { organization, id, version, create_time, update_time, message, body };
    row.stamp::<R>();
    Ok(row)
}

/// A row as [`Statements::gather`] selects it.
fn read_line<R: Resource>(organization: &str, line: Vec<Json>) -> Option<Row<R::Message>> {
    let mut parts = line.into_iter();
    let text = |part: Json| match part {
        Json::String(text) => Some(text),
        _ => None,
    };
    let id = text(parts.next()?)?;
    let (version, create_time, update_time) =
        (parts.next()?.as_i64()?, parts.next()?.as_i64()?, parts.next()?.as_i64()?);
    let body = data_encoding::HEXUPPER.decode(text(parts.next_back()?)?.as_bytes()).ok()?;
    let mut message = R::Message::decode(body.as_slice()).ok()?;
    for (column, part) in R::columns().iter().zip(parts) {
        let datum = match (column.field_type)() {
            FieldType::Real => Datum::Real(text(part)?.parse().ok()?),
            FieldType::Integer | FieldType::Boolean | FieldType::Time => Datum::Integer(part.as_i64()?),
            _ => Datum::from(text(part)?),
        };
        (column.set)(&mut message, datum);
    }
    let mut row = Row { organization: organization.to_owned(), id, version, create_time, update_time, message, body };
    row.stamp::<R>();
    Some(row)
}

impl<M> Row<M> {
    /// Puts name, times and etag into the message, as the row has them.
    pub(crate) fn stamp<R: Resource<Message = M>>(&mut self) {
        let name = resource::written(&self.organization, R::COLLECTION, &self.id);
        let head = R::head(&mut self.message);
        *head.name = name;
        *head.create_time = timestamp(self.create_time);
        *head.update_time = timestamp(self.update_time);
        *head.etag = resource::etag::etag(self.version);
    }
}

/// What a row becomes by a new message, at a moment.
pub(crate) fn rewritten<R: Resource>(
    now: i64,
    before: Row<R::Message>,
    mut message: R::Message,
) -> Rewrite<R::Message> {
    settle::<R>(&mut message);
    let (organization, id) = (before.organization.clone(), before.id.clone());
    let Row { version, create_time, update_time, .. } = before;
    let mut after = Row { organization, id, version, create_time, update_time, message, body: Vec::new() };
    after.stamp::<R>();
    let differs = after.message != before.message;
    if differs {
        after.version = before.version + 1;
        after.update_time = now.max(before.update_time);
        after.stamp::<R>();
    }
    Rewrite { before, after, differs, ready: None }
}

/// Rounds the times of a message to what columns keep (microseconds), so that what is returned now is what is read later.
pub(crate) fn settle<R: Resource>(message: &mut R::Message) {
    for column in R::columns() {
        if matches!((column.field_type)(), FieldType::Time) {
            let micros = (column.get)(message).integer();
            (column.set)(message, Datum::Integer(micros));
        }
    }
}
