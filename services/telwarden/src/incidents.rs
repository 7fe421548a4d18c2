//! `telwarden incidents …`: what is due, in order, and what happened in an incident.

pub mod deadlines;
pub mod timeline;

use anyhow::Result;

use crate::client::Connection;

/// Incidents of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Incidents {
    /// What must be told to whom, the nearest end first, with the time left.
    Deadlines(deadlines::Deadlines),
    /// What happened in an incident, was seen, decided and done.
    Timeline(timeline::Timeline),
}

/// Runs a command.
///
/// # Errors
/// What the suite answers, explained.
pub async fn run(connection: &Connection, incidents: &Incidents) -> Result<()> {
    match incidents {
        Incidents::Deadlines(which) => deadlines::run(connection, which).await,
        Incidents::Timeline(which) => timeline::run(connection, which).await,
    }
}
