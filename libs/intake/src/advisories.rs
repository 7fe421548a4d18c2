//! Advisories of CSAF 2.0 (and 2.1 as far as it is the same), VEX among them: one document, or an archive (`.tar`, `.tar.gz`) of them.
//!
//! The product tree is flattened: each product has its maker, name, version and identifiers, those of relationships included. Every file of an
//! archive is accounted for: handed over, rejected, or passed over since it is no JSON.

mod product;
mod statement;

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use serde_json::Value;
use wire::risk::v1::advisory::Tlp;
use wire::risk::v1::{Advisory, AdvisoryRecord};

use crate::vulnerabilities::Reading;
use crate::vulnerabilities::fields::{items, kind, text};
use crate::vulnerabilities::lists::parse;
use crate::{IntakeError, dates};

/// The greatest document that is read.
const LARGEST: u64 = 32 << 20;
/// The greatest archive, unpacked.
const LARGEST_ARCHIVE: u64 = 4 << 30;

const EXPECTED: &str = "a CSAF document: an object with `document`";

/// Reads `input`, called `name` where it is told of, and hands every advisory to `sink` as soon as it is known. What is packed is unpacked.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read. Of an archive, a document that cannot be read is rejected, and the others are
/// read.
pub fn read(
    name: &str,
    input: &mut dyn Read,
    sink: &mut dyn FnMut(AdvisoryRecord) -> ControlFlow<()>,
) -> Result<Reading, IntakeError> {
    let mut input = BufReader::new(input);
    let packed = input.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    if packed {
        let mut unpacked = BufReader::new(flate2::read::MultiGzDecoder::new(input));
        return unpacked_read(name, &mut unpacked, sink);
    }
    unpacked_read(name, &mut input, sink)
}

fn failed(source: std::io::Error) -> IntakeError {
    IntakeError::Input { at: "its beginning".to_owned(), source }
}

fn unpacked_read(
    name: &str,
    input: &mut dyn BufRead,
    sink: &mut dyn FnMut(AdvisoryRecord) -> ControlFlow<()>,
) -> Result<Reading, IntakeError> {
    let start = input.fill_buf().map_err(failed)?;
    let json = start.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| b"{[\xEF".contains(byte));
    let mut reading = Reading::default();
    if !json {
        archive(input, &mut reading, sink)?;
        return Ok(reading);
    }
    let bytes = bounded(input, name)?;
    let value = parse(&bytes, EXPECTED)?;
    if value.get("document").is_none() {
        let at = "$".to_owned();
        return Err(IntakeError::Unexpected { at, found: kind(&value).to_owned(), expected: EXPECTED });
    }
    reading.read += 1;
    let _ = take(name, &value, &mut reading, sink);
    Ok(reading)
}

fn bounded(input: &mut dyn Read, name: &str) -> Result<Vec<u8>, IntakeError> {
    let mut bytes = Vec::new();
    let read = input.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|source| IntakeError::Input { at: format!("{name}, byte {}", bytes.len()), source })?;
    if bytes.len() as u64 > LARGEST {
        return Err(IntakeError::TooLarge { at: name.to_owned(), limit: format!("{} MiB", LARGEST >> 20) });
    }
    Ok(bytes)
}

/// The documents of an archive.
fn archive(
    input: &mut dyn BufRead,
    reading: &mut Reading,
    sink: &mut dyn FnMut(AdvisoryRecord) -> ControlFlow<()>,
) -> Result<(), IntakeError> {
    let mut archive = tar::Archive::new(input.take(LARGEST_ARCHIVE));
    let broken = |source: std::io::Error| IntakeError::Malformed {
        at: "the archive".to_owned(),
        problem: source.to_string(),
        remedy: "give a CSAF document in JSON, or a .tar or .tar.gz of them",
    };
    let mut files = 0_u64;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        files += 1;
        // Digests, signatures and lists of changes stand beside the documents.
        if !name.to_lowercase().ends_with(".json") {
            continue;
        }
        reading.read += 1;
        let value = bounded(&mut entry, &name).and_then(|bytes| parse(&bytes, EXPECTED));
        match value {
            Ok(value) if take(&name, &value, reading, sink).is_break() => return Ok(()),
            Ok(_) => {}
            Err(error) => reading.reject(name, "", error.to_string()),
        }
    }
    if files == 0 {
        return Err(IntakeError::Empty { expected: "an archive with CSAF documents" });
    }
    Ok(())
}

fn take(
    name: &str,
    value: &Value,
    reading: &mut Reading,
    sink: &mut dyn FnMut(AdvisoryRecord) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match advisory(value) {
        Ok(advisory) => {
            let place = name.chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
            sink(AdvisoryRecord { place, advisory: Some(advisory) })
        }
        Err((field, message)) => {
            reading.reject(name.to_owned(), field, message);
            ControlFlow::Continue(())
        }
    }
}

/// A document as an advisory, or which field of it is wrong, and how.
fn advisory(value: &Value) -> Result<Advisory, (&'static str, String)> {
    let Some(document) = value.get("document").filter(|document| document.is_object()) else {
        return Err(("document", format!("this is {} without `document`: a CSAF document has it", kind(value))));
    };
    let tracking = document.get("tracking").unwrap_or(&Value::Null);
    let id = text(tracking, "id", 200);
    if id.is_empty() {
        return Err(("document.tracking.id", "the document has no tracking id".to_owned()));
    }
    let products = product::flattened(value.get("product_tree").unwrap_or(&Value::Null));
    let publisher = document.get("publisher").unwrap_or(&Value::Null);
    let label = document.pointer("/distribution/tlp").map(|tlp| text(tlp, "label", 40)).unwrap_or_default();
    let own = items(document, "references").iter().find(|page| text(page, "category", 40) == "self");
    let groups = product::groups(value.get("product_tree").unwrap_or(&Value::Null));
    let statements = items(value, "vulnerabilities").iter().take(1000);
    Ok(Advisory {
        tracking_id: id,
        title: text(document, "title", 500),
        category: text(document, "category", 200),
        publisher: text(publisher, "name", 500),
        publisher_namespace: text(publisher, "namespace", 1000),
        tlp: tlp(&label).into(),
        version: text(tracking, "version", 100),
        status: text(tracking, "status", 40),
        initial_release_time: dates::read(&text(tracking, "initial_release_date", 64), &[]),
        release_time: dates::read(&text(tracking, "current_release_date", 64), &[]),
        severity_text: document.get("aggregate_severity").map(|one| text(one, "text", 200)).unwrap_or_default(),
        product_tree: products,
        statements: statements.map(|said| statement::of(said, &groups)).collect(),
        url: own.map(|page| text(page, "url", 2048)).unwrap_or_default(),
        ..Default::default()
    })
}

/// WHITE of TLP 1.0 is CLEAR of TLP 2.0.
fn tlp(label: &str) -> Tlp {
    match label.to_uppercase().trim_start_matches("TLP:") {
        "WHITE" | "CLEAR" => Tlp::Clear,
        "GREEN" => Tlp::Green,
        "AMBER" => Tlp::Amber,
        "AMBER+STRICT" => Tlp::AmberStrict,
        "RED" => Tlp::Red,
        _ => Tlp::Unspecified,
    }
}

#[cfg(test)]
mod tests;
