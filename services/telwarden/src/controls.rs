//! `telwarden controls …`: which controls apply, how far they are done, and the documents they travel in.

mod coverage;
pub mod oscal;
mod soa;
mod suggest;

use anyhow::Result;

use crate::client::Connection;

pub use coverage::{CoverageOf, Covered, coverage};
pub use soa::{Soa, StatementOfApplicability, statement};
pub use suggest::{Suggest, drawn, json, suggestions};

/// Controls of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Controls {
    /// Which controls of a catalogue the estate asks for, and why.
    Suggest(Suggest),
    /// The Statement of Applicability of a scope: what is decided about each control, and why.
    Soa(Soa),
    /// How much of what applies is done: of a catalogue, and of those it is mapped to.
    Coverage(CoverageOf),
    /// Imports an OSCAL catalogue, profile or mapping collection (see docs/oscal.md).
    ImportOscal(oscal::Import),
    /// Exports an OSCAL document.
    ExportOscal(oscal::Export),
}

/// Runs a command.
///
/// # Errors
/// What the suite answers, explained; a file that cannot be read or written.
pub async fn run(connection: &Connection, controls: &Controls) -> Result<()> {
    match controls {
        Controls::Suggest(which) => suggest::run(connection, which).await,
        Controls::Soa(which) => soa::run(connection, which).await,
        Controls::Coverage(which) => coverage::run(connection, which).await,
        Controls::ImportOscal(import) => oscal::import(connection, import).await,
        Controls::ExportOscal(export) => oscal::export(connection, export).await,
    }
}
