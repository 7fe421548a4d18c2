//! Other systems' export files, read tolerantly into import records.
//!
//! [`read`] turns one export file into [`Item`]s, ready for the import method of the asset register, and a [`Report`] that accounts for every
//! object of the file: imported as an item, folded into another one, left out with the reason, or rejected with its place and a remedy. The reader
//! is tolerant (what it does not know it keeps as an attribute), the reporter is loud. No server, clock or network is needed.
//!
//! Items come in the order sites, assets, dependencies. A site that is only known from the asset that names it, or as the point where it stands
//! (TMF639, CSV, ONAP, TEIV, GraphML), comes directly before that asset.
//!
//! ```
//! use std::ops::ControlFlow;
//! let mut file: &[u8] = b"id,name,type\n7,akron-rtr01,router\n";
//! let mut names = Vec::new();
//! let report = intake::read(intake::Format::Csv, &mut file, &intake::Settings::default(), &mut |item| {
//!     names.push(item.origin);
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(names, ["line 2"]);
//! assert_eq!(report.objects.get("row"), Some(&1));
//! # Ok::<(), intake::IntakeError>(())
//! ```

pub mod advisories;
pub mod alarms;
mod coordinates;
mod dates;
mod elements;
mod error;
mod graphml;
pub mod identifiers;
mod ietf;
mod lines;
mod netbox;
mod onap;
mod out;
mod place;
mod report;
pub mod scans;
mod tabular;
mod teiv;
mod text;
pub mod threats;
mod tmf639;
mod types;
pub mod vulnerabilities;

use std::io::Read;
use std::ops::ControlFlow;

pub use error::IntakeError;
pub use report::{MOST_REJECTED, MOST_WARNINGS, NotImported, Rejected, Report};
pub use tabular::ColumnMap;
use wire::assets::v1::import_item::Record;

use out::{Out, Stop};

/// Which export file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NetBox: a dump as Django writes it (`manage.py dumpdata`, a JSON list of `{model, pk, fields}`), or answers of the REST API (`{count, results}`).
    /// Held in memory as a whole.
    Netbox,
    /// TM Forum TMF639 resources, version 4 or 5: a JSON list, one object after the other (NDJSON), or a single object. Read as it comes.
    Tmf639,
    /// IETF network inventory (`ietf-network-inventory`), JSON of RFC 7951. Read as it comes, one network element at a time.
    Ietf,
    /// O-RAN topology and inventory (TEIV): CloudEvents, a JSON list or one after the other, replayed. Memory grows with distinct entities.
    Teiv,
    /// GraphML topologies, such as those of the Topology Zoo. Read as it comes; edges are kept until all nodes are known.
    Graphml,
    /// ONAP: cells (`cellList`) and objects of A&AI (`pnf`, `pserver`, `generic-vnf`, `vnfc`, `vserver`, `complex`), JSON. Read as it comes; what names
    /// a site that did not come yet is held back.
    Onap,
    /// Comma separated values with a header line. Read as it comes.
    Csv,
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which column is which field, for [`Format::Csv`]; guessed from the header where absent. Other formats ignore it.
    pub map: Option<ColumnMap>,
    /// The asset type of assets whose type the file does not tell: a key such as `tower`; `unclassified` where empty.
    pub default_type: String,
}

impl Settings {
    /// The asset type of assets whose type the file does not tell.
    fn fallback_type(&self) -> &str {
        if self.default_type.is_empty() { types::UNCLASSIFIED } else { &self.default_type }
    }
}

/// One thing to import.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The site, asset or dependency.
    pub record: Record,
    /// Where the file has it: `line 12`, `$[4]`, `dcim.device 17`.
    pub origin: String,
    /// What the file calls such a thing: `dcim.device`, `PhysicalResource`, `row`.
    pub source_kind: String,
}

/// Reads `input` as `format` and hands every item to `sink` as soon as it is known.
///
/// The sink may answer [`ControlFlow::Break`]: reading ends and the report covers what was read until then.
///
/// # Errors
/// [`IntakeError`] where the file as a whole cannot be read: it is empty, not text, cut off, not of the format, or the input fails. Items that were
/// handed over before stay handed over; an atomic import undoes them. A single bad object is no error: it is in [`Report::rejected`].
pub fn read(
    format: Format,
    input: &mut dyn Read,
    settings: &Settings,
    sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<Report, IntakeError> {
    let mut out = Out::new(sink);
    let read = match format {
        Format::Netbox => netbox::read(input, settings, &mut out),
        Format::Tmf639 => tmf639::read(input, settings, &mut out),
        Format::Ietf => ietf::read(input, settings, &mut out),
        Format::Teiv => teiv::read(input, settings, &mut out),
        Format::Graphml => graphml::read(input, settings, &mut out),
        Format::Onap => onap::read(input, settings, &mut out),
        Format::Csv => tabular::read(input, settings, &mut out),
    };
    match read.and_then(|()| out.finish()) {
        Ok(()) | Err(Stop::Asked) => Ok(out.into_report()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
