//! `telwarden risk …`: the register of risks, the heat map, and what is brought in from others.

pub mod coverage;
pub mod exposures;
pub mod heatmap;
pub mod import;
pub mod quantify;
pub mod quotes;
pub mod register;
pub mod threats;
pub mod trend;
pub mod vulnerabilities;

use anyhow::Result;

use crate::client::Connection;

/// Risks of an organization.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Risk {
    /// The register of risks, the highest first.
    Register(register::Register),
    /// How many risks stand where, by likelihood and consequence.
    Heatmap(heatmap::Heatmap),
    /// How the register went, day by day.
    Trend(trend::Trend),
    /// What risks cost in a year, simulated: of a file, without a running suite, or of a risk.
    Quantify(quantify::Quantify),
    /// What insurance policies say of each scenario: covered, partly, excluded, silent, unclear.
    Coverage(coverage::Coverage),
    /// Insurance quotes, ranked by what they cover and exclude, their excess and premium, and how claims are dealt with.
    Quotes(quotes::Quotes),
    /// Brings in what others publish or find: threats, vulnerabilities, advisories, exposures.
    Import(import::Import),
}

/// Runs a command.
///
/// # Errors
/// What the suite answers, explained; a file that cannot be read or written.
pub async fn run(connection: &Connection, risk: &Risk) -> Result<()> {
    match risk {
        Risk::Register(which) => register::run(connection, which).await,
        Risk::Heatmap(which) => heatmap::run(connection, which).await,
        Risk::Trend(which) => trend::run(connection, which).await,
        Risk::Quantify(which) => quantify::run(connection, which).await,
        Risk::Coverage(which) => coverage::run(connection, which).await,
        Risk::Quotes(which) => quotes::run(connection, which).await,
        Risk::Import(which) => import::run(connection, which).await,
    }
}
