//! Vulnerabilities as others publish them: CVE records (JSON 5), CISA's and the EU's lists of known exploited vulnerabilities, EPSS.
//!
//! [`read`] turns one file into [`VulnerabilityRecord`]s, ready for the import method of the service of risks. What a record has beside what is
//! kept is passed over; what is too long is cut; a record that cannot be taken is in [`Reading::rejected`], with its place. Nothing is dropped unseen:
//! [`Reading::read`] counts the objects of the file, and each is handed over or rejected.

mod cve;
mod epss;
pub(crate) mod fields;
pub(crate) mod lists;

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use wire::risk::v1::VulnerabilityRecord;

use crate::{IntakeError, Rejected};

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VulnerabilityFormat {
    /// CVE records, JSON 5.0 to 5.2: one, a list of them, or one after the other (JSON lines). Read as it comes.
    Cve,
    /// CISA's list of known exploited vulnerabilities: `{catalogVersion, vulnerabilities: [...]}`.
    Kev,
    /// The list of the EU's CSIRTs network: a list of entries.
    EuKev,
    /// EPSS: a comment line `#model_version:…,score_date:…`, then `cve,epss,percentile`. Read as it comes.
    Epss,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Objects of the file.
    pub read: u64,
    /// Objects that could not be taken: the first 1000.
    pub rejected: Vec<Rejected>,
    /// How many could not be taken.
    pub rejected_count: u64,
    /// Which edition it is: the version of a list, the date of the scores; empty where the file does not say.
    pub snapshot: String,
}

/// How many rejected objects are told.
const MOST_TOLD: usize = 1000;

impl Reading {
    pub(crate) fn reject(&mut self, origin: String, field: &str, message: String) {
        self.rejected_count += 1;
        if self.rejected.len() < MOST_TOLD {
            let reason = "VULNERABILITY_RECORD_INVALID".to_owned();
            self.rejected.push(Rejected { origin, reason, message, field: field.to_owned() });
        }
    }
}

/// Where records go as soon as they are known.
pub type Sink<'a> = &'a mut dyn FnMut(VulnerabilityRecord) -> ControlFlow<()>;

/// Reads `input` as `format` and hands every record to `sink` as soon as it is known. What is packed (gzip) is unpacked.
///
/// The sink may answer [`ControlFlow::Break`]: reading ends, and what was read until then is told.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read: it is empty, broken, or something else.
pub fn read(format: VulnerabilityFormat, input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    let mut input = BufReader::new(input);
    let start = input.fill_buf().map_err(|source| IntakeError::Input { at: "its beginning".to_owned(), source })?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return unpacked(format, &mut flate2::read::MultiGzDecoder::new(input), sink);
    }
    unpacked(format, &mut input, sink)
}

fn unpacked(format: VulnerabilityFormat, input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    match format {
        VulnerabilityFormat::Cve => cve::read(input, sink),
        VulnerabilityFormat::Kev => lists::kev(input, sink),
        VulnerabilityFormat::EuKev => lists::eu_kev(input, sink),
        VulnerabilityFormat::Epss => epss::read(input, sink),
    }
}

#[cfg(test)]
mod tests;
