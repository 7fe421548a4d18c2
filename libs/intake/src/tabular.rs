//! CSV files with a column map, or with one guessed from the header.

mod field;
mod map;
mod plan;
mod row;
mod sheet;

use std::io::Read;

pub use map::ColumnMap;
pub(crate) use map::{Map, Target, wrong};
pub(crate) use sheet::{Sheet, Unfit};

use crate::Settings;
use crate::out::{Go, Out, Source};
use plan::Plan;

/// What the report calls a row.
const ROW: &str = "row";

/// Reads rows.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let map = settings.map.as_ref().map(|map| &map.0);
    let mut sheet = Sheet::open(input, map.and_then(|map| map.delimiter), map.is_some_and(|map| map.latin))?;
    for base in &sheet.repeated {
        out.warn(format!("the header `{base}` comes more than once; only its first column can go to a field, the others are kept as attributes"));
    }
    let plan = Plan::new(std::mem::take(&mut sheet.headers), map, out)?;
    sheet.headers.clone_from(&plan.headers);
    let rows = row::Rows::new(&plan, settings);
    let mut number = 0_u64;
    while let Some(row) = sheet.next()? {
        number += 1;
        let from = Source::new(format!("line {}", row.line), ROW);
        out.count(ROW);
        match row.cells {
            Ok(cells) => rows.take(&cells, number, &from, out)?,
            Err(Unfit::Blank) => out.not_imported("row, blank", "all its cells are empty"),
            Err(Unfit::Cells(message)) => out.reject(&from, "BODY_INVALID", message, ""),
        }
    }
    if number == 0 {
        out.warn("the file has a header and no rows; nothing is imported");
    }
    Ok(())
}
