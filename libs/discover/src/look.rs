//! A block looked at: its records, their values, what is in them. Nothing here knows of threads.

use std::collections::HashMap;

use memchr::memchr;

use crate::{
    ascii::part,
    blocks::Block,
    candidate::Candidate,
    columns::{self, Column},
    context::Hints,
    kind::Kind,
    layout::{Layout, Written},
    objects::{self, Reading, Value},
    quoted::{self, End},
    recognise::Finder,
    tally::Tally,
};

/// Something found, by its place in the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) kind: Kind,
    pub(crate) score: u16,
}

/// What a block gives.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) tally: Tally,
    /// Only if asked for.
    pub(crate) spans: Vec<Span>,
}

/// Looks at a block. `telling`: where each finding lies is told too.
pub(crate) fn look(finder: &Finder, layout: &Layout, block: &Block, telling: bool) -> Looked {
    let mut look = Look {
        finder,
        layout,
        offset: block.offset,
        telling,
        looked: Looked::default(),
        found: Vec::new(),
        paths: HashMap::new(),
    };
    look.looked.tally.damaged = block.damaged;
    if block.piece {
        look.piece(block);
    } else {
        match layout.written {
            Written::Text => look.lines(&block.bytes),
            Written::Csv { delimiter } => look.records(&block.bytes, delimiter, block.quoting),
            Written::JsonLines => look.objects(&block.bytes),
        }
    }
    look.looked
}

struct Look<'a> {
    finder: &'a Finder,
    layout: &'a Layout,
    offset: u64,
    telling: bool,
    looked: Looked,
    found: Vec<Candidate>,
    /// Paths of JSON that the layout does not know, to their columns.
    paths: HashMap<Vec<u8>, usize>,
}

impl Look<'_> {
    /// Counts and tells what was found in the text that begins at `base` of the block.
    fn keep(&mut self, base: usize, column: Option<usize>) {
        if let Some(tally) = column.and_then(|place| self.looked.tally.column(place)) {
            tally.value(&self.found);
        }
        if self.found.is_empty() {
            return;
        }
        self.looked.tally.found(&self.found);
        if self.telling {
            let offset = self.offset + base as u64;
            self.looked.spans.extend(self.found.iter().map(|one| Span {
                start: offset + one.start as u64,
                end: offset + one.end as u64,
                kind: one.kind,
                score: one.score,
            }));
        }
    }

    fn piece(&mut self, block: &Block) {
        let text = part(&block.bytes, 0, quoted::line_end(&block.bytes));
        self.finder.find(text, &Hints::default(), &mut self.found);
        self.found.retain(|one| (block.own.0..block.own.1).contains(&one.start));
        self.looked.tally.records += block.damaged;
        self.keep(0, None);
    }

    fn line(&mut self, bytes: &[u8], base: usize) {
        let line = part(bytes, 0, quoted::line_end(bytes));
        self.looked.tally.records += u64::from(!line.is_empty());
        self.finder.find(line, &Hints::default(), &mut self.found);
        self.keep(base, None);
    }

    fn lines(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr(b'\n', part(bytes, at, bytes.len())).map_or(bytes.len(), |found| at + found + 1);
            self.line(part(bytes, at, end), at);
            at = end;
        }
    }

    fn records(&mut self, bytes: &[u8], delimiter: u8, quoting: bool) {
        let marked = quoting && memchr(b'"', bytes).is_some();
        let mut at = 0;
        while at < bytes.len() {
            let rest = part(bytes, at, bytes.len());
            let (length, quoted) = if marked {
                match quoted::record(rest, 0, delimiter, true) {
                    End::At(end) => (end, true),
                    End::Broken(end) => (end, true),
                    End::Unknown => (rest.len(), false),
                }
            } else {
                (memchr(b'\n', rest).map_or(rest.len(), |found| found + 1), false)
            };
            self.record(part(rest, 0, length), at, delimiter, quoted);
            at += length;
        }
    }

    fn record(&mut self, record: &[u8], base: usize, delimiter: u8, quoting: bool) {
        if quoted::line_end(record) == 0 {
            return;
        }
        self.looked.tally.records += 1;
        let mut place = 0;
        quoted::fields(record, delimiter, quoting, |from, to| {
            self.field(part(record, from, to), base + from, place);
            place += 1;
        });
    }

    fn field(&mut self, field: &[u8], base: usize, place: usize) {
        let hints = self.layout.hints(place);
        self.finder.find(field, &hints, &mut self.found);
        if !field.is_empty() {
            let place = self.place(place);
            self.keep(base, Some(place));
        }
    }

    /// A record has more fields than there are names: they are columns of their own, up to a limit.
    fn place(&mut self, place: usize) -> usize {
        let known = self.layout.columns.len();
        if place < known {
            return place;
        }
        let place = place.min(columns::MOST);
        while known + self.looked.tally.further.len() <= place {
            let next = known + self.looked.tally.further.len();
            let column = match next {
                columns::MOST => Column { name: columns::FURTHER.to_owned(), ..Column::unnamed(next) },
                _ => Column::unnamed(next),
            };
            self.looked.tally.further.push(column);
        }
        place
    }

    fn objects(&mut self, bytes: &[u8]) {
        let mut reading = Reading::default();
        let mut values: Vec<(usize, Value)> = Vec::new();
        let (mut text, mut places) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr(b'\n', part(bytes, at, bytes.len())).map_or(bytes.len(), |found| at + found + 1);
            let line = part(bytes, at, end);
            values.clear();
            let whole = objects::read(line, &mut reading, |path, value| values.push((self.path(path), value)));
            if whole {
                self.looked.tally.records += 1;
                for (place, value) in &values {
                    self.value(line, at, *place, *value, &mut text, &mut places);
                }
            } else {
                self.looked.tally.damaged += u64::from(quoted::line_end(line) > 0);
                self.line(line, at);
            }
            at = end;
        }
    }

    fn value(
        &mut self,
        line: &[u8],
        base: usize,
        place: usize,
        value: Value,
        text: &mut Vec<u8>,
        places: &mut Vec<usize>,
    ) {
        let written = part(line, value.start, value.end);
        if written.is_empty() {
            return;
        }
        let known = self.layout.columns.get(place);
        let further = || self.looked.tally.further.get(place.checked_sub(self.layout.columns.len())?);
        let hints = known.or_else(further).map(|column| column.hints).unwrap_or_default();
        if value.escaped {
            objects::unescape(written, text, places);
            self.finder.find(text, &hints, &mut self.found);
            for one in &mut self.found {
                one.start = places.get(one.start).copied().unwrap_or(0);
                one.end = places.get(one.end).copied().unwrap_or(written.len());
            }
        } else {
            self.finder.find(written, &hints, &mut self.found);
        }
        if value.key {
            // A name is no value of its column.
            self.keep(base + value.start, None);
        } else {
            self.keep(base + value.start, Some(place));
        }
    }

    fn path(&mut self, path: &[u8]) -> usize {
        if let Some(place) = self.layout.named.get(path).or_else(|| self.paths.get(path)) {
            return *place;
        }
        let known = self.layout.columns.len();
        let next = known + self.looked.tally.further.len();
        // More than the sample may have: which of its paths are the first is known when blocks are put together.
        let full = next >= 4 * columns::MOST;
        if full && let Some(place) = self.paths.get(columns::FURTHER.as_bytes()) {
            return *place;
        }
        let column = if full {
            self.paths.insert(columns::FURTHER.as_bytes().to_vec(), next);
            Column { name: columns::FURTHER.to_owned(), ..Column::unnamed(next) }
        } else {
            self.paths.insert(path.to_vec(), next);
            Column::at_path(self.finder, path)
        };
        self.looked.tally.further.push(column);
        next
    }
}
