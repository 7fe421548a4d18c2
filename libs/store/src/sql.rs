//! A statement under construction: text and values side by side, one form for both dialects.

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
        let list = serde_json::Value::from(values.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()).to_string();
        match self.dialect {
            Dialect::Sqlite => self.push(" IN (SELECT value FROM json_each(").bind(list).push("))"),
            Dialect::Postgres => {
                self.push(" IN (SELECT jsonb_array_elements_text(CAST(").bind(list).push(" AS jsonb)))")
            }
        }
    }

    /// How many values are bound.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn dialect(&self) -> Dialect {
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
