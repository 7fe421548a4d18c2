//! Scans: what scanners, the DNS and logs of certificates show, read into records of exposures.
//!
//! [`read`] gives what a file says of the scan itself, its records in the order of the file, and a [`Report`] that accounts for every host, port
//! or line: a record, left out with the reason, or rejected with its place. What the file does not say of its scope is in no scope: nothing is
//! then taken to be missed.
//!
//! ```
//! let mut file: &[u8] = br#"{"ip":"192.0.2.7","port":443,"protocol":"tcp","service":"https"}"#;
//! let scan = intake::scans::read(intake::scans::Format::JsonLines, &mut file)?;
//! assert_eq!(scan.records.first().map(|record| record.port), Some(443));
//! # Ok::<(), intake::IntakeError>(())
//! ```

mod certificate;
mod document;
mod json_lines;
mod nmap;
mod targets;

use std::io::Read;
use std::net::IpAddr;

use ipnet::IpNet;
use prost_types::Timestamp;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{ExposureRecord, PortRange, ScanScope};

use crate::report::{MOST_REJECTED, MOST_WARNINGS, NotImported, Rejected};
use crate::{IntakeError, Report};

/// How many records one scan may hold.
const MOST_RECORDS: usize = 2_000_000;
/// How many ranges of ports, prefixes and domains a scope may hold.
const MOST_RANGES: usize = 10_000;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML of nmap (`nmap -oX`), and of scanners that write the same, such as masscan.
    Nmap,
    /// Lines of JSON, one a finding; see docs/exposures.md.
    JsonLines,
}

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What looked: `nmap`.
    pub engine: String,
    /// Its version.
    pub engine_version: String,
    /// How it was called.
    pub arguments: String,
    /// When it began; none where the file does not say.
    pub scan_time: Option<Timestamp>,
    /// What it looked at, as far as the file says.
    pub scope: ScanScope,
    /// What it saw.
    pub records: Vec<ExposureRecord>,
    /// What became of what the file holds.
    pub report: Report,
}

/// Reads a scan.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read: it is empty, cut off, or something else. A single bad host, port or line is no error:
/// it is in [`Report::rejected`].
pub fn read(format: Format, input: &mut dyn Read) -> Result<Scan, IntakeError> {
    match format {
        Format::Nmap => nmap::read(input),
        Format::JsonLines => json_lines::read(input),
    }
}

/// What a reader fills.
#[derive(Default)]
struct Out {
    scan: Scan,
    warned: u64,
}

impl Out {
    /// Counts something that the file holds.
    fn count(&mut self, kind: &str) {
        *self.scan.report.objects.entry(kind.to_owned()).or_default() += 1;
    }

    fn record(&mut self, record: ExposureRecord) -> Result<(), IntakeError> {
        if self.scan.records.len() >= MOST_RECORDS {
            let limit = format!("{MOST_RECORDS} ports of a scan; split it");
            return Err(IntakeError::TooLarge { at: record.origin, limit });
        }
        self.scan.records.push(record);
        Ok(())
    }

    fn not_imported(&mut self, kind: &str, why: &str) {
        let entry = self.scan.report.not_imported.entry(kind.to_owned());
        entry.or_insert_with(|| NotImported { count: 0, why: why.to_owned() }).count += 1;
    }

    fn reject(&mut self, origin: &str, field: &str, message: String) {
        if self.scan.report.rejected.len() >= MOST_REJECTED {
            self.not_imported("rejected, beyond those listed", "there are too many to list");
            return;
        }
        self.scan.report.rejected.push(Rejected {
            origin: origin.to_owned(),
            reason: "FIELD_INVALID".to_owned(),
            message,
            field: field.to_owned(),
        });
    }

    fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.scan.report.warnings.contains(&text) {
            return;
        }
        if self.scan.report.warnings.len() >= MOST_WARNINGS {
            self.warned += 1;
            return;
        }
        self.scan.report.warnings.push(text);
    }

    fn into_scan(mut self) -> Scan {
        let scope = &mut self.scan.scope;
        scope.prefixes = together(&scope.prefixes);
        if scope.prefixes.len() > MOST_RANGES || scope.domains.len() > MOST_RANGES {
            scope.prefixes.truncate(MOST_RANGES);
            scope.domains.truncate(MOST_RANGES);
            self.warn(format!(
                "it looked at more than {MOST_RANGES} networks or domains: in those beyond, nothing counts as missed"
            ));
        }
        if self.warned > 0 {
            self.scan.report.warnings.push(format!("{} more notes were left out", self.warned));
        }
        self.scan
    }
}

/// Prefixes and addresses without those that lie in others. What is none stays, for the service to refuse by its place.
fn together(given: &[String]) -> Vec<String> {
    let read = |text: &String| {
        let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        text.parse::<IpNet>().or(address).map_err(|_| text.clone())
    };
    let (mut nets, mut others) = (Vec::new(), Vec::new());
    for one in given.iter().map(read) {
        match one {
            Ok(net) => nets.push(net),
            Err(text) => others.push(text),
        }
    }
    // A prefix of one address is written as the address.
    let text =
        |net: &IpNet| if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() };
    IpNet::aggregate(&nets).iter().map(text).chain(others).collect()
}

/// `tcp`, `UDP`, or a number of the Internet protocol.
fn protocol(text: &str) -> Option<Protocol> {
    match text.trim().to_ascii_lowercase().as_str() {
        "tcp" | "6" => Some(Protocol::Tcp),
        "udp" | "17" => Some(Protocol::Udp),
        "sctp" | "132" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// Reads `1-1024,8080` into ranges. What is none is given back.
fn ranges(protocol: Protocol, text: &str, into: &mut Vec<PortRange>) -> Result<(), String> {
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u16>(), last.trim().parse::<u16>()) else {
            return Err(part.to_owned());
        };
        if first > last || into.len() >= MOST_RANGES {
            return Err(part.to_owned());
        }
        into.push(PortRange { protocol: protocol.into(), first: first.into(), last: last.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
