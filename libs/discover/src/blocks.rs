//! A sample cut into blocks of whole records, with as much memory as a few blocks whatever is read.
//!
//! Where it is cut depends on the bytes alone, not on how they come; and what is found does not depend on where it is cut, since nothing is
//! found across records. A record longer than [`RECORD`] is looked at in pieces of that length that overlap.

use std::io::{ErrorKind, Read};

use memchr::{memchr, memrchr};

use crate::{
    ascii::part,
    layout::{Layout, Written},
    quoted::{self, End},
};

/// A longer record is looked at in pieces, without its columns.
pub(crate) const RECORD: usize = 1 << 20;
/// So many bytes around a piece are looked at with it. Longer than any finding and the words near it.
const OVERLAP: usize = 1 << 10;
/// After so many records whose quotation does not end, quotation marks are letters.
const MOST_BROKEN: u64 = 100;

/// Bytes to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    /// Where in the sample the first byte lies.
    pub(crate) offset: u64,
    /// The part of the bytes that findings may begin in; the rest is what is near it.
    pub(crate) own: (usize, usize),
    /// A piece of a long record.
    pub(crate) piece: bool,
    /// Quotation marks count.
    pub(crate) quoting: bool,
    /// Records that end here and are damaged: a quotation that does not end, or too long.
    pub(crate) damaged: u64,
}

pub(crate) struct Blocks<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where in the sample the buffer begins.
    offset: u64,
    /// Up to here the buffer has been given.
    given: usize,
    ended: bool,
    size: usize,
    /// The record that is being given in pieces begins here, in the sample.
    long_from: Option<u64>,
    quoting: bool,
    broken: u64,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R, size: usize) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            offset: 0,
            given: 0,
            ended: false,
            size: size.clamp(1, RECORD),
            long_from: None,
            quoting: true,
            broken: 0,
        }
    }

    /// The first bytes, at most `most`, and whether they are all.
    pub(crate) fn head(&mut self, most: usize) -> std::io::Result<(&[u8], bool)> {
        // One more tells whether there is more.
        self.fill(most + 1)?;
        Ok((part(&self.buffer, 0, most), self.ended && self.buffer.len() <= most))
    }

    /// Leaves out the first bytes.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.given = bytes.min(self.buffer.len());
    }

    /// Reads until `wanted` bytes are there that have not been given, or all.
    fn fill(&mut self, wanted: usize) -> std::io::Result<()> {
        let have = self.buffer.len() - self.given;
        if have >= wanted || self.ended {
            return Ok(());
        }
        // What is near the beginning of a piece stays.
        let drop = self.given.saturating_sub(OVERLAP);
        self.buffer.drain(..drop);
        self.given -= drop;
        self.offset += drop as u64;
        let mut filled = self.buffer.len();
        let full = self.given + wanted;
        self.buffer.resize(full, 0);
        while filled < full {
            match self.reader.read(self.buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(problem) if problem.kind() == ErrorKind::Interrupted => {}
                Err(problem) => {
                    self.buffer.truncate(filled);
                    return Err(problem);
                }
            }
        }
        self.buffer.truncate(filled);
        Ok(())
    }

    /// The next block, in the memory of an old one; false at the end.
    pub(crate) fn next(&mut self, layout: &Layout, block: &mut Block) -> std::io::Result<bool> {
        // Enough for a piece and what follows it, read in larger steps than it is given.
        if self.buffer.len() - self.given < RECORD + OVERLAP {
            self.fill(2 * RECORD + OVERLAP)?;
        }
        let ahead = part(&self.buffer, self.given, self.buffer.len());
        if ahead.is_empty() {
            return Ok(false);
        }
        block.damaged = 0;
        block.quoting = self.quoting;
        if self.long_from.is_some() {
            self.piece(block);
            return Ok(true);
        }
        let length = match layout.written {
            Written::Csv { delimiter } if self.quoting => self.records(delimiter, block),
            _ => self.lines(ahead),
        };
        match length {
            Some(length) => self.give(block, length),
            None => {
                self.long_from = Some(self.offset + self.given as u64);
                self.piece(block);
            }
        }
        Ok(true)
    }

    /// The length of whole lines that are a block; nothing if the first is too long.
    fn lines(&self, ahead: &[u8]) -> Option<usize> {
        if let Some(last) = memrchr(b'\n', part(ahead, 0, self.size)) {
            return Some(last + 1);
        }
        let first = memchr(b'\n', part(ahead, 0, RECORD)).map(|end| end + 1);
        first.or_else(|| (self.ended && ahead.len() <= RECORD).then_some(ahead.len()))
    }

    /// The same of records of CSV.
    fn records(&mut self, delimiter: u8, block: &mut Block) -> Option<usize> {
        let ahead = part(&self.buffer, self.given, self.buffer.len());
        let first = part(ahead, 0, self.size);
        if memchr(b'"', first).is_none()
            && let Some(last) = memrchr(b'\n', first)
        {
            return Some(last + 1);
        }
        let mut length = 0;
        while length < self.size.min(ahead.len()) {
            let (end, broken) = match quoted::record(ahead, length, delimiter, self.ended) {
                End::At(end) => (end, false),
                End::Broken(end) => (end, true),
                End::Unknown => (ahead.len() + 1, false),
            };
            let long = end > ahead.len() || end - length > RECORD;
            if long || (end > self.size && length > 0) {
                break;
            }
            length = end;
            if broken {
                block.damaged += 1;
                self.broken += 1;
                if self.broken >= MOST_BROKEN {
                    self.quoting = false;
                    break;
                }
            }
        }
        (length > 0).then_some(length)
    }

    fn give(&mut self, block: &mut Block, length: usize) {
        block.bytes.clear();
        block.bytes.extend_from_slice(part(&self.buffer, self.given, self.given + length));
        block.offset = self.offset + self.given as u64;
        block.own = (0, length);
        block.piece = false;
        self.given += length;
    }

    /// A piece of a long record, with what is near it in the record.
    fn piece(&mut self, block: &mut Block) {
        let begun = self.long_from.unwrap_or(self.offset);
        let behind = usize::try_from(self.offset + self.given as u64 - begun).unwrap_or(OVERLAP).min(OVERLAP);
        let from = self.given.saturating_sub(behind);
        let ahead = part(&self.buffer, self.given, self.given + RECORD + OVERLAP);
        let line = memchr(b'\n', ahead).map_or(ahead.len(), |end| end + 1);
        let length = line.min(RECORD);
        let over = line <= RECORD && (line < ahead.len() || ahead.ends_with(b"\n") || self.ended);
        block.bytes.clear();
        block.bytes.extend_from_slice(part(&self.buffer, from, self.given + line));
        block.offset = self.offset + from as u64;
        block.own = (self.given - from, self.given - from + length);
        block.piece = true;
        self.given += length;
        if over {
            self.long_from = None;
            block.damaged += 1;
        }
    }
}
