//! Made-up samples with labels, the same for the same seed: to measure what is found, and to try the crate without anybody's data.
//!
//! Identifiers are drawn by the rules of their kinds; test networks (001/01, 999/99) are among them. A number may by chance be somebody's.

mod draw;
mod records;
mod text;
mod values;

use std::io::{self, Write};

use serde::Serialize;

pub use draw::Draw;

/// Where in a generated sample a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Its kind.
    pub kind: &'static str,
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last.
    pub end: usize,
}

/// A generated sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// What is scanned.
    pub text: String,
    /// What is in it, in its order.
    pub labels: Vec<Label>,
}

impl Sample {
    fn put(&mut self, kind: &'static str, value: &str) {
        let start = self.text.len();
        self.text.push_str(value);
        self.labels.push(Label { kind, start, end: self.text.len() });
    }
}

/// Lines of tickets, logs and messages: half with words that tell a kind, the rest without; and as many numbers that are nobody's (orders,
/// amounts, times, versions, hashes).
#[must_use]
pub fn text(seed: u64, lines: usize) -> Sample {
    let mut draw = Draw::new(seed);
    let mut sample = Sample::default();
    for _ in 0..lines {
        text::line(&mut draw, &mut sample);
    }
    sample
}

/// Call detail records as CSV with names of columns.
#[must_use]
pub fn call_records(seed: u64, rows: usize) -> Sample {
    let mut draw = Draw::new(seed);
    let mut sample = Sample { text: records::HEADER.to_owned(), labels: Vec::new() };
    for row in 0..rows {
        records::call(&mut draw, row as u64, &mut sample);
    }
    sample
}

/// Records of data sessions as JSON lines.
#[must_use]
pub fn session_records(seed: u64, rows: usize) -> Sample {
    let mut draw = Draw::new(seed);
    let mut sample = Sample::default();
    for row in 0..rows {
        records::session(&mut draw, row as u64, &mut sample);
    }
    sample
}

/// Writes call detail records until they are at least `bytes`; gives how many they are.
///
/// # Errors
/// What writing fails with.
pub fn write_call_records(seed: u64, bytes: u64, to: &mut dyn Write) -> io::Result<u64> {
    let mut draw = Draw::new(seed);
    let mut sample = Sample { text: records::HEADER.to_owned(), labels: Vec::new() };
    let (mut written, mut row) = (0, 0);
    while written < bytes {
        for _ in 0..1_000 {
            records::call(&mut draw, row, &mut sample);
            row += 1;
        }
        to.write_all(sample.text.as_bytes())?;
        written += sample.text.len() as u64;
        sample.text.clear();
        sample.labels.clear();
    }
    Ok(written)
}
