//! What a scan tells: counts and verdicts, and nothing of the sample but the names of its columns.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    category::{self, Category, Proposal},
    columns::Column,
    kind::About,
    layout::{Layout, Recognised, Written},
    settings::Format,
    tally::{Count, Tally},
};

/// A kind found in a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The kind.
    pub kind: String,
    /// Values in which it was found, of those that are not empty: 0 to 1.
    pub share: f64,
    /// How sure it is that what was found is of the kind: 0 to 1. The mean of the values' scores, half of the doubt taken away where all values
    /// have it (share²), times 1 − 0.5ⁿ for n values.
    pub confidence: f64,
}

/// A column: a field of CSV, a path of JSON lines.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnReport {
    /// Its name in the sample; `column_3` where it has none, or where the name itself may be personal data.
    pub name: String,
    /// Values that are not empty.
    pub values: u64,
    /// Kinds found in it, those in most values first.
    pub verdicts: Vec<Verdict>,
}

/// How often a kind was found.
#[derive(Clone, Debug, PartialEq)]
pub struct KindReport {
    /// The kind.
    pub name: String,
    /// The category of PII it belongs to.
    pub category: Category,
    /// Findings.
    pub found: u64,
    /// Mean score of the findings, 0 to 1.
    pub mean: f64,
}

/// What a scan tells. As JSON it is `{"bytes":…,"columns":{NAME:[{"kind":…,"share":…,"confidence":…}]},"found":{KIND:n},…}`, with `format`,
/// `records`, `damaged`, `shapes` and `categories` besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Bytes of the sample.
    pub bytes: u64,
    /// How it is written; never [`Format::Auto`].
    pub format: Format,
    /// Lines that are not empty, records of CSV without the names, objects of JSON lines.
    pub records: u64,
    /// Records that were looked at as text, since their quotation or JSON is not whole or they are longer than a megabyte.
    pub damaged: u64,
    /// Columns, in the order of the sample.
    pub columns: Vec<ColumnReport>,
    /// Kinds that were looked for, those not found included.
    pub kinds: Vec<KindReport>,
    /// Call and IP detail records.
    pub shapes: Vec<Recognised>,
}

impl Report {
    /// Findings of a kind; 0 if it was not looked for.
    #[must_use]
    pub fn found(&self, kind: &str) -> u64 {
        self.kinds.iter().find(|known| known.name == kind).map_or(0, |known| known.found)
    }

    /// The categories of PII this speaks for ([`crate::categories`]).
    #[must_use]
    pub fn categories(&self) -> Vec<Proposal> {
        category::categories(self)
    }
}

pub(crate) fn report(bytes: u64, layout: &Layout, tally: &Tally, kinds: &[About]) -> Report {
    let name = |column: &Column, place: usize| {
        let tally = tally.columns.get(place).cloned().unwrap_or_default();
        let mut verdicts: Vec<Verdict> = kinds
            .iter()
            .zip(&tally.kinds)
            .filter(|(_, count)| count.found > 0)
            .map(|(kind, count)| verdict(&kind.name, *count, tally.values))
            .collect();
        verdicts.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.kind.cmp(&b.kind)));
        ColumnReport { name: column.name.clone(), values: tally.values, verdicts }
    };
    let columns = layout.columns.iter().chain(&tally.further).enumerate();
    Report {
        bytes,
        format: match layout.written {
            Written::Text => Format::Text,
            Written::Csv { .. } => Format::Csv,
            Written::JsonLines => Format::JsonLines,
        },
        records: tally.records,
        damaged: tally.damaged,
        columns: columns.map(|(place, column)| name(column, place)).collect(),
        kinds: kinds
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                let count = tally.kinds.get(place).copied().unwrap_or_default();
                let mean = rounded(count.mean());
                KindReport { name: kind.name.clone(), category: kind.category, found: count.found, mean }
            })
            .collect(),
        shapes: layout.shapes(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 values")]
fn verdict(kind: &str, count: Count, values: u64) -> Verdict {
    let share = count.found as f64 / values.max(1) as f64;
    let mean = count.mean();
    let seen = 1.0 - 0.5_f64.powi(i32::try_from(count.found).unwrap_or(i32::MAX));
    let confidence = (mean + (1.0 - mean) * share * share / 2.0) * seen;
    Verdict { kind: kind.to_owned(), share: rounded(share), confidence: rounded(confidence) }
}

/// Four digits behind the point.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found: BTreeMap<&str, u64> =
            self.kinds.iter().filter(|kind| kind.found > 0).map(|kind| (kind.name.as_str(), kind.found)).collect();
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("bytes", &self.bytes)?;
        map.serialize_entry("format", &self.format)?;
        map.serialize_entry("records", &self.records)?;
        map.serialize_entry("damaged", &self.damaged)?;
        map.serialize_entry("columns", &InOrder(&self.columns))?;
        map.serialize_entry("found", &found)?;
        map.serialize_entry("shapes", &self.shapes)?;
        map.serialize_entry("categories", &self.categories())?;
        map.end()
    }
}

/// Columns as a map that keeps their order.
struct InOrder<'a>(&'a [ColumnReport]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|column| (&column.name, &column.verdicts)))
    }
}
