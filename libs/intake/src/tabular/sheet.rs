//! Rows of comma separated values under a header line, one at a time, with the line where each begins.

use std::cell::Cell;
use std::io::{Chain, Cursor, Read};
use std::rc::Rc;

use crate::{IntakeError, text};

/// A row may have at most so many bytes; one that is larger has an unclosed quote.
const LARGEST_ROW: u64 = 4 << 20;
/// So much of the beginning is looked at to find out the delimiter.
const PEEK: usize = 64 << 10;
const EXPECTED: &str = "comma separated values with a header line";

/// The beginning of a file, looked at already, and the rest of it.
type Whole<'a> = Chain<Cursor<Vec<u8>>, &'a mut dyn Read>;

/// A file of rows.
pub(crate) struct Sheet<'a> {
    reader: csv::Reader<Guarded<Whole<'a>>>,
    record: csv::ByteRecord,
    since: Rc<Cell<u64>>,
    latin: bool,
    /// The headers, each with a name of its own.
    pub(crate) headers: Vec<String>,
    /// Headers that came more than once.
    pub(crate) repeated: Vec<String>,
}

/// A row.
pub(crate) struct Row {
    /// The line where it begins, counted from 1.
    pub(crate) line: u64,
    /// Its cells, as many as there are headers.
    pub(crate) cells: Result<Vec<String>, Unfit>,
}

/// Why a row is none.
pub(crate) enum Unfit {
    /// All its cells are empty.
    Blank,
    /// It has more or fewer cells than there are headers: what is wrong and what to do about it.
    Cells(String),
}

impl<'a> Sheet<'a> {
    /// Reads the header line. The delimiter is found out from it where none is told; `latin` says that the text is Latin-1, not UTF-8.
    pub(crate) fn open(input: &'a mut dyn Read, told: Option<u8>, latin: bool) -> Result<Self, IntakeError> {
        let head = peek(input)?;
        let delimiter = told.unwrap_or_else(|| delimiter(&head));
        let since = Rc::new(Cell::new(0));
        let guarded =
            Guarded { input: Cursor::new(head).chain(input), since: Rc::clone(&since), returned: false, open: false };
        let reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(guarded);
        let record = csv::ByteRecord::new();
        let mut sheet = Self { reader, record, since, latin, headers: Vec::new(), repeated: Vec::new() };
        if !next(&mut sheet.reader, &mut sheet.record, &sheet.since)? {
            return Err(IntakeError::Empty { expected: EXPECTED });
        }
        let cells = texts(&sheet.record, latin, starts(&sheet.reader, &sheet.record))?;
        (sheet.headers, sheet.repeated) = headers(&cells);
        Ok(sheet)
    }

    /// The next row; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, IntakeError> {
        if !next(&mut self.reader, &mut self.record, &self.since)? {
            return Ok(None);
        }
        let line = starts(&self.reader, &self.record);
        let mut cells = texts(&self.record, self.latin, line)?;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(Some(Row { line, cells: Err(Unfit::Blank) }));
        }
        let wanted = self.headers.len();
        // A delimiter at the end of a row is common and loses nothing.
        while cells.len() > wanted && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() != wanted {
            let message = format!(
                "the row has {} cells, the header {wanted}; look for an unquoted delimiter or a quote that is not closed, mend the row and read again",
                cells.len()
            );
            return Ok(Some(Row { line, cells: Err(Unfit::Cells(message)) }));
        }
        Ok(Some(Row { line, cells: Ok(cells) }))
    }
}

/// Makes every line end a line feed (so that lines can be counted) and fails before an unclosed quote makes one row of the whole file.
struct Guarded<R> {
    input: R,
    since: Rc<Cell<u64>>,
    /// The last byte was a carriage return, already handed on as a line feed.
    returned: bool,
    /// The last line has no end yet.
    open: bool,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.since.get() > LARGEST_ROW {
            return Err(std::io::Error::other(TooLarge));
        }
        loop {
            let count = self.input.read(room)?;
            self.since.set(self.since.get() + count as u64);
            if count == 0 {
                let Some(first) = room.first_mut().filter(|_| self.open) else { return Ok(0) };
                self.open = false;
                *first = b'\n';
                return Ok(1);
            }
            let kept = self.line_feeds(room.get_mut(..count).unwrap_or_default());
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Guarded<R> {
    /// Turns the line ends of `bytes` into line feeds in place; answers how many bytes are left.
    fn line_feeds(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for index in 0..bytes.len() {
            let Some(byte) = bytes.get(index).copied() else { break };
            let second = byte == b'\n' && self.returned;
            self.returned = byte == b'\r';
            if second {
                continue;
            }
            let byte = if self.returned { b'\n' } else { byte };
            self.open = byte != b'\n';
            if let Some(place) = bytes.get_mut(kept) {
                *place = byte;
            }
            kept += 1;
        }
        kept
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the row is too large")]
struct TooLarge;

fn next<R: Read>(
    reader: &mut csv::Reader<R>,
    record: &mut csv::ByteRecord,
    since: &Cell<u64>,
) -> Result<bool, IntakeError> {
    since.set(0);
    let line = reader.position().line();
    reader.read_byte_record(record).map_err(|error| {
        let at = format!("line {line}");
        match error.into_kind() {
            csv::ErrorKind::Io(source) if source.get_ref().is_some_and(|inner| inner.is::<TooLarge>()) => {
                IntakeError::TooLarge {
                    at,
                    limit: format!("{} MiB for one row (is a quote not closed?)", LARGEST_ROW >> 20),
                }
            }
            csv::ErrorKind::Io(source) => IntakeError::Input { at, source },
            other => IntakeError::Malformed { at, problem: format!("{other:?}"), remedy: "mend the row" },
        }
    })
}

/// The beginning of the file, looked at before anything is read.
fn peek(input: &mut dyn Read) -> Result<Vec<u8>, IntakeError> {
    let mut head = Vec::new();
    let read = input.take(PEEK as u64).read_to_end(&mut head);
    read.map_err(|source| IntakeError::Input { at: "line 1".to_owned(), source })?;
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
        head.drain(..3);
    }
    let unexpected =
        |found: &str| IntakeError::Unexpected { at: "line 1".to_owned(), found: found.to_owned(), expected: EXPECTED };
    match head.as_slice() {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Err(IntakeError::NotText {
            encoding: "UTF-8",
            at: "line 1".to_owned(),
            remedy: "it looks like UTF-16: save it as UTF-8",
        }),
        [0x1F, 0x8B, ..] | [b'P', b'K', 3, 4, ..] => Err(unexpected("compressed data or a spreadsheet")),
        bytes if bytes.iter().take(4096).any(|byte| *byte == 0) => Err(unexpected("binary data")),
        bytes if bytes.iter().all(u8::is_ascii_whitespace) && bytes.len() < PEEK => {
            Err(IntakeError::Empty { expected: EXPECTED })
        }
        bytes => match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => Err(unexpected("JSON")),
            Some(b'<') => Err(unexpected("XML or HTML")),
            _ => Ok(head),
        },
    }
}

/// The delimiter that the header line has most of, outside of quotes.
fn delimiter(head: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in head.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n')) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => counts.iter_mut().filter(|(mark, _)| mark == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // The first of equals: a header of one column is read with commas.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| mark)
}

/// The line where the record just read begins. The reader's own position is where the record before ended, blank lines before it included.
fn starts<R: Read>(reader: &csv::Reader<R>, record: &csv::ByteRecord) -> u64 {
    let inside = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
    reader.position().line().saturating_sub(1 + inside).max(1)
}

fn texts(record: &csv::ByteRecord, latin: bool, line: u64) -> Result<Vec<String>, IntakeError> {
    let mut cells = Vec::with_capacity(record.len());
    for (column, cell) in record.iter().enumerate() {
        if latin {
            cells.push(cell.iter().map(|byte| char::from(*byte)).collect());
            continue;
        }
        let text = std::str::from_utf8(cell).map_err(|_| IntakeError::NotText {
            encoding: "UTF-8",
            at: format!("line {line} cell {}", column + 1),
            remedy: "save it as UTF-8, or read it with a column map that says encoding = \"latin-1\"",
        })?;
        cells.push(text.to_owned());
    }
    Ok(cells)
}

/// The headers, each with a name of its own, and those that came more than once.
fn headers(cells: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut headers, mut repeated): (Vec<String>, Vec<String>) = (Vec::with_capacity(cells.len()), Vec::new());
    for (index, cell) in cells.iter().enumerate() {
        let bare = text::line(cell.trim_start_matches('\u{feff}'), 100);
        let base = if bare.is_empty() { format!("column {}", index + 1) } else { bare };
        if headers.contains(&base) {
            repeated.push(base.clone());
        }
        let mut name = base.clone();
        let mut number = 2;
        while headers.contains(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        headers.push(name);
    }
    (headers, repeated)
}
