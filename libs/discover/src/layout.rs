//! How a sample is written: found out from its first bytes, so that it holds for all of it whatever the threads and blocks.

mod profile;
mod shape;

use std::collections::BTreeMap;

use crate::{
    ascii::{byte, part},
    columns::{self, Column},
    context::Hints,
    objects::{self, Reading},
    quoted::{self, End},
    recognise::Finder,
    settings::{Format, Settings},
};

/// From so many bytes the layout is found out.
pub(crate) const HEAD: usize = 256 << 10;
/// So many records of them are looked at.
const RECORDS: usize = 2_000;

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Text,
    Csv { delimiter: u8 },
    JsonLines,
}

/// What is known of a sample before it is scanned.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) written: Written,
    /// Bytes in front that are neither text nor record: a byte order mark, and the names of columns.
    pub(crate) skip: usize,
    /// The columns of CSV by place; those of JSON lines that the head has.
    pub(crate) columns: Vec<Column>,
    /// Columns by what the sample calls them.
    pub(crate) named: BTreeMap<Vec<u8>, usize>,
}

/// The layout of a sample that begins with `head`. `all`: it is the whole sample.
pub(crate) fn find(finder: &Finder, settings: &Settings, head: &[u8], all: bool) -> Layout {
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let body = part(head, mark, head.len());
    let (written, records) = match settings.format {
        Format::Text => (Written::Text, Vec::new()),
        Format::JsonLines => (Written::JsonLines, lines(body, all)),
        Format::Csv => {
            let delimiter =
                given(settings).or_else(|| delimiter(finder, body, all).map(|found| found.0)).unwrap_or(b',');
            (Written::Csv { delimiter }, records(body, delimiter, all))
        }
        Format::Auto => guess(finder, settings, body, all),
    };
    let mut layout = Layout { written, skip: mark, columns: Vec::new(), named: BTreeMap::new() };
    match written {
        Written::Text => {}
        Written::Csv { delimiter } => layout.table(finder, settings, &records, delimiter),
        Written::JsonLines => layout.objects(finder, &records),
    }
    layout
}

fn given(settings: &Settings) -> Option<u8> {
    settings.delimiter.and_then(|mark| u8::try_from(mark).ok())
}

fn guess<'a>(finder: &Finder, settings: &Settings, body: &'a [u8], all: bool) -> (Written, Vec<&'a [u8]>) {
    let lines = lines(body, all);
    let first = lines.iter().find(|line| quoted::line_end(line) > 0);
    if first.is_some_and(|line| objects::read(line, &mut Reading::default(), |_, _| {})) {
        return (Written::JsonLines, lines);
    }
    let delimiter = match given(settings) {
        Some(mark) => Some((mark, records(body, mark, all))),
        None => delimiter(finder, body, all),
    };
    match delimiter {
        Some((delimiter, records)) => (Written::Csv { delimiter }, records),
        None => (Written::Text, Vec::new()),
    }
}

/// The whole lines of the head.
fn lines(body: &[u8], all: bool) -> Vec<&[u8]> {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| all || line.ends_with(b"\n")).take(RECORDS).collect()
}

/// The whole records of the head.
fn records(body: &[u8], delimiter: u8, all: bool) -> Vec<&[u8]> {
    let mut records = Vec::new();
    let mut at = 0;
    while at < body.len() && records.len() < RECORDS {
        let (End::At(end) | End::Broken(end)) = quoted::record(body, at, delimiter, all) else { break };
        records.push(part(body, at, end));
        at = end;
    }
    records
}

/// The mark that stands as often in nearly every record, with the records; nothing if no mark does.
fn delimiter<'a>(finder: &Finder, body: &'a [u8], all: bool) -> Option<(u8, Vec<&'a [u8]>)> {
    let mut best: Option<(usize, u8, Vec<&'a [u8]>)> = None;
    for mark in [b',', b';', b'\t', b'|'] {
        let records = records(body, mark, all);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let some: Vec<&&[u8]> = records.iter().filter(|record| quoted::line_end(record) > 0).take(200).collect();
        for record in &some {
            let mut count = 0;
            quoted::fields(record, mark, true, |_, _| count += 1);
            *counts.entry(count).or_default() += 1;
        }
        let Some((fields, often)) = counts.into_iter().max_by_key(|(fields, often)| (*often, *fields)) else {
            continue;
        };
        let steady = often * 10 >= some.len() * 9 && some.len() >= 2;
        // A sentence has a comma or two, and the next one may have as many.
        let table = fields >= 3 || (fields == 2 && (some.len() >= 5 || headed(finder, &records, mark)));
        if steady && table && best.as_ref().is_none_or(|(most, ..)| fields > *most) {
            best = Some((fields, mark, records));
        }
    }
    best.map(|(_, mark, records)| (mark, records))
}

impl Layout {
    fn table(&mut self, finder: &Finder, settings: &Settings, records: &[&[u8]], delimiter: u8) {
        let Some((first, rest)) = records.split_first() else { return };
        let names = cells(first, delimiter);
        let header = settings.header.unwrap_or_else(|| headed(finder, records, delimiter));
        if header {
            self.skip += first.len();
            for (place, name) in names.iter().take(columns::MOST).enumerate() {
                let mut column = Column::named(finder, name, place);
                while self.columns.iter().any(|other| other.name == column.name) {
                    column.name.push_str("_2");
                }
                self.columns.push(column);
            }
        }
        let values = if header { rest } else { records };
        let width = values.first().map_or(0, |record| cells(record, delimiter).len());
        for place in self.columns.len()..width.min(columns::MOST) {
            self.columns.push(Column::unnamed(place));
        }
        let mut profiles = vec![profile::Profile::default(); self.columns.len()];
        for record in values {
            let mut place = 0;
            quoted::fields(record, delimiter, true, |from, to| {
                if let Some(profile) = profiles.get_mut(place) {
                    profile.see(finder, part(record, from, to));
                }
                place += 1;
            });
        }
        self.learn(&profiles);
    }

    fn objects(&mut self, finder: &Finder, lines: &[&[u8]]) {
        let mut profiles: Vec<profile::Profile> = Vec::new();
        let mut reading = Reading::default();
        for line in lines {
            objects::read(line, &mut reading, |path, value| {
                if value.key {
                    return;
                }
                let place = match self.named.get(path) {
                    Some(place) => *place,
                    None if self.columns.len() >= columns::MOST => return,
                    None => self.path(finder, path),
                };
                profiles.resize_with(self.columns.len(), profile::Profile::default);
                if let Some(profile) = profiles.get_mut(place) {
                    profile.see(finder, part(line, value.start, value.end));
                }
            });
        }
        self.learn(&profiles);
    }

    /// The column of a path; paths with the same name are one.
    fn path(&mut self, finder: &Finder, path: &[u8]) -> usize {
        let column = Column::at_path(finder, path);
        let known = self.columns.iter().position(|other| other.name == column.name);
        let place = known.unwrap_or(self.columns.len());
        if known.is_none() {
            self.columns.push(column);
        }
        self.named.insert(path.to_vec(), place);
        place
    }

    fn learn(&mut self, profiles: &[profile::Profile]) {
        for (column, profile) in self.columns.iter_mut().zip(profiles) {
            let learnt = profile.hints();
            column.hints.confirmed = learnt.confirmed;
            column.hints.doubted = learnt.doubted;
            column.numbers = profile.numbers();
            column.instants = profile.instants();
        }
    }

    /// What is known of a column of CSV.
    pub(crate) fn hints(&self, place: usize) -> Hints {
        self.columns.get(place).map(|column| column.hints).unwrap_or_default()
    }

    /// The shapes of records that the columns make.
    pub(crate) fn shapes(&self) -> Vec<shape::Recognised> {
        shape::of(&self.columns)
    }
}

fn cells(record: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let mut cells: Vec<Vec<u8>> = Vec::new();
    quoted::fields(record, delimiter, true, |from, to| cells.push(part(record, from, to).to_vec()));
    cells
}

/// Whether the first record names the columns.
fn headed(finder: &Finder, records: &[&[u8]], delimiter: u8) -> bool {
    let Some((first, rest)) = records.split_first() else { return false };
    let names = cells(first, delimiter);
    columns::are_names(finder, &names) && rest.iter().take(20).any(|record| differs(&names, &cells(record, delimiter)))
}

/// Some column has a digit or an `@` where its name has none.
fn differs(names: &[Vec<u8>], values: &[Vec<u8>]) -> bool {
    let data = |cell: &[u8]| cell.iter().any(|byte| byte.is_ascii_digit() || *byte == b'@');
    names.iter().zip(values).any(|(name, value)| data(value) && !data(name))
}

/// Whether bytes are UTF-16, which would be scanned in vain.
pub(crate) fn wide(head: &[u8]) -> bool {
    let marked = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let zeros = |odd: usize| (0..64).filter(|at| byte(head, at * 2 + odd) == 0).count();
    marked || (head.len() >= 128 && (zeros(0) > 56) != (zeros(1) > 56))
}

pub use shape::{Recognised, Shape};
