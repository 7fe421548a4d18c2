//! `telwarden incidents …`: what waits for triage, what is due, in order, what happened in an incident, and what is brought in.

pub mod cases;
pub mod deadlines;
pub mod exchange;
pub mod import;
pub mod signals;
pub mod timeline;

use anyhow::Result;

use crate::client::Connection;

/// Incidents of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Incidents {
    /// What waits for triage, the most urgent first.
    Cases(cases::Cases),
    /// What must be told to whom, what is due at once first, then the nearest end, with the time left.
    Deadlines(deadlines::Deadlines),
    /// What happened in an incident, was seen, decided and done.
    Timeline(timeline::Timeline),
    /// Brings in alarms of a network, or incidents of another register: history, of which nothing is to be told.
    Import(import::Import),
    /// Gives an incident out as a document, never beyond its label.
    Export(exchange::Export),
}

/// Runs a command.
///
/// # Errors
/// What the suite answers, explained.
pub async fn run(connection: &Connection, incidents: &Incidents) -> Result<()> {
    match incidents {
        Incidents::Cases(which) => cases::run(connection, which).await,
        Incidents::Deadlines(which) => deadlines::run(connection, which).await,
        Incidents::Timeline(which) => timeline::run(connection, which).await,
        Incidents::Import(which) => import::run(connection, which).await,
        Incidents::Export(which) => exchange::export(connection, which).await,
    }
}
