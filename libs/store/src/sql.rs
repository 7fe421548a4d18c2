//! A statement under construction: text and values side by side, one form for both dialects.

use sea_orm::sea_query::ArrayType;
use sea_orm::{DatabaseBackend, Statement, Value};

use crate::Dialect;

/// A statement under construction. Values are always bound, never written into the text.
#[derive(Clone, Debug)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
    dialect: Dialect,
}

impl Sql {
    /// A statement that begins with `text`.
    #[must_use]
    pub fn new(dialect: Dialect, text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new(), dialect }
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a bound value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        match self.dialect {
            Dialect::Sqlite => self.text.push('?'),
            Dialect::Postgres => {
                self.text.push('$');
                self.text.push_str(&self.values.len().to_string());
            }
        }
        self
    }

    /// Adds bound values, comma separated.
    pub fn bind_all(&mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Adds `column IN (the values)` as one bound value, so that the text, and with it the prepared statement, is the same
    /// for any number of them. Values are text.
    pub fn is_in(&mut self, column: &str, values: &[&str]) -> &mut Self {
        self.push(column);
        match self.dialect {
            Dialect::Sqlite => {
                let list = values.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
                let list = serde_json::Value::from(list).to_string();
                self.push(" IN (SELECT value FROM json_each(").bind(list).push("))")
            }
            Dialect::Postgres => {
                let list = values.iter().map(|&text| Value::from(text)).collect();
                self.push(" = ANY(").bind(array(list)).push(")")
            }
        }
    }

    /// Adds texts as a source to select from, as one bound value: `AS alias` with the columns `key`, from 0 in their order, and
    /// `value`. An answer that says the key instead of the text is short.
    pub fn numbered(&mut self, values: &[&str], alias: &str) -> &mut Self {
        match self.dialect {
            Dialect::Sqlite => {
                self.push("json_each(").bind(serde_json::Value::from(values).to_string()).push(&format!(") AS {alias}"))
            }
            Dialect::Postgres => {
                let list = values.iter().map(|&text| Value::from(text)).collect();
                // Within a select of its own the planner does not see how many they are. Where it does, it reads whole tables
                // beside some thousand texts instead of looking each of them up (measured: 250 ms instead of 20).
                self.push("(SELECT number - 1 AS key, value FROM unnest((SELECT CAST(").bind(array(list));
                self.push(&format!(" AS text[]))) WITH ORDINALITY AS numbered (value, number)) AS {alias}"))
            }
        }
    }

    /// Adds columns of a select that come as one text: a line for each row, the parts with a space between. To hand over many short
    /// rows one by one costs more than to find them. No part may hold a space or a line break, or be NULL.
    pub fn lines(&mut self, parts: &[&str]) -> &mut Self {
        let line = parts.join(" || ' ' || ");
        let gathered = match self.dialect {
            Dialect::Sqlite => format!("COALESCE(group_concat({line}, char(10)), '')"),
            Dialect::Postgres => format!("COALESCE(string_agg({line}, chr(10)), '')"),
        };
        self.push(&gathered)
    }

    /// Adds the condition that a row is kept within the resource with this id: a range of the primary key.
    pub fn within(&mut self, id: &str) -> &mut Self {
        // '0' follows '/'.
        self.push("(id > ").bind(format!("{id}/")).push(" AND id < ").bind(format!("{id}0")).push(")")
    }

    /// Adds rows as a source to select from: `VALUES (?, …), …` on SQLite and for a single row, one bound array a column for
    /// more on PostgreSQL. Its columns are called `column1`, `column2` and so on. No value may be NULL.
    pub(crate) fn rows(&mut self, rows: Vec<Vec<Value>>) -> &mut Self {
        match self.dialect {
            // One row is as well bound value by value: the server then has no arrays to take apart.
            _ if rows.len() == 1 => self.push("VALUES (").bind_all(rows.into_iter().flatten()).push(")"),
            Dialect::Sqlite => {
                self.text.reserve(rows.iter().map(|row| row.len() * 3 + 4).sum());
                for (index, row) in rows.into_iter().enumerate() {
                    self.push(if index > 0 { ", (" } else { "VALUES (" }).bind_all(row).push(")");
                }
                self
            }
            Dialect::Postgres => {
                let width = rows.first().map_or(0, Vec::len);
                let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
                for row in rows {
                    for (column, value) in columns.iter_mut().zip(row) {
                        column.push(value);
                    }
                }
                let names: Vec<String> = (1..=width).map(|number| format!("column{number}")).collect();
                self.push("SELECT * FROM unnest(").bind_all(columns.into_iter().map(array));
                self.push(") AS rows (").push(&names.join(", ")).push(")")
            }
        }
    }

    /// How many values are bound.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.values.len()
    }

    /// Which database will run it.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn statement(self) -> Statement {
        let backend = match self.dialect {
            Dialect::Sqlite => DatabaseBackend::Sqlite,
            Dialect::Postgres => DatabaseBackend::Postgres,
        };
        Statement::from_sql_and_values(backend, self.text, self.values)
    }
}

/// The most rows that one statement takes at once: few enough that the next are prepared while these are written.
pub(crate) fn most(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sqlite => 256,
        Dialect::Postgres => 250,
    }
}

/// How many of so many rows one statement takes. SQLite compiles a text of its own for each number of rows, so there are only five;
/// PostgreSQL binds arrays, and takes any number that stays well within memory.
pub(crate) fn portion(dialect: Dialect, rows: usize) -> usize {
    match (dialect, rows) {
        (Dialect::Sqlite, 256..) => 256,
        (Dialect::Sqlite, 64..) => 64,
        (Dialect::Sqlite, 16..) => 16,
        (Dialect::Sqlite, 4..) => 4,
        (Dialect::Sqlite, rows) => rows.min(1),
        (Dialect::Postgres, rows) => rows.min(most(dialect)),
    }
}

/// So many rows in the portions that one statement takes at once; it asks for rows no sooner than for the portion they are in.
pub(crate) fn portions<T>(
    dialect: Dialect,
    mut count: usize,
    mut rows: impl Iterator<Item = T>,
) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let portion = portion(dialect, count);
        count -= portion;
        (portion > 0).then(|| rows.by_ref().take(portion).collect())
    })
}

fn array(values: Vec<Value>) -> Value {
    let kind = match values.first() {
        Some(Value::BigInt(_)) => ArrayType::BigInt,
        Some(Value::Double(_)) => ArrayType::Double,
        Some(Value::Bytes(_)) => ArrayType::Bytes,
        _ => ArrayType::String,
    };
    Value::Array(kind, Some(Box::new(values)))
}
