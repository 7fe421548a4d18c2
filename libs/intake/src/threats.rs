//! Catalogues of threats, as their publishers write them, read into records of the service of risks.
//!
//! [`read`] takes a whole file, packed by gzip or not, and gives what it holds: the catalogue, its threats and mitigations, and a [`Report`] that
//! accounts for every object. What has no field is kept as a property where it is simple, and told in the report where it is not.

mod books;
mod fight;
mod galaxy;
mod json;
mod packed;
mod pieces;
mod stix;
#[cfg(test)]
mod tests;

use wire::risk::v1::{ThreatCatalogue, ThreatRecord};

use crate::{IntakeError, Report};

/// How large a file may be once it is unpacked, in bytes.
pub const MOST_BYTES: usize = 256 << 20;

/// How a catalogue is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MITRE FiGHT, YAML: `tactics`, `techniques`, `mitigations`.
    Fight,
    /// STIX 2.0 or 2.1, JSON: a bundle, a list of objects, or one object. Threats are its `attack-pattern` objects.
    Stix,
    /// A cluster of a MISP galaxy, JSON: GSMA MoTIF, Bhadra, CMTMF, ATT&CK.
    Galaxy,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// An id for the catalogue, made of what the file says of itself.
    pub id: String,
    /// The id that the file has itself, which its next edition keeps; empty where it has none.
    pub source_id: String,
    /// The catalogue.
    pub catalogue: ThreatCatalogue,
    /// Mitigations, then threats, in the order of the file.
    pub records: Vec<ThreatRecord>,
    /// What became of the objects of the file. `revoked` and `deprecated` among them count objects of any kind that are counted by their kind too.
    pub report: Report,
}

/// Reads a file.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read: it is empty, cut off, not of the format, larger than [`MOST_BYTES`]. A single bad
/// object is no error: it is in [`Report::rejected`].
pub fn read(format: Format, bytes: &[u8]) -> Result<Catalogue, IntakeError> {
    let bytes = packed::unpacked(bytes)?;
    match format {
        Format::Fight => fight::read(&bytes),
        Format::Stix => stix::read(&bytes),
        Format::Galaxy => galaxy::read(&bytes),
    }
}
