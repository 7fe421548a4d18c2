//! A message as a row, and back.

use std::marker::PhantomData;

use fault::{Fault, Outcome};
use prost::Message as _;
use resource::FieldType;
use sea_orm::QueryResult;

use crate::resource::unset;
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
}

/// The statements of one resource; their texts never change, so the database prepares each once.
pub(crate) struct Statements<R> {
    dialect: Dialect,
    columns: String,
    resource: PhantomData<fn() -> R>,
}

/// The columns before the declared ones.
pub(crate) const FIXED: [&str; 5] = ["organization", "id", "version", "create_time", "update_time"];

/// How many values one statement may bind: below the limit of both dialects.
const MOST_BOUND: usize = 30_000;

impl<R: Resource> Statements<R> {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let declared = R::columns().iter().map(|column| column.name);
        let names: Vec<String> = FIXED.into_iter().chain(declared).chain(["body"]).map(quoted).collect();
        Self { dialect, columns: names.join(", "), resource: PhantomData }
    }

    fn width() -> usize {
        FIXED.len() + R::columns().len() + 1
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

    /// Inserts of rows, as few statements as the limit on bound values allows.
    pub(crate) fn insert(&self, rows: &[Row<R::Message>]) -> Vec<Sql> {
        let per = (MOST_BOUND / Self::width()).clamp(1, 500);
        rows.chunks(per)
            .map(|chunk| {
                let mut sql = Sql::new(self.dialect, format!("INSERT INTO {} ({}) VALUES ", R::TABLE, self.columns));
                for (index, row) in chunk.iter().enumerate() {
                    sql.push(if index > 0 { ", (" } else { "(" }).bind_all(values::<R>(row)).push(")");
                }
                sql
            })
            .collect()
    }

    /// Writes a row whose version was `before`.
    pub(crate) fn update(&self, row: &Row<R::Message>, before: i64) -> Sql {
        let mut sql = Sql::new(self.dialect, format!("UPDATE {} SET ", R::TABLE));
        let names = FIXED.into_iter().chain(R::columns().iter().map(|column| column.name)).chain(["body"]);
        for (index, (name, value)) in names.zip(values::<R>(row)).skip(2).enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).push(&quoted(name)).push(" = ").bind(value);
        }
        sql.push(" WHERE organization = ").bind(row.organization.as_str()).push(" AND id = ").bind(row.id.as_str());
        sql.push(" AND version = ").bind(before);
        sql
    }

    /// Deletes a row whose version was `before`.
    pub(crate) fn delete(&self, row: &Row<R::Message>, before: i64) -> Sql {
        let mut sql = Sql::new(self.dialect, format!("DELETE FROM {} WHERE organization = ", R::TABLE));
        sql.bind(row.organization.as_str())
            .push(" AND id = ")
            .bind(row.id.as_str())
            .push(" AND version = ")
            .bind(before);
        sql
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

fn values<R: Resource>(row: &Row<R::Message>) -> Vec<sea_orm::Value> {
    let mut values: Vec<sea_orm::Value> = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        row.version.into(),
        row.create_time.into(),
        row.update_time.into(),
    ];
    let mut rest = row.message.clone();
    for column in R::columns() {
        let datum = (column.get)(&row.message);
        (column.set)(&mut rest, empty(&(column.field_type)(), &datum));
        values.push(datum.into());
    }
    clear_head::<R>(&mut rest);
    values.push(rest.encode_to_vec().into());
    values
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
    let mut row = Row { organization, id, version, create_time, update_time, message };
    row.stamp::<R>();
    Ok(row)
}

impl<M> Row<M> {
    /// Puts name, times and etag into the message, as the row has them.
    pub(crate) fn stamp<R: Resource<Message = M>>(&mut self) {
        let name = format!("organizations/{}/{}/{}", self.organization, R::COLLECTION, self.id);
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
