//! `telwarden incidents …`: what is due, in order, and what happened in an incident.

pub mod cases;
pub mod deadlines;
pub mod exchange;
pub mod timeline;

use anyhow::Result;

use crate::client::Connection;

/// Incidents of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Incidents {
    /// What signals are about and nobody has looked at yet, the most pressing first.
    Cases(cases::Queue),
    /// What must be told to whom, the nearest end first, with the time left.
    Deadlines(deadlines::Deadlines),
    /// What happened in an incident, was seen, decided and done.
    Timeline(timeline::Timeline),
    /// Brings in incidents of another register: history, of which nothing is to be told.
    Import(exchange::Import),
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
        Incidents::Import(which) => exchange::import(connection, which).await,
        Incidents::Export(which) => exchange::export(connection, which).await,
    }
}
