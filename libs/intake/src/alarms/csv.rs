//! Tables of alarms, with a column map or with one guessed from the header.
//!
//! Where no column holds an id, it is made of what the row says: device, kind and time, and a number for rows that say the same. So a second reading
//! gives the same ids, whatever came to the end of the file.

mod field;
mod ids;
mod plan;
mod row;

use std::io::Read;

use self::field::Field;
use self::plan::Plan;
use super::Settings;
use super::out::Out;
use crate::IntakeError;
use crate::out::Go;
use crate::tabular::{Map, Sheet, Unfit};

/// What the report calls a row.
const ROW: &str = "row";

/// Which column of a CSV file of alarms is which field, and how the file is written.
///
/// A map is TOML:
///
/// ```toml
/// delimiter = ";"              # one character; found out from the header where absent
/// encoding = "latin-1"         # "utf-8" where absent
/// date_formats = ["%d.%m.%Y %H:%M:%S"]  # strftime codes, tried before ISO 8601; without an offset they are UTC
/// key = ["NE", "SEQ"]          # the columns that make the id, joined by "/"; made of device, kind and time where absent
///
/// [columns]                    # header = field; headers match without regard to case, spaces and underscores
/// "NE" = "device"
/// "PROBLEM" = "kind"
/// "OPERATOR NOTE" = "ignore"
///
/// [defaults]                   # for rows where no column fills the field
/// alarm_type = "equipment"
///
/// [values.severity]            # what a value means, by field
/// "1" = "critical"
/// ```
///
/// Fields: `id`, `source`, `device`, `kind`, `alarm_type`, `severity`, `cause`, `text`, `raise_time`, `report_time`, `clear_time`, `state` (`cleared`
/// or `closed` say that the condition is gone), `form` (`alarm`, `report`, `detection`), `planned_outage`, `service_affecting`, `acknowledged_by`,
/// `attribute.KEY`, `ignore`. Columns that the map does not name are kept as attributes under their header.
#[derive(Clone, Debug, Default)]
pub struct ColumnMap(Map<Field>);

impl ColumnMap {
    /// Reads a column map.
    ///
    /// # Errors
    /// [`IntakeError::Map`] where the text is no TOML, has a key or field that does not exist, or gives one field two columns.
    pub fn from_toml(text: &str) -> Result<Self, IntakeError> {
        Map::from_toml(text).map(Self)
    }
}

/// Reads rows.
pub(super) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let map = settings.map.as_ref().map(|map| &map.0);
    let mut sheet = Sheet::open(input, map.and_then(|map| map.delimiter), map.is_some_and(|map| map.latin))?;
    for base in &sheet.repeated {
        out.warn(format!("the header `{base}` comes more than once; only its first column can go to a field, the others are kept as attributes"));
    }
    let plan = Plan::new(&sheet.headers, map, out)?;
    let mut rows = row::Rows::new(&plan, map, settings);
    let mut any = false;
    while let Some(row) = sheet.next()? {
        any = true;
        let origin = format!("line {}", row.line);
        out.count(ROW);
        match row.cells {
            Ok(cells) => rows.take(&cells, &origin, out)?,
            Err(Unfit::Blank) => out.leave_out("row, blank", "all its cells are empty"),
            Err(Unfit::Cells(message)) => out.reject(&origin, "", message),
        }
    }
    if !any {
        out.warn("the file has a header and no rows; nothing is read");
    }
    Ok(())
}
