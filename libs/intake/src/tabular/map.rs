//! Column maps: which column is which field.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::field::{Field, NAMES};
use crate::IntakeError;

/// Which column of a CSV file is which field, and how the file is written.
///
/// A map is TOML:
///
/// ```toml
/// delimiter = ";"              # one character; found out from the header where absent
/// encoding = "latin-1"         # "utf-8" where absent
/// decimal_comma = true         # 1.234,5 instead of 1,234.5
/// date_formats = ["%d.%m.%Y"]  # strftime codes, tried before ISO 8601
/// key = ["REGION", "NO"]       # the columns that make the external id, joined by "/"
///
/// [columns]                    # header = field; headers match without regard to case, spaces and underscores
/// "OWNER_NAME" = "owner"
/// "INTERNAL" = "ignore"
///
/// [defaults]                   # for rows where no column fills the field
/// type = "tower"
///
/// [values.type]                # what a value means, by field
/// "CELL - MONOPOLE" = "tower"
/// ```
///
/// Fields: `key` (several are joined by `/`), `name`, `type`, `description`, `owner`, `custodian`, `location`, `classification`,
/// `confidentiality`, `integrity`, `availability` (0 to 10), `criticality_reason`, `legal_tags`, `vendor`, `model`, `software_version`,
/// `serial_number`, `quantity`, `power_watts`, `state`, `acquire_time`, `end_of_life_time`, `verify_time`, `maintenance_contract`,
/// `maintenance_window`, `maintenance_last_time`, `maintenance_next_time`; the site `site` (its id), `site_name`, `site_type`, `site_region`,
/// `site_address`, `site_latitude`, `site_longitude` (degrees of WGS 84), `site_manned`; the network identifiers `ip`, `prefix`, `fqdn`,
/// `network_element`, `point_code`, `e164`, `imsi`, `asn`, `plmn`, `mac`, `cell` and `network_identifier` (kind by form); `depends_on` (external
/// ids); `label.KEY`, `attribute.KEY`, `ignore`. `legal_tags`, `depends_on` and network identifiers hold several values separated by `;`.
/// Columns that the map does not name are kept as attributes under their header.
#[derive(Clone, Debug, Default)]
pub struct ColumnMap(pub(crate) Map<Field>);

impl ColumnMap {
    /// Reads a column map.
    ///
    /// # Errors
    /// [`IntakeError::Map`] where the text is no TOML, has a key or field that does not exist, or gives one field two columns.
    pub fn from_toml(text: &str) -> Result<Self, IntakeError> {
        Map::from_toml(text).map(Self)
    }
}

/// A column map to fields of one kind of record.
#[derive(Clone, Debug)]
pub(crate) struct Map<F> {
    pub(crate) columns: Vec<(String, F)>,
    pub(crate) defaults: Vec<(F, String)>,
    pub(crate) values: Vec<(F, BTreeMap<String, String>)>,
    pub(crate) key: Vec<String>,
    pub(crate) delimiter: Option<u8>,
    pub(crate) latin: bool,
    pub(crate) decimal_comma: bool,
    pub(crate) date_formats: Vec<String>,
}

impl<F> Default for Map<F> {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            defaults: Vec::new(),
            values: Vec::new(),
            key: Vec::new(),
            delimiter: None,
            latin: false,
            decimal_comma: false,
            date_formats: Vec::new(),
        }
    }
}

/// A field of a record, as column maps name it.
pub(crate) trait Target: Clone + PartialEq {
    /// The field called `name`.
    fn named(name: &str) -> Option<Self>;

    /// The names of all of them, for people.
    fn names() -> String;

    /// Whether several columns may go to it.
    fn takes_many(&self) -> bool;

    /// Whether it tells one record from the other, so that no default can stand in for it.
    fn is_key(&self) -> bool;
}

impl Target for Field {
    fn named(name: &str) -> Option<Self> {
        Self::named(name)
    }

    fn names() -> String {
        let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("{}, label.KEY", known.join(", "))
    }

    fn takes_many(&self) -> bool {
        Self::takes_many(self)
    }

    fn is_key(&self) -> bool {
        *self == Self::Key
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    delimiter: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    decimal_comma: bool,
    #[serde(default)]
    date_formats: Vec<String>,
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    defaults: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl<F: Target> Map<F> {
    /// Reads a column map.
    pub(crate) fn from_toml(text: &str) -> Result<Self, IntakeError> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            wrong(format!("line {line}"), error.message(), "see the documentation of column maps for its keys")
        })?;
        let mut map = Self {
            key: written.key,
            delimiter: delimiter(written.delimiter.as_deref())?,
            latin: latin(written.encoding.as_deref())?,
            decimal_comma: written.decimal_comma,
            date_formats: written.date_formats,
            ..Self::default()
        };
        for (header, name) in written.columns {
            let field: F = field(&name, &format!("columns.{header:?}"))?;
            if let Some((other, _)) = map.columns.iter().find(|(_, known)| !field.takes_many() && *known == field) {
                let problem = format!("the columns `{other}` and `{header}` both go to `{name}`");
                return Err(wrong(
                    format!("columns.{header:?}"),
                    problem,
                    "send one of them to `attribute.KEY` or `ignore`",
                ));
            }
            map.columns.push((header, field));
        }
        for (name, value) in written.defaults {
            let field: F = field(&name, &format!("defaults.{name:?}"))?;
            if field.is_key() {
                let at = format!("defaults.{name}");
                return Err(wrong(at, "a default key would make all rows the same", "remove it"));
            }
            map.defaults.push((field, value));
        }
        for (name, meanings) in written.values {
            map.values.push((field(&name, &format!("values.{name:?}"))?, meanings));
        }
        Ok(map)
    }
}

/// What is wrong with a column map, and where.
pub(crate) fn wrong(at: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> IntakeError {
    IntakeError::Map { at: at.into(), problem: problem.into(), remedy: remedy.into() }
}

fn field<F: Target>(name: &str, at: &str) -> Result<F, IntakeError> {
    F::named(name)
        .ok_or_else(|| wrong(at, format!("there is no field `{name}`"), format!("use {} or attribute.KEY", F::names())))
}

fn delimiter(written: Option<&str>) -> Result<Option<u8>, IntakeError> {
    match written.map(str::as_bytes) {
        None => Ok(None),
        Some([one]) if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Ok(Some(*one)),
        Some(_) => Err(wrong("delimiter", "it is not one ASCII character", r#"use ",", ";", "|" or "\t""#)),
    }
}

fn latin(written: Option<&str>) -> Result<bool, IntakeError> {
    match written.map(|name| name.to_ascii_lowercase()).as_deref() {
        None | Some("utf-8" | "utf8") => Ok(false),
        Some("latin-1" | "latin1" | "iso-8859-1") => Ok(true),
        Some(_) => Err(wrong("encoding", "it is not known", r#"use "utf-8" or "latin-1""#)),
    }
}
