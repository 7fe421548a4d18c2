//! `telwarden controls …`: which controls apply, and the documents they travel in.

pub mod oscal;
pub mod suggest;

use anyhow::Result;

use crate::client::Connection;
pub use suggest::{drawn, json, suggestions};

/// Controls of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Controls {
    /// Which controls of a catalogue the estate asks for, and why.
    Suggest(suggest::Suggest),
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
        Controls::ImportOscal(import) => oscal::import(connection, import).await,
        Controls::ExportOscal(export) => oscal::export(connection, export).await,
    }
}
