//! A message as a row, and back.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use fault::{Fault, Outcome};
use prost::Message as _;
use resource::FieldType;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use crate::resource::unset;
use crate::sql::portions;
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
    resource: PhantomData<fn() -> R>,
}

/// A row before and after.
pub(crate) type Rewrite<'a, M> = (&'a Row<M>, &'a Row<M>);

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
        Self { dialect, columns: names.join(", "), resource: PhantomData }
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

    /// Writes changed rows, (before, after), each only where it is still at the version before. Rows that differ in the same
    /// columns go together, and only these columns are written, so that the indexes on the others are left alone. Gives
    /// the statements, each with the number of rows it must touch.
    pub(crate) fn update(&self, pairs: &[Rewrite<'_, R::Message>]) -> Vec<(Sql, u64)> {
        let mut groups: BTreeMap<Vec<usize>, Vec<Vec<Value>>> = BTreeMap::new();
        for (before, after) in pairs {
            let (differs, mut news) = differences::<R>(before, after);
            let mut line: Vec<Value> = vec![after.id.as_str().into(), before.version.into()];
            line.append(&mut news);
            groups.entry(differs).or_default().push(line);
        }
        let organization = pairs.first().map(|(before, _)| before.organization.as_str()).unwrap_or_default();
        let mut statements = Vec::new();
        for (differs, lines) in groups {
            for portion in portions(self.dialect, lines) {
                let touched = portion.len() as u64;
                statements.push((self.update_columns(organization, &differs, portion), touched));
            }
        }
        statements
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

    /// Reads what [`Statements::gather`] selects, in the order of the ids.
    pub(crate) fn read_all(&self, organization: &str, gathered: &str) -> Outcome<Vec<Row<R::Message>>> {
        let lines: Vec<Vec<Json>> = serde_json::from_str(gathered).map_err(Fault::defect)?;
        let read =
            |line| read_line::<R>(organization, line).ok_or_else(|| Fault::defect("a row is not what was asked for"));
        let mut rows = lines.into_iter().map(read).collect::<Outcome<Vec<_>>>()?;
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(rows)
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

/// A row's values, in the order of [`Statements::names`].
pub(crate) fn values<R: Resource>(row: &Row<R::Message>) -> Vec<Value> {
    let mut values: Vec<Value> = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        row.version.into(),
        row.create_time.into(),
        row.update_time.into(),
    ];
    values.extend(R::columns().iter().map(|column| Value::from((column.get)(&row.message))));
    values.push(body::<R>(&row.message).into());
    values
}

/// Which values of a row that was read, in the order of [`values`], became others, and what they became.
fn differences<R: Resource>(before: &Row<R::Message>, after: &Row<R::Message>) -> (Vec<usize>, Vec<Value>) {
    let (mut differs, mut news) = (Vec::new(), Vec::new());
    let mut add = |at: usize, value: Value| {
        differs.push(at);
        news.push(value);
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
    let body = body::<R>(&after.message);
    if body != before.body {
        add(FIXED.len() + R::columns().len(), body.into());
    }
    (differs, news)
}

/// What of a message no column holds, encoded.
fn body<R: Resource>(message: &R::Message) -> Vec<u8> {
    let mut rest = message.clone();
    for column in R::columns() {
        (column.set)(&mut rest, empty(&(column.field_type)(), &(column.get)(message)));
    }
    clear_head::<R>(&mut rest);
    rest.encode_to_vec()
}

/// What a column holds where its field is unset.
pub(crate) fn unset_of<M>(column: &Column<M>, none: &M) -> Datum {
    empty(&(column.field_type)(), &(column.get)(none))
}

fn empty(field_type: &FieldType, datum: &Datum) -> Datum {
    if matches!(field_type, FieldType::Time) { Datum::Integer(i64::MIN) } else { unset(datum) }
}

fn clear_head<R: Resource>(message: &mut R::Message) {
    let head = R::head(message);
    head.name.clear();
    head.etag.clear();
    *head.create_time = None;
    *head.update_time = None;
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
            _ => Datum::Text(result.try_get_by_index(index)?),
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
    let body = hex::decode(text(parts.next_back()?)?).ok()?;
    let mut message = R::Message::decode(body.as_slice()).ok()?;
    for (column, part) in R::columns().iter().zip(parts) {
        let datum = match (column.field_type)() {
            FieldType::Real => Datum::Real(text(part)?.parse().ok()?),
            FieldType::Integer | FieldType::Boolean | FieldType::Time => Datum::Integer(part.as_i64()?),
            _ => Datum::Text(text(part)?),
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

/// Rounds the times of a message to what columns keep (microseconds), so that what is returned now is what is read later.
pub(crate) fn settle<R: Resource>(message: &mut R::Message) {
    for column in R::columns() {
        if matches!((column.field_type)(), FieldType::Time) {
            let datum = (column.get)(message);
            (column.set)(message, datum);
        }
    }
}
