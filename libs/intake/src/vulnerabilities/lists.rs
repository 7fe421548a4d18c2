//! Lists of known exploited vulnerabilities: CISA's, and that of the EU's CSIRTs network.

use std::io::Read;

use serde_json::Value;
use wire::risk::v1::vulnerability::{EuKnownExploited, KnownExploited, Ransomware};
use wire::risk::v1::{Vulnerability, VulnerabilityRecord};

use super::fields::{cut, date, items, kind, text, texts};
use super::{Reading, Sink};
use crate::IntakeError;

/// The greatest list that is read. CISA's has 1.3 MB.
const LARGEST: u64 = 64 << 20;

/// Reads CISA's list.
pub(super) fn kev(input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    let expected = "CISA's list: an object with `vulnerabilities`";
    let whole = whole(input, expected)?;
    let Some(Value::Array(entries)) = whole.get("vulnerabilities") else {
        return Err(unexpected(&whole, expected));
    };
    let mut reading = Reading { snapshot: text(&whole, "catalogVersion", 100), ..Reading::default() };
    whole_list(&whole, entries.len())?;
    each(entries, "$.vulnerabilities", &mut reading, sink, |entry| {
        let ransomware = match text(entry, "knownRansomwareCampaignUse", 40).to_lowercase().as_str() {
            "known" => Ransomware::Known,
            "" => Ransomware::Unspecified,
            _ => Ransomware::Unknown,
        };
        let kev = KnownExploited {
            date_added: day(entry, "dateAdded"),
            due_date: day(entry, "dueDate"),
            ransomware: ransomware.into(),
            required_action: text(entry, "requiredAction", 4000),
            vendor: text(entry, "vendorProject", 512),
            product: text(entry, "product", 2048),
            title: text(entry, "vulnerabilityName", 1000),
            description: text(entry, "shortDescription", 8000),
            notes: text(entry, "notes", 8000),
            weaknesses: texts(entry, "cwes", 50, 40),
            listed: true,
        };
        Ok(Vulnerability { kev: Some(kev), ..Default::default() })
    });
    Ok(reading)
}

/// Reads the list of the EU's CSIRTs network.
pub(super) fn eu_kev(input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    let expected = "the EU's list: a list of entries with `cveID` and `euvdID`";
    let whole = whole(input, expected)?;
    let (entries, place) = match (&whole, whole.get("vulnerabilities")) {
        // CISA's list is an object as well; only its entries tell it apart.
        (_, Some(Value::Array(entries))) if whole.get("catalogVersion").is_none() => (entries, "$.vulnerabilities"),
        (Value::Array(entries), _) => (entries, "$"),
        _ => return Err(unexpected(&whole, expected)),
    };
    let mut reading = Reading::default();
    each(entries, place, &mut reading, sink, |entry| {
        let products = text(entry, "product", 20_000);
        let products = products.split(',').map(|product| cut(product, 2048)).filter(|product| !product.is_empty());
        let eu = EuKnownExploited {
            euvd_id: text(entry, "euvdID", 60),
            date_reported: day(entry, "dateReported"),
            patched_since: day(entry, "patchedSince"),
            exploitation_types: texts(entry, "exploitationType", 20, 60),
            threat_actors: texts(entry, "threatActorsExploiting", 50, 200),
            vendor: text(entry, "vendorProject", 512),
            products: products.take(100).collect(),
            title: text(entry, "vulnerabilityName", 1000),
            description: text(entry, "shortDescription", 8000),
            notes: text(entry, "notes", 8000),
            weaknesses: texts(entry, "cwes", 50, 40),
            source: text(entry, "originSource", 200),
            listed: true,
        };
        if eu.euvd_id.is_empty() && items(entry, "exploitationType").is_empty() {
            return Err(("euvdID", "it has neither `euvdID` nor `exploitationType`: it is of another list".to_owned()));
        }
        Ok(Vulnerability { eu_kev: Some(eu), ..Default::default() })
    });
    Ok(reading)
}

/// A date of an entry, as `YYYY-MM-DD`; empty where there is none. What is no date is handed over as it stands: the service refuses the entry,
/// and knows all the same that the list holds it.
fn day(entry: &Value, field: &str) -> String {
    let said = text(entry, field, 64);
    date(&said).unwrap_or(said)
}

/// Refuses a list that has fewer or more entries than it says: what it lacks would be taken for gone.
fn whole_list(whole: &Value, entries: usize) -> Result<(), IntakeError> {
    let Some(count) = whole.get("count").and_then(Value::as_u64).filter(|count| *count != entries as u64) else {
        return Ok(());
    };
    Err(IntakeError::Malformed {
        at: "$.count".to_owned(),
        problem: format!("the list says that it has {count} entries, and has {entries}"),
        remedy: "it may be cut: get it anew",
    })
}

/// Hands over each entry, or rejects it.
fn each(
    entries: &[Value],
    place: &str,
    reading: &mut Reading,
    sink: Sink<'_>,
    of: impl Fn(&Value) -> Result<Vulnerability, (&'static str, String)>,
) {
    for (at, entry) in entries.iter().enumerate() {
        reading.read += 1;
        let origin = format!("{place}[{at}]");
        let cve = text(entry, "cveID", 60);
        if cve.is_empty() {
            reading.reject(origin, "cveID", format!("this is {} without `cveID`", kind(entry)));
            continue;
        }
        match of(entry) {
            Ok(vulnerability) => {
                let record = VulnerabilityRecord { place: origin, cve, vulnerability: Some(vulnerability) };
                if sink(record).is_break() {
                    return;
                }
            }
            Err((field, message)) => reading.reject(origin, field, format!("{cve}: {message}")),
        }
    }
}

/// A whole JSON document.
pub(crate) fn whole(input: &mut dyn Read, expected: &'static str) -> Result<Value, IntakeError> {
    let mut bytes = Vec::new();
    let read = input.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|source| IntakeError::Input { at: format!("byte {}", bytes.len()), source })?;
    if bytes.len() as u64 > LARGEST {
        return Err(IntakeError::TooLarge { at: "byte 0".to_owned(), limit: format!("{} MiB", LARGEST >> 20) });
    }
    parse(&bytes, expected)
}

/// A JSON document of bytes.
pub(crate) fn parse(bytes: &[u8], expected: &'static str) -> Result<Value, IntakeError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(IntakeError::Empty { expected });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let at = format!("line {} column {}", error.line(), error.column());
        if error.is_eof() {
            return IntakeError::Truncated { at, problem: error.to_string() };
        }
        let remedy = "mend the file there or get it anew";
        IntakeError::Malformed { at, problem: error.to_string(), remedy }
    })
}

fn unexpected(value: &Value, expected: &'static str) -> IntakeError {
    let found = match value {
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().take(5).map(String::as_str).collect();
            format!("an object with {}", names.join(", "))
        }
        other => kind(other).to_owned(),
    };
    IntakeError::Unexpected { at: "$".to_owned(), found, expected }
}
